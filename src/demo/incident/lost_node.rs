//! A machine that nobody hears from any more. It comes back by nobody's hand but by being deleted.

use super::{Incident, MINUTE, nothing};
use crate::demo::controllers::condition;
use crate::demo::sim::Sim;

pub(super) const INCIDENT: Incident = Incident {
    name: "lost-node",
    about: "a node of prod-eu is not heard from any more, and its pods do not end",
    cluster: "prod-eu",
    since: 4 * MINUTE,
    hint: "prod-eu: a node is not heard from since 4 minutes; :nodes shows it",
    fault: None,
    begin,
    healed,
    after: nothing,
};

fn begin(sim: &mut Sim) {
    let now = sim.store.now;
    // The one in the middle has a bit of everything.
    let name = sim.world.ledger.machines.keys().nth(sim.world.ledger.machines.len() / 2).cloned();
    sim.world.lost.extend(name.map(|name| (name, now)));
}

/// All machines that there are, are heard from.
fn healed(sim: &Sim) -> bool {
    let lost = sim.world.lost.keys().any(|name| sim.store.get("nodes", "", name).is_some());
    !lost && sim.store.list("nodes", "").all(|n| condition::holds(&n.value(), "Ready"))
}
