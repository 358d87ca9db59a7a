//! Conditions, with the times at which they turned: those that an object has, and those of a status that is yet to be written into one.

use crate::demo::json::{Millis, int, list, set, stamp, text};
use serde_json::{Value, json};

/// Where the conditions are: in the status of an object, or right here in a status.
fn place(of: &Value) -> &'static str {
    if of.get("metadata").is_some() { "/status/conditions" } else { "/conditions" }
}

/// The condition of this type.
pub fn find<'v>(of: &'v Value, sort: &str) -> Option<&'v Value> {
    list(of, place(of)).iter().find(|c| text(c, "/type") == Some(sort))
}

/// True where the condition of this type is `True`.
pub fn holds(of: &Value, sort: &str) -> bool {
    find(of, sort).and_then(|c| text(c, "/status")) == Some("True")
}

/// Since when the condition of this type has a status, once it is written: it keeps its time where only the words change.
pub fn since(of: &Value, now: Millis, sort: &str, status: &str) -> String {
    let known = find(of, sort).filter(|c| text(c, "/status") == Some(status)).and_then(|c| text(c, "/lastTransitionTime"));
    known.map_or_else(|| stamp(now), str::to_owned)
}

/// Writes a condition of a pod.
pub fn put(pod: &mut Value, now: Millis, sort: &str, status: &str, reason: &str, message: &str) {
    let since = since(pod, now, sort, status);
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
    let since = since(node, now, sort, status);
    let new = json!({
        "type": sort, "status": status, "lastHeartbeatTime": stamp(beat), "lastTransitionTime": since, "reason": reason, "message": message,
    });
    replace(node, sort, new);
}

/// What most conditions consist of.
pub fn plain(of: &Value, now: Millis, [sort, is, reason, message]: [&str; 4]) -> Value {
    let since = since(of, now, sort, is);
    json!({"type": sort, "status": is, "lastTransitionTime": since, "reason": reason, "message": message})
}

/// Sets a condition, unless it is there with the same status and reason.
pub fn settle(of: &mut Value, now: Millis, new: [&str; 4]) {
    let [sort, is, reason, _] = new;
    if !find(of, sort).is_some_and(|c| text(c, "/status") == Some(is) && text(c, "/reason") == Some(reason)) {
        let new = plain(of, now, new);
        renew(of, sort, new);
    }
}

/// Puts a condition in the place of the one of its type, as kubelets and autoscalers do.
pub fn replace(of: &mut Value, sort: &str, new: Value) {
    let mut all = list(of, place(of)).to_vec();
    match all.iter_mut().find(|c| text(c, "/type") == Some(sort)) {
        Some(old) => *old = new,
        None => all.push(new),
    }
    set(of, place(of), all);
}

/// Puts a condition at the end, and takes the one of its type away, as most controllers do.
pub fn renew(of: &mut Value, sort: &str, new: Value) {
    let mut all = others(of, sort);
    all.push(new);
    set(of, place(of), all);
}

/// Takes a condition away.
pub fn take(of: &mut Value, sort: &str) {
    if find(of, sort).is_none() {
        return;
    }
    let rest = others(of, sort);
    match rest.is_empty() {
        true => drop(crate::demo::json::remove(of, place(of))),
        false => set(of, place(of), rest),
    }
}

/// Takes the conditions of an object over into its next status.
pub fn keep(object: &Value, status: &mut Value) {
    let all = list(object, "/status/conditions");
    if !all.is_empty() {
        set(status, "/conditions", all.to_vec());
    }
}

fn others(of: &Value, sort: &str) -> Vec<Value> {
    list(of, place(of)).iter().filter(|c| text(c, "/type") != Some(sort)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_its_time_while_its_status_holds() {
        let mut status = json!({});
        settle(&mut status, 0, ["Ready", "False", "A", "a"]);
        settle(&mut status, 5_000, ["Ready", "False", "B", "b"]);
        assert_eq!(find(&status, "Ready").and_then(|c| text(c, "/lastTransitionTime")), Some("1970-01-01T00:00:00Z"));
        settle(&mut status, 5_000, ["Ready", "True", "B", "b"]);
        assert_eq!(find(&status, "Ready").and_then(|c| text(c, "/lastTransitionTime")), Some("1970-01-01T00:00:05Z"));
        take(&mut status, "Ready");
        assert_eq!(status, json!({}));
    }

    #[test]
    fn an_object_and_its_status_are_read_alike_and_the_order_is_that_of_the_writer() {
        let conditions = json!([{"type": "A", "status": "True"}, {"type": "B", "status": "False"}]);
        for mut of in [json!({"metadata": {}, "status": {"conditions": conditions}}), json!({"conditions": conditions})] {
            assert!(holds(&of, "A") && !holds(&of, "B") && find(&of, "C").is_none());
            let types = |of: &Value| list(of, place(of)).iter().map(|c| c["type"].clone()).collect::<Vec<_>>();
            replace(&mut of, "A", json!({"type": "A"}));
            assert_eq!(types(&of), ["A", "B"]);
            renew(&mut of, "A", json!({"type": "A"}));
            assert_eq!(types(&of), ["B", "A"]);
        }
    }
}
