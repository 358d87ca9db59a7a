//! Marks in the cells what a filter found there, so that one sees why a row is shown.

use super::TableView;
use super::columns::Merged;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl TableView {
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
