//! `seq`: numbered lines, many of them, as fast as a container can write. So one sees whether any is missing.

use super::{Line, Stream};
use crate::demo::json::Millis;

/// What `seq` prints, a line each microsecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::demo) struct Count {
    before: String,
    after: String,
    first: i64,
    last: i64,
}

/// From the start of a container to its first line.
const BEGIN: Millis = 20;
/// Lines of a millisecond.
const LINES: i64 = 1_000;
/// Lines that a shell may have at once.
const SHELL: i64 = 100_000;

impl Count {
    /// Reads `seq [-f FORMAT] [FIRST] LAST`, with a `%g` in the format.
    pub(in crate::demo) fn of(words: &[&str]) -> Option<Self> {
        let (format, numbers) = match words {
            ["seq", "-f", format, numbers @ ..] => (*format, numbers),
            ["seq", numbers @ ..] => ("%g", numbers),
            _ => return None,
        };
        let (before, after) = format.split_once("%g")?;
        let (first, last) = match numbers {
            [last] => (1, last.parse().ok()?),
            [first, last] => (first.parse().ok()?, last.parse().ok()?),
            _ => return None,
        };
        Some(Self { before: before.to_owned(), after: after.to_owned(), first, last })
    }

    /// How long that takes.
    pub(in crate::demo) fn takes(&self) -> Millis {
        BEGIN + self.lines() / LINES + 1
    }

    /// The lines from an instant (inclusive) to another (exclusive), of a container that was started then.
    pub(super) fn within(&self, started: Millis, from: Millis, to: Millis) -> Vec<Line> {
        let place = |at: Millis| at.saturating_sub(started + BEGIN).saturating_mul(LINES).clamp(0, self.lines());
        let line = |n: i64| Line {
            at: started + BEGIN + n / LINES,
            nanos: (n % LINES) as u32 * 1_000,
            stream: Stream::Stdout,
            text: self.text(n),
        };
        (place(from)..place(to)).map(line).collect()
    }

    /// What it prints, where that is not more than a shell keeps.
    pub(in crate::demo) fn print(&self) -> Option<String> {
        (self.lines() <= SHELL).then(|| (0..self.lines()).map(|n| self.text(n) + "\n").collect())
    }

    fn text(&self, n: i64) -> String {
        format!("{}{}{}", self.before, self.first + n, self.after)
    }

    fn lines(&self) -> i64 {
        (self.last - self.first + 1).max(0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_printed_once() {
        for (words, texts) in [
            (&["seq", "3"] as &[&str], Some(["1", "2", "3"])),
            (&["seq", "-f", "no. %g.", "-1", "1"], Some(["no. -1.", "no. 0.", "no. 1."])),
            (&["seq"], None),
            (&["seq", "x"], None),
            (&["echo", "3"], None),
        ] {
            let printed = Count::of(words).map(|count| count.within(5, 0, 100).into_iter().map(|l| l.text).collect::<Vec<_>>());
            assert_eq!(printed, texts.map(|t| t.map(str::to_owned).to_vec()), "{words:?}");
        }
        let count = Count::of(&["seq", "2500"]).unwrap();
        let parts: Vec<usize> = (1_018..1_025).map(|at| count.within(1_000, at, at + 1).len()).collect();
        assert_eq!((parts.as_slice(), count.takes()), (&[0, 0, 1_000, 1_000, 500, 0, 0][..], 23));
    }
}
