//! What a server has against an object, as fields and what is wrong with each.

use crate::model::call::Cause;

/// One thing that a server has against a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    /// The field, as the server names it; empty where it names none.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What was found in the field, as Go's JSON reader calls it, where that is what is wrong.
    pub sort: Option<String>,
    /// The last key of the path is none that there is.
    pub unknown: bool,
}

/// The complaints of an answer: its causes, and what its message says of fields. One without a field where neither names any.
pub fn complaints(message: &str, causes: &[Cause]) -> Vec<Complaint> {
    let mut out: Vec<Complaint> = Vec::new();
    let mut add = |complaint: Complaint| {
        if !out.iter().any(|c| c.path == complaint.path && c.what == complaint.what) {
            out.push(complaint);
        }
    };
    for cause in causes.iter().filter(|c| !c.field.is_empty() && c.field != "<nil>") {
        match in_message(&cause.message).next() {
            Some(complaint) => add(complaint),
            None => add(Complaint { path: cause.field.clone(), what: cause.message.clone(), ..Complaint::default() }),
        }
    }
    if causes.is_empty() {
        in_message(message).for_each(&mut add);
    }
    if out.is_empty() {
        out.push(Complaint { what: message.to_owned(), ..Complaint::default() });
    }
    out
}

/// The fields that a message names: those of strict decoding (`unknown field "spec.foo"`, `duplicate field "spec.foo"`), of the merge's own check
/// (`.spec.foo: field not declared in schema`), and of Go's JSON reader.
fn in_message(message: &str) -> impl Iterator<Item = Complaint> {
    const DECLARED: &str = ": field not declared in schema";
    let quoted = |mark: &'static str| {
        message
            .match_indices(mark)
            .filter_map(move |(at, _)| message.get(at + mark.len()..)?.split_once('"').map(|(path, _)| path.to_owned()))
    };
    let unknown = |path| Complaint { path, what: "unknown field".to_owned(), unknown: true, sort: None };
    let declared = message.match_indices(DECLARED).filter_map(|(at, _)| Some(message.get(..at)?.rsplit([' ', '\n']).next()?.to_owned()));
    let twice = quoted("duplicate field \"").map(|path| Complaint { path, what: "it is there twice".to_owned(), ..Complaint::default() });
    let wrong = message.match_indices("json: cannot unmarshal ").filter_map(|(at, mark)| unmarshal(message.get(at + mark.len()..)?));
    quoted("unknown field \"").chain(declared).map(unknown).chain(twice).chain(wrong)
}

/// `string into Go struct field DeploymentSpec.spec.replicas of type int32`. The type's name comes first; elements of lists are not told apart.
fn unmarshal(text: &str) -> Option<Complaint> {
    let (found, rest) = text.split_once(" into Go struct field ")?;
    let (field, wanted) = rest.split_once(" of type ")?;
    let (_, path) = field.split_once('.')?;
    let wanted = wanted.split([',', ' ', '\n', ';']).next().unwrap_or_default();
    let wanted = match wanted {
        "string" => "a text",
        "bool" => "true or false",
        w if w.starts_with("int") || w.starts_with("uint") => "a whole number",
        w if w.starts_with("float") => "a number",
        w if w.starts_with("[]") => "a list",
        _ => "keys and values",
    };
    let sort = found.split(' ').next().unwrap_or_default();
    let is = match sort {
        "string" => "a text",
        "number" => "a number",
        "bool" => "true or false",
        "array" => "a list",
        "object" => "keys and values",
        other => other,
    };
    Some(Complaint {
        path: path.to_owned(),
        what: format!("this should be {wanted}, not {is}"),
        sort: Some(sort.to_owned()),
        unknown: false,
    })
}
