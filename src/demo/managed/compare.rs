//! What differs between two versions of an object, field by field as owners are told apart, and which fields a configuration has.

use super::fields::Fields;
use crate::demo::resource::Resource;
use crate::demo::schema::{Items, Schema, Shape};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// What is new, or has another value.
    pub(super) changed: Fields,
    /// What is no longer there.
    pub(super) removed: Fields,
}

/// Metadata that nobody owns.
const UNOWNED: [&str; 8] = ["name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion"];

/// Compares two versions of an object.
pub(super) fn compare(resource: &Resource, old: &Value, new: &Value) -> Comparison {
    let mut found = Comparison::default();
    walk(Schema::of(resource), Some(old), Some(new), &mut found);
    owned(&mut found.changed);
    owned(&mut found.removed);
    found
}

/// The fields of a configuration.
pub(super) fn fields(resource: &Resource, value: &Value) -> Fields {
    let mut fields = Fields::default();
    collect(Schema::of(resource), value, &mut fields);
    owned(&mut fields);
    fields
}

/// Leaves out what has no owner.
fn owned(fields: &mut Fields) {
    fields.take("f:apiVersion");
    fields.take("f:kind");
    if let Some(metadata) = fields.below.get_mut("f:metadata") {
        UNOWNED.iter().for_each(|name| metadata.take(&format!("f:{name}")));
        metadata.member = false;
        if metadata.is_empty() {
            fields.take("f:metadata");
        }
    }
}

/// How a value is owned.
pub(super) enum Ownership<'s> {
    /// As a whole.
    Leaf,
    /// Field by field.
    Fields,
    /// Item by item; of which type the items are.
    Items(&'s Schema),
}

/// How a value of a type is owned. What has no type is owned field by field, and its lists as wholes.
pub(super) fn ownership<'s>(schema: Option<&'s Schema>, sample: Option<&Value>) -> Ownership<'s> {
    match schema.map(|s| (s, s.shape())) {
        Some((schema, Shape::Struct(_) | Shape::Map(_))) if !schema.is_atomic_map() => Ownership::Fields,
        Some((schema, Shape::List(item))) if schema.items() != Items::Atomic => Ownership::Items(item),
        Some((schema, Shape::Any)) if !schema.is_atomic_map() && sample.is_some_and(Value::is_object) => Ownership::Fields,
        None if sample.is_some_and(Value::is_object) => Ownership::Fields,
        _ => Ownership::Leaf,
    }
}

fn walk(schema: Option<&Schema>, old: Option<&Value>, new: Option<&Value>, found: &mut Comparison) {
    let nothing = |value: Option<&Value>| value.is_none_or(Value::is_null);
    if old == new || nothing(old) && nothing(new) {
        return;
    }
    let empty = |value: Option<&Value>| match value {
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        other => other.is_none_or(Value::is_null),
    };
    let whole = empty(old) && empty(new);
    match ownership(schema, new.filter(|n| !n.is_null()).or(old)) {
        Ownership::Fields if !whole => objects(schema, old, new, found),
        Ownership::Items(item) if !whole => lists(schema, item, old, new, found),
        _ => {
            found.changed.member = new.is_some();
            found.removed.member = new.is_none();
            return;
        }
    }
    found.changed.member |= old.is_none();
    found.removed.member |= new.is_none();
}

fn descend(schema: Option<&Schema>, step: String, old: Option<&Value>, new: Option<&Value>, found: &mut Comparison) {
    let mut below = Comparison::default();
    walk(schema, old, new, &mut below);
    found.removed.put(step.clone(), below.removed);
    found.changed.put(step, below.changed);
}

fn objects(schema: Option<&Schema>, old: Option<&Value>, new: Option<&Value>, found: &mut Comparison) {
    let nothing = Map::new();
    let (there, then) = (old.is_some(), new.is_some());
    let [old, new] = [old, new].map(|v| v.and_then(Value::as_object).unwrap_or(&nothing));
    let always = || match schema.map(Schema::shape) {
        Some(Shape::Struct(fields)) if there != then => always(fields),
        _ => Vec::new(),
    };
    let others = old.keys().filter(|k| !new.contains_key(*k)).map(String::as_str);
    let silent = always().into_iter().filter(|k| !new.contains_key(*k) && !old.contains_key(*k));
    for key in new.keys().map(String::as_str).chain(others).chain(silent) {
        let field = schema.and_then(|s| s.field(key));
        match (old.get(key), new.get(key)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => descend(field, format!("f:{key}"), Some(a), Some(b), found),
            (a, b) => {
                let missing = absent(schema, field, key);
                let [a, b] = [(a, there), (b, then)].map(|(value, is)| value.or(missing.as_ref().filter(|_| is)));
                descend(field, format!("f:{key}"), a, b, found);
            }
        }
    }
}

