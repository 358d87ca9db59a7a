//! One file a screen.

pub mod clusters;
pub mod document;
pub mod edit;
pub mod events;
pub mod finding;
pub mod health;
pub mod help;
pub mod journal;
pub mod links;
pub mod logs;
mod outline;
pub mod palette;
pub mod table;
pub mod workspace;

#[cfg(test)]
mod tests;
