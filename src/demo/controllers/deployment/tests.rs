//! Rollouts, by what they leave behind and by the bounds that they keep.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::controllers::condition;
use crate::demo::json::{int, set, text};
use crate::demo::sim::Sim;
use proptest::prelude::*;
use serde_json::{Value, json};

const D: &str = "deployments.apps";
const RS: &str = "replicasets.apps";

fn sizes(sim: &Sim) -> Vec<(String, i64)> {
    let mut sets: Vec<_> = all(sim, RS);
    sets.sort_by_key(|s| revision(s).parse::<i64>().unwrap());
    sets.iter().map(|s| (revision(s).to_owned(), int(s, "/spec/replicas").unwrap())).collect()
}

fn revision(set: &Value) -> &str {
    set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str().unwrap_or_default()
}

fn reason(sim: &Sim, sort: &str) -> String {
    let d = get(sim, D, "web");
    let c = condition::find(&d["status"], sort).unwrap().clone();
    format!("{} {} {}", c["status"].as_str().unwrap(), c["reason"].as_str().unwrap(), c["message"].as_str().unwrap())
}

fn sizes_are(sim: &Sim, want: &[(&str, i64)]) {
    let want: Vec<_> = want.iter().map(|(r, n)| ((*r).to_owned(), *n)).collect();
    assert_eq!(sizes(sim), want);
}

#[test]
fn a_new_deployment_comes_up() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 3, "a"));
    live(&mut sim, 1_000);
    let d = get(&sim, D, "web");
    assert_eq!(revision(&d), "1");
    for (place, want) in [("replicas", 3), ("updatedReplicas", 3), ("readyReplicas", 3), ("availableReplicas", 3), ("observedGeneration", 1)] {
        assert_eq!(d["status"][place], want, "{place}");
    }
    assert_eq!(d["status"]["unavailableReplicas"], Value::Null);
    let set = all(&sim, RS).remove(0);
    let name = text(&set, "/metadata/name").unwrap();
    let hash = name.strip_prefix("web-").unwrap();
    assert_eq!(set["spec"]["selector"]["matchLabels"], json!({"app": "web", "pod-template-hash": hash}));
    assert_eq!(set["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"], "3");
    assert_eq!(set["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"], "4");
    assert_eq!(set["status"], json!({"replicas": 3, "fullyLabeledReplicas": 3, "readyReplicas": 3, "availableReplicas": 3,
        "terminatingReplicas": 0, "observedGeneration": 1}));
    assert!(names(&sim, "pods").iter().all(|p| p.starts_with(&format!("{name}-")) && p.len() == name.len() + 6));
    assert_eq!(reason(&sim, "Progressing"), format!("True NewReplicaSetAvailable ReplicaSet \"{name}\" has successfully progressed."));
    assert_eq!(reason(&sim, "Available"), "True MinimumReplicasAvailable Deployment has minimum availability.");
    assert_eq!(events(&sim, "web"), [format!("deployment-controller ScalingReplicaSet Scaled up replica set {name} from 0 to 3")]);
    assert_eq!(events(&sim, name).len(), 3);
    assert!(events(&sim, name)[0].starts_with(&format!("replicaset-controller SuccessfulCreate Created pod: {name}-")));
}

#[test]
fn a_bad_image_stops_the_rollout_and_undoing_it_heals() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 4, "a"));
    live(&mut sim, 1_000);
    let good = get(&sim, D, "web")["spec"]["template"].clone();
    edit(&mut sim, D, "web", "/metadata/annotations", json!({"kubernetes.io/change-cause": "worse"}));
    edit(&mut sim, D, "web", IMAGE, "bad");
    live(&mut sim, 5_000);
    sizes_are(&sim, &[("1", 3), ("2", 2)]);
    assert!(reason(&sim, "Progressing").starts_with("True ReplicaSetUpdated"));
    let bad = all(&sim, RS).into_iter().find(|s| revision(s) == "2").unwrap();
    assert_eq!(bad["metadata"]["annotations"]["kubernetes.io/change-cause"], "worse");
    live(&mut sim, 605_000);
    let name = text(&bad, "/metadata/name").unwrap();
    assert_eq!(reason(&sim, "Progressing"), format!("False ProgressDeadlineExceeded ReplicaSet \"{name}\" has timed out progressing."));
    edit(&mut sim, D, "web", "/spec/template", good);
    live(&mut sim, 5_000);
    sizes_are(&sim, &[("2", 0), ("3", 4)]);
    let set = all(&sim, RS).into_iter().find(|s| revision(s) == "3").unwrap();
    assert_eq!(set["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"], "1");
    assert_eq!(revision(&get(&sim, D, "web")), "3");
    assert!(reason(&sim, "Progressing").starts_with("True NewReplicaSetAvailable"));
}

