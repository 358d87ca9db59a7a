//! From a line to its object, and from an object to its line.

use super::TableView;
use crate::model::id::{ClusterId, Uid};
use crate::model::order::Entry;
use crate::model::row::Row;
use crate::model::step::Target;
use crate::model::table::Table;
use crate::model::world::World;

impl TableView {
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
