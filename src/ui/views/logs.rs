//! The logs of pods as one stream: what their containers write, in the order of the kubelets' times, with what happens to them in between.

mod draw;

use super::table::scope::{self, Belongs};
use crate::keymap::Scope;
use crate::model::id::{ClusterId, GroupResource, Uid, WatchId};
use crate::model::log::{From, News, Ring, Spot, Tail};
use crate::model::order::Member;
use crate::model::query::BadTerm;
use crate::model::row::Row;
use crate::model::step::{Motion, Only, Scene, TableOf};
use crate::model::table::{Slot, Table};
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::view::View;
use crate::ui::widgets::find::Needle;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::HashMap;

/// Bytes of lines that are held, their index included.
const HELD: usize = 64 << 20;
/// So many lines from before the screen was opened are shown of each container.
const BEFORE: u32 = 200;
/// How far one step sideways goes.
const SIDEWAYS: usize = 8;

/// The screen of logs.
pub struct LogsView {
    of: TableOf,
    reader: u64,
    opened: Timestamp,
    tails: Vec<Tail>,
    /// Where each pod is among the tails.
    pods: HashMap<Uid, usize>,
    ring: Ring,
    sources: Vec<Source>,
    numbers: HashMap<(Uid, Box<str>), u32>,
    /// The last line in sight; `None` follows what comes.
    last: Option<Spot>,
    /// Lines that came since it was left.
    missed: u64,
    left: usize,
    search: String,
    needle: Needle,
    /// The line with what was found.
    found: Option<Spot>,
    height: usize,
}

/// A container that has written.
struct Source {
    cluster: ClusterId,
    pod: Box<str>,
    container: Box<str>,
}

impl LogsView {
    /// The logs of these pods.
    pub fn new(world: &World, only: Only, reader: u64) -> Self {
        let mut view = Self {
            of: TableOf { only, ..TableOf::all("pods") },
            reader,
            opened: world.now,
            tails: Vec::new(),
            pods: HashMap::new(),
            ring: Ring::new(HELD),
            sources: Vec::new(),
            numbers: HashMap::new(),
            last: None,
            missed: 0,
            left: 0,
            search: String::new(),
            needle: Needle::default(),
            found: None,
            height: 0,
        };
        view.refresh(world);
        view
    }

    /// A pod that has come or changed: it is followed, and looked at again. One that is gone stays; its reader ends once all was read.
    fn pod(&mut self, table: &Table, row: &Row) {
        if let Some(tail) = self.pods.get(&row.uid).and_then(|at| self.tails.get_mut(*at)) {
            tail.state += 1;
            return;
        }
        let is_new = row.created.is_some_and(|created| created > self.opened);
        self.pods.insert(row.uid, self.tails.len());
        self.tails.push(Tail {
            reader: self.reader,
            cluster: table.cluster(),
            namespace: table.words().get(row.namespace).into(),
            pod: row.name.clone(),
            uid: row.uid,
            from: if is_new { From::Start } else { From::Last(BEFORE) },
            state: 0,
        });
    }

    /// The number of a container that writes.
    fn source(&mut self, tail: &Tail, container: Box<str>) -> u32 {
        let sources = &mut self.sources;
        *self.numbers.entry((tail.uid, container.clone())).or_insert_with(|| {
            sources.push(Source { cluster: tail.cluster, pod: tail.pod.clone(), container });
            sources.len() as u32 - 1
        })
    }

    /// How many lines are in sight or above.
    fn bottom(&self) -> usize {
        self.last.map_or(self.ring.len(), |last| self.ring.place(last) + 1).min(self.ring.len())
    }

    /// So many lines are in sight or above from now on; all of them follows what comes.
    fn go_to(&mut self, bottom: usize) {
        let bottom = bottom.max(self.height).min(self.ring.len());
        self.last = if bottom == self.ring.len() { None } else { self.ring.get(bottom - 1).map(|seen| seen.spot) };
        if self.last.is_none() {
            self.missed = 0;
        }
    }

