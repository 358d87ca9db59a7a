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
pub mod lanes;
pub mod link;
pub mod login;
pub mod logs;
mod merge;
pub mod perform;
mod plugin;
pub mod proxy;
pub mod session;
mod slot;
pub mod supervisor;
pub mod teller;
mod tls;
pub mod unpack;
pub mod watch;
mod wire;
mod yaml;
