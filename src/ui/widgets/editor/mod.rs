//! A text of many lines that is edited: YAML in colours, line numbers, marks with what is wrong with a line, selection, search, undo.
//!
//! The text stays as it is typed, pasted or set; only what is drawn is made visible. Drawing looks at the lines in sight alone, whatever the length
//! of the text.

mod draw;
mod moves;
mod text;

use super::find::Needle;
use super::yaml::{self, Within};
use crate::model::cell::Health;
use crate::model::step::Motion;
use crate::model::stroke::Stroke;
use text::{At, Sort, Text};

/// By how many columns a line becomes deeper.
const INDENT: &str = "  ";

/// Something that is said of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The line, from 0.
    pub line: usize,
    /// How bad it is.
    pub health: Health,
    /// What it is.
    pub text: String,
}

/// How deep a line is; in a list, what it says is deeper than its dash.
fn depth(line: &str) -> usize {
    let mut said = line.trim_start_matches(' ');
    while let Some(rest) = said.strip_prefix("- ") {
        said = rest.trim_start_matches(' ');
    }
    line.len() - said.len()
}

/// The text, and what of it is in sight.
#[derive(Clone, Debug)]
pub struct Editor {
    text: Text,
    marks: Vec<Mark>,
    /// What the first row begins within.
    begin: Within,
    /// What each row begins within, as far as that was looked at.
    within: Vec<Within>,
    /// The first row in sight.
    top: usize,
    /// Columns that are out of sight to the left.
    left: usize,
    width: usize,
    height: usize,
    /// The character that going up and down tries to stay at.
    goal: Option<usize>,
    search: String,
    needle: Needle,
    /// Where the cursor was when the search began.
    origin: At,
    /// Row and first character of what was found.
    found: Vec<At>,
    /// The text that `found` is true of.
    found_in: u64,
}

impl Editor {
    /// An editor with YAML in it and the cursor at its beginning.
    pub fn new(text: &str) -> Self {
        Self::within(text, Within::Keys)
    }

    /// The same with a text that is no YAML.
    pub fn plain(text: &str) -> Self {
        Self::within(text, Within::Text)
    }

    fn within(text: &str, begin: Within) -> Self {
        Self {
            begin,
            text: Text::new(text),
            marks: Vec::new(),
            within: Vec::new(),
            top: 0,
            left: 0,
            width: 0,
            height: 0,
            goal: None,
            search: String::new(),
            needle: Needle::default(),
            origin: (0, 0),
            found: Vec::new(),
            found_in: 0,
        }
    }

    /// The text as it is.
    pub fn text(&self) -> String {
        self.text.whole()
    }

    /// Another text, as one change that can be undone; the cursor goes to a line of it, from 0.
    pub fn set_text(&mut self, text: &str, line: usize) {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let column = self.text.at().1;
        self.text.replace(0..self.text.lines().len(), &lines, (line, column));
        self.marks.clear();
        self.follow();
    }

    /// True where the text is another than at first, or than when it was kept.
    pub fn is_changed(&self) -> bool {
        self.text.is_changed()
    }

    /// The text as it is now counts as unchanged: it was sent.
    pub fn keep(&mut self) {
        self.text.keep();
    }

    /// Another number after each change: what was found out about the text holds for one of them.
    pub fn revision(&self) -> u64 {
        self.text.revision
    }

    /// The line and the character that the cursor is on, from 0.
    pub fn cursor(&self) -> (usize, usize) {
        self.text.at()
    }

    /// The cursor goes to a line and character, from 0, or as near as there is one.
    pub fn goto(&mut self, line: usize, column: usize) {
        self.text.select(false);
        self.text.goto(line, column);
        self.goal = None;
    }

    /// What is selected; empty where nothing is.
    pub fn selected(&self) -> String {
        self.text.selected().map_or_else(String::new, |(from, to)| self.text.between(from, to))
    }

    /// What is said of lines, all anew. They move with their lines until then.
    pub fn set_marks(&mut self, mut marks: Vec<Mark>) {
        marks.sort_by_key(|mark| mark.line);
        self.marks = marks;
    }

    /// What is said of the line under the cursor.
    pub fn marks_here(&self) -> impl Iterator<Item = &Mark> {
        let row = self.text.at().0;
        self.marks.iter().filter(move |mark| mark.line == row)
    }

