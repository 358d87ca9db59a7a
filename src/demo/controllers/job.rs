//! Jobs: pods that run to an end, so many of them, until enough have succeeded or too many have failed. Jobs whose pods have indexes
//! (`completionMode: Indexed`), pod failure policies and success policies are played as if they said nothing of it.

#[cfg(test)]
mod tests;

use super::own::{self, create_pod, delete_pod};
use super::condition;
use super::state::{is_deleted, write_status};
use crate::demo::json::{Millis, escape, instant, int, is_true, later, list, or_set, remove, set, stamp, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Object, Store};
use crate::demo::write::{Delete, Propagation};
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: COMPONENT, wakes, reconcile };

const COMPONENT: &str = "job-controller";
pub(super) const ID: &str = "jobs.batch";
/// What keeps a pod until it is counted.
const FINALIZER: &str = "batch.kubernetes.io/job-tracking";
/// Pods that one look makes at most (`MaxPodCreateDeletePerSync` of the job controller).
const BURST: usize = 500;
/// How long to wait after one failure, and at most (`DefaultJobPodFailureBackOff` and `MaxJobPodFailureBackOff` of the job controller).
const BACKOFF: (Millis, Millis) = (10_000, 600_000);
/// How long to wait before asking again for what was refused.
const PATIENCE: Millis = 10_000;

fn wakes(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    if matches!(&*change.kind, ID | "pods") {
        own::wake(change, ID, "Job", keys);
    }
}

/// How a Job has ended: `Complete` or `Failed`. None while it has not.
pub(super) fn ended(job: &Value) -> Option<&'static str> {
    let status = job.pointer("/status")?;
    ["Complete", "Failed"].into_iter().find(|sort| condition::holds(status, sort))
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let Some(value) = sim.store.table(ID)?.get(key).map(|o| o.value()) else {
        let_all_go(sim, key);
        return None;
    };
    if ended(&value).is_some() {
        return expire(sim, key, &value);
    }
    let status = value.pointer("/status").cloned().unwrap_or_else(|| json!({}));
    let mut job = Job { value, status, pods: Vec::new() };
    job.count(sim);
    if !job.suspended() {
        or_set(&mut job.status, "/startTime", stamp(sim.store.now));
    }
    let again = job.act(sim);
    job.count(sim);
    job.report(sim);
    again
}

/// A Job as it is looked at once.
struct Job {
    value: Arc<Value>,
    status: Value,
    pods: Vec<Arc<Object>>,
}

impl Job {
    fn read(&mut self, sim: &Sim) {
        let uid = text(&self.value, "/metadata/uid").unwrap_or_default();
        self.pods = sim.store.owned("pods", uid).filter(|p| *p.owner == *uid).cloned().collect();
    }

    fn number(&self, name: &str) -> i64 {
        int(&self.status, name).unwrap_or_default()
    }

    fn active(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.pods.iter().filter(|p| p.view().is_active())
    }

    fn suspended(&self) -> bool {
        is_true(&self.value, "/spec/suspend")
    }

    fn parallelism(&self) -> i64 {
        int(&self.value, "/spec/parallelism").unwrap_or(1)
    }

    /// Successes that it takes; none where the first one is enough.
    fn completions(&self) -> Option<i64> {
        let parallel = int(&self.value, "/spec/parallelism").is_some();
        int(&self.value, "/spec/completions").or(if parallel { None } else { Some(1) })
    }

    /// Reads its pods, and counts those that have ended since the last look. What is counted is let go: it has no finalizer afterwards.
    fn count(&mut self, sim: &mut Sim) {
        self.read(sim);
        let tracked = |p: &&Arc<Object>| p.view().finalizers.iter().any(|f| &**f == FINALIZER);
        let fresh: Vec<Arc<Object>> = self.pods.iter().filter(tracked).filter(|p| !p.view().is_active()).cloned().collect();
        let good = fresh.iter().filter(|p| &*p.view().phase == "Succeeded").count() as i64;
        for (place, more) in [("/succeeded", good), ("/failed", fresh.len() as i64 - good)] {
            if more > 0 {
                let all = self.number(place) + more;
                set(&mut self.status, place, all);
            }
        }
        fresh.iter().for_each(|pod| let_go(sim, &pod.key));
        self.read(sim);
    }

