//! What autoscalers do when the load changes, and what they say.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::condition;
use crate::demo::controllers::rig::*;
use crate::demo::json::{int, set, text};
use crate::demo::load::Meter;
use crate::demo::sim::Sim;
use serde_json::{Value, json};

const D: &str = "deployments.apps";
const HPA: &str = "horizontalpodautoscalers.autoscaling";
const MINUTE: i64 = 60_000;

fn shop(resources: Value) -> Sim {
    let mut sim = cluster();
    let mut web = workload("web", 2, "a");
    set(&mut web, "/spec/template/spec/containers/0/resources", resources);
    make(&mut sim, D, web);
    let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}});
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    make(
        &mut sim,
        HPA,
        json!({"metadata": {"name": "web"}, "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 10, "metrics": [metric]}}),
    );
    live(&mut sim, MINUTE);
    sim
}

fn size(sim: &Sim) -> i64 {
    int(&get(sim, D, "web"), "/spec/replicas").unwrap()
}

fn says(sim: &Sim, sort: &str) -> String {
    let status = get(sim, HPA, "web")["status"].clone();
    let c = condition::find(&status, sort).unwrap().clone();
    format!("{} {} {}", text(&c, "/status").unwrap(), text(&c, "/reason").unwrap(), text(&c, "/message").unwrap())
}

#[test]
fn it_follows_the_load_up_at_once_and_down_after_a_while() {
    let mut sim = shop(json!({"requests": {"cpu": "200m"}}));
    assert_eq!(size(&sim), 2);
    let name = "cpu resource utilization (percentage of request)";
    assert_eq!(
        says(&sim, "ScalingActive"),
        format!("True ValidMetricFound the HPA was able to successfully calculate a replica count from {name}")
    );
    sim.world.load.insert("shop/web".to_owned(), 5.0);
    live(&mut sim, 3 * MINUTE);
    let up = size(&sim);
    assert!((5..=9).contains(&up), "{up}");
    let told = events(&sim, "web");
    assert!(
        told.iter().any(|e| e == &format!("horizontal-pod-autoscaler SuccessfulRescale New size: 4; reason: {name} above target")),
        "{told:?}"
    );
    let shown = get(&sim, HPA, "web")["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"].as_i64().unwrap();
    assert!((40..=85).contains(&shown), "{shown} %");
    sim.world.load.remove("shop/web");
    live(&mut sim, 4 * MINUTE);
    assert_eq!(size(&sim), up);
    assert!(says(&sim, "AbleToScale").starts_with("True ScaleDownStabilized"));
    live(&mut sim, 5 * MINUTE);
    assert_eq!(size(&sim), 2);
    assert!(events(&sim, "web").iter().any(|e| e.ends_with("reason: All metrics below target")));
}

#[test]
fn it_stops_at_its_maximum() {
    let mut sim = shop(json!({"requests": {"cpu": "200m"}}));
    sim.world.load.insert("shop/web".to_owned(), 40.0);
    live(&mut sim, 3 * MINUTE);
    assert_eq!(size(&sim), 10);
    assert_eq!(says(&sim, "ScalingLimited"), "True TooManyReplicas the desired replica count is more than the maximum replica count");
}

#[test]
fn it_says_what_hinders_it() {
    let sim = shop(json!({}));
    assert!(says(&sim, "ScalingActive").starts_with("False FailedGetResourceMetric the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container main of Pod web-"));
    let mut sim = cluster();
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"});
    make(&mut sim, HPA, json!({"metadata": {"name": "web"}, "spec": {"scaleTargetRef": target, "maxReplicas": 3}}));
    live(&mut sim, MINUTE);
    assert_eq!(
        says(&sim, "AbleToScale"),
        "False FailedGetScale the HPA controller was unable to get the target's current scale: deployments.apps \"none\" not found"
    );
}

#[test]
fn what_pods_use_follows_from_the_seed_and_stays_within_reason() {
    let mut sim = shop(json!({"requests": {"cpu": "200m", "memory": "100Mi"}, "limits": {"cpu": "250m"}}));
    let name = all(&sim, "pods").remove(0)["metadata"]["name"].as_str().unwrap().to_owned();
    let usage = |sim: &Sim| Meter::default().usage(sim, sim.store.get("pods", "shop", &name).unwrap());
    for load in [0.0, 1.0, 50.0] {
        sim.world.load.insert("shop/web".to_owned(), load);
        let used = usage(&sim).unwrap();
        assert_eq!(Some(used), usage(&sim));
        assert!((1..=250).contains(&used.cpu_milli) && (50 << 20..100 << 20).contains(&used.memory_bytes), "{used:?} at {load}");
    }
    let mut young = (*sim.store.get("pods", "shop", &name).unwrap().value()).clone();
    set(&mut young, "/status/startTime", crate::demo::json::stamp(sim.store.now));
    sim.store.put("pods", young);
    assert_eq!(usage(&sim), None);
}