/// Fields that Go always writes.
fn always(fields: &BTreeMap<String, Schema>) -> Vec<&str> {
    fields.iter().filter(|(_, s)| is_struct(s)).map(|(k, _)| k.as_str()).collect()
}

fn is_struct(schema: &Schema) -> bool {
    schema.is_always() && matches!(schema.shape(), Shape::Struct(_))
}

/// What Go writes for a field that nobody has set: an empty struct, an empty text, zero, or null for a list that has to be there.
fn absent(schema: Option<&Schema>, field: Option<&Schema>, key: &str) -> Option<Value> {
    let field = field.filter(|_| matches!(schema.map(Schema::shape), Some(Shape::Struct(_))))?;
    if is_struct(field) {
        return Some(json!({}));
    }
    if field.default == "" || field.default == 0 || field.default == false {
        return Some(field.default.clone());
    }
    let needed = schema.is_some_and(|s| s.required().iter().any(|r| r == key));
    (needed && matches!(field.shape(), Shape::List(_) | Shape::Map(_))).then_some(Value::Null)
}

fn lists(schema: Option<&Schema>, item: &Schema, old: Option<&Value>, new: Option<&Value>, found: &mut Comparison) {
    let [old, new] = [old, new].map(|v| v.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default());
    let keyed = |items| -> Vec<(String, &Value)> { Vec::from_iter(steps(schema, items)) };
    let (before, after) = (keyed(old), keyed(new));
    let find = |all: &[(String, &'_ Value)], step: &str| all.iter().position(|(s, _)| s == step);
    for (step, value) in &after {
        let was = find(&before, step).and_then(|i| before.get(i)).map(|(_, v)| *v);
        descend(Some(item), step.clone(), was, Some(value), found);
    }
    for (step, value) in before.iter().filter(|(step, _)| find(&after, step).is_none()) {
        descend(Some(item), step.clone(), Some(value), None, found);
    }
}

/// The items of a list with their names as steps.
pub(super) fn steps<'v>(schema: Option<&Schema>, items: &'v [Value]) -> Vec<(String, &'v Value)> {
    items.iter().map(|item| (step(schema, item), item)).collect()
}

/// The name of an item: its keys, a missing one being what it stands for, or its value.
pub(super) fn step(schema: Option<&Schema>, item: &Value) -> String {
    let Some(Items::Map(keys)) = schema.map(Schema::items) else { return format!("v:{item}") };
    let default = |key: &str| Some(schema?.item()?.field(key)?.default.clone()).filter(|d| !d.is_null());
    let mut keys: Vec<&String> = keys.iter().collect();
    keys.sort_unstable();
    let named = keys.into_iter().filter_map(|key| Some((key.clone(), item.get(key).cloned().or_else(|| default(key))?)));
    format!("k:{}", Value::Object(named.collect()))
}

fn collect(schema: Option<&Schema>, value: &Value, into: &mut Fields) {
    match (ownership(schema, Some(value)), value) {
        (Ownership::Fields, Value::Object(map)) => {
            let is_struct = matches!(schema.map(Schema::shape), Some(Shape::Struct(_)));
            for (key, value) in map {
                let field = schema.and_then(|s| s.field(key));
                let mut below = Fields::default();
                collect(field, value, &mut below);
                let known = is_struct && field.is_some();
                below.member |= !known || value.is_null() || value.as_object().is_some_and(Map::is_empty);
                into.put(format!("f:{key}"), below);
            }
        }
        (Ownership::Items(item), Value::Array(items)) => {
            for (step, value) in steps(schema, items) {
                let mut below = Fields::default();
                collect(Some(item), value, &mut below);
                below.member = true;
                into.put(step, below);
            }
        }
        _ => into.member = true,
    }
}
