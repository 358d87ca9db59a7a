//! A release whose image was never pushed: the rollout hangs, and what calls it sees errors.

use super::{Incident, MINUTE, REGISTRY, release, rolled_out};
use crate::demo::sim::Sim;
use crate::demo::world::program::Program;

pub(super) const INCIDENT: Incident = Incident {
    name: "bad-rollout",
    about: "a release whose image does not exist: checkout in prod-eu hangs half-way",
    cluster: "prod-eu",
    since: 6 * MINUTE,
    hint: "prod-eu: the rollout of checkout has been hanging for 6 minutes; ! shows only what is unhealthy",
    fault: None,
    begin,
    healed: |sim| rolled_out(sim, "shop", "checkout"),
    after,
};

fn begin(sim: &mut Sim) {
    release(sim, "shop", "checkout", "2.32.0");
    sim.world.programs.insert(0, (callers(), Program { errors: 0.25, ..Program::service(500) }));
}

fn after(sim: &mut Sim) {
    sim.world.programs.retain(|(image, _)| *image != callers());
}

/// What suffers along.
fn callers() -> String {
    format!("{REGISTRY}/payments-api:")
}
