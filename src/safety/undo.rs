//! Taking a change back: the fields that were changed get the values back that they had, if they still have those that they were given.

use crate::model::deed::{Edit, Key, pointer, written};
use serde_json::{Value, json};

/// The operations (RFC 6902) that take changes back from an object as it is now.
///
/// # Errors
/// Where it has moved on: which field, what it was given and what it is.
pub fn inverse(edits: &[Edit], now: &Value) -> Result<Vec<Value>, String> {
    if edits.is_empty() {
        return Err("nothing was changed that could be taken back".to_owned());
    }
    let moved: Vec<String> = edits.iter().filter(|e| e.at(now) != e.after.as_ref()).map(|e| told(e, now)).collect();
    if !moved.is_empty() {
        return Err(format!("it has moved on: {}", moved.join("; ")));
    }
    // What came goes first and from behind, so that the places of the others hold.
    let gone = edits.iter().rev().filter(|e| e.before.is_none()).map(|e| json!({"op": "remove", "path": pointer(&e.path)}));
    let back = edits.iter().filter_map(|e| {
        let before = e.before.as_ref()?;
        let op = if e.after.is_some() { "replace" } else { "add" };
        Some(json!({"op": op, "path": pointer(&e.path), "value": before}))
    });
    Ok(parents(edits, now).into_iter().chain(gone).chain(back).collect())
}

/// Mappings that went with all that was in them: they come back empty, so that there is something to fill.
fn parents(edits: &[Edit], now: &Value) -> Vec<Value> {
    let mut missing: Vec<String> = Vec::new();
    for edit in edits.iter().filter(|e| e.before.is_some() && e.after.is_none()) {
        for n in 1..edit.path.len() {
            let Some((parent, Some(Key::Field(_)))) = edit.path.get(..n).map(|p| (p, edit.path.get(n))) else { continue };
            let at = pointer(parent);
            if now.pointer(&at).is_none() && !missing.contains(&at) {
                missing.push(at);
            }
        }
    }
    missing.into_iter().map(|at| json!({"op": "add", "path": at, "value": {}})).collect()
}

fn told(edit: &Edit, now: &Value) -> String {
    let say = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), short);
    format!("{} was set to {} and is now {}", written(&edit.path), say(edit.after.as_ref()), say(edit.at(now)))
}

/// A value in a few words.
pub fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(map) => format!("a mapping of {}", map.len()),
        Value::Array(list) => format!("a list of {}", list.len()),
        other => other.to_string(),
    }
}
