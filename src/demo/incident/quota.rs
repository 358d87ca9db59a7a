//! A quota that is used up: what is to be scaled does not get its pods, and only events say why.

use super::{Incident, MINUTE, change, nothing, rolled_out};
use crate::demo::json::{int, set, text};
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::world::ledger::Ask;

pub(super) const INCIDENT: Incident = Incident {
    name: "quota",
    about: "the quota of payments in prod-eu is used up: fraud-check does not get the pods that it asks for",
    cluster: "prod-eu",
    since: 5 * MINUTE,
    hint: "prod-eu: fraud-check wants more pods than it gets; :deployments shows it, e its events, :quota the quota",
    fault: None,
    begin,
    healed: |sim| rolled_out(sim, "payments", "fraud-check"),
    after: nothing,
};

/// Room for two more pods of what wants five.
fn begin(sim: &mut Sim) {
    let asked: i64 = sim.store.list("pods", "payments").map(|p| Ask::pod(&p.value()).cpu).sum();
    let each = super::deployment(sim, "payments", "fraud-check").and_then(|d| {
        let cpu = text(&d, "/spec/template/spec/containers/0/resources/requests/cpu")?;
        crate::model::quantity::quantity(cpu).map(|cores| (cores * 1000.0) as i64)
    });
    let room = asked + 2 * each.unwrap_or(500) + 100;
    change(sim, "resourcequotas", &Key::new("payments", "payments"), "kubectl-edit", |quota| {
        set(quota, "/spec/hard/requests.cpu", format!("{room}m"));
    });
    change(sim, "deployments.apps", &Key::new("payments", "fraud-check"), "kubectl-scale", |deployment| {
        let replicas = int(deployment, "/spec/replicas").unwrap_or(1);
        set(deployment, "/spec/replicas", replicas + 5);
    });
}
