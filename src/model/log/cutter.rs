//! Cuts what a log stream brings into lines, and after a break leaves away exactly what was there before.
//!
//! The API's `sinceTime` has whole seconds, so a stream that is opened again repeats lines. It repeats them in the order of the file and without
//! an exception, so they are counted: as many lines as were seen of the last seconds are left away. That the file is still the same one, and
//! was not rotated meanwhile, is seen by the first of them. More than one second is asked for, because the two streams of a container are written
//! side by side and their times are not quite in order.

use super::{Chunk, Kind, Level, Line, Stamp};
use crate::model::time::Timestamp;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Bytes of a line that are kept.
pub const LONGEST: usize = 1 << 20;
/// What is said where something may be missing.
const GAP: &[u8] = b"the log was rotated meanwhile: lines may be missing here";
/// So many seconds may the time of a line be behind that of one before it.
const BACK: i64 = 2;

/// The state of one container's stream, over all times that it is opened.
#[derive(Clone, Debug, Default)]
pub struct Cutter {
    /// What was not handed out yet: whole lines, then the beginning of one.
    bytes: Vec<u8>,
    lines: Vec<Line>,
    /// Where the line begins that is not whole yet.
    begun: usize,
    /// Bytes left away of that line.
    cut: u32,
    /// The time of the last line: what has none was written with it.
    last: Stamp,
    /// The latest time of a line.
    newest: Stamp,
    /// The newest seconds of which lines were seen, in no order.
    known: Vec<Second>,
    /// Lines that were handed out.
    seen: u64,
    skip: Skip,
    /// The stream that was opened last does not go on where reading was.
    jumped: bool,
    /// Lines up to this time were read by somebody before.
    past: Option<Stamp>,
}

/// Lines seen of one second.
#[derive(Clone, Copy, Debug)]
struct Second {
    second: Timestamp,
    lines: u64,
    first: First,
}

/// The first of these in the file.
#[derive(Clone, Copy, Debug)]
struct First {
    number: u64,
    hash: u64,
}

/// What is left away of a stream that was opened again.
#[derive(Clone, Copy, Debug, Default)]
enum Skip {
    #[default]
    None,
    /// Everything before this line, and from it on so many.
    Until(First, u64),
    /// So many lines more.
    Left(u64),
}

/// What a line is to what was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    New,
    /// It was seen.
    Known,
    /// It is new, and does not go on where reading was: something may be missing before it.
    Gap,
}

impl Cutter {
    /// One that leaves away what was read before it began, up to this time.
    pub fn after(past: Stamp) -> Self {
        Self { past: Some(past), ..Self::default() }
    }

    /// The second to ask for lines from, when the stream is opened again; `None` where it never brought any.
    pub fn since(&self) -> Option<Timestamp> {
        self.known.iter().map(|k| k.second).max().map(|newest| Timestamp(newest.0 - BACK))
    }

    /// The time of the last line, if there was one.
    pub fn last(&self) -> Option<Stamp> {
        (self.last != Stamp::default()).then_some(self.last)
    }

    /// How many lines it has brought, of whichever container.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The stream is opened again where [`Cutter::since`] said. Half a line is forgotten: it comes again, and whole.
    pub fn reopen(&mut self) {
        self.forget_half();
        let first = self.known.iter().map(|k| k.first).min_by_key(|first| first.number);
        let lines = self.known.iter().map(|k| k.lines).sum();
        self.skip = first.map_or(Skip::None, |first| Skip::Until(first, lines));
    }

    /// True once after a stream was found not to go on where reading was: it was rotated meanwhile, or it is another container's.
    pub fn jumped(&mut self) -> bool {
        std::mem::take(&mut self.jumped)
    }

    /// Another container has taken the place of the one before: its stream begins at its beginning.
    pub fn restart(&mut self) {
        self.forget_half();
        self.known.clear();
        (self.skip, self.past) = (Skip::None, None);
    }

    fn forget_half(&mut self) {
        self.bytes.truncate(self.begun);
        self.cut = 0;
    }

