//! CronJobs make Jobs at the times of their schedules, and keep a few of those that have ended.

#[cfg(test)]
mod tests;

use super::own::{self, MANAGER};
use super::state::{created, is_deleted, write_status};
use super::{job, job::ended};
use crate::demo::json::{Millis, escape, instant, int, is_true, later, list, remove, set, stamp, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Store};
use crate::demo::write::{Delete, How};
use crate::model::cron::Schedule;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: COMPONENT, wakes, reconcile };

const COMPONENT: &str = "cronjob-controller";
const ID: &str = "cronjobs.batch";
/// How much later than the schedule says it is looked at (`nextScheduleDelta` of the cronjob controller).
const DELTA: Millis = 100;
/// How long to wait before asking again for what was refused.
const PATIENCE: Millis = 10_000;

fn wakes(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    if matches!(&*change.kind, ID | job::ID) {
        own::wake(change, ID, "CronJob", keys);
    }
}

/// The zone of a name such as `Europe/Berlin`; UTC where there is none.
fn zone(name: Option<&str>) -> Result<TimeZone, String> {
    name.map_or(Ok(TimeZone::UTC), |name| TimeZone::get(name).map_err(|_| format!("unknown time zone {name}")))
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let value = sim.store.table(ID)?.get(key)?.value();
    let uid = text(&value, "/metadata/uid")?;
    let mut jobs: Vec<Arc<Value>> = sim.store.owned(job::ID, uid).map(|o| o.value()).collect();
    jobs.sort_by(|a, b| (text(a, "/status/startTime"), created(a)).cmp(&(text(b, "/status/startTime"), created(b))));
    let mut cron = Cron { status: value.pointer("/status").cloned().unwrap_or_else(|| json!({})), value, jobs };
    cron.clean_up(sim);
    cron.settle(sim);
    let again = if is_deleted(&cron.value) { None } else { cron.start(sim) };
    write_status(sim, ID, &cron.value, cron.status);
    again
}

/// The last time of a schedule after an instant and not after another. Of the times of a long absence only the last one counts: it is looked for in
/// spans that double, from the end back.
fn latest(schedule: &Schedule, zone: &TimeZone, since: Millis, now: Millis) -> Option<Millis> {
    let mut span = 60_000;
    loop {
        let from = since.max(now - span);
        let mut times = std::iter::successors(schedule.next(from, zone), |at| schedule.next(*at, zone)).take_while(|at| *at <= now);
        if let Some(first) = times.next() {
            return Some(times.last().unwrap_or(first));
        }
        if from == since {
            return None;
        }
        span *= 2;
    }
}

/// When it was time for a CronJob for the last time before an instant, if that was after another.
pub(in crate::demo) fn last(cronjob: &Value, since: Millis, now: Millis) -> Option<Millis> {
    let schedule = Schedule::parse(text(cronjob, "/spec/schedule")?).ok()?;
    latest(&schedule, &zone(text(cronjob, "/spec/timeZone")).ok()?, since, now)
}

/// A CronJob as it is looked at once.
struct Cron {
    value: Arc<Value>,
    status: Value,
    /// Its Jobs, in the order of their starts.
    jobs: Vec<Arc<Value>>,
}

impl Cron {
    fn active(&self) -> Vec<Value> {
        list(&self.status, "/active").to_vec()
    }

    fn set_active(&mut self, active: Vec<Value>) {
        match active.is_empty() {
            true => drop(remove(&mut self.status, "/active")),
            false => set(&mut self.status, "/active", active),
        }
    }

    fn tell(&self, sim: &mut Sim, sort: &str, reason: &str, message: &str) {
        sim.event(COMPONENT, &self.value, sort, reason, message);
    }

    /// Deletes the oldest of the Jobs that have ended.
    fn clean_up(&mut self, sim: &mut Sim) {
        for (how, place, default) in [("Complete", "/spec/successfulJobsHistoryLimit", 3), ("Failed", "/spec/failedJobsHistoryLimit", 1)] {
            let over: Vec<Arc<Value>> = self.jobs.iter().filter(|j| ended(j) == Some(how) && !is_deleted(j)).cloned().collect();
            let keep = usize::try_from(int(&self.value, place).unwrap_or(default)).unwrap_or_default();
            for job in over.iter().take(over.len().saturating_sub(keep)) {
                self.delete(sim, job);
            }
        }
    }

    fn delete(&mut self, sim: &mut Sim, job: &Value) {
        let name = text(job, "/metadata/name").unwrap_or_default();
        match sim.delete(job::ID, &Key::of(job), &Delete::default()) {
            Ok(_) => self.tell(sim, "Normal", "SuccessfulDelete", &format!("Deleted job {name}")),
            Err(why) => self.tell(sim, "Warning", "FailedDelete", &format!("Deleted job: {}", why.message)),
        }
        let mut active = self.active();
        active.retain(|a| a.get("uid") != job.pointer("/metadata/uid"));
        self.set_active(active);
    }

