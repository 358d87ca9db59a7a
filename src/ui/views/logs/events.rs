//! What happened beside the lines: events about the pods and about what they belong to, told at their time.

use super::LogsView;
use crate::model::cell::Value;
use crate::model::id::{GroupResource, WatchId};
use crate::model::log::{Chunk, Kind, Level, Stamp};
use crate::model::row::{Facts, Row};
use crate::model::table::{Slot, Table};
use crate::model::world::World;

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

    /// An event is told each time that it is seen again.
    fn event(&mut self, world: &World, table: &Table, row: &Row) {
        let Facts::Event(event) = &row.facts else { return };
        let (words, namespace) = (table.words(), table.words().get(row.namespace));
        let name = event.name.get(words);
        // What owns a pod, near or far, has a name that the pod's begins with.
        let is_of = |pod: &str| pod == name || pod.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
        let known = self.pods.get(&(table.cluster(), event.uid)).copied();
        let tail =
            known.or_else(|| self.tails.iter().position(|t| t.cluster == table.cluster() && &*t.namespace == namespace && is_of(&t.pod)));
        let Some(tail) = tail.and_then(|tail| self.tails.get(tail)).cloned() else { return };
        let Some(at) = event.last.or(event.first) else { return };
        if self.events.insert(row.uid, event.count) == Some(event.count) {
            return;
        }
        let message = table.columns.iter().find(|column| column.title == "MESSAGE").map(|column| world.value(table, row, column.source));
        let message = if let Some(Value::Text(text)) = message { text.into_owned() } else { String::new() };
        let often = if event.count > 1 { format!(" ×{}", event.count) } else { String::new() };
        let told = format!("{} {name} {}{often} {message}", words.get(event.kind).to_lowercase(), words.get(event.reason));
        let level = if event.warning { Level::Warn } else { Level::Plain };
        if let Some(source) = self.source(&tail, "event".into()) {
            self.take(source, Chunk::told(Stamp::of(at), Kind::Event, level, told));
        }
    }
}
