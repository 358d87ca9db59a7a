//! What goes along with something that is deleted: what it owns, what is in it, and the data behind it.

use crate::model::id::Uid;
use crate::model::world::World;
use crate::safety::form::Form;
use crate::safety::item::Item;
use crate::safety::verb::{Around, Note};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// So many names of a kind are told.
const NAMED: usize = 3;

const PODS: (&str, &str) = ("", "pods");
const CLAIMS: (&str, &str) = ("", "persistentvolumeclaims");
const VOLUMES: (&str, &str) = ("", "persistentvolumes");
const SETS: (&str, &str) = ("apps", "replicasets");
const JOBS: (&str, &str) = ("batch", "jobs");
/// What is looked for in a namespace: what serves, what holds data, what people made by hand.
const IN_NAMESPACE: [(&str, &str); 9] = [
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "cronjobs"),
    JOBS,
    PODS,
    ("", "services"),
    CLAIMS,
    VOLUMES,
];

/// What is read beside the object, owners before what they own.
pub(super) fn around(item: &Item) -> Vec<Around> {
    let selector = item.selector();
    let selected = |kind| Around { kind, selector: selector.clone() };
    let all = |kind| Around { kind, selector: String::new() };
    match (&*item.target.kind.group, &*item.target.kind.resource) {
        ("apps", "deployments") => vec![selected(SETS), selected(PODS)],
        ("apps", "statefulsets") => vec![selected(PODS), selected(CLAIMS)],
        ("apps", "replicasets" | "daemonsets") | ("batch", "jobs") => vec![selected(PODS)],
        ("batch", "cronjobs") => vec![all(JOBS), all(PODS)],
        ("", "persistentvolumeclaims") => {
            let volume = item.text("/spec/volumeName").map(|name| Around { kind: VOLUMES, selector: format!("metadata.name={name}") });
            [all(PODS)].into_iter().chain(volume).collect()
        }
        ("", "namespaces") => IN_NAMESPACE.into_iter().map(all).collect(),
        _ => Vec::new(),
    }
}

/// What a person should know before it is deleted.
pub(super) fn notes(item: &Item, form: &Form, world: &World) -> Vec<Note> {
    let mut notes = Vec::new();
    let orphans = form.text("propagation") == "orphan";
    let goes = told(&if is(item, "", "namespaces") { inside(item) } else { owned(item, world) });
    match (goes.is_empty(), orphans) {
        (true, _) => {}
        (false, true) => notes.push(Note::info("stays", format!("without an owner: {goes}"))),
        (false, false) => notes.push(Note::warn("goes along", goes)),
    }
    notes.extend(volumes(item));
    notes.extend(special(item));
    let finalizers = item.before.as_ref().and_then(|o| o.pointer("/metadata/finalizers")?.as_array());
    let held: Vec<&str> = finalizers.into_iter().flatten().filter_map(Value::as_str).collect();
    if !held.is_empty() {
        notes.push(Note::warn("finalizers", format!("it stays until these are done: {}", held.join(", "))));
    }
    // What is not served is not there.
    let unread = item.around.iter().find_map(|(around, read)| Some((around, read.as_ref()?.as_ref().err()?)));
    if let Some((around, why)) = unread.filter(|(_, why)| !why.starts_with("not served")) {
        notes.push(Note::warn("unknown", format!("which {} go along cannot be told: {why}", around.kind.1)));
    }
    notes
}

fn is(item: &Item, group: &str, resource: &str) -> bool {
    *item.target.kind.group == *group && *item.target.kind.resource == *resource
}

