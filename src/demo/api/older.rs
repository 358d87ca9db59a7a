//! Autoscalers in `autoscaling/v1`, in which `kubectl autoscale` creates them up to 1.32: stored in the version that is served otherwise, and
//! answered as they came (pkg/apis/autoscaling/v1/conversion.go of k8s.io/kubernetes). Nothing else can be done with them in that version.

use super::body::{Body, json as answer_json, object};
use super::request::{Asked, Target};
use super::write::how;
use crate::demo::json::{or_set, remove, set};
use crate::demo::sim::Sim;
use crate::demo::status::Answer;
use http::Response;
use serde_json::json;
use std::sync::Arc;

/// The kind that has an older version.
pub(super) const ID: &str = "horizontalpodautoscalers.autoscaling";
/// That version.
pub(super) const VERSION: &str = "v1";

const TARGET: &str = "/spec/targetCPUUtilizationPercentage";

/// Creates one.
///
/// # Errors
/// As for any object.
pub(super) fn create(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let mut value = object(&asked.content, body)?;
    let percentage = remove(&mut value, TARGET).filter(|percentage| !percentage.is_null());
    if let Some(percentage) = &percentage {
        let cpu = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percentage}});
        set(&mut value, "/spec/metrics", json!([{"type": "Resource", "resource": cpu}]));
    }
    set(&mut value, "/apiVersion", target.resource.api_version());
    or_set(&mut value, "/metadata/namespace", target.namespace.as_str());
    let mut created = Arc::unwrap_or_clone(sim.create(ID, value, how(target, asked))?.value());
    set(&mut created, "/apiVersion", "autoscaling/v1");
    remove(&mut created, "/spec/metrics");
    if let Some(percentage) = percentage {
        set(&mut created, TARGET, percentage);
    }
    Ok(answer_json(201, &created))
}
