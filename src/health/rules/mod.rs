//! The rules, one file each.

use super::Rule;

/// Declares the modules of the rules and lists them.
macro_rules! rules {
    ($($file:ident),* $(,)?) => {
        $(mod $file;)*
        /// Every rule.
        pub static RULES: &[Rule] = &[$($file::RULE),*];
    };
}

rules! {
    crash_loop, image_pull, rollout_stuck, oom_killed, unschedulable, container_config, readiness, liveness, not_ready, restarts, evicted,
    terminating, replicas_missing, paused, unprobed, spread,
}
