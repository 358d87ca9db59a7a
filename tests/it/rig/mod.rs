//! What the tests stand on: a reader of our own source, a terminal, and real clusters. No test is in here.
#![allow(dead_code, unused_imports, reason = "the benchmarks share these files, and each uses its part")]

pub mod cluster;
pub mod clusters;
pub mod demo;
pub mod fleet;
pub mod grammar;
pub mod home;
pub mod kubelet;
pub mod objects;
pub mod person;
pub mod preview;
pub mod pty;
pub mod robot;
pub mod script;
pub mod source;
pub mod svg;
pub mod writes;

use std::time::Duration;

/// Longer than anything takes that is waited for: a fleet that is built without optimisation beside other tests, a crash loop's fourth run, a
/// node that says nothing any more. Nobody waits so long where all is well.
pub const SOON: Duration = Duration::from_secs(120);
