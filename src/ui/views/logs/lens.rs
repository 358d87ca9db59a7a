//! Which of the lines that are held are shown, in their order: all of them, or those that a filter lets through, with what their containers wrote around
//! them; of sources that are not muted, with the lines of a stack trace folded into their first.

use crate::model::log::{Kind, Order, Ring, Seen, Sieve, Spot};
use crate::model::motion::Around;
use std::collections::HashSet;
use std::iter::successors;

/// Lines that one slice of work looks at.
const SLICE: usize = 4_000;

/// How many lines around another are shown, key by key; and at most.
const AROUND: [usize; 4] = [1, 3, 10, 30];
const MOST: usize = 1_000;

/// From a line to the next one of its container.
type Step<'a> = fn(&'a Ring, Spot) -> Option<Seen<'a>>;

/// The lines that are shown.
#[derive(Debug, Default)]
pub(super) struct Lens {
    pub(super) sieve: Sieve,
    /// So many lines are shown before and after each that the filter lets through.
    pub(super) around: usize,
    /// Pods that are not shown, by their tails.
    pub(super) muted: HashSet<usize>,
    /// Lines of stack traces are folded.
    pub(super) folds: bool,
    /// What happened beside the lines was told, and is not to be seen any more.
    pub(super) hides_events: bool,
    /// The lines; `None` shows all that are held.
    shown: Option<Order>,
    /// Lines before this one were not looked at yet.
    before: Option<Spot>,
}

impl Lens {
    /// How many lines are shown.
    pub(super) fn len(&self, ring: &Ring) -> usize {
        self.shown.as_ref().map_or(ring.len(), Order::len)
    }

    /// The line at a place.
    pub(super) fn spot(&self, ring: &Ring, place: usize) -> Option<Spot> {
        self.shown.as_ref().map_or_else(|| ring.spot(place), |shown| shown.get(place))
    }

    /// The place of a line, or the one where it would be.
    pub(super) fn place(&self, ring: &Ring, spot: Spot) -> usize {
        self.shown.as_ref().map_or_else(|| ring.place(spot), |shown| shown.place(spot))
    }

    /// Shows more or fewer lines around those that the filter lets through.
    pub(super) fn widen(&mut self, by: Around) {
        self.around = match by {
            Around::More => AROUND.into_iter().find(|lines| *lines > self.around).unwrap_or(self.around),
            Around::Fewer => AROUND.into_iter().rev().find(|lines| *lines < self.around).unwrap_or(0),
            Around::Lines(lines) => lines.min(MOST),
        };
    }

    /// Something of what it shows is another now: all lines are looked at again, the newest first.
    pub(super) fn change(&mut self, ring: &Ring) {
        let is_all = self.sieve.is_empty() && self.muted.is_empty() && !self.folds && !self.hides_events;
        self.shown = (!is_all).then(Order::default);
        self.before = if is_all { None } else { ring.len().checked_sub(1).and_then(|last| ring.spot(last)) };
    }

    /// True while there are lines that were not looked at.
    pub(super) fn is_working(&self) -> bool {
        self.before.is_some()
    }

    /// Looks at some more of the lines that are held. `shows` decides.
    pub(super) fn work(&mut self, ring: &Ring, shows: impl Fn(&Self, &Seen<'_>) -> bool) {
        let Some(before) = self.before else { return };
        let end = (ring.place(before) + 1).min(ring.len());
        let from = end.saturating_sub(SLICE);
        let found: Vec<Spot> = (from..end).filter_map(|place| ring.get(place)).filter(|line| shows(self, line)).map(|l| l.spot).collect();
        self.before = from.checked_sub(1).and_then(|place| ring.spot(place));
        self.show(ring, found);
    }

    /// Takes in lines of one container that have come, in their order. How many of them are shown.
    pub(super) fn take(&mut self, ring: &Ring, new: &[Spot], shows: impl Fn(&Self, &Seen<'_>) -> bool) -> usize {
        let Some(before) = self.shown.as_ref().map(Order::len) else { return new.len() };
        let mut new = new.to_vec();
        new.sort_unstable_by_key(|spot| spot.arrival());
        for line in new.into_iter().filter_map(|spot| ring.line(spot)) {
            // The others are looked at when their turn comes.
            if self.before.is_none_or(|before| line.spot > before) && shows(self, &line) {
                self.show(ring, vec![line.spot]);
            } else if self.is_after_one(ring, &line, &shows) {
                self.insert(vec![line.spot]);
            }
        }
        let Some(shown) = &mut self.shown else { return 0 };
        let come = shown.len() - before;
        while shown.first().is_some_and(|first| ring.oldest().is_none_or(|oldest| first < oldest)) {
            shown.pop_first();
        }
        come
    }

    /// Shows lines, and what their containers wrote around them.
    fn show(&mut self, ring: &Ring, mut spots: Vec<Spot>) {
        if self.around > 0 && !self.sieve.is_empty() {
            let written = spots.iter().filter(|spot| ring.line(**spot).is_some_and(|line| line.kind == Kind::Written));
            let both = |spot: &Spot| [Ring::earlier, Ring::later].map(|step| self.walk(ring, *spot, step).map(|line| line.spot));
            let beside: Vec<Spot> = written.flat_map(both).flatten().collect();
            spots.extend(beside);
        }
        self.insert(spots);
    }

    fn insert(&mut self, mut spots: Vec<Spot>) {
        let Some(shown) = &mut self.shown else { return };
        spots.retain(|spot| !shown.contains(*spot));
        spots.sort_unstable();
        spots.dedup();
        shown.merge(&spots);
    }

    /// True for a line that is to be shown because of one before it. Between the two nothing is hidden.
    fn is_after_one(&self, ring: &Ring, line: &Seen<'_>, shows: impl Fn(&Self, &Seen<'_>) -> bool) -> bool {
        let is_shown = |line: &Seen<'_>| self.shown.as_ref().is_some_and(|shown| shown.contains(line.spot));
        let could_be = self.around > 0 && line.kind == Kind::Written && !self.folds_away(line);
        could_be && self.walk(ring, line.spot, Ring::earlier).take_while(is_shown).any(|line| shows(self, &line))
    }

    /// The lines beside one, as many as are shown around it.
    fn walk<'a>(&'a self, ring: &'a Ring, from: Spot, step: Step<'a>) -> impl Iterator<Item = Seen<'a>> {
        let lines = successors(step(ring, from), move |line| step(ring, line.spot));
        lines.filter(|line| line.kind == Kind::Written && !self.folds_away(line)).take(self.around)
    }

    /// What decides of a line, where it is not about its pod: a filter has been asked.
    pub(super) fn folds_away(&self, line: &Seen<'_>) -> bool {
        self.folds && line.kind == Kind::Written && goes_on(line.bytes)
    }
}

