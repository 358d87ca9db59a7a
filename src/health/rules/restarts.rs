//! A pod was started again and again, and runs in between.

use super::crash_loop::FORGOTTEN;
use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "restarts",
    on: &[("", "pods")],
    means: "A container has ended and was started again many times, not long ago for the last time. It runs in between, so that it may look well; each restart \
            loses what it was doing.",
    helps: &[
        "How it ended says where to look: 137 with OOMKilled is memory, 143 somebody ended it, anything else is the program's own.",
        "Read the end of the log of the previous container.",
        "Restarts at even times point to something scheduled, such as a job or a backup; those under load to memory or probes.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(pod) = case.pod().filter(|p| !p.ended && i64::from(p.restarts) >= case.limits.restarts) else { return };
    let containers = || pod.trouble.iter().flat_map(|t| &t.containers);
    // One that waits to be started again has a loop, which is told elsewhere.
    if containers().any(|c| case.word(c.waiting) == "CrashLoopBackOff") {
        return;
    }
    let Some((ended, at)) = containers().filter_map(|c| c.ended.as_ref()).filter_map(|e| Some((e, e.at?))).max_by_key(|(_, at)| *at) else { return };
    let over = Timestamp(at.0 + case.limits.restarts_within);
    let reason = case.word(ended.reason);
    if case.now() >= over || reason == "OOMKilled" {
        return;
    }
    // While it is fresh, how it ended is told as a loop or as what its probe does.
    let looped = Timestamp(at.0 + FORGOTTEN);
    if ended.code != 0 && case.now() < looped {
        return verdict.again(looped);
    }
    verdict.again(over);
    let reason = if matches!(reason, "" | "Error" | "Completed") { String::new() } else { format!(" ({reason})") };
    let mut found = case.found(Severity::Warning, at, format!("restarts often ×{}, last exit {}{reason}", pod.restarts, ended.code));
    found.evidence = line(&ended.message).to_owned();
    found.next = "{details} shows how it ended, {events} what the kubelet says".to_owned();
    verdict.find(found);
}
