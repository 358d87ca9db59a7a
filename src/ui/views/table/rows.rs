//! From a line to its object, and from an object to its line.

use super::TableView;
use crate::model::column::Source;
use crate::model::id::{ClusterId, Uid, WatchId};
use crate::model::order::{Entry, Member};
use crate::model::row::Row;
use crate::model::step::Target;
use crate::model::table::Table;
use crate::model::world::World;

impl TableView {
    /// A table as the order merges it: where it has the values of the sort column, or how its rows do where a pane is in no other order.
    pub(super) fn member<'a>(&self, world: &'a World, watch: WatchId) -> Option<Member<'a>> {
        let table = world.tables.get(&watch)?;
        let sort = match &self.sort {
            Some(sort) => match sort.title.as_str() {
                "CLUSTER" => Some(Source::Cluster),
                "NAMESPACE" => Some(Source::Namespace),
                title => self.columns_of(table).iter().find(|c| c.title == title).map(|c| c.source),
            },
            None => self.is_pane.then_some(self.composite.map_or(Source::Health, |c| Source::Joined(c.worst))),
        };
        Some(Member { table, cluster: world.name(table.cluster()), sort })
    }

    pub(super) fn key(&self, world: &World, entry: Entry) -> Option<(ClusterId, Uid)> {
        let (table, row) = self.row(world, entry)?;
        Some((table.cluster(), row.uid))
    }

    pub(super) fn row<'a>(&self, world: &'a World, entry: Entry) -> Option<(&'a Table, &'a Row)> {
        let watch = self.members.get(usize::from(entry.table)).copied().flatten()?;
        let table = world.tables.get(&watch)?;
        Some((table, table.row(entry.slot)?))
    }

    /// Where the rows of an object stand in the order.
    pub(super) fn find(&self, world: &World, cluster: ClusterId, uid: Uid) -> Option<usize> {
        let entry = self.entry_of(world, cluster, uid)?;
        self.lens(world, |lens| self.order.place(lens, entry).ok())
    }

    pub(super) fn entry_of(&self, world: &World, cluster: ClusterId, uid: Uid) -> Option<Entry> {
        let tables = self.tables(world);
        let mut places = tables.iter().enumerate().filter_map(|(i, t)| Some((i, (*t)?))).filter(|(_, t)| t.cluster() == cluster);
        places.find_map(|(i, t)| t.slot(uid).map(|slot| Entry { table: i as u16, slot }))
    }

    pub(super) fn target(&self, world: &World, entry: Entry) -> Option<Target> {
        self.row(world, entry).map(|(table, row)| table.target(row))
    }
}