    /// Takes in what has come.
    pub fn feed(&mut self, mut part: &[u8]) {
        while let Some(end) = memchr::memchr(b'\n', part) {
            let (line, rest) = part.split_at(end);
            self.keep(line);
            self.end_line();
            part = rest.get(1..).unwrap_or_default();
        }
        self.keep(part);
    }

    /// The log has ended: what has no newline at its end is a line too.
    pub fn finish(&mut self) {
        if self.bytes.len() > self.begun {
            self.end_line();
        }
    }

    /// Bytes that wait to be taken.
    pub fn waiting(&self) -> usize {
        self.begun
    }

    /// The whole lines that have come, if there are any.
    pub fn take(&mut self) -> Option<Chunk> {
        if self.lines.is_empty() {
            return None;
        }
        let rest = self.bytes.split_off(self.begun);
        let bytes = std::mem::replace(&mut self.bytes, rest).into();
        self.begun = 0;
        Some(Chunk { bytes, lines: std::mem::take(&mut self.lines).into() })
    }

    /// Keeps a part of a line, as far as there is room for it.
    fn keep(&mut self, part: &[u8]) {
        // The time in front is no part of what was written.
        let room = (LONGEST + 40).saturating_sub(self.bytes.len() - self.begun);
        let (kept, lost) = part.split_at(part.len().min(room));
        self.bytes.extend_from_slice(kept);
        self.cut = self.cut.saturating_add(lost.len() as u32);
    }

    /// The line that was begun is whole.
    fn end_line(&mut self) {
        let whole = self.bytes.get(self.begun..).unwrap_or_default();
        let (at, text) = Stamp::leading(whole).unwrap_or((self.last, 0));
        let (from, end) = (self.begun + text, self.bytes.len());
        match self.meet(at) {
            Met::Known => self.bytes.truncate(self.begun),
            met => {
                if met == Met::Gap {
                    self.jumped = true;
                    self.bytes.extend_from_slice(GAP);
                    self.lines.push(Line { at, from: end as u32, len: GAP.len() as u32, cut: 0, kind: Kind::Gap, level: Level::Warn });
                }
                let len = (end - from).min(LONGEST);
                let cut = self.cut.saturating_add((end - from - len) as u32);
                let level = Level::of(self.bytes.get(from..from + len).unwrap_or_default());
                self.lines.push(Line { at, from: from as u32, len: len as u32, cut, kind: Kind::Written, level });
                self.begun = self.bytes.len();
                self.last = at;
                self.newest = self.newest.max(at);
            }
        }
        self.cut = 0;
    }

    /// What a line is to what was seen before.
    fn meet(&mut self, at: Stamp) -> Met {
        if self.past.is_some_and(|past| at <= past) {
            return Met::Known;
        }
        let mut met = Met::New;
        match self.skip {
            Skip::Until(first, lines) if self.hash() == first.hash => self.skip = Skip::Left(lines),
            // What is before the line where reading began, or is left of a file that was rotated.
            Skip::Until(..) if at <= self.newest => return Met::Known,
            Skip::Until(..) => (self.skip, met) = (Skip::None, Met::Gap),
            Skip::None | Skip::Left(_) => {}
        }
        if let Skip::Left(left) = self.skip {
            self.skip = if left > 1 { Skip::Left(left - 1) } else { Skip::None };
            return Met::Known;
        }
        self.count(at);
        met
    }

    /// A line was seen.
    fn count(&mut self, at: Stamp) {
        let (number, second) = (self.seen, at.second());
        self.seen += 1;
        if let Some(known) = self.known.iter_mut().find(|k| k.second == second) {
            known.lines += 1;
        } else if self.since().is_none_or(|since| second >= since) {
            self.known.push(Second { second, lines: 1, first: First { number, hash: self.hash() } });
            let since = self.since();
            self.known.retain(|k| Some(k.second) >= since);
        }
    }

    /// Tells the line that was begun from others.
    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.bytes.get(self.begun..).hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(chunk: &Chunk) -> Vec<String> {
        chunk.lines.iter().map(|l| String::from_utf8_lossy(chunk.text(l)).into_owned()).collect()
    }

