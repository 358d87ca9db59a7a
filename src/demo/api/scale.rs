//! The `scale` subresource: the replicas of a workload, as an object of their own (`autoscaling/v1`).

use super::body::{Body, json as answer_json, object};
use super::request::{Asked, Target};
use super::write::{how, key};
use crate::demo::json::{entries, int, set, text};
use crate::demo::patch::{self, Kind};
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::write::How;
use http::Response;
use serde_json::{Value, json};

/// Reads or writes the replicas.
pub(super) fn answer(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let id = target.resource.id();
    let live = sim.store.get(&id, &target.namespace, &target.name).ok_or_else(|| Refusal::not_found(&target.resource, &target.name))?;
    let now = scale(&live.value());
    let wanted = match asked.verb {
        "get" => return Ok(answer_json(200, &now)),
        "update" => object(&asked.content, body)?,
        _ => {
            let mut wanted = now;
            let kind = match asked.content.as_str() {
                "application/json-patch+json" => Kind::Json,
                _ => Kind::Merge,
            };
            patch::patch(&target.resource, &mut wanted, &object(&asked.content, body)?, kind)?;
            wanted
        }
    };
    let replicas = int(&wanted, "/spec/replicas").unwrap_or_default();
    let version = text(&wanted, "/metadata/resourceVersion").unwrap_or_default().to_owned();
    let how = How { subresource: "", ..how(target, asked) };
    let scaled = sim.update(&id, &key(target), how, |workload| {
        set(workload, "/metadata/resourceVersion", version);
        set(workload, "/spec/replicas", replicas);
        Ok(())
    })?;
    Ok(answer_json(200, &scale(&scaled.value())))
}

fn scale(workload: &Value) -> Value {
    let of = |place: &str| workload.pointer(place).cloned().unwrap_or_default();
    let selector: Vec<String> =
        entries(workload, "/spec/selector/matchLabels").map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": of("/metadata/name"), "namespace": of("/metadata/namespace"), "uid": of("/metadata/uid"),
            "resourceVersion": of("/metadata/resourceVersion"), "creationTimestamp": of("/metadata/creationTimestamp"),
        },
        "spec": {"replicas": int(workload, "/spec/replicas").unwrap_or_default()},
        "status": {"replicas": int(workload, "/status/replicas").unwrap_or_default(), "selector": selector.join(",")},
    })
}
