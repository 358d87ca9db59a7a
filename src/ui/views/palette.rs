//! Everything that can be done, with its keys. What cannot be done here is grey and says why: actions are asked, and only answer.

mod needs;

use crate::actions;
use crate::keymap::{Binding, Keymap, Scope};
use crate::model::id::ObjectRef;
use crate::model::query::BadTerm;
use crate::model::right::Right;
use crate::model::step::{Motion, Scene};
use crate::model::want::Want;
use crate::model::world::World;
use crate::safety::verb::Verb;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::fuzzy::Fuzzy;
use crate::ui::widgets::grid::{Wish, place};
use crate::ui::widgets::text;
use needs::Needs;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Before the first column: the bar of the cursor.
const GUTTER: u16 = 2;

/// One thing that can be asked for.
#[derive(Debug)]
struct Entry {
    binding: Binding,
    keys: String,
    help: &'static str,
    /// Why it cannot be done here.
    reject: Option<String>,
    /// What it would change.
    aim: Option<(&'static Verb, Vec<ObjectRef>)>,
    /// The rights that it needs, where clusters are asked for them.
    needs: Option<Needs>,
    /// Which of them is missing.
    missing: Option<String>,
}

impl Entry {
    /// Why it cannot be done here, or may not be.
    fn why(&self) -> Option<&String> {
        self.reject.as_ref().or(self.missing.as_ref())
    }
}

/// The screen of actions.
#[derive(Debug)]
pub struct PaletteView {
    entries: Vec<Entry>,
    filter: String,
    /// The entries that the filter shows.
    shown: Vec<usize>,
    /// A place among `shown`.
    cursor: usize,
    top: usize,
    area: Rect,
}

impl PaletteView {
    /// What can be done on the screen that has this scene and scope.
    pub fn new(scene: Scene, scope: Scope, keymap: &Keymap) -> Self {
        let mut view = Self {
            entries: entries(&scene, scope, keymap),
            filter: String::new(),
            shown: Vec::new(),
            cursor: 0,
            top: 0,
            area: Rect::default(),
        };
        view.list();
        view
    }

    /// The same, greying also what would be refused: by the guard, which is asked now, or for want of a right.
    pub fn knowing(mut self, world: &World, guard: impl Fn(&Verb, &[ObjectRef]) -> Option<String>) -> Self {
        for entry in &mut self.entries {
            if let Some((verb, targets)) = &entry.aim {
                entry.reject = guard(verb, targets);
                entry.needs = Needs::of(verb, targets, world).filter(|_| entry.reject.is_none());
            }
        }
        self.list();
        self
    }

    /// Lists what the filter finds; the cursor starts on the first that can be done.
    fn list(&mut self) {
        let fuzzy = Fuzzy::new(&self.filter);
        let found = self.entries.iter().enumerate().filter(|(_, e)| fuzzy.matches(&[&e.binding.action, e.help]));
        self.shown = found.map(|(i, _)| i).collect();
        let possible = |i: &usize| self.entries.get(*i).is_some_and(|e| e.reject.is_none());
        self.cursor = self.shown.iter().position(possible).unwrap_or_default();
        self.top = 0;
    }

    fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.shown.len().saturating_sub(1));
    }

    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(3))
    }
}

/// Every action: once as it is, or, where it needs an argument, once for each that a key gives it and that makes sense here.
fn entries(scene: &Scene, scope: Scope, keymap: &Keymap) -> Vec<Entry> {
    let mut out = Vec::new();
    for action in actions::all() {
        let entry = |argument: Option<String>| {
            let asked = (action.run)(scene, argument.as_deref().unwrap_or_default());
            Entry {
                keys: keymap.keys_of(scope, action.name, argument.as_deref()).join(", "),
                help: action.help,
                aim: asked.as_deref().ok().and_then(actions::aim),
                reject: asked.err().map(|r| r.0.into_owned()),
                binding: Binding { action: action.name.to_owned(), argument },
                needs: None,
                missing: None,
            }
        };
        let plain = entry(None);
        let mut with: Vec<Entry> = Vec::new();
        for (_, _, binding) in keymap.bindings(scope).filter(|(_, _, b)| b.action == action.name && b.argument.is_some()) {
            if with.iter().all(|e| e.binding != *binding) {
                with.push(entry(binding.argument.clone()));
            }
        }
        with.retain(|e| e.reject.is_none());
        if plain.reject.is_none() || with.is_empty() {
            out.push(plain);
        }
        out.extend(with);
    }
    out
}

