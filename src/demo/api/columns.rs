//! The columns of kinds that have no file in [`crate::kinds`]: titles and values as the printers of a real server have them
//! (k8s.io/kubernetes/pkg/printers/internalversion), and those that definitions of custom kinds ask for.

use crate::demo::json::{entries, instant, int, is_true, list, text};
use crate::demo::resource::{Printed, Resource};
use crate::model::time::{Timestamp, human};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Makes the value of a cell.
pub(super) type Read = Box<dyn Fn(&Value, Timestamp) -> Value + Send>;

/// A column.
pub(super) struct Own {
    /// As the server titles it; kubectl puts it in capitals.
    pub title: Cow<'static, str>,
    /// `string`, `integer`, ..
    pub kind: &'static str,
    /// 1 where only wide output shows it.
    pub priority: u8,
    /// The value.
    pub value: Read,
}

type Plain = fn(&Value, Timestamp) -> Value;
/// Title (with a `+` before it where only wide output shows it, a `>` where it comes after the age) and value.
type Table = &'static [(&'static str, Plain)];

/// The columns of a kind, from its name to its age.
pub(super) fn of(resource: &Resource) -> Vec<Own> {
    let mut columns = vec![plain("Name", |v, _| at(v, "/metadata/name"))];
    if resource.custom {
        columns.extend(resource.columns.iter().map(custom));
    }
    let table = TABLES.iter().find(|(plural, _)| *plural == resource.plural && !resource.custom).map(|(_, t)| *t).unwrap_or_default();
    let (wide, always): (Vec<_>, Vec<_>) = table.iter().copied().partition(|(title, _)| title.starts_with('+'));
    let (last, always): (Vec<_>, Vec<_>) = always.into_iter().partition(|(title, _)| title.starts_with('>'));
    columns.extend(always.into_iter().map(|(title, value)| plain(title, value)));
    if !columns.iter().any(|c| c.title == "Age" || c.title == "Created At") {
        columns.push(age());
    }
    columns.extend(last.into_iter().map(|(title, value)| plain(title.trim_start_matches('>'), value)));
    columns.extend(wide.into_iter().map(|(title, value)| Own { priority: 1, ..plain(title.trim_start_matches('+'), value) }));
    columns
}

fn plain(title: &'static str, value: Plain) -> Own {
    Own { title: title.into(), kind: "string", priority: 0, value: Box::new(value) }
}

fn age() -> Own {
    let value = |v: &Value, now| ago(v, "/metadata/creationTimestamp", now);
    Own { title: "Age".into(), kind: "string", priority: 0, value: Box::new(value) }
}

/// A column of a definition. Its paths are plain: names after dots, and quoted ones in brackets or with a filter are not followed.
fn custom(Printed { title, kind, path, is_wide }: &Printed) -> Own {
    let (path, is_date) = (path.clone(), kind == "date");
    let value = move |v: &Value, now| match follow(v, &path) {
        Some(found) if is_date => found.as_str().and_then(instant).map_or(json!("<invalid>"), |at| json!(aged(at, now))),
        Some(found) => found.clone(),
        None => Value::Null,
    };
    Own { title: title.clone().into(), kind: "string", priority: u8::from(*is_wide), value: Box::new(value) }
}

/// Follows `.status.conditions[?(@.type=="Ready")].status` and simpler paths.
fn follow<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut at = value;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some((filter, after)) = rest.strip_prefix("[?(@.").and_then(|r| r.split_once(")]")) {
            let (key, want) = filter.split_once("==")?;
            let want = want.trim_matches(['"', '\'']);
            at = at.as_array()?.iter().find(|item| item.get(key).and_then(Value::as_str) == Some(want))?;
            rest = after;
            continue;
        }
        if let Some((index, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
            at = at.get(index.parse::<usize>().ok()?)?;
            rest = after;
            continue;
        }
        let step = rest.strip_prefix('.')?;
        let end = step.find(['.', '[']).unwrap_or(step.len());
        let (name, after) = step.split_at(end);
        at = at.get(name)?;
        rest = after;
    }
    Some(at)
}

fn at(value: &Value, place: &str) -> Value {
    value.pointer(place).cloned().unwrap_or_default()
}

/// How long ago the instant at a place is.
pub(super) fn ago(value: &Value, place: &str, now: Timestamp) -> Value {
    json!(text(value, place).and_then(instant).map_or_else(|| "<unknown>".to_owned(), |at| aged(at, now)))
}

fn aged(at: i64, now: Timestamp) -> String {
    let mut out = String::new();
    human(Timestamp(at.div_euclid(1000)).age(now), &mut out);
    out
}

fn or_none(text: String) -> Value {
    json!(if text.is_empty() { "<none>" } else { &text })
}

fn number(value: &Value, place: &str) -> Value {
    json!(int(value, place).unwrap_or_default())
}