    /// The cursor goes to the next line below that something is said of, or to the first one. False where there is none.
    pub fn next_mark(&mut self) -> bool {
        let row = self.text.at().0;
        let next = self.marks.iter().find(|m| m.line > row).or_else(|| self.marks.first()).map(|m| m.line);
        if let Some(line) = next {
            self.goto(line, 0);
            self.stroke(Stroke::Home);
        }
        next.is_some()
    }

    /// Takes pasted text in: it is text, never keys.
    pub fn paste(&mut self, pasted: &str) {
        self.edit(|text| text.insert(pasted));
    }

    /// Does what a key asks for. True where the text is another now.
    pub fn stroke(&mut self, stroke: Stroke) -> bool {
        let (row, column) = self.text.at();
        match stroke {
            Stroke::Type(c) => self.edit(|text| text.type_char(c)),
            Stroke::NewLine => {
                let from = self.text.selected().map_or((row, column), |(from, _)| from);
                let line = self.text.line(from.0);
                let head: String = line.chars().take(from.1).collect();
                let blanks = " ".repeat(depth(&head));
                self.edit(|text| text.insert(&format!("\n{blanks}")))
            }
            Stroke::Indent if !self.selects_rows() => self.edit(|text| text.insert(INDENT)),
            Stroke::Indent => self.each_row(|line| if line.is_empty() { String::new() } else { format!("{INDENT}{line}") }),
            Stroke::Outdent => self.each_row(|line| {
                let blanks = line.chars().take(INDENT.len()).take_while(|c| *c == ' ').count();
                line.get(blanks..).unwrap_or_default().to_owned()
            }),
            Stroke::Backspace => self.edit(Text::backspace),
            Stroke::Delete => self.edit(|text| text.delete_to(moves::right(text, (row, column)))),
            Stroke::DeleteWord => self.edit(|text| text.delete_to(moves::word_left(text, (row, column)))),
            Stroke::DeleteRest => self.edit(|text| {
                let end = moves::end(text, row);
                text.delete_to(if (row, column) == end { moves::right(text, end) } else { end })
            }),
            Stroke::DeleteLine => self.delete_rows(),
            Stroke::Undo => self.edit(Text::undo),
            Stroke::Redo => self.edit(Text::redo),
            Stroke::Home => self.moved(|text| moves::home(text, (row, column))),
            Stroke::End => self.moved(|text| moves::end(text, row)),
            Stroke::WordLeft => self.moved(|text| moves::word_left(text, (row, column))),
            Stroke::WordRight => self.moved(|text| moves::word_right(text, (row, column))),
            Stroke::Select => {
                self.text.select(!self.text.selects());
                false
            }
            Stroke::SelectTo(motion) => {
                if !self.text.selects() {
                    self.text.select(true);
                }
                self.go(motion);
                false
            }
            Stroke::SelectAll => {
                self.goto(0, 0);
                self.text.select(true);
                self.moved(|text| moves::end(text, text.lines().len().saturating_sub(1)))
            }
            Stroke::NextMark => {
                self.next_mark();
                false
            }
            Stroke::Preview => false,
        }
    }

    /// Moves about in the text, or to what was found. While nothing holds the selection, it ends.
    pub fn act(&mut self, motion: Motion) {
        match motion {
            Motion::NextMatch => self.seek(true),
            Motion::PreviousMatch => self.seek(false),
            _ => self.go(motion),
        }
    }

    fn go(&mut self, motion: Motion) {
        let (row, column) = self.text.at();
        let goal = self.goal.unwrap_or(column);
        let page = self.height.saturating_sub(1).max(1) as isize;
        let last = self.text.lines().len().saturating_sub(1);
        let place = match motion {
            Motion::Left => moves::left(&self.text, (row, column)),
            Motion::Right => moves::right(&self.text, (row, column)),
            _ => match motion.lines(page, last + 1) {
                Some(by) => (row.saturating_add_signed(by).min(last), goal),
                None => return,
            },
        };
        self.text.goto(place.0, place.1);
        let sideways = matches!(motion, Motion::Left | Motion::Right);
        self.goal = (!sideways).then_some(goal);
    }

    fn moved(&mut self, to: impl FnOnce(&Text) -> At) -> bool {
        let to = to(&self.text);
        self.text.goto(to.0, to.1);
        self.goal = None;
        false
    }

    /// Changes the text; marks below stay with their lines.
    fn edit(&mut self, edit: impl FnOnce(&mut Text) -> bool) -> bool {
        let (before, row) = (self.text.lines().len(), self.rows().start);
        if !edit(&mut self.text) {
            return false;
        }
        self.goal = None;
        let by = self.text.lines().len() as isize - before as isize;
        let row = row.min(self.text.at().0);
        for mark in self.marks.iter_mut().filter(|m| m.line > row) {
            mark.line = mark.line.saturating_add_signed(by).max(row);
        }
        self.follow();
        true
    }

