//! Something that was done to an object and may be taken back.

use super::course::ChangeId;
use super::id::ObjectRef;
use super::time::Timestamp;

/// One thing that was done to an object, as a person chooses it. What exactly it was stays where it is from: a Secret's values go nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The object: the one that is asked about, or the autoscaler that has the say over it.
    pub object: ObjectRef,
    /// Where it is known from.
    pub from: Origin,
    /// The verb's name.
    pub verb: String,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it; nothing where it was this run.
    pub who: Option<String>,
    /// What changed, in a few words.
    pub told: String,
}

/// Where something that was done is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A change of this run.
    Run(ChangeId),
    /// The record of this id in the journal.
    Journal(String),
    /// The revisions that the object had before.
    Revisions,
}
