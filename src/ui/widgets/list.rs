//! Lines in columns, one of which has the cursor.

use super::grid::{Wish, place};
use super::text;
use crate::model::step::Motion;
use crate::ui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Before the first column: the bar of the cursor.
const GUTTER: u16 = 2;

/// Cells with what they are drawn as.
pub type Cells<const N: usize> = [(String, Role); N];

/// Where the cursor is, and which part is in sight.
#[derive(Debug, Default)]
pub struct List {
    /// The line with the cursor.
    pub at: usize,
    top: usize,
    area: Rect,
}

impl List {
    /// Moves the cursor in so many lines.
    pub fn act(&mut self, motion: Motion, all: usize) {
        let page = self.height().max(2) as isize - 1;
        if let Some(by) = motion.lines(page, all) {
            self.at = self.at.saturating_add_signed(by).min(all.saturating_sub(1));
        }
    }

    /// Puts the cursor on the line at a height of the screen.
    pub fn click(&mut self, y: u16, all: usize) {
        let line = usize::from(y.saturating_sub(self.area.y + 1)) + self.top;
        if y > self.area.y && line < all.min(self.top + self.height()) {
            self.at = line;
        }
    }

    /// Fits so many lines into a frame of this area.
    pub fn arrange(&mut self, area: Rect, all: usize) {
        self.area = area;
        let height = self.height().max(1);
        self.at = self.at.min(all.saturating_sub(1));
        self.top = self.top.min(self.at).max((self.at + 1).saturating_sub(height)).min(all.saturating_sub(height));
    }

    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2))
    }

    /// Draws the lines that are in sight. Of each column is told how much of it there has to be where room is short.
    pub fn draw<const N: usize>(&self, theme: &Theme, lines: &[Cells<N>], least: [u16; N], inside: Rect, buf: &mut Buffer) {
        let natural =
            |column: usize| lines.iter().filter_map(|l| l.get(column)).map(|(cell, _)| text::width(cell)).max().unwrap_or_default();
        let wish = |(column, least): (usize, &u16)| Wish { natural: natural(column), least: *least, spare: false, pinned: true };
        let wishes: Vec<Wish> = least.iter().enumerate().map(wish).collect();
        let places = place(&wishes, inside.width.saturating_sub(GUTTER + 1), 0);
        for ((n, line), row) in lines.iter().enumerate().skip(self.top).zip(inside.rows()) {
            for place in &places {
                if let Some((cell, role)) = line.get(place.column) {
                    text::put(buf, row.x + GUTTER + place.x, row.y, place.width, cell, theme.style(*role));
                }
            }
            if n == self.at {
                text::put(buf, row.x, row.y, 1, "▌", theme.style(Role::Accent));
                text::paint(buf, row, theme.style(Role::RowSelected));
            }
        }
    }

    /// Says why there are no lines.
    pub fn nothing(&self, theme: &Theme, told: &str, inside: Rect, buf: &mut Buffer) {
        text::put(buf, inside.x + GUTTER, inside.y, inside.width.saturating_sub(GUTTER), told, theme.style(Role::Dim));
    }
}
