//! The keys in force where the help was asked for, with what they do. The list is the keymap's own, so that it is never wrong.

use crate::actions;
use crate::keymap::{Keymap, Scope};
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Scene};
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::fuzzy::Fuzzy;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// The space around a column of keys.
const SPACE: u16 = 4;

/// What is done, and the keys that do it.
#[derive(Debug, PartialEq)]
struct Entry {
    keys: String,
    text: String,
}

/// The screen of keys.
#[derive(Debug)]
pub struct HelpView {
    /// Title and entries of each part.
    parts: Vec<(String, Vec<Entry>)>,
    filter: String,
    fuzzy: Fuzzy,
    /// The first visible line of each column.
    top: usize,
    area: Rect,
}

/// A line of the help.
#[derive(PartialEq)]
enum Line<'a> {
    Title(&'a str),
    Entry(&'a Entry),
    Empty,
}

impl HelpView {
    /// The keys in force in a scope.
    pub fn new(scope: Scope, keymap: &Keymap) -> Self {
        let here = words::capital(scope.name());
        let parts = [(scope, here.as_str()), (Scope::Everywhere, "Everywhere")];
        let parts = parts
            .iter()
            .skip(usize::from(scope == Scope::Everywhere))
            .map(|(of, title)| ((*title).to_owned(), entries(scope, *of, keymap)));
        Self { parts: parts.collect(), filter: String::new(), fuzzy: Fuzzy::default(), top: 0, area: Rect::default() }
    }

    /// The same, where the action `unhealthy` does something of the screen's own.
    pub fn telling(mut self, narrows: Option<(&'static str, &'static str)>) -> Self {
        let general = actions::find("unhealthy").map_or("", |a| a.help);
        for entry in self.parts.iter_mut().flat_map(|(_, entries)| entries).filter(|e| e.text == general) {
            if let Some((_, own)) = narrows {
                own.clone_into(&mut entry.text);
            }
        }
        self
    }

    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        for (title, entries) in &self.parts {
            let found: Vec<&Entry> = entries.iter().filter(|e| self.fuzzy.matches(&[&e.keys, &e.text])).collect();
            if !found.is_empty() {
                if !lines.is_empty() {
                    lines.push(Line::Empty);
                }
                lines.push(Line::Title(title));
                lines.extend(found.into_iter().map(Line::Entry));
            }
        }
        lines
    }

    /// How many columns there are, and how many lines each has.
    fn shape(&self, lines: &[Line<'_>]) -> (usize, usize) {
        let text = lines.iter().map(|l| if let Line::Entry(e) = l { text::width(&e.text) } else { 0 }).max().unwrap_or_default();
        let columns = usize::from((self.area.width.saturating_sub(2) / (keys(lines) + text + SPACE)).clamp(1, 3));
        (columns, lines.len().div_ceil(columns).max(1))
    }

    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2))
    }

    fn scroll(&mut self, by: isize) {
        let (_, lines) = self.shape(&self.lines());
        self.top = self.top.saturating_add_signed(by).min(lines.saturating_sub(self.height()));
    }
}

/// What the bindings of one scope do where `scope` is in force: keys that do the same stand together, and keys that differ only by a number as a range.
fn entries(scope: Scope, of: Scope, keymap: &Keymap) -> Vec<Entry> {
    let mut seen: Vec<(&str, Option<&str>, Vec<String>)> = Vec::new();
    for (from, keys, binding) in keymap.bindings(scope) {
        let argument = binding.argument.as_deref();
        if from != of {
            continue;
        }
        match seen.iter_mut().find(|(action, a, _)| *action == binding.action && (*a == argument || (is_number(*a) && is_number(argument))))
        {
            Some((.., all)) => all.push(keys),
            None => seen.push((&binding.action, argument, vec![keys])),
        }
    }
    let entry = |(action, argument, keys): (&str, Option<&str>, Vec<String>)| {
        let numbered = is_number(argument);
        let keys = match (keys.first(), keys.last()) {
            (Some(first), Some(last)) if numbered && keys.len() > 2 => format!("{first} … {last}"),
            _ => keys.join(", "),
        };
        let help = actions::find(action).map_or(action, |a| a.help);
        let argument = argument.filter(|_| !numbered).map_or_else(String::new, |a| format!(": {a}"));
        Entry { keys, text: format!("{help}{argument}") }
    };
    seen.into_iter().map(entry).collect()
}

fn is_number(argument: Option<&str>) -> bool {
    argument.is_some_and(|a| a.bytes().all(|b| b.is_ascii_digit()))
}

/// How wide the keys are.
fn keys(lines: &[Line<'_>]) -> u16 {
    lines.iter().map(|l| if let Line::Entry(e) = l { text::width(&e.keys) } else { 0 }).max().unwrap_or_default()
}

impl View for HelpView {
    fn scope(&self) -> Scope {
        Scope::Everywhere
    }

    fn title(&self) -> String {
        "keys".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, _world: &World) -> Scene {
        Scene::default()
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        let page = self.height().max(2) as isize - 1;
        if let Some(by) = motion.lines(page, self.lines().len()) {
            self.scroll(by);
        }
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        text.clone_into(&mut self.filter);
        self.fuzzy = Fuzzy::new(text);
        self.top = 0;
        Ok(())
    }

    fn arrange(&mut self, _world: &World, area: Rect) {
        self.area = area;
        self.scroll(0);
    }

    fn draw(&self, _world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let mut titles = vec![(Cow::Borrowed("Keys"), theme.style(Role::Title))];
        if !self.filter.is_empty() {
            titles.push((format!("/{}", self.filter).into(), theme.style(Role::Accent)));
        }
        let lines = self.lines();
        let (columns, each) = self.shape(&lines);
        let last = (self.top + self.height()).min(each);
        if each > self.height() {
            titles.push((format!("{}–{last} of {each}", self.top + 1).into(), theme.style(Role::Dim)));
        }
        let inside = frame(buf, area, theme.style(Role::BorderFocused), titles);
        let keys = keys(&lines);
        let width = inside.width / columns as u16;
        for (i, column) in lines.chunks(each).enumerate() {
            let x = inside.x + i as u16 * width + 1;
            let column = column.strip_prefix(&[Line::Empty]).unwrap_or(column);
            for (y, line) in (inside.top()..inside.bottom()).zip(column.iter().skip(self.top)) {
                let room = width.saturating_sub(2);
                match line {
                    Line::Empty => {}
                    Line::Title(title) => {
                        text::put(buf, x, y, room, title, theme.style(Role::Header));
                    }
                    Line::Entry(entry) => {
                        text::put(buf, x, y, room, &entry.keys, theme.style(Role::Key));
                        text::put(buf, x + keys + 2, y, room.saturating_sub(keys + 2), &entry.text, theme.style(Role::Text));
                    }
                }
            }
        }
        if lines.is_empty() {
            text::put(buf, inside.x + 1, inside.y, inside.width.saturating_sub(2), "no key matches", theme.style(Role::Dim));
        }
    }
}
