//! Finds each pod a machine: what fits first (`scheduler/fit.rs`), then what is spread best. Where nothing fits, pods that matter less are
//! driven out (`scheduler/preempt.rs`).

mod claims;
mod fit;
mod preempt;

use super::super::json::{Millis, int, list, remove, set, text};
use super::super::sim::{Controller, Sim};
use super::super::store::{Change, Key, Object, Store, mix};
use super::super::world::ledger::{Ask, Ledger, Placed};
use super::super::write::How;
use super::condition;
use fit::{Misfit, Wish};
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
            let value = pod.value();
            let priority = int(&value, "/spec/priority").unwrap_or_default();
            sim.world.ledger.count(key, placed(&pod, node, Ask::pod(&value), priority));
        }
    } else if (field(&pod, 3).is_empty() || field(&pod, 3) == NAME) && !is_waiting(sim, key, &pod) {
        place(sim, key, &pod);
    }
    None
}

/// True for a pod that was looked at as it is: it waits for something else to change.
fn is_waiting(sim: &Sim, key: &Key, pod: &Object) -> bool {
    let looked = |pod: &Value| condition::find(pod, "PodScheduled").and_then(|c| int(c, "/observedGeneration"));
    sim.world.ledger.waiting.contains(key) && {
        let pod = pod.value();
        looked(&pod).is_some_and(|at| Some(at) == int(&pod, "/metadata/generation"))
    }
}

/// A selectable field of a pod, in the order of [`super::super::resource`].
fn field(pod: &Object, i: usize) -> &str {
    pod.fields.get(i).map(|f| &**f).unwrap_or_default()
}

fn placed(pod: &Object, node: &str, ask: Ask, priority: i64) -> Placed {
    Placed { uid: pod.uid.clone(), node: node.into(), ask, owner: pod.owner.clone(), priority }
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
        return wait(sim, key, &pod, &message, None);
    }
    let wish = Wish::of(key, &pod, &object.owner);
    match best(&sim.world.ledger, &wish, object.version) {
        Ok(node) => bind(sim, key, object, &pod, &node, &wish),
        Err(misfits) => {
            let reasons = misfits.iter().flat_map(|(_, m)| m.reasons.iter().map(String::as_str));
            let why = fit::words(misfits.len(), reasons);
            match preempt::preempt(sim, key, &pod, &wish, &misfits) {
                Ok(node) => wait(sim, key, &pod, &why, Some(&node)),
                Err(_) if misfits.is_empty() => wait(sim, key, &pod, &why, None),
                Err(helpless) => wait(sim, key, &pod, &format!("{why} preemption: {helpless}"), None),
            }
        }
    }
}

/// The machine that takes a pod with the least trouble, or why none does.
fn best(ledger: &Ledger, wish: &Wish<'_>, version: u64) -> Result<Box<str>, Vec<(Box<str>, Misfit)>> {
    let zones = wish.zones(ledger);
    let mut misfits = Vec::new();
    let mut best: Option<(u64, &str)> = None;
    for (name, machine) in &ledger.machines {
        let sum = ledger.sum(name);
        match wish.fits(ledger, name, machine, sum) {
            Ok(()) => {
                // Of equals, not always the first.
                let score = wish.crowded(&zones, machine, sum) << 8 | mix(version ^ name.len() as u64 ^ hash(name)) & 0xff;
                if best.is_none_or(|(least, _)| score < least) {
                    best = Some((score, name));
                }
            }
            Err(misfit) if best.is_none() => misfits.push((name.clone(), misfit)),
            Err(_) => {}
        }
    }
    best.map(|(_, node)| node.into()).ok_or(misfits)
}

fn hash(name: &str) -> u64 {
    name.bytes().fold(7, |h, b| mix(h ^ u64::from(b)))
}

fn bind(sim: &mut Sim, key: &Key, object: &Arc<Object>, pod: &Value, node: &str, wish: &Wish<'_>) {
    let now = sim.store.now;
    let how = How { subresource: "binding", ..How::by("kube-scheduler") };
    let bound = sim.update("pods", key, how, |pod| {
        set(pod, "/spec/nodeName", node);
        remove(pod, "/status/nominatedNodeName");
        condition::put(pod, now, "PodScheduled", "True", "", "");
        Ok(())
    });
    if bound.is_ok() {
        claims::choose(sim, pod, node);
        sim.world.ledger.count(key, placed(object, node, wish.ask, wish.priority));
        let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
        sim.event(NAME, pod, "Normal", "Scheduled", &message);
    }
}

/// No machine takes it. Told when that is new or for another reason; what is no news is not told again. `node` is the one where it soon will
/// have a place.
fn wait(sim: &mut Sim, key: &Key, pod: &Value, message: &str, node: Option<&str>) {
    sim.world.ledger.waiting.insert(key.clone());
    let told = condition::find(pod, "PodScheduled").and_then(|c| text(c, "/message"));
    if told == Some(message) && node.is_none_or(|n| preempt::nominated(pod) == Some(n)) {
        return;
    }
    let now = sim.store.now;
    let written = sim.update("pods", key, How::status("kube-scheduler"), |pod| {
        condition::put(pod, now, "PodScheduled", "False", "Unschedulable", message);
        node.into_iter().for_each(|n| set(pod, "/status/nominatedNodeName", n));
        Ok(())
    });
    if written.is_ok() {
        sim.event(NAME, pod, "Warning", "FailedScheduling", message);
    }
}

#[cfg(test)]
#[path = "scheduler/tests.rs"]
mod tests;
