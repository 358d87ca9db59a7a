//! Small pieces of status that several controllers write: counts, and numbers that may be percentages.

use crate::demo::json::{set, text};
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::write::How;
use serde_json::Value;

/// A number of pods, or that share of so many: `5` or `"25%"`. None where nothing is said.
pub fn scaled(value: Option<&Value>, of: i64, up: bool) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64(),
        Value::String(share) => {
            let percent: i64 = share.strip_suffix('%')?.parse().ok()?;
            Some(percent.saturating_mul(of).saturating_add(if up { 99 } else { 0 }).div_euclid(100))
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
    use serde_json::json;

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
}
