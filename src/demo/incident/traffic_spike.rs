//! More customers than an autoscaler may make pods for.

use super::{Incident, MINUTE};
use crate::demo::json::{int, list};
use crate::demo::sim::Sim;

const HUNGRY: (&str, &str) = ("shop", "web");

pub(super) const INCIDENT: Incident = Incident {
    name: "traffic-spike",
    about: "four times the traffic: the autoscaler of web in prod-us is at its maximum",
    cluster: "prod-us",
    since: 7 * MINUTE,
    hint: "prod-us: the autoscaler of web is at its maximum and its pods are overloaded; :hpa shows it",
    fault: None,
    begin: |sim| {
        sim.world.load.insert(workload(), 4.0);
    },
    healed,
    after: |sim| {
        sim.world.load.remove(&workload());
    },
};

fn workload() -> String {
    format!("{}/{}", HUNGRY.0, HUNGRY.1)
}

/// The pods have no more to do than the autoscaler wants them to.
fn healed(sim: &Sim) -> bool {
    let Some(hpa) = sim.store.get("horizontalpodautoscalers.autoscaling", HUNGRY.0, HUNGRY.1).map(|h| h.value()) else { return false };
    let target = int(&hpa, "/spec/metrics/0/resource/target/averageUtilization").unwrap_or(70);
    let is = list(&hpa, "/status/currentMetrics").first().and_then(|m| int(m, "/resource/current/averageUtilization"));
    let scaled = int(&hpa, "/status/currentReplicas") == int(&hpa, "/status/desiredReplicas");
    // As far off as an autoscaler lets be.
    scaled && is.is_some_and(|is| is * 10 <= target * 11)
}
