//! Server-side apply: a configuration is merged into the live object, what it no longer names goes unless others own it, and what others own
//! is a conflict.

use super::compare::{Ownership, compare, fields, ownership, step, steps};
use super::fields::{Fields, shown};
use super::{PLACE, Writer, entry, is, lose, of, own_part, sort};
use crate::demo::json::{list, set, text};
use crate::demo::resource::Resource;
use crate::demo::schema::{Schema, Shape, decode};
use crate::demo::status::{Answer, Refusal};
use serde_json::{Map, Value, json};

/// What comes of applying a configuration to the live object, if there is one. Its managed fields are complete: who stores it must not
/// [`super::track`] it too (`How::applied`).
///
/// # Errors
/// A conflict with the fields that others own, unless it is forced; a configuration that does not fit the schema.
pub fn apply(resource: &Resource, live: Option<&Value>, applied: &Value, writer: &Writer<'_>, force: bool) -> Answer<Value> {
    if applied.pointer(PLACE).is_some_and(|m| !m.is_null()) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    let schema = Schema::of(resource);
    let mut problems = Vec::new();
    fits(schema, applied, "", &mut problems);
    if !problems.is_empty() {
        return Err(unfit(resource, applied, &problems));
    }
    let nothing = json!({"apiVersion": resource.api_version(), "kind": resource.kind});
    let live = live.unwrap_or(&nothing);
    let mut entries = list(live, PLACE).to_vec();
    let last = entries.iter().position(|e| is(e, "Apply", writer)).map(|i| entries.remove(i));
    let mut own = fields(resource, applied);
    own_part(resource, writer.subresource, &mut own);
    let mut new = merge(schema, Some(live), Some(applied)).unwrap_or_default();
    if let Some(last) = &last {
        let mut gone = named(schema, Fields::from_value(of(last)));
        let mut owned = own.clone();
        entries.iter().for_each(|e| owned.add(&Fields::from_value(of(e))));
        gone.subtract(&named(schema, owned));
        // Nobody owns its name, and an object keeps it.
        if let Some(metadata) = gone.below.get_mut("f:metadata") {
            metadata.member = false;
        }
        prune(schema, &mut new, &gone);
    }
    drop_nulls(&mut new);
    decode::prune(resource, &mut new);
    let found = compare(resource, live, &new);
    if !force {
        conflicts(&entries, &found.changed)?;
    }
    entries.retain_mut(|e| lose(e, &found.changed, &found.removed));
    own.subtract(&found.removed);
    let mut mine = entry(resource, "Apply", writer, &own);
    let idle = found.changed.is_empty() && found.removed.is_empty();
    if let Some(last) = last.filter(|l| idle && of(l) == of(&mine)) {
        mine = last;
    }
    entries.extend((!own.is_empty()).then_some(mine));
    sort(&mut entries);
    set(&mut new, PLACE, entries);
    Ok(new)
}

