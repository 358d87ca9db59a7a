//! What is on screen. Pure: state in, cells of the terminal out.

pub mod theme;
pub mod view;
pub mod views;
pub mod widgets;
pub mod words;
