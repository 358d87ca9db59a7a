//! Where one stands in the lines: following them, or still on one of them, from which one looks about.

use super::targets;
use super::told::{self, Form, Row};
use super::{LogsView, Needle, Stand};
use crate::model::log::{Kind, Level, Seen, Sieve, Spot};
use crate::model::step::{Motion, Scene};
use crate::model::world::World;

/// How far one step sideways goes.
const SIDEWAYS: u16 = 8;

impl LogsView {
    /// Follows what comes again.
    pub(super) fn follow(&mut self) {
        self.stand = None;
        self.missed = 0;
    }

    /// How many lines are shown.
    fn all(&self) -> usize {
        self.lens.len(&self.ring)
    }

    fn spot(&self, place: usize) -> Option<Spot> {
        self.lens.spot(&self.ring, place)
    }

    /// Stands still on the last line.
    fn stop(&mut self) {
        let last = self.all().checked_sub(1).and_then(|place| self.spot(place));
        let row = self.all().min(self.height).saturating_sub(1);
        self.stand = self.stand.or(last.map(|on| Stand { on, row }));
    }

    /// The place that is stood on, or that of the last line.
    fn place(&self) -> usize {
        let last = self.all().saturating_sub(1);
        self.stand.map_or(last, |stand| self.lens.place(&self.ring, stand.on).min(last))
    }

    /// A motion.
    pub(super) fn go(&mut self, world: &World, motion: Motion) {
        self.lacks = None;
        let (before, after) = (self.place() + usize::from(self.stand.is_none()), self.place() + 1);
        match motion {
            Motion::Left => self.left = self.left.saturating_sub(SIDEWAYS),
            Motion::Right => self.left = self.left.saturating_add(SIDEWAYS),
            Motion::NextMatch => self.find("no such text after this", after..self.all(), Self::has),
            Motion::PreviousMatch => self.find("no such text before this", (0..before).rev(), Self::has),
            Motion::NextError => self.find("no error after this", after..self.all(), Self::is_error),
            Motion::PreviousError => self.find("no error before this", (0..before).rev(), Self::is_error),
            Motion::Hold if self.stand.is_some() => self.follow(),
            Motion::Hold => self.stop(),
            Motion::Form => self.form = self.form.next(),
            Motion::Times => self.times = self.times.next(),
            Motion::Wrap => self.wraps = !self.wraps,
            Motion::Fold => {
                self.lens.folds = !self.lens.folds;
                self.look_anew();
            }
            Motion::Mute => self.mute(),
            Motion::Mark => self.mark(),
            Motion::Unmute => {
                self.lens.muted.clear();
                self.look_anew();
            }
            Motion::Term(place) => self.switch(place),
            Motion::Around(around) => {
                self.lens.widen(around);
                self.look_anew();
            }
            Motion::Since(back) => self.read_back(world, back),
            Motion::Timeline => {
                self.tells_events = !self.tells_events;
                self.lens.hides_events = !self.tells_events;
                self.look_anew();
                world.tables.keys().for_each(|watch| self.look_for_events(world, *watch, None));
                self.look_for_changes(world);
            }
            _ => {
                if let Some(by) = motion.lines(self.height.max(2) as isize - 1, self.all()) {
                    self.step(by);
                }
            }
        }
    }

    /// Switches a term of the filter, or all on.
    fn switch(&mut self, place: Option<usize>) {
        let sieve = &mut self.lens.sieve;
        let is_there = match place {
            Some(place) => sieve.switch(place),
            None => {
                sieve.switch_as(&Sieve::default());
                true
            }
        };
        self.lacks = (!is_there).then_some("the filter has no such term");
        self.look_anew();
    }

    /// Marks the line that is stood on, or no more.
    fn mark(&mut self) {
        self.stop();
        let Some(stand) = self.stand else { return };
        if !self.marked.remove(&stand.on) {
            self.marked.insert(stand.on);
        }
        if self.place() + 1 < self.all() {
            self.step(1);
        }
    }

    /// Shows the pod of the line that is stood on no more.
    fn mute(&mut self) {
        let line = self.stand.and_then(|stand| self.ring.line(stand.on));
        let Some(source) = line.and_then(|line| self.sources.get(line.source as usize)) else { return };
        self.lens.muted.insert(source.tail);
        self.look_anew();
        self.follow();
    }

    /// So many lines on. Whoever goes on past the last line follows.
    fn step(&mut self, by: isize) {
        let (place, all) = (self.place(), self.all());
        if place.saturating_add_signed(by) >= all {
            return self.follow();
        }
        self.stop();
        self.stand_on(place.saturating_add_signed(by));
    }

