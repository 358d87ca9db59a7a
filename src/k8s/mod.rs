//! The world: everything that awaits.

pub mod backoff;
pub mod describe;
pub mod fault;
pub mod framer;
pub mod intake;
pub mod link;
pub mod session;
pub mod supervisor;
pub mod watch;
