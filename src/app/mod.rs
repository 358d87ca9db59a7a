//! The loop, and the only place that sees every other directory.

pub mod config;
