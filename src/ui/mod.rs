//! Pure drawing.

pub mod theme;
