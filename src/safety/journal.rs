//! What is written down of a change: one record an object before it is sent, and one after.

use super::diff::Edit;
use crate::model::id::ObjectRef;

/// What is about to be done to an object, or was.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// Tells this change to this object from others: both records carry it.
    pub id: String,
    /// The verb's name.
    pub verb: String,
    /// What it is done to.
    pub object: ObjectRef,
    /// `metadata.resourceVersion` before.
    pub before: Option<String>,
    /// The same after; only of an outcome.
    pub after: Option<String>,
    /// The fields that change; values of Secrets as hashes.
    pub edits: Vec<Edit>,
    /// The rule of the guard that decided.
    pub rule: String,
    /// The reason that a person gave.
    pub reason: Option<String>,
    /// What became of it; `None` before it is sent.
    pub outcome: Option<Outcome>,
}

/// What became of a change to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it.
    Done,
    /// It did not; nothing was changed.
    Refused(String),
    /// Nobody can tell whether it was done.
    Unknown(String),
}
