//! What pods use: as much as is asked of their workload, shared among them. It follows the hour of the day, wavers a little, and follows
//! from the seed.

use super::json::{Millis, int, list, text};
pub use super::metrics::Usage;
use super::sim::Sim;
use super::store::{Key, mix};
use crate::model::quantity::quantity;
use serde_json::Value;
use std::f64::consts::TAU;

/// How much of what it asks for a pod usually uses.
const SHARE: (f64, f64) = (0.42, 0.65);
/// Milliseconds that a measurement covers: within them nothing changes.
const WINDOW: Millis = 15_000;
const DAY: Millis = 86_400_000;
/// What a container uses that asks for nothing: thousandths of a processor, bytes.
const MODEST: (f64, f64) = (15.0, 48e6);

/// What a running pod uses now. None for one that does not run, or not long enough to have been measured.
pub fn usage(sim: &Sim, pod: &Value) -> Option<Usage> {
    used(sim, pod, demand(sim, pod))
}

/// What a running pod uses of whose workload so much more than usual is asked.
pub(super) fn used(sim: &Sim, pod: &Value, demand: f64) -> Option<Usage> {
    let started = text(pod, "/status/startTime").or_else(|| text(pod, "/metadata/creationTimestamp")).and_then(super::json::instant)?;
    if text(pod, "/status/phase") != Some("Running") || sim.store.now - started < WINDOW {
        return None;
    }
    let (asked, most) = (sums(pod, "requests", MODEST), sums(pod, "limits", (0.0, 0.0)));
    let seed = text(pod, "/metadata/uid")?.bytes().fold(sim.world.seed, |h, b| mix(h ^ u64::from(b)));
    let window = (sim.store.now / WINDOW) as u64;
    let waver = |of: u64, by: f64| 1.0 + by * ((mix(seed ^ mix(window ^ of)) % 2_001) as f64 / 1_000.0 - 1.0);
    // Most is asked for in the early afternoon.
    let hour = 1.0 + 0.2 * (TAU * ((sim.store.now.rem_euclid(DAY) as f64 / DAY as f64) - 7.0 / 24.0)).sin();
    let cpu = asked.0 * SHARE.0 * hour * waver(1, 0.08) * demand;
    let cpu = if most.0 > 0.0 { cpu.min(most.0) } else { cpu };
    let known = sim.world.memory(&Key::of(pod), sim.store.now);
    let memory = if known > 0 { known } else { (asked.1 * SHARE.1 * waver(2, 0.03)) as i64 };
    Some(Usage { cpu_milli: (cpu.round() as i64).max(1), memory_bytes: memory })
}

/// Sums over the containers: processor time in thousandths, memory in bytes.
fn sums(pod: &Value, part: &str, otherwise: (f64, f64)) -> (f64, f64) {
    let of = |c: &Value, what: &str| c.pointer("/resources").and_then(|r| quantity(r.get(part)?.get(what)?.as_str()?));
    let add = |(cpu, memory): (f64, f64), c: &Value| {
        (cpu + of(c, "cpu").map_or(otherwise.0, |n| n * 1_000.0), memory + of(c, "memory").unwrap_or(otherwise.1))
    };
    list(pod, "/spec/containers").iter().fold((0.0, 0.0), add)
}

/// How much more than usual each pod of its workload has to do. What is asked of a workload with an autoscaler does not grow with the number
/// of its pods: at the least number it is usual.
pub(super) fn demand(sim: &Sim, pod: &Value) -> f64 {
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    let Some((kind, name)) = workload(sim, pod, namespace) else { return 1.0 };
    let load = sim.world.load.get(&format!("{namespace}/{name}")).copied().unwrap_or(1.0);
    let scaler = sim.store.get("horizontalpodautoscalers.autoscaling", namespace, &name).map(|o| o.value());
    let usual = scaler.map(|s| int(&s, "/spec/minReplicas").unwrap_or(1));
    let ready = || sim.store.get(kind, namespace, &name).and_then(|o| int(&o.value(), "/status/readyReplicas"));
    usual.map_or(load, |usual| load * usual as f64 / ready().unwrap_or(1).max(1) as f64)
}

/// The kind and name of what a pod belongs to, by way of its ReplicaSet.
fn workload(sim: &Sim, pod: &Value, namespace: &str) -> Option<(&'static str, String)> {
    let owner = list(pod, "/metadata/ownerReferences").iter().find(|o| super::json::is_true(o, "/controller"))?;
    let name = text(owner, "/name")?;
    match text(owner, "/kind")? {
        "StatefulSet" => Some(("statefulsets.apps", name.to_owned())),
        "ReplicaSet" => {
            let set = sim.store.get("replicasets.apps", namespace, name);
            let above = set.and_then(|s| s.controller("Deployment")).map(|d| ("deployments.apps", d.name.to_string()));
            above.or_else(|| Some(("replicasets.apps", name.to_owned())))
        }
        _ => None,
    }
}
