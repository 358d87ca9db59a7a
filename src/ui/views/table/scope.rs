//! What a table view is about: which kind in which clusters and namespaces, and therefore what it wants and which rows it shows.

use crate::kinds;
use crate::model::cluster::Cluster;
use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
use crate::model::order::Member;
use crate::model::row::{Facts, Row};
use crate::model::selector::Selector;
use crate::model::step::{Only, TableOf, Workload};
use crate::model::want::{Of, Want};
use crate::model::words::Words;
use crate::model::world::{Found, World};

/// Where whole-cluster lists are forbidden, so many namespaces are watched one by one; more would be a connection each.
const NAMESPACES: usize = 50;

/// The kind that a name means: one of ours, else the first that any open cluster's discovery knows.
pub(in crate::ui::views) fn kind(world: &World, name: &str) -> Option<GroupResource> {
    let composite = kinds::COMPOSITES.iter().find(|c| c.name.eq_ignore_ascii_case(name)).map(kinds::Composite::id);
    let known = composite.or_else(|| kinds::named(name).map(kinds::Kind::id));
    known.or_else(|| world.open().filter_map(|c| c.catalog.as_ref()?.find(name)).map(|r| r.id.clone()).next())
}

/// What a view of a kind wants from all open clusters, also from those that are out of focus: coming back is instant.
pub(in crate::ui::views) fn wants(world: &World, of: &TableOf, kind: &GroupResource) -> Vec<Want> {
    let clusters = world.open().filter(|c| cluster(&of.only).is_none_or(|only| only == c.id));
    let parts = kinds::parts(kind);
    clusters.flat_map(|c| parts.iter().flat_map(|part| of_cluster(world, c, &of.only, part))).collect()
}

/// What a view of a kind wants of another kind that its columns read, of the clusters that are known to serve that: as much as it shows itself,
/// and all of it where it is about whole clusters.
pub(super) fn joined(world: &World, only: &Only, kind: &GroupResource, read: &GroupResource) -> Vec<Want> {
    let clusters = world.open().filter(|c| cluster(only).is_none_or(|only| only == c.id));
    let wants = |c: &Cluster| {
        if !is_served(world, c.id, read) {
            return Vec::new();
        }
        match only {
            Only::OnNode(_) => vec![Want::all(c.id, read.clone())],
            _ if !is_namespaced(world, c.id, kind) => vec![Want::all(c.id, read.clone())],
            _ => of_cluster(world, c, only, read),
        }
    };
    clusters.flat_map(wants).collect()
}

fn is_served(world: &World, cluster: ClusterId, kind: &GroupResource) -> bool {
    matches!(world.resource(cluster, kind), Found::Kind(_))
}

/// The definitions of kinds: they tell when one comes or goes.
pub(super) fn definitions(world: &World) -> Vec<Want> {
    let definitions = GroupResource::new("apiextensions.k8s.io", "customresourcedefinitions");
    world.open().map(|c| Want::all(c.id, definitions.clone())).collect()
}

/// True for a kind that may come and go with its definition.
pub(super) fn is_defined(kind: &GroupResource) -> bool {
    // Groups of Kubernetes' own have no dot or end in k8s.io, and so do a few that are defined; those are found when they are asked for.
    kind.group.contains('.') && !kind.group.ends_with(".k8s.io")
}

/// Whether objects of a kind live in namespaces.
pub(super) fn is_namespaced(world: &World, cluster: ClusterId, kind: &GroupResource) -> bool {
    match world.resource(cluster, kind) {
        Found::Kind(resource) => resource.namespaced,
        Found::NotYet | Found::Missing => kinds::find(kind).is_none_or(|k| k.names.namespaced),
    }
}

/// The cluster that a part of a kind belongs to.
pub(super) fn cluster(only: &Only) -> Option<ClusterId> {
    match only {
        Only::All => None,
        Only::Alike(of) => of.cluster,
        Only::Cluster(cluster) | Only::Namespace(cluster, _) => Some(*cluster),
        Only::SelectedBy(o, _) | Only::OnNode(o) | Only::About(o) | Only::Object(o) => Some(o.cluster),
        Only::OwnedBy(o) | Only::Claiming(o) | Only::Told(o, _) | Only::Named(o, _) => Some(o.cluster),
    }
}

fn of_cluster(world: &World, cluster: &Cluster, only: &Only, kind: &GroupResource) -> Vec<Want> {
    if world.resource(cluster.id, kind) == Found::Missing {
        return Vec::new();
    }
    let namespaced = is_namespaced(world, cluster.id, kind);
    let want = |namespace: Option<&str>, of: Of| Want { cluster: cluster.id, kind: kind.clone(), namespace: namespace.map(Into::into), of };
    let fields = |fields: String| Of::Selected { labels: "".into(), fields: fields.into() };
    let in_namespace = |o: &ObjectRef| (namespaced && !o.namespace.is_empty()).then(|| o.namespace.to_string());
    match only {
        Only::All | Only::Cluster(_) if !namespaced => vec![want(None, Of::All)],
        Only::All | Only::Cluster(_) if !world.namespaces.is_empty() => world.namespaces.iter().map(|n| want(Some(n), Of::All)).collect(),
        Only::All | Only::Cluster(_) => everywhere(world, cluster, kind),
        Only::Namespace(_, namespace) => vec![want(namespaced.then_some(&**namespace), Of::All)],
        Only::SelectedBy(o, _) | Only::Object(o) | Only::OwnedBy(o) | Only::Claiming(o) | Only::Told(o, _) => {
            vec![want(in_namespace(o).as_deref(), Of::All)]
        }
        Only::Named(o, named) if named.namespace.is_empty() => vec![want(in_namespace(o).as_deref(), Of::All)],
        Only::Named(_, named) => vec![want(namespaced.then_some(&*named.namespace), Of::All)],
        Only::Alike(of) => vec![want(namespaced.then_some(&*of.namespace), Of::All)],
        Only::OnNode(o) => vec![want(None, fields(format!("spec.nodeName={}", o.name)))],
        Only::About(o) => vec![want(in_namespace(o).as_deref(), fields(format!("involvedObject.uid={}", o.uid)))],
    }
}

