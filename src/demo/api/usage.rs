//! What pods and nodes use: `metrics.k8s.io`.

use super::body::{Body, json};
use super::request::{Asked, Query};
use crate::demo::cluster::Cluster;
use crate::demo::load::Meter;
use crate::demo::metrics::{nodes, one_node, one_pod, pods};
use crate::demo::rbac::{self, Attributes};
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::Object;
use crate::model::selector::Selector;
use http::Response;
use serde_json::Value;

/// Where all of it is.
const ROOT: &str = "/apis/metrics.k8s.io/v1beta1/";

/// True for a path that is answered here.
pub(super) fn is_asked(path: &str) -> bool {
    path.starts_with(ROOT)
}

/// Answers a request for metrics.
pub(super) fn answer(cluster: &Cluster, path: &str, asked: &Asked) -> Answer<Response<Body>> {
    let steps: Vec<&str> = path.strip_prefix(ROOT).unwrap_or_default().split('/').collect();
    let (resource, namespace, name) = match steps.as_slice() {
        [resource @ ("nodes" | "pods")] => (*resource, "", ""),
        ["nodes", name] => ("nodes", "", *name),
        ["namespaces", namespace, "pods"] => ("pods", *namespace, ""),
        ["namespaces", namespace, "pods", name] => ("pods", *namespace, *name),
        _ => return Err(Refusal::no_such_path()),
    };
    let verb = if name.is_empty() { "list" } else { "get" };
    let wanted = Attributes { verb, group: "metrics.k8s.io", resource, namespace, name, ..Attributes::default() };
    cluster.look(|sim| rbac::check(&sim.store, &asked.user, &wanted))?;
    let choice = Choice::of(&asked.query)?;
    let metrics = cluster.with(|sim| measured(sim, resource, namespace, name, &choice))?;
    Ok(json(200, &metrics))
}

fn measured(sim: &Sim, resource: &str, namespace: &str, name: &str, choice: &Choice) -> Answer<Value> {
    let mut meter = Meter::default();
    let measure = &mut |sim: &Sim, pod: &Object| meter.usage(sim, pod);
    match (resource, name) {
        ("nodes", "") => Ok(nodes(sim, |o| choice.takes(o), measure)),
        ("nodes", name) => one_node(sim, name, measure),
        (_, "") => Ok(pods(sim, namespace, |o| choice.takes(o), measure)),
        (_, name) => one_pod(sim, namespace, name, measure),
    }
}

/// Labels and, of the fields, the name.
struct Choice {
    labels: Option<Selector>,
    name: Option<String>,
}

impl Choice {
    fn of(query: &Query) -> Answer<Self> {
        let labels = query.get("labelSelector").map(Selector::parse).transpose();
        let labels = labels.map_err(|why| Refusal::bad_request(format!("unable to parse requirement: {why}")))?;
        let name = query.get("fieldSelector").and_then(|f| f.strip_prefix("metadata.name=")).map(|n| n.trim_start_matches('=').to_owned());
        Ok(Self { labels, name })
    }

    fn takes(&self, object: &Object) -> bool {
        self.name.as_deref().is_none_or(|n| *n == *object.key.name) && self.labels.as_ref().is_none_or(|s| s.matches(|k| object.label(k)))
    }
}
