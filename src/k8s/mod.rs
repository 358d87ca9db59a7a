//! The world: everything that awaits.

pub mod connect;
pub mod credential;
pub mod entry;
pub mod fault;
pub mod kubeconfig;
pub mod login;
mod merge;
mod plugin;
pub mod proxy;
mod slot;
mod tls;
mod wire;
mod yaml;
