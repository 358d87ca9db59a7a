//! What events are about, and which of them belong to an object.

use crate::kinds::KINDS;
use crate::model::facts::{EventFacts, Facts};
use crate::model::id::{ClusterId, GroupResource, ObjectRef};
use crate::model::row::Row;
use crate::model::selector::Selector;
use crate::model::step::{Known, Pick, Target};
use crate::model::table::Table;
use crate::model::world::World;

/// The object that an event is about. Of a kind only the name is told: ours come first, then what the cluster's discovery knows.
pub(super) fn object(world: &World, table: &Table, row: &Row) -> Option<ObjectRef> {
    let Facts::Event(event) = &row.facts else { return None };
    let (cluster, kind) = (table.cluster(), table.words().get(event.kind));
    let kind = self::kind(world, cluster, kind)?;
    let namespaced = !is_of_the_cluster(world, cluster, &kind);
    let namespace = if namespaced { table.words().get(row.namespace) } else { "" };
    let name = event.name.get(table.words());
    let mut object = ObjectRef { cluster, kind, namespace: namespace.into(), name: name.into(), uid: event.uid };
    if &*object.kind.resource == "nodes" {
        // A kubelet gives the name of its node for the uid.
        let nodes = tables(world, cluster, "nodes");
        object.uid = nodes.filter_map(|t| t.named("", name)).map(|r| r.uid).next().unwrap_or(event.uid);
    }
    Some(object)
}

/// The same for actions.
pub(super) fn target(world: &World, table: &Table, row: &Row) -> Option<Target> {
    let object = object(world, table, row)?;
    Some(world.known(&object))
}

fn kind(world: &World, cluster: ClusterId, kind: &str) -> Option<GroupResource> {
    let ours = KINDS.iter().find(|k| k.names.kind == kind).map(|k| k.id());
    let served = || world.cluster(cluster)?.catalog.as_ref()?.resources.iter().find(|r| &*r.kind == kind).map(|r| r.id.clone());
    ours.or_else(served)
}

fn is_of_the_cluster(world: &World, cluster: ClusterId, kind: &GroupResource) -> bool {
    let ours = KINDS.iter().find(|k| k.id() == *kind).map(|k| !k.names.namespaced);
    let served = || Some(!world.cluster(cluster)?.catalog.as_ref()?.get(kind)?.namespaced);
    ours.or_else(served).unwrap_or_default()
}

fn tables<'a>(world: &'a World, cluster: ClusterId, resource: &str) -> impl Iterator<Item = &'a Table> {
    world.tables.of(cluster).filter(move |t| *t.want.kind.resource == *resource)
}

/// True for an event that is about an object or what belongs to it: the pods on a node, the pods and replica sets of a workload, all in a namespace.
pub(super) fn belongs(world: &World, pick: &Pick, table: &Table, row: &Row) -> bool {
    let target = match pick {
        Pick::Cluster(cluster) => return table.cluster() == *cluster,
        Pick::Object(target) => target,
    };
    let (Facts::Event(event), of) = (&row.facts, &target.object) else { return false };
    if table.cluster() != of.cluster {
        return false;
    }
    let words = table.words();
    let namespace = words.get(row.namespace);
    let is_pod = words.get(event.kind) == "Pod";
    match (&*of.kind.resource, &target.facts) {
        _ if event.uid == of.uid => true,
        ("nodes", _) if words.get(event.kind) == "Node" => event.name.get(words) == &*of.name,
        ("nodes", _) => is_pod && pod(world, table, event).is_some_and(|(pods, pod)| pods.words().get(pod.facts.node()) == &*of.name),
        ("namespaces", _) => namespace == &*of.name,
        (_, Known::Pods(selector)) if namespace == &*of.namespace => {
            let selects =
                |(pods, pod): (&Table, &Row)| Selector::parse(selector).is_ok_and(|s| s.matches(|key| pod.label(key, pods.words())));
            let is_revision = || {
                let revision = event.name.get(words).strip_prefix(&*of.name).and_then(|rest| rest.strip_prefix('-'));
                words.get(event.kind) == "ReplicaSet" && revision.is_some_and(|hash| !hash.contains('-'))
            };
            is_pod && pod(world, table, event).is_some_and(selects) || is_revision()
        }
        _ => false,
    }
}

/// The pod that an event is about, as long as it is there.
fn pod<'a>(world: &'a World, table: &Table, event: &EventFacts) -> Option<(&'a Table, &'a Row)> {
    tables(world, table.cluster(), "pods").find_map(|t| Some((t, t.of_uid(event.uid)?)))
}
