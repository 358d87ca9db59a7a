//! Where one stands in the lines: following them, or still on one of them, from which one looks about.

use super::{LogsView, Stand};
use crate::model::log::{Level, Spot};
use crate::model::step::{Motion, Scene};
use crate::model::world::World;

/// How far one step sideways goes.
const SIDEWAYS: usize = 8;

impl LogsView {
    /// Follows what comes again.
    pub(super) fn follow(&mut self) {
        self.stand = None;
        self.missed = 0;
    }

    /// Stands still on the last line.
    fn stop(&mut self) {
        let last = self.ring.len().checked_sub(1).and_then(|place| self.ring.spot(place));
        let row = self.ring.len().min(self.height).saturating_sub(1);
        self.stand = self.stand.or(last.map(|on| Stand { on, row }));
    }

    /// The place that is stood on, or that of the last line.
    fn place(&self) -> usize {
        let last = self.ring.len().saturating_sub(1);
        self.stand.map_or(last, |stand| self.ring.place(stand.on).min(last))
    }

    /// A motion.
    pub(super) fn go(&mut self, motion: Motion) {
        match motion {
            Motion::Left => self.left = self.left.saturating_sub(SIDEWAYS),
            Motion::Right => self.left += SIDEWAYS,
            Motion::NextMatch => self.find(self.place() + 1..self.ring.len(), Self::has),
            Motion::PreviousMatch => self.find((0..self.place()).rev(), Self::has),
            Motion::NextError => self.find(self.place() + 1..self.ring.len(), Self::is_error),
            Motion::PreviousError => self.find((0..self.place() + usize::from(self.stand.is_none())).rev(), Self::is_error),
            Motion::Hold if self.stand.is_some() => self.follow(),
            Motion::Hold => self.stop(),
            _ => {
                if let Some(by) = motion.lines(self.height.max(2) as isize - 1, self.ring.len()) {
                    self.step(by);
                }
            }
        }
    }

    /// So many lines on. Whoever goes on past the last line follows.
    fn step(&mut self, by: isize) {
        let (place, all) = (self.place(), self.ring.len());
        if place.saturating_add_signed(by) >= all {
            return self.follow();
        }
        self.stop();
        self.stand_on(place.saturating_add_signed(by));
    }

    /// Stands on the line at a place: the lines move no more than they have to.
    fn stand_on(&mut self, place: usize) {
        let (Some(on), Some(stand)) = (self.ring.spot(place), self.stand) else { return };
        let moved = place as isize - self.ring.place(stand.on) as isize;
        let row = (stand.row as isize + moved).clamp(0, self.height.saturating_sub(1) as isize) as usize;
        self.stand = Some(Stand { on, row });
    }

    /// Goes to the first of these places that is one of those.
    fn find(&mut self, mut places: impl Iterator<Item = usize>, is_one: fn(&Self, Spot) -> bool) {
        let Some(place) = places.find(|place| self.ring.spot(*place).is_some_and(|spot| is_one(self, spot))) else { return };
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
        self.ring.line(spot).is_some_and(|line| !self.needle.places([&*super::told::plain(line.bytes)]).is_empty())
    }

    /// Searches for a text; what happened last is what one looks for.
    pub(super) fn search_for(&mut self, text: &str) {
        text.clone_into(&mut self.search);
        self.needle = super::Needle::new(text);
        if !self.needle.is_empty() {
            self.find((0..=self.place()).rev(), Self::has);
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

    /// The places of the lines that are in sight, of which there may be fewer than rows.
    pub(super) fn in_sight(&self) -> std::ops::Range<usize> {
        let all = self.ring.len();
        let from = match self.stand {
            None => all.saturating_sub(self.height),
            Some(stand) => self.ring.place(stand.on).saturating_sub(stand.row),
        };
        from..(from + self.height).min(all)
    }
}
