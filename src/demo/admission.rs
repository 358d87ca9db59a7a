//! What a server fills in, or refuses, because of other objects: the value of a priority class, the default storage class.
//! What a quota admits is for [`super::quota`].

use super::defaults;
use super::json::{int, list, or_set, text};
use super::resource::Resource;
use super::sim::Sim;
use super::status::{Answer, Refusal};
use super::store::letter;
use super::world::image::hash;
use serde_json::{Value, json};

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
        "pods" => {
            token(sim, object);
            priority(sim, resource, object)
        }
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

/// Where the token of a service account is in its containers.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Mounts the token of its service account in a pod that does not refuse it (the admission plugin ServiceAccount).
fn token(sim: &Sim, pod: &mut Value) {
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    let account = sim.store.get("serviceaccounts", namespace, text(pod, "/spec/serviceAccountName").unwrap_or("default"));
    let account = account.and_then(|a| a.value().get("automountServiceAccountToken").and_then(Value::as_bool));
    let asked = pod.pointer("/spec/automountServiceAccountToken").and_then(Value::as_bool);
    if !asked.or(account).unwrap_or(true) {
        return;
    }
    let name = format!("kube-api-access-{}", suffix(text(pod, "/metadata/uid").unwrap_or_default()));
    let mount = json!({"name": name, "readOnly": true, "mountPath": TOKEN});
    let mut is_used = false;
    for kind in ["initContainers", "containers"] {
        let containers = pod.pointer_mut(&format!("/spec/{kind}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let is_there = list(container, "/volumeMounts").iter().any(|m| text(m, "/mountPath") == Some(TOKEN));
            if !is_there {
                push(container, "/volumeMounts", mount.clone());
                is_used = true;
            }
        }
    }
    if is_used {
        let field = json!({"apiVersion": "v1", "fieldPath": "metadata.namespace"});
        let sources = json!([
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
        ]);
        push(pod, "/spec/volumes", json!({"name": name, "projected": {"sources": sources, "defaultMode": 420}}));
    }
}

fn push(object: &mut Value, place: &str, item: Value) {
    or_set(object, place, json!([]));
    if let Some(items) = object.pointer_mut(place).and_then(Value::as_array_mut) {
        items.push(item);
    }
}

/// Five letters that follow from a uid.
fn suffix(uid: &str) -> String {
    let number = hash(uid);
    (0..5).map(|i| letter(number >> (12 * i))).collect()
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
