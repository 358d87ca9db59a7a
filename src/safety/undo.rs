//! Taking a change back: the fields that were changed get the values back that they had, if they still have those that they were given.

use super::local;
use super::verb::{Plan, Write};
use crate::model::deed::{Edit, Key, pointer, short, summary, written};
use crate::model::id::ObjectRef;
use crate::model::record::{Record, Touched};
use serde_json::{Value, json};
use std::cmp::Reverse;

/// What was done to an object, as it takes to take it back.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The subresource that it was done through; empty for the object itself.
    pub subresource: &'static str,
    /// The fields, as they were and as they were made.
    pub edits: Vec<Edit>,
    /// `metadata.resourceVersion` that the object had then.
    pub version: Option<String>,
}

impl Trace {
    /// What a record of the journal says was done, through this subresource; nothing of what was made, which only goes as a whole.
    pub fn of(record: &Record, subresource: &'static str) -> Option<Self> {
        record.resource_version.before.as_ref()?;
        let edit = |t: &Touched| Edit { path: t.path.clone(), before: t.before.clone(), after: t.after.clone() };
        let (edits, version) = (record.changes.iter().map(edit).collect::<Vec<_>>(), record.resource_version.after.clone());
        (!edits.is_empty()).then_some(Self { subresource, edits, version })
    }

    /// What changed of an object, in a few words; without what a Secret holds.
    pub fn told(&self, object: &ObjectRef) -> String {
        let Some(first) = self.edits.first().map(|e| e.clone().masked(object)) else { return String::new() };
        summary(&first.to_string(), first.before.as_ref(), first.after.as_ref(), self.edits.len())
    }

    /// True where it gave all fields back what another had taken.
    fn reverses(&self, other: &Self) -> bool {
        let is_back = |e: &Edit| other.edits.iter().any(|o| o.to_string() == e.to_string() && o.before == e.after && o.after == e.before);
        self.edits.len() == other.edits.len() && self.edits.iter().all(is_back)
    }
}

/// Which of these, the newest first, have not been taken back by one that is newer and an undo.
pub fn standing(done: &[(bool, &Trace)]) -> Vec<bool> {
    let mut stands = vec![true; done.len()];
    for (at, (is_undo, undo)) in done.iter().enumerate() {
        let older = done.iter().zip(&mut stands).skip(if *is_undo { at + 1 } else { done.len() });
        if let Some((_, stands)) = older.into_iter().find(|((_, trace), stands)| **stands && undo.reverses(trace)) {
            *stands = false;
        }
    }
    stands
}

/// The operations (RFC 6902) that take changes back from an object as it is now.
///
/// # Errors
/// Where it has moved on: which field, what it was given and what it is.
pub fn inverse(edits: &[Edit], now: &Value) -> Result<Vec<Value>, String> {
    if edits.is_empty() {
        return Err("nothing was changed that could be taken back".to_owned());
    }
    let moved: Vec<String> = edits.iter().filter(|e| e.at(now) != e.after.as_ref()).map(|e| told(e, now)).collect();
    if !moved.is_empty() {
        return Err(format!("it has moved on: {}", moved.join("; ")));
    }
    let (elements, fields): (Vec<&Edit>, Vec<&Edit>) = edits.iter().partition(|e| is_element(e));
    let field = |e: &&Edit| {
        let at = place(&e.path, now);
        match (&e.before, &e.after) {
            (Some(before), Some(_)) => json!({"op": "replace", "path": at, "value": before}),
            (Some(before), None) => json!({"op": "add", "path": at, "value": before}),
            (None, _) => json!({"op": "remove", "path": at}),
        }
    };
    Ok(parents(edits, now).into_iter().chain(fields.iter().map(field)).chain(lists(elements, now)).collect())
}

/// An object with these changes made to it, where it has the values still that they were made to.
pub fn done_to(edits: &[Edit], now: &Value) -> Option<Value> {
    let back = |e: &Edit| Edit { path: e.path.clone(), before: e.after.clone(), after: e.before.clone() };
    let operations = inverse(&edits.iter().map(back).collect::<Vec<_>>(), now).ok()?;
    local::outcome(now, &Plan::of(Write::Ops(operations)))
}

/// An element of a list that came or is gone.
fn is_element(edit: &Edit) -> bool {
    matches!(edit.path.last(), Some(Key::Element(..))) && (edit.before.is_none() || edit.after.is_none())
}

