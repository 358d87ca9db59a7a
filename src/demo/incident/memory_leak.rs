//! A release that keeps what it was asked until it is killed, again and again.

use super::{Incident, Server, MINUTE, program, release};
use crate::demo::sim::Sim;
use crate::demo::world::program::Program;

pub(super) const INCIDENT: Incident = Incident {
    name: "memory-leak",
    about: "recommendation leaks memory until it is killed, again and again",
    told: "prod-us: recommendation runs out of memory. {health} shows why, {undo} goes back",
    cluster: "prod-us",
    lasts: 14 * MINUTE,
    begin,
    server: Server::Well,
    over: |scene| scene.is_rolled_out("shop", "recommendation") && !scene.has_died("shop", "recommendation", "OOMKilled"),
};

/// The new release of recommendation keeps what it was asked.
fn begin(sim: &mut Sim) {
    let image = "registry.shop.example/recommendation:1.8.0";
    program(sim, image, Program { memory: Some(420 << 20), leak: 420 << 20, ..Program::service(900) });
    release(sim, "shop", "recommendation", image);
}
