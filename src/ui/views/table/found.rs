//! What a filter finds, and marks of it in the cells, so that one sees why a row is shown.

use super::TableView;
use super::columns::Merged;
use crate::model::order::Member;
use crate::model::query::RowView;
use crate::model::row::Row;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Where a filter depends on the time, so many rows are looked at in a second: hundredths of its work, however many rows there are.
const ROWS_A_SECOND: usize = 10_000;

impl TableView {
    /// Whether the filter finds a row.
    pub(super) fn finds(&self, world: &World, member: &Member<'_>, row: &Row) -> bool {
        let place = self.members.iter().position(|m| *m == Some(member.table.watch));
        let columns = place.and_then(|p| self.known.get(p)).map_or(&[][..], |k| k);
        self.query.matches(&RowView { world, table: member.table, row, cluster: member.cluster, columns, now: world.now })
    }

    /// In how many seconds all rows are held against the query again, because rows come and go by the clock alone.
    pub(super) fn next_look(&self, world: &World) -> Option<i64> {
        let rows: usize = self.tables(world).iter().flatten().map(|t| t.len()).sum();
        let every = 1 + (rows / ROWS_A_SECOND) as i64;
        self.query.depends_on_time().then(|| every - self.looked.age(world.now))
    }

    /// Marks what the filter found in the text of a cell. Only the case of ASCII letters is looked through: what is missed is a mark, not a row.
    pub(super) fn mark_found(&self, theme: &Theme, column: &Merged, shown: &str, cell: Rect, buf: &mut Buffer) {
        let found: Vec<&str> = self.query.highlights(&column.title).filter(|needle| !needle.is_empty()).collect();
        if found.is_empty() {
            return;
        }
        // Places stay what they are: this changes no byte but those of ASCII letters.
        let hay = shown.to_ascii_lowercase();
        for needle in found {
            for (at, part) in hay.match_indices(&needle.to_ascii_lowercase()) {
                let before = text::width_up_to(shown.get(..at).unwrap_or_default(), cell.width);
                let place = Rect { x: cell.x.saturating_add(before), width: text::width(part), ..cell };
                text::paint(buf, place.intersection(cell), theme.style(Role::Match));
            }
        }
    }
}
