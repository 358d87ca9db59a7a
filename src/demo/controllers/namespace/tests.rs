//! How a namespace begins and ends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::controllers::condition;
use crate::demo::json::{list, text};
use crate::demo::write::{Delete, How};
use serde_json::json;

#[test]
fn a_new_namespace_has_what_every_one_has() {
    let mut sim = cluster();
    live(&mut sim, 100);
    assert_eq!((names(&sim, "serviceaccounts"), names(&sim, "configmaps")), (vec!["default".to_owned()], vec!["kube-root-ca.crt".to_owned()]));
    delete(&mut sim, "serviceaccounts", "default", &Delete::default());
    live(&mut sim, 100);
    assert_eq!(names(&sim, "serviceaccounts"), ["default"]);
}

#[test]
fn only_finalize_lets_a_namespace_go() {
    let mut sim = cluster();
    for (subresource, want) in [("", 1), ("finalize", 0)] {
        let how = How { subresource, ..How::by("kubectl") };
        let changed = sim.update("namespaces", &key(&sim, "namespaces", SHOP), how, |n| {
            n["spec"] = json!({"finalizers": []});
            Ok(())
        });
        assert_eq!(list(&changed.unwrap().value(), "/spec/finalizers").len(), want, "{subresource:?}");
    }
}

#[test]
fn a_namespace_that_ends_takes_everything_with_it() {
    let mut sim = cluster();
    make(&mut sim, "deployments.apps", workload("web", 3, "a"));
    make(&mut sim, "secrets", json!({"metadata": {"name": "held", "finalizers": ["example.org/hold"]}}));
    live(&mut sim, 1_000);
    delete(&mut sim, "namespaces", SHOP, &Delete::default());
    live(&mut sim, 3_000);
    let namespace = get(&sim, "namespaces", SHOP);
    assert_eq!(text(&namespace, "/status/phase"), Some("Terminating"));
    let says = |sort| condition::find(&namespace["status"], sort).and_then(|c| text(c, "/message")).unwrap().to_owned();
    assert_eq!(says("NamespaceContentRemaining"), "Some resources are remaining: secrets. has 1 resource instances");
    assert_eq!(says("NamespaceFinalizersRemaining"), "Some content in the namespace has finalizers remaining: example.org/hold in 1 resource instances");
    edit(&mut sim, "secrets", "held", "/metadata/finalizers", json!([]));
    live(&mut sim, 1_000);
    assert!(find(&sim, "namespaces", SHOP).is_none());
    let left: Vec<_> = sim.store.tables().iter().flat_map(|t| t.list(SHOP, None)).map(|o| o.key.clone()).collect();
    assert!(left.is_empty(), "{left:?}");
}