/// What is special about a kind.
fn special(item: &Item) -> Option<Note> {
    match (&*item.target.kind.group, &*item.target.kind.resource) {
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            Some(Note::warn("goes along", "every object of this kind, in all namespaces"))
        }
        ("", "nodes") => Some(Note::warn("node", "the machine goes on running: drain it first, and stop it where it was made")),
        ("", "pods") => {
            let owned = item.before.as_ref().and_then(|o| o.pointer("/metadata/ownerReferences")).is_some();
            Some(if owned {
                Note::info("PDB", "deleting asks no disruption budget; evict does")
            } else {
                Note::warn("owner", "nothing keeps it: nobody makes another one")
            })
        }
        ("", "persistentvolumeclaims") => {
            let claims = |pod: &&Value| {
                let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array).into_iter().flatten();
                volumes.filter_map(|v| v.pointer("/persistentVolumeClaim/claimName")?.as_str()).any(|name| *name == *item.target.name)
            };
            let users: Vec<String> = item.beside("pods").iter().filter(claims).map(name).collect();
            (!users.is_empty()).then(|| Note::warn("in use", format!("it stays as long as these use it: {}", few(&users))))
        }
        _ => None,
    }
}

/// By kind, the names of objects.
type Names = BTreeMap<String, Vec<String>>;

/// What is in a namespace.
fn inside(item: &Item) -> Names {
    let lists = item.around.iter().map(|(around, _)| around.kind.1).filter(|kind| *kind != VOLUMES.1);
    lists.map(|kind| (kind.to_owned(), item.beside(kind).iter().map(name).collect())).collect()
}

/// What it owns, and what that owns: as it was just read, and of other kinds as the tables have it.
fn owned(item: &Item, world: &World) -> Names {
    let mut uids = BTreeSet::from([item.target.uid]);
    let mut names = Names::new();
    for (around, _) in &item.around {
        for object in item.beside(around.kind.1) {
            let text = |v: &Value| v.get("uid").and_then(Value::as_str).map(Uid::parse);
            let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
            let is_owned = owners.filter_map(text).any(|uid| uids.contains(&uid));
            if is_owned && object.get("metadata").and_then(text).is_some_and(|uid| uids.insert(uid)) {
                names.entry(around.kind.1.to_owned()).or_default().push(name(object));
            }
        }
    }
    // Owners may come after what they own.
    for _ in 0..3 {
        let tables = world.tables.of(item.target.cluster).filter(|t| &*t.want.kind.resource != "events");
        for (table, row) in tables.flat_map(|t| t.rows().map(move |row| (t, row))) {
            if row.owner.as_ref().is_some_and(|o| uids.contains(&o.uid)) && uids.insert(row.uid) {
                names.entry(table.want.kind.resource.to_string()).or_default().push(row.name.to_string());
            }
        }
    }
    names
}

