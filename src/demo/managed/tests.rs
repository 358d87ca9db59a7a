//! What holds for any objects and managers. That owners are those of a real server is for [`crate::demo::oracle`].
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use super::*;
use proptest::prelude::*;

fn deployments() -> Resource {
    Resource::served().into_iter().find(|r| r.plural == "deployments").unwrap()
}

fn writer(manager: &str) -> Writer<'_> {
    Writer { manager, subresource: "", now: 1_700_000_000_000 }
}

/// Some fields of a deployment: maps, a list of containers by name, an atomic list, a number.
fn configuration() -> impl Strategy<Value = Value> {
    let labels = prop::collection::btree_map("[a-c]", "[x-z]", 0..3);
    let containers = prop::collection::btree_map("[a-c]", ("[x-z]", prop::option::of(prop::collection::vec("[x-z]", 1..3))), 0..3);
    (labels, containers, prop::option::of(0..3i64)).prop_map(|(labels, containers, replicas)| {
        let containers = containers.into_iter().map(|(name, (image, args))| match args {
            Some(args) => json!({"name": name, "image": image, "args": args}),
            None => json!({"name": name, "image": image}),
        });
        let containers: Vec<Value> = containers.collect();
        let mut value = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}});
        if !labels.is_empty() {
            set(&mut value, "/metadata/labels", json!(labels));
        }
        if !containers.is_empty() {
            set(&mut value, "/spec/template/spec/containers", containers);
        }
        replicas.into_iter().for_each(|n| set(&mut value, "/spec/replicas", n));
        value
    })
}

fn applied(live: Option<&Value>, config: &Value, by: &str) -> Value {
    apply(&deployments(), live, config, &writer(by), true).unwrap()
}

/// What is in an object, without who owns it and in which order its parts stand.
fn content(value: &Value) -> Value {
    let mut value = value.clone();
    remove(&mut value, PLACE);
    tidy(&mut value);
    value
}

fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(tidy);
            map.retain(|_, v| !v.as_object().is_some_and(serde_json::Map::is_empty));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(tidy);
            if items.iter().all(|i| i.get("name").is_some()) {
                items.sort_by_key(|i| i["name"].to_string());
            }
        }
        _ => {}
    }
}

fn fields_of(value: &Value, by: &str) -> Fields {
    let entries = list(value, PLACE);
    entries.iter().find(|e| e["manager"] == by).map(|e| Fields::from_value(&e["fieldsV1"])).unwrap_or_default()
}

proptest! {
    #[test]
    fn applying_twice_changes_nothing(config in configuration(), other in configuration()) {
        let live = applied(None, &other, "two");
        let once = applied(Some(&live), &config, "one");
        prop_assert_eq!(&applied(Some(&once), &config, "one"), &once);
    }

    #[test]
    fn what_is_applied_is_there_and_what_is_withdrawn_goes(config in configuration(), next in configuration(), other in configuration()) {
        let live = applied(None, &other, "two");
        let then = applied(Some(&applied(Some(&live), &config, "one")), &next, "one");
        prop_assert_eq!(compare::fields(&deployments(), &next), fields_of(&then, "one"));
        // Nothing but the two configurations made it, and the first one of the two has left nothing behind.
        let mut all = compare::fields(&deployments(), &next);
        all.add(&compare::fields(&deployments(), &other));
        prop_assert!(compare::fields(&deployments(), &then).common(&all) == compare::fields(&deployments(), &then), "{}", then);
    }

    #[test]
    fn managers_of_different_fields_do_not_depend_on_their_order(one in configuration(), two in configuration()) {
        let (a, b) = (compare::fields(&deployments(), &one), compare::fields(&deployments(), &two));
        prop_assume!(a.common(&b).is_empty());
        let first = applied(Some(&applied(None, &one, "one")), &two, "two");
        let last = applied(Some(&applied(None, &two, "two")), &one, "one");
        prop_assert_eq!(content(&first), content(&last));
        prop_assert_eq!(fields_of(&first, "one"), fields_of(&last, "one"));
        prop_assert_eq!(fields_of(&first, "two"), fields_of(&last, "two"));
    }

    #[test]
    fn an_update_leaves_each_changed_field_with_one_owner(from in configuration(), to in configuration()) {
        // An object that nobody owns anything of stays so.
        let (mut old, mut new) = (from, to);
        [&mut old, &mut new].into_iter().for_each(|o| set(o, "/metadata/annotations/a", "b"));
        track(&deployments(), None, &mut old, &writer("one"));
        track(&deployments(), Some(&old), &mut new, &writer("two"));
        prop_assert!(fields_of(&new, "one").common(&fields_of(&new, "two")).is_empty());
        let found = compare(&deployments(), &old, &new);
        prop_assert_eq!(fields_of(&new, "two"), found.changed);
    }

    #[test]
    fn sets_are_read_as_they_are_written(config in configuration()) {
        let fields = compare::fields(&deployments(), &config);
        prop_assert_eq!(&Fields::from_value(&fields.to_value()), &fields);
        prop_assert!(fields.within(&fields.to_value()));
        let mut none = fields.clone();
        none.subtract(&fields);
        prop_assert!(none.is_empty());
        prop_assert_eq!(fields.meets(&fields.to_value()), !fields.is_empty());
    }
}
