//! One file a screen.

pub mod changes;
pub mod choice;
pub mod clusters;
pub mod data;
pub mod document;
pub mod edit;
pub mod events;
pub mod finding;
pub mod forwards;
pub mod health;
pub mod help;
pub mod journal;
pub mod logs;
mod outline;
pub mod palette;
pub mod problems;
pub mod shells;
pub mod table;
pub mod undo;
pub mod workspace;

#[cfg(test)]
mod tests;
