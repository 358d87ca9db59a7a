//! One file a screen.

pub mod clusters;
pub mod document;
pub mod help;
pub mod links;
pub mod palette;
pub mod table;

#[cfg(test)]
mod tests;
