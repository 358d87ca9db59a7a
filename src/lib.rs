//! kconsole: one screen that holds live watch streams on many Kubernetes clusters.

pub mod actions;
pub mod app;
pub mod k8s;
pub mod keymap;
pub mod kinds;
pub mod model;
pub mod term;
pub mod ui;
