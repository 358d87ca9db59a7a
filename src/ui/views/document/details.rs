//! An object in plain words: what it is, its conditions, its containers, everything it says of itself, and its events.

use super::pod;
use crate::model::cell::Value as Shown;
use crate::model::document::LAST_APPLIED;
use crate::model::id::ObjectRef;
use crate::model::row::Facts;
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Role;
use crate::ui::views::outline::{Outline, inline, plain};
use crate::ui::widgets::pager::Line;
use crate::ui::words;
use serde_json::{Map, Value};

/// How wide the keys of the head are.
const KEYS: u16 = 12;

/// The newest events that are shown.
const EVENTS: usize = 100;

/// The lines, and in how many seconds one of their ages changes.
pub(super) fn lines(world: &World, object: &ObjectRef, value: &Value, events: &Want, width: u16) -> (Vec<Line>, Option<i64>) {
    let mut out = Outline::new(width, world.now);
    head(&mut out, world, object, value);
    conditions(&mut out, value);
    let is_pod = object.kind.group.is_empty() && &*object.kind.resource == "pods";
    if is_pod {
        pod::containers(&mut out, value);
    }
    body(&mut out, value, is_pod);
    about(&mut out, world, object, events);
    out.end()
}

/// The owner that controls an object, or else the first one.
pub(super) fn owner(object: &Value) -> Option<&Value> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    owners.iter().find(|o| o.get("controller").and_then(Value::as_bool) == Some(true)).or_else(|| owners.first())
}

/// The text of a field.
pub(super) fn field<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn head(out: &mut Outline, world: &World, object: &ObjectRef, value: &Value) {
    let meta = value.get("metadata").unwrap_or(&Value::Null);
    let put = |out: &mut Outline, key: &str, text: &str| out.pair(0, KEYS, key, text, Role::Text);
    out.pair(0, KEYS, "name", &object.name, Role::Title);
    if !object.namespace.is_empty() {
        put(out, "namespace", &object.namespace);
    }
    put(out, "cluster", world.name(object.cluster));
    put(out, "kind", &format!("{}  {}", field(value, "kind"), field(value, "apiVersion")));
    if let Some(at) = Timestamp::parse(field(meta, "creationTimestamp")) {
        let age = out.ago(at);
        put(out, "created", &format!("{age} ago  {}", field(meta, "creationTimestamp")));
    }
    if let Some(at) = Timestamp::parse(field(meta, "deletionTimestamp")) {
        let grace = meta.get("deletionGracePeriodSeconds").map_or_else(String::new, |s| format!(", {s} s of grace"));
        let when = if at > world.now { format!("due in {}", words::span(at.0 - world.now.0)) } else { format!("due {} ago", out.ago(at)) };
        out.pair(0, KEYS, "deletion", &format!("{when}{grace}  {}", field(meta, "deletionTimestamp")), Role::StatusWarn);
    }
    for owner in meta.get("ownerReferences").and_then(Value::as_array).into_iter().flatten() {
        put(out, "owner", &format!("{} {}", field(owner, "kind"), field(owner, "name")));
    }
    entries(out, "labels", meta.get("labels"), "=");
    entries(out, "annotations", meta.get("annotations"), ": ");
    for finalizer in meta.get("finalizers").and_then(Value::as_array).into_iter().flatten() {
        put(out, "finalizer", &plain(finalizer));
    }
}

/// A map of texts, one a line, its name before the first.
fn entries(out: &mut Outline, name: &str, map: Option<&Value>, between: &str) {
    let mut name = name;
    for (key, value) in map.and_then(Value::as_object).into_iter().flatten() {
        if key != LAST_APPLIED {
            out.pair(0, KEYS, name, &format!("{key}{between}{}", plain(value)), Role::Text);
            name = "";
        }
    }
}

fn conditions(out: &mut Outline, value: &Value) {
    let Some(conditions) = value.pointer("/status/conditions").and_then(Value::as_array).filter(|c| !c.is_empty()) else { return };
    out.heading("conditions", "");
    let mut rows = Vec::new();
    for condition in conditions {
        let status = field(condition, "status");
        let since = Timestamp::parse(field(condition, "lastTransitionTime")).map_or_else(|| "–".to_owned(), |at| out.ago(at));
        let role = if is_good(field(condition, "type"), status) { Role::Text } else { Role::StatusWarn };
        let text = |name: &str| (field(condition, name).to_owned(), Role::Text);
        rows.push(vec![
            (field(condition, "type").to_owned(), role),
            (status.to_owned(), role),
            (since, Role::Dim),
            text("reason"),
            text("message"),
        ]);
    }
    out.table(&["TYPE", "STATUS", "AGE", "REASON", "MESSAGE"], &rows);
}