/// A place as RFC 6901 writes it, in the object as it is now: elements may have moved since.
fn place(path: &[Key], now: &Value) -> String {
    let (mut at, mut inside) = (String::new(), Some(now));
    for key in path {
        let n = inside.and_then(|list| key.place(list));
        let key = n.map_or_else(|| key.clone(), |n| Key::Element(n, None));
        inside = match &key {
            Key::Field(name) => inside.and_then(|v| v.get(name)),
            Key::Element(n, _) => inside.and_then(|v| v.get(*n)),
        };
        at.push_str(&pointer(std::slice::from_ref(&key)));
    }
    at
}

/// Lists as they were, the inner ones first: what came goes, from behind; then what is gone comes back, from the front. So the places of the
/// others hold all the while.
fn lists(mut elements: Vec<&Edit>, now: &Value) -> Vec<Value> {
    elements.sort_by_key(|e| Reverse(e.path.len()));
    let mut operations = Vec::new();
    for level in elements.chunk_by(|a, b| a.path.len() == b.path.len()) {
        let mut came: Vec<(usize, String)> = Vec::new();
        for edit in level.iter().filter(|e| e.before.is_none()) {
            let at = place(&edit.path, now);
            came.push((at.rsplit('/').next().and_then(|n| n.parse().ok()).unwrap_or_default(), at));
        }
        came.sort_by_key(|(n, _)| Reverse(*n));
        operations.extend(came.into_iter().map(|(_, at)| json!({"op": "remove", "path": at})));
        operations
            .extend(level.iter().filter_map(|e| Some(json!({"op": "add", "path": place(&e.path, now), "value": e.before.as_ref()?}))));
    }
    operations
}

/// Mappings of metadata that went with all that was in them: they come back empty, so that there is something to fill.
fn parents(edits: &[Edit], now: &Value) -> Vec<Value> {
    let mut missing: Vec<String> = Vec::new();
    let of_mappings = |e: &&Edit| e.before.is_some() && e.after.is_none() && e.path.iter().all(|k| matches!(k, Key::Field(_)));
    for edit in edits.iter().filter(of_mappings) {
        for n in 1..edit.path.len() {
            let at = edit.path.get(..n).map(pointer).unwrap_or_default();
            if now.pointer(&at).is_none() && !missing.contains(&at) {
                missing.push(at);
            }
        }
    }
    missing.into_iter().map(|at| json!({"op": "add", "path": at, "value": {}})).collect()
}

