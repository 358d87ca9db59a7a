//! A job has failed for good.

use crate::health::case::line;
use crate::health::links::cronjob_of;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::{Cause, Severity};
use crate::model::id::GroupResource;
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "job-failed",
    on: &[("batch", "jobs")],
    means: "A job gave up: its pods failed more often than it allows (BackoffLimitExceeded), or it took longer than it may (DeadlineExceeded). Nobody \
            tries again by itself; of a cronjob the next run does. What the job was for has not been done.",
    helps: &[
        "The log of its last pod says why. If the pods are gone already, the job's events may still tell.",
        "Once the cause is mended, run it again: a job cannot be restarted, a new one can be made from its cronjob or its manifest.",
        "A later run of the same cronjob that ends well ends this too; a job that nobody needs any more can be deleted.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Job(job) = &case.row.facts else { return };
    let Some(failure) = job.failure.as_deref().filter(|_| case.row.going.is_none()) else { return };
    let since = failure.since.unwrap_or_else(|| case.created());
    let cronjob = cronjob_of(case.table, case.row);
    if cronjob.and_then(|name| succeeded(case, name)).is_some_and(|at| at > since) {
        return;
    }
    let exit = exit(case).map_or_else(String::new, |code| format!(", exit {code}"));
    let of = cronjob.map_or_else(String::new, |name| format!(", of cronjob {name}"));
    let mut found = case.found(Severity::Warning, since, format!("failed: {}{exit}{of}", case.word(failure.reason)));
    found.evidence = line(&failure.message).to_owned();
    found.next = "{enter} shows its pods, {events} what was tried, {rerun} runs it once more".to_owned();
    if let Some(name) = cronjob {
        found.cause = Cause::Object(GroupResource::new("batch", "cronjobs"), case.namespace().into(), name.into());
    }
    verdict.find(found);
}

/// When a cronjob last ended well.
fn succeeded(case: &Case<'_>, name: &str) -> Option<Timestamp> {
    let (_, row) = case.named("batch", "cronjobs", case.namespace(), name)?;
    if let Facts::CronJob(cronjob) = &row.facts { cronjob.succeeded } else { None }
}

/// How the last container of its pods that failed did.
fn exit(case: &Case<'_>) -> Option<i32> {
    let containers = case.pods().filter_map(|(_, _, pod)| pod.trouble.as_deref()).flat_map(|t| &t.containers);
    let failed = containers.filter_map(|c| c.ended.as_ref()).filter(|e| e.code != 0);
    failed.max_by_key(|e| e.at).map(|e| e.code)
}
