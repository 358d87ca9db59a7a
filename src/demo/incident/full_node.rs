//! A program that takes what memory it gets and is driven from machine to machine.

use super::{Incident, Server, MINUTE, program};
use crate::demo::sim::Sim;
use crate::demo::world::program::Program;
use crate::demo::write::How;
use serde_json::json;

/// The program that takes all memory.
const GREEDY: &str = "registry.shop.example/report-export:0.9.0";

pub(super) const INCIDENT: Incident = Incident {
    name: "full-node",
    about: "a new program fills one machine's memory after another, and is driven out",
    told: "prod-eu: report-export fills machines. {health} shows why, {scale} to 0 ends it",
    cluster: "prod-eu",
    lasts: 5 * MINUTE,
    begin,
    server: Server::Well,
    over: |scene| scene.is_tamed("data", "report-export", GREEDY),
};

/// Somebody tries a program that takes what it gets.
fn begin(sim: &mut Sim) {
    program(sim, GREEDY, Program { memory: Some(2 << 30), leak: 22 << 30, ..Program::service(800) });
    let labels = json!({"app": "report-export", "team": "data"});
    let container = json!({"name": "report-export", "image": GREEDY, "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "report-export", "namespace": "data", "labels": labels},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "report-export"}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    });
    // The namespace is there, and the name is free.
    drop(sim.create("deployments.apps", deployment, How::by("kubectl-create")));
}