fn told(edit: &Edit, now: &Value) -> String {
    format!("{} was set to {} and is now {}", written(&edit.path), short(edit.after.as_ref()), short(edit.at(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::diff::changes;
    use proptest::prelude::*;

    /// Carries operations out (RFC 6902), as far as they are used here.
    fn applied(mut object: Value, operations: &[Value]) -> Value {
        for operation in operations {
            let (parent, key) = operation["path"].as_str().unwrap().rsplit_once('/').unwrap();
            let key = key.replace("~1", "/").replace("~0", "~");
            let removes = operation["op"] == "remove";
            match object.pointer_mut(parent).unwrap_or_else(|| panic!("{operation} on nothing")) {
                Value::Object(map) if removes => drop(map.remove(&key).unwrap()),
                Value::Object(map) => drop(map.insert(key, operation["value"].clone())),
                Value::Array(list) if removes => drop(list.remove(key.parse().unwrap())),
                Value::Array(list) if operation["op"] == "add" => list.insert(key.parse().unwrap(), operation["value"].clone()),
                Value::Array(list) => list[key.parse::<usize>().unwrap()] = operation["value"].clone(),
                other => panic!("{operation} on {other}"),
            }
        }
        object
    }

    /// Some of these names, in this order, each with one of a few values.
    fn named(
        names: &'static [&'static str],
        value: impl Strategy<Value = Value> + Clone + 'static,
    ) -> impl Strategy<Value = Value> + Clone {
        let one = |name: &'static str| {
            let with = move |value: Value| {
                let mut of = json!({"name": name});
                of.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
                of
            };
            prop::option::of(value.clone().prop_map(with)).boxed()
        };
        names.iter().map(|name| one(name)).collect::<Vec<_>>().prop_map(|all| Value::Array(all.into_iter().flatten().collect()))
    }

    /// What a part is, or that it is not there.
    fn perhaps(
        key: &'static str,
        value: impl Strategy<Value = Value> + Clone + 'static,
    ) -> impl Strategy<Value = (&'static str, Option<Value>)> + Clone {
        (Just(key), prop::option::of(value))
    }

    fn mapping(parts: Vec<(&'static str, Option<Value>)>) -> Value {
        Value::Object(parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
    }

    fn objects() -> impl Strategy<Value = Value> + Clone {
        let number = (0..3_u8).prop_map(|n| json!(n));
        let env = named(&["A", "B", "C"], number.clone().prop_map(|n| json!({"value": n})));
        let args = prop::collection::vec(0..3_u8, 0..4).prop_map(|args| json!(args));
        let probe = number.clone().prop_map(|n| json!({"httpGet": {"port": n, "headers": []}}));
        let inside = (perhaps("env", env), perhaps("args", args), perhaps("probe", probe), perhaps("image", number.clone()));
        let containers = named(&["app", "proxy", "x/y"], inside.prop_map(|(a, b, c, d)| mapping(vec![a, b, c, d])));
        let labels = (perhaps("app", number.clone()), perhaps("example.com/a~b", number.clone())).prop_map(|(a, b)| mapping(vec![a, b]));
        let strategy = perhaps("strategy", number.prop_map(|n| json!({"rolling": {"surge": n}})));
        (labels, containers, strategy).prop_map(|(labels, containers, (key, strategy))| {
            let mut spec = json!({"containers": containers});
            spec.as_object_mut().unwrap().extend(strategy.map(|s| (key.to_owned(), s)));
            json!({"metadata": {"labels": labels}, "spec": spec})
        })
    }

    proptest! {
        #[test]
        fn what_was_comes_back_whole((before, after) in (objects(), objects())) {
            let edits = changes(&before, &after);
            prop_assume!(!edits.is_empty());
            let back = inverse(&edits, &after).unwrap();
            prop_assert_eq!(applied(after.clone(), &back), before.clone(), "{:?}", back);
            prop_assert_eq!(done_to(&edits, &before), Some(after));
        }
    }

    /// What somebody else puts in front of a list stays, and hits nothing else.
    #[test]
    fn elements_that_have_moved_are_found_by_name() {
        let of = |image: u8, env: Value| json!({"spec": {"containers": [{"name": "app", "image": 1}, {"name": "proxy", "image": image, "env": env}]}});
        let (before, after) = (of(1, json!([{"name": "A"}, {"name": "B"}])), of(2, json!([{"name": "B"}, {"name": "C"}])));
        let other = |mut object: Value| {
            object["spec"]["containers"].as_array_mut().unwrap().insert(0, json!({"name": "other"}));
            object
        };
        let now = other(after.clone());
        let back = inverse(&changes(&before, &after), &now).unwrap();
        assert_eq!(applied(now, &back), other(before), "{back:?}");
    }

    #[test]
    fn what_was_taken_back_stands_no_more() {
        let scaled = |from: u8, to: u8| {
            let of = |n: u8| json!({"spec": {"replicas": n}});
            Trace { subresource: "scale", edits: changes(&of(from), &of(to)), version: None }
        };
        // The newest first: whether it is an undo, from and to.
        for (done, stand) in [
            (vec![(false, 3, 5), (false, 1, 3)], vec![true, true]),
            (vec![(true, 5, 3), (false, 3, 5)], vec![true, false]),
            (vec![(true, 3, 1), (true, 5, 3), (false, 3, 5), (false, 1, 3)], vec![true, true, false, false]),
            (vec![(true, 3, 5), (true, 5, 3), (false, 3, 5)], vec![true, false, false]),
            (vec![(false, 5, 3), (false, 3, 5)], vec![true, true]),
            (vec![(true, 7, 3), (false, 3, 5)], vec![true, true]),
        ] {
            let traces: Vec<(bool, Trace)> = done.iter().map(|(undo, from, to)| (*undo, scaled(*from, *to))).collect();
            assert_eq!(standing(&traces.iter().map(|(undo, trace)| (*undo, trace)).collect::<Vec<_>>()), stand, "{done:?}");
        }
    }

    #[test]
    fn what_has_moved_on_is_told() {
        let (before, after) = (json!({"spec": {"list": [{"name": "a"}, {"name": "b"}]}}), json!({"spec": {"list": [{"name": "b"}]}}));
        let edits = changes(&before, &after);
        assert_eq!(inverse(&edits, &after), Ok(vec![json!({"op": "add", "path": "/spec/list/0", "value": {"name": "a"}})]));
        assert!(inverse(&edits, &before).unwrap_err().contains("spec.list[a] was set to nothing and is now a mapping of 1"));
        assert!(inverse(&[], &after).is_err());
    }
}
