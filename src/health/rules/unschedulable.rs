//! No node takes a pod.

use crate::health::{Case, Rule, Verdict};
use crate::model::finding::{Cause, Severity};
use crate::model::time::Timestamp;
use std::collections::BTreeSet;

/// Nodes may come that are larger than those there are.
const AGAIN: i64 = 60;

/// While others are driven out for it, a pod may wait for so much longer.
const PREEMPTION: i64 = 300;

pub(super) const RULE: Rule = Rule {
    name: "unschedulable",
    on: &[("", "pods")],
    means: "The scheduler has looked at every node and none takes this pod: too little CPU or memory is left to be asked for, taints keep it away, or what it \
            asks of its node is nowhere. It is tried again whenever something changes; until then the pod does not run at all.",
    helps: &[
        "Insufficient cpu or memory: add nodes, or lower what pods ask for; what is asked for counts, not what is used.",
        "Untolerated taint, or node affinity or selector: nodes of that pool are missing, full or cordoned, or the pod asks for a label that no node has.",
        "Unbound or missing volume claims: the claim has to be bound first, and its volume has to be in the zone of a node with room.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(trouble) = case.pod().filter(|p| !p.ended && case.row.going.is_none()).and_then(|p| p.trouble.as_ref()) else { return };
    let Some(why) = trouble.unscheduled.as_ref().filter(|c| case.word(c.reason) != "SchedulingGated") else { return };
    let since = why.since.unwrap_or_else(|| case.created());
    let due = Timestamp(since.0 + if trouble.nominated { PREEMPTION } else { case.limits.unscheduled });
    if case.now() < due {
        return verdict.again(due);
    }
    let (words, reasons) = told(&why.message);
    let short = if reasons.is_empty() { "the scheduler does not say why".to_owned() } else { reasons.iter().copied().collect::<Vec<_>>().join(", ") };
    let is_too_large = case.pod().is_some_and(|pod| case.is_too_large(pod));
    let what = if is_too_large { "no node is large enough" } else { "no node takes it" };
    let mut found = case.found(Severity::Warning, since, clipped(&format!("{what}: {short}")));
    found.evidence = words.to_owned();
    if is_too_large {
        // More nodes of the same do not help: what it comes from is what it asks for.
        verdict.again(Timestamp(case.now().0 + AGAIN));
        let way = case.way_up().map(|way| format!("{way}: {{edit}} lowers what it asks for, ")).unwrap_or_default();
        found.next = format!("{way}{{goto}}nodes shows what each has");
        return verdict.find(found);
    }
    let adds = adds_nodes(case).map(|who| format!("; {who} may add nodes")).unwrap_or_default();
    found.next = format!("{{events}} shows what was tried, {{goto}}nodes what is asked of each{adds}");
    let lacks: Vec<&str> = reasons.into_iter().filter(|r| r.starts_with("Insufficient ") || *r == "Too many pods").collect();
    if !lacks.is_empty() {
        found.cause = Cause::Room(lacks.join(", ").into());
    }
    verdict.find(found);
}

/// What the scheduler says, without what it says of preemption and of claims of devices; and its reasons, without the numbers of nodes:
/// `0/7 nodes are available: 3 Insufficient cpu, 4 node(s) had untolerated taint {a: b}. no new claims to deallocate, preemption: 0/7 nodes ..`.
fn told(message: &str) -> (&str, BTreeSet<&str>) {
    let words = message.split(" preemption:").next().unwrap_or_default().trim().trim_end_matches(" no new claims to deallocate,");
    let Some((_, all)) = words.split_once(": ").filter(|(head, _)| head.ends_with("are available")) else {
        return (words, BTreeSet::from([words.trim_end_matches('.')].map(|w| if w.is_empty() { "no reason was given" } else { w })));
    };
    let reason = |part: &str| part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let all = all.trim_end_matches('.').split(", ");
    (words, all.filter_map(|part| part.get(part.len() - reason(part)..)).map(str::trim).filter(|r| !r.is_empty()).collect())
}

/// A line that fits beside the name of a pod.
fn clipped(text: &str) -> String {
    if text.chars().count() <= 90 { text.to_owned() } else { text.chars().take(89).chain(['…']).collect() }
}

/// Who adds nodes where pods find none.
fn adds_nodes(case: &Case<'_>) -> Option<&'static str> {
    let catalog = case.world.cluster(case.cluster()).and_then(|c| c.catalog.as_ref());
    let has_pools = catalog.is_some_and(|c| c.get(&crate::model::id::GroupResource::new("karpenter.sh", "nodepools")).is_some());
    let runs = |name: &str| ["kube-system", name].iter().any(|namespace| case.named("apps", "deployments", namespace, name).is_some());
    match () {
        () if has_pools || runs("karpenter") => Some("Karpenter"),
        () if runs("cluster-autoscaler") => Some("the cluster autoscaler"),
        () => None,
    }
}
