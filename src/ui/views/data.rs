//! What a ConfigMap or Secret holds, key by key: how long each value is, and how it begins. Values of Secrets are hidden until each is asked for.

use super::document::truth;
use crate::keymap::Scope as Keys;
use crate::model::data::{self, Entry, Keyed};
use crate::model::id::ObjectRef;
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Scene};
use crate::model::want::{Of, Want};
use crate::model::world::{Whole, World};
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use serde_json::Value;
use std::borrow::Cow;

/// Before the first column: the bar of the cursor; and between the columns.
const GUTTER: u16 = 2;
/// Columns of a size, as `1023.9 KiB`.
const SIZE: u16 = 10;

/// The screen.
pub struct DataView {
    object: ObjectRef,
    /// The keys, once they were read.
    entries: Option<Vec<Entry>>,
    immutable: bool,
    /// Changes of the object that were taken in.
    seen: u64,
    /// The key that the cursor is on. It stays on it, also where that is gone.
    cursor: Option<String>,
    /// The keys whose values are shown although they are those of a Secret.
    revealed: Vec<String>,
    filter: String,
    top: usize,
    area: Rect,
}

impl DataView {
    /// The keys of an object, of which nothing is known yet.
    pub fn new(object: ObjectRef) -> Self {
        Self {
            object,
            entries: None,
            immutable: false,
            seen: 0,
            cursor: None,
            revealed: Vec::new(),
            filter: String::new(),
            top: 0,
            area: Rect::default(),
        }
    }

    fn want(&self) -> Want {
        let namespace = Some(self.object.namespace.clone());
        Want { cluster: self.object.cluster, kind: self.object.kind.clone(), namespace, of: Of::Whole(self.object.name.clone()) }
    }

    fn whole<'a>(&self, world: &'a World) -> Option<&'a Whole> {
        world.whole(&self.want())
    }

    /// Takes the object in as it is now.
    fn read(&mut self, world: &World) {
        let Some(whole) = self.whole(world).filter(|w| w.changes != self.seen) else { return };
        self.seen = whole.changes;
        let Some(object) = whole.json.as_deref().and_then(|json| serde_json::from_slice::<Value>(json).ok()) else { return };
        let entries = data::entries(&object, self.object.is_secret());
        self.immutable = data::is_immutable(&object);
        if self.cursor.is_none() {
            self.cursor = entries.first().map(|entry| entry.key.clone());
        }
        // A value that is another was not asked for.
        self.revealed.retain(|key| self.entries.iter().flatten().find(|e| e.key == *key) == entries.iter().find(|e| e.key == *key));
        self.entries = Some(entries);
    }

    /// The keys that the filter lets through.
    fn shown(&self) -> Vec<&Entry> {
        let wanted = self.filter.to_lowercase();
        self.entries.iter().flatten().filter(|entry| entry.key.to_lowercase().contains(&wanted)).collect()
    }

    /// The key under the cursor, if it is there and in sight.
    fn here(&self) -> Option<&Entry> {
        self.shown().into_iter().find(|entry| Some(&entry.key) == self.cursor.as_ref())
    }

    fn is_hidden(&self, entry: &Entry) -> bool {
        self.object.is_secret() && !self.revealed.contains(&entry.key)
    }

    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(4))
    }

    fn reveal(&mut self) {
        let Some(key) = self.here().map(|entry| entry.key.clone()) else { return };
        match self.revealed.iter().position(|k| *k == key) {
            Some(at) => drop(self.revealed.swap_remove(at)),
            None => self.revealed.push(key),
        }
    }

    fn go(&mut self, to: usize) {
        let key = self.shown().get(to).map(|entry| entry.key.clone());
        self.cursor = key.or(self.cursor.take());
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let (title, cluster) = (theme.style(Role::Title), self.object.cluster);
        let (truth, role) = truth::truth(world, &self.object, self.whole(world));
        let mut parts: Vec<(Cow<'static, str>, Style)> = vec![
            ("Data".into(), title),
            (world.name(cluster).to_owned().into(), title.patch(words::cluster_style(world, theme, cluster))),
            (words::object(&self.object).into(), title),
            (self.entries.as_ref().map_or(0, Vec::len).to_string().into(), title),
            (truth.into(), theme.style(role)),
        ];
        parts.extend(self.immutable.then(|| ("immutable".into(), theme.style(Role::Badge))));
        parts.extend((!self.filter.is_empty()).then(|| (format!("/{}", self.filter).into(), theme.style(Role::Accent))));
        parts
    }

    /// What a person should know, below the keys.
    fn told(&self, world: &World) -> Option<(String, Role)> {
        if let Some(whole) = self.whole(world) {
            if whole.gone {
                return Some((format!("{} is gone; this is what it held", self.object.name), Role::StatusBad));
            }
            if let Some(stale) = truth::stale(world, whole) {
                return Some(stale);
            }
        }
        let lost = self.cursor.as_ref().filter(|_| self.here().is_none() && self.entries.is_some());
        if let Some(key) = lost {
            return Some((format!("{key} is not there any more, or filtered out"), Role::NoticeWarn));
        }
        self.immutable.then(|| ("it is immutable: nothing of it can be changed".to_owned(), Role::NoticeWarn))
    }

    /// How a value begins, and what it is drawn as.
    fn value(&self, entry: &Entry) -> (String, Role) {
        match &entry.text {
            None => ("no text".to_owned(), Role::Dim),
            Some(_) if self.is_hidden(entry) => ("•••••".to_owned(), Role::Dim),
            Some(text) if text.is_empty() => ("empty".to_owned(), Role::Dim),
            Some(text) => {
                let mut lines = text.lines();
                let first = lines.next().unwrap_or_default();
                let more = lines.count();
                (if more > 0 { format!("{first} … {} lines", more + 1) } else { first.to_owned() }, Role::Text)
            }
        }
    }

    fn draw_entry(&self, theme: &Theme, entry: &Entry, keys: u16, line: Rect, buf: &mut Buffer) {
        let (value, role) = self.value(entry);
        let size = words::bytes(entry.size as u64);
        let x = line.x + GUTTER;
        text::put(buf, x, line.y, keys, &entry.key, theme.style(Role::Text));
        let x = x + keys + GUTTER;
        let right = SIZE.saturating_sub(text::width(&size));
        text::put(buf, x + right, line.y, SIZE, &size, theme.style(Role::Dim));
        let x = x + SIZE + GUTTER;
        text::put(buf, x, line.y, line.right().saturating_sub(x), &value, theme.style(role));
        if Some(&entry.key) == self.cursor.as_ref() {
            text::put(buf, line.x, line.y, 1, "▌", theme.style(Role::Accent));
            text::paint(buf, line, theme.style(Role::RowSelected));
        }
    }
}

