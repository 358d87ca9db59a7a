//! The demo fleet: API servers in this process, over HTTPS on loopback, with clusters behind them that live. What people meet first, what
//! the tour shows, and what most tests run against; real clusters are the judge of it.
//!
//! From the outside in: [`fleet`] starts a [`server`] for each cluster; [`api`] answers requests; [`mod@write`] decides what may be written, with
//! [`schema`], [`defaults`], [`validate`], [`patch`] and [`managed`]; the [`store`] holds objects; [`sim`] lets [`controllers`] work on them in
//! a [`world`] of machines, images and load. Nothing in here is used for a real cluster.

mod admission;
pub mod api;
pub mod cluster;
pub mod controllers;
pub mod defaults;
pub mod digest;
pub mod fault;
pub mod fleet;
pub mod incident;
pub mod json;
mod kubeconfig;
pub mod load;
pub mod login;
pub mod logs;
pub mod managed;
pub mod metrics;
mod object;
#[cfg(test)]
mod oracle;
pub mod patch;
pub mod protobuf;
pub mod quota;
pub mod rbac;
pub mod resource;
pub mod schema;
pub mod server;
pub mod shop;
pub mod sim;
pub mod status;
pub mod store;
pub mod stream;
pub mod tls;
mod told;
pub mod validate;
pub mod view;
pub mod world;
pub mod write;
