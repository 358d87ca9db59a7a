//! Joined columns: what they read is wanted too. Where rows are sorted or filtered by one, the order is made anew when that has changed, once a
//! second at most, since metrics come for all rows at once and pods change all the time.

use super::columns::Merged;
use super::{TableView, scope};
use crate::kinds::Composite;
use crate::model::cell::Value;
use crate::model::column::{Joint, Source};
use crate::model::id::{GroupResource, WatchId};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::want::Want;
use crate::model::world::World;

impl TableView {
    /// What the columns that are shown want to read.
    pub(super) fn joins(&self, world: &World, kind: &GroupResource) -> Vec<Want> {
        let mut reads: Vec<(&str, &str)> = self.shown().flat_map(joints).flat_map(|j| j.reads).copied().collect();
        reads.sort_unstable();
        reads.dedup();
        let reads = reads.into_iter().map(|(group, resource)| GroupResource::new(group, resource));
        reads.flat_map(|read| scope::joined(world, &self.of.only, kind, &read)).collect()
    }

    /// Rows have changed that are not the view's own.
    pub(super) fn notice(&mut self, world: &World, watch: WatchId) {
        let Some(kind) = world.tables.get(&watch).map(|t| &t.want.kind) else { return };
        let reads = |j: &Joint| j.reads.iter().any(|(group, resource)| *kind.resource == **resource && *kind.group == **group);
        self.is_outdated |= self.columns.iter().filter(|c| self.counts(c)).flat_map(joints).any(reads);
    }

    /// Anything about the tables may have changed.
    pub(super) fn doubt(&mut self) {
        self.is_outdated |= self.columns.iter().any(|c| self.counts(c) && joints(c).next().is_some());
    }

    /// True for a row that is not healthy: a table over several kinds has a column that says so.
    pub(super) fn ails(&self, world: &World, table: &Table, row: &Row) -> bool {
        match self.composite {
            Some(composite) => world.value(table, row, Source::Joined(composite.ails)) != Value::None,
            None => row.health.is_unhealthy(),
        }
    }

    /// How many rows of its tables are not healthy, those of a table over several kinds as they were counted last.
    pub(super) fn unhealthy_rows(&self, world: &World) -> usize {
        match self.composite {
            Some(_) => self.ailing,
            None => self.tables(world).into_iter().flatten().map(|t| t.aside().unhealthy).sum(),
        }
    }

    /// Counts the rows of a table over several kinds that are not healthy. It looks at all of them, so it is not done for each frame: when the clock
    /// has moved on, or there are more rows or less.
    pub(super) fn count_ailing(&mut self, world: &World) {
        let when = (world.now, self.order.len());
        let Some(composite) = self.composite.filter(|_| self.counted.replace(when) != Some(when)) else { return };
        let of = |table: &Table| table.rows().filter(|row| (composite.keep)(table, row) && self.ails(world, table, row)).count();
        self.ailing = self.tables(world).into_iter().flatten().map(of).sum();
    }

    /// What was found since the clock last moved on is news to what tells of findings.
    pub(super) fn judged(&mut self, world: &World) {
        if std::mem::replace(&mut self.judged, world.findings.changes) != world.findings.changes {
            self.doubt();
        }
    }

    /// True where the order depends on the column.
    fn counts(&self, column: &Merged) -> bool {
        let tells = |composite: &Composite| joints(column).any(|j| *j == *composite.ails);
        self.sort.as_ref().is_some_and(|s| s.title == column.title)
            || self.query.asks(&column.title)
            || (self.unhealthy || self.is_pane && self.sort.is_none()) && self.composite.is_some_and(tells)
    }
}

fn joints(column: &Merged) -> impl Iterator<Item = &'static Joint> {
    column.sources.iter().flatten().filter_map(|s| if let Source::Joined(joint) = s { Some(*joint) } else { None })
}
