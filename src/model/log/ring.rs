//! Lines of many sources in the order of their times, as many as fit into so many bytes. It is the only place that lets go of lines, and it counts
//! them.

use super::{Chunk, Kind, Level, Order, Stamp};
use std::collections::{HashMap, VecDeque};

/// Numbers of chunks that are gone and still take room.
const SLACK: usize = 1 << 10;

/// A line's place in the order. It stays the name of the line for as long as that is held.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// When it was written.
    pub at: Stamp,
    pub(super) chunk: u32,
    pub(super) line: u32,
}

impl Spot {
    /// Its place among all lines in the order in which they came.
    pub fn arrival(self) -> (u32, u32) {
        (self.chunk, self.line)
    }
}

/// A line to look at.
#[derive(Copy, Clone, Debug)]
pub struct Seen<'a> {
    /// Its name.
    pub spot: Spot,
    /// By the number that was given with its chunk.
    pub source: u32,
    /// What it is.
    pub kind: Kind,
    /// How bad it is.
    pub level: Level,
    /// Its bytes as they were received, without the time and the newline.
    pub bytes: &'a [u8],
    /// Bytes that were left away at its end.
    pub cut: u32,
}

/// The lines.
#[derive(Debug)]
pub struct Ring {
    /// By their numbers, from `first` on.
    chunks: VecDeque<Option<Held>>,
    first: u32,
    /// The last chunk of each source.
    last: HashMap<u32, u32>,
    /// How many chunks are held.
    held: usize,
    order: Order,
    size: usize,
    limit: usize,
    gone: u64,
}

/// A chunk of which lines are held.
#[derive(Debug)]
struct Held {
    source: u32,
    chunk: Chunk,
    left: usize,
    /// The chunks of its source before and after it.
    before: Option<u32>,
    after: Option<u32>,
}

impl Ring {
    /// A ring that takes so many bytes, its index included.
    pub fn new(limit: usize) -> Self {
        Self { chunks: VecDeque::new(), first: 0, last: HashMap::new(), held: 0, order: Order::default(), size: 0, limit, gone: 0 }
    }

    /// How many lines are held.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// True without any line.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// How many lines had to go for newer ones.
    pub fn gone(&self) -> u64 {
        self.gone
    }

    /// Takes in the lines of a source, each at its place, and returns these places' names in order. What there is no room for goes, the oldest first.
    pub fn insert(&mut self, source: u32, chunk: Chunk) -> Vec<Spot> {
        let number = self.first.wrapping_add(self.chunks.len() as u32);
        let mut spots: Vec<Spot> = chunk.lines.iter().zip(0..).map(|(line, i)| Spot { at: line.at, chunk: number, line: i }).collect();
        if spots.is_empty() {
            return spots;
        }
        spots.sort_unstable();
        let chunk = chunk.packed();
        self.size += chunk.size() + spots.len() * size_of::<Spot>();
        self.held += 1;
        let before = self.last.insert(source, number);
        if let Some(held) = before.and_then(|before| self.held_mut(before)) {
            held.after = Some(number);
        }
        self.chunks.push_back(Some(Held { source, left: chunk.len(), chunk, before, after: None }));
        self.order.merge(&spots);
        while self.size > self.limit && self.order.len() > 1 {
            if let Some(oldest) = self.order.pop_first() {
                self.let_go(oldest);
            }
        }
        while self.chunks.len() > 2 * self.held + SLACK {
            self.let_go_first();
        }
        spots
    }

    /// A line that is in the order no more.
    fn let_go(&mut self, spot: Spot) {
        self.gone += 1;
        self.size -= size_of::<Spot>();
        if let Some(slot) = self.chunks.get_mut(spot.chunk.wrapping_sub(self.first) as usize)
            && let Some(held) = slot
        {
            held.left -= 1;
            if held.left == 0 {
                self.size -= held.chunk.size();
                self.held -= 1;
                *slot = None;
            }
        }
        while let Some(None) = self.chunks.front() {
            self.chunks.pop_front();
            self.first = self.first.wrapping_add(1);
        }
    }

