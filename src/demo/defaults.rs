//! What a server fills in where an object says nothing. Most of it stands in no schema; the rules are those of the packages `defaults` and
//! `registry` of k8s.io/kubernetes 1.36. What needs other objects (the default storage class, the value of a priority class) is
//! filled in by `admission`.

mod network;
mod pod;
mod workload;

use super::json::{entries, list, or_set, remove, set, text};
use super::resource::Resource;
use super::schema::{Schema, Shape};
use base64::Engine;
use serde_json::{Value, json};

/// Fills in the defaults of a kind.
pub fn fill(resource: &Resource, object: &mut Value) {
    let new = text(object, "/metadata/resourceVersion").is_none_or(str::is_empty);
    if resource.custom {
        if let Some(schema) = Schema::of(resource) {
            given(schema, object);
        }
        return;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => pod::pod(object, new),
        ("", "services") => network::service(object),
        ("", "secrets") => secret(object),
        // A struct that Go always writes, also where nothing is in it.
        ("", "nodes") => or_set(object, "/spec", json!({})),
        ("", "namespaces") => namespace(object),
        ("", "persistentvolumeclaims") => claim(object, "/spec", "/status"),
        ("", "persistentvolumes") => volume(object),
        ("", "endpoints") => each(object, "/subsets", |s| each(s, "/ports", |p| or_set(p, "/protocol", "TCP"))),
        ("", "limitranges") => each(object, "/spec/limits", limit),
        ("", "replicationcontrollers") => workload::replication_controller(object),
        ("", "events") => event(object),
        ("apps", _) => workload::apps(&resource.plural, object, new),
        ("batch", "jobs") => workload::job(object),
        ("batch", "cronjobs") => workload::cron_job(object),
        ("autoscaling", _) => workload::autoscaler(object),
        ("networking.k8s.io", "networkpolicies") => network::policy(object),
        ("discovery.k8s.io", _) => network::slice(object),
        ("storage.k8s.io", "storageclasses") => {
            or_set(object, "/reclaimPolicy", "Delete");
            or_set(object, "/volumeBindingMode", "Immediate");
        }
        ("scheduling.k8s.io", _) => or_set(object, "/preemptionPolicy", "PreemptLowerPriority"),
        ("rbac.authorization.k8s.io", _) => binding(object),
        ("apiextensions.k8s.io", _) => definition(object),
        _ => {}
    }
    if new && resource.has("status") {
        numbers(resource, object);
    }
}

/// What an object gets, also when it changes, once its fields have owners: tolerations of pods, addresses and ports of services.
pub(super) fn complete(resource: &Resource, object: &mut Value) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => pod::admitted(object),
        ("", "services") => network::allocate(object),
        _ => {}
    }
}

/// What only a new object gets then: labels of jobs, the finalizer of a namespace.
pub(super) fn begin(resource: &Resource, object: &mut Value) {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces") => or_set(object, "/spec/finalizers", json!(["kubernetes"])),
        ("batch", "jobs") => workload::select(object),
        ("apiextensions.k8s.io", _) => stored(object),
        _ => {}
    }
}

/// Does something to every item of a list.
fn each(object: &mut Value, place: &str, change: impl FnMut(&mut Value)) {
    if let Some(Value::Array(items)) = object.pointer_mut(place) {
        items.iter_mut().for_each(change);
    }
}

/// Counts of a status that are always written are zero at first.
fn numbers(resource: &Resource, object: &mut Value) {
    let Some(status) = Schema::of(resource).and_then(|s| s.field("status")) else { return };
    for name in status.required() {
        if matches!(status.field(name).map(Schema::shape), Some(Shape::Whole(_))) {
            or_set(object, &format!("/status/{name}"), 0);
        }
    }
}

/// The defaults in the schema of a custom kind.
fn given(schema: &Schema, value: &mut Value) {
    match (schema.shape(), value) {
        (Shape::Struct(fields), Value::Object(map)) => {
            for (name, field) in fields.iter().filter(|(_, f)| !f.default.is_null()) {
                map.entry(name.as_str()).or_insert_with(|| field.default.clone());
            }
            map.iter_mut().for_each(|(name, v)| fields.get(name).into_iter().for_each(|f| given(f, v)));
        }
        (Shape::Map(item), Value::Object(map)) => map.values_mut().for_each(|v| given(item, v)),
        (Shape::List(item), Value::Array(items)) => items.iter_mut().for_each(|v| given(item, v)),
        _ => {}
    }
}

fn secret(object: &mut Value) {
    or_set(object, "/type", "Opaque");
    let Some(Value::Object(plain)) = remove(object, "/stringData") else { return };
    for (key, value) in plain {
        let data = base64::engine::general_purpose::STANDARD.encode(value.as_str().unwrap_or_default());
        set(object, &format!("/data/{}", super::json::escape(&key)), data);
    }
}

fn namespace(object: &mut Value) {
    let name = text(object, "/metadata/name").unwrap_or_default().to_owned();
    set(object, "/metadata/labels/kubernetes.io~1metadata.name", name);
    or_set(object, "/status/phase", "Active");
}

/// A claim, also one that a template makes.
fn claim(object: &mut Value, spec: &str, status: &str) {
    or_set(object, &format!("{spec}/volumeMode"), "Filesystem");
    or_set(object, &format!("{status}/phase"), "Pending");
}

fn volume(object: &mut Value) {
    or_set(object, "/spec/persistentVolumeReclaimPolicy", "Retain");
    or_set(object, "/spec/volumeMode", "Filesystem");
    if object.pointer("/spec/hostPath").is_some() {
        or_set(object, "/spec/hostPath/type", "");
    }
    or_set(object, "/status/phase", "Pending");
}

/// For containers the greatest value is also the default one, and that the default request.
fn limit(item: &mut Value) {
    if text(item, "/type") != Some("Container") {
        return;
    }
    for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
        let values: Vec<(String, Value)> = entries(item, &format!("/{from}")).map(|(k, v)| (k.to_owned(), v.clone())).collect();
        values.into_iter().for_each(|(name, value)| or_set(item, &format!("/{to}/{}", super::json::escape(&name)), value));
    }
}

fn event(object: &mut Value) {
    for (place, value) in [("/source", json!({})), ("/reportingComponent", json!("")), ("/reportingInstance", json!(""))] {
        or_set(object, place, value);
    }
    if object.get("eventTime").is_none() {
        set(object, "/eventTime", Value::Null);
    }
}

fn binding(object: &mut Value) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    if object.pointer("/roleRef").is_some() {
        or_set(object, "/roleRef/apiGroup", GROUP);
    }
    each(object, "/subjects", |subject| {
        if matches!(text(subject, "/kind"), Some("User" | "Group")) {
            or_set(subject, "/apiGroup", GROUP);
        }
    });
}

fn definition(object: &mut Value) {
    let kind = text(object, "/spec/names/kind").unwrap_or_default().to_owned();
    or_set(object, "/spec/names/singular", kind.to_lowercase());
    or_set(object, "/spec/names/listKind", format!("{kind}List"));
    or_set(object, "/spec/conversion/strategy", "None");
}

/// The version in which its objects are stored.
fn stored(object: &mut Value) {
    let stored = list(object, "/spec/versions").iter().filter(|v| super::json::is_true(v, "/storage"));
    let stored: Vec<Value> = stored.filter_map(|v| v.get("name").cloned()).collect();
    set(object, "/status/storedVersions", stored);
}
