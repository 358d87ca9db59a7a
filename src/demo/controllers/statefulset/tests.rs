//! The order in which pods come, go and are renewed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::json::{set, text};
use crate::demo::sim::Sim;
use serde_json::{Value, json};

const S: &str = "statefulsets.apps";

fn db(replicas: i64) -> Value {
    let mut db = workload("db", replicas, "a");
    set(&mut db, "/spec/serviceName", "db");
    set(&mut db, "/spec/volumeClaimTemplates", json!([{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]));
    db
}

fn images(sim: &Sim) -> Vec<String> {
    all(sim, "pods").iter().map(|p| p["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pods_come_one_after_the_other_with_their_claims() {
    let mut sim = cluster();
    make(&mut sim, S, db(3));
    let mut before = 0;
    watch(&mut sim, 2_000, |sim| {
        let pods: Vec<_> = sim.store.list("pods", SHOP).collect();
        let unready = pods.iter().filter(|p| p.view().ready.is_none()).count();
        assert!(unready <= 1 && pods.len() >= before, "{unready} at once");
        before = pods.len();
    });
    assert_eq!(names(&sim, "pods"), ["db-0", "db-1", "db-2"]);
    assert_eq!(names(&sim, "persistentvolumeclaims"), ["data-db-0", "data-db-1", "data-db-2"]);
    let pod = get(&sim, "pods", "db-1");
    assert_eq!(pod["spec"]["hostname"], "db-1");
    assert_eq!(pod["spec"]["subdomain"], "db");
    assert_eq!(pod["spec"]["volumes"][0], json!({"name": "data", "persistentVolumeClaim": {"claimName": "data-db-1"}}));
    let revision = names(&sim, "controllerrevisions.apps").remove(0);
    assert_eq!(pod["metadata"]["labels"], json!({"app": "db", "statefulset.kubernetes.io/pod-name": "db-1",
        "apps.kubernetes.io/pod-index": "1", "controller-revision-hash": revision}));
    assert_eq!(get(&sim, S, "db")["status"], json!({"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "currentReplicas": 3,
        "updatedReplicas": 3, "currentRevision": revision, "updateRevision": revision, "collisionCount": 0, "availableReplicas": 3}));
    assert_eq!(events(&sim, "db")[..2], [
        "statefulset-controller SuccessfulCreate Create Claim data-db-0 Pod db-0 in StatefulSet db success",
        "statefulset-controller SuccessfulCreate Create Pod db-0 in StatefulSet db successful",
    ]);
}

#[test]
fn scaling_down_takes_the_highest_first_and_keeps_claims() {
    let mut sim = cluster();
    make(&mut sim, S, db(4));
    live(&mut sim, 2_000);
    edit(&mut sim, S, "db", "/spec/replicas", 1);
    let mut seen = vec![4];
    watch(&mut sim, 2_000, |sim| {
        let names = names(sim, "pods");
        assert!(names.iter().enumerate().all(|(i, n)| *n == format!("db-{i}")), "{names:?}");
        if seen.last() != Some(&names.len()) {
            seen.push(names.len());
        }
    });
    assert_eq!(seen, [4, 3, 2, 1]);
    assert_eq!(names(&sim, "persistentvolumeclaims").len(), 4);
}

#[test]
fn an_update_goes_down_to_the_partition_and_back_again() {
    let mut sim = cluster();
    let mut db = db(3);
    set(&mut db, "/spec/updateStrategy", json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}));
    make(&mut sim, S, db);
    live(&mut sim, 2_000);
    edit(&mut sim, S, "db", IMAGE, "b");
    live(&mut sim, 3_000);
    assert_eq!(images(&sim), ["a", "a", "b"]);
    let status = get(&sim, S, "db")["status"].clone();
    assert_eq!((status["currentReplicas"].clone(), status["updatedReplicas"].clone()), (json!(2), json!(1)));
    assert_ne!(status["currentRevision"], status["updateRevision"]);
    edit(&mut sim, S, "db", "/spec/updateStrategy/rollingUpdate/partition", 0);
    live(&mut sim, 3_000);
    assert_eq!(images(&sim), ["b", "b", "b"]);
    let status = get(&sim, S, "db")["status"].clone();
    assert_eq!(status["currentRevision"], status["updateRevision"]);
    edit(&mut sim, S, "db", IMAGE, "a");
    live(&mut sim, 3_000);
    assert_eq!(images(&sim), ["a", "a", "a"]);
    let mut numbers: Vec<i64> = all(&sim, "controllerrevisions.apps").iter().map(|r| r["revision"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 3]);
}

#[test]
fn a_parallel_set_does_not_wait() {
    let mut sim = cluster();
    let mut db = db(5);
    set(&mut db, "/spec/podManagementPolicy", "Parallel");
    make(&mut sim, S, db);
    sim.advance(sim.store.now);
    assert_eq!(names(&sim, "pods").len(), 5);
    edit(&mut sim, S, "db", "/spec/replicas", 0);
    sim.advance(sim.store.now);
    live(&mut sim, 200);
    assert!(names(&sim, "pods").is_empty());
}

#[test]
fn a_bad_pod_holds_up_the_update_of_the_others() {
    let mut sim = cluster();
    make(&mut sim, S, db(3));
    live(&mut sim, 2_000);
    edit(&mut sim, S, "db", IMAGE, "bad");
    live(&mut sim, 3_000);
    assert_eq!(images(&sim), ["a", "a", "bad"]);
    assert_eq!(text(&get(&sim, "pods", "db-2"), "/status/phase"), Some("Pending"));
}
