//! From an object to what belongs to it.

use super::Action;
use crate::model::step::{Effect, Form, Known, Only, Reject, Scene, Screen, Step, TableOf, Target};
use std::borrow::Cow;

pub(super) const ALL: &[Action] = &[
    Action { name: "enter", help: "Go into this object: its pods, its objects, or its details", run: enter },
    Action { name: "details", help: "This object in plain words", run: |scene, _| document(scene, Form::Details) },
    Action { name: "yaml", help: "This object as YAML", run: |scene, _| document(scene, Form::Yaml) },
    Action { name: "events", help: "The events about this object", run: events },
    Action { name: "replicasets", help: "The ReplicaSets of this deployment, one for each revision", run: replica_sets },
    Action { name: "owner", help: "The object that owns this one", run: owner },
];

/// Why there is no object to act on.
pub(super) fn missing(scene: &Scene) -> Reject {
    scene.lost.clone().map_or_else(|| Reject::new("there is nothing under the cursor"), Reject::new)
}

/// The object to act on.
pub(super) fn cursor(scene: &Scene) -> Result<&Target, Reject> {
    scene.cursor.as_ref().ok_or_else(|| missing(scene))
}

fn table(kind: impl Into<Cow<'static, str>>, only: Only) -> Vec<Step> {
    vec![Step::Open(Screen::Table(TableOf { kind: kind.into(), only, filter: String::new(), cursor: None }))]
}

fn enter(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    if let Some(cluster) = scene.cluster {
        return Ok(vec![Step::Do(Effect::Connect(cluster)), Step::Focus(Some(cluster)), Step::Back]);
    }
    let Target { object, facts, .. } = cursor(scene)?;
    let of = object.clone();
    Ok(match (facts, &*object.kind.resource, &*object.kind.group) {
        (Known::Pods(selector), ..) => table("pods", Only::SelectedBy(of, selector.clone())),
        (Known::Defines(kind), ..) => table(kind.to_string(), Only::All),
        (Known::Members(uids), ..) => table("pods", Only::Told(of, uids.clone())),
        (Known::Leads(named), ..) => table(named.kind.to_string(), Only::Named(of, named.clone())),
        (Known::About(..), ..) => owner(scene, "")?,
        (_, "nodes", "") => table("pods", Only::OnNode(of)),
        (_, "persistentvolumeclaims", "") => table("pods", Only::Claiming(of)),
        (_, "cronjobs", "batch") => table("jobs", Only::OwnedBy(of)),
        (_, "namespaces", "") => table("pods", Only::Namespace(object.cluster, object.name.clone())),
        _ => document(scene, Form::Details)?,
    })
}

fn document(scene: &Scene, form: Form) -> Result<Vec<Step>, Reject> {
    Ok(vec![Step::Open(Screen::Document(cursor(scene)?.object.clone(), form))])
}

fn events(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    Ok(table("events", Only::About(cursor(scene)?.object.clone())))
}

fn replica_sets(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    let object = &cursor(scene)?.object;
    match (&*object.kind.resource, &*object.kind.group) {
        ("deployments", "apps") => Ok(table("replicasets", Only::OwnedBy(object.clone()))),
        _ => Err(Reject::new(format!("{} is no deployment: only those have revisions", object.name))),
    }
}

fn owner(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    let Target { object, facts, owner } = cursor(scene)?;
    let (kind, namespace, name, uid) = match (facts, owner) {
        (Known::About(kind, name, uid), _) => (kind.to_string(), object.namespace.clone(), name.clone(), *uid),
        (_, Some((api, kind, name, uid))) => {
            let group = api.split_once('/').map_or("", |(group, _)| group);
            (if group.is_empty() { kind.to_string() } else { format!("{kind}.{group}") }, object.namespace.clone(), name.clone(), *uid)
        }
        (Known::Node(node), None) => {
            return Err(Reject::new(format!("nothing owns {}; it runs on node {node}", object.name)));
        }
        _ => return Err(Reject::new(format!("nothing owns {}", object.name))),
    };
    let mut of = object.clone();
    (of.namespace, of.name, of.uid) = (namespace, name, uid);
    Ok(table(kind, Only::Object(of)))
}
