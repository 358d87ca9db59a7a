//! What the tests of controllers share: a cluster with machines, and short words to look at it with.
#![allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]

use crate::demo::json::{Millis, list, text};
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::write::How;
use serde_json::{Value, json};

/// When tests begin.
pub const START: Millis = 1_790_000_000_000;

/// A cluster of so many machines, with four cores each and room for ten pods, and a namespace `shop`.
pub fn cluster(nodes: usize) -> Sim {
    let mut sim = Sim::new("test", 1, START);
    sim.create("namespaces", json!({"metadata": {"name": "shop"}}), How::by("test")).unwrap();
    for i in 0..nodes {
        let has = json!({"cpu": "4", "memory": "8Gi", "pods": "10"});
        let node = json!({
            "metadata": {"name": format!("node-{i}"), "labels": {"kubernetes.io/hostname": format!("node-{i}")}},
            "spec": {"podCIDR": format!("10.{i}.0.0/16")},
            "status": {"capacity": has, "allocatable": has, "addresses": [{"type": "InternalIP", "address": format!("192.168.0.{i}")}]},
        });
        sim.create("nodes", node, How::by("test")).unwrap();
    }
    sim.advance(START);
    sim
}

/// Creates a pod `shop/NAME` with one container `a`, whose fields and those of the spec can be given.
pub fn pod(sim: &mut Sim, name: &str, container: Value, spec: Value) -> Key {
    let mut whole = json!({"name": "a", "image": "nginx:1.29"});
    whole.as_object_mut().unwrap().extend(container.as_object().cloned().unwrap_or_default());
    let mut all = json!({"containers": [whole]});
    all.as_object_mut().unwrap().extend(spec.as_object().cloned().unwrap_or_default());
    let pod = json!({"metadata": {"name": name, "namespace": "shop"}, "spec": all});
    let key = Key::of(&pod);
    sim.create("pods", pod, How::by("test")).unwrap();
    key
}

/// Lets this many milliseconds pass.
pub fn pass(sim: &mut Sim, time: Millis) {
    let to = sim.store.now + time;
    sim.advance(to);
}

/// The object; null where it is gone.
pub fn see(sim: &Sim, id: &str, key: &Key) -> Value {
    sim.store.table(id).unwrap().get(key).map(|o| Value::clone(&o.value())).unwrap_or_default()
}

/// How a pod stands, as `PHASE REASON ready/all restarts`.
pub fn stands(sim: &Sim, key: &Key) -> String {
    let pod = see(sim, "pods", key);
    if pod.is_null() {
        return "gone".to_owned();
    }
    let all = list(&pod, "/status/containerStatuses");
    let ready = all.iter().filter(|c| c["ready"] == true).count();
    let restarts: i64 = all.iter().map(|c| c["restartCount"].as_i64().unwrap()).sum();
    let reason = all.iter().find_map(|c| text(c, "/state/waiting/reason").or(text(c, "/state/terminated/reason"))).unwrap_or("-");
    format!("{} {reason} {ready}/{} {restarts}", text(&pod, "/status/phase").unwrap_or("-"), all.len())
}

/// The events about an object, `REASON: message`, in the order in which they were told first.
pub fn events(sim: &Sim, about: &str) -> Vec<String> {
    let mut all: Vec<(u64, String)> = Vec::new();
    for event in sim.store.list("events", "") {
        let value = event.value();
        if text(&value, "/involvedObject/name") == Some(about) {
            let told = format!("{}: {}", text(&value, "/reason").unwrap(), text(&value, "/message").unwrap());
            all.push((event.version, told));
        }
    }
    all.sort();
    all.into_iter().map(|(_, told)| told).collect()
}
