//! What the tests stand on: a reader of our own source, a terminal, and real clusters. No test is in here.

pub mod source;
