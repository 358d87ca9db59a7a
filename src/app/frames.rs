//! How long frames took: kept as counts, told in the log when the program ends.

use std::fmt;
use std::time::Duration;

/// A frame that takes longer is felt as a jerk: 60 fit into a second.
const LIMIT: Duration = Duration::from_millis(16);
/// Microseconds that a bucket is wide.
const WIDTH: u128 = 250;
/// Buckets; the last holds whatever took longer.
const BUCKETS: usize = 400;

/// Counts of frames by how long they took, to be drawn and to be written to the terminal.
pub(super) struct Frames {
    buckets: [u32; BUCKETS],
    worst: Duration,
}

impl Default for Frames {
    fn default() -> Self {
        Self { buckets: [0; BUCKETS], worst: Duration::ZERO }
    }
}

impl Frames {
    /// A frame was drawn.
    pub(super) fn add(&mut self, took: Duration) {
        let bucket = usize::try_from(took.as_micros() / WIDTH).unwrap_or(BUCKETS).min(BUCKETS - 1);
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
        self.worst = self.worst.max(took);
        if took > LIMIT {
            tracing::debug!("a frame took {took:?}");
        }
    }

    fn count(&self) -> u64 {
        self.buckets.iter().map(|n| u64::from(*n)).sum()
    }

    /// The time within which so many of a hundred frames were drawn, to the width of a bucket.
    fn share(&self, of_hundred: u64) -> Duration {
        let wanted = (self.count() * of_hundred).div_ceil(100);
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|n| {
            seen += u64::from(*n);
            seen >= wanted
        });
        Duration::from_micros((bucket.unwrap_or_default() as u64 + 1) * WIDTH as u64)
    }
}

/// `frames 1204 median 1.25ms p99 4.5ms worst 7.1ms`.
impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frames {} median {:?} p99 {:?} worst {:?}", self.count(), self.share(50), self.share(99), self.worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_frames() {
        let mut frames = Frames::default();
        assert_eq!(frames.to_string(), "frames 0 median 250µs p99 250µs worst 0ns");
        (0..98).for_each(|_| frames.add(Duration::from_millis(2)));
        frames.add(Duration::from_millis(20));
        frames.add(Duration::from_secs(9));
        assert_eq!(frames.to_string(), "frames 100 median 2.25ms p99 20.25ms worst 9s");
    }
}
