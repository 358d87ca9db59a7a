//! What the status of a Deployment says: how many pods there are, whether enough are available, and whether it gets on.

use super::{Deployment, ID, Set};
use crate::demo::controllers::condition;
use crate::demo::controllers::state::{counts, write_status};
use crate::demo::json::{Millis, instant, int, is_true, later, list, set, stamp, text};
use crate::demo::sim::Sim;
use serde_json::{Value, json};

const PROGRESSING: &str = "Progressing";

impl Deployment {
    /// Sets a condition as `SetDeploymentCondition` does: not where it is there with this status and reason.
    pub(super) fn set_condition(&mut self, sim: &Sim, condition: [&str; 4]) {
        set_updated(&mut self.status, sim.store.now, condition);
    }

    /// Says that it is paused or goes on, so that the time of the pause does not count against the deadline.
    pub(super) fn note_pause(&mut self, sim: &Sim) {
        let reason = condition::find(&self.status, PROGRESSING).and_then(|c| text(c, "/reason"));
        if self.deadline().is_none() || reason == Some("ProgressDeadlineExceeded") {
            return;
        }
        match (is_true(&self.value, "/spec/paused"), reason == Some("DeploymentPaused")) {
            (true, false) => self.set_condition(sim, [PROGRESSING, "Unknown", "DeploymentPaused", "Deployment is paused"]),
            (false, true) => self.set_condition(sim, [PROGRESSING, "Unknown", "DeploymentResumed", "Deployment is resumed"]),
            _ => {}
        }
    }

    /// Writes the status. Returns when to look whether the deadline has passed; `estimates` where progress is to be judged.
    pub(super) fn report(&mut self, sim: &mut Sim, estimates: bool) -> Option<Millis> {
        let mut status = self.counted(sim);
        if estimates {
            self.estimate(sim, &mut status);
            self.carry_failure(&mut status);
        }
        let again = if estimates { self.next_check(sim, &status) } else { None };
        write_status(sim, ID, &self.value, status);
        again
    }

    fn counted(&self, sim: &Sim) -> Value {
        let new = |of: fn(&Set) -> i64| self.new.as_ref().map_or(0, of);
        let available = self.sum(Set::available);
        let mut status = counts(&[
            ("observedGeneration", int(&self.value, "/metadata/generation").unwrap_or_default()),
            ("replicas", self.sum(Set::actual)),
            ("updatedReplicas", new(Set::actual)),
            ("readyReplicas", self.sum(|s| s.number("/status/readyReplicas"))),
            ("availableReplicas", available),
            ("unavailableReplicas", (self.sum(Set::wanted) - available).max(0)),
            ("terminatingReplicas!", self.sum(|s| s.number("/status/terminatingReplicas"))),
            ("collisionCount", int(&self.status, "/collisionCount").unwrap_or_default()),
        ]);
        if !list(&self.status, "/conditions").is_empty() {
            set(&mut status, "/conditions", list(&self.status, "/conditions").to_vec());
        }
        let enough = if available >= self.replicas - self.unavailable {
            ["Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."]
        } else {
            ["Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."]
        };
        set_updated(&mut status, sim.store.now, enough);
        status
    }

    /// True where all pods are new and available, and nothing newer has been asked for.
    pub(super) fn is_complete(&self, status: &Value) -> bool {
        let all = |name: &str| int(status, name).unwrap_or_default() == self.replicas;
        all("/updatedReplicas")
            && all("/replicas")
            && all("/availableReplicas")
            && int(status, "/observedGeneration") >= int(&self.value, "/metadata/generation")
    }