    /// The chunk that came first goes: its lines are from the future, and stand at the end for ever while all that came with them is gone.
    fn let_go_first(&mut self) {
        let number = self.first;
        let Some(Some(held)) = self.chunks.front() else { return };
        let spots: Vec<Spot> = held.chunk.lines.iter().zip(0..).map(|(line, i)| Spot { at: line.at, chunk: number, line: i }).collect();
        for spot in spots {
            if self.order.remove(spot) {
                self.let_go(spot);
            }
        }
    }

    /// Bytes that are held.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Lets go of all lines up to this one, which nobody misses.
    pub fn forget(&mut self, until: Spot) {
        let gone = self.gone;
        while self.order.first().is_some_and(|first| first <= until) {
            if let Some(first) = self.order.pop_first() {
                self.let_go(first);
            }
        }
        self.gone = gone;
    }

    /// Lets go of all lines of some sources, which are to be read anew.
    pub fn forget_those(&mut self, is_one: impl Fn(u32) -> bool) {
        let those: Vec<Spot> =
            self.order.iter().filter(|spot| self.held(spot.chunk).is_some_and(|held| is_one(held.source))).copied().collect();
        self.order.retain(|spot| those.binary_search(&spot).is_err());
        let gone = self.gone;
        those.into_iter().for_each(|spot| self.let_go(spot));
        self.gone = gone;
        self.last.retain(|source, _| !is_one(*source));
    }

    /// The oldest line.
    pub fn oldest(&self) -> Option<Spot> {
        self.order.first()
    }

    /// The name of the line at a place of the order.
    pub fn spot(&self, place: usize) -> Option<Spot> {
        self.order.get(place)
    }

