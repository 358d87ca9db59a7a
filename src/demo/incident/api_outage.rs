//! An API server that goes away: what runs behind it runs on.

use super::{Incident, MINUTE, ServerFault, nothing};

pub(super) const INCIDENT: Incident = Incident {
    name: "api-outage",
    about: "the API server of prod-eu goes away for two minutes, again and again",
    cluster: "prod-eu",
    since: 0,
    hint: "prod-eu: its API server is about to go away; C shows how the clusters are, and the last rows stay",
    fault: Some(ServerFault::Outage { after: MINUTE / 3, lasts: 2 * MINUTE }),
    begin: nothing,
    healed: |_| false,
    after: nothing,
};
