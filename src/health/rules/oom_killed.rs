//! A container was killed for the memory it took.

use super::crash_loop::OFTEN;
use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::ContainerTrouble;
use crate::model::finding::Severity;
use crate::model::quantity::bytes;
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "oom-killed",
    on: &[("", "pods")],
    means: "A program took more memory than its container may, or than its machine had left, and the kernel killed it on the spot: what it was doing is \
            lost. The kubelet starts it again, and it ends the same way once it has taken as much again.",
    helps: &[
        "If it takes more and more, it leaks: roll the release back; a higher limit only puts the end off.",
        "If it takes as much at once, under load or with larger data: give it a higher memory limit, and a request near to it.",
        "Without a limit of its own it was the machine that ran out: look what else runs there, and set limits.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(pod) = case.pod().filter(|p| !p.ended) else { return };
    for container in pod.trouble.iter().flat_map(|t| &t.containers) {
        let Some(ended) = container.ended.as_ref().filter(|e| case.word(e.reason) == "OOMKilled") else { continue };
        let at = ended.at.unwrap_or_else(|| case.created());
        let over = Timestamp(at.0 + case.limits.restarts_within);
        if case.now() >= over {
            continue;
        }
        verdict.again(over);
        // One that runs well again for a while deserves a look in the morning.
        let calm = Timestamp(at.0 + case.limits.event_over);
        let severity = match () {
            () if !container.running || container.restarts >= OFTEN && case.now() < calm => Severity::Critical,
            () if case.now() < calm => Severity::Warning,
            () => Severity::Info,
        };
        if case.now() < calm {
            verdict.again(calm);
        }
        let mut found = case.found(severity, at, what(case, container));
        found.evidence = line(&ended.message).to_owned();
        found.next = match case.way_up() {
            Some(way) => format!("{way}: {{edit}} {} the limit, {{undo}} goes back", if container.memory == 0 { "sets" } else { "raises" }),
            None => "{details} shows how it ended and what it may take".to_owned(),
        };
        verdict.find(found);
    }
}

fn what(case: &Case<'_>, container: &ContainerTrouble) -> String {
    let limit = if container.memory == 0 { "no limit of its own".to_owned() } else { format!("limit {}", bytes(container.memory)) };
    let times = if container.restarts > 1 { format!(" ×{}", container.restarts) } else { String::new() };
    format!("container {} out of memory, {limit}{times}", case.word(container.name))
}
