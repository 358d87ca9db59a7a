//! An object as a text that a person edits, and that text read back as the API server will read it.
//!
//! What a server keeps for itself is not in the text ([`written`]) and is put back before it is sent ([`whole`]). Reading says what is wrong and
//! what is read otherwise than it looks, each with its place; [`Manifest::place`] finds what a server complains of.

mod complaint;
mod documents;
mod path;
mod scalar;
mod tree;

pub use complaint::{Complaint, complaints};
pub use documents::documents;
pub use tree::Place;

use super::document::{self, LAST_APPLIED, Sort};
use crate::model::rebase;
use serde_json::{Map, Value};
use tree::{Node, What};

/// Fields of `metadata` that only a server writes.
const KEPT: [&str; 8] = [
    "managedFields",
    "resourceVersion",
    "uid",
    "creationTimestamp",
    "generation",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Something to say about a place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where.
    pub place: Place,
    /// What, in a sentence without a capital and a full stop.
    pub what: String,
}

/// What is said of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    /// It cannot be sent.
    pub errors: Vec<Flaw>,
    /// It can, but perhaps says something else than was meant.
    pub warnings: Vec<Flaw>,
}

/// A text that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// What it says, as the API server reads it.
    pub value: Value,
    /// What is read otherwise than it looks.
    pub warnings: Vec<Flaw>,
    root: Node,
}

/// The text of an object for editing: without status and what the server keeps for itself, fields in the order of the server, but
/// `apiVersion`, `kind` and `metadata` first.
pub fn written(object: &Value) -> String {
    document::text(&document::lines(&wished(object), true))
}

/// An object without status and what the server keeps for itself: what somebody wishes.
pub fn wished(object: &Value) -> Value {
    let mut wished = object.clone();
    if let Some(map) = wished.as_object_mut() {
        map.shift_remove("status");
        if let Some(Value::Object(metadata)) = map.get_mut("metadata") {
            metadata.retain(|key, _| !KEPT.contains(&key.as_str()));
            if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
                let had = annotations.shift_remove(LAST_APPLIED).is_some();
                if had && annotations.is_empty() {
                    metadata.shift_remove("annotations");
                }
            }
        }
    }
    wished
}

/// The object to send: what was edited, with what [`written`] left out of `base`. What a person wrote there himself stays. Managed fields are not put
/// back, since a server takes its own where there are none.
pub fn whole(edited: &Value, base: &Value) -> Value {
    let mut out = edited.clone();
    let Some(map) = out.as_object_mut() else { return out };
    if let Some(kept) = base.get("metadata").and_then(Value::as_object) {
        let metadata = map.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        for (key, value) in kept.iter().filter(|(key, _)| KEPT.contains(&key.as_str()) && *key != "managedFields") {
            if let Some(metadata) = metadata.as_object_mut() {
                metadata.entry(key).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(applied) = base.pointer("/metadata/annotations").and_then(|a| a.get(LAST_APPLIED))
        && let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(annotations) = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new())).as_object_mut()
    {
        annotations.entry(LAST_APPLIED).or_insert_with(|| applied.clone());
    }
    if let Some(status) = base.get("status") {
        map.entry("status").or_insert_with(|| status.clone());
    }
    out
}

/// Reads a text, or says all that is wrong with it.
pub fn read(text: &str) -> Result<Manifest, Flaws> {
    let mut flaws = Flaws::default();
    let at = |line: usize, what: &str| Flaw { place: Place { line: line as u64 + 1, column: 1 }, what: what.to_owned() };
    let conflicts = rebase::marked(text);
    if !conflicts.is_empty() {
        let what = "a conflict: keep your lines or theirs, and take the three marks away";
        flaws.errors.extend(conflicts.iter().map(|line| at(*line, what)));
        return Err(flaws);
    }
    if let Some(line) = second_document(text) {
        flaws.errors.push(at(line, "a second document begins here; one object is edited at a time"));
        return Err(flaws);
    }
    if text.lines().all(says_nothing) {
        flaws.errors.push(at(0, "there is nothing here; an object has at least apiVersion, kind and metadata"));
        return Err(flaws);
    }
    let Some(root) = tree::read(text, &mut flaws) else { return Err(flaws) };
    if !matches!(root.what, What::Map(_)) {
        let what = "an object is keys and values, such as apiVersion: v1".to_owned();
        flaws.errors.push(Flaw { place: root.place, what });
    }
    if !flaws.errors.is_empty() {
        return Err(flaws);
    }
    Ok(Manifest { value: root.value(), warnings: flaws.warnings, root })
}

impl Manifest {
    /// Where it begins.
    pub fn begin(&self) -> Place {
        self.root.place
    }

    /// Where a field stands that a server names, as `spec.template.spec.containers[0].image`, `spec.containers[name=app]` or
    /// `metadata.labels[app.kubernetes.io/name]`; where it does not stand, what it should stand in. `sort` is what was found in the field, as Go's
    /// JSON reader calls it (`string`, `number`, …), which tells elements of a list apart where the path does not.
    pub fn place(&self, path: &str, sort: Option<&str>) -> Place {
        path::place(&self.root, path, sort)
    }

    /// What a person may have meant by the last key of a path: a key that `known`, the object as a server has it, has there or in another element
    /// of the list.
    pub fn meant(&self, path: &str, known: &Value) -> Option<String> {
        path::meant(&self.value, path, known)
    }
}

/// What sort of value the API server takes an unquoted word for.
pub fn sort(word: &str) -> Sort {
    match word {
        "[]" | "{}" => Sort::Word,
        _ if word.starts_with(['"', '\'']) => Sort::Text,
        _ => match scalar::resolve(word) {
            Ok(Value::Null | Value::Bool(_)) => Sort::Word,
            Ok(Value::Number(_)) | Err(_) => Sort::Number,
            Ok(_) => Sort::Text,
        },
    }
}

/// The line, from 0, at which something follows the first document.
fn second_document(text: &str) -> Option<usize> {
    let is_mark = |line: &str| is_mark(line, "---") || is_mark(line, "...");
    let mut lines = text.lines().enumerate().skip_while(|(_, l)| is_remark(l) || l.starts_with('%')).skip(1);
    let (at, _) = lines.find(|(_, l)| is_mark(l))?;
    text.lines().skip(at + 1).any(|l| !is_remark(l) && !is_mark(l)).then_some(at)
}

/// A line that begins a document (`---`) or ends one (`...`).
fn is_mark(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// A line that is empty, or has nothing but a mark or a comment.
fn says_nothing(line: &str) -> bool {
    let rest = ["---", "..."].iter().find(|mark| is_mark(line, mark)).and_then(|mark| line.strip_prefix(mark));
    is_remark(rest.unwrap_or(line))
}

/// An empty line or a comment.
fn is_remark(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests;
