//! What is different between two states of an object, field by field, without what the server does by itself.

use serde_json::Value;
use std::fmt;

/// Fields that change with every write, or are nobody's wish.
const NOISE: [&str; 5] = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp"];
/// A copy of what was applied before, which says nothing that other fields do not say; it may hold values of a Secret.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A key of a mapping.
    Field(String),
    /// An element of a list, by its place, and by its name where it has one.
    Element(usize, Option<String>),
}

/// A field that is different.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Where it is; places in lists are those of the state after, or of the one before where it is gone.
    pub path: Vec<Key>,
    /// What it was; `None` where it is new.
    pub before: Option<Value>,
    /// What it is; `None` where it is gone.
    pub after: Option<Value>,
}

/// As people write it: `spec.template.spec.containers[app].image`.
pub fn written(path: &[Key]) -> String {
    let mut text = String::new();
    for key in path {
        match key {
            Key::Field(name) if name.contains(['.', '/', '[']) => text.push_str(&format!("[{name}]")),
            Key::Field(name) if text.is_empty() => text.push_str(name),
            Key::Field(name) => text.push_str(&format!(".{name}")),
            Key::Element(_, Some(name)) => text.push_str(&format!("[{name}]")),
            Key::Element(at, None) => text.push_str(&format!("[{at}]")),
        }
    }
    text
}

/// As RFC 6901 writes it: `/spec/template/spec/containers/0/image`.
pub fn pointer(path: &[Key]) -> String {
    let part = |key: &Key| match key {
        Key::Field(name) => name.replace('~', "~0").replace('/', "~1"),
        Key::Element(at, _) => at.to_string(),
    };
    path.iter().map(|key| format!("/{}", part(key))).collect()
}

impl Edit {
    /// The value at this place, before or after.
    pub fn at<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        object.pointer(&pointer(&self.path))
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.path))
    }
}

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
        [Key::Field(top)] => top == "status",
        [Key::Field(top), Key::Field(field)] if top == "metadata" => NOISE.contains(&field.as_str()),
        [Key::Field(top), Key::Field(field), Key::Field(name)] => top == "metadata" && field == "annotations" && name == LAST_APPLIED,
        _ => false,
    }
}
