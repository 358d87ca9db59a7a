//! One file a screen.

pub mod table;
