//! The loop: what arrives changes the state, the state says what ought to run, what changed is drawn. The only place that sees every other
//! directory.

pub mod cli;
mod batch;
mod clipboard;
pub mod config;
mod entry;
mod goto;
mod print;
pub mod program;
pub mod run;
pub mod startup;
pub mod state;
mod update;
mod watches;

pub use entry::main;