/// What becomes of the data.
fn volumes(item: &Item) -> Vec<Note> {
    let whole = is(item, "", "namespaces");
    let mut notes = Vec::new();
    if is(item, "apps", "statefulsets") {
        let claims: Vec<String> = item.beside(CLAIMS.1).iter().map(name).collect();
        let goes = item.text("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == Some("Delete");
        if !claims.is_empty() {
            let told = few(&claims);
            notes.push(if goes {
                Note::warn("data", format!("its claims go too: {told}"))
            } else {
                Note::info("data", format!("its claims stay: {told}"))
            });
        }
    }
    let mine = |volume: &&Value| {
        let claim = |key: &str| volume.pointer("/spec/claimRef").and_then(|c| c.get(key)?.as_str()).unwrap_or_default();
        if whole {
            claim("namespace") == &*item.target.name
        } else {
            claim("namespace") == &*item.target.namespace && claim("name") == &*item.target.name
        }
    };
    let own: Vec<&Value> =
        if is(item, "", "persistentvolumes") { item.before.iter().collect() } else { item.beside(VOLUMES.1).iter().filter(mine).collect() };
    let (lost, kept): (Vec<&Value>, Vec<&Value>) =
        own.into_iter().partition(|v| v.pointer("/spec/persistentVolumeReclaimPolicy").and_then(Value::as_str) == Some("Delete"));
    let told = |volumes: Vec<&Value>| few(&volumes.into_iter().map(name).collect::<Vec<_>>());
    if !lost.is_empty() {
        notes.push(Note::warn("data", format!("is deleted, since these volumes are reclaimed with Delete: {}", told(lost))));
    }
    if !kept.is_empty() {
        notes.push(Note::info("data", format!("is kept: {}", told(kept))));
    }
    notes
}

pub(in crate::actions) fn name(object: &Value) -> String {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Names of a kind, a few of them.
pub(in crate::actions) fn few(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn told(names: &Names) -> String {
    let kinds = names.iter().filter(|(_, names)| !names.is_empty());
    kinds.map(|(kind, names)| format!("{} {kind} ({})", names.len(), few(names))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::item;
    use super::*;
    use serde_json::json;

    fn object(name: &str, owner: &str) -> Value {
        json!({"metadata": {"name": name, "uid": name, "ownerReferences": [{"uid": owner}]}})
    }

    /// An object with what was read beside it.
    fn with(mut item: Item, lists: &[Value]) -> Item {
        item.around = around(&item).into_iter().zip(lists).map(|(a, list)| (a, Some(Ok(json!({"items": list}))))).collect();
        item
    }

    fn say(item: &Item, propagation: &str) -> String {
        let form = Form::of([crate::safety::form::Field::new("propagation", "", propagation)]);
        notes(item, &form, &World::default()).iter().map(|n| format!("{}: {}\n", n.about, n.text)).collect()
    }

    #[test]
    fn what_is_owned_goes_along_and_nothing_else() {
        let deployment =
            item(("apps", "deployments"), json!({"metadata": {"uid": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}));
        assert_eq!(around(&deployment)[0].selector, "app=web");
        let sets = json!([object("web-1", "web"), object("other-1", "other")]);
        let pods = json!([object("web-1-a", "web-1"), object("web-1-b", "web-1"), object("other-1-a", "other-1")]);
        let deployment = with(deployment, &[sets, pods]);
        assert_eq!(say(&deployment, "background"), "goes along: 2 pods (web-1-a, web-1-b), 1 replicasets (web-1)\n");
        assert!(say(&deployment, "orphan").starts_with("stays: without an owner"));
    }

    #[test]
    fn a_namespace_names_what_is_in_it_and_which_data_is_lost() {
        let names = |n: usize| Value::Array((0..n).map(|i| object(&format!("x-{i}"), "")).collect());
        let volume = |policy: &str, namespace: &str| json!({"metadata": {"name": policy.to_lowercase()}, "spec": {"persistentVolumeReclaimPolicy": policy, "claimRef": {"namespace": namespace, "name": "c"}}});
        let volumes = json!([volume("Delete", "web"), volume("Retain", "web"), volume("Delete", "elsewhere")]);
        let mut lists = vec![names(0); 9];
        (lists[5], lists[8]) = (names(5), volumes);
        let said = say(&with(item(("", "namespaces"), json!({})), &lists), "background");
        assert!(said.contains("goes along: 5 pods (x-0, x-1, x-2 and 2 more)\n"), "{said}");
        assert!(said.contains("reclaimed with Delete: delete\n") && said.contains("is kept: retain\n"), "{said}");
    }

    #[test]
    fn data_is_told_of() {
        let claim = item(
            ("", "persistentvolumeclaims"),
            json!({"spec": {"volumeName": "pv"}, "metadata": {"finalizers": ["kubernetes.io/pvc-protection"]}}),
        );
        let user = json!({"metadata": {"name": "db-0"}, "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "web"}}]}});
        let volume = json!({"metadata": {"name": "pv"}, "spec": {"persistentVolumeReclaimPolicy": "Delete", "claimRef": {"namespace": "shop", "name": "web"}}});
        let said = say(&with(claim, &[json!([user]), json!([volume])]), "background");
        for word in ["Delete: pv", "as long as these use it: db-0", "until these are done: kubernetes.io/pvc-protection"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        for (policy, word) in [("Delete", "go too: data"), ("Retain", "stay: data")] {
            let set = json!({"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": policy}}});
            let said = say(&with(item(("apps", "statefulsets"), set), &[json!([]), json!([object("data", "")])]), "background");
            assert!(said.contains(word), "{said}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_over() {
        let mut set = item(("apps", "daemonsets"), json!({}));
        set.around = around(&set).into_iter().map(|a| (a, Some(Err("forbidden".to_owned())))).collect();
        assert!(say(&set, "background").contains("which pods go along cannot be told: forbidden"));
    }
}
