//! `metrics.k8s.io/v1beta1`, as metrics-server answers: what pods and nodes use. How much that is follows from the load, not from here.

use super::json::{Millis, stamp};
use super::sim::Sim;
use super::status::{Answer, Refusal};
use super::store::Object;
use super::view::Part;
use serde_json::{Map, Value, json};
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
pub type Measure<'m> = &'m mut dyn FnMut(&Sim, &Object) -> Option<Usage>;

/// The `PodMetrics` of the pods of a namespace, or of all, that the choice takes.
pub fn pods(sim: &Sim, namespace: &str, choose: impl Fn(&Object) -> bool, measure: Measure<'_>) -> Value {
    let pods = sim.store.list("pods", namespace).filter(|o| choose(o));
    let items: Vec<Value> = pods.filter_map(|o| pod(sim, o, measure)).collect();
    json!({"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items})
}

/// The `PodMetrics` of a pod.
///
/// # Errors
/// 404 where there is none, or none yet.
pub fn one_pod(sim: &Sim, namespace: &str, name: &str, measure: Measure<'_>) -> Answer<Value> {
    let found = sim.store.get("pods", namespace, name).and_then(|o| pod(sim, o, measure));
    found.map(|m| typed("PodMetrics", m)).ok_or_else(|| not_found("podmetrics", &format!("{namespace}/{name}")))
}

/// The `NodeMetrics` of the nodes that the choice takes.
pub fn nodes(sim: &Sim, choose: impl Fn(&Object) -> bool, measure: Measure<'_>) -> Value {
    let sums = sums(sim, measure);
    let items: Vec<Value> = sim.store.list("nodes", "").filter(|o| choose(o)).filter_map(|o| node(sim, o, &sums)).collect();
    json!({"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items})
}

/// The `NodeMetrics` of a node.
///
/// # Errors
/// 404 where there is none.
pub fn one_node(sim: &Sim, name: &str, measure: Measure<'_>) -> Answer<Value> {
    let found = sim.store.get("nodes", "", name).and_then(|o| node(sim, o, &sums(sim, measure)));
    found.map(|m| typed("NodeMetrics", m)).ok_or_else(|| not_found("nodemetrics", name))
}

/// What containers ask for, cpu and memory; a little where they ask for nothing.
fn weight(part: &Part) -> (f64, f64) {
    let of = |asked: Option<f64>, least: f64| asked.unwrap_or(least).max(least / 10.0);
    (of(part.asks.0, 0.02), of(part.asks.1, 4e7))
}

fn sums(sim: &Sim, measure: Measure<'_>) -> BTreeMap<Box<str>, Usage> {
    let mut sums: BTreeMap<Box<str>, Usage> = BTreeMap::new();
    for pod in sim.store.list("pods", "").filter(|p| !p.view().node.is_empty()) {
        let Some(used) = measure(sim, pod) else { continue };
        let sum = sums.entry(pod.view().node.clone()).or_insert(OWN);
        *sum = Usage { cpu_milli: sum.cpu_milli + used.cpu_milli, memory_bytes: sum.memory_bytes + used.memory_bytes };
    }
    sums
}

fn node(sim: &Sim, node: &Object, sums: &BTreeMap<Box<str>, Usage>) -> Option<Value> {
    let name = &*node.key.name;
    if sim.world.lost.contains_key(name) {
        return None;
    }
    let mut metrics = head(node, sim.store.now);
    super::json::set(&mut metrics, "/usage", amounts(sums.get(name).copied().unwrap_or(OWN)));
    Some(metrics)
}

/// The metrics of a pod: its use is shared among its running containers by what they ask for.
fn pod(sim: &Sim, pod: &Object, measure: Measure<'_>) -> Option<Value> {
    let (view, now) = (pod.view(), sim.store.now);
    let running: Vec<&Part> = view.parts.iter().filter(|p| p.running.is_some_and(|at| now - at >= WINDOW)).collect();
    if running.is_empty() || view.node.is_empty() || sim.world.lost.contains_key(&*view.node) {
        return None;
    }
    let used = measure(sim, pod)?;
    let all = running.iter().map(|p| weight(p)).fold((0.0, 0.0), |(cpu, memory), (c, m)| (cpu + c, memory + m));
    let share = |of: i64, mine: f64, all: f64| (of as f64 * mine / all).round() as i64;
    let part = |part: &&Part| {
        let mine = weight(part);
        let (cpu_milli, memory_bytes) = (share(used.cpu_milli, mine.0, all.0), share(used.memory_bytes, mine.1, all.1));
        json!({"name": part.name, "usage": amounts(Usage { cpu_milli, memory_bytes })})
    };
    let mut metrics = head(pod, now);
    super::json::set(&mut metrics, "/containers", running.iter().map(part).collect::<Vec<_>>());
    Some(metrics)
}

/// What the metrics of anything begin with. They are from the last full window.
fn head(object: &Object, now: Millis) -> Value {
    let at = now - now.rem_euclid(WINDOW);
    let mut metadata = json!({"name": object.key.name, "creationTimestamp": stamp(now)});
    if !object.key.namespace.is_empty() {
        super::json::set(&mut metadata, "/namespace", &*object.key.namespace);
    }
    if !object.labels.is_empty() {
        let labels: Map<String, Value> = object.labels.iter().map(|(k, v)| (k.to_string(), (**v).into())).collect();
        super::json::set(&mut metadata, "/labels", labels);
    }
    let uneven = object.version % 700;
    json!({"metadata": metadata, "timestamp": stamp(at), "window": format!("{}.{uneven:03}s", WINDOW / 1000)})
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
    use super::super::json::{list, text};
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
        let list = pods(&sim, "shop", |_| true, &mut |_, _| Some(used));
        let items = list.pointer("/items").and_then(Value::as_array).unwrap();
        assert_eq!(items.len(), 1);
        let containers = items.first().and_then(|i| i.pointer("/containers")).unwrap();
        assert_eq!(
            containers,
            &json!([{"name": "app", "usage": {"cpu": "150000000n", "memory": "32768Ki"}},
                {"name": "side", "usage": {"cpu": "50000000n", "memory": "32768Ki"}}])
        );
        assert_eq!(
            one_pod(&sim, "shop", "web-2", &mut |_, _| Some(Usage::default())).unwrap_err().message,
            r#"podmetrics.metrics.k8s.io "shop/web-2" not found"#
        );
        assert_eq!(text(&one_pod(&sim, "shop", "web-1", &mut |_, _| Some(Usage::default())).unwrap(), "/kind"), Some("PodMetrics"));
        assert!(
            list_is_empty(&pods(&sim, "shop", |_| false, &mut |_, _| Some(Usage::default())))
                && list_is_empty(&pods(&sim, "none", |_| true, &mut |_, _| Some(Usage::default())))
        );
    }

    fn list_is_empty(metrics: &Value) -> bool {
        list(metrics, "/items").is_empty()
    }

    #[test]
    fn a_node_uses_what_its_pods_use_and_its_own() {
        let mut sim = sim();
        let used = Usage { cpu_milli: 200, memory_bytes: 1 << 30 };
        let metrics = one_node(&sim, "n1", &mut |_, _| Some(used)).unwrap();
        let total = ((OWN.memory_bytes + (2 << 30)) / 1024).to_string() + "Ki";
        assert_eq!(metrics.pointer("/usage"), Some(&json!({"cpu": format!("{}n", (OWN.cpu_milli + 400) * 1_000_000), "memory": total})));
        sim.world.lost.insert("n1".into(), T);
        assert!(list_is_empty(&nodes(&sim, |_| true, &mut |_, _| Some(Usage::default()))));
        assert!(list_is_empty(&pods(&sim, "", |_| true, &mut |_, _| Some(Usage::default()))));
    }
}