#[test]
fn a_paused_deployment_scales_but_does_not_roll_out() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 2, "a"));
    live(&mut sim, 1_000);
    edit(&mut sim, D, "web", "/spec/paused", true);
    edit(&mut sim, D, "web", IMAGE, "b");
    edit(&mut sim, D, "web", "/spec/replicas", 5);
    live(&mut sim, 1_000);
    sizes_are(&sim, &[("1", 5)]);
    assert_eq!(reason(&sim, "Progressing"), "Unknown DeploymentPaused Deployment is paused");
    edit(&mut sim, D, "web", "/spec/paused", false);
    sim.advance(sim.store.now);
    live(&mut sim, 3_000);
    sizes_are(&sim, &[("1", 0), ("2", 5)]);
    assert!(reason(&sim, "Progressing").starts_with("True NewReplicaSetAvailable"));
}

#[test]
fn recreating_waits_until_the_old_pods_are_gone() {
    let mut sim = cluster();
    let mut web = workload("web", 3, "a");
    set(&mut web, "/spec/strategy", json!({"type": "Recreate"}));
    make(&mut sim, D, web);
    live(&mut sim, 1_000);
    edit(&mut sim, D, "web", IMAGE, "b");
    watch(&mut sim, 3_000, |sim| {
        let images: std::collections::BTreeSet<String> =
            all(sim, "pods").iter().map(|p| p["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()).collect();
        assert!(images.len() < 2, "{images:?} at once");
    });
    sizes_are(&sim, &[("1", 0), ("2", 3)]);
    assert!(reason(&sim, "Progressing").starts_with("True NewReplicaSetAvailable"));
}

#[test]
fn the_history_is_as_long_as_it_should_be() {
    let mut sim = cluster();
    let mut web = workload("web", 1, "v0");
    set(&mut web, "/spec/revisionHistoryLimit", 2);
    make(&mut sim, D, web);
    for n in 1..6 {
        live(&mut sim, 2_000);
        edit(&mut sim, D, "web", IMAGE, format!("v{n}"));
    }
    live(&mut sim, 2_000);
    sizes_are(&sim, &[("4", 0), ("5", 0), ("6", 1)]);
}

#[test]
fn scaling_in_the_middle_of_a_rollout_is_shared() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 10, "a"));
    live(&mut sim, 1_000);
    edit(&mut sim, D, "web", IMAGE, "bad");
    live(&mut sim, 2_000);
    sizes_are(&sim, &[("1", 8), ("2", 5)]);
    edit(&mut sim, D, "web", "/spec/replicas", 20);
    sim.advance(sim.store.now);
    let shared = sizes(&sim);
    assert_eq!(shared.iter().map(|(_, n)| n).sum::<i64>(), 25);
    assert!(shared[0].1 > 10 && shared[1].1 > 5, "{shared:?}");
}

#[test]
fn scaling_says_what_it_did_and_takes_unready_pods_first() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 3, "a"));
    live(&mut sim, 1_000);
    let old = names(&sim, "pods");
    edit(&mut sim, D, "web", "/spec/replicas", 6);
    sim.advance(sim.store.now);
    edit(&mut sim, D, "web", "/spec/replicas", 3);
    live(&mut sim, 1_000);
    assert_eq!(names(&sim, "pods"), old);
    let told = events(&sim, "web");
    assert!(told[1].contains("Scaled up replica set web-") && told[1].ends_with("from 3 to 6"), "{told:?}");
    assert!(told[2].contains("Scaled down replica set web-") && told[2].ends_with("from 6 to 3"), "{told:?}");
}

#[test]
fn a_pod_that_loses_its_label_is_let_go_and_replaced() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 2, "a"));
    live(&mut sim, 1_000);
    let pod = names(&sim, "pods").remove(0);
    edit(&mut sim, "pods", &pod, "/metadata/labels/app", "debug");
    live(&mut sim, 1_000);
    assert_eq!(names(&sim, "pods").len(), 3);
    assert_eq!(get(&sim, "pods", &pod)["metadata"]["ownerReferences"], Value::Null);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_rolling_update_keeps_within_its_bounds(replicas in 1i64..12, surge in 0i64..5, unavailable in 0i64..5, seed in 0u64..1_000) {
        prop_assume!(surge + unavailable > 0);
        let mut sim = cluster();
        let mut web = workload("web", replicas, "a");
        set(&mut web, "/spec/strategy", json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}));
        make(&mut sim, D, web);
        live(&mut sim, 2_000);
        edit(&mut sim, D, "web", IMAGE, format!("b{seed}"));
        let least = replicas - unavailable;
        watch(&mut sim, 10_000, |sim| {
            let pods: Vec<_> = sim.store.list("pods", SHOP).filter(|p| p.view().is_active()).collect();
            let ready = pods.iter().filter(|p| p.view().ready.is_some()).count() as i64;
            assert!(ready >= least, "{ready} of at least {least}");
            assert!(pods.len() as i64 <= replicas + surge, "{} of at most {}", pods.len(), replicas + surge);
        });
        sizes_are(&sim, &[("1", 0), ("2", replicas)]);
    }
}

#[test]
fn the_same_seed_gives_the_same_cluster() {
    let play = || {
        let mut sim = cluster();
        make(&mut sim, D, workload("web", 7, "a"));
        live(&mut sim, 1_000);
        edit(&mut sim, D, "web", IMAGE, "b");
        live(&mut sim, 3_000);
        sim.store.tables().iter().flat_map(|t| t.list("", None).map(|o| o.json.clone()).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    assert_eq!(play(), play());
}
