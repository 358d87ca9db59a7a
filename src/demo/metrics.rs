//! `metrics.k8s.io/v1beta1`, as metrics-server answers: what pods and nodes use. How much that is follows from the load, not from here.

use super::json::{Millis, int, list, stamp, text};
use super::sim::Sim;
use super::status::{Answer, Refusal};
use super::store::Object;
use crate::model::quantity::quantity;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What metrics-server measures over (`--metric-resolution`), in milliseconds: what is younger has no metrics yet.
const WINDOW: Millis = 15_000;

/// What a node's own services take: thousandths of a processor, and bytes.
const OWN: Usage = Usage { cpu_milli: 140, memory_bytes: 620 << 20 };

/// What something uses.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time, in thousandths of a processor.
    pub cpu_milli: i64,
    /// Memory, in bytes.
    pub memory_bytes: i64,
}

/// Tells what a running pod uses; none where that is not known.
pub type Measure<'m> = &'m dyn Fn(&Sim, &Value) -> Option<Usage>;

/// The `PodMetrics` of the pods of a namespace, or of all, that the choice takes.
pub fn pods(sim: &Sim, namespace: &str, choose: impl Fn(&Object) -> bool, measure: Measure<'_>) -> Value {
    let pods = sim.store.list("pods", namespace).filter(|o| choose(o));
    let items: Vec<Value> = pods.filter_map(|o| pod(sim, &o.value(), measure)).collect();
    json!({"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items})
}

/// The `PodMetrics` of a pod.
///
/// # Errors
/// 404 where there is none, or none yet.
pub fn one_pod(sim: &Sim, namespace: &str, name: &str, measure: Measure<'_>) -> Answer<Value> {
    let found = sim.store.get("pods", namespace, name).and_then(|o| pod(sim, &o.value(), measure));
    found.map(|m| typed("PodMetrics", m)).ok_or_else(|| not_found("podmetrics", &format!("{namespace}/{name}")))
}

/// The `NodeMetrics` of the nodes that the choice takes.
pub fn nodes(sim: &Sim, choose: impl Fn(&Object) -> bool, measure: Measure<'_>) -> Value {
    let sums = sums(sim, measure);
    let items: Vec<Value> = sim.store.list("nodes", "").filter(|o| choose(o)).filter_map(|o| node(sim, &o.value(), &sums)).collect();
    json!({"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items})
}

/// The `NodeMetrics` of a node.
///
/// # Errors
/// 404 where there is none.
pub fn one_node(sim: &Sim, name: &str, measure: Measure<'_>) -> Answer<Value> {
    let found = sim.store.get("nodes", "", name).and_then(|o| node(sim, &o.value(), &sums(sim, measure)));
    found.map(|m| typed("NodeMetrics", m)).ok_or_else(|| not_found("nodemetrics", name))
}

/// What a container asks for; a little where it asks for nothing.
fn weight(container: &Value, what: &str) -> f64 {
    let least = if what == "cpu" { 0.02 } else { 4e7 };
    text(container, &format!("/resources/requests/{what}")).and_then(quantity).unwrap_or(least).max(least / 10.0)
}

fn sums(sim: &Sim, measure: Measure<'_>) -> BTreeMap<String, Usage> {
    let mut sums: BTreeMap<String, Usage> = BTreeMap::new();
    for pod in sim.store.list("pods", "").map(|o| o.value()).filter(|p| text(p, "/status/phase") == Some("Running")) {
        let (Some(node), Some(used)) = (text(&pod, "/spec/nodeName"), measure(sim, &pod)) else { continue };
        let sum = sums.entry(node.to_owned()).or_insert(OWN);
        *sum = Usage { cpu_milli: sum.cpu_milli + used.cpu_milli, memory_bytes: sum.memory_bytes + used.memory_bytes };
    }
    sums
}

fn node(sim: &Sim, node: &Value, sums: &BTreeMap<String, Usage>) -> Option<Value> {
    let name = text(node, "/metadata/name")?;
    if sim.world.lost.contains_key(name) {
        return None;
    }
    let mut metrics = head(node, sim.store.now);
    super::json::set(&mut metrics, "/usage", amounts(sums.get(name).copied().unwrap_or(OWN)));
    Some(metrics)
}

/// The metrics of a pod: its use is shared among its running containers by what they ask for.
fn pod(sim: &Sim, pod: &Value, measure: Measure<'_>) -> Option<Value> {
    let node = text(pod, "/spec/nodeName")?;
    let now = sim.store.now;
    let old = |s: &&Value| text(s, "/state/running/startedAt").and_then(super::json::instant).is_some_and(|at| now - at >= WINDOW);
    let running: Vec<&str> = list(pod, "/status/containerStatuses").iter().filter(old).filter_map(|s| text(s, "/name")).collect();
    if running.is_empty() || sim.world.lost.contains_key(node) {
        return None;
    }
    let used = measure(sim, pod)?;
    let specs: Vec<&Value> =
        list(pod, "/spec/containers").iter().filter(|c| text(c, "/name").is_some_and(|n| running.contains(&n))).collect();
    let share = |c: &Value, what: &str, of: i64| {
        let all: f64 = specs.iter().map(|c| weight(c, what)).sum();
        (of as f64 * weight(c, what) / all).round() as i64
    };
    let part = |c: &&Value| {
        let used = Usage { cpu_milli: share(c, "cpu", used.cpu_milli), memory_bytes: share(c, "memory", used.memory_bytes) };
        json!({"name": text(c, "/name"), "usage": amounts(used)})
    };
    let mut metrics = head(pod, now);
    super::json::set(&mut metrics, "/containers", specs.iter().map(part).collect::<Vec<_>>());
    Some(metrics)
}

/// What the metrics of anything begin with. They are from the last full window.
fn head(object: &Value, now: Millis) -> Value {
    let at = now - now.rem_euclid(WINDOW);
    let mut metadata = json!({"name": text(object, "/metadata/name"), "creationTimestamp": stamp(now)});
    for key in ["namespace", "labels"] {
        if let Some(value) = object.pointer(&format!("/metadata/{key}")) {
            super::json::set(&mut metadata, &format!("/{key}"), value.clone());
        }
    }
    let uneven = int(object, "/metadata/generation").unwrap_or_default() + at / 1000;
    json!({"metadata": metadata, "timestamp": stamp(at), "window": format!("{}.{:03}s", WINDOW / 1000, uneven % 700)})
}

/// Amounts as metrics-server writes them: nanocores and kibibytes.
fn amounts(used: Usage) -> Value {
    json!({"cpu": format!("{}n", used.cpu_milli.saturating_mul(1_000_000)), "memory": format!("{}Ki", used.memory_bytes / 1024)})
}

fn typed(kind: &str, metrics: Value) -> Value {
    let mut whole = json!({"kind": kind, "apiVersion": "metrics.k8s.io/v1beta1"});
    if let (Some(to), Value::Object(from)) = (whole.as_object_mut(), metrics) {
        to.extend(from);
    }
    whole
}

fn not_found(kind: &str, name: &str) -> Refusal {
    let mut refusal = Refusal::new(404, "NotFound", format!("{kind}.metrics.k8s.io {name:?} not found"));
    refusal.details = json!({"name": name, "group": "metrics.k8s.io", "kind": kind});
    refusal
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::demo::write::How;

    const T: Millis = 1_763_900_000_000;

    fn sim() -> Sim {
        let mut sim = Sim::new("test", 1, T);
        sim.create("namespaces", json!({"metadata": {"name": "shop"}}), How::by("test")).unwrap();
        let container = |name: &str, cpu: &str| json!({"name": name, "resources": {"requests": {"cpu": cpu, "memory": "100Mi"}}});
        let status = |name: &str| json!({"name": name, "state": {"running": {"startedAt": stamp(T - 60_000)}}});
        for (name, started) in [("web-1", T - 60_000), ("web-2", T - 1000)] {
            let mut second = status("side");
            super::super::json::set(&mut second, "/state/running/startedAt", stamp(started));
            let pod = json!({
                "kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": "web"}},
                "spec": {"nodeName": "n1", "containers": [container("app", "300m"), container("side", "100m")]},
                "status": {"phase": "Running", "containerStatuses": [if name == "web-1" { status("app") } else { second.clone() }, second]},
            });
            sim.store.put("pods", pod);
        }
        sim.store.put("nodes", json!({"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1"}}));
        sim
    }

    #[test]
    fn a_pods_use_is_shared_and_a_young_one_has_none() {
        let (sim, used) = (sim(), Usage { cpu_milli: 200, memory_bytes: 64 << 20 });
        let list = pods(&sim, "shop", |_| true, &|_, _| Some(used));
        let items = list.pointer("/items").and_then(Value::as_array).unwrap();
        assert_eq!(items.len(), 1);
        let containers = items.first().and_then(|i| i.pointer("/containers")).unwrap();
        assert_eq!(
            containers,
            &json!([{"name": "app", "usage": {"cpu": "150000000n", "memory": "32768Ki"}},
                {"name": "side", "usage": {"cpu": "50000000n", "memory": "32768Ki"}}])
        );
        assert_eq!(
            one_pod(&sim, "shop", "web-2", &|_, _| Some(Usage::default())).unwrap_err().message,
            r#"podmetrics.metrics.k8s.io "shop/web-2" not found"#
        );
        assert_eq!(text(&one_pod(&sim, "shop", "web-1", &|_, _| Some(Usage::default())).unwrap(), "/kind"), Some("PodMetrics"));
        assert!(
            list_is_empty(&pods(&sim, "shop", |_| false, &|_, _| Some(Usage::default())))
                && list_is_empty(&pods(&sim, "none", |_| true, &|_, _| Some(Usage::default())))
        );
    }

    fn list_is_empty(metrics: &Value) -> bool {
        list(metrics, "/items").is_empty()
    }

    #[test]
    fn a_node_uses_what_its_pods_use_and_its_own() {
        let mut sim = sim();
        let used = Usage { cpu_milli: 200, memory_bytes: 1 << 30 };
        let metrics = one_node(&sim, "n1", &|_, _| Some(used)).unwrap();
        let total = ((OWN.memory_bytes + (2 << 30)) / 1024).to_string() + "Ki";
        assert_eq!(metrics.pointer("/usage"), Some(&json!({"cpu": format!("{}n", (OWN.cpu_milli + 400) * 1_000_000), "memory": total})));
        sim.world.lost.insert("n1".into(), T);
        assert!(list_is_empty(&nodes(&sim, |_| true, &|_, _| Some(Usage::default()))));
        assert!(list_is_empty(&pods(&sim, "", |_| true, &|_, _| Some(Usage::default()))));
    }
}