    fn all(cutter: &mut Cutter) -> Vec<String> {
        cutter.take().as_ref().map(texts).unwrap_or_default()
    }

    /// A line as a kubelet sends it, so many thousandths after a whole second.
    fn line(millis: u64, text: &str) -> String {
        format!("2026-11-27T16:{:02}:{:02}.{:03}Z {text}\n", millis / 60_000, millis / 1000 % 60, millis % 1000)
    }

    #[test]
    fn what_has_no_newline_or_no_time_is_a_line_too() {
        let mut cutter = Cutter::default();
        cutter.feed(line(1, "one").as_bytes());
        cutter.feed(b"no time\nhalf");
        assert_eq!(all(&mut cutter), ["one", "no time"]);
        cutter.finish();
        assert_eq!(all(&mut cutter), ["half"]);
        cutter.finish();
        assert!(cutter.take().is_none());
    }

    #[test]
    fn fl2_a_line_without_end_is_cut_and_counted() {
        let mut cutter = Cutter::default();
        let long = "x".repeat(LONGEST + 1234);
        for part in line(1, &long).as_bytes().chunks(60_000) {
            cutter.feed(part);
        }
        cutter.feed(line(2, "next").as_bytes());
        let chunk = cutter.take().unwrap();
        let lengths: Vec<_> = chunk.lines.iter().map(|l| (l.len as usize, l.cut)).collect();
        assert_eq!(lengths, [(LONGEST, 1234), (4, 0)]);
    }

    #[test]
    fn what_was_read_before_is_left_away() {
        let mut cutter = Cutter::after(Stamp::leading(line(2, "b").as_bytes()).unwrap().0);
        cutter.feed((line(1, "a") + &line(2, "b") + &line(3, "c")).as_bytes());
        assert_eq!(all(&mut cutter), ["c"]);
    }

    #[test]
    fn a_file_that_was_rotated_is_seen() {
        let mut cutter = Cutter::default();
        cutter.feed((line(1, "a") + &line(2, "b")).as_bytes());
        cutter.reopen();
        // The first line that was seen is not there.
        cutter.feed((line(2, "b") + &line(3, "c")).as_bytes());
        assert_eq!(all(&mut cutter), ["a", "b", std::str::from_utf8(GAP).unwrap(), "c"]);
    }

    proptest! {
        /// Whatever the times, where reading begins, and where the stream breaks: each line once, in the order of the file.
        #[test]
        fn fl5_nothing_is_lost_and_nothing_doubled(
            steps in proptest::collection::vec((0u64..900, 0u64..4), 1..80),
            breaks in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
            tail in any::<prop::sample::Index>(),
        ) {
            let mut clock = 5_000;
            let file: Vec<(u64, String)> = steps.iter().enumerate().map(|(i, (on, back))| {
                clock += on;
                // Of two streams, each has its times in order.
                let at = if i % 2 == 0 { clock } else { clock - back * 400 };
                (at, line(at, &format!("line {i}")))
            }).collect();
            // Where both streams are in order.
            let begin = tail.index(file.len()) / 2 * 2;
            let mut cutter = Cutter::default();
            let mut seen = Vec::new();
            for at in breaks.iter().map(Some).chain([None]) {
                let since = cutter.since().map(|t| t.0.rem_euclid(3600) as u64 * 1000);
                let lines: Vec<&str> = match since {
                    Some(since) => file.iter().filter(|(at, _)| *at >= since).map(|(_, l)| l.as_str()).collect(),
                    None => file.iter().skip(begin).map(|(_, l)| l.as_str()).collect(),
                };
                let stream: String = lines.concat();
                cutter.reopen();
                // The last line has no newline.
                let end = at.map_or(stream.len() - 1, |at| at.index(stream.len() + 1));
                for part in stream.as_bytes()[..end].chunks(37) {
                    cutter.feed(part);
                }
                if at.is_none() {
                    cutter.finish();
                }
                seen.extend(all(&mut cutter));
            }
            let written: Vec<String> = (begin..file.len()).map(|i| format!("line {i}")).collect();
            prop_assert_eq!(seen, written);
        }
    }
}
