//! The logs of pods as one stream: what their containers write, in the order of the kubelets' times, with what happens to them in between.
//!
//! It either follows what comes, or stands still on a line: then lines that come are counted, and nothing moves. Which pods are followed is decided in
//! `targets`, which of their lines are shown in `lens`, what a line looks like in `told`.

mod back;
mod draw;
mod events;
mod lens;
mod reading;
mod saved;
mod strip;
mod targets;
mod tee;
mod told;

use super::table::scope;
use crate::keymap::Scope;
use crate::model::course::ChangeId;
use crate::model::id::{ClusterId, GroupResource, Uid, WatchId};
use crate::model::log::{Follows, From, Kind, News, Ring, Sieve, Spot, Tail};
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Only, Save, Scene, TableOf};
use crate::model::table::Slot;
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::view::View;
use crate::ui::widgets::find::Needle;
use draw::Names;
use lens::Lens;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::{BTreeSet, HashMap, HashSet};
use strip::Strip;
use tee::Tee;
use told::{Form, Times};

/// Nanoseconds that a line may be behind others before it counts as late: pods do not deliver in the same instant.
const LATE: i64 = 250_000_000;
/// Seconds that a clock may be ahead of ours before it is told; ours is looked at once a second.
const AHEAD: i64 = 2;
/// So many lines from before the screen was opened are shown of each container.
const BEFORE: u32 = 200;

/// The screen of logs.
pub struct LogsView {
    /// Which pods are followed: those that belong to any of these.
    of: Vec<Only>,
    /// Where pods are read from that were there before, and whether any is followed.
    from: From,
    is_live: bool,
    reader: u64,
    opened: Timestamp,
    tails: Vec<Tail>,
    /// Those of pods that are gone, of which all was read.
    over: HashSet<usize>,
    /// Where each pod is among the tails.
    pods: HashMap<(ClusterId, Uid), usize>,
    /// The names of the clusters of the tails.
    clusters: Vec<Box<str>>,
    /// Counts changes of the tails.
    changes: u64,
    /// Pods that are not followed because there are too many.
    left_out: usize,
    ring: Ring,
    lens: Lens,
    strip: Strip,
    sources: Vec<Source>,
    /// The numbers of the sources, by tail and container.
    numbers: HashMap<(usize, Box<str>), u32>,
    /// Events that were told, by uid, and how often each had been seen.
    events: HashMap<Uid, u32>,
    /// Changes that were told: those of this run, and records of the journal by their ids.
    changed: HashSet<ChangeId>,
    recorded: HashSet<String>,
    /// Events are told between the lines.
    tells_events: bool,
    /// Lines that are kept as they come.
    tee: Option<Tee>,
    /// Lines that a person marked.
    marked: BTreeSet<Spot>,
    /// Where one stands; `None` follows what comes.
    stand: Option<Stand>,
    /// Lines that came since it stands.
    missed: u64,
    /// What was looked for last and is not there.
    lacks: Option<&'static str>,
    /// Lines that came after later ones had been shown.
    late: BTreeSet<Spot>,
    /// The tail whose clock is furthest ahead of ours, and by how many seconds.
    ahead: Option<(usize, i64)>,
    /// The clock, as of the last tick.
    now: Timestamp,
    form: Form,
    times: Times,
    wraps: bool,
    /// Columns that the lines are moved to the left.
    left: u16,
    search: String,
    needle: Needle,
    names: Names,
    /// Rows for lines, and columns for what they say.
    height: usize,
    width: u16,
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

impl Source {
    /// False for what happened beside the containers: no container is called like that.
    fn is_container(&self) -> bool {
        !self.container.starts_with('(')
    }
}

impl LogsView {
    /// The logs of the pods that belong to any of these, of which so many bytes are held.
    pub fn new(world: &World, of: Vec<Only>, reader: u64, held: usize) -> Self {
        Self { ring: Ring::new(held), ..Self::reading(world, of, reader, From::Last(BEFORE), true) }
    }

    /// The same, read from somewhere else, and followed or not; by somebody who holds no lines.
    pub fn reading(world: &World, of: Vec<Only>, reader: u64, from: From, is_live: bool) -> Self {
        let mut view = Self {
            of,
            from,
            is_live,
            reader,
            opened: world.now,
            tails: Vec::new(),
            over: HashSet::new(),
            pods: HashMap::new(),
            clusters: Vec::new(),
            changes: 0,
            left_out: 0,
            ring: Ring::new(0),
            lens: Lens::default(),
            strip: Strip::default(),
            sources: Vec::new(),
            numbers: HashMap::new(),
            events: HashMap::new(),
            changed: HashSet::new(),
            recorded: HashSet::new(),
            tells_events: false,
            tee: None,
            marked: BTreeSet::new(),
            stand: None,
            missed: 0,
            lacks: None,
            late: BTreeSet::new(),
            ahead: None,
            now: world.now,
            form: Form::default(),
            times: Times::default(),
            wraps: false,
            left: 0,
            search: String::new(),
            needle: Needle::default(),
            names: Names::default(),
            height: 0,
            width: 0,
        };
        view.refresh(world);
        view
    }

