//! What a server refuses to store, in its own words: the rules of the packages `validation` of k8s.io/kubernetes 1.36 for what people and the
//! demo do. Types are a matter of [`super::schema::decode`]. Where the real message goes on with the difference between two Go structs,
//! only its first line is here.

mod change;
mod errors;
mod format;
mod network;
mod others;
mod pod;
mod workload;

use super::json::{entries, list, text};
use super::resource::Resource;
use super::schema::{Schema, Shape};
use super::status::Cause;
use errors::Errors;
use serde_json::Value;

/// What is wrong with an object that is to be stored, in place of `old` if there is one.
pub fn check(resource: &Resource, old: Option<&Value>, new: &Value) -> Vec<Cause> {
    let mut errors = Errors::default();
    metadata(resource, new, &mut errors);
    if let Some(old) = old {
        held(old, new, &mut errors);
    }
    if resource.custom {
        if let Some(schema) = Schema::of(resource) {
            custom(schema, new, "", &mut errors);
        }
        return errors.causes;
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => match old {
            Some(old) => change::pod(old, new, &mut errors),
            None => pod::spec(new, "/spec", "spec", &mut errors),
        },
        ("", "replicationcontrollers") | ("apps" | "batch", _) => workload::check(&resource.plural, new, &mut errors),
        ("", "services") => network::service(new, &mut errors),
        ("networking.k8s.io", "ingresses") => network::ingress(new, &mut errors),
        ("autoscaling", _) => workload::autoscaler(new, &mut errors),
        ("policy", _) => workload::budget(new, &mut errors),
        _ => others::check(resource, new, &mut errors),
    }
    if let Some(old) = old {
        change::check(resource, old, new, &mut errors);
    }
    errors.causes
}

fn metadata(resource: &Resource, new: &Value, errors: &mut Errors) {
    let name = text(new, "/metadata/name").unwrap_or_default();
    if name.is_empty() {
        errors.required("metadata.name", "name or generateName is required");
    } else {
        for why in named(resource, name) {
            errors.invalid("metadata.name", name, &why);
        }
    }
    labels(new, "/metadata/labels", "metadata.labels", errors);
    for (key, _) in entries(new, "/metadata/annotations") {
        format::qualified(&key.to_lowercase()).iter().for_each(|why| errors.invalid("metadata.annotations", key, why));
    }
    for (i, finalizer) in list(new, "/metadata/finalizers").iter().filter_map(Value::as_str).enumerate() {
        finalizer_name(finalizer, &format!("metadata.finalizers[{i}]"), errors);
    }
}

/// Nothing new may hold up a deletion that is under way.
fn held(old: &Value, new: &Value, errors: &mut Errors) {
    if text(old, "/metadata/deletionTimestamp").is_none() {
        return;
    }
    let had = list(old, "/metadata/finalizers");
    let added: Vec<String> = list(new, "/metadata/finalizers").iter().filter(|f| !had.contains(f)).map(Value::to_string).collect();
    if !added.is_empty() {
        let why = "no new finalizers can be added if the object is being deleted, found new finalizers []string";
        errors.forbidden("metadata.finalizers", &format!("{why}{{{}}}", added.join(", ")));
    }
}

fn finalizer_name(name: &str, field: &str, errors: &mut Errors) {
    format::qualified(name).iter().for_each(|why| errors.invalid(field, name, why));
    if !name.contains('/') && !["orphan", "foregroundDeletion", "kubernetes"].contains(&name) {
        errors.invalid(field, name, "name is neither a standard finalizer name nor is it fully qualified");
    }
}

/// What is wrong with the name of an object.
fn named(resource: &Resource, name: &str) -> Vec<String> {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces" | "services") => format::label(name),
        ("rbac.authorization.k8s.io", _) => format::segment(name),
        ("batch", "cronjobs") if name.len() > 52 => vec!["must be no more than 52 characters".into()],
        _ => format::subdomain(name),
    }
}

