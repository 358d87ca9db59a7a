//! Finds each pod a machine: what fits first (`scheduler/fit.rs`), then what is spread best. No pod is driven out for another.

mod claims;
mod fit;

use super::super::json::{Millis, int, list, set, text};
use super::super::sim::{Controller, Sim};
use super::super::store::{Change, Key, Object, Store, mix};
use super::super::world::ledger::Ask;
use super::super::write::How;
use super::condition;
use fit::Wish;
use serde_json::Value;
use std::sync::Arc;

const NAME: &str = "default-scheduler";

/// What finds pods a machine.
pub const CONTROLLER: Controller = Controller { name: NAME, wakes, reconcile };

fn wakes(_store: &Store, change: &Change, keys: &mut Vec<Key>) {
    if matches!(&*change.kind, "pods" | "nodes" | "persistentvolumeclaims") {
        keys.extend(change.object().map(|o| o.key.clone()));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    if key.namespace.is_empty() {
        machine(sim, key);
        return None;
    }
    let Some(pod) = sim.store.table("pods").and_then(|t| t.get(key)).cloned() else {
        // A claim is nobody's key here, but a pod may have waited for it.
        if !freed(sim, key) && sim.store.table("persistentvolumeclaims").is_some_and(|t| t.get(key).is_some()) {
            retry(sim);
        }
        return None;
    };
    let (node, phase) = (field(&pod, 0), field(&pod, 1));
    if matches!(phase, "Succeeded" | "Failed") {
        freed(sim, key);
    } else if !node.is_empty() {
        if !sim.world.ledger.has(key, &pod.uid, node) {
            sim.world.ledger.count(key, &pod.uid, &pod.owner, node, Ask::pod(&pod.value()));
        }
    } else if field(&pod, 3).is_empty() || field(&pod, 3) == NAME {
        place(sim, key, &pod);
    }
    None
}

/// A selectable field of a pod, in the order of [`super::super::resource`].
fn field(pod: &Object, i: usize) -> &str {
    pod.fields.get(i).map(|f| &**f).unwrap_or_default()
}

/// A machine came, changed or went: what waits may fit now.
fn machine(sim: &mut Sim, key: &Key) {
    match sim.store.table("nodes").and_then(|t| t.get(key)).map(|n| n.value()) {
        Some(node) => sim.world.ledger.machine(&key.name, &node),
        None => drop(sim.world.ledger.machines.remove(&key.name)),
    }
    retry(sim);
}

/// A pod is gone: its place is free for what waits.
fn freed(sim: &mut Sim, key: &Key) -> bool {
    let counted = sim.world.ledger.forget(key);
    if counted {
        retry(sim);
    }
    counted
}

/// Tries what waits again: the most important first, then the oldest.
fn retry(sim: &mut Sim) {
    let mut waiting: Vec<(i64, String, Key)> = Vec::new();
    for key in &sim.world.ledger.waiting {
        let Some(pod) = sim.store.table("pods").and_then(|t| t.get(key)) else { continue };
        let pod = pod.value();
        let created = text(&pod, "/metadata/creationTimestamp").unwrap_or_default().to_owned();
        waiting.push((-int(&pod, "/spec/priority").unwrap_or_default(), created, key.clone()));
    }
    waiting.sort();
    for (_, _, key) in waiting {
        if let Some(pod) = sim.store.table("pods").and_then(|t| t.get(&key)).cloned() {
            place(sim, &key, &pod);
        }
    }
}

fn place(sim: &mut Sim, key: &Key, object: &Arc<Object>) {
    let pod = object.value();
    if text(&pod, "/metadata/deletionTimestamp").is_some() || !list(&pod, "/spec/schedulingGates").is_empty() {
        return;
    }
    if let Some(claim) = claims::missing(sim, &pod) {
        let message = fit::before(sim.world.ledger.machines.len(), &format!("persistentvolumeclaim {claim:?} not found"));
        return wait(sim, key, &pod, &message);
    }
    let wish = Wish::of(&pod, &object.owner);
    let mut misfits = Vec::new();
    let mut best: Option<(u64, Box<str>)> = None;
    for (name, machine) in &sim.world.ledger.machines {
        let sum = sim.world.ledger.sum(name);
        match wish.fits(name, machine, sum) {
            Ok(()) => {
                // Of equals, not always the first.
                let score = wish.crowded(&sim.world.ledger, name, machine) << 8 | mix(object.version ^ name.len() as u64 ^ hash(name)) & 0xff;
                if best.as_ref().is_none_or(|(least, _)| score < *least) {
                    best = Some((score, name.clone()));
                }
            }
            Err(misfit) => misfits.push(misfit),
        }
    }
    match best {
        Some((_, node)) => bind(sim, key, object, &pod, &node, wish.ask),
        None => wait(sim, key, &pod, &fit::words(&misfits)),
    }
}

fn hash(name: &str) -> u64 {
    name.bytes().fold(7, |h, b| mix(h ^ u64::from(b)))
}

fn bind(sim: &mut Sim, key: &Key, object: &Arc<Object>, pod: &Value, node: &str, ask: Ask) {
    let now = sim.store.now;
    let how = How { subresource: "binding", ..How::by("kube-scheduler") };
    let bound = sim.update("pods", key, how, |pod| {
        set(pod, "/spec/nodeName", node);
        condition::put(pod, now, "PodScheduled", "True", "", "");
        Ok(())
    });
    if bound.is_ok() {
        claims::choose(sim, pod, node);
        sim.world.ledger.count(key, &object.uid, &object.owner, node, ask);
        let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
        sim.event(NAME, pod, "Normal", "Scheduled", &message);
    }
}

/// No machine takes it. Told when that is new or for another reason; what is no news is not told again.
fn wait(sim: &mut Sim, key: &Key, pod: &Value, message: &str) {
    sim.world.ledger.waiting.insert(key.clone());
    let told = condition::find(pod, "PodScheduled").and_then(|c| text(c, "/message"));
    if told == Some(message) {
        return;
    }
    let now = sim.store.now;
    let written = sim.update("pods", key, How::status("kube-scheduler"), |pod| {
        condition::put(pod, now, "PodScheduled", "False", "Unschedulable", message);
        Ok(())
    });
    if written.is_ok() {
        sim.event(NAME, pod, "Warning", "FailedScheduling", message);
    }
}

#[cfg(test)]
#[path = "scheduler/tests.rs"]
mod tests;
