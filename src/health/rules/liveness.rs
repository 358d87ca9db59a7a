//! A container is killed because it does not answer its liveness or startup probe.

use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Ended;
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

/// How a container ends that is told to: as it likes, by the signal that asks, or by the one that does not.
const KILLED: &[i32] = &[0, 143, 137];

pub(super) const RULE: Rule = Rule {
    name: "liveness",
    on: &[("", "pods")],
    means: "The kubelet asks the program whether it lives, gets no good answer several times in a row, and kills and starts it again. Where the program is slow and \
            not dead, that makes things worse: each restart takes more capacity away.",
    helps: &[
        "Look at the log of the previous container, just before its end: did it hang, or was it only slow?",
        "Slow under load or at its start: give the probe more time (timeoutSeconds, failureThreshold), or let a startup probe wait for the start.",
        "A liveness probe must not ask for what the program depends on: if the database is away, restarts do not help.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(pod) = case.pod().filter(|p| !p.ended && p.restarts > 0 && case.row.going.is_none()) else { return };
    let Some((first, message)) = failing(case, verdict) else { return };
    let ended = pod.trouble.iter().flat_map(|t| &t.containers).filter_map(|c| c.ended.as_ref()?.at).max();
    if ended < Some(first) {
        return;
    }
    let sort = if message.starts_with("Startup") { "startup" } else { "liveness" };
    let severity = if pod.ready { Severity::Warning } else { Severity::Critical };
    let mut found = case.found(severity, first, format!("is killed by its {sort} probe ×{}", pod.restarts));
    found.evidence = message;
    found.next = "{events} shows what its probe says, {details} what the probe asks".to_owned();
    verdict.find(found);
}

/// Since when a probe fails that kills, and its words.
fn failing(case: &Case<'_>, verdict: &mut Verdict) -> Option<(Timestamp, String)> {
    let (event, message) = case.probe(&["Liveness", "Startup"], verdict)?;
    Some((event.first.or(event.last)?, message))
}

/// A container ended as those do that the kubelet ends, and its probe had failed before.
pub(super) fn has_killed(case: &Case<'_>, ended: &Ended, verdict: &mut Verdict) -> bool {
    KILLED.contains(&ended.code) && failing(case, verdict).is_some_and(|(first, _)| ended.at >= Some(first))
}