fn name(binding: &Binding) -> String {
    binding.argument.as_ref().map_or_else(|| binding.action.clone(), |a| format!("{} {a}", binding.action))
}

/// What an action does, and why it cannot be done here.
fn in_full(entry: &Entry) -> String {
    entry.why().map_or_else(|| entry.help.to_owned(), |why| format!("{} — {why}", entry.help))
}

/// The same in so many columns: where both do not fit, the reason is what matters.
fn told(entry: &Entry, columns: u16) -> String {
    let full = in_full(entry);
    entry.why().cloned().filter(|_| text::width(&full) > columns).unwrap_or(full)
}

impl View for PaletteView {
    fn scope(&self) -> Scope {
        Scope::Everywhere
    }

    fn title(&self) -> String {
        "actions".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, _world: &World) -> Scene {
        Scene::default()
    }

    fn rights(&self, world: &World) -> Vec<Right> {
        let rights: BTreeSet<Right> = self.entries.iter().filter_map(|e| e.needs.as_ref()).flat_map(|n| n.unasked(world)).collect();
        rights.into_iter().collect()
    }

    fn chosen(&self) -> Option<&Binding> {
        self.entries.get(*self.shown.get(self.cursor)?).map(|e| &e.binding)
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        let page = self.height().max(2) as isize - 1;
        if let Some(by) = motion.lines(page, self.shown.len()) {
            self.step(by);
        }
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        if text != self.filter {
            text.clone_into(&mut self.filter);
            self.list();
        }
        Ok(())
    }

    fn click(&mut self, _world: &World, _x: u16, y: u16) {
        let line = usize::from(y.saturating_sub(self.area.y + 1));
        if y > self.area.y && line < self.height() && self.top + line < self.shown.len() {
            self.cursor = self.top + line;
        }
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.area = area;
        for entry in &mut self.entries {
            entry.missing = entry.needs.as_ref().and_then(|needs| needs.missing(world));
        }
        let height = self.height();
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height)).min(self.shown.len().saturating_sub(height));
    }

    fn draw(&self, _world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let mut titles =
            vec![(Cow::Borrowed("Actions"), theme.style(Role::Title)), (self.shown.len().to_string().into(), theme.style(Role::Title))];
        if !self.filter.is_empty() {
            titles.push((format!("/{}", self.filter).into(), theme.style(Role::Accent)));
        }
        let inside = frame(buf, area, theme.style(Role::BorderFocused), titles);
        let entries = || self.shown.iter().filter_map(|i| self.entries.get(*i));
        let widest = |of: &dyn Fn(&Entry) -> u16| entries().map(of).max().unwrap_or_default();
        let wish = |natural: u16, least: u16| Wish { natural, least, spare: false, pinned: true };
        let wishes = [
            wish(widest(&|e| text::width(&name(&e.binding))), 8),
            wish(widest(&|e| text::width(&e.keys)), 10),
            wish(widest(&|e| text::width(&in_full(e))), 30),
        ];
        let places = place(&wishes, inside.width.saturating_sub(GUTTER + 1), 0);
        let rows = Rect { height: inside.height.saturating_sub(1), ..inside };
        for (i, (y, entry)) in (rows.top()..rows.bottom()).zip(entries().skip(self.top)).enumerate() {
            let grey = |role| theme.style(if entry.why().is_some() { Role::Dim } else { role });
            for (column, place) in places.iter().enumerate() {
                let (cell, role) = match column {
                    0 => (name(&entry.binding), Role::Accent),
                    1 => (entry.keys.clone(), Role::Key),
                    _ => (told(entry, place.width), Role::Text),
                };
                text::put(buf, inside.x + GUTTER + place.x, y, place.width, &cell, grey(role));
            }
            if self.top + i == self.cursor {
                text::put(buf, inside.x, y, 1, "▌", theme.style(Role::Accent));
                text::paint(buf, Rect { y, height: 1, ..inside }, theme.style(Role::RowSelected));
                text::put(
                    buf,
                    inside.x + GUTTER,
                    rows.bottom(),
                    inside.width.saturating_sub(GUTTER),
                    &in_full(entry),
                    theme.style(Role::Dim),
                );
            }
        }
        if self.shown.is_empty() {
            text::put(buf, inside.x + GUTTER, inside.y, inside.width.saturating_sub(GUTTER), "no action matches", theme.style(Role::Dim));
        }
    }
}