    fn estimate(&self, sim: &Sim, status: &mut Value) {
        let Some(deadline) = self.deadline() else { return condition::take(status, PROGRESSING) };
        let now = sim.store.now;
        let current = condition::find(&self.status, PROGRESSING).cloned();
        let reason = current.as_ref().and_then(|c| text(c, "/reason"));
        let who = self.new.as_ref().map_or_else(|| format!("Deployment {:?}", self.name()), |n| format!("ReplicaSet {:?}", n.name()));
        if reason == Some("NewReplicaSetAvailable") && status.pointer("/replicas") == status.pointer("/updatedReplicas") {
            return;
        }
        if self.is_complete(status) {
            let told = format!("{who} has successfully progressed.");
            set_updated(status, now, [PROGRESSING, "True", "NewReplicaSetAvailable", &told]);
        } else if self.gets_on(status) {
            let same = current.as_ref().filter(|c| text(c, "/status") == Some("True")).and_then(|c| text(c, "/lastTransitionTime"));
            let since = same.map_or_else(|| stamp(now), str::to_owned);
            let told = format!("{who} is progressing.");
            condition::renew(
                status,
                PROGRESSING,
                json!({"type": PROGRESSING, "status": "True", "lastUpdateTime": stamp(now), "lastTransitionTime": since,
                       "reason": "ReplicaSetUpdated", "message": told}),
            );
        } else if current.as_ref().is_some_and(|c| is_late(c, deadline, now)) {
            let told = format!("{who} has timed out progressing.");
            set_updated(status, now, [PROGRESSING, "False", "ProgressDeadlineExceeded", &told]);
        }
    }

    /// True where there are more new pods, fewer old ones, or more that are ready or available, than the status said.
    fn gets_on(&self, status: &Value) -> bool {
        let before = self.value.pointer("/status").unwrap_or(&Value::Null);
        let number = |of: &Value, place: &str| int(of, place).unwrap_or_default();
        let old = |of: &Value| number(of, "/replicas") - number(of, "/updatedReplicas");
        let more = |place: &str| number(status, place) > number(before, place);
        more("/updatedReplicas") || old(status) < old(before) || more("/readyReplicas") || more("/availableReplicas")
    }

    /// What hinders a ReplicaSet hinders the Deployment: of the new one first.
    fn carry_failure(&self, status: &mut Value) {
        let sets = self.new.iter().chain(&self.old);
        let failure = sets.filter_map(|s| condition::find(s.value.pointer("/status")?, "ReplicaFailure")).next();
        let Some(failure) = failure else { return condition::take(status, "ReplicaFailure") };
        let there = condition::find(status, "ReplicaFailure");
        let same = |c: &Value| c.get("reason") == failure.get("reason") && c.get("status") == failure.get("status");
        if !there.is_some_and(same) {
            let mut new = failure.clone();
            set(&mut new, "/lastUpdateTime", failure.get("lastTransitionTime").cloned().unwrap_or_default());
            condition::renew(status, "ReplicaFailure", new);
        }
    }

    fn next_check(&self, sim: &Sim, status: &Value) -> Option<Millis> {
        let current = condition::find(status, PROGRESSING)?;
        let deadline = self.deadline()?;
        if self.is_complete(status) || text(current, "/reason") == Some("ProgressDeadlineExceeded") {
            return None;
        }
        let updated = instant(text(current, "/lastUpdateTime")?)?;
        Some((later(updated, deadline.saturating_add(1)) - sim.store.now).max(1_000))
    }
}

/// True where nothing has been heard for the deadline.
fn is_late(condition: &Value, deadline: i64, now: Millis) -> bool {
    match text(condition, "/reason") {
        Some("NewReplicaSetAvailable") => false,
        Some("ProgressDeadlineExceeded") => true,
        _ => text(condition, "/lastUpdateTime").and_then(instant).is_some_and(|at| later(at, deadline) < now),
    }
}

/// Sets a condition that also says when it was last updated.
fn set_updated(status: &mut Value, now: Millis, new: [&str; 4]) {
    let [sort, is, reason, _] = new;
    if condition::find(status, sort).is_some_and(|c| text(c, "/status") == Some(is) && text(c, "/reason") == Some(reason)) {
        return;
    }
    condition::settle(status, now, new);
    if let Some(set) = condition::find(status, sort).cloned() {
        let mut ordered = json!({"type": sort, "status": is, "lastUpdateTime": stamp(now)});
        for (key, value) in crate::demo::json::entries(&set, "").filter(|(k, _)| !["type", "status"].contains(k)) {
            if let Some(map) = ordered.as_object_mut() {
                map.insert(key.to_owned(), value.clone());
            }
        }
        condition::renew(status, sort, ordered);
    }
}
