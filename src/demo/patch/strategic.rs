//! Strategic merge patch: a merge patch in which the lists of the API merge by key, with directives (`$patch`, `$retainKeys`,
//! `$setElementOrder/..`, `$deleteFromPrimitiveList/..`). Which lists do, and by which key, the schema says.

use super::go;
use crate::demo::schema::Schema;
use crate::demo::status::{Answer, Refusal};
use serde_json::{Map, Value};

const PATCH: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";

/// Applies a patch. Without a schema every list is replaced.
pub(super) fn apply(schema: Option<&Schema>, object: &mut Value, patch: &Value) -> Answer<()> {
    let (Value::Object(map), Value::Object(patch)) = (object, patch) else { return Ok(()) };
    merge(schema, map, patch)
}

/// 500, as what the library has no better code for.
fn failed(why: impl Into<String>) -> Refusal {
    Refusal::new(500, "", why)
}

fn bad_directive(directive: &Value, patch: &Map<String, Value>) -> Refusal {
    failed(format!("unknown patch type: {} in map: {}", go(directive), go(&Value::Object(patch.clone()))))
}

fn merge(schema: Option<&Schema>, target: &mut Map<String, Value>, patch: &Map<String, Value>) -> Answer<()> {
    if let Some(directive) = patch.get(PATCH) {
        target.clear();
        match directive.as_str() {
            Some("replace") => target.extend(patch.iter().filter(|(k, _)| *k != PATCH).map(|(k, v)| (k.clone(), v.clone()))),
            Some("delete") => {}
            _ => return Err(bad_directive(directive, patch)),
        }
        return Ok(());
    }
    retain(target, patch)?;
    for (key, value) in patch.iter().filter(|(k, _)| *k != RETAIN) {
        if let Some(name) = key.strip_prefix(ORDER) {
            ordered(schema, target, patch, name, value)?;
        } else if let Some(name) = key.strip_prefix(DELETE_FROM) {
            if let (Some(Value::Array(items)), Value::Array(gone)) = (target.get_mut(name), value) {
                items.retain(|item| !gone.contains(item));
            }
        } else if !patch.contains_key(&format!("{ORDER}{key}")) {
            field(schema.and_then(|s| s.field(key)), target, key, value)?;
        }
    }
    Ok(())
}

/// `$retainKeys`: what is named in it is all that may stay, as of a union of which one member is chosen.
fn retain(target: &mut Map<String, Value>, patch: &Map<String, Value>) -> Answer<()> {
    let Some(keys) = patch.get(RETAIN) else { return Ok(()) };
    let bad = || Refusal::bad_request("invalid patch format of retainKeys");
    let keys: Vec<&str> = keys.as_array().ok_or_else(bad)?.iter().filter_map(Value::as_str).collect();
    let set = |(key, value): &(&String, &Value)| !value.is_null() && !key.starts_with('$');
    if patch.iter().filter(set).any(|(key, _)| !keys.contains(&key.as_str())) {
        return Err(bad());
    }
    target.retain(|key, _| keys.contains(&key.as_str()));
    Ok(())
}

fn field(schema: Option<&Schema>, target: &mut Map<String, Value>, key: &str, value: &Value) -> Answer<()> {
    if value.is_null() {
        target.shift_remove(key);
        return Ok(());
    }
    let replaced = schema.is_some_and(|s| s.has_strategy("replace"));
    match (target.get_mut(key), value) {
        (Some(Value::Object(map)), Value::Object(patch)) if !replaced => merge(schema, map, patch)?,
        (Some(Value::Array(items)), Value::Array(patch)) if schema.is_some_and(|s| s.has_strategy("merge")) => {
            *items = list(schema, std::mem::take(items), patch, None)?;
        }
        _ => match plain(value) {
            Some(value) => drop(target.insert(key.to_owned(), value)),
            None => drop(target.shift_remove(key)),
        },
    }
    Ok(())
}

/// A value without directives and nulls; none where it is nothing but a directive.
fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(PATCH) => None,
        Value::Object(map) => {
            let kept = map.iter().filter(|(k, v)| !v.is_null() && !k.starts_with('$'));
            Some(Value::Object(kept.filter_map(|(k, v)| Some((k.clone(), plain(v)?))).collect()))
        }
        Value::Array(items) => Some(Value::Array(items.iter().filter_map(plain).collect())),
        other => Some(other.clone()),
    }
}

