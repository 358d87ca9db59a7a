//! A container is killed because it does not answer its liveness or startup probe.

use crate::health::{Case, Rule, Verdict};
use crate::model::finding::Severity;

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
    let Some((event, message)) = case.probe(&["Liveness", "Startup"], verdict) else { return };
    let ended = pod.trouble.iter().flat_map(|t| &t.containers).filter_map(|c| c.ended.as_ref()?.at).max();
    let Some(first) = event.first.or(event.last).filter(|first| ended >= Some(*first)) else { return };
    let sort = if message.starts_with("Startup") { "startup" } else { "liveness" };
    let severity = if pod.ready { Severity::Warning } else { Severity::Critical };
    let mut found = case.found(severity, first, format!("is killed by its {sort} probe ×{}", pod.restarts));
    found.evidence = message;
    found.next = "{events} shows what its probe says, {details} what the probe asks".to_owned();
    verdict.find(found);
}
