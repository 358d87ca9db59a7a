//! From an object to what belongs to it.

use super::{Action, changes, data};
use crate::model::course::Steer;
use crate::model::step::{Effect, Form, Known, Only, Reject, Scene, Screen, Step, TableOf, Target};
use std::borrow::Cow;

pub(super) const ALL: &[Action] = &[
    Action { name: "enter", help: "Go into this: an object's pods or details, what a finding means", run: enter },
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
    if let Some(cluster) = scene.state_of {
        return Ok(vec![Step::Open(Screen::Clusters(Some(cluster)))]);
    }
    if let Some(cluster) = scene.cluster {
        return Ok(vec![Step::Do(Effect::Connect(cluster)), Step::Focus(Some(cluster)), Step::Back]);
    }
    if let Some((cluster, cause)) = scene.finding.clone() {
        return Ok(vec![Step::Open(Screen::Finding(cluster, cause))]);
    }
    if let Some(shell) = scene.shell {
        return Ok(vec![Step::Do(Effect::Enter(shell))]);
    }
    if scene.change.is_some() {
        return changes::steer(scene, Steer::Show);
    }
    if let Some(name) = scene.kept.clone() {
        return Ok(vec![Step::Reopen(name)]);
    }
    if let Some((object, from)) = scene.past.clone() {
        return Ok(vec![Step::Back, Step::TakeBack(object, from)]);
    }
    if scene.key.is_some() {
        return Ok(vec![Step::Open(Screen::Edit(data::subject(scene)?, false))]);
    }
    if let Some(record) = scene.record.clone() {
        return Ok(vec![Step::Open(Screen::Record(record))]);
    }
    let target = cursor(scene)?;
    let Target { object, facts, .. } = target;
    if let Some(only) = pods(target) {
        return Ok(table("pods", only));
    }
    Ok(match (facts, &*object.kind.resource, &*object.kind.group) {
        (Known::Defines(kind), ..) => table(kind.to_string(), Only::All),
        (Known::Leads(named), ..) => table(named.kind.to_string(), Only::Named(object.clone(), named.clone())),
        (Known::About(..), ..) => owner(scene, "")?,
        (_, "cronjobs", "batch") => table("jobs", Only::OwnedBy(object.clone())),
        _ => document(scene, Form::Details)?,
    })
}

/// The pods that belong to an object, if it is of a kind that has some.
pub(super) fn pods(Target { object, facts, .. }: &Target) -> Option<Only> {
    let of = object.clone();
    Some(match (facts, &*object.kind.resource, &*object.kind.group) {
        (Known::Pods(selector), ..) => Only::SelectedBy(of, selector.clone()),
        (Known::Members(uids), ..) => Only::Told(of, uids.clone()),
        (Known::Defines(_) | Known::Leads(_) | Known::About(..), ..) => return None,
        (_, "nodes", "") => Only::OnNode(of),
        (_, "persistentvolumeclaims", "") => Only::Claiming(of),
        (_, "namespaces", "") => Only::Namespace(object.cluster, object.name.clone()),
        _ => return None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
    use crate::model::step::Named;

    fn scene(group: &str, resource: &str, facts: Known) -> Scene {
        let object = ObjectRef {
            cluster: ClusterId(0),
            kind: GroupResource::new(group, resource),
            namespace: "shop".into(),
            name: "web".into(),
            uid: Uid::parse("web"),
        };
        Scene { cursor: Some(Target { object, facts, owner: None }), ..Scene::default() }
    }

    /// The kind that a key leads to, and which part of it.
    fn leads(scene: &Scene, run: fn(&Scene, &str) -> Result<Vec<Step>, Reject>) -> Option<(String, Only)> {
        match run(scene, "").ok()?.as_slice() {
            [Step::Open(Screen::Table(of))] => Some((of.kind.to_string(), of.only.clone())),
            _ => None,
        }
    }

    #[test]
    fn what_facts_tell_comes_before_what_the_kind_is() {
        let named = Named { kind: "services".into(), namespace: "".into(), names: ["web".into()].into() };
        for (facts, to) in [
            (Known::Pods("a=b".into()), "pods"),
            (Known::Members([Uid::parse("p")].into()), "pods"),
            (Known::Leads(named), "services"),
            (Known::About("Node".into(), "n".into(), Uid::parse("n")), "Node"),
            (Known::None, "pods"),
        ] {
            let scene = scene("", "persistentvolumeclaims", facts.clone());
            assert_eq!(leads(&scene, enter).map(|(kind, _)| kind).as_deref(), Some(to), "{facts:?}");
        }
    }

    #[test]
    fn only_kinds_of_that_group_are_meant() {
        let of = |group, resource| leads(&scene(group, resource, Known::None), enter).map(|(kind, _)| kind);
        assert_eq!(of("batch", "cronjobs").as_deref(), Some("jobs"));
        assert_eq!(of("example.com", "cronjobs"), None, "details");
        assert!(
            matches!(leads(&scene("apps", "deployments", Known::None), replica_sets), Some((kind, Only::OwnedBy(_))) if kind == "replicasets")
        );
        assert!(replica_sets(&scene("example.com", "deployments", Known::None), "").is_err());
    }
}
