//! The loop: what arrives changes the state, the state says what ought to run, what changed is drawn. The only place that sees every other
//! directory.

mod batch;
pub mod cli;
mod clipboard;
pub mod config;
mod entry;
mod goto;
mod input;
mod news;
mod print;
pub mod program;
pub mod run;
mod signals;
pub mod startup;
pub mod state;
mod typing;
mod update;
mod watches;

pub use entry::main;
