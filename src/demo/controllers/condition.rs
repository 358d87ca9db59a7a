//! The conditions of pods and nodes, with the times at which they turned.

use crate::demo::json::{Millis, int, list, set, stamp, text};
use serde_json::{Value, json};

/// The condition of this type.
pub fn find<'v>(object: &'v Value, sort: &str) -> Option<&'v Value> {
    list(object, "/status/conditions").iter().find(|c| text(c, "/type") == Some(sort))
}

/// True where the condition of this type is `True`.
pub fn holds(object: &Value, sort: &str) -> bool {
    find(object, sort).and_then(|c| text(c, "/status")) == Some("True")
}

/// Writes a condition of a pod. Its time of transition is kept where only the words change.
pub fn put(pod: &mut Value, now: Millis, sort: &str, status: &str, reason: &str, message: &str) {
    let known = find(pod, sort).filter(|c| text(c, "/status") == Some(status)).and_then(|c| text(c, "/lastTransitionTime"));
    let since = known.map_or_else(|| stamp(now), str::to_owned);
    let mut new = json!({"type": sort, "observedGeneration": int(pod, "/metadata/generation").unwrap_or(1), "status": status});
    set(&mut new, "/lastProbeTime", Value::Null);
    set(&mut new, "/lastTransitionTime", since);
    for (place, words) in [("/reason", reason), ("/message", message)] {
        if !words.is_empty() {
            set(&mut new, place, words);
        }
    }
    replace(pod, sort, new);
}

/// Writes a condition of a node. `beat` is when the kubelet was heard last.
pub fn put_node(node: &mut Value, now: Millis, beat: Millis, sort: &str, [status, reason, message]: [&str; 3]) {
    let known = find(node, sort).filter(|c| text(c, "/status") == Some(status)).and_then(|c| text(c, "/lastTransitionTime"));
    let since = known.map_or_else(|| stamp(now), str::to_owned);
    let new = json!({
        "type": sort, "status": status, "lastHeartbeatTime": stamp(beat), "lastTransitionTime": since, "reason": reason, "message": message,
    });
    replace(node, sort, new);
}

fn replace(object: &mut Value, sort: &str, new: Value) {
    let mut all = list(object, "/status/conditions").to_vec();
    match all.iter_mut().find(|c| text(c, "/type") == Some(sort)) {
        Some(old) => *old = new,
        None => all.push(new),
    }
    set(object, "/status/conditions", all);
}
