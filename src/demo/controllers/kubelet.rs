//! The lives of pods on their machines: images, containers, probes, crashes and ends, as far as kubectl can see them. One controller plays
//! the kubelets of all machines; [`run`](self) takes containers through their states, `status` writes down how far they are.

mod refers;
mod run;
mod status;

use super::super::json::{Millis, int, list, set, text};
use super::super::sim::{Controller, Sim};
use super::super::store::{Change, Key, Object, Store, mix};
use super::super::world::image::hash;
use super::super::world::life::{Ended, Life, Run, State};
use super::super::write::{Delete, How};
use super::condition;
use run::Told;
use serde_json::Value;
use std::sync::Arc;

/// What plays the kubelets.
pub const CONTROLLER: Controller = Controller { name: "kubelet", wakes, reconcile };

fn wakes(_store: &Store, change: &Change, keys: &mut Vec<Key>) {
    if &*change.kind == "pods" && change.object().is_some_and(|o| o.fields.first().is_some_and(|node| !node.is_empty())) {
        keys.extend(change.object().map(|o| o.key.clone()));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let Some(object) = sim.store.table("pods").and_then(|t| t.get(key)).cloned() else {
        sim.world.lives.remove(key);
        return None;
    };
    let node = object.fields.first().map(|n| n.to_string()).unwrap_or_default();
    let now = sim.store.now;
    if node.is_empty() || sim.world.lost.contains_key(node.as_str()) {
        return None;
    }
    let known = sim.world.lives.get(key).filter(|l| l.uid == object.uid);
    if let Some(life) = known.filter(|l| l.version == object.version && l.due.is_none_or(|due| due > now)) {
        return life.due.map(|due| due - now);
    }
    let over = matches!(object.fields.get(1).map(|p| &**p), Some("Succeeded" | "Failed"));
    if known.is_none_or(|l| l.over) && over {
        return None;
    }
    live(sim, key, &object, &node)
}

/// Takes a pod as far as it comes at this instant.
fn live(sim: &mut Sim, key: &Key, object: &Arc<Object>, node: &str) -> Option<Millis> {
    let now = sim.store.now;
    let pod = object.value();
    let mut life = sim.world.lives.remove(key).filter(|l| l.uid == object.uid).unwrap_or_else(|| born(sim, &pod, node));
    let mut told = Told::default();
    if text(&pod, "/metadata/deletionTimestamp").is_some() && life.stops.is_none() {
        stop(sim, &pod, &mut life, &mut told);
    }
    if life.stops.is_some_and(|at| at <= now) {
        tell(sim, &pod, told);
        // The API server takes it out once nothing of it runs any more.
        let _ = sim.delete("pods", key, &Delete { grace: Some(0), ..Delete::default() });
        sim.world.lives.insert(key.clone(), life);
        return None;
    }
    if life.stops.is_none() {
        run::go(sim, &pod, node, &mut life, &mut told);
    }
    let address = sim.world.ledger.machines.get(node).map(|m| m.address.clone()).unwrap_or_default();
    let written = sim.update("pods", key, How::status("kubelet"), |pod| {
        status::write(pod, &life, &address, now);
        Ok(())
    });
    tell(sim, &pod, told);
    if let Ok(object) = written {
        life.version = object.version;
        life.over = matches!(object.fields.get(1).map(|p| &**p), Some("Succeeded" | "Failed"));
    }
    life.due = life.next().filter(|_| !life.over);
    let due = life.due;
    sim.world.lives.insert(key.clone(), life);
    due.map(|due| due - now)
}

/// A pod that a kubelet sees for the first time.
fn born(sim: &mut Sim, pod: &Value, node: &str) -> Life {
    let now = sim.store.now;
    let host = pod.pointer("/spec/hostNetwork").and_then(Value::as_bool).unwrap_or_default();
    let address = if host {
        sim.world.ledger.machines.get(node).map(|m| m.address.clone()).unwrap_or_default()
    } else {
        sim.world.ledger.address(node)
    };
    let run = |container: &Value| Run { image: text(container, "/image").unwrap_or_default().to_owned(), since: now, ..Run::default() };
    Life {
        uid: text(pod, "/metadata/uid").unwrap_or_default().into(),
        address,
        since: now,
        inits: list(pod, "/spec/initContainers").iter().map(run).collect(),
        runs: list(pod, "/spec/containers").iter().map(run).collect(),
        ..Life::default()
    }
}

/// Tells the programs to end. They do within one or two seconds; one that was never started, at once.
fn stop(sim: &Sim, pod: &Value, life: &mut Life, told: &mut Told) {
    let now = sim.store.now;
    let running = life.all().any(|r| r.state == State::Running);
    let grace = int(pod, "/metadata/deletionGracePeriodSeconds").unwrap_or(30).saturating_mul(1_000);
    let takes = 1_000 + (mix(hash(&life.uid)) % 900) as Millis;
    life.stops = Some(if running && !sim.world.past { now + takes.min(grace) } else { now });
    let named = |place| list(pod, place).iter().map(|c| text(c, "/name").unwrap_or_default().to_owned()).collect::<Vec<_>>();
    let (inits, names) = (named("/spec/initContainers"), named("/spec/containers"));
    for (run, name) in life.inits.iter_mut().zip(&inits).chain(life.runs.iter_mut().zip(&names)) {
        run.until = None;
        if run.state == State::Running {
            told.say("Normal", "Killing", format!("Stopping container {name}"));
        }
    }
}

fn tell(sim: &mut Sim, pod: &Value, told: Told) {
    for (sort, reason, message) in told.0 {
        sim.event("kubelet", pod, sort, reason, &message);
    }
}

/// Ends a pod because its machine lacks something: `Evicted`. It stays as a failed one, so that people see why.
pub fn evict(sim: &mut Sim, key: &Key, message: &str) {
    let Some(object) = sim.store.table("pods").and_then(|t| t.get(key)).cloned() else { return };
    let now = sim.store.now;
    let pod = object.value();
    let Some(mut life) = sim.world.lives.remove(key) else { return };
    for run in life.runs.iter_mut().filter(|r| r.state == State::Running) {
        let id = run.id.clone();
        run.last = Some(Ended { code: 137, reason: "Error", from: run.since, to: now, id });
        (run.state, run.until, run.ready) = (State::Ended, None, false);
    }
    let address = sim.world.ledger.machines.get(&*object.fields.first().cloned().unwrap_or_default()).map(|m| m.address.clone());
    sim.event("kubelet", &pod, "Warning", "Evicted", message);
    let _ = sim.update("pods", key, How::status("kubelet"), |pod| {
        status::write(pod, &life, &address.unwrap_or_default(), now);
        condition::put(pod, now, "DisruptionTarget", "True", "TerminationByKubelet", message);
        set(pod, "/status/phase", "Failed");
        set(pod, "/status/reason", "Evicted");
        set(pod, "/status/message", message);
        Ok(())
    });
    (life.over, life.due) = (true, None);
    sim.world.lives.insert(key.clone(), life);
}

#[cfg(test)]
#[path = "kubelet/tests.rs"]
mod tests;
