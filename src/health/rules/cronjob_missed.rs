//! A cronjob should have run and did not.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::cron::{Schedule, fixed_zone};
use crate::model::facts::{CronJobFacts, Facts};
use crate::model::finding::Severity;
use crate::model::time::Timestamp;
use jiff::tz::TimeZone;

/// After so long it is looked whether the server tells of changes again.
const AGAIN: i64 = 60;
/// Nobody counts further.
const MANY: usize = 100;

pub(super) const RULE: Rule = Rule {
    name: "cronjob-missed",
    on: &[("batch", "cronjobs")],
    means: "It was time for a cronjob to start a job, and no job was started. Either the run before is still going and the cronjob forbids two at once, or \
            the job could not be made, or nobody was there to make it: the controller manager was down.",
    helps: &[
        "A run that hangs holds all later ones up: look at the job that is active, and give the jobs a deadline (activeDeadlineSeconds).",
        "The cronjob's events say if a job was refused: a quota, a webhook, a name that is too long.",
        "More than 100 missed runs, or startingDeadlineSeconds below 10, make the controller give up.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::CronJob(cronjob) = &case.row.facts else { return };
    if cronjob.suspended || case.row.going.is_some() {
        return;
    }
    // What a table does not hear of is not late.
    if !case.is_live() {
        return verdict.again(Timestamp(case.now().0 + AGAIN));
    }
    let Some((first, runs)) = missed(case, cronjob, verdict) else { return };
    let times = match runs {
        1 => "missed its time".to_owned(),
        MANY => format!("missed its time {MANY} times or more"),
        _ => format!("missed its time {runs} times"),
    };
    let running = if cronjob.active > 0 { ": the run before is not over" } else { "" };
    let mut found = case.found(Severity::Warning, first, format!("{times}{running}"));
    let told = case.warnings().max_by_key(|(e, ..)| e.last).map(|(_, table, row)| crate::kinds::event::message(table, row));
    found.evidence = told.map_or_else(String::new, |message| line(&message).to_owned());
    found.next = "{enter} shows its jobs, {events} what was tried".to_owned();
    verdict.find(found);
}

/// The first time at which no job was started, and how many there were.
fn missed(case: &Case<'_>, cronjob: &CronJobFacts, verdict: &mut Verdict) -> Option<(Timestamp, usize)> {
    let zone = fixed_zone(case.word(cronjob.zone))?;
    let schedule = Schedule::parse(&cronjob.schedule).ok()?;
    let next = |after: Timestamp, zone: &TimeZone| Some(Timestamp(schedule.next(after.0.checked_mul(1_000)?, zone)?.div_euclid(1_000)));
    // A last time at which this schedule never was: the zone is another than we think, or the schedule was edited since.
    if let (Some(last), Schedule::At(_)) = (cronjob.scheduled, &schedule) {
        next(Timestamp(last.0 - 1), &zone).filter(|fits| *fits == last)?;
    }
    let first = next(cronjob.scheduled.unwrap_or_else(|| case.created()), &zone)?;
    if !case.is_due(verdict, first, case.limits.cronjob_late) {
        return None;
    }
    let runs = std::iter::successors(Some(first), |at| next(*at, &zone)).take_while(|at| *at <= case.now()).take(MANY).count();
    if let Some(at) = next(case.now(), &zone).filter(|_| runs < MANY) {
        verdict.again(at);
    }
    Some((first, runs))
}
