//! What keeps a cluster true to what its objects ask for: one file a controller.
//!
//! **To add one**: a file with `pub const CONTROLLER: Controller`, and its word below. It is woken for keys and looks at the objects as they
//! are; what it may remember between two looks is in the objects or, if no object has it, in [`World`](super::world::World).

pub mod condition;
pub mod fit;
pub mod history;
pub mod own;
pub mod select;
pub mod state;
pub mod template;

#[cfg(test)]
pub mod bed;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod tests;

use super::sim::Controller;

/// Declares the modules of the controllers and lists them, in the order in which they work at one instant.
macro_rules! controllers {
    ($($file:ident),* $(,)?) => {
        $(pub mod $file;)*
        /// Every controller.
        pub const CONTROLLERS: &[Controller] = &[$($file::CONTROLLER),*];
    };
}

// Machines first, then what makes pods, then what counts them: so that each looks once at what has become of many.
controllers! {
    definition,
    expiry,
    scheduler,
    kubelet,
    nodes,
    volumes,
    job,
    cronjob,
    replicaset,
    statefulset,
    daemonset,
    deployment,
    endpoints,
    disruption,
    quota,
    autoscaler,
    garbage,
    namespace,
}
