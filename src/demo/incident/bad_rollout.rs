//! A release that crashes as it starts: the rollout hangs half-way.

use super::{Incident, Server, MINUTE, program, release};
use crate::demo::sim::Sim;
use crate::demo::world::program::Program;

pub(super) const INCIDENT: Incident = Incident {
    name: "bad-rollout",
    about: "the new release of checkout crashes as it starts, and the rollout hangs",
    told: "prod-eu: the new checkout crashes. {health} shows why, {undo} on it goes back",
    cluster: "prod-eu",
    lasts: 4 * MINUTE,
    begin,
    server: Server::Well,
    over: |scene| scene.is_rolled_out("shop", "checkout"),
};

/// The new release of checkout wants a setting that nobody made: it goes back, or gets it.
fn begin(sim: &mut Sim) {
    let image = "registry.shop.example/checkout:2.32.0";
    let crashes = Program { ends: Some((3_200, 1)), ready: false, errors: 1.0, needs: Some("PAYMENT_METHODS"), ..Program::service(60_000) };
    program(sim, image, crashes);
    release(sim, "shop", "checkout", image);
}
