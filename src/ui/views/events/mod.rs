//! What happens in all clusters that are looked at, as one live stream, the newest first: warnings, and on demand everything since the program
//! was started. What repeats is one line with its count.

mod about;
mod draw;
mod stream;

use crate::keymap::Scope;
use crate::kinds;
use crate::model::column::{Column, Show, Source};
use crate::model::id::{ClusterId, GroupResource, WatchId};
use crate::model::query::{BadTerm, Query, RowView};
use crate::model::row::{Facts, Row};
use crate::model::step::{Motion, Pick, Scene};
use crate::model::table::{Slot, Table};
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::view::View;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;
use stream::{Key, Stream};

/// Where a filter depends on the time, so many events are looked at in a second.
const ROWS_A_SECOND: usize = 10_000;

/// The screen of events.
#[derive(Default)]
pub struct EventsView {
    /// Normal events too.
    all: bool,
    filter: String,
    query: Query,
    columns: Vec<Column>,
    /// Only events that belong to this.
    followed: Option<Pick>,
    /// The watches whose events are shown.
    members: Vec<WatchId>,
    namespaces: Vec<Box<str>>,
    shown: Stream,
    /// Another stream is being made of all events, because others are asked for: as far as which slot of which member.
    making: Option<(Stream, usize, Slot)>,
    /// When all events were last held against a filter that depends on the time.
    looked: Timestamp,
    cursor: Cursor,
    /// Widest cluster, object and reason in sight since others were asked for.
    widths: [u16; 3],
    area: Rect,
    /// Another pane of its screen has the keys.
    unfocused: bool,
}

/// The cursor holds a line, not its number.
#[derive(Debug, Default)]
struct Cursor {
    /// `None` where it is on the first, whichever that is: from there one sees what happens.
    key: Option<Key>,
    /// The line that was last drawn with the cursor.
    seen: Option<Key>,
    /// Where that was.
    place: usize,
    top: usize,
}

impl EventsView {
    /// The warnings.
    pub fn new(world: &World) -> Self {
        let common = [("CLUSTER", Source::Cluster), ("NAMESPACE", Source::Namespace)];
        let common = common.into_iter().map(|(title, source)| Column { title: Cow::Borrowed(title), source, show: Show::Always });
        let own = kinds::find(&events()).map(kinds::Kind::columns).unwrap_or_default();
        let mut view = Self { columns: common.chain(own).collect(), looked: world.now, ..Self::default() };
        view.refresh(world);
        view
    }

    /// Other events are asked for.
    fn restart(&mut self) {
        self.making = Some((Stream::default(), 0, 0));
        self.widths = [0; 3];
    }

    /// Where all events are shown, warnings are wanted still: they are what there is until the others have come.
    fn serving<'a>(&self, world: &'a World, cluster: ClusterId) -> Option<&'a Table> {
        let all = || world.serving(&Want::all(cluster, events())).filter(|t| t.is_listed());
        all().filter(|_| self.all).or_else(|| world.serving(&Want::warnings(cluster)))
    }

    /// True for an event that is to be shown.
    fn has(&self, world: &World, table: &Table, row: &Row) -> bool {
        let Facts::Event(event) = &row.facts else { return false };
        let namespace = table.words().get(row.namespace);
        // Of what was normal before, nobody asked.
        let is_wanted = event.warning || self.all && event.last.or(row.created).is_none_or(|at| at >= world.began);
        let cluster = world.name(table.cluster());
        is_wanted
            && (self.namespaces.is_empty() || self.namespaces.iter().any(|n| **n == *namespace))
            && self.followed.as_ref().is_none_or(|pick| about::belongs(world, pick, table, row))
            && (self.query.is_empty()
                || self.query.matches(&RowView { world, table, row, cluster, columns: &self.columns, now: world.now }))
    }

    /// The newest event of a line.
    fn newest<'a>(world: &'a World, fold: &stream::Fold) -> Option<(&'a Table, &'a Row)> {
        let (watch, slot) = fold.newest()?;
        let table = world.tables.get(&watch)?;
        Some((table, table.row(slot)?))
    }

    /// The place of the cursor.
    fn place(&self) -> Option<usize> {
        self.cursor.key.map_or(Some(0), |key| self.shown.place(key))
    }

    fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        let there = self.place().unwrap_or(self.cursor.place).saturating_add_signed(by).min(last);
        // The first line is where new ones are seen to come in.
        self.cursor.key = if there == 0 { None } else { self.shown.get(there).map(|(key, ..)| key) };
        self.cursor.seen = self.shown.get(there).map(|(key, ..)| key);
        self.cursor.place = there;
    }

    fn next_look(&self, world: &World) -> Option<i64> {
        let rows: usize = self.members.iter().filter_map(|m| world.tables.get(m)).map(Table::len).sum();
        self.query.depends_on_time().then(|| 1 + (rows / ROWS_A_SECOND) as i64 - self.looked.age(world.now))
    }
}

