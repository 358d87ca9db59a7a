//! What a server fills in, or refuses, because of other objects: the value of a priority class, the default storage class.
//! Quotas are a matter of their controller.

use super::defaults;
use super::json::{int, or_set, text};
use super::resource::Resource;
use super::sim::Sim;
use super::status::{Answer, Refusal};
use serde_json::Value;

const DEFAULT_CLASS: &str = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";

/// The priority classes that every cluster has, whether or not it lists them.
const SYSTEM: [(&str, i64); 2] = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// Completes a new object with what comes neither from who writes it nor from its kind's defaults: it belongs to no field manager.
///
/// # Errors
/// 403 where it names a class that does not exist.
pub(super) fn complete(sim: &Sim, resource: &Resource, object: &mut Value) -> Answer<()> {
    defaults::complete(resource, object);
    defaults::begin(resource, object);
    match resource.id().as_str() {
        "pods" => priority(sim, resource, object),
        "persistentvolumeclaims" => {
            let default =
                sim.store.list("storageclasses.storage.k8s.io", "").find(|class| text(&class.value(), DEFAULT_CLASS) == Some("true"));
            if let Some(class) = default {
                or_set(object, "/spec/storageClassName", &*class.key.name);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn priority(sim: &Sim, resource: &Resource, object: &mut Value) -> Answer<()> {
    let name = text(object, "/spec/priorityClassName").unwrap_or_default().to_owned();
    let class = sim.store.get("priorityclasses.scheduling.k8s.io", "", &name).map(|class| class.value());
    let known = SYSTEM.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    let value = match (known, &class) {
        (Some(value), _) => value,
        (None, Some(class)) => int(class, "/value").unwrap_or_default(),
        (None, None) if name.is_empty() => 0,
        (None, None) => {
            let pod = text(object, "/metadata/name").unwrap_or_default();
            return Err(Refusal::forbidden(resource, pod, &format!("no PriorityClass with name {name} was found")));
        }
    };
    let preempts = class.as_ref().and_then(|c| text(c, "/preemptionPolicy")).unwrap_or("PreemptLowerPriority");
    or_set(object, "/spec/priority", value);
    or_set(object, "/spec/preemptionPolicy", preempts);
    Ok(())
}