    fn has(&self, place: usize) -> bool {
        self.ring.get(place).is_some_and(|seen| !self.needle.places([&*draw::plain(seen.bytes)]).is_empty())
    }

    /// Goes to what is found, from a place on in a direction.
    fn find(&mut self, mut places: impl Iterator<Item = usize>) {
        if let Some(place) = places.find(|place| self.has(*place)) {
            self.found = self.ring.get(place).map(|seen| seen.spot);
            let bottom = self.bottom();
            if place >= bottom || place + self.height < bottom {
                self.go_to(place + self.height / 2 + 1);
            } else if self.last.is_none() {
                self.last = self.ring.get(bottom - 1).map(|seen| seen.spot);
            }
        }
    }
}

impl View for LogsView {
    fn scope(&self) -> Scope {
        Scope::Document
    }

    fn title(&self) -> String {
        "logs".to_owned()
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        scope::wants(world, &self.of, &GroupResource::new("", "pods"))
    }

    fn tails(&self) -> &[Tail] {
        &self.tails
    }

    fn read(&mut self, tail: &Tail, news: News) {
        let source = self.source(tail, news.container);
        let lines = self.ring.insert(source, news.chunk);
        if self.last.is_some() {
            self.missed += lines as u64;
        }
    }

    fn scene(&self, _world: &World) -> Scene {
        Scene { lost: Some("a line of a log is no object".to_owned()), ..Scene::default() }
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        let bottom = self.bottom();
        match motion {
            Motion::Left => self.left = self.left.saturating_sub(SIDEWAYS),
            Motion::Right => self.left += SIDEWAYS,
            Motion::NextMatch => self.find(self.found.map_or(bottom, |f| self.ring.place(f) + 1)..self.ring.len()),
            Motion::PreviousMatch => self.find((0..self.found.map_or(bottom, |f| self.ring.place(f))).rev()),
            _ => {
                if let Some(by) = motion.lines(self.height.max(2) as isize - 1, self.ring.len()) {
                    self.go_to(bottom.saturating_add_signed(by));
                }
            }
        }
    }

    fn filter(&self) -> &str {
        &self.search
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        text.clone_into(&mut self.search);
        self.needle = Needle::new(text);
        self.found = None;
        // What happened last is what one looks for.
        if !self.needle.is_empty() {
            self.find((0..self.bottom()).rev());
        }
        Ok(())
    }

    fn refresh(&mut self, world: &World) {
        let watches: Vec<WatchId> = world.tables.keys().copied().collect();
        for watch in watches {
            let unknown = |table: &Table| table.want.kind == GroupResource::new("", "pods");
            if let Some(table) = world.tables.get(&watch).filter(|t| unknown(t)) {
                let belongs = Belongs::new(world, &self.of.only);
                let member = Member { table, cluster: world.name(table.cluster()), sort: None };
                let new: Vec<&Row> = table.rows().filter(|row| belongs.has(&member, row) && !self.pods.contains_key(&row.uid)).collect();
                new.into_iter().for_each(|row| self.pod(table, row));
            }
        }
    }

    fn after(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        let Some(table) = world.tables.get(&watch).filter(|t| t.want.kind == GroupResource::new("", "pods")) else { return };
        let belongs = Belongs::new(world, &self.of.only);
        let member = Member { table, cluster: world.name(table.cluster()), sort: None };
        let own: Vec<&Row> = slots.iter().filter_map(|slot| table.row(*slot)).filter(|row| belongs.has(&member, row)).collect();
        own.into_iter().for_each(|row| self.pod(table, row));
    }

    fn back(&mut self) -> bool {
        let was_left = self.last.is_some();
        self.last = None;
        self.missed = 0;
        was_left
    }

    fn arrange(&mut self, _world: &World, area: Rect) {
        self.height = usize::from(area.height.saturating_sub(2));
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        self.show(world, theme, area, buf);
    }
}
