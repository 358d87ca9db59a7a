//! A rollout does not get further, or waits for somebody.

use crate::health::case::{THROUGH, line};
use crate::health::refusal::{blamed, next, refused};
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{Truth, WorkloadFacts};
use crate::model::finding::Severity;
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
    let Some(workload) = case.workload().filter(|w| w.observed && !w.paused) else { return };
    let is_whole = workload.updated >= workload.wanted && workload.available >= workload.wanted && workload.replicas <= workload.wanted;
    // What a rollout has left behind is another rule's, and so is what was lost since.
    if is_whole || !case.is_rolling() {
        return;
    }
    let worst = case.worst_of_pods().filter(|f| f.severity > Severity::Info);
    let failing = worst.filter(|f| f.severity == Severity::Critical);
    let given_up = workload.progressing.as_ref().filter(|p| p.status == Truth::False);
    let since = given_up.and_then(|p| p.since).unwrap_or_else(|| moved(case, workload, verdict));
    let due = Timestamp(since.0 + case.limits.rollout);
    // Pods that fail are reason enough: nobody has to wait for the deadline.
    if given_up.is_none() && failing.is_none() && case.now() < due {
        return verdict.again(due);
    }
    let serving = format!("{}/{} available", workload.available, workload.wanted);
    let severity = if workload.available == 0 && workload.wanted > 0 { Severity::Critical } else { Severity::Warning };
    let severity = failing.map_or(severity, |f| f.severity.max(severity));
    let mut found = case.found(severity, failing.map_or(since, |f| f.since), format!("rollout stuck, {serving}"));
    let back = if workload.first { "" } else { "{undo} goes back to what worked, " };
    found.next = format!("{back}{{enter}} shows its pods, {{events}} what was tried");
    if let Some(f) = worst {
        found.evidence = if f.evidence.is_empty() { f.what.clone() } else { format!("{}: {}", f.what, f.evidence) };
        found.cause = f.cause.clone();
    } else if let Some((_, message)) = refused(case, verdict) {
        found.evidence = line(&message).to_owned();
        found.cause = blamed(case, &message).unwrap_or(found.cause);
        found.next = format!("{}, {{undo}} goes back", next(&message));
    } else if let Some(given_up) = given_up {
        found.evidence = line(&given_up.message).to_owned();
    }
    verdict.find(found);
}

/// When the rollout last got further. Where nobody tells when it began, that is when it was first seen: the newest pod is then as old as the
/// rollout before it, and so is the condition until the controller has come to it.
fn moved(case: &Case<'_>, workload: &WorkloadFacts, verdict: &mut Verdict) -> Timestamp {
    let told = workload.progressing.as_ref().filter(|p| case.word(p.reason) != THROUGH).and(workload.progressed);
    let begun = told.unwrap_or_else(|| case.since_seen(verdict));
    case.pods().filter_map(|(_, row, _)| row.created).fold(begun, Timestamp::max)
}