fn events() -> GroupResource {
    GroupResource::new("", "events")
}

impl View for EventsView {
    fn scope(&self) -> Scope {
        Scope::Table
    }

    fn title(&self) -> String {
        "events".to_owned()
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        let all = world.open().filter(|_| self.all).map(|c| Want::all(c.id, events()));
        world.open().map(|c| Want::warnings(c.id)).chain(all).collect()
    }

    fn focus(&mut self, focused: bool) {
        self.unfocused = !focused;
    }

    fn follow(&mut self, _world: &World, pick: Option<&Pick>) {
        if self.followed.as_ref() != pick {
            self.followed = pick.cloned();
            self.restart();
        }
    }

    fn narrows(&self) -> Option<(&'static str, &'static str)> {
        Some(("normal too", "Show normal events too, or warnings only"))
    }

    fn count(&self, _world: &World) -> Option<usize> {
        Some(self.shown.len())
    }

    fn scene(&self, world: &World) -> Scene {
        let key = self.cursor.seen;
        let found = key.and_then(|key| self.shown.get(self.shown.place(key)?)).and_then(|(.., fold)| Self::newest(world, fold));
        let lost = key.filter(|_| found.is_none()).map(|_| "this event is over".to_owned());
        let Some((table, row)) = found else { return Scene { lost, ..Scene::default() } };
        Scene {
            cursor: about::target(world, table, row),
            lost: Some("what this event is about is of no kind that its cluster serves".to_owned()),
            copyable: Some(kinds::event::message(table, row).into_owned()),
            ..Scene::default()
        }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        if let Some(by) = motion.lines(self.page(), self.shown.len()) {
            self.step(by);
        } else if motion == Motion::Unhealthy {
            self.all = !self.all;
            self.refresh(world);
            self.restart();
        }
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        let query = Query::parse(text)?;
        query.check(&self.columns)?;
        if text != self.filter {
            text.clone_into(&mut self.filter);
            self.query = query;
            self.restart();
        }
        Ok(())
    }

    fn refresh(&mut self, world: &World) {
        let members: Vec<WatchId> = world.focused().filter_map(|c| self.serving(world, c.id)).map(|t| t.watch).collect();
        if members != self.members || self.namespaces != world.namespaces {
            self.members = members;
            self.namespaces.clone_from(&world.namespaces);
            self.restart();
        }
    }

    fn before(&mut self, _world: &World, watch: WatchId, slots: &[Slot]) {
        for slot in slots {
            self.shown.remove(watch, *slot);
            if let Some((making, ..)) = &mut self.making {
                making.remove(watch, *slot);
            }
        }
    }

    fn after(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        let Some(table) = world.tables.get(&watch).filter(|_| self.members.contains(&watch)) else { return };
        for slot in slots {
            let Some(row) = table.row(*slot).filter(|row| self.has(world, table, row)) else { continue };
            self.shown.add(table, *slot, row);
            if let Some((making, ..)) = &mut self.making {
                making.add(table, *slot, row);
            }
        }
    }

    fn is_working(&self) -> bool {
        self.making.is_some()
    }

    fn work(&mut self, world: &World, rows: usize) -> bool {
        let Some((mut making, mut member, mut slot)) = self.making.take() else { return true };
        for _ in 0..rows {
            let Some(watch) = self.members.get(member) else {
                self.shown = making;
                return true;
            };
            match world.tables.get(watch).filter(|t| slot < t.slots()) {
                Some(table) => {
                    if let Some(row) = table.row(slot).filter(|row| self.has(world, table, row)) {
                        making.add(table, slot, row);
                    }
                    slot += 1;
                }
                None => (member, slot) = (member + 1, 0),
            }
        }
        self.making = Some((making, member, slot));
        false
    }

    fn click(&mut self, _world: &World, _x: u16, y: u16) {
        self.click_at(y);
    }

    fn tick(&mut self, world: &World) {
        if self.next_look(world).is_some_and(|seconds| seconds <= 0) && self.making.is_none() {
            self.looked = world.now;
            self.making = Some((Stream::default(), 0, 0));
        }
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        self.next_look(world).into_iter().chain(self.next_change(world)).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.area = area;
        self.fit(world);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        self.paint(world, theme, area, buf);
    }
}
