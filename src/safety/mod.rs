//! What may be written, and how: every change to a cluster takes one path, and what is decided on it is decided here. Pure: the world is asked
//! by value.

pub mod diff;
pub mod guard;
pub mod journal;
