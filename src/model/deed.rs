//! What is done to an object: the fields that change, and what is written down of it.

use super::document::masked;
use super::id::ObjectRef;
use serde_json::Value;
use std::fmt;

/// A step on the way to a field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
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
    /// The value at this place of an object, whichever state of it that is: elements that have names are found by name.
    pub fn at<'a>(&self, object: &'a Value) -> Option<&'a Value> {
        self.path.iter().try_fold(object, |value, key| match key {
            Key::Field(name) => value.get(name),
            Key::Element(..) => value.get(key.place(value)?),
        })
    }
}

impl Edit {
    /// The same without what a Secret holds, if it is one of a Secret.
    pub fn masked(self, object: &ObjectRef) -> Self {
        let holds = matches!(self.path.first(), Some(Key::Field(top)) if top == "data" || top == "stringData");
        if !holds || !object.is_secret() {
            return self;
        }
        Self { before: self.before.as_ref().map(masked), after: self.after.as_ref().map(masked), ..self }
    }
}

impl Key {
    /// Where in a list an element is: by its name where it has one, else by its place.
    pub fn place(&self, list: &Value) -> Option<usize> {
        match self {
            Self::Field(_) => None,
            Self::Element(at, None) => Some(*at),
            Self::Element(_, name) => list.as_array()?.iter().position(|v| v.get("name").and_then(Value::as_str) == name.as_deref()),
        }
    }
}

/// A value in a few words.
pub fn short(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(map)) => format!("a mapping of {}", map.len()),
        Some(Value::Array(list)) => format!("a list of {}", list.len()),
        Some(other) => other.to_string(),
    }
}

/// What changes, in a few words: the first of so many fields, and that there are more.
pub fn summary(field: &str, before: Option<&Value>, after: Option<&Value>, fields: usize) -> String {
    let more = if fields > 1 { format!(" and {} more", fields - 1) } else { String::new() };
    format!("{field}: {} → {}{more}", short(before), short(after))
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.path))
    }
}

/// What is about to be done to an object, or was.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// Tells this change to this object from others: both records carry it.
    pub id: String,
    /// The verb's name.
    pub verb: String,
    /// What it is done to.
    pub object: ObjectRef,
    /// `metadata.resourceVersion` before.
    pub before: Option<String>,
    /// The same after; only of an outcome.
    pub after: Option<String>,
    /// The subresource that it is done through; empty for the object itself.
    pub subresource: &'static str,
    /// The fields that change.
    pub edits: Vec<Edit>,
    /// The rule of the guard that decided.
    pub rule: String,
    /// The reason that a person gave.
    pub reason: Option<String>,
    /// What became of it; `None` before it is sent.
    pub outcome: Option<Outcome>,
    /// How it ended, where it lasted.
    pub ended: Option<String>,
}

/// What became of a change to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it.
    Done,
    /// It did not; nothing was changed.
    Refused(String),
    /// Nobody can tell whether it was done.
    Unknown(String),
}

#[cfg(test)]
mod tests {
    use super::super::id::{ClusterId, GroupResource, Uid};
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_secret_holds_is_not_shown() {
        let of = |kind: &str, top: &str| {
            let kind = GroupResource::new("", kind);
            let object = ObjectRef { cluster: ClusterId(0), kind, namespace: "shop".into(), name: "key".into(), uid: Uid::parse("u") };
            let path = vec![Key::Field(top.to_owned()), Key::Field("password".to_owned())];
            let edit = Edit { path, before: Some(json!("aHVudGVyMg==")), after: None }.masked(&object);
            short(edit.before.as_ref())
        };
        for (kind, top, shown) in [
            ("secrets", "data", "••••• (7 bytes)"),
            ("secrets", "stringData", "••••• (7 bytes)"),
            ("secrets", "metadata", "aHVudGVyMg=="),
            ("configmaps", "data", "aHVudGVyMg=="),
        ] {
            assert_eq!(of(kind, top), shown, "{kind} {top}");
        }
    }
}
