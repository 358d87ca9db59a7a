//! Deployments: a ReplicaSet for each template, and the way from one to the next. Here is what a Deployment and its ReplicaSets are, and
//! which of them is the new one; `rollout` moves pods between them and `progress` tells of it.

mod progress;
mod revision;
mod rollout;
#[cfg(test)]
mod tests;

use super::own::{self, MANAGER};
use super::state::{created, is_deleted, scaled};
use super::template::same;
use crate::demo::json::{Millis, int, is_true, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::status::Answer;
use crate::demo::store::{Change, Key, Store};
use crate::demo::write::How;
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: COMPONENT, wakes, reconcile };

const COMPONENT: &str = "deployment-controller";
const ID: &str = "deployments.apps";
const SETS: &str = "replicasets.apps";

fn wakes(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    match &*change.kind {
        ID | SETS => own::wake(change, ID, "Deployment", keys),
        // Recreate waits until the old pods are gone.
        "pods" if change.new.is_none() => {
            let set = change.old.as_ref().and_then(|pod| store.get(SETS, &pod.key.namespace, &pod.controller("ReplicaSet")?.name));
            let owner = set.and_then(|set| Some(Key::new(&set.key.namespace, &set.controller("Deployment")?.name)));
            keys.extend(owner);
        }
        _ => {}
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let value = sim.store.table(ID)?.get(key)?.value();
    let selector = own::selector(&value, "/spec/selector")?;
    own::claim(sim, SETS, &value, &selector, int(&value, "/status/observedGeneration").is_none());
    let mut deployment = Deployment::read(sim, value);
    if is_deleted(&deployment.value) {
        return deployment.report(sim, false);
    }
    deployment.note_pause(sim);
    // What is refused here (a version that is old, a quota) is tried again when it is woken.
    let estimates = deployment.act(sim).unwrap_or(false);
    deployment.report(sim, estimates)
}

/// A Deployment as it is looked at once.
struct Deployment {
    value: Arc<Value>,
    /// Its status as it will be written; conditions are set as things happen, counts at the end.
    status: Value,
    replicas: i64,
    /// Pods that there may be beyond `replicas`; 0 where all are recreated.
    surge: i64,
    /// Pods that may be missing; 0 where all are recreated.
    unavailable: i64,
    rolling: bool,
    /// The ReplicaSets with other templates, oldest first.
    old: Vec<Set>,
    /// The ReplicaSet with its template, if it is there yet.
    new: Option<Set>,
}

/// A ReplicaSet of a Deployment.
struct Set {
    key: Key,
    value: Arc<Value>,
}

impl Set {
    fn of(value: Arc<Value>) -> Self {
        Self { key: Key::of(&value), value }
    }

    fn number(&self, place: &str) -> i64 {
        int(&self.value, place).unwrap_or_default()
    }

    /// Pods that it should have.
    fn wanted(&self) -> i64 {
        int(&self.value, "/spec/replicas").unwrap_or(1)
    }

    /// Pods that it has.
    fn actual(&self) -> i64 {
        self.number("/status/replicas")
    }

    fn available(&self) -> i64 {
        self.number("/status/availableReplicas")
    }

    fn name(&self) -> &str {
        &self.key.name
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.value.pointer("/metadata/annotations")?.get(name)?.as_str()
    }

    /// The number that its revision annotation has; 0 where it has none.
    fn revision(&self) -> i64 {
        self.annotation(revision::REVISION).and_then(|r| r.parse().ok()).unwrap_or_default()
    }
}

impl Deployment {
    fn read(sim: &Sim, value: Arc<Value>) -> Self {
        let uid = text(&value, "/metadata/uid").unwrap_or_default();
        let mut sets: Vec<Set> = sim.store.owned(SETS, uid).filter(|s| *s.owner == *uid).map(|s| Set::of(s.value())).collect();
        sets.sort_by(|a, b| (created(&a.value), a.name()).cmp(&(created(&b.value), b.name())));
        let template = value.pointer("/spec/template").cloned().unwrap_or_default();
        let is_new = |set: &Set| set.value.pointer("/spec/template").is_some_and(|t| same(t, &template));
        let new = sets.iter().position(is_new).map(|at| sets.remove(at));
        let replicas = int(&value, "/spec/replicas").unwrap_or(1);
        let rolling = text(&value, "/spec/strategy/type") != Some("Recreate");
        let (surge, unavailable) = if rolling { fences(&value, replicas) } else { (0, 0) };
        let status = value.pointer("/status").cloned().unwrap_or_else(|| json!({}));
        Self { status, replicas, surge, unavailable, rolling, old: sets, new, value }
    }

    fn name(&self) -> &str {
        text(&self.value, "/metadata/name").unwrap_or_default()
    }

    fn sets(&self) -> impl Iterator<Item = &Set> {
        self.old.iter().chain(&self.new)
    }

    fn sum(&self, of: fn(&Set) -> i64) -> i64 {
        self.sets().map(of).sum()
    }

    /// The deadline for progress in seconds, if there is one.
    fn deadline(&self) -> Option<i64> {
        int(&self.value, "/spec/progressDeadlineSeconds").or(Some(600)).filter(|s| *s != i64::from(i32::MAX))
    }

    /// Does the next thing. True where progress is to be judged, which it is not while scaling or paused.
    fn act(&mut self, sim: &mut Sim) -> Answer<bool> {
        let paused = is_true(&self.value, "/spec/paused");
        self.sync_revision(sim)?;
        if paused || self.is_scaled() {
            self.scale(sim)?;
            if paused {
                self.clean_up(sim);
            }
            return Ok(false);
        }
        if self.rolling { self.roll(sim)? } else { self.recreate(sim)? }
        Ok(true)
    }

    /// True where somebody has asked for another number of pods than the ReplicaSets know of.
    fn is_scaled(&self) -> bool {
        let told = |set: &Set| set.annotation(revision::DESIRED).and_then(|n| n.parse::<i64>().ok());
        self.sets().filter(|s| s.wanted() > 0).filter_map(told).any(|n| n != self.replicas)
    }

    fn update(&mut self, sim: &mut Sim, change: impl FnOnce(&mut Value) -> Answer<()>) -> Answer<()> {
        self.value = sim.update(ID, &Key::of(&self.value), How::status(MANAGER), change)?.value();
        Ok(())
    }
}

/// How many pods may be too many and too few, as `ResolveFenceposts` of the deployment controller rounds them.
fn fences(deployment: &Value, replicas: i64) -> (i64, i64) {
    let at = |name: &str| deployment.pointer("/spec/strategy/rollingUpdate").and_then(|r| r.get(name));
    let share = |name: &str, up: bool| scaled(Some(at(name).unwrap_or(&json!("25%"))), replicas, up).unwrap_or_default();
    let (surge, unavailable) = (share("maxSurge", true), share("maxUnavailable", false));
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    (surge, if replicas == 0 { 0 } else { unavailable.min(replicas) })
}
