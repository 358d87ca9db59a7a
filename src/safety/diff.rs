//! What is different between two states of an object, field by field, without what the server does by itself.

use crate::model::deed::{Edit, Key};
use serde_json::Value;

/// Fields that change with every write, or are nobody's wish.
const NOISE: [&str; 5] = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"];
/// A copy of what was applied before, which says nothing that other fields do not say; it may hold values of a Secret.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Labels by which a Job finds its pods: the server draws a new number for each request.
const DRAWN: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];

/// The fields that are different, in the order of the object. Status and what servers keep for themselves are left out.
pub fn diff(before: &Value, after: &Value) -> Vec<Edit> {
    let mut edits = Vec::new();
    walk(&mut Vec::new(), Some(before), Some(after), &mut edits);
    edits
}

fn walk(path: &mut Vec<Key>, before: Option<&Value>, after: Option<&Value>, edits: &mut Vec<Edit>) {
    if before == after || is_noise(path) {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let gone = old.keys().filter(|k| !new.contains_key(*k));
            for key in new.keys().chain(gone) {
                step(path, Key::Field(key.clone()), old.get(key), new.get(key), edits);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => lists(path, old, new, edits),
        // A part that comes or goes whole is told field by field as far as its mappings go.
        (None, Some(Value::Object(new))) if !new.is_empty() => {
            for (key, value) in new {
                step(path, Key::Field(key.clone()), None, Some(value), edits);
            }
        }
        (Some(Value::Object(old)), None) if !old.is_empty() => {
            for (key, value) in old {
                step(path, Key::Field(key.clone()), Some(value), None, edits);
            }
        }
        (before, after) => edits.push(Edit { path: path.clone(), before: before.cloned(), after: after.cloned() }),
    }
}

fn step(path: &mut Vec<Key>, key: Key, before: Option<&Value>, after: Option<&Value>, edits: &mut Vec<Edit>) {
    path.push(key);
    walk(path, before, after, edits);
    path.pop();
}

/// Elements that have names are compared by name, others by place.
fn lists(path: &mut Vec<Key>, old: &[Value], new: &[Value], edits: &mut Vec<Edit>) {
    if let (Some(olds), Some(news)) = (names(old), names(new)) {
        for (at, (name, value)) in news.iter().zip(new).enumerate() {
            let before = olds.iter().position(|n| n == name).and_then(|i| old.get(i));
            step(path, Key::Element(at, Some((*name).to_owned())), before, Some(value), edits);
        }
        for (at, (name, value)) in olds.iter().zip(old).enumerate() {
            if !news.contains(name) {
                step(path, Key::Element(at, Some((*name).to_owned())), Some(value), None, edits);
            }
        }
        return;
    }
    for at in 0..old.len().max(new.len()) {
        step(path, Key::Element(at, None), old.get(at), new.get(at), edits);
    }
}

/// The names of all elements, where each has one of its own.
fn names(list: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = list.iter().map(|v| v.get("name").and_then(Value::as_str)).collect::<Option<_>>()?;
    let twice = names.iter().enumerate().any(|(i, name)| names.iter().take(i).any(|n| n == name));
    (!twice).then_some(names)
}

fn is_noise(path: &[Key]) -> bool {
    match path {
        [.., Key::Field(name)] if DRAWN.contains(&name.as_str()) => true,
        [Key::Field(top)] => top == "status",
        [Key::Field(top), Key::Field(field)] if top == "metadata" => NOISE.contains(&field.as_str()),
        [Key::Field(top), Key::Field(field), Key::Field(name)] => top == "metadata" && field == "annotations" && name == LAST_APPLIED,
        _ => false,
    }
}
