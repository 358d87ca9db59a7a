//! What is sent for a key, and why nothing is.

use super::*;
use crate::actions::tests::item;
use crate::model::id::GroupResource;

fn map(before: Value) -> Item {
    let mut item = item(("", "pods"), before);
    item.target.kind = GroupResource::new("", "configmaps");
    item
}

fn secret(before: Value) -> Item {
    let mut item = map(before);
    item.target.kind = GroupResource::new("", "secrets");
    item
}

fn wrote(mut item: Item, key: &str, base: Option<&str>, text: &str) -> Item {
    let subject = Subject::value(item.target.clone(), key);
    item.given = Given::Value(Draft { subject, base: base.map(str::to_owned), text: text.to_owned() });
    item
}

fn filled(values: &[(&'static str, &str)]) -> Form {
    Form::of(values.iter().map(|(name, text)| Field::new(*name, "", text)))
}

/// What a verb sends, or why nothing.
fn sent(verb: &Verb, item: &Item, form: &Form) -> Result<Value, String> {
    crate::actions::tests::sent(verb, item, form)
}

#[test]
fn a_value_is_sent_alone_and_holds_for_what_was_seen() {
    let held = json!({"data": {"a": "one", "b/": "two"}});
    let ops = |op: &str, path: &str, was: &str, now: &str| json!([{"op": "test", "path": path, "value": was}, {"op": op, "path": path, "value": now}]);
    for (item, expected) in [
        (wrote(map(held.clone()), "a", Some("one"), "1\n2"), Ok(ops("replace", "/data/a", "one", "1\n2"))),
        (wrote(map(held.clone()), "b/", Some("two"), ""), Ok(ops("replace", "/data/b~1", "two", ""))),
        (wrote(map(held.clone()), "c", None, "three"), Ok(json!([{"op": "add", "path": "/data/c", "value": "three"}]))),
        (wrote(map(json!({})), "c", None, "three"), Ok(json!({"data": {"c": "three"}}))),
        (wrote(secret(json!({"data": {"a": "b25l"}})), "a", Some("one"), "1"), Ok(ops("replace", "/data/a", "b25l", "MQ=="))),
        (wrote(secret(json!({})), "a", None, "one"), Ok(json!({"data": {"a": "b25l"}}))),
        (wrote(map(json!({"binaryData": {"x": "aGk="}})), "x", Some("hi"), "ho"), Ok(ops("replace", "/binaryData/x", "aGk=", "aG8="))),
        (wrote(map(held.clone()), "a", Some("one"), "one"), Err("nothing is changed yet")),
        (wrote(map(held.clone()), "a", Some("zero"), "1"), Err("somebody else has just changed a")),
        (wrote(map(held.clone()), "z", Some("one"), "1"), Err("z is not there any more")),
        (wrote(map(held.clone()), "a", None, "1"), Err("it has a key a already")),
        (wrote(map(held.clone()), "..", None, "1"), Err("..: must not be '..'")),
        (wrote(map(held.clone()), "größe", None, "1"), Err("größe: a valid config key")),
        (wrote(map(held.clone()), "a", Some("one"), "<<<<<<< your lines\n1\n=======\n2\n>>>>>>> x"), Err("a conflict is marked")),
        (wrote(map(json!({"immutable": true, "data": {"a": "one"}})), "a", Some("one"), "1"), Err("it is immutable")),
    ] {
        match (sent(&SET, &item, &Form::default()), expected) {
            (Ok(sent), Ok(expected)) => assert_eq!(sent, expected),
            (Err(why), Err(words)) => assert!(why.starts_with(words), "{why}"),
            (sent, expected) => panic!("{sent:?} where {expected:?}"),
        }
    }
}

#[test]
fn a_new_key_gets_its_name_in_the_dialog() {
    let new = wrote(map(json!({"data": {"a": "one"}})), "", None, "text\n=======\n");
    assert_eq!((SET.form)(std::slice::from_ref(&new), "").fields.len(), 1);
    assert_eq!(sent(&SET, &new, &filled(&[("name", "")])), Err("which name?".to_owned()));
    // What looks like a conflict and was there before is none.
    let was = "<<<<<<< a\n";
    let marked = wrote(map(json!({"data": {"a": was}})), "a", Some(was), "<<<<<<< a\n1");
    assert!(sent(&SET, &marked, &Form::default()).is_ok());
    assert!((SET.form)(&[marked], "").fields.is_empty());
}

#[test]
fn a_key_is_renamed_or_removed_alone() {
    let held = map(json!({"data": {"a": "one", "b": "two"}, "binaryData": {"c": "/wA="}}));
    let seen = |path: &str, value: &str| json!({"op": "test", "path": path, "value": value});
    for (verb, form, expected) in [
        (
            &RENAME,
            vec![("key", "a"), ("name", "z")],
            Ok(json!([seen("/data/a", "one"), {"op": "add", "path": "/data/z", "value": "one"}, {"op": "remove", "path": "/data/a"}])),
        ),
        (
            &RENAME,
            vec![("key", "c"), ("name", "d")],
            Ok(
                json!([seen("/binaryData/c", "/wA="), {"op": "add", "path": "/binaryData/d", "value": "/wA="}, {"op": "remove", "path": "/binaryData/c"}]),
            ),
        ),
        (&REMOVE, vec![("key", "c")], Ok(json!([seen("/binaryData/c", "/wA="), {"op": "remove", "path": "/binaryData/c"}]))),
        (&RENAME, vec![("key", "a"), ("name", "a")], Err("that is its name already")),
        (&RENAME, vec![("key", "a"), ("name", "c")], Err("it has a key c already")),
        (&RENAME, vec![("key", "a"), ("name", "..b")], Err("..b: must not start with '..'")),
        (&RENAME, vec![("key", "y"), ("name", "z")], Err("it has no key y")),
        (&REMOVE, vec![("key", "")], Err("which key?")),
    ] {
        match (sent(verb, &held, &filled(&form)), expected) {
            (Ok(sent), Ok(expected)) => assert_eq!(sent, expected),
            (Err(why), Err(words)) => assert!(why.starts_with(words), "{why}"),
            (sent, expected) => panic!("{form:?}: {sent:?} where {expected:?}"),
        }
    }
    assert_eq!(sent(&REMOVE, &map(json!({})), &filled(&[])), Err("it holds no keys".to_owned()));
    let chosen = |before: Value| which(&[map(before)], "").text("key").to_owned();
    assert_eq!([chosen(json!({"data": {"a": "one"}})), chosen(json!({"data": {"a": "one", "b": "two"}}))], ["a", ""]);
    let frozen = map(json!({"immutable": true, "data": {"a": "one"}}));
    assert!(sent(&REMOVE, &frozen, &filled(&[("key", "a")])).unwrap_err().starts_with("it is immutable"));
}

fn pod(name: &str, spec: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": spec})
}

#[test]
fn who_uses_a_key_is_told_with_when_it_is_seen() {
    let mount = |path: Value| json!({"containers": [{"volumeMounts": [path]}], "volumes": [{"name": "v", "configMap": {"name": "web"}}]});
    let pods = [
        pod("env", json!({"containers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "web", "key": "a"}}}]}]})),
        pod("all", json!({"containers": [], "initContainers": [{"envFrom": [{"configMapRef": {"name": "web"}}]}]})),
        pod("file", mount(json!({"name": "v"}))),
        pod("frozen", mount(json!({"name": "v", "subPath": "a"}))),
        pod(
            "projected",
            json!({"containers": [{"volumeMounts": [{"name": "p"}]}], "volumes": [{"name": "p", "projected": {"sources": [{"configMap": {"name": "web"}}]}}]}),
        ),
        pod(
            "other",
            json!({"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "web", "key": "a"}}}], "envFrom": [{"configMapRef": {"name": "x"}}]}]}),
        ),
    ];
    let told = |item: &Item, key: &str, goes: bool| users::notes(item, key, goes).into_iter().map(|n| n.text).collect::<Vec<_>>();
    let mut of = map(json!({"data": {"a": "one"}}));
    of.around = users::around(&of).into_iter().map(|a| (a, Some(Ok(json!({"items": pods}))))).collect();
    assert_eq!(
        told(&of, "a", false),
        [
            "env, all: in the environment, which follows with a restart only",
            "frozen: a file by subPath, which follows with a restart only",
            "file, projected: a file, which follows within a minute or two",
        ]
    );
    assert!(told(&of, "a", true)[0].starts_with("env: an environment variable names the key"));
    assert!(told(&of, "b", true)[0].starts_with("all: in the environment"));
    of.target.kind = GroupResource::new("", "secrets");
    assert_eq!(told(&of, "a", false), ["other: in the environment, which follows with a restart only"]);
    of.target.name = "nobody".into();
    assert_eq!(told(&of, "a", false), ["no pod that runs here"]);
    of.around[0].1 = Some(Err("forbidden".to_owned()));
    assert_eq!(told(&of, "a", false), ["which pods use it cannot be told: forbidden"]);
}

#[test]
fn a_line_break_at_the_end_of_a_secret_is_told() {
    let told = |base: Option<&str>, text: &str| {
        let of = wrote(secret(json!({"data": {}})), "a", base, text);
        set_notes(&of, &Form::default()).iter().any(|n| n.about == "line break")
    };
    assert_eq!([told(None, "x\n"), told(Some("y"), "x\n"), told(Some("y\n"), "x\n"), told(None, "x")], [true, true, false, false]);
}
