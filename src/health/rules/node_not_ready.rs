//! A node does not work.

use crate::health::case::line;
use crate::health::links::Link;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{Facts, Truth};
use crate::model::finding::{Cause, Severity};

pub(super) const RULE: Rule = Rule {
    name: "node-not-ready",
    on: &[("", "nodes")],
    means: "The kubelet of a node says that it cannot run pods, or says nothing any more. Pods there get no traffic; after five minutes they are made anew \
            elsewhere, but for those of statefulsets and those with volumes, which wait until the node is back or declared dead.",
    helps: &[
        "Status Unknown, kubelet stopped posting: the machine is off, hangs, or cannot reach the API server. Look at it where it comes from.",
        "Network plugin not ready: the pods of the CNI on that node.",
        "PLEG or container runtime: containerd hangs, often for want of disk or memory; restarting it, or the node, helps.",
        "A machine that does not come back: delete the Node, so that volumes and statefulset pods are free to go elsewhere.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Node(node) = &case.row.facts else { return };
    // A node whose kubelet has said nothing yet has only just registered.
    let Some(ready) = node.ready.as_ref().filter(|r| r.status != Truth::True && case.row.going.is_none()) else { return };
    let since = ready.since.unwrap_or_else(|| case.created());
    // One that is new is on its way: its network comes last.
    let is_new = since.0 - case.created().0 < case.limits.not_ready;
    if is_new && ready.status == Truth::False && !case.is_due(verdict, case.created(), case.limits.not_ready) {
        return;
    }
    let pods = case.rows(Link::node(case.cluster(), &case.row.name), "", "pods").filter(|(_, row)| !is_ended(&row.facts)).count();
    let word = if ready.status == Truth::Unknown { "does not answer" } else { "not ready" };
    // Somebody cordoned it first, so it is being looked after.
    let severity = if node.cordoned { Severity::Warning } else { Severity::Critical };
    let mut found = case.found(severity, since, format!("{word}, {pods} pod{} on it", if pods == 1 { "" } else { "s" }));
    found.evidence = line(&ready.message).to_owned();
    found.next = "{enter} shows its pods, {details} its conditions, {delete} gives it up".to_owned();
    found.cause = Cause::Node(case.row.name.clone());
    verdict.find(found);
}

fn is_ended(facts: &Facts) -> bool {
    matches!(facts, Facts::Pod(pod) if pod.ended)
}
