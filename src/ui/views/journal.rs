//! The journal: every change that was made or begun, the newest first. It is read by whoever may read files; here it is narrowed and drawn.

mod record;

pub use record::RecordView;

use crate::keymap::Scope;
use crate::model::query::BadTerm;
use crate::model::record::Record;
use crate::model::step::{Motion, Scene};
use crate::model::time::{Timestamp, next_change};
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Before the first column: the bar of the cursor, the glyph of the outcome, and a space.
const GUTTER: u16 = 3;
/// Between columns.
const GAP: u16 = 2;
/// The widest that each column before the last pushes what is behind it: cluster, verb, object, outcome, who.
const WIDEST: [u16; 5] = [20, 10, 44, 9, 16];

/// The screen of the journal.
#[derive(Debug, Default)]
pub struct JournalView {
    filter: String,
    /// What is shown, by its place in the journal.
    shown: Vec<usize>,
    /// The change that the cursor is on: it stays there when newer ones come.
    cursor: Option<String>,
    top: usize,
    area: Rect,
}

/// How an outcome is shown.
fn outcome(record: &Record) -> (&'static str, Role) {
    match record.outcome.as_deref() {
        Some("done") => ("●", Role::StatusOk),
        Some("refused") => ("✗", Role::StatusBad),
        _ => ("◌", Role::StatusWarn),
    }
}

fn records(world: &World) -> &[Record] {
    world.journal.as_ref().and_then(|read| read.as_ref().ok()).map_or(&[], Vec::as_slice)
}

/// The cells of a line, but for when it was and what changed.
fn cells(record: &Record) -> [String; 5] {
    let user = record.cluster.user.as_deref().unwrap_or(&record.os_user);
    [record.cluster.name.clone(), record.verb.clone(), record.object.told(), record.ended().to_owned(), user.to_owned()]
}

/// True where every word stands somewhere in what is shown of a record.
fn matches(record: &Record, words: &[String]) -> bool {
    let all = [cells(record).join(" "), record.summary(), record.reason.clone().unwrap_or_default(), record.rule.clone()];
    let all = all.join(" ").to_lowercase();
    words.iter().all(|word| all.contains(word))
}

impl JournalView {
    fn narrow(&mut self, world: &World) {
        let words: Vec<String> = self.filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let shown = records(world).iter().enumerate().rev().filter(|(_, r)| matches(r, &words));
        self.shown = shown.map(|(at, _)| at).collect();
        if !self.shown.iter().any(|at| records(world).get(*at).map(|r| &r.id) == self.cursor.as_ref()) {
            self.cursor = None;
        }
    }

    fn at<'a>(&self, world: &'a World, line: usize) -> Option<&'a Record> {
        records(world).get(*self.shown.get(line)?)
    }

    /// The line of the cursor; the first before anybody moved it.
    fn line(&self, world: &World) -> usize {
        let is = |line: &usize| self.at(world, *line).map(|r| &r.id) == self.cursor.as_ref();
        (0..self.shown.len()).find(is).unwrap_or_default()
    }

    fn go_to(&mut self, world: &World, line: usize) {
        self.cursor = self.at(world, line).map(|r| r.id.clone());
    }

    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2))
    }

    /// What stands where there is nothing to show.
    fn nothing(&self, world: &World) -> (String, Role) {
        match &world.journal {
            None => ("reading the journal…".to_owned(), Role::ClusterSyncing),
            Some(Err(why)) => (why.clone(), Role::StatusBad),
            Some(Ok(all)) if all.is_empty() => ("nothing was changed yet".to_owned(), Role::Dim),
            Some(Ok(_)) => ("no change matches".to_owned(), Role::Dim),
        }
    }
}

impl View for JournalView {
    fn scope(&self) -> Scope {
        Scope::Everywhere
    }

