//! The world: everything that awaits.

pub mod backoff;
pub mod connect;
pub mod contexts;
pub mod credential;
pub mod describe;
pub mod entry;
pub mod fault;
pub mod framer;
pub mod intake;
pub mod kubeconfig;
pub mod link;
pub mod login;
pub mod plugin;
pub mod proxy;
pub mod session;
pub mod supervisor;
pub mod unpack;
pub mod watch;
mod yaml;
