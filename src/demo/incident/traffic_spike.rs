//! More customers than an autoscaler may make pods for.

use super::{Incident, MINUTE, Server};
use crate::demo::sim::Sim;

const WORKLOAD: (&str, &str) = ("shop", "web");

pub(super) const INCIDENT: Incident = Incident {
    name: "traffic-spike",
    about: "eight times the visitors, and the autoscaler of web is at its maximum",
    told: "prod-us: the HPA of web is at its maximum. {goto}hpa, then {goto}autoscale raises it",
    cluster: "prod-us",
    lasts: 7 * MINUTE,
    begin,
    server: Server::Well,
    over: |scene| scene.is_at_ease(WORKLOAD.0, WORKLOAD.1),
};

/// Everybody wants the same thing.
fn begin(sim: &mut Sim) {
    sim.world.load.insert(format!("{}/{}", WORKLOAD.0, WORKLOAD.1), 8.0);
}
