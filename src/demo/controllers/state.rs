//! Small pieces of status that several controllers write: conditions, and numbers that may be percentages.

use crate::demo::json::{Millis, list, set, stamp, text};
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::write::How;
use serde_json::{Value, json};

/// The condition of a sort in a status.
pub fn condition<'v>(status: &'v Value, sort: &str) -> Option<&'v Value> {
    list(status, "/conditions").iter().find(|c| text(c, "/type") == Some(sort))
}

/// True where a status has this condition and it is `True`.
pub fn holds(status: &Value, sort: &str) -> bool {
    condition(status, sort).is_some_and(|c| text(c, "/status") == Some("True"))
}

/// Sets a condition, unless it is there with the same status and reason. Its time changes with its status.
pub fn set_condition(status: &mut Value, now: Millis, [sort, is, reason, message]: [&str; 4]) {
    let old = condition(status, sort);
    if old.is_some_and(|c| text(c, "/status") == Some(is) && text(c, "/reason") == Some(reason)) {
        return;
    }
    let since = old.filter(|c| text(c, "/status") == Some(is)).and_then(|c| text(c, "/lastTransitionTime")).map(str::to_owned);
    let since = since.unwrap_or_else(|| stamp(now));
    let new = json!({"type": sort, "status": is, "lastTransitionTime": since, "reason": reason, "message": message});
    put_condition(status, sort, new);
}

/// Puts a condition in the place of the one of its sort: at the end, as the controllers do.
pub fn put_condition(status: &mut Value, sort: &str, new: Value) {
    let mut all: Vec<Value> = list(status, "/conditions").iter().filter(|c| text(c, "/type") != Some(sort)).cloned().collect();
    all.push(new);
    set(status, "/conditions", all);
}

/// Takes a condition away.
pub fn drop_condition(status: &mut Value, sort: &str) {
    if condition(status, sort).is_none() {
        return;
    }
    let rest: Vec<Value> = list(status, "/conditions").iter().filter(|c| text(c, "/type") != Some(sort)).cloned().collect();
    if rest.is_empty() {
        drop(crate::demo::json::remove(status, "/conditions"));
    } else {
        set(status, "/conditions", rest);
    }
}

/// Takes the conditions of an object over into its next status.
pub fn keep_conditions(object: &Value, status: &mut Value) {
    let all = list(object, "/status/conditions");
    if !all.is_empty() {
        set(status, "/conditions", all.to_vec());
    }
}

/// A number of pods, or that share of so many: `5` or `"25%"`. None where nothing is said.
pub fn scaled(value: Option<&Value>, of: i64, up: bool) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64(),
        Value::String(share) => {
            let percent: i64 = share.strip_suffix('%')?.parse().ok()?;
            Some((percent * of + if up { 99 } else { 0 }).div_euclid(100))
        }
        _ => None,
    }
}

/// Writes a status where it is another than the object has.
pub fn write_status(sim: &mut Sim, id: &str, object: &Value, status: Value) {
    if object.pointer("/status") == Some(&status) {
        return;
    }
    let key = Key::of(object);
    // An object that is gone needs no status.
    drop(sim.update(id, &key, How::status(super::own::MANAGER), |o| {
        set(o, "/status", status);
        Ok(())
    }));
}

/// A status of counts in the given order. Those that are zero are left out, unless their name ends with `!`.
pub fn counts(all: &[(&str, i64)]) -> Value {
    let kept = all.iter().filter_map(|(name, n)| match name.strip_suffix('!') {
        Some(name) => Some((name.to_owned(), Value::from(*n))),
        None => (*n != 0).then(|| ((*name).to_owned(), Value::from(*n))),
    });
    Value::Object(kept.collect())
}

/// The time of an object's creation, as it is written: it sorts as time does.
pub fn created(object: &Value) -> &str {
    text(object, "/metadata/creationTimestamp").unwrap_or_default()
}

/// True for an object that is being deleted.
pub fn is_deleted(object: &Value) -> bool {
    text(object, "/metadata/deletionTimestamp").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_as_kubernetes_does() {
        for (value, of, up, want) in [
            (json!(3), 10, true, Some(3)),
            (json!("25%"), 10, true, Some(3)),
            (json!("25%"), 10, false, Some(2)),
            (json!("100%"), 7, false, Some(7)),
            (json!("0%"), 7, true, Some(0)),
            (json!("1%"), 2, true, Some(1)),
            (json!("x"), 2, true, None),
            (json!(null), 2, true, None),
        ] {
            assert_eq!(scaled(Some(&value), of, up), want, "{value} of {of}");
        }
    }

    #[test]
    fn a_condition_keeps_its_time_while_its_status_holds() {
        let mut status = json!({});
        set_condition(&mut status, 0, ["Ready", "False", "A", "a"]);
        set_condition(&mut status, 5_000, ["Ready", "False", "B", "b"]);
        assert_eq!(condition(&status, "Ready").and_then(|c| text(c, "/lastTransitionTime")), Some("1970-01-01T00:00:00Z"));
        set_condition(&mut status, 5_000, ["Ready", "True", "B", "b"]);
        assert_eq!(condition(&status, "Ready").and_then(|c| text(c, "/lastTransitionTime")), Some("1970-01-01T00:00:05Z"));
        drop_condition(&mut status, "Ready");
        assert_eq!(status, json!({}));
    }
}
