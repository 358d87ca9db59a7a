//! What pods use: as much as is asked of their workload, shared among them. It follows the hour of the day, wavers a little, and follows
//! from the seed.

use super::json::{Millis, int};
pub use super::metrics::Usage;
use super::sim::Sim;
use super::store::{Object, mix};
use super::view::Part;
use std::collections::HashMap;
use std::f64::consts::TAU;

/// How much of what it asks for a pod usually uses.
const SHARE: (f64, f64) = (0.42, 0.65);
/// Milliseconds that a measurement covers: within them nothing changes.
const WINDOW: Millis = 15_000;
const DAY: Millis = 86_400_000;
/// What a container uses that asks for nothing: thousandths of a processor, bytes.
const MODEST: (f64, f64) = (15.0, 48e6);

/// Tells what pods use now. What is asked of a workload is looked up once, however many pods it has.
#[derive(Default)]
pub struct Meter {
    demands: HashMap<Box<str>, f64>,
}

impl Meter {
    /// What a running pod uses now. None for one that does not run, or not long enough to have been measured.
    pub fn usage(&mut self, sim: &Sim, pod: &Object) -> Option<Usage> {
        let seen = self.demands.get(&pod.owner).copied();
        let demand = seen.unwrap_or_else(|| demand(sim, pod));
        if seen.is_none() && !pod.owner.is_empty() {
            self.demands.insert(pod.owner.clone(), demand);
        }
        used(sim, pod, demand)
    }
}

/// What a running pod uses of whose workload so much more than usual is asked.
fn used(sim: &Sim, pod: &Object, demand: f64) -> Option<Usage> {
    let view = pod.view();
    if &*view.phase != "Running" || sim.store.now - view.started.unwrap_or(view.created) < WINDOW {
        return None;
    }
    let (asked, most) = (sums(&view.parts, |p| p.asks, MODEST), sums(&view.parts, |p| p.most, (0.0, 0.0)));
    let seed = pod.uid.bytes().fold(sim.world.seed, |h, b| mix(h ^ u64::from(b)));
    let window = (sim.store.now / WINDOW) as u64;
    let waver = |of: u64, by: f64| 1.0 + by * ((mix(seed ^ mix(window ^ of)) % 2_001) as f64 / 1_000.0 - 1.0);
    // Most is asked for in the early afternoon.
    let hour = 1.0 + 0.2 * (TAU * ((sim.store.now.rem_euclid(DAY) as f64 / DAY as f64) - 7.0 / 24.0)).sin();
    let cpu = asked.0 * SHARE.0 * hour * waver(1, 0.08) * demand;
    let cpu = if most.0 > 0.0 { cpu.min(most.0) } else { cpu };
    let known = sim.world.memory(&pod.key, sim.store.now);
    let memory = if known > 0 { known } else { (asked.1 * SHARE.1 * waver(2, 0.03)) as i64 };
    Some(Usage { cpu_milli: (cpu.round() as i64).max(1), memory_bytes: memory })
}

/// Sums over the containers: processor time in thousandths, memory in bytes.
fn sums(parts: &[Part], of: impl Fn(&Part) -> (Option<f64>, Option<f64>), otherwise: (f64, f64)) -> (f64, f64) {
    let amounts = |part| {
        let (cpu, memory) = of(part);
        (cpu.map_or(otherwise.0, |n| n * 1_000.0), memory.unwrap_or(otherwise.1))
    };
    parts.iter().map(amounts).fold((0.0, 0.0), |(cpu, memory), (c, m)| (cpu + c, memory + m))
}

/// How much more than usual each pod of its workload has to do. What is asked of a workload with an autoscaler does not grow with the number
/// of its pods: at the least number it is usual.
fn demand(sim: &Sim, pod: &Object) -> f64 {
    let namespace = &*pod.key.namespace;
    let Some((kind, name)) = workload(sim, pod) else { return 1.0 };
    let load = sim.world.load.get(&format!("{namespace}/{name}")).copied().unwrap_or(1.0);
    let scaler = sim.store.get("horizontalpodautoscalers.autoscaling", namespace, &name).map(|o| o.value());
    let usual = scaler.map(|s| int(&s, "/spec/minReplicas").unwrap_or(1));
    let ready = || sim.store.get(kind, namespace, &name).and_then(|o| int(&o.value(), "/status/readyReplicas"));
    usual.map_or(load, |usual| load * usual as f64 / ready().unwrap_or(1).max(1) as f64)
}

/// The kind and name of what a pod belongs to, by way of its ReplicaSet.
fn workload(sim: &Sim, pod: &Object) -> Option<(&'static str, Box<str>)> {
    let owner = pod.owners.iter().find(|o| o.controller)?;
    match &*owner.kind {
        "StatefulSet" => Some(("statefulsets.apps", owner.name.clone())),
        "ReplicaSet" => {
            let set = sim.store.get("replicasets.apps", &pod.key.namespace, &owner.name);
            let above = set.and_then(|s| s.controller("Deployment")).map(|d| ("deployments.apps", d.name.clone()));
            above.or_else(|| Some(("replicasets.apps", owner.name.clone())))
        }
        _ => None,
    }
}
