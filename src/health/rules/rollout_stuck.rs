//! A rollout does not get further, or waits for somebody.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{Truth, WorkloadFacts};
use crate::model::finding::{Finding, Severity};
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "rollout-stuck",
    on: &[("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets")],
    means: "A new revision was asked for and its pods do not become available. The old ones go on as far as the strategy lets them, so that users may not \
            have noticed yet; the next loss of a node makes it worse.",
    helps: &[
        "What is wrong with the new pods says why: an image, a crash, a probe, no room.",
        "Roll back to the revision that works, then look for the cause.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(workload) = case.workload().filter(|w| w.observed) else { return };
    let is_whole = workload.updated >= workload.wanted && workload.available >= workload.wanted && workload.replicas <= workload.wanted;
    if is_whole {
        return;
    }
    let failing = failing(case);
    let given_up = workload.progressing.as_ref().filter(|p| p.status == Truth::False);
    let since = given_up.and_then(|p| p.since).or_else(|| moved(case, workload)).unwrap_or_else(|| case.created());
    let due = Timestamp(since.0 + case.limits.rollout);
    // Pods that fail are reason enough: nobody has to wait for the deadline.
    if given_up.is_none() && failing.is_none() && case.now() < due {
        return verdict.again(due);
    }
    if workload.updated >= workload.wanted && given_up.is_none() {
        // The rollout itself is through: what is missing has been lost since, and is another rule's.
        return;
    }
    let serving = format!("{}/{} available", workload.available, workload.wanted);
    let severity = if workload.available == 0 && workload.wanted > 0 { Severity::Critical } else { Severity::Warning };
    let severity = failing.map_or(severity, |f| f.severity.max(severity));
    let mut found = case.found(severity, failing.map_or(since, |f| f.since), format!("rollout stuck, {serving}"));
    let told = given_up.map(|p| line(&p.message).to_owned()).unwrap_or_default();
    found.evidence = failing.map_or(told, |f| if f.evidence.is_empty() { f.what.clone() } else { format!("{}: {}", f.what, f.evidence) });
    found.next = "{enter} shows its pods, {events} what was tried".to_owned();
    if let Some(finding) = failing {
        found.cause = finding.cause.clone();
    }
    verdict.find(found);
}

/// The worst that was found of its pods.
fn failing<'a>(case: &Case<'a>) -> Option<&'a Finding> {
    let found = case.pods().filter(|(_, row, _)| row.going.is_none()).flat_map(|(_, row, _)| case.findings(row.uid));
    found.filter(|f| f.severity == Severity::Critical).min_by_key(|f| f.since)
}

/// When the rollout last got further.
fn moved(case: &Case<'_>, workload: &WorkloadFacts) -> Option<Timestamp> {
    let newest = case.pods().filter_map(|(_, row, _)| row.created).max();
    workload.progressing.as_ref().and_then(|p| p.since).max(newest)
}
