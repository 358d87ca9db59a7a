//! How much is written and how much of it is errors: a strip of the last minutes, and the rate.

use crate::model::log::{Level, Seen};
use crate::model::time::Timestamp;
use std::collections::BTreeMap;

/// Seconds of a bar, and how many bars are kept.
const BAR: i64 = 5;
const BARS: usize = 240;

/// What was written, by time.
#[derive(Debug, Default)]
pub(super) struct Strip {
    /// Lines and errors by the number of the bar.
    bars: BTreeMap<i64, (u32, u32)>,
    /// Lines that came since that second, and how many a second that were before.
    came: (Timestamp, u64),
    pub(super) rate: u64,
}

impl Strip {
    /// A line has come.
    pub(super) fn add(&mut self, line: &Seen<'_>) {
        self.came.1 += 1;
        let bar = self.bars.entry(line.spot.at.second().0.div_euclid(BAR)).or_default();
        bar.0 = bar.0.saturating_add(1);
        bar.1 = bar.1.saturating_add(u32::from(line.level == Level::Error));
        while self.bars.len() > BARS {
            self.bars.pop_first();
        }
    }

    /// The clock moved on.
    pub(super) fn tick(&mut self, now: Timestamp) {
        let span = u64::try_from(now.0 - self.came.0.0).unwrap_or_default();
        if let Some(rate) = self.came.1.checked_div(span) {
            self.rate = if self.came.0 == Timestamp::default() { 0 } else { rate };
            self.came = (now, 0);
        }
    }

    /// Lines and errors of the last bars, the newest last.
    pub(super) fn last(&self, bars: usize, now: Timestamp) -> Vec<(u32, u32)> {
        let end = now.0.div_euclid(BAR);
        (0..bars as i64).rev().map(|back| self.bars.get(&(end - back)).copied().unwrap_or_default()).collect()
    }

    /// How long so many bars are, in seconds.
    pub(super) fn span(bars: usize) -> i64 {
        bars as i64 * BAR
    }
}
