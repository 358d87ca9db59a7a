//! kconsole: one screen that holds live watch streams on many Kubernetes clusters.

pub mod k8s;
pub mod kinds;
pub mod model;
