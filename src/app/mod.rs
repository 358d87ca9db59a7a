//! The loop: what arrives changes the state, the state says what ought to run, what changed is drawn. The only place that sees every other
//! directory.

mod apply;
mod batch;
mod browser;
mod centre;
mod changes;
pub mod cli;
mod clipboard;
pub mod config;
mod debug;
mod demo;
mod discovery;
mod entry;
mod exec;
mod explain;
pub mod files;
mod follow;
mod forward;
mod forwards;
mod frames;
mod goto;
mod guard;
mod handover;
mod input;
mod journal;
mod kept;
mod lasting;
pub mod layouts;
mod leftovers;
mod lend;
mod limits;
mod links;
mod manifests;
mod near;
mod news;
mod print;
pub mod program;
pub mod reload;
mod reread;
mod rights;
pub mod run;
mod saves;
pub mod session;
mod shells;
mod signals;
pub mod startup;
pub mod state;
mod streams;
pub mod tails;
mod texts;
mod transfer;
mod typing;
mod undo;
mod unlock;
mod update;
mod watches;
mod writing;

pub use entry::main;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests;
