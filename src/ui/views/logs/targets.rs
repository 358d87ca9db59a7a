//! Which pods are followed, and what their lines are known by.

use super::super::table::scope::Belongs;
use super::lens::Lens;
use super::{LogsView, Source};
use crate::model::cell::Cell;
use crate::model::id::{GroupResource, ObjectRef, WatchId};
use crate::model::log::{From, Kind, Origin, Seen, Tail};
use crate::model::order::Member;
use crate::model::row::Row;
use crate::model::table::{Slot, Table};
use crate::model::world::World;

/// Whether a line is shown. What we tell is shown with every filter, since it says what the lines mean.
pub(super) fn shows(lens: &Lens, line: &Seen<'_>, sources: &[Source], tails: &[Tail], clusters: &[Box<str>]) -> bool {
    let Some(source) = sources.get(line.source as usize) else { return false };
    let is_hidden = lens.muted.contains(&source.tail) || lens.folds_away(line) || lens.hides_events && line.kind == Kind::Event;
    if is_hidden {
        return false;
    }
    line.kind != Kind::Written || lens.sieve.is_empty() || lens.sieve.holds(line, &origin(source, tails, clusters))
}

/// Where the lines of a source are from.
pub(super) fn origin<'a>(source: &'a Source, tails: &'a [Tail], clusters: &'a [Box<str>]) -> Origin<'a> {
    let tail = tails.get(source.tail);
    Origin {
        cluster: clusters.get(source.tail).map_or("", |name| name),
        namespace: tail.map_or("", |tail| &tail.namespace),
        pod: tail.map_or("", |tail| &tail.pod),
        container: &source.container,
    }
}

impl LogsView {
    /// Looks through these rows of a watch, or all of them, for pods that belong here.
    pub(super) fn look_for_pods(&mut self, world: &World, watch: WatchId, slots: Option<&[Slot]>) {
        let pods = GroupResource::new("", "pods");
        let Some(table) = world.tables.get(&watch).filter(|table| table.want.kind == pods) else { return };
        let member = Member { table, cluster: world.name(table.cluster()), sort: None };
        let of: Vec<Belongs<'_>> = self.of.iter().map(|only| Belongs::new(world, only)).collect();
        let belongs = |row: &&Row| of.iter().any(|belongs| belongs.has(&member, row));
        let found: Vec<&Row> = match slots {
            Some(slots) => slots.iter().filter_map(|slot| table.row(*slot)).filter(belongs).collect(),
            None => table.rows().filter(|row| !self.pods.contains_key(&(table.cluster(), row.uid))).filter(belongs).collect(),
        };
        found.into_iter().for_each(|row| self.pod(world, table, row));
    }

    /// A pod that has come or changed: it is followed, and looked at again. One that is gone stays; its reader ends once all was read.
    fn pod(&mut self, world: &World, table: &Table, row: &Row) {
        self.changes += 1;
        let is_sick = row.health.is_unhealthy();
        if let Some(tail) = self.pods.get(&(table.cluster(), row.uid)).and_then(|at| self.tails.get_mut(*at)) {
            tail.state += 1;
            tail.is_sick = is_sick;
            return;
        }
        // Times of creation are whole seconds, and one that came in this second has not written much before.
        let is_new = row.created.is_some_and(|created| created >= self.opened);
        let containers = row.cells.iter().find_map(|cell| if let Cell::Ratio(_, all) = cell { Some(*all as usize) } else { None });
        self.pods.insert((table.cluster(), row.uid), self.tails.len());
        self.clusters.push(world.name(table.cluster()).into());
        self.tails.push(Tail {
            cluster: table.cluster(),
            namespace: table.words().get(row.namespace).into(),
            pod: row.name.clone(),
            uid: row.uid,
            from: if is_new && self.is_live { From::Start } else { self.from },
            follow: self.is_live,
            containers: containers.unwrap_or(1),
            is_sick,
            created: row.created,
            turn: 0,
            state: 0,
        });
    }

    /// The number of a container that writes.
    pub(super) fn source(&mut self, tail: &Tail, container: Box<str>) -> Option<u32> {
        let key = (*self.pods.get(&(tail.cluster, tail.uid))?, container);
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        let number = self.sources.len() as u32;
        let source = Source { cluster: tail.cluster, tail: key.0, container: key.1.clone() };
        self.sources.push(source);
        self.numbers.insert(key, number);
        Some(number)
    }

    /// The pod that a source belongs to.
    pub(super) fn pod_of(&self, source: &Source) -> Option<ObjectRef> {
        let Tail { cluster, namespace, pod, uid, .. } = self.tails.get(source.tail)?;
        let kind = GroupResource::new("", "pods");
        Some(ObjectRef { cluster: *cluster, kind, namespace: namespace.clone(), name: pod.clone(), uid: *uid })
    }
}
