//! What is refused, in which words, and when it comes after all.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::condition;
use crate::demo::controllers::rig::*;
use crate::demo::json::{set, text};
use crate::demo::write::How;
use serde_json::{Value, json};

const D: &str = "deployments.apps";

fn web(replicas: i64) -> Value {
    let mut web = workload("web", replicas, "a");
    set(
        &mut web,
        "/spec/template/spec/containers/0/resources",
        json!({"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}),
    );
    web
}

#[test]
fn what_would_be_too_much_is_refused_and_comes_when_there_is_room() {
    let mut sim = cluster();
    make(&mut sim, "resourcequotas", json!({"metadata": {"name": "compute"}, "spec": {"hard": {"requests.cpu": "1", "pods": "10"}}}));
    sim.advance(sim.store.now);
    make(&mut sim, D, web(4));
    live(&mut sim, 3_000);
    assert_eq!(names(&sim, "pods").len(), 2);
    let quota = get(&sim, "resourcequotas", "compute");
    assert_eq!(quota["status"], json!({"hard": {"requests.cpu": "1", "pods": "10"}, "used": {"requests.cpu": "1", "pods": "2"}}));
    let why = "is forbidden: exceeded quota: compute, requested: requests.cpu=500m, used: requests.cpu=1, limited: requests.cpu=1";
    let set = names(&sim, "replicasets.apps").remove(0);
    let told = events(&sim, &set);
    assert!(
        told.iter().any(|e| e.starts_with("replicaset-controller FailedCreate Error creating: pods \"web-") && e.ends_with(why)),
        "{told:?}"
    );
    for (id, name) in [("replicasets.apps", &*set), (D, "web")] {
        let status = get(&sim, id, name)["status"].clone();
        let failure = condition::find(&status, "ReplicaFailure").unwrap();
        assert_eq!(text(failure, "/reason"), Some("FailedCreate"));
        assert!(text(failure, "/message").unwrap().ends_with(why));
    }
    edit(&mut sim, "resourcequotas", "compute", "/spec/hard/requests.cpu", "3");
    live(&mut sim, 16_000);
    assert_eq!(names(&sim, "pods").len(), 4);
    assert!(condition::find(&get(&sim, D, "web")["status"], "ReplicaFailure").is_none());
    edit(&mut sim, D, "web", "/spec/replicas", 1);
    live(&mut sim, 1_000);
    assert_eq!(get(&sim, "resourcequotas", "compute")["status"]["used"], json!({"requests.cpu": "500m", "pods": "1"}));
}

#[test]
fn a_quota_on_compute_makes_pods_say_what_they_want() {
    let mut sim = cluster();
    make(
        &mut sim,
        "resourcequotas",
        json!({"metadata": {"name": "q"}, "spec": {"hard": {"limits.cpu": "2", "requests.memory": "4Gi", "count/secrets": "1"}}}),
    );
    sim.advance(sim.store.now);
    let pod = json!({"metadata": {"name": "p", "namespace": SHOP}, "spec": {"containers": [{"name": "c", "image": "a"}]}});
    let refused = sim.create("pods", pod, How::default()).unwrap_err();
    assert_eq!(
        (refused.code, &*refused.message),
        (403, "pods \"p\" is forbidden: failed quota: q: must specify limits.cpu for: c; requests.memory for: c")
    );
    make(&mut sim, "secrets", json!({"metadata": {"name": "one"}}));
    let two = json!({"metadata": {"name": "two", "namespace": SHOP}});
    let refused = sim.create("secrets", two, How::default()).unwrap_err();
    assert_eq!(
        refused.message,
        "secrets \"two\" is forbidden: exceeded quota: q, requested: count/secrets=1, used: count/secrets=1, limited: count/secrets=1"
    );
}
