//! What a change would make of an object, worked out here: it is shown where the server cannot try it. Nobody knows defaults here, nor what a
//! webhook would add.

use super::verb::{EVICTION, Plan, Write};
use serde_json::{Map, Value};

/// The field of a strategic merge patch that says how the mapping around it is taken.
const DIRECTIVE: &str = "$patch";

/// The object as it would be; `None` where it goes away, or where the plan fits no such object.
pub fn outcome(before: &Value, plan: &Plan) -> Option<Value> {
    let mut object = before.clone();
    match &plan.write {
        Write::Merge(patch) => merge(&mut object, patch, false),
        Write::Strategic(patch) => merge(&mut object, patch, true),
        Write::Ops(ops) => ops.iter().try_for_each(|op| operate(&mut object, op))?,
        Write::Replace(text) => object = serde_json::from_str(text).ok()?,
        Write::Apply { wished, .. } if before.is_null() => object = wished.clone(),
        Write::Apply { wished, .. } => merge(&mut object, wished, true),
        Write::Create(new) if plan.subresource != EVICTION => object = new.clone(),
        Write::Create(_) | Write::Delete(_) | Write::Connect(_) | Write::Copy(_) => return None,
    }
    Some(object)
}

/// A merge patch (RFC 7386); a strategic one merges elements of lists that have the same name, beside that.
fn merge(object: &mut Value, patch: &Value, strategic: bool) {
    match patch {
        Value::Object(changes) => mappings(object, changes, strategic),
        Value::Array(new) if strategic && !new.is_empty() && new.iter().all(|e| name(e).is_some()) => elements(object, new),
        _ => *object = patch.clone(),
    }
}

fn mappings(object: &mut Value, changes: &Map<String, Value>, strategic: bool) {
    let replaced = strategic && changes.get(DIRECTIVE).and_then(Value::as_str) == Some("replace");
    if replaced || !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Some(map) = object.as_object_mut() else { return };
    for (key, value) in changes.iter().filter(|(key, _)| !strategic || *key != DIRECTIVE) {
        if value.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), value, strategic);
        }
    }
}

fn elements(object: &mut Value, new: &[Value]) {
    if !object.is_array() {
        *object = Value::Array(Vec::new());
    }
    let Some(list) = object.as_array_mut() else { return };
    for element in new {
        match list.iter_mut().find(|e| name(e) == name(element)) {
            Some(old) => merge(old, element, true),
            None => list.push(element.clone()),
        }
    }
}

fn name(element: &Value) -> Option<&str> {
    element.get("name")?.as_str()
}

/// One operation of a JSON patch (RFC 6902), of those that are sent from here.
fn operate(object: &mut Value, op: &Value) -> Option<()> {
    let (parent, key) = op.get("path")?.as_str()?.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    let value = op.get("value").cloned();
    let is_added = op.get("op")?.as_str()? == "add";
    match (object.pointer_mut(parent)?, value) {
        (Value::Object(map), Some(value)) => drop(map.insert(key, value)),
        (Value::Object(map), None) => drop(map.remove(&key)?),
        (Value::Array(list), Some(value)) if is_added => {
            let at = key.parse().unwrap_or(list.len());
            (at <= list.len()).then(|| list.insert(at, value))?;
        }
        (Value::Array(list), Some(value)) => *list.get_mut(key.parse::<usize>().ok()?)? = value,
        (Value::Array(list), None) => {
            let at = key.parse().ok().filter(|at| *at < list.len())?;
            drop(list.remove(at));
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn before() -> Value {
        json!({"metadata": {"labels": {"a/b": "1", "c": "2"}}, "spec": {"replicas": 3, "list": [1, 2],
            "containers": [{"name": "app", "image": "web:1"}, {"name": "log", "image": "log:1"}]}})
    }

    #[test]
    fn what_is_sent_is_what_comes_of_it() {
        for (write, at, after) in [
            (Write::Merge(json!({"spec": {"replicas": 5}})), "/spec/replicas", Some(json!(5))),
            (Write::Merge(json!({"spec": {"replicas": null}})), "/spec/replicas", None),
            (Write::Merge(json!({"spec": {"list": [{"name": "x"}]}})), "/spec/list", Some(json!([{"name": "x"}]))),
            (Write::Merge(json!({"spec": {"new": {"deep": {"gone": null, "kept": 1}}}})), "/spec/new", Some(json!({"deep": {"kept": 1}}))),
            (
                Write::Strategic(json!({"spec": {"containers": [{"name": "app", "image": "web:2"}]}})),
                "/spec/containers",
                Some(json!([{"name": "app", "image": "web:2"}, {"name": "log", "image": "log:1"}])),
            ),
            (Write::Strategic(json!({"spec": {"$patch": "replace", "replicas": 1}})), "/spec", Some(json!({"replicas": 1}))),
            (Write::Ops(vec![json!({"op": "replace", "path": "/spec/replicas", "value": 1})]), "/spec/replicas", Some(json!(1))),
            (Write::Ops(vec![json!({"op": "remove", "path": "/metadata/labels/a~1b"})]), "/metadata/labels", Some(json!({"c": "2"}))),
            (Write::Ops(vec![json!({"op": "add", "path": "/spec/list/0", "value": 0})]), "/spec/list", Some(json!([0, 1, 2]))),
            (Write::Ops(vec![json!({"op": "remove", "path": "/spec/list/1"})]), "/spec/list", Some(json!([1]))),
            (Write::Replace(r#"{"spec": {"replicas": 9}}"#.to_owned()), "/spec", Some(json!({"replicas": 9}))),
            (Write::Create(json!({"spec": 1})), "/spec", Some(json!(1))),
        ] {
            let made = outcome(&before(), &Plan::of(write.clone())).unwrap();
            assert_eq!(made.pointer(at), after.as_ref(), "{write:?}");
        }
    }

    #[test]
    fn what_goes_away_or_does_not_fit_has_none() {
        for plan in [
            Plan::of(Write::Delete(json!({}))),
            Plan::to(EVICTION, Write::Create(json!({}))),
            Plan::of(Write::Ops(vec![json!({"op": "remove", "path": "/spec/missing"})])),
            Plan::of(Write::Ops(vec![json!({"op": "replace", "path": "/spec/list/7", "value": 1})])),
            Plan::of(Write::Replace("{".to_owned())),
        ] {
            assert_eq!(outcome(&before(), &plan), None, "{plan:?}");
        }
    }
}
