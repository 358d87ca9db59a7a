//! How far the pods on machines are. Their status says it to others; this is what kubelets know themselves, to the millisecond.

use crate::demo::json::Millis;

/// A pod on its machine.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// Which pod.
    pub uid: Box<str>,
    /// The version that was looked at last.
    pub version: u64,
    /// When it goes on by itself.
    pub due: Option<Millis>,
    /// Its address.
    pub address: String,
    /// Since when it is on the machine.
    pub since: Millis,
    /// Its init containers.
    pub inits: Vec<Run>,
    /// Its containers.
    pub runs: Vec<Run>,
    /// When its programs have ended that were told to.
    pub stops: Option<Millis>,
    /// True once its end was written.
    pub over: bool,
}

/// A container.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// How far it is.
    pub state: State,
    /// Since when.
    pub since: Millis,
    /// When that changes, if it does by itself.
    pub until: Option<Millis>,
    /// The image that it was started with, or is to be.
    pub image: String,
    /// Pulls in a row that failed.
    pub misses: u32,
    /// How often it was started again.
    pub restarts: u32,
    /// What the next start again has to wait; 0 for the first.
    pub delay: Millis,
    /// Bytes of memory that it took at its start, and takes more each minute.
    pub takes: (i64, i64),
    /// How it ended last.
    pub last: Option<Ended>,
    /// True while it answers its readiness probe, or has none.
    pub ready: bool,
    /// Its id at the runtime; empty before its first start.
    pub id: String,
}

/// How far a container is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Others have to end before it begins.
    #[default]
    Blocked,
    /// Its image is looked for.
    Look,
    /// Its image is fetched.
    Fetch,
    /// Its image, or something else that it cannot start without, cannot be had.
    NoImage {
        /// `ErrImagePull` and so on.
        reason: &'static str,
        /// Why.
        message: String,
    },
    /// It runs.
    Running,
    /// It has ended, and is or is not started again.
    Ended,
    /// It is kept from starting again for a while.
    BackOff,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its code.
    pub code: i32,
    /// `Completed`, `Error` or `OOMKilled`.
    pub reason: &'static str,
    /// When it was started.
    pub from: Millis,
    /// When it ended.
    pub to: Millis,
    /// Its id.
    pub id: String,
}

impl Life {
    /// Bytes of memory that its programs take.
    pub fn memory(&self, now: Millis) -> i64 {
        let takes = |run: &Run| run.takes.0.saturating_add(run.takes.1.saturating_mul((now - run.since).max(0) / 100) / 600);
        self.all().filter(|r| r.state == State::Running).map(takes).fold(0, i64::saturating_add)
    }

    /// All containers.
    pub fn all(&self) -> impl Iterator<Item = &Run> {
        self.inits.iter().chain(&self.runs)
    }

    /// When one of them goes on by itself.
    pub fn next(&self) -> Option<Millis> {
        self.all().filter_map(|r| r.until).chain(self.stops).min()
    }
}

impl Run {
    /// True where it has ended well and is not started again.
    pub fn done(&self) -> bool {
        self.state == State::Ended && self.until.is_none()
    }

    /// How it ended, if that is where it stands.
    pub fn end(&self) -> Option<&Ended> {
        self.last.as_ref().filter(|_| self.state == State::Ended)
    }
}
