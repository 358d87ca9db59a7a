//! The three ways to patch an object: JSON patch (RFC 6902), merge patch (RFC 7386), and Kubernetes' strategic merge patch.
//! Server-side apply, though sent as a patch, is no patch: see [`super::managed::apply`].

mod operations;
mod strategic;

use super::json::encode;
use super::resource::Resource;
use super::schema::decode::{FieldValidation, Words, check, prune};
use super::status::{Answer, Cause, Refusal};
use serde_json::{Map, Value, json};

/// What a patch is, by its content type.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `application/json-patch+json`.
    Json,
    /// `application/merge-patch+json`.
    Merge,
    /// `application/strategic-merge-patch+json`.
    Strategic,
}

/// Patches an object.
///
/// # Errors
/// As the server words them, where the patch does not fit.
pub fn patch(resource: &Resource, object: &mut Value, patch: &Value, kind: Kind) -> Answer<()> {
    checked(resource, object, patch, kind, FieldValidation::Ignore).map(drop)
}

/// Patches an object and gives the warnings about fields that its kind does not have; they are dropped.
///
/// # Errors
/// As the server words them, where the patch does not fit or what comes of it is no object of the kind.
pub fn checked(resource: &Resource, object: &mut Value, patch: &Value, kind: Kind, validation: FieldValidation) -> Answer<Vec<String>> {
    let was = ["apiVersion", "kind"].map(|name| object.get(name).cloned());
    match (kind, patch) {
        (Kind::Json, Value::Array(all)) => operations::apply(object, all)?,
        (Kind::Json, _) => return Err(no_such_patch(patch, "[]handlers.jsonPatchOp")),
        (Kind::Merge, Value::Object(_)) => merge(object, patch),
        (Kind::Merge, _) => return Err(no_such_patch(patch, "map[string]interface {}")),
        (Kind::Strategic, Value::Object(_)) if resource.custom => {
            let message = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, \
                           application/merge-patch+json, application/apply-patch+yaml";
            return Err(Refusal::new(415, "UnsupportedMediaType", message));
        }
        (Kind::Strategic, Value::Object(_)) => strategic::apply(super::schema::Schema::of(resource), object, patch)?,
        (Kind::Strategic, _) => {
            return Err(Refusal::bad_request(format!(
                "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                sort(patch)
            )));
        }
    }
    let shown = || if kind == Kind::Strategic { go(patch) } else { String::from_utf8_lossy(&encode(object)).into_owned() };
    if was != ["apiVersion", "kind"].map(|name| object.get(name).cloned()) {
        let named = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let why = format!(
            "no kind {:?} is registered for version {:?} in scheme \"pkg/runtime/scheme.go:111\"",
            named("kind"),
            named("apiVersion")
        );
        return Err(refused(&shown(), &why));
    }
    let found = check(resource, object, if kind == Kind::Strategic { Words::Converter } else { Words::Decoder });
    if let Some(wrong) = found.wrong {
        return Err(refused(&shown(), &wrong));
    }
    if validation == FieldValidation::Strict && !found.unknown.is_empty() {
        return Err(refused(&shown(), &format!("strict decoding error: {}", found.unknown.join(", "))));
    }
    prune(resource, object);
    Ok(if validation == FieldValidation::Warn { found.unknown } else { Vec::new() })
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(map) = target else { return };
    for (key, value) in patch {
        if value.is_null() {
            map.shift_remove(key);
        } else {
            merge(map.entry(key.as_str()).or_insert(Value::Null), value);
        }
    }
}

fn no_such_patch(patch: &Value, wanted: &str) -> Refusal {
    Refusal::bad_request(format!("error decoding patch: json: cannot unmarshal {} into Go value of type {wanted}", sort(patch)))
}

/// 422 of an object that cannot be what the patch makes of it. The real server names neither kind nor object here.
fn refused(shown: &str, why: &str) -> Refusal {
    let cause = Cause { reason: "FieldValueInvalid", message: format!("Invalid value: {shown:?}: {why}"), field: "patch".into() };
    let mut refusal = Refusal::new(422, "Invalid", format!(" \"\" is invalid: {}: {}", cause.field, cause.message));
    refusal.details = json!({"causes": [{"reason": cause.reason, "message": cause.message, "field": cause.field}]});
    refusal
}

/// 422 of a JSON patch that does not fit; the real server does not say why.
fn unfit() -> Refusal {
    let mut refusal = Refusal::new(422, "Invalid", "the server rejected our request due to an error in our request");
    refusal.details = json!({});
    refusal
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value as Go prints it with `%v`.
fn go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let mut entries: Vec<String> = map.iter().map(|(k, v)| format!("{k}:{}", go(v))).collect();
            entries.sort_unstable();
            format!("map[{}]", entries.join(" "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
