//! ControllerRevisions: the templates that a StatefulSet or DaemonSet has had, which rollbacks choose from.

use super::own::{self, MANAGER};
use super::template::{hash, same};
use crate::demo::json::{entries, int, remove, set, text};
use crate::demo::sim::Sim;
use crate::demo::status::Answer;
use crate::demo::store::Key;
use crate::demo::write::{Delete, How};
use serde_json::{Map, Value, json};

const ID: &str = "controllerrevisions.apps";
/// The label that tells pods of one revision from those of another.
pub const LABEL: &str = "controller-revision-hash";

/// One revision.
#[derive(Clone)]
pub struct Revision {
    /// Its name.
    pub name: String,
    /// Its hash, with which its name ends.
    pub hash: String,
    /// The pod template of it.
    pub template: Value,
    number: i64,
}

impl Revision {
    fn of(value: &Value) -> Self {
        let word = |place: &str| text(value, place).unwrap_or_default().to_owned();
        let mut template = value.pointer("/data/spec/template").cloned().unwrap_or_default();
        remove(&mut template, "/$patch");
        let number = int(value, "/revision").unwrap_or_default();
        Self { name: word("/metadata/name"), hash: word("/metadata/labels/controller-revision-hash"), template, number }
    }
}

/// The revisions of a workload, oldest first, with the one that its template asks for as the last: it is made, or made the newest again.
///
/// # Errors
/// Those of [`Sim::create`].
pub fn keep(sim: &mut Sim, owner: &Value) -> Answer<Vec<Revision>> {
    let uid = text(owner, "/metadata/uid").unwrap_or_default();
    let template = owner.pointer("/spec/template").cloned().unwrap_or_default();
    let mut all: Vec<Revision> = sim.store.owned(ID, uid).map(|o| Revision::of(&o.value())).collect();
    all.sort_by_key(|r| r.number);
    let next = all.last().map_or(1, |r| r.number + 1);
    match all.iter().rposition(|r| same(&r.template, &template)) {
        Some(at) if at + 1 == all.len() => {}
        Some(at) => {
            let mut again = all.remove(at);
            let key = Key::new(text(owner, "/metadata/namespace").unwrap_or_default(), &again.name);
            sim.update(ID, &key, How::by(MANAGER), |r| {
                set(r, "/revision", next);
                Ok(())
            })?;
            again.number = next;
            all.push(again);
        }
        None => all.push(make(sim, owner, &template, next)?),
    }
    Ok(all)
}

fn make(sim: &mut Sim, owner: &Value, template: &Value, number: i64) -> Answer<Revision> {
    let mut saved = template.clone();
    set(&mut saved, "/$patch", "replace");
    let namespace = text(owner, "/metadata/namespace").unwrap_or_default();
    let mut collisions = 0;
    loop {
        let hash = hash(template, collisions);
        let name = format!("{}-{hash}", text(owner, "/metadata/name").unwrap_or_default());
        if sim.store.get(ID, namespace, &name).is_some() {
            collisions += 1;
            continue;
        }
        let mut labels = template.pointer("/metadata/labels").cloned().unwrap_or_else(|| json!({}));
        set(&mut labels, &format!("/{LABEL}"), hash.as_str());
        let mut revision = json!({
            "metadata": {
                "name": name, "namespace": namespace, "labels": labels, "ownerReferences": [own::reference(owner)],
            },
            "data": sorted(&json!({"spec": {"template": saved}})), "revision": number,
        });
        if let Some(annotations) = owner.pointer("/metadata/annotations") {
            set(&mut revision, "/metadata/annotations", annotations.clone());
        }
        return sim.create(ID, revision, How::by(MANAGER)).map(|r| Revision::of(&r.value()));
    }
}

/// Deletes revisions that no pod has and that are older than the history should be. `live` are names or hashes that are in use.
pub fn clean_up(sim: &mut Sim, owner: &Value, all: &[Revision], live: &[&str]) {
    let limit = int(owner, "/spec/revisionHistoryLimit").and_then(|n| usize::try_from(n).ok()).unwrap_or(10);
    let used = |r: &Revision| live.contains(&&*r.name) || live.contains(&&*r.hash);
    let old: Vec<&Revision> = all.iter().rev().skip(1).rev().filter(|r| !used(r)).collect();
    for revision in old.iter().take(old.len().saturating_sub(limit)) {
        let key = Key::new(text(owner, "/metadata/namespace").unwrap_or_default(), &revision.name);
        // One that is gone already needs no deleting.
        drop(sim.delete(ID, &key, &Delete::default()));
    }
}

/// A value with the keys of its objects in order: clients compare revisions byte by byte with what Go writes.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(_) => {
            let mut all: Vec<(&str, &Value)> = entries(value, "").collect();
            all.sort_by_key(|(k, _)| *k);
            Value::Object(all.into_iter().map(|(k, v)| (k.to_owned(), sorted(v))).collect::<Map<String, Value>>())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