/// Labels, or a selector of that form.
fn labels(object: &Value, place: &str, field: &str, errors: &mut Errors) {
    for (key, value) in entries(object, place) {
        format::qualified(key).iter().for_each(|why| errors.invalid(field, key, why));
        let value = value.as_str().unwrap_or_default();
        format::label_value(value).iter().for_each(|why| errors.invalid(field, value, why));
    }
}

/// A label selector.
fn selector(object: &Value, place: &str, field: &str, errors: &mut Errors) {
    labels(object, &format!("{place}/matchLabels"), &format!("{field}.matchLabels"), errors);
    for (i, requirement) in list(object, &format!("{place}/matchExpressions")).iter().enumerate() {
        let field = format!("{field}.matchExpressions[{i}]");
        let none = list(requirement, "/values").is_empty();
        match text(requirement, "/operator").unwrap_or_default() {
            "In" | "NotIn" if none => errors.required(&format!("{field}.values"), "must be specified when `operator` is 'In' or 'NotIn'"),
            "Exists" | "DoesNotExist" if !none => {
                errors.forbidden(&format!("{field}.values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => errors.invalid(&format!("{field}.operator"), other, "not a valid selector operator"),
        }
        let key = text(requirement, "/key").unwrap_or_default();
        format::qualified(key).iter().for_each(|why| errors.invalid(&format!("{field}.key"), key, why));
    }
}

/// Values of a custom kind, in the words of its schema's validator.
fn custom(schema: &Schema, value: &Value, field: &str, errors: &mut Errors) {
    let below = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
    let expected = match (schema.shape(), value) {
        (_, Value::Null) if schema.nullable => return,
        (Shape::Struct(fields), Value::Object(map)) => {
            for name in schema.required().iter().filter(|n| !map.contains_key(*n)) {
                errors.required(&below(name), "");
            }
            let known = map.iter().filter(|(k, _)| !(field.is_empty() && *k == "metadata"));
            known.filter_map(|(k, v)| Some((k, fields.get(k)?, v))).for_each(|(k, f, v)| custom(f, v, &below(k), errors));
            return;
        }
        (Shape::Map(item), Value::Object(map)) => return map.iter().for_each(|(k, v)| custom(item, v, &below(k), errors)),
        (Shape::List(item), Value::Array(items)) => {
            return items.iter().enumerate().for_each(|(i, v)| custom(item, v, &format!("{field}[{i}]"), errors));
        }
        (Shape::Any | Shape::Quantity, _) => return,
        (Shape::IntOrString, Value::String(_) | Value::Number(_)) => return,
        (Shape::Text | Shape::Time, Value::String(_)) | (Shape::Bool, Value::Bool(_)) | (Shape::Number, Value::Number(_)) => "",
        (Shape::Whole(_), Value::Number(n)) if !n.is_f64() => "",
        (Shape::Struct(_) | Shape::Map(_), _) => "object",
        (Shape::List(_), _) => "array",
        (Shape::Text | Shape::Time, _) => "string",
        (Shape::Bool, _) => "boolean",
        (Shape::Number, _) => "number",
        _ => "integer",
    };
    if !expected.is_empty() {
        return errors.mistyped(
            field,
            &Value::from(sort(value)),
            &format!("{field} in body must be of type {expected}: \"{}\"", sort(value)),
        );
    }
    if !schema.allowed.is_empty() && !schema.allowed.contains(value) {
        let words: Vec<&str> = schema.allowed.iter().filter_map(Value::as_str).collect();
        errors.unsupported(field, value.clone(), &words);
    }
    let number = |n: &serde_json::Number| n.as_f64().unwrap_or_default();
    if let Value::Number(n) = value {
        if let Some(least) = schema.minimum.as_ref().filter(|m| number(n) < number(m)) {
            errors.invalid(field, value.clone(), &format!("{field} in body should be greater than or equal to {least}"));
        }
        if let Some(most) = schema.maximum.as_ref().filter(|m| number(n) > number(m)) {
            errors.invalid(field, value.clone(), &format!("{field} in body should be less than or equal to {most}"));
        }
    }
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
