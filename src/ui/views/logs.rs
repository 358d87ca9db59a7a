//! The logs of pods as one stream: what their containers write, in the order of the kubelets' times, with what happens to them in between.
//!
//! It either follows what comes, or stands still on a line: then lines that come are counted, and nothing moves. What is followed is decided in
//! [`targets`], what a line looks like in [`told`].

mod draw;
mod reading;
mod targets;
mod told;

use super::table::scope;
use crate::keymap::Scope;
use crate::model::id::{ClusterId, GroupResource, Uid, WatchId};
use crate::model::log::{Follows, News, Ring, Spot, Tail};
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Only, Scene, TableOf};
use crate::model::table::Slot;
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

/// The screen of logs.
pub struct LogsView {
    /// Which pods are followed: those that belong to any of these.
    of: Vec<Only>,
    reader: u64,
    opened: Timestamp,
    tails: Vec<Tail>,
    /// Where each pod is among the tails.
    pods: HashMap<Uid, usize>,
    /// Counts changes of the tails.
    changes: u64,
    /// Pods that are not followed because there are too many.
    left_out: usize,
    ring: Ring,
    sources: Vec<Source>,
    numbers: HashMap<(Uid, Box<str>), u32>,
    /// Where one stands; `None` follows what comes.
    stand: Option<Stand>,
    /// Lines that came since it stands.
    missed: u64,
    /// Columns that the lines are moved to the left.
    left: usize,
    search: String,
    needle: Needle,
    height: usize,
}

/// A line that one stands on, and how far below the upper edge it is.
#[derive(Copy, Clone, Debug)]
struct Stand {
    on: Spot,
    row: usize,
}

/// A container that has written.
struct Source {
    cluster: ClusterId,
    /// The tail that it is of.
    tail: usize,
    container: Box<str>,
}

impl LogsView {
    /// The logs of the pods that belong to any of these.
    pub fn new(world: &World, of: Vec<Only>, reader: u64) -> Self {
        let mut view = Self {
            of,
            reader,
            opened: world.now,
            tails: Vec::new(),
            pods: HashMap::new(),
            changes: 0,
            left_out: 0,
            ring: Ring::new(HELD),
            sources: Vec::new(),
            numbers: HashMap::new(),
            stand: None,
            missed: 0,
            left: 0,
            search: String::new(),
            needle: Needle::default(),
            height: 0,
        };
        view.refresh(world);
        view
    }
}

impl View for LogsView {
    fn scope(&self) -> Scope {
        Scope::Logs
    }

    fn title(&self) -> String {
        "logs".to_owned()
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        let mut wants: Vec<Want> = Vec::new();
        for only in &self.of {
            let of = TableOf { only: only.clone(), ..TableOf::all("pods") };
            let more = scope::wants(world, &of, &GroupResource::new("", "pods"));
            wants.extend(more.into_iter().filter(|want| !wants.contains(want)).collect::<Vec<_>>());
        }
        wants
    }

    fn follows(&self) -> Option<Follows<'_>> {
        Some(Follows { reader: self.reader, tails: &self.tails, changes: self.changes })
    }

    fn left_out(&mut self, pods: usize) {
        self.left_out = pods;
    }

    fn read(&mut self, tail: &Tail, news: News) {
        let Some(source) = self.source(tail, news.container) else { return };
        let lines = self.ring.insert(source, news.chunk);
        if self.stand.is_some() {
            self.missed += lines.len() as u64;
        }
    }

    fn scene(&self, world: &World) -> Scene {
        self.stands_on(world)
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        self.go(motion);
    }

    fn filter(&self) -> &str {
        &self.search
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        self.search_for(text);
        Ok(())
    }

    fn refresh(&mut self, world: &World) {
        let watches: Vec<WatchId> = world.tables.keys().copied().collect();
        for watch in watches {
            self.look_for_pods(world, watch, None);
        }
    }

    fn after(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        self.look_for_pods(world, watch, Some(slots));
    }

    fn back(&mut self) -> bool {
        let stood = self.stand.is_some();
        self.follow();
        stood
    }

    fn arrange(&mut self, _world: &World, area: Rect) {
        self.height = usize::from(area.height.saturating_sub(2));
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        self.show(world, theme, area, buf);
    }
}