    fn title(&self) -> String {
        "journal".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn reads_journal(&self) -> bool {
        true
    }

    fn scene(&self, world: &World) -> Scene {
        let record = self.at(world, self.line(world)).cloned();
        Scene {
            lost: record.is_none().then(|| "there is no record under the cursor".to_owned()),
            copyable: record.as_ref().map(|r| format!("{} {} {} {} {}", r.time, r.cluster.name, r.verb, r.object.told(), r.summary())),
            record: record.map(Box::new),
            ..Scene::default()
        }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        let page = self.height().max(2) as isize - 1;
        if let Some(by) = motion.lines(page, self.shown.len()) {
            let line = self.line(world).saturating_add_signed(by).min(self.shown.len().saturating_sub(1));
            self.go_to(world, line);
        }
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, world: &World, text: &str) -> Result<(), BadTerm> {
        text.clone_into(&mut self.filter);
        self.narrow(world);
        Ok(())
    }

    fn refresh(&mut self, world: &World) {
        self.narrow(world);
    }

    fn click(&mut self, world: &World, _x: u16, y: u16) {
        let line = usize::from(y.saturating_sub(self.area.y + 1)) + self.top;
        if y > self.area.y && line < self.shown.len() {
            self.go_to(world, line);
        }
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        let ages = (self.top..self.top + self.height()).filter_map(|line| Timestamp::parse(&self.at(world, line)?.time));
        ages.map(|at| next_change(at.age(world.now))).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.area = area;
        self.narrow(world);
        let (line, height) = (self.line(world), self.height().max(1));
        self.top = self.top.min(line).max((line + 1).saturating_sub(height)).min(self.shown.len().saturating_sub(height));
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = theme.style(Role::Title);
        let mut parts: Vec<(Cow<'static, str>, Style)> = vec![("Journal".into(), title), (words::grouped(self.shown.len()).into(), title)];
        if !self.filter.is_empty() {
            parts.push((format!("/{}", self.filter).into(), theme.style(Role::Accent)));
        }
        let inside = frame(buf, area, theme.style(Role::BorderFocused), parts);
        let records: Vec<&Record> = (self.top..self.top + self.height()).filter_map(|line| self.at(world, line)).collect();
        if records.is_empty() && inside.height > 0 {
            let (told, role) = self.nothing(world);
            text::put(buf, inside.x + GUTTER, inside.y, inside.width.saturating_sub(GUTTER), &told, theme.style(role));
        }
        let mut wide = [0; 5];
        for record in &records {
            for ((wide, cell), widest) in wide.iter_mut().zip(cells(record)).zip(WIDEST) {
                *wide = text::width(&cell).min(widest).max(*wide);
            }
        }
        let here = self.line(world);
        for ((record, row), line) in records.into_iter().zip(inside.rows()).zip(self.top..) {
            line_of(world, theme, record, &wide, line == here, row, buf);
        }
    }
}

/// Draws a line.
fn line_of(world: &World, theme: &Theme, record: &Record, wide: &[u16; 5], selected: bool, row: Rect, buf: &mut Buffer) {
    let (glyph, role) = outcome(record);
    let roles = [Role::Title, Role::Text, Role::Text, role, Role::Dim];
    text::put(buf, row.x + 1, row.y, 1, glyph, theme.style(role));
    let mut x = row.x + GUTTER;
    let age = Timestamp::parse(&record.time).map_or_else(String::new, |at| words::ago(at, world.now));
    text::put(buf, x, row.y, 6, &age, theme.style(Role::Dim));
    x += 6 + GAP;
    for ((cell, wide), role) in cells(record).iter().zip(wide).zip(roles) {
        text::put(buf, x, row.y, row.right().saturating_sub(x).min(*wide), cell, theme.style(role));
        x += wide + GAP;
    }
    text::put(buf, x, row.y, row.right().saturating_sub(x), &record.summary(), theme.style(Role::Text));
    if selected {
        text::put(buf, row.x, row.y, 1, "▌", theme.style(Role::Accent));
        text::paint(buf, row, theme.style(Role::RowSelected));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests;
