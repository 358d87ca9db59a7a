//! Which of the lines that are held are shown, in their order: all of them, or those that a filter lets through, of sources that are not muted, with the
//! lines of a stack trace folded into their first.

use crate::model::log::{Kind, Ring, Seen, Sieve, Spot};
use std::collections::{HashSet, VecDeque};

/// Lines that one slice of work looks at.
const SLICE: usize = 4_000;

/// The lines that are shown.
#[derive(Debug, Default)]
pub(super) struct Lens {
    /// The filter as it was typed.
    pub(super) text: String,
    pub(super) sieve: Sieve,
    /// Pods that are not shown, by their tails.
    pub(super) muted: HashSet<usize>,
    /// Lines of stack traces are folded.
    pub(super) folds: bool,
    /// The lines; `None` shows all that are held.
    shown: Option<VecDeque<Spot>>,
    /// Lines before this one were not looked at yet.
    before: Option<Spot>,
}

impl Lens {
    /// How many lines are shown.
    pub(super) fn len(&self, ring: &Ring) -> usize {
        self.shown.as_ref().map_or(ring.len(), VecDeque::len)
    }

    /// The line at a place.
    pub(super) fn spot(&self, ring: &Ring, place: usize) -> Option<Spot> {
        self.shown.as_ref().map_or_else(|| ring.spot(place), |shown| shown.get(place).copied())
    }

    /// The place of a line, or the one where it would be.
    pub(super) fn place(&self, ring: &Ring, spot: Spot) -> usize {
        self.shown.as_ref().map_or_else(|| ring.place(spot), |shown| shown.partition_point(|s| *s < spot))
    }

    /// Something of what it shows is another now: all lines are looked at again, the newest first.
    pub(super) fn change(&mut self, ring: &Ring) {
        let is_all = self.sieve.is_empty() && self.muted.is_empty() && !self.folds;
        self.shown = (!is_all).then(VecDeque::new);
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
        let Some(shown) = &mut self.shown else { return };
        for spot in found.into_iter().rev() {
            if shown.front().is_none_or(|first| spot < *first) {
                shown.push_front(spot);
            }
        }
    }

    /// Takes in lines that have come, in their order. How many of them are shown.
    pub(super) fn take(&mut self, ring: &Ring, new: &[Spot], shows: impl Fn(&Self, &Seen<'_>) -> bool) -> usize {
        if self.shown.is_none() {
            return new.len();
        }
        let unseen = |spot: &&Spot| self.before.is_none_or(|before| **spot > before);
        let found: Vec<Spot> =
            new.iter().filter(unseen).filter_map(|spot| ring.line(*spot)).filter(|line| shows(self, line)).map(|l| l.spot).collect();
        let Some(shown) = &mut self.shown else { return 0 };
        for spot in &found {
            let place = shown.partition_point(|s| s < spot);
            shown.insert(place, *spot);
        }
        while shown.front().is_some_and(|first| ring.oldest().is_none_or(|oldest| *first < oldest)) {
            shown.pop_front();
        }
        found.len()
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
                    lens.sieve = Sieve::parse("level=error").unwrap();
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
    }
}