/// 500 of a configuration that is no object of the kind.
fn unfit(resource: &Resource, applied: &Value, problems: &[String]) -> Refusal {
    let named = |place| text(applied, place).unwrap_or_default();
    let about = format!("{}/{}; {}, Kind={}", named("/metadata/namespace"), named("/metadata/name"), resource.api_version(), resource.kind);
    let all = match problems {
        [one] => one.clone(),
        many => format!("errors:\n{}", many.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n")),
    };
    Refusal::new(500, "", format!("failed to create typed patch object ({about}): {all}"))
}

/// What of a configuration does not fit the schema, in the words of the library.
fn fits(schema: Option<&Schema>, value: &Value, place: &str, wrong: &mut Vec<String>) {
    let Some(schema) = schema else { return };
    let mut expected = |what: &str| {
        let (sort, got) = match value {
            Value::String(_) => ("string", ""),
            Value::Bool(_) => ("boolean", ""),
            Value::Number(_) => ("int", ""),
            Value::Array(_) => ("", "list"),
            _ => ("", "&{map[]}"),
        };
        wrong.push(format!("{place}: expected {what}, got {sort}{got}"));
    };
    match (schema.shape(), value) {
        (Shape::Struct(known), Value::Object(map)) => {
            for (key, value) in map {
                match known.get(key) {
                    Some(field) => fits(Some(field), value, &format!("{place}.{key}"), wrong),
                    None if schema.keeps_unknown() => {}
                    None => wrong.push(format!("{place}.{key}: field not declared in schema")),
                }
            }
        }
        (Shape::Map(item), Value::Object(map)) => map.iter().for_each(|(key, v)| fits(Some(item), v, &format!("{place}.{key}"), wrong)),
        (Shape::List(item), Value::Array(items)) => {
            let steps = steps(Some(schema), items);
            let granular = !matches!(ownership(Some(schema), None), Ownership::Leaf);
            for (i, (name, value)) in steps.iter().enumerate() {
                if granular && steps.iter().take(i).any(|(before, _)| before == name) {
                    wrong.push(format!("{place}: duplicate entries for key {}", shown(name)));
                }
                let index = if granular { shown(name) } else { format!("[{i}]") };
                fits(Some(item), value, &format!("{place}{index}"), wrong);
            }
        }
        (_, Value::Null) | (Shape::Any | Shape::Quantity | Shape::IntOrString, _) => {}
        (Shape::Text | Shape::Time, Value::String(_)) | (Shape::Bool, Value::Bool(_)) => {}
        (Shape::Whole(_) | Shape::Number, Value::Number(_)) => {}
        (Shape::Struct(_) | Shape::Map(_), _) => expected("map"),
        (Shape::List(_), _) => expected("list"),
        (Shape::Text | Shape::Time, _) => expected("string"),
        (Shape::Bool, _) => expected("boolean"),
        _ => expected("numeric (int or float)"),
    }
}

/// The configuration over the live object: values, atomic lists and atomic maps replace, everything else joins.
fn merge(schema: Option<&Schema>, live: Option<&Value>, applied: Option<&Value>) -> Option<Value> {
    let (Some(old), Some(new)) = (live, applied) else { return applied.or(live).cloned() };
    match (ownership(schema, Some(new)), old, new) {
        (Ownership::Fields, Value::Object(old), Value::Object(new)) if !(old.is_empty() && new.is_empty()) => {
            let others = new.keys().filter(|k| !old.contains_key(*k));
            let keys = old.keys().chain(others);
            let merged = keys.filter_map(|k| Some((k.clone(), merge(schema.and_then(|s| s.field(k)), old.get(k), new.get(k))?)));
            Some(Value::Object(merged.collect::<Map<_, _>>()))
        }
        (Ownership::Items(item), Value::Array(old), Value::Array(new)) => Some(Value::Array(join(schema, item, old, new))),
        _ => Some(new.clone()),
    }
}

/// The items of both lists: those applied in the order in which they are applied, the others where they were.
fn join(schema: Option<&Schema>, item: &Schema, old: &[Value], new: &[Value]) -> Vec<Value> {
    let (old, new) = (steps(schema, old), steps(schema, new));
    let find = |all: &[(String, &Value)], step: &str| all.iter().position(|(s, _)| s == step);
    let mut shared = new.iter().filter(|(s, _)| find(&old, s).is_some()).map(|(s, _)| s).peekable();
    let (mut joined, mut left) = (Vec::new(), old.iter().peekable());
    for (step, value) in &new {
        let was = find(&old, step).and_then(|i| old.get(i)).map(|(_, v)| *v);
        // What only the live list has stands before the shared item that it stood before.
        while let Some((s, v)) = left.peek() {
            let other = find(&new, s).is_none();
            let early = shared.peek().is_some_and(|next| *next != s);
            if other {
                joined.push((*v).clone());
            } else if !early || s == step {
                break;
            }
            left.next();
        }
        joined.extend(merge(Some(item), was, Some(value)));
        if shared.next_if(|next| *next == step).is_some() && left.peek().is_some_and(|(s, _)| s == step) {
            left.next();
        }
    }
    joined.extend(left.filter(|(s, _)| find(&new, s).is_none()).map(|(_, v)| (*v).clone()));
    joined
}

/// The set with every struct above a member: a struct of which nothing is left goes whole.
fn named(schema: Option<&Schema>, mut fields: Fields) -> Fields {
    let item = |step: &str| match step.strip_prefix("f:") {
        Some(name) => schema.and_then(|s| s.field(name)),
        None => schema.and_then(Schema::item),
    };
    let is_struct = matches!(schema.map(Schema::shape), Some(Shape::Struct(_)));
    for (step, below) in &mut fields.below {
        *below = named(item(step), std::mem::take(below));
        below.member |= is_struct;
    }
    fields
}

/// Takes these fields out of a value.
fn prune(schema: Option<&Schema>, value: &mut Value, gone: &Fields) {
    match (ownership(schema, Some(value)), value) {
        (Ownership::Fields, Value::Object(map)) => {
            map.retain(|key, _| !gone.below.get(&format!("f:{key}")).is_some_and(|below| below.member));
            for (key, value) in map {
                if let Some(below) = gone.below.get(&format!("f:{key}")) {
                    prune(schema.and_then(|s| s.field(key)), value, below);
                }
            }
        }
        (Ownership::Items(item), Value::Array(items)) => {
            items.retain(|i| !gone.below.get(&step(schema, i)).is_some_and(|below| below.member));
            for value in items {
                if let Some(below) = gone.below.get(&step(schema, value)) {
                    prune(Some(item), value, below);
                }
            }
        }
        _ => {}
    }
}

/// A field applied as null is a field that is not there.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, v| !v.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn conflicts(entries: &[Value], changed: &Fields) -> Answer<()> {
    let mut all: Vec<(String, String)> = Vec::new();
    for entry in entries {
        let mut places = Vec::new();
        Fields::from_value(of(entry)).common(changed).places("", &mut places);
        let who = owner(entry);
        all.extend(places.into_iter().map(|place| (who.clone(), place)));
    }
    // By manager; the places of each as they are.
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let told = match all.as_slice() {
        [] => return Ok(()),
        [(who, place)] => format!("Apply failed with 1 conflict: conflict with {who}: {place}"),
        many => {
            let mut lines = Vec::new();
            for by in many.chunk_by(|a, b| a.0 == b.0) {
                lines.extend(by.first().map(|(who, _)| format!("conflicts with {who}:")));
                lines.extend(by.iter().map(|(_, place)| format!("- {place}")));
            }
            format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n"))
        }
    };
    let cause = |(who, place): &(String, String)| json!({"reason": "FieldManagerConflict", "message": format!("conflict with {who}"), "field": place});
    let mut refusal = Refusal::new(409, "Conflict", told);
    refusal.details = json!({"causes": all.iter().map(cause).collect::<Vec<_>>()});
    Err(refusal)
}

/// Who has the fields of an entry, as messages say it.
fn owner(entry: &Value) -> String {
    let part = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut who = format!("{:?}", part("manager"));
    if !part("subresource").is_empty() {
        who += &format!(" with subresource {:?}", part("subresource"));
    }
    if part("operation") == "Update" {
        who += &format!(" using {}", part("apiVersion"));
    }
    who
}
