//! Chance that can be asked again: numbers that follow from a key.

use crate::demo::store::mix;

/// A row of numbers that looks like chance. A copy goes through the same row.
#[derive(Copy, Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// A row of its own for a name (FNV-1a).
    pub(super) fn of(self, name: &str) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Self(mix(self.0 ^ hash))
    }

    /// A row of its own for an instant.
    pub(super) fn at(self, instant: i64) -> Self {
        Self(mix(self.0 ^ mix(instant as u64)))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `end`; 0 where that is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A number from 0 (inclusive) to 1 (exclusive).
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True once in so many times.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of them; empty where there is none.
    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.get(self.below(from.len() as u64) as usize).copied().unwrap_or_default()
    }

    /// A span in milliseconds as answers take: most are short, some long.
    pub(super) fn took(&mut self) -> u64 {
        let share = self.share();
        (3.0 + 40.0 * share + 900.0 * share.powi(24)) as u64
    }
}
