//! How the text is drawn: numbers, marks, colours, selection, what was found, the caret.

use super::{Editor, Mark};
use crate::model::cell::Health;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::text;
use crate::ui::widgets::yaml::{self, Within};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

/// Rows above and below the cursor that stay in sight.
const AROUND: usize = 2;
/// The least room for what is said of a line, in columns.
const SAID: u16 = 16;

/// A character as a person sees it: which of the line's `char`s it is made of, and where it is drawn.
struct Glyph<'t> {
    text: &'t str,
    role: Role,
    start: usize,
    end: usize,
    column: usize,
    width: usize,
}

impl Editor {
    /// Fits into an area of this size, with the cursor in sight.
    pub fn fit(&mut self, width: u16, height: u16) {
        (self.width, self.height) = (usize::from(width.saturating_sub(self.gutter())), usize::from(height));
        let (row, column) = self.text.at();
        let around = AROUND.min(self.height.saturating_sub(1) / 2);
        let last = self.text.lines().len().saturating_sub(self.height);
        let (least, most) = ((row + around + 1).saturating_sub(self.height), row.saturating_sub(around));
        self.top = self.top.max(least).min(most).min(last);
        self.look(self.top + self.height);
        if self.found_in != self.text.revision && !self.needle.is_empty() {
            self.find();
        }
        // One column stays for the caret behind the last character, one for the sign that a line goes on.
        let room = self.width.saturating_sub(2).max(1);
        let at = self.glyphs(row).find(|g| g.end > column).map_or_else(|| self.columns(row), |g| g.column);
        if at < self.left || at > self.left + room {
            self.left = if at <= room { 0 } else { at.saturating_sub(room * 2 / 3) };
        }
    }

    /// Columns that numbers and marks take.
    fn gutter(&self) -> u16 {
        let digits = self.text.lines().len().to_string().len().max(3);
        digits as u16 + 4
    }

    /// The columns of a row.
    fn columns(&self, row: usize) -> usize {
        self.glyphs(row).last().map_or(0, |g| g.column + g.width)
    }