    /// What was known of rows that have changed is forgotten.
    fn follow(&mut self) {
        if let Some(row) = self.text.take_touched() {
            self.within.truncate(row + 1);
        }
    }

    /// The rows that are selected, or the one of the cursor.
    fn rows(&self) -> std::ops::Range<usize> {
        match self.text.selected() {
            // Nothing of the last row is selected.
            Some((from, (to, 0))) => from.0..to.max(from.0 + 1),
            Some((from, to)) => from.0..to.0 + 1,
            None => self.text.at().0..self.text.at().0 + 1,
        }
    }

    /// More than a part of a row is selected.
    fn selects_rows(&self) -> bool {
        self.text.selected().is_some_and(|(from, to)| from.0 != to.0)
    }

    /// Changes each of these rows, and nothing else.
    fn each_row(&mut self, change: impl Fn(&str) -> String) -> bool {
        let rows = self.rows();
        let several = self.selects_rows();
        let lines: Vec<String> = rows.clone().map(|row| change(self.text.line(row))).collect();
        let (row, column) = self.text.at();
        let length = |line: &str| line.chars().count();
        let now = row.checked_sub(rows.start).and_then(|at| lines.get(at)).map_or(0, |line| length(line));
        let cursor = (row, (column + now).saturating_sub(length(self.text.line(row))));
        let changed = self.edit(|text| text.replace(rows.clone(), &lines, cursor));
        if several {
            // They stay selected: twice as deep is the same key again.
            self.goto(rows.start, 0);
            self.text.select(true);
            self.moved(|text| moves::end(text, rows.end - 1));
        }
        changed
    }

    fn delete_rows(&mut self) -> bool {
        let rows = self.rows();
        let last = self.text.lines().len().saturating_sub(1);
        // The last line has no end to take away, but the line before it has.
        let (from, to) = match rows.end <= last {
            true => ((rows.start, 0), (rows.end, 0)),
            false if rows.start == 0 => ((0, 0), moves::end(&self.text, last)),
            false => (moves::end(&self.text, rows.start - 1), moves::end(&self.text, last)),
        };
        self.edit(|text| text.delete(from, to, Sort::Whole))
    }

    /// What is searched for.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// Searches, whatever the case; goes to the first place from where the cursor was when the search began. Nothing is searched for with an empty text.
    pub fn set_search(&mut self, search: &str) {
        if self.search.is_empty() {
            self.origin = self.text.at();
        }
        self.search = search.to_owned();
        self.needle = Needle::new(search);
        self.find();
        let origin = self.origin;
        let next = self.found.iter().find(|at| **at >= origin).or(self.found.first()).copied();
        if let Some((row, column)) = next {
            self.goto(row, column);
        }
    }

    /// Which of how many places the cursor is at, as `3/14`.
    pub fn matches(&self) -> Option<String> {
        let at = self.text.at();
        let here = self.found.binary_search(&at).map_or_else(|before| before, |i| i + 1);
        (!self.search.is_empty()).then(|| format!("{here}/{}", self.found.len()))
    }

    fn find(&mut self) {
        self.found_in = self.text.revision;
        let (needle, lines) = (&self.needle, self.text.lines());
        let rows = lines.iter().enumerate().filter(|_| !needle.is_empty());
        self.found = rows.flat_map(|(row, line)| needle.places([line.as_str()]).into_iter().map(move |column| (row, column))).collect();
    }

    fn seek(&mut self, next: bool) {
        if self.found_in != self.text.revision {
            self.find();
        }
        let at = self.text.at();
        let place = match next {
            true => self.found.iter().find(|f| **f > at).or(self.found.first()),
            false => self.found.iter().rev().find(|f| **f < at).or(self.found.last()),
        };
        if let Some((row, column)) = place.copied() {
            self.goto(row, column);
        }
    }

    /// Looks at rows up to this one, for what they stand within.
    fn look(&mut self, row: usize) {
        if self.within.is_empty() {
            self.within.push(self.begin);
        }
        while self.within.len() <= row && self.within.len() < self.text.lines().len() {
            let at = self.within.len() - 1;
            let before = self.within.last().copied().unwrap_or_default();
            self.within.push(yaml::typed(self.text.line(at), before).1);
        }
    }
}

#[cfg(test)]
mod tests;