    /// Stands on the line at a place: the lines move no more than they have to.
    fn stand_on(&mut self, place: usize) {
        let (Some(on), Some(stand)) = (self.spot(place), self.stand) else { return };
        let from = self.lens.place(&self.ring, stand.on);
        let (first, last) = (from.min(place), from.max(place));
        // Beyond a screen it does not matter how far.
        let rows: usize = (first..last.min(first + self.height)).map(|place| self.rows_at(place)).sum();
        let row = if place < from { stand.row.saturating_sub(rows) } else { stand.row + rows };
        let own = self.rows_at(place).min(self.height);
        self.stand = Some(Stand { on, row: row.min(self.height.saturating_sub(own)) });
    }

    /// Goes to the first of these places that is one of those, or says what there is not.
    fn find(&mut self, lacks: &'static str, mut places: impl Iterator<Item = usize>, is_one: fn(&Self, Spot) -> bool) {
        let found = places.find(|place| self.spot(*place).is_some_and(|spot| is_one(self, spot)));
        self.lacks = found.is_none().then_some(lacks);
        let Some(place) = found else { return };
        self.stop();
        self.stand_on(place);
        // Some of what comes before and after is to be seen too.
        let margin = self.height / 4;
        if let Some(stand) = &mut self.stand {
            stand.row = stand.row.clamp(margin, self.height.saturating_sub(margin + 1).max(margin));
        }
    }

    fn is_error(&self, spot: Spot) -> bool {
        self.ring.line(spot).is_some_and(|line| line.level == Level::Error)
    }

    fn has(&self, spot: Spot) -> bool {
        self.ring.line(spot).is_some_and(|line| self.needle.is_in(line.bytes))
    }

    /// Searches for a text; what happened last is what one looks for.
    pub(super) fn search_for(&mut self, text: &str) {
        text.clone_into(&mut self.search);
        self.lacks = None;
        self.needle = Needle::new(text);
        if !self.needle.is_empty() {
            self.find("not found", (0..self.place() + usize::from(self.all() > 0)).rev(), Self::has);
        }
    }

    /// What an action acts on: the pod of the line that is stood on.
    pub(super) fn stands_on(&self, world: &World) -> Scene {
        let line = self.stand.and_then(|stand| self.ring.line(stand.on));
        let Some(line) = line else {
            let lost = "the lines are on their way: stop them first, then the line under the cursor names the pod";
            return Scene { lost: Some(lost.to_owned()), ..Scene::default() };
        };
        let pod = self.sources.get(line.source as usize).and_then(|source| self.pod_of(source));
        let target = pod.as_ref().and_then(|pod| world.target(pod));
        Scene {
            lost: pod.filter(|_| target.is_none()).map(|pod| format!("{} is gone", pod.name)),
            cursor: target,
            copyable: Some(String::from_utf8_lossy(line.bytes).into_owned()),
            ..Scene::default()
        }
    }

    /// True for a line that is shown for the sake of another one.
    pub(super) fn is_around(&self, line: &Seen<'_>) -> bool {
        self.lens.around > 0 && !targets::shows(&self.lens, line, &self.sources, &self.tails, &self.clusters)
    }

    /// How many rows the line at a place takes.
    fn rows_at(&self, place: usize) -> usize {
        if !self.wraps && self.form != Form::Pretty {
            return 1;
        }
        self.spot(place).and_then(|spot| self.ring.line(spot)).map_or(1, |line| self.rows(&line).len())
    }

    /// What a line says, in rows that fit.
    pub(super) fn rows(&self, line: &Seen<'_>) -> Vec<Row> {
        let rows = match line.kind {
            Kind::Written => told::written(line, self.form),
            Kind::Mark | Kind::Gap | Kind::Event => vec![told::mark(line, self.beside(line))],
        };
        if self.wraps { rows.iter().flat_map(|row| told::wrapped(row, self.width.max(1))).collect() } else { rows }
    }

    /// What is told of, where that is no container: the columns before a line name those.
    fn beside(&self, line: &Seen<'_>) -> Option<&str> {
        let source = self.sources.get(line.source as usize).filter(|source| !source.is_container())?;
        Some(source.container.trim_matches(['(', ')']))
    }

    /// The first place in sight, and how many rows of its line are above the edge.
    pub(super) fn first_in_sight(&self) -> (usize, usize) {
        let (mut place, wanted) = match self.stand {
            None => (self.all(), self.height),
            Some(stand) => (self.place(), stand.row),
        };
        let mut rows = 0;
        while rows < wanted && place > 0 {
            place -= 1;
            rows += self.rows_at(place);
        }
        (place, rows.saturating_sub(wanted))
    }

    /// The line at a place.
    pub(super) fn line_at(&self, place: usize) -> Option<Seen<'_>> {
        self.ring.line(self.spot(place)?)
    }
}