    /// Takes Jobs that have ended or are gone out of the active ones.
    fn settle(&mut self, sim: &mut Sim) {
        let mut active = self.active();
        for job in &self.jobs {
            let Some(how) = ended(job) else { continue };
            let name = text(job, "/metadata/name").unwrap_or_default();
            let before = active.len();
            active.retain(|a| a.get("uid") != job.pointer("/metadata/uid"));
            if active.len() < before {
                self.tell(sim, "Normal", "SawCompletedJob", &format!("Saw completed job: {name}, condition: {how}"));
            }
            let done = text(job, "/status/completionTime");
            if how == "Complete" && done > text(&self.status, "/lastSuccessfulTime") {
                set(&mut self.status, "/lastSuccessfulTime", done);
            }
        }
        let gone = |a: &Value| self.jobs.iter().all(|j| a.get("uid") != j.pointer("/metadata/uid"));
        let missing: Vec<Value> = active.iter().filter(|a| gone(a)).cloned().collect();
        for job in &missing {
            self.tell(sim, "Normal", "MissingJob", &format!("Active job went missing: {}", text(job, "/name").unwrap_or_default()));
        }
        active.retain(|a| !missing.contains(a));
        self.set_active(active);
    }

    /// Starts a Job if it is time. Returns when it is the next time.
    fn start(&mut self, sim: &mut Sim) -> Option<Millis> {
        if is_true(&self.value, "/spec/suspend") {
            return None;
        }
        let zone = match zone(text(&self.value, "/spec/timeZone")) {
            Ok(zone) => zone,
            Err(why) => {
                let told = format!("invalid timeZone: {:?}: {why}", text(&self.value, "/spec/timeZone").unwrap_or_default());
                self.tell(sim, "Warning", "UnknownTimeZone", &told);
                return None;
            }
        };
        let written = text(&self.value, "/spec/schedule").unwrap_or_default().to_owned();
        let schedule = match Schedule::parse(&written) {
            Ok(schedule) => schedule,
            Err(why) => {
                self.tell(sim, "Warning", "UnparseableSchedule", &format!("unparseable schedule: {written:?} : {why}"));
                return None;
            }
        };
        let now = sim.store.now;
        let refused = self.due(now, &schedule, &zone).is_some_and(|at| self.start_at(sim, at, &zone));
        let next = schedule.next(now, &zone)? + DELTA - now;
        Some(if refused { next.min(PATIENCE) } else { next })
    }

    /// The latest time that has come and for which no Job was started.
    fn due(&self, now: Millis, schedule: &Schedule, zone: &TimeZone) -> Option<Millis> {
        let since = text(&self.status, "/lastScheduleTime").unwrap_or_else(|| created(&self.value));
        let mut since = instant(since)?;
        if let Some(seconds) = int(&self.value, "/spec/startingDeadlineSeconds") {
            since = since.max(later(now, seconds.saturating_neg()));
        }
        latest(schedule, zone, since, now)
    }

    /// Starts the Job of a time, unless another one forbids it. True where it was refused.
    fn start_at(&mut self, sim: &mut Sim, at: Millis, zone: &TimeZone) -> bool {
        match text(&self.value, "/spec/concurrencyPolicy") {
            Some("Forbid") if !self.active().is_empty() => {
                let told = "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.tell(sim, "Normal", "JobAlreadyActive", told);
                return false;
            }
            Some("Replace") => {
                let active = self.active();
                let running: Vec<Arc<Value>> =
                    self.jobs.iter().filter(|j| active.iter().any(|a| a.get("uid") == j.pointer("/metadata/uid"))).cloned().collect();
                running.iter().for_each(|job| self.delete(sim, job));
            }
            _ => {}
        }
        match sim.create(job::ID, self.job(at, zone), How::by(MANAGER)) {
            Ok(made) => {
                self.tell(sim, "Normal", "SuccessfulCreate", &format!("Created job {}", made.key.name));
                let mut active = self.active();
                active.push(json!({
                    "kind": "Job", "namespace": made.key.namespace, "name": made.key.name, "uid": made.uid, "apiVersion": "batch/v1",
                    "resourceVersion": made.version.to_string(),
                }));
                self.set_active(active);
            }
            // It was made before, and somebody has forgotten.
            Err(why) if why.code == 409 => {}
            Err(why) if own::is_ending(&why) => return false,
            Err(why) => {
                self.tell(sim, "Warning", "FailedCreate", &format!("Error creating job: {}", why.message));
                return true;
            }
        }
        set(&mut self.status, "/lastScheduleTime", stamp(at));
        false
    }

    fn job(&self, at: Millis, zone: &TimeZone) -> Value {
        let template = self.value.pointer("/spec/jobTemplate").unwrap_or(&Value::Null);
        let word = |place: &str| text(&self.value, place).unwrap_or_default();
        let mut job = json!({"metadata": {
            // The minute makes the name, so that no time has two Jobs.
            "name": format!("{}-{}", word("/metadata/name"), at / 60_000), "namespace": word("/metadata/namespace"),
        }});
        for part in ["labels", "annotations"] {
            let place = format!("/metadata/{part}");
            template.pointer(&place).into_iter().for_each(|v| set(&mut job, &place, v.clone()));
        }
        let local = jiff::Timestamp::from_millisecond(at).map(|t| t.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
        let local = local.unwrap_or_default().replace("+00:00", "Z");
        set(&mut job, &format!("/metadata/annotations/{}", escape("batch.kubernetes.io/cronjob-scheduled-timestamp")), local);
        set(&mut job, "/metadata/ownerReferences", json!([own::reference(&self.value)]));
        set(&mut job, "/spec", template.pointer("/spec").cloned().unwrap_or_default());
        job
    }
}
