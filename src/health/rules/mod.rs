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
    terminating, pods_refused, replicas_missing, paused, unprobed, spread,
    job_failed, cronjob_missed, autoscaler_limited, autoscaler_blind, no_disruption, no_endpoints, ingress_backend,
    claim_pending, claim_lost, volume_mount, node_not_ready, node_pressure, node_network, node_cordoned, version_skew,
    quota_full, event_repeats, webhook_down, api_down, namespace_stuck,
}
