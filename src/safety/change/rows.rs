//! What the tables show of an object that is being changed.

use crate::model::facts::Facts;
use crate::model::id::ObjectRef;
use crate::model::msg::Sync;
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::world::{Found, World};
use serde_json::Value;

/// The row of an object, if any table has it.
pub(super) fn find<'a>(world: &'a World, object: &'a ObjectRef) -> Option<&'a Row> {
    tables(world, object).find_map(|t| t.of_uid(object.uid))
}

/// True where a table that is true now would have the object, and has not.
pub(super) fn is_gone(world: &World, object: &ObjectRef) -> bool {
    let has_it = |t: &&Table| t.sync == Sync::Live && t.want.namespace.as_deref().is_none_or(|n| n == &*object.namespace);
    tables(world, object).any(|t| has_it(&t)) && find(world, object).is_none()
}

/// As many pods as wanted are ready and run what is wanted, by what the controller has seen of the object as it was stored. What an autoscaler or
/// somebody else has changed again since is not waited for: `seen` remembers that it was once as it was stored. What was made has no row before the news of it.
pub(super) fn is_settled(world: &World, object: &ObjectRef, stored: Option<&Value>, seen: &mut bool, is_made: bool) -> bool {
    let Some(row) = find(world, object) else { return is_blind(world, object) || (is_gone(world, object) && (!is_made || *seen)) };
    let Facts::Workload(workload) = &row.facts else { return true };
    let told = |pointer: &str| stored.and_then(|o| o.pointer(pointer)?.as_i64());
    let is_new = told("/spec/replicas").is_none_or(|wanted| i64::from(workload.wanted) == wanted)
        && told("/metadata/generation").is_none_or(|generation| workload.generation >= generation);
    // A rollout that waits for somebody goes no further by itself.
    let waits = workload.paused && workload.observed && workload.replicas == workload.wanted && workload.ready == workload.wanted;
    let superseded = *seen && !is_new;
    *seen |= is_new;
    superseded || (is_new && (waits || workload.is_settled()))
}

/// True where no table will ever show the object: it may not be watched, or its kind is not known to be served.
fn is_blind(world: &World, object: &ObjectRef) -> bool {
    let all: Vec<&Table> = tables(world, object).collect();
    (!all.is_empty() && all.iter().all(|t| t.is_refused())) || matches!(world.resource(object.cluster, &object.kind), Found::Missing)
}

/// The row of an object of this name, whichever it is.
pub(super) fn named<'a>(world: &'a World, object: &'a ObjectRef) -> Option<&'a Row> {
    tables(world, object).find_map(|t| t.named(&object.namespace, &object.name))
}

/// Tables that hold whole kinds or namespaces: one that holds a selection says nothing of what it does not hold.
fn tables<'a>(world: &'a World, object: &'a ObjectRef) -> impl Iterator<Item = &'a Table> {
    let all = |t: &&Table| t.want.of == crate::model::want::Of::All;
    world.tables_of(object.cluster, &object.kind.group, &object.kind.resource).filter(all)
}