    /// Lines have come, or something is told.
    fn take(&mut self, source: u32, chunk: crate::model::log::Chunk) {
        let newest = self.ring.len().checked_sub(1).and_then(|last| self.ring.spot(last));
        let bytes = chunk.size();
        let spots = self.ring.insert(source, chunk);
        self.note(&spots, bytes);
        self.judge_times(source, newest, &spots);
        let Self { ring, lens, strip, sources, tails, clusters, .. } = self;
        spots.iter().filter_map(|spot| ring.line(*spot)).for_each(|line| strip.add(&line));
        let shown = lens.take(ring, &spots, |lens, line| targets::shows(lens, line, sources, tails, clusters));
        if self.stand.is_some() {
            self.missed += shown as u64;
        }
    }

    /// Notes lines that come late, and clocks that are ahead.
    fn judge_times(&mut self, source: u32, newest: Option<Spot>, spots: &[Spot]) {
        let is_late = |spot: &&Spot| {
            let behind = newest.map_or(0, |newest| newest.at.0 - spot.at.0);
            let is_written = || self.ring.line(**spot).is_some_and(|line| line.kind == Kind::Written);
            behind > LATE && spot.at.second() >= self.opened && is_written()
        };
        let late: Vec<Spot> = spots.iter().filter(is_late).copied().collect();
        self.late.extend(late);
        while let (Some(first), Some(oldest)) = (self.late.first(), self.ring.oldest())
            && *first < oldest
        {
            self.late.pop_first();
        }
        let ahead = spots.last().map_or(0, |last| last.at.second().0 - self.now.0);
        if ahead > self.ahead.map_or(AHEAD, |(_, most)| most)
            && let Some(source) = self.sources.get(source as usize)
        {
            self.ahead = Some((source.tail, ahead));
        }
    }

    /// Something of what is shown is another now.
    fn look_anew(&mut self) {
        self.lens.change(&self.ring);
        // What is in sight is to be right at once.
        self.look_further(1);
    }

    fn look_further(&mut self, slices: usize) {
        let Self { ring, lens, sources, tails, clusters, .. } = self;
        (0..slices).for_each(|_| lens.work(ring, |lens, line| targets::shows(lens, line, sources, tails, clusters)));
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
            for want in scope::wants(world, &of, &GroupResource::new("", "pods")) {
                let events = Want { kind: GroupResource::new("", "events"), of: crate::model::want::Of::All, ..want.clone() };
                let more = [Some(want), Some(events).filter(|_| self.tells_events)].into_iter().flatten();
                wants.extend(more.filter(|want| !wants.contains(want)).collect::<Vec<_>>());
            }
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
        if let Some(at) = self.pods.get(&(tail.cluster, tail.uid)) {
            self.over.remove(at);
            // Where it goes on, should its cluster be closed and opened again.
            if let Some(own) = self.tails.get_mut(*at) {
                own.from = news.chunk.newest().map_or(own.from, From::After);
            }
        }
        if let Some(source) = self.source(tail, news.container) {
            self.take(source, news.chunk);
        }
    }

    fn read_out(&mut self, tail: &Tail) {
        self.over.extend(self.pods.get(&(tail.cluster, tail.uid)));
    }

    fn scene(&self, world: &World) -> Scene {
        self.stands_on(world)
    }

    fn act(&mut self, world: &World, motion: Motion) {
        self.go(world, motion);
    }

    fn filter(&self) -> &str {
        &self.search
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        self.search_for(text);
        Ok(())
    }

    fn sieve(&self) -> Option<&str> {
        Some(self.lens.sieve.text())
    }

    fn set_sieve(&mut self, world: &World, text: &str) -> Result<(), BadTerm> {
        let mut sieve = Sieve::parse(text, world.now)?;
        sieve.switch_as(&self.lens.sieve);
        self.lens.sieve = sieve;
        self.look_anew();
        Ok(())
    }

    fn noted(&self) -> Vec<String> {
        self.marked_lines()
    }

    fn save(&self, how: Save) -> Option<(String, Vec<u8>)> {
        Some((self.file_name(how.json), self.saved(how)))
    }

    fn tee(&mut self, json: Option<bool>) -> Option<String> {
        self.keep_on(json);
        Some(self.file_name(json.unwrap_or_default()))
    }

    fn pour(&mut self, all: bool) -> Vec<u8> {
        self.poured(all)
    }

    fn refresh(&mut self, world: &World) {
        let watches: Vec<WatchId> = world.tables.keys().copied().collect();
        for watch in watches {
            self.look_for_pods(world, watch, None);
            self.look_for_events(world, watch, None);
        }
        self.look_for_changes(world);
    }

    /// A pod that goes is looked at once more: so its reader hears of it that has nothing to read any more.
    fn before(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        self.look_for_pods(world, watch, Some(slots));
    }

    fn after(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        self.look_for_pods(world, watch, Some(slots));
        self.look_for_events(world, watch, Some(slots));
    }

    fn reads_journal(&self) -> bool {
        self.tells_events
    }

    fn is_working(&self) -> bool {
        self.lens.is_working()
    }

    fn work(&mut self, _world: &World, _rows: usize) -> bool {
        self.look_further(1);
        !self.lens.is_working()
    }

    fn tick(&mut self, world: &World) {
        self.now = world.now;
        self.strip.tick(world.now);
        self.ripen();
        self.look_for_changes(world);
    }

    fn next_tick(&self, _world: &World) -> Option<i64> {
        Some(1)
    }

    fn back(&mut self) -> bool {
        if !self.lens.sieve.text().is_empty() {
            self.lens.sieve = Sieve::default();
            self.look_anew();
            return true;
        }
        let stood = self.stand.is_some();
        self.follow();
        stood
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.fit(world, area);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        self.show(world, theme, area, buf);
    }
}
