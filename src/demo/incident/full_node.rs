//! A program without a limit that takes all the memory of its machine, is driven out, and begins anew on the next.

use super::{Incident, MINUTE, nothing};
use crate::demo::controllers::condition;
use crate::demo::sim::Sim;
use crate::demo::write::How;
use serde_json::json;

pub(super) const INCIDENT: Incident = Incident {
    name: "full-node",
    about: "an export without a memory limit fills one node of prod-us after another",
    cluster: "prod-us",
    since: 8 * MINUTE,
    hint: "prod-us: a node is short of memory and evicts pods; :nodes shows it, ! what was evicted",
    fault: None,
    begin,
    healed,
    after: nothing,
};

fn begin(sim: &mut Sim) {
    let labels = json!({"app": "report-export", "team": "data"});
    let export = json!({
        "metadata": {"name": "report-export", "namespace": "data", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "report-export"}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{
                "name": "export",
                "image": "registry.shop.example/report-export:0.2.0",
                "args": ["--all-orders", "--in-memory"],
                "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}},
            }]}},
        },
    });
    // A cluster without the namespace has no such trouble.
    drop(sim.create("deployments.apps", export, How::by("kubectl-create")));
}

/// Nobody is short of memory, and the one that takes it is gone or has a limit.
fn healed(sim: &Sim) -> bool {
    let pressed = sim.store.list("nodes", "").any(|n| condition::holds(&n.value(), "MemoryPressure"));
    let limited = super::deployment(sim, "data", "report-export").is_none_or(|d| {
        d.pointer("/spec/replicas") == Some(&0.into()) || d.pointer("/spec/template/spec/containers/0/resources/limits/memory").is_some()
    });
    limited && !pressed
}
