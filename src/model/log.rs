//! Logs: what containers write, as chunks of lines with the time that the kubelet gave each, merged in the order of these times.
//!
//! A chunk is copied once, as a whole, from the task that read it into the ring; only the ring's index is kept in order.

mod cutter;
mod level;
mod order;
mod ring;
mod shape;
mod sieve;
mod stamp;

pub use cutter::{Cutter, LONGEST};
pub use level::Level;
pub use order::Order;
pub use ring::{Ring, Seen, Spot};
pub use shape::Shape;
pub use sieve::{Origin, Sieve};
pub use stamp::Stamp;

use super::id::{ClusterId, Uid};
use super::time::Timestamp;

/// The pods that a screen follows.
#[derive(Copy, Clone, Debug)]
pub struct Follows<'a> {
    /// Who reads: two screens of one pod each get all of its lines.
    pub reader: u64,
    /// The pods.
    pub tails: &'a [Tail],
    /// Counts changes of them.
    pub changes: u64,
}

/// A pod whose logs are to be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The cluster of the pod.
    pub cluster: ClusterId,
    /// The namespace of the pod.
    pub namespace: Box<str>,
    /// The name of the pod.
    pub pod: Box<str>,
    /// The pod itself: another one of its name is another one.
    pub uid: Uid,
    /// Where its containers are read from.
    pub from: From,
    /// What they write from now on is read too; else what is there, to its end.
    pub follow: bool,
    /// How many containers it has.
    pub containers: usize,
    /// It is not as it should be: where not all can be followed, it comes first.
    pub is_sick: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Another one begins anew.
    pub turn: u32,
    /// Changes with whatever says that containers may have come, ended or begun anew: they are looked at again.
    pub state: u64,
}

/// Where reading begins.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// At the first line: the pod came while somebody was reading.
    Start,
    /// So many lines before the last one of each container.
    Last(u32),
    /// At the first line that is not older.
    Since(Timestamp),
    /// At the first line that is newer than this one, which was read before.
    After(Stamp),
}

/// Names a tail that runs.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TailId(pub u64);

/// What a tail has to say of a container.
#[derive(Debug)]
pub struct News {
    /// The container.
    pub container: Box<str>,
    /// Lines in the order in which they were written.
    pub chunk: Chunk,
}

/// Lines of one container, as they were received.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Box<[u8]>,
    lines: Box<[Line]>,
}

/// Where a line is in its chunk.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Line {
    at: Stamp,
    from: u32,
    len: u32,
    /// Bytes that were left away at its end.
    cut: u32,
    kind: Kind,
    level: Level,
}

/// What a line of a log is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The container wrote it.
    Written,
    /// We say what happened to the container.
    Mark,
    /// We say that something may be missing here.
    Gap,
    /// We say what happened beside it.
    Event,
}

impl Chunk {
    /// A word of our own about a container.
    pub fn mark(at: Stamp, kind: Kind, text: String) -> Self {
        Self::told(at, kind, if kind == Kind::Gap { Level::Warn } else { Level::Plain }, text)
    }

    /// The same, and how bad that is.
    pub fn told(at: Stamp, kind: Kind, level: Level, text: String) -> Self {
        let line = Line { at, from: 0, len: text.len().try_into().unwrap_or(u32::MAX), cut: 0, kind, level };
        Self { bytes: text.into_bytes().into(), lines: [line].into() }
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// The time of its newest line.
    pub fn newest(&self) -> Option<Stamp> {
        self.lines.iter().map(|line| line.at).max()
    }

    /// True without any line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The same in memory of exactly its size, which is the own of whoever calls: what tasks on several threads have set aside, and one lets go of,
    /// lies about in pieces.
    fn packed(&self) -> Self {
        Self { bytes: self.bytes.clone(), lines: self.lines.clone() }
    }

    /// The memory that it takes.
    pub fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.lines) + size_of::<Self>()
    }

    /// The bytes of a line.
    fn text(&self, line: &Line) -> &[u8] {
        let from = line.from as usize;
        self.bytes.get(from..from + line.len as usize).unwrap_or_default()
    }
}
