//! Patches beside what a 1.36 server made of them.
#![allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]

use super::*;
use proptest::prelude::*;

fn resource(plural: &str) -> Resource {
    Resource::served().into_iter().find(|r| r.plural == plural).unwrap()
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "labels": {"a": "b"}, "finalizers": ["x/y"]}, "spec": {
        "replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {
            "containers": [{"name": "x", "image": "y", "args": ["a"], "env": [{"name": "A", "value": "1"}]}, {"name": "z", "image": "z"}],
            "volumes": [{"name": "q", "emptyDir": {}}],
        }},
    }})
}

fn result(kind: Kind, with: Value) -> Answer<Value> {
    let mut object = deployment();
    patch(&resource("deployments"), &mut object, &with, kind).map(|()| object)
}

#[test]
fn patches_do_what_the_server_does() {
    let spec = |spec: Value| json!({"spec": {"template": {"spec": spec}}});
    let containers = "/spec/template/spec/containers";
    for (kind, with, place, becomes) in [
        (Kind::Merge, json!({"spec": {"replicas": 3, "strategy": null}}), "/spec/strategy", None),
        (Kind::Merge, spec(json!({"containers": [{"name": "n"}]})), containers, Some(json!([{"name": "n"}]))),
        (
            Kind::Strategic,
            spec(json!({"containers": [{"name": "x", "image": "w"}]})),
            "/spec/template/spec/containers/0/image",
            Some(json!("w")),
        ),
        (Kind::Strategic, spec(json!({"containers": [{"name": "n"}]})), "/spec/template/spec/containers/0/name", Some(json!("n"))),
        (
            Kind::Strategic,
            spec(json!({"containers": [{"name": "x", "args": ["b"]}]})),
            "/spec/template/spec/containers/0/args",
            Some(json!(["b"])),
        ),
        (
            Kind::Strategic,
            spec(json!({"containers": [{"$patch": "delete", "name": "x"}]})),
            containers,
            Some(json!([{"name": "z", "image": "z"}])),
        ),
        (Kind::Strategic, spec(json!({"containers": [{"$patch": "replace"}, {"name": "n"}]})), containers, Some(json!([{"name": "n"}]))),
        (
            Kind::Strategic,
            spec(json!({"$setElementOrder/containers": [{"name": "z"}, {"name": "x"}]})),
            "/spec/template/spec/containers/0/name",
            Some(json!("z")),
        ),
        (
            Kind::Strategic,
            json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
            "/spec/strategy",
            Some(json!({"type": "Recreate"})),
        ),
        (Kind::Strategic, json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/y"]}}), "/metadata/finalizers", None),
        (Kind::Strategic, json!({"metadata": {"finalizers": ["a/b"]}}), "/metadata/finalizers", Some(json!(["a/b", "x/y"]))),
        (Kind::Strategic, json!({"metadata": {"labels": {"$patch": "replace", "n": "m"}}}), "/metadata/labels", Some(json!({"n": "m"}))),
    ] {
        assert_eq!(result(kind, with.clone()).unwrap().pointer(place), becomes.as_ref(), "{with}");
    }
}

#[test]
fn json_patches_do_what_the_server_does() {
    for (kind, with, place, becomes) in [
        (Kind::Json, json!([{"op": "replace", "path": "/spec/replicas", "value": 5}]), "/spec/replicas", Some(json!(5))),
        (
            Kind::Json,
            json!([{"op": "add", "path": "/metadata/finalizers/-", "value": "e"}]),
            "/metadata/finalizers",
            Some(json!(["x/y", "e"])),
        ),
        (Kind::Json, json!([{"op": "remove", "path": "/metadata/labels/a"}]), "/metadata/labels", None),
        (
            Kind::Json,
            json!([{"op": "copy", "from": "/metadata/labels/a", "path": "/metadata/labels/n~1m"}]),
            "/metadata/labels/n~1m",
            Some(json!("b")),
        ),
        (
            Kind::Json,
            json!([{"op": "move", "from": "/metadata/labels", "path": "/metadata/annotations"}]),
            "/metadata/annotations",
            Some(json!({"a": "b"})),
        ),
        (Kind::Json, json!([{"op": "test", "path": "/spec/nope", "value": null}]), "/spec/nope", None),
        (Kind::Json, json!([{"op": "replace", "path": "/spec/foo", "value": 1}]), "/spec/foo", None),
    ] {
        assert_eq!(result(kind, with.clone()).unwrap().pointer(place), becomes.as_ref(), "{with}");
    }
}

#[test]
fn what_does_not_fit_is_told_as_the_server_tells_it() {
    let spec = |spec: Value| json!({"spec": {"template": {"spec": spec}}});
    let rejected = "the server rejected our request due to an error in our request";
    for (kind, with, code, why) in [
        (Kind::Json, json!([{"op": "remove", "path": "/spec/foo"}]), 422, rejected),
        (Kind::Json, json!([{"op": "test", "path": "/spec/replicas", "value": 7}]), 422, rejected),
        (Kind::Json, json!([{"op": "add", "path": "/metadata/finalizers/5", "value": "x"}]), 422, rejected),
        (Kind::Json, json!([{"op": "remove", "path": "/metadata/finalizers/x"}]), 422, rejected),
        (Kind::Json, json!([{"op": "frob", "path": "/spec"}]), 422, rejected),
        (Kind::Json, json!([{"op": "add", "value": 1}]), 422, rejected),
        (Kind::Json, json!({}), 400, "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
        (Kind::Json, json!([3]), 400, "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
        (Kind::Merge, json!([]), 400, "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (Kind::Strategic, json!([]), 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (
            Kind::Strategic,
            spec(json!({"containers": [{"image": "z"}]})),
            500,
            "map: map[image:z] does not contain declared merge key: name",
        ),
        (
            Kind::Strategic,
            spec(json!({"containers": [{"$patch": "frob", "name": "x"}]})),
            500,
            "unknown patch type: frob in map: map[$patch:frob name:x]",
        ),
        (Kind::Strategic, json!({"spec": {"$patch": "frob"}}), 500, "unknown patch type: frob in map: map[$patch:frob]"),
        (
            Kind::Strategic,
            spec(json!({"$setElementOrder/containers": [{"name": "q"}], "containers": [{"name": "x"}]})),
            500,
            "The order in patch list:\n[map[name:x]]\n doesn't match $setElementOrder list:\n[map[name:q]]\n",
        ),
        (
            Kind::Strategic,
            spec(json!({"volumes": [{"name": "q", "$retainKeys": ["name"], "emptyDir": {}}]})),
            400,
            "invalid patch format of retainKeys",
        ),
    ] {
        let refused = result(kind, with.clone()).unwrap_err();
        assert_eq!((refused.code, refused.message.as_str()), (code, why), "{with}");
    }
    let refused =
        result(Kind::Strategic, json!({"spec": {"template": {"spec": {"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "x"}}]}}}}))
            .unwrap_err();
    let shown = "map[spec:map[template:map[spec:map[volumes:[map[emptyDir:map[sizeLimit:x] name:v]]]]]]";
    assert!(
        refused.message.starts_with(&format!(" \"\" is invalid: patch: Invalid value: \"{shown}\": quantities must match")),
        "{refused:?}"
    );
}

#[test]
fn unknown_fields_are_warned_about_or_refused() {
    let with = json!({"spec": {"foo": 1}});
    let run = |validation| checked(&resource("deployments"), &mut deployment(), &with, Kind::Strategic, validation);
    assert_eq!(run(FieldValidation::Warn).unwrap(), ["unknown field \"spec.foo\""]);
    let why = " \"\" is invalid: patch: Invalid value: \"map[spec:map[foo:1]]\": strict decoding error: unknown field \"spec.foo\"";
    assert_eq!(run(FieldValidation::Strict).unwrap_err().message, why);
}

/// Any JSON without null.
fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![any::<bool>().prop_map(Value::from), (0..9i64).prop_map(Value::from), "[a-c]{0,2}".prop_map(Value::from)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

/// The merge patch that makes `to` of `from`.
fn difference(from: &Value, to: &Value) -> Value {
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return to.clone() };
    let gone = from.keys().filter(|k| !to.contains_key(*k)).map(|k| (k.clone(), Value::Null));
    let changed = to.iter().filter(|(k, v)| from.get(*k) != Some(v));
    let changed =
        changed.map(|(k, v)| (k.clone(), from.get(k).filter(|_| v.is_object()).map_or_else(|| v.clone(), |old| difference(old, v))));
    Value::Object(gone.chain(changed).collect())
}

proptest! {
    #[test]
    fn a_merge_patch_made_from_two_documents_makes_one_of_the_other(from in document(), to in document()) {
        let (from, to) = (json!({"x": from}), json!({"x": to}));
        let mut merged = from.clone();
        merge(&mut merged, &difference(&from, &to));
        prop_assert_eq!(&merged, &to);
        // Without a schema a strategic merge patch is a merge patch.
        let mut merged = from.clone();
        strategic::apply(None, &mut merged, &difference(&from, &to)).unwrap();
        prop_assert_eq!(&merged, &to);
    }

    #[test]
    fn a_strategic_patch_is_idempotent(names in prop::collection::vec("[a-e]", 0..5), image in "[a-z]{1,3}") {
        let mut names = names;
        names.sort_unstable();
        names.dedup();
        let items: Vec<Value> = names.iter().map(|n| json!({"name": n, "image": image})).collect();
        let with = json!({"spec": {"template": {"spec": {"containers": items}}}});
        let once = result(Kind::Strategic, with.clone()).unwrap();
        let mut twice = once.clone();
        patch(&resource("deployments"), &mut twice, &with, Kind::Strategic).unwrap();
        prop_assert_eq!(once, twice);
    }
}
