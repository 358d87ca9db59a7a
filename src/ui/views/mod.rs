//! One file a screen.

pub mod document;
pub mod table;

#[cfg(test)]
mod tests;