impl View for DataView {
    fn scope(&self) -> Keys {
        Keys::Data
    }

    fn title(&self) -> String {
        format!("data of {}", self.object.name)
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        vec![self.want()]
    }

    fn scene(&self, world: &World) -> Scene {
        let gone = self.whole(world).is_some_and(|whole| whole.gone);
        let here = self.here();
        let hidden = here.filter(|entry| self.is_hidden(entry));
        let keyed = |entry: &Entry| Keyed { key: entry.key.clone(), size: entry.size, is_text: entry.text.is_some() };
        Scene {
            cursor: (!gone).then(|| world.known(&self.object)),
            lost: gone
                .then(|| format!("{} is gone", self.object.name))
                .or_else(|| hidden.map(|e| format!("{} is copied once it is shown", e.key))),
            key: here.map(keyed),
            copyable: here.filter(|_| hidden.is_none()).and_then(|entry| entry.text.clone()),
            ..Scene::default()
        }
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        if motion == Motion::Reveal {
            return self.reveal();
        }
        let shown = self.shown();
        let (all, at) = (shown.len(), shown.iter().position(|entry| Some(&entry.key) == self.cursor.as_ref()));
        if let Some(by) = motion.lines(self.height().max(2) as isize - 1, all) {
            self.go(at.map_or(0, |at| at.saturating_add_signed(by).min(all.saturating_sub(1))));
        }
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, _world: &World, filter: &str) -> Result<(), BadTerm> {
        filter.clone_into(&mut self.filter);
        if self.here().is_none() {
            self.go(0);
        }
        Ok(())
    }

    fn click(&mut self, _world: &World, _x: u16, y: u16) {
        let line = usize::from(y.saturating_sub(self.area.y + 2));
        if y > self.area.y + 1 && line < self.height() {
            self.go(self.top + line);
        }
    }

    fn refresh(&mut self, world: &World) {
        self.read(world);
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        self.whole(world).and_then(|whole| truth::stale(world, whole)).map(|_| 1)
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.read(world);
        self.area = area;
        let at = self.shown().iter().position(|entry| Some(&entry.key) == self.cursor.as_ref()).unwrap_or_default();
        self.top = self.top.min(at).max((at + 1).saturating_sub(self.height()));
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::BorderFocused), self.titles(world, theme));
        if let Some((told, role)) = self.told(world) {
            text::put(buf, inside.x + 1, inside.bottom().saturating_sub(1), inside.width.saturating_sub(2), &told, theme.style(role));
        }
        let shown = self.shown();
        if self.entries.is_none() {
            let waiting = truth::waiting(world, &self.object, self.whole(world));
            text::put(buf, inside.x + GUTTER, inside.y, inside.width.saturating_sub(GUTTER), &waiting, theme.style(Role::Dim));
            return;
        }
        let room = inside.width.saturating_sub(3 * GUTTER + SIZE);
        let keys = shown.iter().map(|entry| text::width(&entry.key)).max().unwrap_or_default().max(3).min(room / 2);
        for (x, title) in [(0, "KEY"), (keys + GUTTER + SIZE - 4, "SIZE"), (keys + 2 * GUTTER + SIZE, "VALUE")] {
            text::put(buf, inside.x + GUTTER + x, inside.y, inside.width, title, theme.style(Role::Header));
        }
        let lines = inside.top() + 1..inside.bottom().saturating_sub(1);
        for (y, entry) in lines.zip(shown.iter().skip(self.top)) {
            self.draw_entry(theme, entry, keys, Rect { y, height: 1, ..inside }, buf);
        }
    }
}
