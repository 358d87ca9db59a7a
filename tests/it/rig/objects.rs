//! Objects as a server sends them, for scripts: only what the rows are made of.

use super::robot::NOW;
use kconsole::model::id::GroupResource;
use kconsole::model::time::Timestamp;
use serde_json::{Value, json};

/// When something was made that is so many seconds old.
pub fn since(age: i64) -> String {
    let text = Timestamp(NOW - age).0;
    let (days, rest) = (text.div_euclid(86_400), text.rem_euclid(86_400));
    // The scripts live in November 2026, whose first day is the 20,758th of Unix time.
    let (month, day) = if days >= 20_758 { (11, days - 20_758 + 1) } else { (10, days - 20_758 + 32) };
    format!("2026-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

/// A pod that runs: `namespace/name`, where the name is its uid too.
pub fn pod(path: &str, age: i64) -> Value {
    let (namespace, name) = path.split_once('/').expect("namespace/name");
    json!({
        "metadata": {"name": name, "namespace": namespace, "uid": name, "resourceVersion": "1", "creationTimestamp": since(age), "labels": {"app": name}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "ready": true, "restartCount": 0, "state": {"running": {}}}],
            "conditions": [{"type": "Ready", "status": "True"}]},
    })
}

/// A pod whose container crashes again and again.
pub fn crashing(path: &str, age: i64, restarts: u32) -> Value {
    let mut pod = pod(path, age);
    pod["status"]["containerStatuses"] = json!([{"name": "app", "ready": false, "restartCount": restarts,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"reason": "Error", "exitCode": 1, "finishedAt": since(40)}}}]);
    pod["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}]);
    pod
}

/// Any object: `namespace/name`, or only a name for what belongs to the whole cluster.
pub fn object(path: &str, age: i64) -> Value {
    let (namespace, name) = path.split_once('/').unwrap_or(("", path));
    json!({"metadata": {"name": name, "namespace": namespace, "uid": name, "resourceVersion": "1", "creationTimestamp": since(age)}})
}

/// Whether a script means this kind: by its plural, but that metrics have the plurals of what they are of.
pub fn is_called(kind: &GroupResource, name: &str) -> bool {
    kind.to_string() == name || (*kind.resource == *name && &*kind.group != "metrics.k8s.io")
}
