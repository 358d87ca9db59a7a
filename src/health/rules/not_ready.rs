//! A pod does not become ready, and no container says why.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::kinds::event;
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "not-ready",
    on: &[("", "pods")],
    means: "The pod is on a node and does not become ready: its volumes or network are not there, an init container takes long, a readiness gate is closed, or \
            nobody hears from its node.",
    helps: &[
        "Its newest warning says what the kubelet waits for: a volume, a Secret, an address.",
        "An init container that runs for long waits for something; its log says for what.",
        "If its node is not ready, look there: the pod is replaced after five minutes, unless it belongs to a StatefulSet.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(pod) = case.pod().filter(|p| !p.ready && !p.ended && case.row.going.is_none()) else { return };
    let node = case.word(pod.node);
    // A container of a task that has done its part is not ready either.
    let is_task = case.row.owner.as_ref().is_some_and(|o| case.word(o.kind) == "Job");
    if node.is_empty() || is_task {
        return;
    }
    let is_lost = case.lost_node(node).is_some();
    let containers = || pod.trouble.iter().flat_map(|t| &t.containers);
    let is_told = containers().any(|c| !case.word(c.waiting).is_empty() || c.started && !c.ready && !c.init);
    if is_told && !is_lost {
        return;
    }
    let since = pod.ready_since.unwrap_or_else(|| case.created());
    let due = Timestamp(since.0 + case.limits.not_ready);
    if case.now() < due && !is_lost {
        return verdict.again(due);
    }
    let runs = containers().any(|c| c.running);
    let what = match () {
        () if is_lost => "not ready: its node is not heard from",
        () if runs => "runs and is not ready",
        () => "does not get started",
    };
    let mut found = case.found(Severity::Warning, since, what);
    let newest = case.warnings().max_by_key(|(e, ..)| e.last);
    found.evidence = newest.map(|(_, table, row)| line(&event::message(table, row)).to_owned()).unwrap_or_default();
    found.next = "{events} shows what it waits for".to_owned();
    verdict.find(found);
}