/// Whether a condition is as one would have it. Its type decides which way round it is meant: the API conventions have it that most say what is well when
/// true, and names of troubles say what is wrong.
fn is_good(kind: &str, status: &str) -> bool {
    let troubles = [
        "Pressure",
        "Unavailable",
        "Fail",
        "Error",
        "Degraded",
        "Deleting",
        "Stalled",
        "Denied",
        "Dangling",
        "Violat",
        "NotReady",
        "NonStructural",
    ];
    let trouble = troubles.iter().any(|t| kind.contains(t));
    match status {
        "True" => !trouble,
        "False" => trouble,
        _ => false,
    }
}

/// Everything that stands nowhere else yet: spec first, status last.
fn body(out: &mut Outline, value: &Value, is_pod: bool) {
    let shown: &[&str] = if is_pod { &["containers", "initContainers", "ephemeralContainers"] } else { &[] };
    let statuses = ["conditions", "containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];
    let statuses = if is_pod { &statuses[..] } else { &["conditions"] };
    let object: Vec<(&String, &Value)> = value.as_object().into_iter().flatten().collect();
    let middle = object.iter().filter(|(k, _)| !["apiVersion", "kind", "metadata", "spec", "status"].contains(&k.as_str()));
    part(out, "spec", value.get("spec"), shown);
    let (beside, below): (Vec<_>, Vec<_>) = middle.partition(|(_, v)| inline(v).is_some());
    let beside: Map<String, Value> = beside.into_iter().map(|(k, v)| ((*k).clone(), (*v).clone())).collect();
    part(out, "fields", Some(&Value::Object(beside)), &[]);
    for (key, value) in below {
        part(out, key, Some(value), &[]);
    }
    part(out, "status", value.get("status"), statuses);
}

fn part(out: &mut Outline, title: &str, value: Option<&Value>, without: &[&str]) {
    match value {
        Some(Value::Object(map)) => {
            let rest: Map<String, Value> =
                map.iter().filter(|(k, _)| !without.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
            if !rest.is_empty() {
                out.heading(title, "");
                out.map(2, &rest);
            }
        }
        Some(Value::Null) | None => {}
        Some(other) => {
            out.heading(title, "");
            out.nested(2, other);
        }
    }
}

/// Its events, the newest first.
fn about(out: &mut Outline, world: &World, object: &ObjectRef, want: &Want) {
    let Some(table) = world.serving(want) else { return };
    let is_it = |facts: &Facts| matches!(facts, Facts::Event(event) if event.uid == object.uid);
    let mut rows: Vec<_> = table.rows().filter(|r| is_it(&r.facts)).collect();
    let get = |row, title: &str| table.column(title).map_or(Shown::None, |c| table.value(row, c.source));
    rows.sort_by(|a, b| get(a, "LAST SEEN").order(&get(b, "LAST SEEN")));
    out.heading("events", &standing(world, table, rows.len()));
    let mut shown = Vec::new();
    for row in rows.into_iter().take(EVENTS) {
        let seen = match get(row, "LAST SEEN") {
            Shown::Age(at) => out.ago(at),
            other => other.shown(world.now).into_owned(),
        };
        let text = |title: &str| get(row, title).shown(world.now).into_owned();
        let role = if row.health.is_unhealthy() { Role::StatusWarn } else { Role::Text };
        shown.push(vec![(seen, Role::Dim), (text("TYPE"), role), (text("REASON"), role), (text("MESSAGE"), Role::Text)]);
    }
    if !shown.is_empty() {
        out.table(&["LAST SEEN", "TYPE", "REASON", "MESSAGE"], &shown);
    }
}

/// How true the list of events is, where that is not plain.
fn standing(world: &World, table: &Table, rows: usize) -> String {
    match words::trouble(world, table) {
        Some((what, _)) => what,
        None if !table.is_listed() => "waiting…".to_owned(),
        None if rows == 0 => "none".to_owned(),
        None => String::new(),
    }
}