/// A list with the order that it shall have: what the patch does not name keeps its place among the others as well as it can.
fn ordered(schema: Option<&Schema>, target: &mut Map<String, Value>, patch: &Map<String, Value>, name: &str, order: &Value) -> Answer<()> {
    let schema = schema.and_then(|s| s.field(name));
    let Value::Array(order) = order else {
        return Err(failed(format!("expected a []interface {{}}, but received a {}", super::sort(order))));
    };
    let given = patch.get(name).and_then(Value::as_array);
    follows(schema, given.map(Vec::as_slice).unwrap_or_default(), order)?;
    let old = match target.get_mut(name) {
        Some(Value::Array(items)) => std::mem::take(items),
        _ if given.is_some() => Vec::new(),
        _ => return Ok(()),
    };
    let merged = list(schema, old, given.map(Vec::as_slice).unwrap_or_default(), Some(order))?;
    target.insert(name.to_owned(), Value::Array(merged));
    Ok(())
}

/// The items of a patch have to stand in the order that it orders.
fn follows(schema: Option<&Schema>, patch: &[Value], order: &[Value]) -> Answer<()> {
    let key = schema.and_then(Schema::merge_key);
    let mut rest = order.iter();
    let kept = |item: &&Value| item.get(PATCH).is_none();
    if patch.iter().filter(kept).all(|item| rest.any(|o| same(key, o, item))) {
        return Ok(());
    }
    let shown = |items: &[Value]| go(&Value::Array(items.to_vec()));
    Err(failed(format!("The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n", shown(patch), shown(order))))
}

fn same(key: Option<&str>, a: &Value, b: &Value) -> bool {
    match key {
        Some(key) => a.get(key).is_some() && a.get(key) == b.get(key),
        None => a == b,
    }
}

fn list(schema: Option<&Schema>, old: Vec<Value>, patch: &[Value], order: Option<&[Value]>) -> Answer<Vec<Value>> {
    let key = schema.and_then(Schema::merge_key);
    let mut merged = old.clone();
    let maps = old.iter().chain(patch).filter(|item| item.is_object()).count();
    if maps != 0 && maps != old.len() + patch.len() {
        let shown = go(&Value::Array(vec![Value::Array(old), Value::Array(patch.to_vec())]));
        return Err(failed(format!("list element types are not identical: {shown}")));
    }
    if maps == 0 {
        patch.iter().filter(|item| !old.contains(item)).for_each(|item| merged.push(item.clone()));
    } else if let Some(key) = key {
        items(schema.and_then(Schema::item), key, &mut merged, patch)?;
    } else {
        return Err(failed("cannot merge lists without merge key"));
    }
    let order = order.unwrap_or(patch);
    let (mut named, others): (Vec<Value>, Vec<Value>) = merged.into_iter().partition(|item| order.iter().any(|o| same(key, o, item)));
    named.sort_by_key(|item| order.iter().position(|o| same(key, o, item)));
    Ok(weave(key, others, named, &old))
}

/// Merges the items of a patch into those of a list.
fn items(schema: Option<&Schema>, key: &str, merged: &mut Vec<Value>, patch: &[Value]) -> Answer<()> {
    let unnamed =
        |map: &Map<String, Value>| failed(format!("map: {} does not contain declared merge key: {key}", go(&Value::Object(map.clone()))));
    let mut replaces = false;
    for item in patch.iter().filter_map(Value::as_object) {
        match item.get(PATCH).map(|d| (d, d.as_str())) {
            Some((_, Some("delete"))) => {
                let gone = item.get(key).ok_or_else(|| unnamed(item))?;
                merged.retain(|m| m.get(key) != Some(gone));
            }
            Some((_, Some("replace"))) => replaces = true,
            Some((_, Some("merge"))) => return Err(failed("merging lists cannot yet be specified in the patch")),
            Some((directive, _)) => return Err(bad_directive(directive, item)),
            None => {}
        }
    }
    if replaces {
        merged.clear();
    }
    for item in patch.iter().filter_map(Value::as_object).filter(|item| !item.contains_key(PATCH)) {
        let name = item.get(key).ok_or_else(|| unnamed(item))?;
        match merged.iter_mut().find(|m| m.get(key) == Some(name)) {
            Some(Value::Object(map)) => merge(schema, map, item)?,
            _ => merged.extend(plain(&Value::Object(item.clone()))),
        }
    }
    Ok(())
}

/// Joins what the patch names with what it does not, in the order of the old list where that knows both; else what is named comes first.
fn weave(key: Option<&str>, others: Vec<Value>, named: Vec<Value>, old: &[Value]) -> Vec<Value> {
    let at = |item: &Value| old.iter().position(|o| same(key, o, item));
    let mut woven = Vec::with_capacity(others.len() + named.len());
    let mut others = others.into_iter().peekable();
    for item in named {
        while let Some(other) = others.next_if(|other| matches!((at(other), at(&item)), (Some(l), Some(r)) if l < r)) {
            woven.push(other);
        }
        woven.push(item);
    }
    woven.extend(others);
    woven
}
