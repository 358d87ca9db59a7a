//! A change of this run that was confirmed: how far it is, or how it ended.

use super::id::{ClusterId, ObjectRef};
use super::time::Timestamp;
use super::transfer::Progress;

/// Tells a change from others of this run.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChangeId(pub u64);

/// A change, in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Which one.
    pub id: ChangeId,
    /// What is done, for people: `scale`, `roll back`.
    pub does: &'static str,
    /// The object that it is about; of several, the first.
    pub object: ObjectRef,
    /// How many objects it is about.
    pub objects: usize,
    /// Where they are.
    pub clusters: Vec<ClusterId>,
    /// How many of them, and of what goes along with them, have ended, and how.
    pub ended: Ended,
    /// How many have not.
    pub left: usize,
    /// How far it is as a whole.
    pub stage: Stage,
    /// Since when it is.
    pub since: Timestamp,
    /// How far it is in bytes, where it copies files.
    pub progress: Option<Progress>,
    /// Why the first of those failed that did; where none has, what the first waits for.
    pub why: Option<String>,
}

/// Objects by how they ended.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// It took effect.
    pub done: usize,
    /// Nothing was changed.
    pub failed: usize,
    /// Nobody can tell whether something was.
    pub unknown: usize,
    /// They were not begun.
    pub dropped: usize,
}

/// How far a change is as a whole.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is carried out.
    Running,
    /// What has not begun is not begun any more.
    Stopping,
    /// It is over.
    Over,
}

/// What may be done with a change that was confirmed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Steer {
    /// Its dialog is opened again.
    Show,
    /// What has not begun is not begun any more.
    Stop,
    /// What failed is tried again: as a change of its own, which a person is asked about.
    Again,
}

impl Ended {
    /// Those that a person may want to try again.
    pub fn failures(&self) -> usize {
        self.failed + self.unknown
    }
}

impl Course {
    /// True once it is over.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }
}