/// True for a line that belongs to the one before it, as those of stack traces do.
pub(super) fn goes_on(line: &[u8]) -> bool {
    let is_begun = |words: &[&str]| words.iter().any(|word| line.starts_with(word.as_bytes()));
    matches!(line.first(), Some(b' ' | b'\t')) || is_begun(&["at ", "Caused by:", "Traceback (most", "goroutine ", "... "])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::{Cutter, Level};
    use proptest::prelude::*;

    fn chunk(times: &[u16]) -> crate::model::log::Chunk {
        let mut cutter = Cutter::default();
        for at in times {
            let level = if at % 3 == 0 { "ERROR" } else { "INFO" };
            cutter.feed(format!("2026-11-27T16:00:{:02}.{:03}Z {level} {at}\n", at / 1000 % 60, at % 1000).as_bytes());
        }
        cutter.take().unwrap_or_default()
    }

    proptest! {
        /// However chunks and slices of work mix: what is shown is what the filter lets through of what is held, in its order.
        #[test]
        fn what_is_shown_is_what_holds(
            chunks in prop::collection::vec(prop::collection::vec(0u16..5000, 1..30), 1..15),
            change in 0usize..15,
            works in prop::collection::vec(any::<bool>(), 15),
            limit in 2_000usize..20_000,
        ) {
            let shows = |_: &Lens, line: &Seen<'_>| line.level == Level::Error;
            let (mut ring, mut lens) = (Ring::new(limit), Lens::default());
            for (i, times) in chunks.iter().enumerate() {
                if i == change {
                    lens.sieve = Sieve::parse("level=error", crate::model::time::Timestamp(0)).unwrap();
                    lens.change(&ring);
                }
                let spots = ring.insert(0, chunk(times));
                lens.take(&ring, &spots, shows);
                if works[i] {
                    lens.work(&ring, shows);
                }
            }
            while lens.is_working() {
                lens.work(&ring, shows);
            }
            let holds = |line: &Seen<'_>| change >= chunks.len() || line.level == Level::Error;
            let wanted: Vec<Spot> = (0..ring.len()).filter_map(|p| ring.get(p)).filter(holds).map(|l| l.spot).collect();
            let shown: Vec<Spot> = (0..lens.len(&ring)).filter_map(|p| lens.spot(&ring, p)).filter(|s| ring.line(*s).is_some()).collect();
            prop_assert_eq!(shown, wanted);
        }

        /// Of each container the lines around those that the filter lets through, and no others.
        #[test]
        fn lines_around_are_those_of_the_same_container(
            chunks in prop::collection::vec((0u32..3, prop::collection::vec(0u16..5000, 1..12)), 1..15),
            change in 0usize..15,
            works in prop::collection::vec(any::<bool>(), 15),
            around in 1usize..4,
        ) {
            let shows = |_: &Lens, line: &Seen<'_>| line.level == Level::Error;
            let (mut ring, mut lens) = (Ring::new(usize::MAX), Lens::default());
            let mut wrote: Vec<Vec<Spot>> = vec![Vec::new(); 3];
            for (i, (source, times)) in chunks.iter().enumerate() {
                if i == change.min(chunks.len() - 1) {
                    lens.sieve = Sieve::parse("level=error", crate::model::time::Timestamp(0)).unwrap();
                    lens.around = around;
                    lens.change(&ring);
                }
                let mut spots = ring.insert(*source, chunk(times));
                lens.take(&ring, &spots, shows);
                spots.sort_unstable_by_key(|spot| spot.arrival());
                wrote[*source as usize].extend(spots);
                if works[i] {
                    lens.work(&ring, shows);
                }
            }
            while lens.is_working() {
                lens.work(&ring, shows);
            }
            let is_one = |spot: &Spot| ring.line(*spot).is_some_and(|line| line.level == Level::Error);
            let near = |of: &Vec<Spot>, at: usize| of[at.saturating_sub(around)..(at + around + 1).min(of.len())].iter().any(is_one);
            let mut wanted: Vec<Spot> = wrote.iter().flat_map(|of| (0..of.len()).filter(|at| near(of, *at)).map(|at| of[at])).collect();
            wanted.sort_unstable();
            let shown: Vec<Spot> = (0..lens.len(&ring)).filter_map(|place| lens.spot(&ring, place)).collect();
            prop_assert_eq!(shown, wanted);
        }
    }
}
