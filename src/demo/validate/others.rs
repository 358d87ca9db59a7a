//! Everything that neither makes pods nor leads to them.

use super::errors::Errors;
use super::{finalizer_name, format, pod};
use crate::demo::json::{entries, list, text};
use crate::demo::resource::Resource;
use crate::model::quantity::quantity;
use base64::Engine;
use serde_json::Value;

/// One of these kinds.
pub(super) fn check(resource: &Resource, new: &Value, errors: &mut Errors) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "configmaps") => config_map(new, errors),
        ("", "secrets") => secret(new, errors),
        ("", "namespaces") => {
            let all = list(new, "/spec/finalizers").iter().filter_map(Value::as_str);
            all.for_each(|name| finalizer_name(name, "spec.finalizers", errors));
        }
        ("", "persistentvolumeclaims") => claim(new, errors),
        ("", "persistentvolumes") => volume(new, errors),
        ("", "resourcequotas") => quota(new, errors),
        ("storage.k8s.io", "storageclasses") => {
            if text(new, "/provisioner").unwrap_or_default().is_empty() {
                errors.required("provisioner", "");
            }
            errors.one_of(new, "/reclaimPolicy", "reclaimPolicy", &["Delete", "Retain"]);
            errors.one_of(new, "/volumeBindingMode", "volumeBindingMode", &["Immediate", "WaitForFirstConsumer"]);
        }
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => rules(new, resource.namespaced, errors),
        ("rbac.authorization.k8s.io", _) => binding(new, resource.namespaced, errors),
        ("apiextensions.k8s.io", _) => {
            let part = |name: &str| text(new, name).unwrap_or_default();
            let name = part("/metadata/name");
            if name != format!("{}.{}", part("/spec/names/plural"), part("/spec/group")) {
                errors.invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
            }
        }
        _ => {}
    }
}

fn config_map(new: &Value, errors: &mut Errors) {
    for sort in ["data", "binaryData"] {
        for (key, _) in entries(new, &format!("/{sort}")) {
            let field = format!("{sort}[{key}]");
            format::config_key(key).iter().for_each(|why| errors.invalid(&field, key, why));
            if sort == "data" && entries(new, "/binaryData").any(|(k, _)| k == key) {
                errors.invalid(&field, key, "duplicate of key present in binaryData");
            }
        }
    }
}

fn secret(new: &Value, errors: &mut Errors) {
    for (key, _) in entries(new, "/data") {
        format::config_key(key).iter().for_each(|why| errors.invalid(&format!("data[{key}]"), key, why));
    }
    let wanted: &[&str] = match text(new, "/type").unwrap_or_default() {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => &[],
    };
    for key in wanted {
        let found = entries(new, "/data").find(|(k, _)| k == key).map(|(_, v)| v);
        match found {
            None => errors.required(&format!("data[{key}]"), ""),
            Some(value) if key.starts_with(".docker") => docker(value, &format!("data[{key}]"), errors),
            Some(_) => {}
        }
    }
}

fn docker(value: &Value, field: &str, errors: &mut Errors) {
    let bytes = base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
    if serde_json::from_slice::<Value>(&bytes).is_err() {
        let first = bytes.first().map(|b| char::from(*b)).unwrap_or_default();
        errors.invalid(field, "<secret contents redacted>", &format!("invalid character '{first}' looking for beginning of value"));
    }
}

fn claim(new: &Value, errors: &mut Errors) {
    let modes = list(new, "/spec/accessModes");
    if modes.is_empty() {
        errors.required("spec.accessModes", "at least 1 access mode is required");
    }
    access(modes, errors);
    match text(new, "/spec/resources/requests/storage") {
        None => errors.required("spec.resources[storage]", ""),
        Some(value) if quantity(value).is_none_or(|n| n <= 0.0) => {
            errors.invalid("spec.resources[storage]", value, "must be greater than zero")
        }
        Some(_) => {}
    }
    if let Some(class) = text(new, "/spec/storageClassName").filter(|c| !c.is_empty()) {
        format::subdomain(class).iter().for_each(|why| errors.invalid("spec.storageClassName", class, why));
    }
    errors.one_of(new, "/spec/volumeMode", "spec.volumeMode", &["Block", "Filesystem"]);
}

fn access(modes: &[Value], errors: &mut Errors) {
    const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    for mode in modes.iter().filter_map(Value::as_str).filter(|m| !MODES.contains(m)) {
        errors.unsupported("spec.accessModes", mode, &MODES);
    }
}

fn volume(new: &Value, errors: &mut Errors) {
    const PLAIN: [&str; 9] = [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    ];
    let modes = list(new, "/spec/accessModes");
    if modes.is_empty() {
        errors.required("spec.accessModes", "");
    }
    access(modes, errors);
    if entries(new, "/spec/capacity").next().is_none() {
        errors.required("spec.capacity", "");
        errors.unsupported("spec.capacity", Value::Null, &["storage"]);
    }
    if entries(new, "/spec").all(|(name, _)| PLAIN.contains(&name)) {
        errors.required("spec", "must specify a volume type");
    }
}

fn quota(new: &Value, errors: &mut Errors) {
    const COUNTED: [&str; 10] = [
        "pods",
        "services",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "replicationcontrollers",
        "resourcequotas",
        "services.nodeports",
        "services.loadbalancers",
        "cpu",
    ];
    for (name, value) in entries(new, "/spec/hard") {
        let field = format!("spec.hard[{name}]");
        let measured = ["cpu", "memory", "storage", "ephemeral-storage"].contains(&name)
            || ["requests.", "limits."].iter().any(|p| name.starts_with(p));
        if !measured && !name.contains('/') && !COUNTED.contains(&name) {
            errors.invalid(&field, name, "must be a standard resource type or fully qualified");
            errors.invalid(&field, name, "must be a standard resource for quota");
        }
        pod::amount(value, &field, !measured, errors);
    }
}

fn rules(new: &Value, namespaced: bool, errors: &mut Errors) {
    for (i, rule) in list(new, "/rules").iter().enumerate() {
        let has = |name: &str| !list(rule, &format!("/{name}")).is_empty();
        if !has("verbs") {
            errors.required(&format!("rules[{i}].verbs"), "verbs must contain at least one value");
        }
        if has("nonResourceURLs") && !namespaced {
            continue;
        }
        if !has("apiGroups") {
            errors.required(&format!("rules[{i}].apiGroups"), "resource rules must supply at least one api group");
        }
        if !has("resources") {
            errors.required(&format!("rules[{i}].resources"), "resource rules must supply at least one resource");
        }
    }
}

fn binding(new: &Value, namespaced: bool, errors: &mut Errors) {
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    errors.one_of(new, "/roleRef/kind", "roleRef.kind", kinds);
    if text(new, "/roleRef/name").unwrap_or_default().is_empty() {
        errors.required("roleRef.name", "");
    }
    for (i, subject) in list(new, "/subjects").iter().enumerate() {
        errors.one_of(subject, "/kind", &format!("subjects[{i}].kind"), &["ServiceAccount", "User", "Group"]);
    }
}