/// The whole cluster; where that is forbidden, one by one the namespaces that the server lists, else those that the user named, else the
/// context's own.
fn everywhere(world: &World, cluster: &Cluster, kind: &GroupResource) -> Vec<Want> {
    let mut wants = vec![Want::all(cluster.id, kind.clone())];
    if world.refused(cluster.id, kind).is_some() {
        let namespaces = Want::all(cluster.id, GroupResource::new("", "namespaces"));
        let mut names = if world.fallback.is_empty() { vec![cluster.namespace.as_str().into()] } else { world.fallback.clone() };
        if let Some(table) = world.serving(&namespaces).filter(|t| t.is_listed()) {
            names = table.rows().map(|r| r.name.clone()).collect();
            names.sort_unstable();
            names.truncate(NAMESPACES);
        }
        wants.push(namespaces);
        wants.extend(names.into_iter().map(|n| Want { cluster: cluster.id, kind: kind.clone(), namespace: Some(n), of: Of::All }));
    }
    wants
}

/// Decides which rows belong to the view, before any filter.
pub(in crate::ui::views) struct Belongs<'a> {
    only: &'a Only,
    selector: Option<Selector>,
    namespaces: &'a [Box<str>],
}

impl<'a> Belongs<'a> {
    /// The rule for a view. A selector that cannot be read selects nothing, rather than everything.
    pub(in crate::ui::views) fn new(world: &'a World, only: &'a Only) -> Self {
        let selector = if let Only::SelectedBy(_, text) = only { Selector::parse(text).ok() } else { None };
        Self { only, selector, namespaces: &world.namespaces }
    }

    /// Whether a row belongs to the view.
    pub(in crate::ui::views) fn has(&self, member: &Member<'_>, row: &Row) -> bool {
        if cluster(self.only).is_some_and(|c| c != member.table.cluster()) {
            return false;
        }
        let words = member.table.words();
        let namespace = words.get(row.namespace);
        match self.only {
            Only::All | Only::Cluster(_) => {
                namespace.is_empty() || self.namespaces.is_empty() || self.namespaces.iter().any(|n| **n == *namespace)
            }
            Only::Namespace(_, only) => namespace == &**only,
            Only::SelectedBy(o, _) => {
                let label = |key: &str| row.label(key, words);
                namespace == &*o.namespace && self.selector.as_ref().is_some_and(|s| s.matches(label))
            }
            Only::OnNode(o) => words.get(row.facts.node()) == &*o.name,
            Only::About(o) => matches!(&row.facts, Facts::Event(e) if e.uid == o.uid || is_node(o) && e.uid == Uid::parse(&o.name)),
            Only::Object(o) => row.uid == o.uid,
            Only::OwnedBy(o) => row.owner.as_ref().is_some_and(|owner| owner.uid == o.uid),
            Only::Told(_, uids) => uids.contains(&row.uid),
            Only::Claiming(o) => {
                let claims = if let Facts::Pod(pod) = &row.facts { &*pod.claims } else { &[] };
                namespace == &*o.namespace && claims.iter().any(|claim| words.get(*claim) == &*o.name)
            }
            Only::Alike(of) => namespace == &*of.namespace && is_of(row, words, of),
            Only::Named(o, named) => {
                let theirs = if named.namespace.is_empty() { &o.namespace } else { &named.namespace };
                (namespace.is_empty() || namespace == &**theirs) && named.names.contains(&row.name)
            }
        }
    }
}

/// Whether a pod is one of a workload. The ReplicaSets of a Deployment and the Jobs of a CronJob are called like it and something more.
fn is_of(row: &Row, words: &Words, of: &Workload) -> bool {
    if &*of.kind == "Pod" {
        return row.name == of.name;
    }
    let Some(owner) = &row.owner else { return false };
    let (kind, name) = (words.get(owner.kind), words.get(owner.name));
    match (&*of.kind, kind) {
        ("Deployment", "ReplicaSet") => {
            row.label("pod-template-hash", words).and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-')) == Some(&*of.name)
        }
        ("CronJob", "Job") => name.rsplit_once('-').is_some_and(|(job, _)| job == &*of.name),
        (wanted, kind) => wanted == kind && name == &*of.name,
    }
}

/// Kubelets write the name of their node where its uid belongs.
fn is_node(object: &ObjectRef) -> bool {
    object.kind.group.is_empty() && &*object.kind.resource == "nodes"
}
