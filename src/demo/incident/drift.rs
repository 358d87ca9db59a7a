//! Somebody has mended staging by hand, and what prod runs is no longer what was tested.

use super::{Incident, MINUTE, change, nothing, release, rolled_out, tag};
use crate::demo::json::set;
use crate::demo::sim::Sim;
use crate::demo::store::Key;

/// What somebody built on their own machine.
const BY_HAND: &str = "2.2.1-hotfix";

pub(super) const INCIDENT: Incident = Incident {
    name: "drift",
    about: "pricing in staging was changed by hand: another image, another variable, other replicas than prod",
    cluster: "staging",
    since: 10 * MINUTE,
    hint: "staging: pricing is not what prod runs; filter with /pricing over all clusters and compare with y",
    fault: None,
    begin,
    healed: |sim| tag(sim, "shop", "pricing") != BY_HAND && rolled_out(sim, "shop", "pricing"),
    after: nothing,
};

fn begin(sim: &mut Sim) {
    release(sim, "shop", "pricing", BY_HAND);
    change(sim, "deployments.apps", &Key::new("shop", "pricing"), "kubectl-edit", |deployment| {
        set(deployment, "/spec/replicas", 3);
        set(deployment, "/spec/template/spec/containers/0/env", serde_json::json!([{"name": "ROUNDING", "value": "off"}]));
    });
}
