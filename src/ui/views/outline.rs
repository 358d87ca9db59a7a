//! Builds the lines that people read: headings, keys with values beside them, tables, and any JSON as an outline without YAML's syntax.

use crate::model::time::{Timestamp, next_change};
use crate::ui::theme::Role;
use crate::ui::widgets::pager::Line;
use crate::ui::widgets::text;
use crate::ui::words;
use serde_json::{Map, Value};

/// The widest that keys push the values beside them to the right.
const KEYS: u16 = 28;

/// Lists of plain values up to this width stand on one line.
const SHORT: u16 = 60;

/// Lines in the making.
pub(super) struct Outline {
    out: Vec<Line>,
    width: u16,
    now: Timestamp,
    tick: Option<i64>,
}

impl Outline {
    /// Nothing yet, `width` columns wide.
    pub(super) fn new(width: u16, now: Timestamp) -> Self {
        Self { out: Vec::new(), width, now, tick: None }
    }

    /// The lines, and in how many seconds one of their ages changes.
    pub(super) fn end(self) -> (Vec<Line>, Option<i64>) {
        (self.out, self.tick)
    }

    /// How long ago; remembered, for the clock.
    pub(super) fn ago(&mut self, at: Timestamp) -> String {
        let age = at.age(self.now);
        let next = next_change(age);
        self.tick = Some(self.tick.map_or(next, |t| t.min(next)));
        words::span(age)
    }

    /// The title of a part, after an empty line.
    pub(super) fn heading(&mut self, title: &str, about: &str) {
        if !self.out.is_empty() {
            self.out.push(Vec::new());
        }
        self.out.push(vec![
            (title.to_uppercase(), Role::Header),
            (if about.is_empty() { String::new() } else { format!("  {about}") }, Role::Text),
        ]);
    }

    /// A line as it is.
    pub(super) fn line(&mut self, line: Line) {
        self.out.push(line);
    }

    /// A key and what it is, beside it; long values go on below themselves.
    pub(super) fn pair(&mut self, indent: u16, keys: u16, key: &str, value: &str, role: Role) {
        let pad = keys.saturating_sub(text::width(key)) + 2;
        let lead = vec![(blanks(indent), Role::Text), (format!("{key}{}", blanks(pad)), Role::Dim)];
        self.flow(lead, value, role);
    }

    /// Parts, and then a text that goes on below itself.
    pub(super) fn flow(&mut self, lead: Line, value: &str, role: Role) {
        let mut at = lead.iter().map(|(part, _)| text::width(part)).fold(0, u16::saturating_add);
        let mut lead = Some(lead);
        if at.saturating_add(20) > self.width {
            self.out.extend(lead.take());
            at = at.min(self.width / 4);
        }
        let room = self.width.saturating_sub(at).max(20);
        for line in value.trim_end_matches('\n').split('\n') {
            for piece in text::wrapped(line, room) {
                let mut whole = lead.take().unwrap_or_else(|| vec![(blanks(at), Role::Text)]);
                whole.push((piece, role));
                self.out.push(whole);
            }
        }
    }

    /// Rows under titles. The last column takes what room is left, and goes on below itself.
    pub(super) fn table(&mut self, titles: &[&str], rows: &[Vec<(String, Role)>]) {
        let wide = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|(cell, _)| text::width(cell)).max().unwrap_or_default();
        let widths: Vec<u16> = titles.iter().enumerate().map(|(i, t)| wide(i).max(text::width(t)).min(KEYS + 8) + 2).collect();
        let head: Vec<(String, Role)> = titles.iter().map(|t| ((*t).to_owned(), Role::Dim)).collect();
        for row in std::iter::once(&head).chain(rows) {
            let Some(((last, role), cells)) = row.split_last() else { continue };
            let mut lead: Line = vec![(blanks(2), Role::Text)];
            for ((cell, role), width) in cells.iter().zip(&widths) {
                lead.push((format!("{cell}{}", blanks(width.saturating_sub(text::width(cell)).max(2))), *role));
            }
            self.flow(lead, last, *role);
        }
    }

    /// Keys and values, nested as they are. What is short comes first: it is what tells one thing from another.
    pub(super) fn map(&mut self, indent: u16, map: &Map<String, Value>) {
        let keys = map.iter().filter(|(_, v)| inline(v).is_some()).map(|(k, _)| text::width(k)).max().unwrap_or_default().min(KEYS);
        let (short, long): (Vec<_>, Vec<_>) = map.iter().partition(|(_, v)| inline(v).is_some());
        for (key, value) in short.into_iter().chain(long) {
            self.entry(indent, keys, key, value);
        }
    }

    fn entry(&mut self, indent: u16, keys: u16, key: &str, value: &Value) {
        if let Some(shown) = inline(value) {
            let (shown, role) = self.told(key, value, shown);
            return self.pair(indent, keys, key, &shown, role);
        }
        self.out.push(vec![(blanks(indent), Role::Text), (key.to_owned(), Role::Dim)]);
        self.nested(indent + 2, value);
    }

    /// A value that stands below its key.
    pub(super) fn nested(&mut self, indent: u16, value: &Value) {
        match value {
            Value::Object(map) => self.map(indent, map),
            Value::Array(list) => list.iter().for_each(|item| self.item(indent, item)),
            other => self.flow(vec![(blanks(indent), Role::Text)], &plain(other), Role::Text),
        }
    }

    /// An entry of a list, with a mark where it begins.
    fn item(&mut self, indent: u16, item: &Value) {
        let start = self.out.len();
        match item {
            Value::Object(map) if !map.is_empty() => self.map(indent + 2, map),
            Value::Array(list) if !list.is_empty() => self.nested(indent + 2, item),
            other => self.flow(vec![(blanks(indent + 2), Role::Text)], &plain(other), Role::Text),
        }
        if let Some((lead, role)) = self.out.get_mut(start).and_then(|line| line.first_mut()) {
            (*lead, *role) = (format!("{}· ", blanks(indent)), Role::Dim);
        }
    }

    /// A plain value, with the age of an instant behind it.
    fn told(&mut self, key: &str, value: &Value, shown: String) -> (String, Role) {
        let instant = value.as_str().filter(|_| key.ends_with("Time") || key.ends_with("Timestamp") || key.ends_with("At"));
        match instant.and_then(Timestamp::parse) {
            Some(at) if at <= self.now => (format!("{} ago  {shown}", self.ago(at)), Role::Text),
            _ => (shown, if value.is_string() { Role::Text } else { Role::StatusDone }),
        }
    }
}

/// A value that fits beside its key.
pub(super) fn inline(value: &Value) -> Option<String> {
    match value {
        Value::Object(map) if map.is_empty() => Some("{}".to_owned()),
        Value::Array(list) if list.is_empty() => Some("none".to_owned()),
        Value::Array(list) => {
            let plain_only = list.iter().all(|v| !v.is_object() && !v.is_array() && !v.as_str().is_some_and(|s| s.contains(['\n', ','])));
            let joined = || list.iter().map(plain).collect::<Vec<_>>().join(", ");
            plain_only.then(joined).filter(|j| text::width(j) <= SHORT)
        }
        Value::Object(_) => None,
        Value::String(text) if text.trim_end_matches('\n').contains('\n') => None,
        other => Some(plain(other)),
    }
}

/// A plain value as people write it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn blanks(n: u16) -> String {
    " ".repeat(usize::from(n))
}