    /// Does what can be done now. When to look again, if there is something to wait for.
    fn act(&mut self, sim: &mut Sim) -> Option<Millis> {
        let deadline = self.deadline();
        let failure = match condition::find(&self.status, "FailureTarget") {
            Some(c) => Some((text(c, "/reason").unwrap_or_default().to_owned(), text(c, "/message").unwrap_or_default().to_owned())),
            None if self.is_worn_out() => Some(("BackoffLimitExceeded".to_owned(), "Job has reached the specified backoff limit".to_owned())),
            None if deadline.is_some_and(|at| at <= sim.store.now) => {
                Some(("DeadlineExceeded".to_owned(), "Job was active longer than specified deadline".to_owned()))
            }
            None => None,
        };
        if let Some((reason, message)) = failure {
            self.end(sim, ["FailureTarget", "Failed", &reason, &message]);
            return None;
        }
        let again = if is_deleted(&self.value) { None } else { self.manage(sim) };
        let enough = match self.completions() {
            Some(n) => self.number("/succeeded") >= n,
            None => self.number("/succeeded") > 0,
        };
        self.read(sim);
        if enough && self.active().next().is_none() {
            self.end(sim, ["SuccessCriteriaMet", "Complete", "CompletionsReached", "Reached expected number of succeeded pods"]);
            return None;
        }
        self.note_suspension(sim);
        again.into_iter().chain(deadline.map(|at| at - sim.store.now)).min()
    }

    fn deadline(&self) -> Option<Millis> {
        let seconds = int(&self.value, "/spec/activeDeadlineSeconds").filter(|_| !self.suspended())?;
        Some(later(instant(text(&self.status, "/startTime")?)?, seconds))
    }

    /// True where more has failed than may.
    fn is_worn_out(&self) -> bool {
        let limit = int(&self.value, "/spec/backoffLimit").unwrap_or(6);
        let restarts = || self.active().map(|p| p.view().restarts).sum::<i64>();
        let in_place = text(&self.value, "/spec/template/spec/restartPolicy") == Some("OnFailure");
        self.number("/failed") > limit || in_place && if limit == 0 { restarts() > 0 } else { restarts() >= limit }
    }

    /// Makes pods and takes pods away, so that as many run as may.
    fn manage(&self, sim: &mut Sim) -> Option<Millis> {
        let mut active: Vec<&Arc<Object>> = self.active().collect();
        let wanted = match self.completions() {
            _ if self.suspended() => 0,
            Some(n) => self.parallelism().min(n - self.number("/succeeded")),
            // Once one has succeeded, the others finish and none follows.
            None if self.number("/succeeded") > 0 => active.len() as i64,
            None => self.parallelism(),
        };
        let wanted = usize::try_from(wanted).unwrap_or_default();
        if active.len() > wanted {
            active.sort_by_key(|p| (!p.view().node.is_empty(), p.view().ready.is_some(), std::cmp::Reverse(p.view().created), p.key.clone()));
            active.iter().take(active.len() - wanted).for_each(|pod| delete_pod(sim, COMPONENT, &self.value, pod));
            return None;
        }
        let missing = (wanted - active.len()).min(BURST);
        if missing == 0 {
            return None;
        }
        if let Some(wait) = self.backoff(sim.store.now) {
            return Some(wait);
        }
        let pod = self.pod();
        let refused = (0..missing).any(|_| create_pod(sim, COMPONENT, &self.value, pod.clone()).is_err());
        refused.then(|| PATIENCE - sim.store.now % PATIENCE)
    }

    /// How long to wait for the next pod because of those that failed after the last success: twice as long each time.
    fn backoff(&self, now: Millis) -> Option<Millis> {
        let ended = |phase: &str| {
            let of = self.pods.iter().filter(move |p| &*p.view().phase == phase);
            of.map(|p| p.view().unready.unwrap_or(p.view().created)).collect::<Vec<Millis>>()
        };
        let success = ended("Succeeded").into_iter().max().unwrap_or(Millis::MIN);
        let failures: Vec<Millis> = ended("Failed").into_iter().filter(|at| *at > success).collect();
        let last = failures.iter().max()?;
        let (first, most) = BACKOFF;
        let doubled = u32::try_from(failures.len() - 1).ok().and_then(|n| first.checked_shl(n)).filter(|d| (first..most).contains(d));
        Some(last + doubled.unwrap_or(most) - now).filter(|wait| *wait > 0)
    }

    fn pod(&self) -> Value {
        let mut pod = own::pod(self.value.pointer("/spec/template").unwrap_or(&Value::Null), &self.value);
        let word = |place: &str| text(&self.value, place).unwrap_or_default().to_owned();
        let (name, uid) = (word("/metadata/name"), word("/metadata/uid"));
        for (label, value) in [("controller-uid", &uid), ("job-name", &name)] {
            or_set(&mut pod, &format!("/metadata/labels/{}", escape(&format!("batch.kubernetes.io/{label}"))), value.as_str());
            or_set(&mut pod, &format!("/metadata/labels/{label}"), value.as_str());
        }
        let mut finalizers = list(&pod, "/metadata/finalizers").to_vec();
        finalizers.push(FINALIZER.into());
        set(&mut pod, "/metadata/finalizers", finalizers);
        pod
    }

