//! A container runs and does not answer its readiness probe.

use crate::health::{Case, Rule, Verdict};
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "readiness",
    on: &[("", "pods")],
    means: "The program runs, but says through its readiness probe that it cannot serve, or does not answer the probe at all. Services send it no traffic until \
            it does; it is not restarted for that.",
    helps: &[
        "Statuscode 503 and the like: the program itself says no, often because a database or another service that it needs does not answer; its log says which.",
        "Connection refused: it listens on another port or has not finished its start. Time-out: it is too busy, or too little CPU is left for it.",
        "If all pods of the workload began at once, look at what they have in common: a release, a setting, what they depend on.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(pod) = case.pod().filter(|p| !p.ready && !p.ended && case.row.going.is_none()) else { return };
    let mut running = pod.trouble.iter().flat_map(|t| &t.containers);
    let Some(container) = running.find(|c| c.started && !c.ready && !c.init) else { return };
    // Since it began to run, or since it was ready for the last time.
    let since = pod.ready_since.max(container.since).unwrap_or_else(|| case.created());
    let due = Timestamp(since.0 + case.limits.readiness);
    if case.now() < due {
        return verdict.again(due);
    }
    let what = format!("gets no traffic: container {} is not ready", case.word(container.name));
    let mut found = case.found(Severity::Warning, since, what);
    found.evidence = case.probe(&["Readiness"], verdict).map(|(_, message)| message).unwrap_or_default();
    found.next = "{events} shows what its probe says, {details} what the probe asks".to_owned();
    verdict.find(found);
}
