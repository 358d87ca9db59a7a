//! What happened beside the lines: events about the pods and about what they belong to, and the changes that were made to them in this run, or in others
//! as the journal has them, told at their time.

use super::LogsView;
use crate::model::cell::Value;
use crate::model::cluster::Cluster;
use crate::model::course::{ChangeId, Course};
use crate::model::id::{ClusterId, GroupResource, Uid, WatchId};
use crate::model::log::{Chunk, Kind, Level, Stamp, Tail};
use crate::model::record::{Object, Place, Record};
use crate::model::row::{Facts, Row};
use crate::model::table::{Slot, Table};
use crate::model::time::Timestamp;
use crate::model::world::World;

/// What is told, in the place of a container's name.
const EVENT: &str = "(event)";
const CHANGE: &str = "(change)";
/// How long ago a change may have been that is still told.
const DAY: i64 = 86_400;

impl LogsView {
    /// Looks through these rows of a watch, or all of them, for events that belong here.
    pub(super) fn look_for_events(&mut self, world: &World, watch: WatchId, slots: Option<&[Slot]>) {
        let events = GroupResource::new("", "events");
        let Some(table) = world.tables.get(&watch).filter(|table| self.tells_events && table.want.kind == events) else { return };
        let rows: Vec<&Row> = match slots {
            Some(slots) => slots.iter().filter_map(|slot| table.row(*slot)).collect(),
            None => table.rows().collect(),
        };
        rows.into_iter().for_each(|row| self.event(world, table, row));
    }

    /// Changes that were made to what is followed are told where they were made.
    pub(super) fn look_for_changes(&mut self, world: &World) {
        if !self.tells_events {
            return;
        }
        for course in world.courses.iter().rev() {
            let object = &course.object;
            let Some(tail) = self.about(object.cluster, &object.namespace, &object.name, object.uid) else { continue };
            if self.changed.insert(course.id)
                && let Some(source) = self.source(&tail, CHANGE.into())
            {
                let told = format!("{} of {}", course.does, object.name);
                self.take(source, Chunk::told(Stamp::of(course.since), Kind::Event, Level::Plain, told));
            }
        }
        self.look_into_journal(world);
    }

    /// What the journal has of changes that were made shortly before the screen was opened, or since, but not in this run.
    fn look_into_journal(&mut self, world: &World) {
        let Some(Ok(records)) = &world.journal else { return };
        for record in records.iter().rev() {
            let Some(at) = Timestamp::parse(&record.time).filter(|at| at.0 > self.opened.0 - DAY) else { break };
            let is_under_way = record.outcome.is_none() && at >= world.began;
            if is_under_way || is_of_this_run(world, record, at) || self.recorded.contains(&record.id) {
                continue;
            }
            let Object { namespace, name, uid, .. } = &record.object;
            let tail = cluster(world, &record.cluster).and_then(|cluster| self.about(cluster, namespace, name, Uid::parse(uid)));
            if let Some(tail) = tail
                && let Some(source) = self.source(&tail, CHANGE.into())
            {
                self.recorded.insert(record.id.clone());
                let who = record.cluster.user.as_deref().unwrap_or(&record.os_user);
                let told = format!("{} of {name} by {who}, {}: {}", record.verb, record.ended(), record.summary());
                self.take(source, Chunk::told(Stamp::of(at), Kind::Event, Level::Plain, told));
            }
        }
    }

    /// A pod that something is about that is called so: itself, or what it belongs to, near or far, whose name the pod's begins with.
    fn about(&self, cluster: ClusterId, namespace: &str, name: &str, uid: Uid) -> Option<Tail> {
        let is_of = |pod: &str| pod == name || pod.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
        let near = || self.tails.iter().position(|t| t.cluster == cluster && &*t.namespace == namespace && is_of(&t.pod));
        let tail = self.pods.get(&(cluster, uid)).copied().or_else(near)?;
        self.tails.get(tail).cloned()
    }

    /// An event is told each time that it is seen again.
    fn event(&mut self, world: &World, table: &Table, row: &Row) {
        let Facts::Event(event) = &row.facts else { return };
        let (words, namespace) = (table.words(), table.words().get(row.namespace));
        let name = event.name.get(words);
        let Some(tail) = self.about(table.cluster(), namespace, name, event.uid) else { return };
        let Some(at) = event.last.or(event.first) else { return };
        if self.events.insert(row.uid, event.count) == Some(event.count) {
            return;
        }
        let message = table.columns.iter().find(|column| column.title == "MESSAGE").map(|column| world.value(table, row, column.source));
        let message = if let Some(Value::Text(text)) = message { text.into_owned() } else { String::new() };
        let often = if event.count > 1 { format!(" ×{}", event.count) } else { String::new() };
        let told = format!("{} {name} {}{often} {message}", words.get(event.kind).to_lowercase(), words.get(event.reason));
        let level = if event.warning { Level::Warn } else { Level::Plain };
        if let Some(source) = self.source(&tail, EVENT.into()) {
            self.take(source, Chunk::told(Stamp::of(at), Kind::Event, level, told));
        }
    }
}

/// The open cluster that a record is of. A copy of a cluster has objects of the same uids, but not the identity.
fn cluster(world: &World, place: &Place) -> Option<ClusterId> {
    let is_it = |c: &&Cluster| match (c.identity, &place.identity) {
        (Some(ours), Some(theirs)) => ours == Uid::parse(theirs),
        _ => c.name == place.name,
    };
    world.open().find(is_it).map(|c| c.id)
}

/// True for what is known better than the journal has it. The id of a record ends with the numbers of the change and of its object.
fn is_of_this_run(world: &World, record: &Record, at: Timestamp) -> bool {
    let change = record.id.rsplit('-').nth(1).and_then(|number| number.parse().ok()).map(ChangeId);
    let is_it = |course: &Course| Some(course.id) == change && (course.objects > 1 || course.object.uid == Uid::parse(&record.object.uid));
    at >= world.began && world.courses.iter().any(is_it)
}