    fn note_suspension(&mut self, sim: &mut Sim) {
        let was = condition::find(&self.status, "Suspended").map(|c| text(c, "/status") == Some("True"));
        match (self.suspended(), was) {
            (true, None | Some(false)) => {
                self.put(sim, ["Suspended", "True", "JobSuspended", "Job suspended"]);
                remove(&mut self.status, "/startTime");
                sim.event(COMPONENT, &self.value, "Normal", "Suspended", "Job suspended");
            }
            (false, Some(true)) => {
                self.put(sim, ["Suspended", "False", "JobResumed", "Job resumed"]);
                set(&mut self.status, "/startTime", stamp(sim.store.now));
                sim.event(COMPONENT, &self.value, "Normal", "Resumed", "Job resumed");
            }
            _ => {}
        }
    }

    /// Ends the Job: first the intention, and when no pod is left running, the end itself.
    fn end(&mut self, sim: &mut Sim, [intent, end, reason, message]: [&str; 4]) {
        let active: Vec<Arc<Object>> = self.active().cloned().collect();
        active.iter().for_each(|pod| delete_pod(sim, COMPONENT, &self.value, pod));
        if condition::find(&self.status, intent).is_none() {
            self.put(sim, [intent, "True", reason, message]);
        }
        self.count(sim);
        if self.pods.iter().any(|p| !p.view().is_over()) {
            return;
        }
        self.put(sim, [end, "True", reason, message]);
        match end {
            "Complete" => {
                set(&mut self.status, "/completionTime", stamp(sim.store.now));
                sim.event(COMPONENT, &self.value, "Normal", "Completed", "Job completed");
            }
            _ => sim.event(COMPONENT, &self.value, "Warning", reason, message),
        }
    }

    fn put(&mut self, sim: &Sim, [sort, is, reason, message]: [&str; 4]) {
        let now = stamp(sim.store.now);
        let new = json!({"type": sort, "status": is, "lastProbeTime": now, "lastTransitionTime": now, "reason": reason, "message": message});
        condition::renew(&mut self.status, sort, new);
    }

    fn report(&mut self, sim: &mut Sim) {
        let active = self.active().count();
        let ready = self.active().filter(|p| p.view().ready.is_some()).count();
        let terminating = self.pods.iter().filter(|p| p.view().deleted.is_some() && !p.view().is_over()).count();
        if active > 0 {
            set(&mut self.status, "/active", active);
        } else {
            remove(&mut self.status, "/active");
        }
        set(&mut self.status, "/ready", ready);
        set(&mut self.status, "/terminating", terminating);
        set(&mut self.status, "/uncountedTerminatedPods", json!({}));
        write_status(sim, ID, &self.value, self.status.clone());
    }
}

/// Lets go of the pods of a Job that is gone: nobody counts them any more.
fn let_all_go(sim: &mut Sim, job: &Key) {
    let of = sim.store.list("pods", &job.namespace).filter(|p| p.label("batch.kubernetes.io/job-name") == Some(&job.name));
    let kept = of.filter(|p| p.view().finalizers.iter().any(|f| &**f == FINALIZER));
    let kept: Vec<Key> = kept.map(|p| p.key.clone()).collect();
    kept.iter().for_each(|pod| let_go(sim, pod));
}

/// Takes away what keeps a pod until it is counted.
fn let_go(sim: &mut Sim, pod: &Key) {
    own::unhold(sim, "pods", pod, FINALIZER);
}

/// Deletes a Job that has ended, some time afterwards if it says so.
fn expire(sim: &mut Sim, key: &Key, job: &Value) -> Option<Millis> {
    let seconds = int(job, "/spec/ttlSecondsAfterFinished").filter(|_| !is_deleted(job))?;
    let since = condition::find(job.pointer("/status")?, ended(job)?).and_then(|c| instant(text(c, "/lastTransitionTime")?))?;
    let left = later(since, seconds) - sim.store.now;
    if left <= 0 {
        // One that is gone has expired.
        drop(sim.delete(ID, key, &Delete { propagation: Propagation::Foreground, ..Delete::default() }));
    }
    Some(left).filter(|left| *left > 0)
}
