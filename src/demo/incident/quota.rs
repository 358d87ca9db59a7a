//! A quota that is used up: who wants more gets nothing.

use super::{Incident, Server, BY_HAND, DELIVERY, MINUTE, change};
use crate::demo::json::set;
use crate::demo::sim::Sim;

pub(super) const INCIDENT: Incident = Incident {
    name: "quota",
    about: "the quota of payments is used up, and fraud-check cannot grow",
    told: "prod-eu: fraud-check lacks pods. {health} shows why, {edit} in {goto}quota mends it",
    cluster: "prod-eu",
    lasts: 3 * MINUTE,
    begin,
    server: Server::Well,
    over: |scene| scene.is_rolled_out("payments", "fraud-check"),
};

/// The quota is taken down to what is used, and then somebody wants more.
fn begin(sim: &mut Sim) {
    change(sim, "resourcequotas", "payments", "payments", BY_HAND, |quota| set(quota, "/spec/hard/pods", "19"));
    change(sim, "deployments.apps", "payments", "fraud-check", DELIVERY, |deployment| set(deployment, "/spec/replicas", 8));
}
