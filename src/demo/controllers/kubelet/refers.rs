//! What a container refers to and cannot start without: config maps and secrets, in its variables and in the volumes of its pod.

use crate::demo::json::{is_true, list, text};
use crate::demo::sim::Sim;
use serde_json::Value;

/// Why the variables of a container cannot be made, as kubelet says it; none where they can.
pub(super) fn variables(sim: &Sim, pod: &Value, container: &Value) -> Option<String> {
    let sources = list(container, "/envFrom").iter().flat_map(|s| [("configmap", s.get("configMapRef")), ("secret", s.get("secretRef"))]);
    let keys = list(container, "/env")
        .iter()
        .flat_map(|v| [("configmap", v.pointer("/valueFrom/configMapKeyRef")), ("secret", v.pointer("/valueFrom/secretKeyRef"))]);
    sources.chain(keys).find_map(|(kind, reference)| lacks(sim, pod, kind, reference?, "/name"))
}

/// Which volume of a pod cannot be mounted, and why.
pub(super) fn volumes(sim: &Sim, pod: &Value) -> Option<String> {
    list(pod, "/spec/volumes").iter().find_map(|volume| {
        let map = volume.get("configMap").and_then(|r| lacks(sim, pod, "configmap", r, "/name"));
        let why = map.or_else(|| volume.get("secret").and_then(|r| lacks(sim, pod, "secret", r, "/secretName")))?;
        Some(format!("MountVolume.SetUp failed for volume {:?} : {why}", text(volume, "/name").unwrap_or_default()))
    })
}

fn lacks(sim: &Sim, pod: &Value, kind: &str, reference: &Value, place: &str) -> Option<String> {
    if is_true(reference, "/optional") {
        return None;
    }
    let (namespace, name) = (text(pod, "/metadata/namespace").unwrap_or_default(), text(reference, place).unwrap_or_default());
    let Some(object) = sim.store.get(&format!("{kind}s"), namespace, name) else { return Some(format!("{kind} {name:?} not found")) };
    let key = text(reference, "/key")?;
    let value = object.value();
    let known = ["data", "binaryData"].iter().any(|part| value.get(part).is_some_and(|data| data.get(key).is_some()));
    let kind = if kind == "secret" { "Secret" } else { "ConfigMap" };
    (!known).then(|| format!("couldn't find key {key} in {kind} {namespace}/{name}"))
}
