//! Which nodes have a pod, and how an update goes over them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::json::{remove, set, text};
use crate::demo::sim::Sim;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const D: &str = "daemonsets.apps";

fn nodes(sim: &mut Sim, many: usize) {
    for n in 1..=many {
        make(sim, "nodes", json!({"metadata": {"name": format!("n{n}"), "labels": {"number": n.to_string()}}, "spec": {}}));
    }
}

fn agents() -> Value {
    let mut ds = workload("logs", 1, "a");
    remove(&mut ds, "/spec/replicas");
    ds
}

fn images(sim: &Sim) -> BTreeMap<String, String> {
    let of = |p: &Value| (text(p, "/spec/nodeName").unwrap_or_default().to_owned(), p["spec"]["containers"][0]["image"].as_str().unwrap().to_owned());
    all(sim, "pods").iter().map(of).collect()
}

#[test]
fn every_node_that_fits_has_one() {
    let mut sim = cluster();
    nodes(&mut sim, 3);
    make(&mut sim, D, agents());
    live(&mut sim, 1_000);
    assert_eq!(images(&sim).len(), 3);
    assert_eq!(get(&sim, D, "logs")["status"], json!({"currentNumberScheduled": 3, "numberMisscheduled": 0, "desiredNumberScheduled": 3,
        "numberReady": 3, "observedGeneration": 1, "updatedNumberScheduled": 3, "numberAvailable": 3}));
    nodes(&mut sim, 0);
    make(&mut sim, "nodes", json!({"metadata": {"name": "n4"}, "spec": {"taints": [{"key": "x", "effect": "NoSchedule"}]}}));
    make(&mut sim, "nodes", json!({"metadata": {"name": "n5"}, "spec": {"taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}}));
    live(&mut sim, 1_000);
    assert_eq!(images(&sim).keys().collect::<Vec<_>>(), ["n1", "n2", "n3", "n5"]);
    edit(&mut sim, "nodes", "n1", "/spec/taints", json!([{"key": "x", "effect": "NoExecute"}]));
    edit(&mut sim, "nodes", "n2", "/spec/taints", json!([{"key": "x", "effect": "NoSchedule"}]));
    live(&mut sim, 1_000);
    assert_eq!(images(&sim).keys().collect::<Vec<_>>(), ["n2", "n3", "n5"]);
    assert_eq!(get(&sim, D, "logs")["status"]["numberMisscheduled"], 1);
    edit(&mut sim, D, "logs", "/spec/template/spec/nodeSelector", json!({"number": "3"}));
    live(&mut sim, 1_000);
    assert_eq!(images(&sim).keys().collect::<Vec<_>>(), ["n3"]);
}

#[test]
fn an_update_goes_node_by_node_and_can_be_undone() {
    let mut sim = cluster();
    nodes(&mut sim, 5);
    let mut ds = agents();
    set(&mut ds, "/spec/updateStrategy", json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}));
    make(&mut sim, D, ds);
    live(&mut sim, 1_000);
    edit(&mut sim, D, "logs", IMAGE, "b");
    watch(&mut sim, 3_000, |sim| {
        let ready = sim.store.list("pods", SHOP).filter(|p| p.view().is_active() && p.view().ready.is_some()).count();
        assert!(ready >= 3, "{ready} ready");
    });
    assert!(images(&sim).values().all(|i| i == "b"));
    edit(&mut sim, D, "logs", IMAGE, "bad");
    live(&mut sim, 3_000);
    assert_eq!(images(&sim).values().filter(|i| *i == "bad").count(), 2);
    edit(&mut sim, D, "logs", IMAGE, "b");
    live(&mut sim, 3_000);
    assert!(images(&sim).values().all(|i| i == "b"));
    let mut numbers: Vec<i64> = all(&sim, "controllerrevisions.apps").iter().map(|r| r["revision"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 3, 4]);
}

#[test]
fn a_pod_that_failed_is_replaced() {
    let mut sim = cluster();
    nodes(&mut sim, 1);
    make(&mut sim, D, agents());
    live(&mut sim, 1_000);
    let first = names(&sim, "pods").remove(0);
    let key = key(&sim, "pods", &first);
    sim.update("pods", &key, crate::demo::write::How::status("kubelet"), |p| {
        set(p, "/status", json!({"phase": "Failed"}));
        Ok(())
    })
    .unwrap();
    live(&mut sim, 12_000);
    assert_ne!(names(&sim, "pods"), std::slice::from_ref(&first));
    assert!(events(&sim, "logs").contains(&format!("daemonset-controller FailedDaemonPod Found failed daemon pod shop/{first} on node n1, will try to kill it")));
}
