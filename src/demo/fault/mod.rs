//! Faults on order: what a test tells a server to do wrong, until it is lifted. [`wire`] does it to connections, [`answer`] to answers;
//! [`data`] has objects that are hard to show.
//! Nothing here decides by chance.

pub mod answer;
pub mod data;
pub mod wire;

use answer::Rule;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Something that a server does wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nobody listens, and connections that are open end.
    Refuse,
    /// New connections are taken, and nothing is said on them.
    BlackHole,
    /// New connections are answered by bytes that are no TLS.
    Garbage,
    /// All connections are reset (RST), once.
    Reset,
    /// Connections that are open now say nothing any more, in either direction; new ones are well.
    HalfOpen,
    /// Each connection carries so many bytes a second in each direction.
    Rate(u32),
    /// Each byte takes so long in each direction.
    Latency(Duration),
    /// Answers are other ones.
    Answer(Rule),
    /// All watches end as when the server closes slow ones, once.
    EndWatches,
    /// All watches break off in the midst of a chunk, once.
    CutWatches,
    /// Streams into containers are spoken as by servers before 1.30, which know neither the end of an input nor tunnels.
    OldStreams,
}

/// What new connections meet.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Door {
    #[default]
    Open,
    Shut,
    Silent,
    Garbage,
}

/// What connections are like.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) rate: Option<u32>,
    pub(super) latency: Duration,
    /// Connections with lower numbers are half-open.
    pub(super) silent: u64,
    /// Connections with lower numbers are reset.
    pub(super) reset: u64,
}

/// Which watches are to end; they are numbered in the order of their beginning.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    /// Those with lower numbers have ended.
    pub(super) before: u64,
    /// They break off.
    pub(super) broken: bool,
}

/// What one server does wrong.
#[derive(Debug, Default)]
pub struct Faults {
    pub(super) door: watch::Sender<Door>,
    pub(super) line: watch::Sender<Line>,
    pub(super) ended: watch::Sender<Ended>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    heard: Vec<String>,
    spoken: Vec<String>,
    connections: u64,
    watches: u64,
    old_streams: bool,
}

impl Faults {
    /// Does this from now on, beside what was ordered before.
    pub fn order(&self, fault: Fault) {
        let (connections, watches) = {
            let state = self.state();
            (state.connections, state.watches)
        };
        match fault {
            Fault::Refuse => drop(self.door.send_replace(Door::Shut)),
            Fault::BlackHole => drop(self.door.send_replace(Door::Silent)),
            Fault::Garbage => drop(self.door.send_replace(Door::Garbage)),
            Fault::Reset => self.line.send_modify(|line| line.reset = connections),
            Fault::HalfOpen => self.line.send_modify(|line| line.silent = connections),
            Fault::Rate(rate) => self.line.send_modify(|line| line.rate = Some(rate.max(1))),
            Fault::Latency(latency) => self.line.send_modify(|line| line.latency = latency),
            Fault::Answer(rule) => self.state().rules.push(rule),
            Fault::EndWatches => drop(self.ended.send_replace(Ended { before: watches, broken: false })),
            Fault::CutWatches => drop(self.ended.send_replace(Ended { before: watches, broken: true })),
            Fault::OldStreams => self.state().old_streams = true,
        }
    }

    /// The requests that came so far, in the order in which they came: `PATCH /api/v1/nodes/a?dryRun=All`.
    pub fn heard(&self) -> Vec<String> {
        self.state().heard.clone()
    }

    /// The protocols that were agreed on for streams so far, in their order.
    pub fn spoken(&self) -> Vec<String> {
        self.state().spoken.clone()
    }

    /// All is well again. What has ended stays ended, and what is half-open stays so: a network does not find lost connections again.
    pub fn lift(&self) {
        self.door.send_replace(Door::Open);
        self.line.send_modify(|line| *line = Line { silent: line.silent, reset: line.reset, ..Line::default() });
        let mut state = self.state();
        state.rules.clear();
        state.old_streams = false;
    }

    pub(super) fn connection(&self) -> u64 {
        let mut state = self.state();
        state.connections += 1;
        state.connections - 1
    }

    pub(super) fn watch(&self) -> u64 {
        let mut state = self.state();
        state.watches += 1;
        state.watches - 1
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