    /// What a row is drawn with, from its beginning.
    fn glyphs(&self, row: usize) -> impl Iterator<Item = Glyph<'_>> {
        let within = self.within.get(row).copied().unwrap_or(self.begin);
        let parts = yaml::typed(self.text.line(row), within).0;
        let graphemes = parts.into_iter().flat_map(|(part, role)| part.graphemes(true).map(move |g| (g, role)));
        graphemes.scan((0, 0), move |(start, column), (text, role)| {
            // A tab is no blank to YAML: it is seen.
            let tab = if within == Within::Text { Role::Dim } else { Role::StatusWarn };
            let (shown, role) = if text == "\t" { ("→", tab) } else { (text, role) };
            let width = usize::from(text::width(shown));
            let glyph = Glyph { text: shown, role, start: *start, end: *start + text.chars().count(), column: *column, width };
            (*start, *column) = (glyph.end, glyph.column + width);
            Some(glyph)
        })
    }

    /// Where in the text a place of the area is: line and character. For a click.
    pub fn place(&self, x: u16, y: u16) -> (usize, usize) {
        let row = (self.top + usize::from(y)).min(self.text.lines().len().saturating_sub(1));
        let column = self.left + usize::from(x.saturating_sub(self.gutter()));
        let glyph = self.glyphs(row).find(|g| g.column + g.width > column);
        (row, glyph.map_or_else(|| self.text.line(row).chars().count(), |g| g.start))
    }

    /// Draws what is in sight.
    pub fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let rows = self.top..self.text.lines().len();
        for (y, row) in (area.top()..area.bottom()).zip(rows) {
            let line = Rect { y, height: 1, ..area };
            let gutter = self.draw_gutter(theme, row, line, buf);
            let inside = Rect { x: line.x + gutter, width: line.width.saturating_sub(gutter), ..line };
            let end = self.draw_line(theme, row, inside, buf);
            self.draw_said(theme, row, Rect { x: inside.x + end, width: inside.width.saturating_sub(end), ..inside }, inside, buf);
        }
    }

    /// The worst of what is said of a row.
    fn mark(&self, row: usize) -> Option<&Mark> {
        self.marks.iter().filter(|m| m.line == row).max_by_key(|m| severity(m.health))
    }

    fn draw_gutter(&self, theme: &Theme, row: usize, line: Rect, buf: &mut Buffer) -> u16 {
        let gutter = self.gutter();
        let digits = usize::from(gutter) - 4;
        let here = self.text.at().0 == row;
        let number = format!("{:>digits$}", row + 1);
        let style = if here { theme.selected(Role::Accent) } else { theme.style(Role::Dim) };
        let room = line.width.min(gutter);
        let taken = text::put(buf, line.x, line.y, room, &number, style);
        if let Some(mark) = self.mark(row) {
            let sign = match severity(mark.health) {
                2 => "✖",
                1 => "▲",
                _ => "•",
            };
            text::put(buf, line.x + taken + 1, line.y, room.saturating_sub(taken + 1), sign, theme.style(Role::status(mark.health)));
        }
        room
    }

    /// Draws the text of a row. The columns that it takes, as far as it is in sight.
    fn draw_line(&self, theme: &Theme, row: usize, area: Rect, buf: &mut Buffer) -> u16 {
        let (cursor_row, cursor) = self.text.at();
        let (left, room) = (self.left, usize::from(area.width));
        let mut found = self.found_in_row(row).peekable();
        let (mut caret, mut end) = (None, 0);
        for glyph in self.glyphs(row) {
            if cursor_row == row && (glyph.start..glyph.end).contains(&cursor) {
                caret = Some((glyph.column, glyph.width.max(1)));
            }
            if glyph.column + glyph.width <= left {
                continue;
            }
            if glyph.column >= left + room {
                text::put(buf, area.right().saturating_sub(1), area.y, 1, "…", theme.style(Role::Dim));
                break;
            }
            while found.next_if(|from| from + self.needle.len() <= glyph.start).is_some() {}
            let is_found = found.peek().is_some_and(|from| *from < glyph.end).then(|| found.peek() == Some(&cursor) && cursor_row == row);
            let style = match (self.is_selected(row, glyph.start), is_found) {
                (true, _) | (_, Some(true)) => theme.selected(glyph.role),
                (_, Some(false)) => theme.style(Role::Match),
                _ => theme.style(glyph.role),
            };
            // What the left edge cuts is blank, as far as it is in sight.
            let (x, shown) = match glyph.column.checked_sub(left) {
                Some(x) => (x, glyph.text),
                None => (0, " "),
            };
            text::put(buf, area.x + x as u16, area.y, (room - x) as u16, shown, style);
            end = (glyph.column + glyph.width - left).min(room);
        }
        if cursor_row == row {
            let at = caret.unwrap_or_else(|| (self.columns(row), 1));
            self.draw_caret(theme, at, area, buf);
            end = end.max((at.0 + at.1).saturating_sub(left)).min(room);
        }
        end as u16
    }

    fn draw_caret(&self, theme: &Theme, (column, width): (usize, usize), area: Rect, buf: &mut Buffer) {
        let Some(x) = column.checked_sub(self.left).filter(|x| *x < usize::from(area.width)) else { return };
        let style = theme.style(Role::Accent).add_modifier(Modifier::REVERSED);
        let caret = Rect { x: area.x + x as u16, width: width as u16, ..area };
        text::paint(buf, caret.intersection(area), Style { bg: None, ..style });
    }

    /// What was found in a row: the first characters.
    fn found_in_row(&self, row: usize) -> impl Iterator<Item = usize> {
        let first = self.found.partition_point(|f| f.0 < row);
        self.found.iter().skip(first).take_while(move |f| f.0 == row).map(|f| f.1)
    }

    fn is_selected(&self, row: usize, character: usize) -> bool {
        self.text.selected().is_some_and(|(from, to)| from <= (row, character) && (row, character) < to)
    }

    /// Says behind a line what is wrong with it. Where the line leaves no room, its end gives way, but for the line that one types in.
    fn draw_said(&self, theme: &Theme, row: usize, rest: Rect, line: Rect, buf: &mut Buffer) {
        let Some(mark) = self.mark(row) else { return };
        let wide = text::width(&mark.text);
        let room = rest.width.saturating_sub(2);
        let place = if room >= wide.min(SAID) {
            Rect { x: rest.x + 2, width: room, ..rest }
        } else if row != self.text.at().0 {
            let width = (wide + 2).min(line.width / 2);
            Rect { x: line.right() - width, width, ..line }
        } else {
            return;
        };
        let blanks = " ".repeat(usize::from(place.width));
        text::put(buf, place.x, place.y, place.width, &blanks, theme.style(Role::Text));
        let gap = u16::from(place.x < rest.x + 2);
        text::put(buf, place.x + gap, place.y, place.width - gap, &mark.text, theme.style(Role::status(mark.health)));
    }
}

fn severity(health: Health) -> u8 {
    match health {
        Health::Bad => 2,
        Health::Warn => 1,
        Health::Ok | Health::Done | Health::Busy => 0,
    }
}