    /// The line that the same source wrote before this one, if that is still held.
    pub fn earlier(&self, spot: Spot) -> Option<Seen<'_>> {
        let held = self.held(spot.chunk)?;
        let (chunk, line) = match spot.line.checked_sub(1) {
            Some(line) => (spot.chunk, line),
            None => (held.before?, (self.held(held.before?)?.chunk.len() as u32).checked_sub(1)?),
        };
        self.beside(chunk, line)
    }

    /// The line that the same source wrote after this one.
    pub fn later(&self, spot: Spot) -> Option<Seen<'_>> {
        let held = self.held(spot.chunk)?;
        let line = spot.line + 1;
        if (line as usize) < held.chunk.len() { self.beside(spot.chunk, line) } else { self.beside(held.after?, 0) }
    }

    fn beside(&self, chunk: u32, line: u32) -> Option<Seen<'_>> {
        let at = self.held(chunk)?.chunk.lines.get(line as usize)?.at;
        let spot = Spot { at, chunk, line };
        // A chunk stays until all of its lines are gone.
        if self.order.contains(spot) { self.line(spot) } else { None }
    }

    fn held(&self, chunk: u32) -> Option<&Held> {
        self.chunks.get(chunk.wrapping_sub(self.first) as usize)?.as_ref()
    }

    fn held_mut(&mut self, chunk: u32) -> Option<&mut Held> {
        self.chunks.get_mut(chunk.wrapping_sub(self.first) as usize)?.as_mut()
    }

    /// A line by its name, if it is still held.
    pub fn line(&self, spot: Spot) -> Option<Seen<'_>> {
        let held = self.held(spot.chunk)?;
        let line = held.chunk.lines.get(spot.line as usize)?;
        Some(Seen { spot, source: held.source, kind: line.kind, level: line.level, bytes: held.chunk.text(line), cut: line.cut })
    }

    /// The line at a place of the order.
    pub fn get(&self, place: usize) -> Option<Seen<'_>> {
        self.line(self.spot(place)?)
    }

    /// The place of a line, or the one where it was.
    pub fn place(&self, spot: Spot) -> usize {
        self.order.place(spot)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cutter;
    use super::*;
    use proptest::prelude::*;

    fn chunk(times: &[u16], name: &str) -> Chunk {
        let mut cutter = Cutter::default();
        for (i, at) in times.iter().enumerate() {
            cutter.feed(format!("2026-11-27T16:00:{:02}.{:03}Z {name} {i} {at}\n", at / 1000 % 60, at % 1000).as_bytes());
        }
        cutter.take().unwrap_or_default()
    }

    fn texts(ring: &Ring) -> Vec<String> {
        (0..ring.len()).map(|i| String::from_utf8_lossy(ring.get(i).unwrap().bytes).into_owned()).collect()
    }

    /// FL7: a line from the future does not keep what is gone since.
    #[test]
    fn fl7_a_line_from_the_future_goes_before_it_costs_memory() {
        let mut ring = Ring::new(2_000);
        ring.insert(0, chunk(&[59_999], "future"));
        for _ in 0..10 * SLACK {
            ring.insert(0, chunk(&[1], "past"));
        }
        assert!(ring.chunks.len() <= 2 * ring.held + SLACK && ring.len() > 3);
        assert_eq!(ring.len() as u64 + ring.gone(), 10 * SLACK as u64 + 1);
        assert!(texts(&ring).iter().all(|t| t.starts_with("past")));
    }

    proptest! {
        /// FL7: whatever comes in whatever order, lines stand in the order of their times, those of one time in the order in which they came.
        #[test]
        fn fl7_lines_are_in_the_order_of_their_times(sources in proptest::collection::vec(proptest::collection::vec(0u16..500, 0..20), 0..12)) {
            let mut ring = Ring::new(usize::MAX);
            let mut all: Vec<(u16, String)> = Vec::new();
            for (s, times) in sources.iter().enumerate() {
                ring.insert(s as u32, chunk(times, &s.to_string()));
                all.extend(times.iter().enumerate().map(|(i, at)| (*at, format!("{s} {i} {at}"))));
            }
            all.sort_by_key(|(at, _)| *at);
            prop_assert_eq!(texts(&ring), all.into_iter().map(|(_, t)| t).collect::<Vec<_>>());
        }

        /// Whatever comes between, and whatever has gone: from each line one gets to what its source wrote before it and after it.
        #[test]
        fn each_line_knows_those_beside_it(
            sources in proptest::collection::vec((0u32..3, proptest::collection::vec(0u16..500, 1..8)), 1..20),
            limit in 300usize..6_000,
        ) {
            let mut ring = Ring::new(limit);
            let mut wrote: Vec<Vec<Spot>> = vec![Vec::new(); 3];
            for (source, times) in &sources {
                let mut spots = ring.insert(*source, chunk(times, "x"));
                spots.sort_unstable_by_key(|spot| spot.arrival());
                wrote[*source as usize].extend(spots);
            }
            for pair in wrote.iter().flat_map(|of| of.windows(2)) {
                let [a, b] = [pair[0], pair[1]];
                let is_held = |spot: Spot| ring.order.contains(spot);
                let both = is_held(a) && is_held(b);
                prop_assert!(!both || ring.later(a).map(|l| l.spot) == Some(b));
                prop_assert!(!both || ring.earlier(b).map(|l| l.spot) == Some(a));
                prop_assert!(is_held(a) || ring.earlier(b).is_none());
            }
        }

        /// What is to be read anew goes as if it had never come, and is not counted; what comes then is beside nothing of it.
        #[test]
        fn those_of_a_source_go_without_a_trace(sources in proptest::collection::vec((0u32..3, proptest::collection::vec(0u16..500, 1..8)), 1..20)) {
            let (mut ring, mut without) = (Ring::new(usize::MAX), Ring::new(usize::MAX));
            for (source, times) in &sources {
                ring.insert(*source, chunk(times, "x"));
                if *source != 1 {
                    without.insert(*source, chunk(times, "x"));
                }
            }
            ring.forget_those(|source| source == 1);
            prop_assert_eq!(texts(&ring), texts(&without));
            prop_assert_eq!((ring.size, ring.held, ring.gone), (without.size, without.held, 0));
            let again = ring.insert(1, chunk(&[7], "again"));
            prop_assert!(ring.earlier(again[0]).is_none());
        }

        /// FL1: what has to go is the oldest, and is counted; the size is never more than allowed.
        #[test]
        fn fl1_what_goes_is_counted(sources in proptest::collection::vec(proptest::collection::vec(0u16..500, 1..20), 1..12), limit in 300usize..3_000) {
            let mut ring = Ring::new(limit);
            let mut all = 0;
            for (s, times) in sources.iter().enumerate() {
                all += ring.insert(s as u32, chunk(times, "x")).len() as u64;
                prop_assert!(ring.size <= limit || ring.len() == 1);
            }
            prop_assert_eq!(ring.len() as u64 + ring.gone(), all);
            for place in 0..ring.len() {
                prop_assert_eq!(ring.get(place).map(|seen| ring.place(seen.spot)), Some(place));
            }
        }
    }
}
