//! The world: everything that awaits.

pub mod connect;
pub mod credential;
pub mod entry;
pub mod fault;
pub mod kubeconfig;
pub mod login;
pub mod plugin;
pub mod proxy;
mod yaml;
