//! The loop: what arrives changes the state, the state says what ought to run, what changed is drawn. The only place that sees every other
//! directory.

pub mod config;
mod goto;
pub mod state;
mod update;
mod watches;
