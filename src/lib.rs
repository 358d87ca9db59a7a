//! kconsole: one screen that holds live watch streams on many Kubernetes clusters.

pub mod app;
pub mod keymap;
pub mod kinds;
pub mod model;
pub mod ui;
