//! Objects to play with: healthy ones, and a way to say what is otherwise.

use super::rig::at;
use serde_json::{Value, json};

/// An object of a kind in namespace shop, created an hour ago; its uid follows from kind and name.
pub(super) fn object(kind: &str, name: &str, more: Value) -> Value {
    let meta = json!({"name": name, "namespace": "shop", "uid": format!("{kind}/{name}"), "creationTimestamp": at(-3600), "generation": 1});
    with(json!({"kind": kind, "metadata": meta}), more)
}

/// An object of the whole cluster.
pub(super) fn wide(kind: &str, name: &str, more: Value) -> Value {
    with(object(kind, name, json!({"metadata": {"namespace": null}})), more)
}

/// The object with other values in some places (RFC 7386: null takes a field away, arrays are replaced).
pub(super) fn with(mut object: Value, more: Value) -> Value {
    merge(&mut object, more);
    object
}

fn merge(into: &mut Value, more: Value) {
    let Value::Object(more) = more else {
        *into = more;
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in more {
        if value.is_null() {
            into.as_object_mut().unwrap().remove(&key);
        } else {
            merge(&mut into[key], value);
        }
    }
}

/// The object, deleted.
pub(super) fn gone(object: &Value) -> Value {
    with(object.clone(), json!({"gone": true}))
}

/// A pod of deployment web on node n1 that is well: one container `app` of image `web:1`.
pub(super) fn pod(name: &str, more: Value) -> Value {
    let well = json!({
        "metadata": {
            "labels": {"app": "web", "pod-template-hash": "7d9f"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9f", "uid": "ReplicaSet/web-7d9f", "controller": true}],
        },
        "spec": {"nodeName": "n1", "containers": [{
            "name": "app", "image": "web:1", "readinessProbe": {"httpGet": {"port": 80}},
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        }]},
        "status": {
            "phase": "Running",
            "conditions": conditions(&[("PodScheduled", "True", -3600), ("Ready", "True", -3590)]),
            "containerStatuses": [running()],
        },
    });
    with(object("Pod", name, well), more)
}

/// Conditions of these kinds and statuses, since so many seconds after the start.
pub(super) fn conditions(all: &[(&str, &str, i64)]) -> Value {
    let one = |(kind, status, since): &(&str, &str, i64)| json!({"type": kind, "status": status, "lastTransitionTime": at(*since)});
    all.iter().map(one).collect()
}

/// The status of container `app` that does well.
pub(super) fn running() -> Value {
    json!({"name": "app", "image": "web:1", "ready": true, "started": true, "restartCount": 0, "state": {"running": {"startedAt": at(-3595)}}})
}

/// A status that says: not ready since, and why.
pub(super) fn unready(since: i64, container: Value) -> Value {
    json!({
        "conditions": conditions(&[("PodScheduled", "True", -3600), ("Ready", "False", since)]),
        "containerStatuses": [with(with(running(), json!({"ready": false})), container)],
    })
}

/// A deployment that has all its pods.
pub(super) fn deployment(name: &str, pods: u32, more: Value) -> Value {
    let well = json!({
        "spec": {"replicas": pods, "selector": {"matchLabels": {"app": name}}, "template": {"spec": {"containers": [{"name": "app", "image": "web:1"}]}}},
        "status": {
            "observedGeneration": 1, "replicas": pods, "updatedReplicas": pods, "readyReplicas": pods, "availableReplicas": pods,
            "conditions": [
                {"type": "Available", "status": "True", "lastTransitionTime": at(-3600)},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "lastTransitionTime": at(-3600)},
            ],
        },
    });
    with(object("Deployment", name, well), more)
}

/// A node that is well.
pub(super) fn node(name: &str, zone: &str, more: Value) -> Value {
    let well = json!({
        "metadata": {"labels": {"topology.kubernetes.io/zone": zone}},
        "status": {
            "conditions": conditions(&[("Ready", "True", -3600)]),
            "allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"},
            "nodeInfo": {"kubeletVersion": "v1.36.3"},
        },
    });
    with(wide("Node", name, well), more)
}

/// A warning about an object, seen first and last so many seconds after the start.
pub(super) fn warning(about: &Value, reason: &str, message: &str, count: u32, (first, last): (i64, i64)) -> Value {
    let meta = &about["metadata"];
    let name = format!("{}.{reason}.{first}", meta["name"].as_str().unwrap());
    let said = json!({
        "type": "Warning", "reason": reason, "message": message, "count": count, "firstTimestamp": at(first), "lastTimestamp": at(last),
        "involvedObject": {"kind": about["kind"], "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]},
    });
    object("Event", &name, said)
}
