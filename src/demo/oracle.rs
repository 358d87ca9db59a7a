//! What a real API server answered to a table of writes (`tests/fixtures/demo/writes.json`, made by `tests/it/cluster/writes.rs`), beside what a
//! simulated one answers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use super::json::{remove, text};
use super::managed::{self, Writer};
use super::patch::{self, Kind};
use super::resource::Resource;
use super::schema::decode::{FieldValidation, decode};
use super::sim::Sim;
use super::status::{Answer, Refusal};
use super::store::{Key, Object};
use super::write::How;
use serde_json::{Value, json};
use std::sync::Arc;

const WRITES: &str = include_str!("../../tests/fixtures/demo/writes.json");

fn write(sim: &mut Sim, resource: &Resource, name: &str, step: &Value) -> Answer<Arc<Object>> {
    let (by, body) = (text(step, "/by").unwrap(), &step["body"]);
    let how = How { manager: by, applied: step["verb"] == "apply", ..How::default() };
    let (id, namespace) = (resource.id(), if resource.namespaced { "t" } else { "" });
    let writer = Writer { manager: by, subresource: "", now: sim.store.now };
    let placed = |mut value: Value| {
        if resource.namespaced {
            value["metadata"]["namespace"] = "t".into();
        }
        value
    };
    let kind = match step["verb"].as_str().unwrap() {
        "create" => return sim.create(&id, placed(decode(resource, body.to_string().as_bytes(), FieldValidation::Warn)?.0), how),
        "apply" => {
            let force = step["force"] == true;
            if sim.store.get(&id, namespace, name).is_none() {
                return sim.create(&id, placed(managed::apply(resource, None, body, &writer, force)?), how);
            }
            return sim.update(&id, &Key::new(namespace, name), how, |live| {
                *live = managed::apply(resource, Some(live), body, &writer, force)?;
                Ok(())
            });
        }
        "json" => Kind::Json,
        "merge" => Kind::Merge,
        _ => Kind::Strategic,
    };
    sim.update(&id, &Key::new(namespace, name), how, |live| patch::checked(resource, live, body, kind, FieldValidation::Warn).map(drop))
}

fn answer(refusal: &Refusal) -> Value {
    let mut status = refusal.status();
    ["/kind", "/apiVersion", "/metadata", "/status"].iter().for_each(|place| drop(remove(&mut status, place)));
    status
}

/// What differs by nature is made the same: uids, addresses, ports and names that are drawn by lot.
fn plain(mut value: Value) -> String {
    for place in ["/metadata/uid", "/metadata/resourceVersion", "/metadata/creationTimestamp", "/status"] {
        remove(&mut value, place);
    }
    if let Some(Value::Array(entries)) = value.pointer_mut("/metadata/managedFields") {
        entries.iter_mut().for_each(|e| drop(remove(e, "/time")));
    }
    let lot = [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID"),
        (r"10\.96\.\d+\.\d+", "ADDRESS"),
        (r#""nodePort":3\d{4}"#, "\"nodePort\":3"),
        (r#"gen-\w{5}""#, "gen-\""),
    ];
    // The real server finds mistakes in maps in any order, and puts in what its own controllers take out again.
    if let Some(Value::Array(causes)) = value.pointer_mut("/details/causes") {
        causes.sort_by_key(Value::to_string);
        causes.dedup();
        if causes.len() > 1 {
            remove(&mut value, "/message");
        }
    }
    for place in ["/metadata/finalizers", "/spec/taints"] {
        if value.pointer(place).is_some_and(|v| v.to_string().contains("-protection") || v.to_string().contains("not-ready")) {
            remove(&mut value, place);
        }
    }
    if value["kind"] == "Node" && value["spec"] == json!({}) {
        remove(&mut value, "/spec");
    }
    let mut text = serde_json::to_string(&sorted(&value)).unwrap();
    for (pattern, with) in lot {
        text = regex::Regex::new(pattern).unwrap().replace_all(&text, with).into_owned();
    }
    text
}

/// Without what Go prints of its own structs: a difference of two, or a whole one; and without a whole object, which has times in it.
fn brief(text: &str) -> String {
    if let Some(((head, _), (_, tail))) = text.split_once("Invalid value: \"{").zip(text.rsplit_once("}\": ")) {
        return format!("{head}{tail}");
    }
    let text = text.split_once("\n@@ ").map_or(text, |(head, _)| head);
    match text.split_once("spec.template: Invalid value: {").or(text.split_once("Invalid value: {")).zip(text.rsplit_once("}: ")) {
        Some(((head, _), (_, tail))) if text.to_lowercase().contains("containers") => format!("{head}{tail}"),
        _ => text.to_owned(),
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            Value::Object(keys.into_iter().map(|k| (k.clone(), sorted(&map[k]))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::String(text) => Value::String(brief(text)),
        other => other.clone(),
    }
}

/// Where the two begin to differ.
fn around(real: &str, ours: &str) -> String {
    let at = real.bytes().zip(ours.bytes()).position(|(a, b)| a != b).unwrap_or(real.len().min(ours.len()));
    let cut = |text: &str| text.chars().skip(at.saturating_sub(150)).take(420).collect::<String>();
    format!("real {}\nours {}", cut(real), cut(ours))
}

#[test]
fn writes_are_answered_as_by_a_real_server() {
    let cases: Vec<Vec<Value>> = serde_json::from_str(WRITES).unwrap();
    let mut wrong = Vec::new();
    for (i, steps) in cases.iter().enumerate() {
        let mut sim = Sim::new("alpha", 1, 1_700_000_000_000);
        sim.create("namespaces", json!({"metadata": {"name": "t"}}), How::by("test")).unwrap();
        let mut about = None;
        for (j, step) in steps.iter().enumerate() {
            if let Some(kind) = text(step, "/body/kind") {
                let name = text(step, "/body/metadata/name").unwrap_or_default().to_owned();
                about = Resource::served().into_iter().find(|r| r.kind == kind).map(|r| (r, name));
            }
            let (resource, name) = about.as_ref().unwrap();
            let ours =
                write(&mut sim, resource, name, step).map_or_else(|refusal| answer(&refusal), |stored| Value::clone(&stored.value()));
            let (real, ours) = (plain(step["answer"].clone()), plain(ours));
            if real != ours {
                wrong.push(format!("{i}.{j} {} {}\n{}\n", step["verb"], resource.kind, around(&real, &ours)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
