//! JSON patch (RFC 6902), with the habits of the library that API servers use: a missing member is replaced and copied as if it were null.

use super::{sort, unfit};
use crate::demo::status::{Answer, Refusal};
use serde_json::Value;

/// Applies the operations in turn.
pub(super) fn apply(object: &mut Value, operations: &[Value]) -> Answer<()> {
    operations.iter().try_for_each(|operation| {
        if !operation.is_object() {
            let why =
                format!("error decoding patch: json: cannot unmarshal {} into Go value of type handlers.jsonPatchOp", sort(operation));
            return Err(Refusal::bad_request(why));
        }
        one(object, operation).ok_or_else(unfit)
    })
}

fn one(object: &mut Value, operation: &Value) -> Option<()> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let value = || operation.get("value").cloned().unwrap_or_default();
    let path = text("path")?;
    match text("op")? {
        "add" => add(object, path, value()),
        "remove" => take(object, path).map(drop),
        "replace" => replace(object, path, value()),
        "move" => {
            let moved = take(object, text("from")?)?;
            add(object, path, moved)
        }
        "copy" => {
            let copied = member(object, text("from")?)?.cloned().unwrap_or_default();
            add(object, path, copied)
        }
        "test" => {
            let found = member(object, path)?.cloned().unwrap_or_default();
            (found == value()).then_some(())
        }
        _ => None,
    }
}

/// What holds the last step of a path, and that step.
fn parent<'v>(object: &'v mut Value, path: &str) -> Option<(&'v mut Value, String)> {
    let (above, last) = path.rsplit_once('/')?;
    Some((object.pointer_mut(above)?, last.replace("~1", "/").replace("~0", "~")))
}

/// The place in a list, one beyond its end allowed; a negative one counts from the end.
fn index(step: &str, length: usize) -> Option<usize> {
    let at: i64 = step.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let at = if at < 0 { at + length } else { at };
    usize::try_from(at).ok().filter(|_| at <= length)
}

fn add(object: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        *object = value;
        return object.is_object().then_some(());
    }
    match parent(object, path)? {
        (Value::Object(map), key) => drop(map.insert(key, value)),
        (Value::Array(items), step) if step == "-" => items.push(value),
        (Value::Array(items), step) => items.insert(index(&step, items.len())?, value),
        _ => return None,
    }
    Some(())
}

fn replace(object: &mut Value, path: &str, value: Value) -> Option<()> {
    match parent(object, path)? {
        (Value::Object(map), key) => drop(map.insert(key, value)),
        (Value::Array(items), step) => {
            let at = index(&step, items.len())?;
            *items.get_mut(at)? = value;
        }
        _ => return None,
    }
    Some(())
}

fn take(object: &mut Value, path: &str) -> Option<Value> {
    match parent(object, path)? {
        (Value::Object(map), key) => map.shift_remove(&key),
        (Value::Array(items), step) => {
            let at = index(&step, items.len())?;
            (at < items.len()).then(|| items.remove(at))
        }
        _ => None,
    }
}

/// What is at a path: `None` where the path leads nowhere, nothing where only its last member is missing.
fn member<'v>(object: &'v Value, path: &str) -> Option<Option<&'v Value>> {
    if path.is_empty() {
        return Some(Some(object));
    }
    let (above, _) = path.rsplit_once('/')?;
    match object.pointer(above)? {
        Value::Object(_) => Some(object.pointer(path)),
        Value::Array(_) => object.pointer(path).map(Some),
        _ => None,
    }
}
