//! Which addresses stand behind a service.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::json::set;
use crate::demo::sim::Sim;
use crate::demo::write::Delete;
use serde_json::json;

const SLICES: &str = "endpointslices.discovery.k8s.io";

fn shop(replicas: i64) -> Sim {
    let mut sim = cluster();
    let mut web = workload("web", replicas, "a");
    set(&mut web, "/spec/template/spec/containers/0/ports", json!([{"name": "http", "containerPort": 8080}]));
    make(&mut sim, "deployments.apps", web);
    let ports = json!([{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]);
    make(
        &mut sim,
        "services",
        json!({"metadata": {"name": "web", "labels": {"a": "b"}}, "spec": {"clusterIP": "10.96.1.1", "selector": {"app": "web"}, "ports": ports}}),
    );
    live(&mut sim, 2_000);
    sim
}

#[test]
fn a_service_has_the_addresses_of_its_pods() {
    let mut sim = shop(2);
    let endpoints = get(&sim, "endpoints", "web");
    let subset = &endpoints["subsets"][0];
    assert_eq!(subset["addresses"].as_array().unwrap().len(), 2);
    assert_eq!(subset["ports"], json!([{"name": "http", "port": 8080, "protocol": "TCP"}]));
    assert_eq!(subset["addresses"][0]["targetRef"]["name"], json!(names(&sim, "pods")[0]));
    assert_eq!(endpoints["metadata"]["labels"], json!({"a": "b", "endpoints.kubernetes.io/managed-by": "endpoint-controller"}));
    let slice = all(&sim, SLICES).remove(0);
    assert_eq!(slice["endpoints"][0]["conditions"], json!({"ready": true, "serving": true, "terminating": false}));
    assert_eq!(slice["metadata"]["labels"]["kubernetes.io/service-name"], "web");
    edit(&mut sim, "deployments.apps", "web", "/spec/replicas", 0);
    live(&mut sim, 2_000);
    assert!(get(&sim, "endpoints", "web").get("subsets").is_none());
    assert_eq!(all(&sim, SLICES)[0]["endpoints"], json!([]));
    delete(&mut sim, "services", "web", &Delete::default());
    live(&mut sim, 100);
    assert!(names(&sim, "endpoints").is_empty() && names(&sim, SLICES).is_empty());
}

#[test]
fn many_pods_take_several_slices() {
    let mut sim = shop(230);
    let count = |sim: &Sim| all(sim, SLICES).iter().map(|s| s["endpoints"].as_array().unwrap().len()).collect::<Vec<_>>();
    assert_eq!((count(&sim).len(), count(&sim).iter().sum::<usize>()), (3, 230));
    edit(&mut sim, "deployments.apps", "web", "/spec/replicas", 20);
    live(&mut sim, 2_000);
    assert_eq!(count(&sim), [20]);
}
