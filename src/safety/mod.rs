//! What may be written, and how: every change to a cluster takes one path, and what is decided on it is decided here. Pure: the world is asked
//! by value.
//!
//! The path of a [`change::Change`], for every [`verb::Verb`] and every number of objects: rights, guard, owners and limits, dry run, preview,
//! confirmation, sending, following until it took effect, journal, undo. A verb says what is special about it; none has a path of its own.

pub mod archive;
pub mod bundle;
pub mod change;
pub mod diff;
pub mod form;
pub mod guard;
pub mod item;
pub mod journal;
pub mod local;
pub mod owners;
pub mod undo;
pub mod verb;
