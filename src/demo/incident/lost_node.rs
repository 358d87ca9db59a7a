//! A machine that nobody hears from.

use super::{Incident, MINUTE, Server};
use crate::demo::sim::Sim;
use crate::demo::store::Key;

/// The machine that is lost.
pub(super) const LOST: &str = "prod-us-b2";

pub(super) const INCIDENT: Incident = Incident {
    name: "lost-node",
    about: "a machine is not heard from any more, and its pods have to go elsewhere",
    told: "prod-us: a node is not heard from. {health} shows it, {delete} in {goto}nodes ends it",
    cluster: "prod-us",
    lasts: 5 * MINUTE,
    begin,
    server: Server::Well,
    over: |scene| !scene.is_stuck_on(LOST),
};

/// A machine loses its power.
fn begin(sim: &mut Sim) {
    let now = sim.store.now;
    sim.world.lost.insert(LOST.into(), now);
    sim.wake("node-controller", Key::new("", LOST));
}
