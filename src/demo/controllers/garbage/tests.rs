//! What is left when an owner goes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::sim::Sim;
use crate::demo::write::{Delete, Propagation};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const D: &str = "deployments.apps";
const RS: &str = "replicasets.apps";

fn asked(propagation: Propagation) -> Delete {
    Delete { propagation, ..Delete::default() }
}

#[test]
fn in_the_background_the_owner_goes_first() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 2, "a"));
    live(&mut sim, 1_000);
    delete(&mut sim, D, "web", &asked(Propagation::Background));
    assert!(find(&sim, D, "web").is_none());
    live(&mut sim, 1_000);
    assert_eq!((names(&sim, RS).len(), names(&sim, "pods").len()), (0, 0));
}

#[test]
fn in_the_foreground_the_owner_goes_last() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 2, "a"));
    live(&mut sim, 1_000);
    delete(&mut sim, D, "web", &asked(Propagation::Foreground));
    watch(&mut sim, 2_000, |sim| {
        let (pods, sets) = (names(sim, "pods").len(), names(sim, RS).len());
        assert!(pods == 0 || sets > 0, "pods without their set");
        assert!(sets == 0 || find(sim, D, "web").is_some(), "a set without its deployment");
    });
    assert_eq!((names(&sim, D).len(), names(&sim, RS).len(), names(&sim, "pods").len()), (0, 0, 0));
}

#[test]
fn orphans_stay_and_are_adopted() {
    let mut sim = cluster();
    make(&mut sim, D, workload("web", 2, "a"));
    live(&mut sim, 1_000);
    let (sets, pods) = (names(&sim, RS), names(&sim, "pods"));
    delete(&mut sim, D, "web", &asked(Propagation::Orphan));
    live(&mut sim, 1_000);
    assert!(find(&sim, D, "web").is_none());
    assert_eq!(get(&sim, RS, &sets[0])["metadata"]["ownerReferences"], Value::Null);
    make(&mut sim, D, workload("web", 2, "a"));
    live(&mut sim, 1_000);
    assert_eq!((names(&sim, RS), names(&sim, "pods")), (sets.clone(), pods.clone()));
    delete(&mut sim, RS, &sets[0], &asked(Propagation::Orphan));
    live(&mut sim, 1_000);
    assert_eq!((names(&sim, RS), names(&sim, "pods")), (sets, pods));
}

#[test]
fn what_has_another_owner_stays_with_it() {
    let mut sim = cluster();
    let owner = |v: &Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": v["metadata"]["name"], "uid": v["metadata"]["uid"]});
    let (a, b) = (make(&mut sim, "configmaps", json!({"metadata": {"name": "a"}})), make(&mut sim, "configmaps", json!({"metadata": {"name": "b"}})));
    make(&mut sim, "secrets", json!({"metadata": {"name": "both", "ownerReferences": [owner(&a), owner(&b)]}}));
    let lost = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "another"});
    make(&mut sim, "secrets", json!({"metadata": {"name": "lost", "ownerReferences": [lost]}}));
    live(&mut sim, 100);
    delete(&mut sim, "configmaps", "a", &Delete::default());
    live(&mut sim, 100);
    assert_eq!(names(&sim, "secrets"), ["both"]);
    assert_eq!(get(&sim, "secrets", "both")["metadata"]["ownerReferences"], json!([owner(&b)]));
    delete(&mut sim, "configmaps", "b", &Delete::default());
    live(&mut sim, 100);
    assert!(names(&sim, "secrets").is_empty());
}

/// Every owner that is named is there.
fn has_no_orphans(sim: &Sim) -> bool {
    let all: BTreeSet<_> = sim.store.tables().iter().flat_map(|t| t.list("", None)).map(|o| o.uid.to_string()).collect();
    sim.store.tables().iter().flat_map(|t| t.list("", None)).flat_map(|o| o.owners.iter()).all(|o| all.contains(&*o.uid))
}

/// A workload as its kind wants it: a job has a selector of its own.
fn fitting(id: &str, mut value: Value) -> Value {
    if id == "jobs.batch" {
        crate::demo::json::remove(&mut value, "/spec/selector");
        crate::demo::json::set(&mut value, "/spec/template/spec/restartPolicy", "Never");
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn nothing_is_left_of_an_owner_that_is_gone(steps in proptest::collection::vec((0usize..4, 0usize..3, 0i64..400), 1..12)) {
        let mut sim = cluster();
        let kinds = [D, "statefulsets.apps", "jobs.batch", RS];
        for (kind, how, pause) in steps {
            let id = kinds[kind];
            match names(&sim, id).first().cloned() {
                Some(name) if how > 0 => {
                    let propagation = if how == 1 { Propagation::Background } else { Propagation::Foreground };
                    delete(&mut sim, id, &name, &asked(propagation));
                }
                _ if find(&sim, id, "web").is_none() => drop(make(&mut sim, id, fitting(id, workload("web", 2, "a")))),
                _ => {}
            }
            live(&mut sim, pause);
        }
        live(&mut sim, 3_000);
        prop_assert!(has_no_orphans(&sim));
    }
}