fn size(value: &Value, place: &str) -> Value {
    json!(value.pointer(place).and_then(Value::as_object).map_or(0, serde_json::Map::len))
}

fn map(value: &Value, place: &str) -> Value {
    or_none(entries(value, place).map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect::<Vec<_>>().join(","))
}

fn endpoints(value: &Value) -> Value {
    let all = list(value, "/subsets").iter().flat_map(|s| {
        let ports = list(s, "/ports").iter().filter_map(|p| int(p, "/port"));
        let addresses: Vec<&str> = list(s, "/addresses").iter().filter_map(|a| text(a, "/ip")).collect();
        ports.flat_map(move |port| addresses.clone().into_iter().map(move |a| format!("{a}:{port}")).collect::<Vec<_>>())
    });
    shortened(&all.collect::<Vec<_>>(), 3)
}

fn shortened(all: &[String], most: usize) -> Value {
    let shown = all.iter().take(most).cloned().collect::<Vec<_>>().join(",");
    if all.len() > most { json!(format!("{shown} + {} more...", all.len() - most)) } else { or_none(shown) }
}

fn role(value: &Value) -> Value {
    let of = |place| text(value, place).unwrap_or_default().to_owned();
    json!(format!("{}/{}", of("/roleRef/kind"), of("/roleRef/name")))
}

fn subjects(value: &Value, kind: &str) -> Value {
    json!(
        list(value, "/subjects")
            .iter()
            .filter(|s| text(s, "/kind") == Some(kind))
            .filter_map(|s| text(s, "/namespace").into_iter().chain(text(s, "/name")).collect::<Vec<_>>().join("/").into())
            .collect::<Vec<String>>()
            .join(", ")
    )
}

const TABLES: &[(&str, Table)] = &[
    ("configmaps", &[("Data", |v, _| json!(size(v, "/data").as_u64().unwrap_or(0) + size(v, "/binaryData").as_u64().unwrap_or(0)))]),
    ("secrets", &[("Type", |v, _| at(v, "/type")), ("Data", |v, _| size(v, "/data"))]),
    ("endpoints", &[("Endpoints", |v, _| endpoints(v))]),
    ("limitranges", &[("Created At", |v, _| at(v, "/metadata/creationTimestamp"))]),
    (
        "replicationcontrollers",
        &[
            ("Desired", |v, _| number(v, "/spec/replicas")),
            ("Current", |v, _| number(v, "/status/replicas")),
            ("Ready", |v, _| number(v, "/status/readyReplicas")),
        ],
    ),
    ("controllerrevisions", &[("Controller", |v, _| or_none(owner(v))), ("Revision", |v, _| number(v, "/revision"))]),
    ("ingressclasses", &[("Controller", |v, _| at(v, "/spec/controller")), ("Parameters", |_, _| json!("<none>"))]),
    ("networkpolicies", &[("Pod-Selector", |v, _| map(v, "/spec/podSelector/matchLabels"))]),
    (
        "storageclasses",
        &[
            ("Provisioner", |v, _| at(v, "/provisioner")),
            ("ReclaimPolicy", |v, _| at(v, "/reclaimPolicy")),
            ("VolumeBindingMode", |v, _| at(v, "/volumeBindingMode")),
            ("AllowVolumeExpansion", |v, _| json!(is_true(v, "/allowVolumeExpansion"))),
        ],
    ),
    (
        "priorityclasses",
        &[
            ("Value", |v, _| number(v, "/value")),
            ("Global-Default", |v, _| json!(is_true(v, "/globalDefault"))),
            (">PreemptionPolicy", |v, _| json!(text(v, "/preemptionPolicy").unwrap_or("PreemptLowerPriority"))),
        ],
    ),
    ("leases", &[("Holder", |v, _| json!(text(v, "/spec/holderIdentity").unwrap_or_default()))]),
    ("roles", &[("Created At", |v, _| at(v, "/metadata/creationTimestamp"))]),
    ("clusterroles", &[("Created At", |v, _| at(v, "/metadata/creationTimestamp"))]),
    ("rolebindings", BINDING),
    ("clusterrolebindings", BINDING),
    ("customresourcedefinitions", &[("Created At", |v, _| at(v, "/metadata/creationTimestamp"))]),
];

const BINDING: Table = &[
    ("Role", |v, _| role(v)),
    ("+Users", |v, _| subjects(v, "User")),
    ("+Groups", |v, _| subjects(v, "Group")),
    ("+ServiceAccounts", |v, _| subjects(v, "ServiceAccount")),
];

fn owner(value: &Value) -> String {
    let owner = list(value, "/metadata/ownerReferences").first();
    let of = |o: &Value, place: &str| text(o, place).unwrap_or_default().to_owned();
    let group = |o: &Value| of(o, "/apiVersion").split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    owner.map(|o| format!("{}{}/{}", of(o, "/kind").to_lowercase(), group(o), of(o, "/name"))).unwrap_or_default()
}
