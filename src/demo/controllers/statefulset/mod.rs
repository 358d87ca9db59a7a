//! StatefulSets: pods with numbers, which come and go in order and keep their volumes. `identity` says what a pod of a number looks like.

mod identity;
#[cfg(test)]
mod tests;

use super::history::{self, LABEL, Revision};
use super::own::{self, claim};
use super::state::{counts, is_deleted, write_status};
use crate::demo::json::{Millis, int, set, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::status::Answer;
use crate::demo::store::{Change, Key, Object, Store};
use crate::demo::write::Delete;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: COMPONENT, wakes, reconcile };

const COMPONENT: &str = "statefulset-controller";
const ID: &str = "statefulsets.apps";
/// How long to wait before asking again for what was refused.
const PATIENCE: Millis = 10_000;

fn wakes(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    if matches!(&*change.kind, ID | "pods") {
        own::wake(change, ID, "StatefulSet", keys);
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let value = sim.store.table(ID)?.get(key)?.value();
    let selector = own::selector(&value, "/spec/selector")?;
    claim(sim, "pods", &value, &selector, int(&value, "/status/observedGeneration").is_none());
    if !is_deleted(&value) {
        claim(sim, "controllerrevisions.apps", &value, &selector, int(&value, "/status/observedGeneration").is_none());
    }
    let Ok(revisions) = history::keep(sim, &value) else { return Some(PATIENCE) };
    let update = revisions.last()?.clone();
    let current = text(&value, "/status/currentRevision").and_then(|name| revisions.iter().find(|r| r.name == name));
    let current = current.unwrap_or(&update).clone();
    let mut set = Set { value, current, update, pods: BTreeMap::new() };
    set.read(sim);
    let refused = !is_deleted(&set.value) && set.act(sim).is_err();
    set.read(sim);
    let status = set.status(sim);
    write_status(sim, ID, &set.value, status);
    let live: Vec<&str> = set.pods.values().filter_map(|p| p.label(LABEL)).chain([&*set.current.name, &*set.update.name]).collect();
    history::clean_up(sim, &set.value, &revisions, &live);
    if refused { Some(PATIENCE - sim.store.now % PATIENCE) } else { set.next_available(sim) }
}

/// A StatefulSet as it is looked at once.
struct Set {
    value: Arc<Value>,
    /// The revision that pods had before the update that is under way, or have.
    current: Revision,
    /// The revision that pods should have.
    update: Revision,
    /// Its pods by their numbers.
    pods: BTreeMap<i64, Arc<Object>>,
}

impl Set {
    fn read(&mut self, sim: &Sim) {
        let uid = text(&self.value, "/metadata/uid").unwrap_or_default();
        let pods = sim.store.owned("pods", uid).filter(|p| *p.owner == *uid);
        self.pods = pods.filter_map(|p| Some((self.number_of(p)?, Arc::clone(p)))).collect();
    }

    fn name(&self) -> &str {
        text(&self.value, "/metadata/name").unwrap_or_default()
    }

    fn number_of(&self, pod: &Object) -> Option<i64> {
        pod.key.name.strip_prefix(self.name())?.strip_prefix('-')?.parse().ok()
    }

    fn first(&self) -> i64 {
        int(&self.value, "/spec/ordinals/start").unwrap_or_default()
    }

    fn replicas(&self) -> i64 {
        int(&self.value, "/spec/replicas").unwrap_or(1)
    }

    fn min_ready(&self) -> i64 {
        int(&self.value, "/spec/minReadySeconds").unwrap_or_default()
    }

    /// Numbers below this one keep the current revision.
    fn partition(&self) -> i64 {
        self.first() + int(&self.value, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or_default()
    }

    fn updates_itself(&self) -> bool {
        text(&self.value, "/spec/updateStrategy/type") != Some("OnDelete")
    }

    fn in_order(&self) -> bool {
        text(&self.value, "/spec/podManagementPolicy") != Some("Parallel")
    }

    fn is_available(&self, sim: &Sim, pod: &Object) -> bool {
        let since = pod.view().available_at(self.min_ready());
        pod.view().deleted.is_none() && since.is_some_and(|at| at <= sim.store.now)
    }

    /// Does what can be done now: pods that are missing, then pods that are too many, then pods of an old revision.
    fn act(&self, sim: &mut Sim) -> Answer<()> {
        let (first, end) = (self.first(), self.first() + self.replicas());
        for number in first..end {
            let settled = match self.pods.get(&number) {
                None => {
                    self.create(sim, number)?;
                    false
                }
                Some(pod) if pod.view().is_over() => {
                    if pod.view().deleted.is_none() {
                        self.delete(sim, pod);
                    }
                    false
                }
                Some(pod) => self.is_available(sim, pod),
            };
            if !settled && self.in_order() {
                return Ok(());
            }
        }
        if self.condemn(sim, first..end) {
            return Ok(());
        }
        if self.updates_itself() {
            self.update_one(sim, end);
        }
        Ok(())
    }

    /// Takes away pods whose numbers are too many, highest first. True where that has to be waited for.
    fn condemn(&self, sim: &mut Sim, wanted: std::ops::Range<i64>) -> bool {
        let condemned: Vec<&Arc<Object>> = self.pods.iter().rev().filter(|(n, _)| !wanted.contains(n)).map(|(_, p)| p).collect();
        let first_sick = condemned.iter().rev().find(|p| !self.is_available(sim, p)).map(|p| p.key.clone());
        for pod in &condemned {
            if pod.view().deleted.is_some() {
                if self.in_order() {
                    return true;
                }
                continue;
            }
            let waits = !self.is_available(sim, pod) && first_sick.as_ref() != Some(&pod.key);
            if waits && self.in_order() {
                return true;
            }
            self.disown_claims(sim, pod);
            self.delete(sim, pod);
            if self.in_order() {
                return true;
            }
        }
        false
    }

    /// Deletes the highest pod with an old revision, once those above it are available.
    fn update_one(&self, sim: &mut Sim, end: i64) {
        for number in (self.partition().max(self.first())..end).rev() {
            let Some(pod) = self.pods.get(&number) else { return };
            if pod.label(LABEL) != Some(&self.update.name) && pod.view().deleted.is_none() {
                return self.delete(sim, pod);
            }
            if !self.is_available(sim, pod) {
                return;
            }
        }
    }

    fn create(&self, sim: &mut Sim, number: i64) -> Answer<()> {
        let revision = if self.updates_itself() && number < self.partition() { &self.current } else { &self.update };
        let name = format!("{}-{number}", self.name());
        let made = self.make_claims(sim, &name).and_then(|()| {
            let pod = self.pod(&name, number, revision);
            sim.create("pods", pod, crate::demo::write::How::by(own::MANAGER))
        });
        match made {
            Ok(_) => self.tell(sim, "Create", &name, None),
            Err(why) => {
                if !own::is_ending(&why) {
                    self.tell(sim, "Create", &name, Some(&why.message));
                }
                return Err(why);
            }
        }
        Ok(())
    }

    fn delete(&self, sim: &mut Sim, pod: &Object) {
        let failed = sim.delete("pods", &pod.key, &Delete::default()).err().filter(|why| why.code != 404);
        self.tell(sim, "Delete", &pod.key.name, failed.as_ref().map(|why| &*why.message));
    }

    fn tell(&self, sim: &mut Sim, verb: &str, pod: &str, failed: Option<&str>) {
        let what = format!("{verb} Pod {pod} in StatefulSet {}", self.name());
        match failed {
            None => sim.event(COMPONENT, &self.value, "Normal", &format!("Successful{verb}"), &format!("{what} successful")),
            Some(why) => sim.event(COMPONENT, &self.value, "Warning", &format!("Failed{verb}"), &format!("{what} failed error: {why}")),
        }
    }

    fn status(&self, sim: &Sim) -> Value {
        let count = |test: &dyn Fn(&Object) -> bool| self.pods.values().filter(|p| test(p)).count() as i64;
        let of = |r: &Revision| count(&|p| p.view().deleted.is_none() && p.label(LABEL) == Some(&r.name));
        let (replicas, ready) = (count(&|_| true), count(&|p| p.view().ready.is_some()));
        let available = count(&|p| p.view().available_at(self.min_ready()).is_some_and(|at| at <= sim.store.now));
        let updated = of(&self.update);
        let all = self.replicas();
        let done = self.updates_itself() && [updated, ready, replicas].iter().all(|n| *n == all);
        let current = if done { &self.update } else { &self.current };
        let mut status = counts(&[
            ("observedGeneration", int(&self.value, "/metadata/generation").unwrap_or_default()),
            ("replicas!", replicas),
            ("readyReplicas", ready),
            ("currentReplicas", of(current)),
            ("updatedReplicas", updated),
        ]);
        set(&mut status, "/currentRevision", current.name.as_str());
        set(&mut status, "/updateRevision", self.update.name.as_str());
        set(&mut status, "/collisionCount", int(&self.value, "/status/collisionCount").unwrap_or_default());
        set(&mut status, "/availableReplicas", available);
        status
    }

    fn next_available(&self, sim: &Sim) -> Option<Millis> {
        let next = self.pods.values().filter_map(|p| p.view().available_at(self.min_ready()));
        next.filter(|at| *at > sim.store.now).min().map(|at| at - sim.store.now)
    }
}
