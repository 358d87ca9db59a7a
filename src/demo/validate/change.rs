//! What may not be changed once it is there.

use super::errors::Errors;
use super::pod as pods;
use crate::demo::json::{int, is_true, list, remove, set, text};
use crate::demo::resource::Resource;
use serde_json::{Value, json};

const IMMUTABLE: &str = "field is immutable";

/// A change of an object of any kind but a pod.
pub(super) fn check(resource: &Resource, old: &Value, new: &Value, errors: &mut Errors) {
    let fixed: &[&str] = match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "deployments" | "replicasets" | "daemonsets") => &["/spec/selector"],
        ("batch", "jobs") => &["/spec/completions", "/spec/selector", "/spec/template"],
        ("", "secrets") => &["/type"],
        ("storage.k8s.io", "storageclasses") => &["/provisioner", "/parameters", "/reclaimPolicy", "/volumeBindingMode"],
        _ => &[],
    };
    for place in fixed.iter().filter(|place| old.pointer(place) != new.pointer(place)) {
        let suspended = *place == "/spec/template" && is_true(old, "/spec/suspend");
        if !suspended {
            let value = new.pointer(place).cloned().unwrap_or_default();
            errors.invalid(&place.trim_start_matches('/').replace('/', "."), value, IMMUTABLE);
        }
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("apps", "statefulsets") => stateful_set(old, new, errors),
        ("", "services") => address(old, new, errors),
        ("", "secrets" | "configmaps") => frozen(old, new, errors),
        ("", "persistentvolumeclaims") => claim(old, new, errors),
        ("scheduling.k8s.io", _) if old.get("value") != new.get("value") => errors.forbidden("value", "may not be changed in an update."),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") if old.get("roleRef") != new.get("roleRef") => {
            let part = |name: &str| text(new, &format!("/roleRef/{name}")).unwrap_or_default();
            let shown = json!({"APIGroup": part("apiGroup"), "Kind": part("kind"), "Name": part("name")});
            errors.invalid("roleRef", shown, "cannot change roleRef");
        }
        _ => {}
    }
}

/// The specs of both without these fields.
fn rest(old: &Value, new: &Value, fields: &[&str]) -> [Value; 2] {
    [old, new].map(|object| {
        let mut spec = object.get("spec").cloned().unwrap_or_default();
        fields.iter().for_each(|f| drop(remove(&mut spec, &format!("/{f}"))));
        spec
    })
}

fn stateful_set(old: &Value, new: &Value, errors: &mut Errors) {
    const MUTABLE: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let [before, after] = rest(old, new, &MUTABLE);
    if before != after {
        let named: Vec<String> = MUTABLE.iter().map(|f| format!("'{f}'")).collect();
        let (last, first) = (named.last().cloned().unwrap_or_default(), named.get(..6).unwrap_or_default().join(", "));
        errors.forbidden("spec", &format!("updates to statefulset spec for fields other than {first} and {last} are forbidden"));
    }
}

fn address(old: &Value, new: &Value, errors: &mut Errors) {
    let [before, after] = [old, new].map(|s| text(s, "/spec/clusterIP").unwrap_or_default());
    let external = [old, new].iter().any(|s| text(s, "/spec/type") == Some("ExternalName"));
    if before != after && !before.is_empty() && !external {
        errors.invalid("spec.clusterIPs[0]", json!([after]), "may not change once set");
    }
}

fn frozen(old: &Value, new: &Value, errors: &mut Errors) {
    if !is_true(old, "/immutable") {
        return;
    }
    let why = "field is immutable when `immutable` is set";
    if !is_true(new, "/immutable") {
        errors.forbidden("immutable", why);
    }
    for name in ["data", "binaryData"].into_iter().filter(|name| old.get(name) != new.get(name)) {
        errors.forbidden(name, why);
    }
}

fn claim(old: &Value, new: &Value, errors: &mut Errors) {
    let bound = text(old, "/status/phase") == Some("Bound");
    let [mut before, mut after] = rest(old, new, &["volumeAttributesClassName"]);
    for spec in [&mut before, &mut after] {
        if bound {
            remove(spec, "/resources/requests");
        }
        if text(old, "/spec/volumeName").unwrap_or_default().is_empty() {
            remove(spec, "/volumeName");
        }
        if text(old, "/spec/storageClassName").is_none() {
            remove(spec, "/storageClassName");
        }
    }
    if before != after {
        errors
            .forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
    }
}

/// A change of a pod: little of it may change.
pub(super) fn pod(old: &Value, new: &Value, errors: &mut Errors) {
    const CHANGES: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
                           `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
                           `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    if old.get("spec") == new.get("spec") {
        return;
    }
    for sort in ["containers", "initContainers"] {
        let place = format!("/spec/{sort}");
        if list(old, &place).len() != list(new, &place).len() {
            return errors.forbidden(&format!("spec.{sort}"), "pod updates may not add or remove containers");
        }
    }
    pods::spec(new, "/spec", "spec", errors);
    match (int(old, "/spec/activeDeadlineSeconds"), int(new, "/spec/activeDeadlineSeconds")) {
        (Some(before), Some(after)) if after > before => {
            return errors.invalid("spec.activeDeadlineSeconds", after, "must be less than or equal to previous value");
        }
        (Some(_), None) => {
            return errors.invalid("spec.activeDeadlineSeconds", Value::Null, "must not update from a positive integer to nil value");
        }
        _ => {}
    }
    let (before, after) = (list(old, "/spec/tolerations"), list(new, "/spec/tolerations"));
    let mut mutable = vec!["activeDeadlineSeconds", "terminationGracePeriodSeconds"];
    if before.iter().all(|t| after.contains(t)) {
        mutable.push("tolerations");
    }
    let [mut before, mut after] = rest(old, new, &mutable);
    for spec in [&mut before, &mut after] {
        for sort in ["containers", "initContainers"] {
            for i in 0..list(spec, &format!("/{sort}")).len() {
                set(spec, &format!("/{sort}/{i}/image"), "");
            }
        }
    }
    if before != after {
        errors.forbidden("spec", CHANGES);
    }
}
