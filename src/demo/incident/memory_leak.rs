//! A release that leaks: its pods are killed at their limit every few minutes, and wait longer each time.

use super::{Incident, MINUTE, nothing, release, rolled_out, tag};

/// The release that leaks. Later ones do not.
const LEAKS: &str = "1.8.0";

pub(super) const INCIDENT: Incident = Incident {
    name: "memory-leak",
    about: "a release that leaks: recommendation in prod-us is killed for its memory again and again",
    cluster: "prod-us",
    since: 12 * MINUTE,
    hint: "prod-us: recommendation restarts every few minutes; ! shows only what is unhealthy, d tells how it ended last",
    fault: None,
    begin: |sim| release(sim, "shop", "recommendation", LEAKS),
    healed: |sim| tag(sim, "shop", "recommendation") != LEAKS && rolled_out(sim, "shop", "recommendation"),
    after: nothing,
};
