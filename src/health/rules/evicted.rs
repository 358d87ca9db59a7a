//! Pods were driven out by their nodes, and are still wanted.

use crate::health::case::line;
use crate::health::eviction::{EVICTED, alone, at};
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{PodFacts, PodTrouble};
use crate::model::finding::{Cause, Severity};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::time::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Why a pod has failed that was well (`status.reason`).
const REASONS: &[&str] =
    &[EVICTED, "NodeLost", "NodeShutdown", "Terminated", "UnexpectedAdmissionError", "NodeAffinity", "OutOfcpu", "OutOfmemory", "OutOfpods"];

pub(super) const RULE: Rule = Rule {
    name: "evicted",
    on: &[("", "pods"), ("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets")],
    means: "A node ran out of memory, disk or processes and drove pods out, or was shut down or refused them. They stay as failed ones, so that people see why; their \
            workload makes others in their place, which may meet the same end.",
    helps: &[
        "Low on memory: whoever takes furthest more than it asks for goes first. Give it a memory limit, so that it alone meets its end and not the node, and a \
         request near to what it needs. If it takes whatever it gets, scale it down until it is mended.",
        "Low on ephemeral storage: logs or scratch data fill the node's disk; bound them.",
        "Failed pods can be deleted; nothing but the message is lost.",
    ],
    judge,
};

type Pod<'a> = (&'a Table, &'a Row, &'a PodFacts);

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let mut all: Vec<Pod<'_>> = Vec::new();
    if let Some(pod) = case.pod() {
        // Those of a workload are told there, together.
        if case.row.owner.is_none() {
            all.push((case.table, case.row, pod));
        }
    } else {
        all.extend(case.pods().filter(|(t, _, p)| p.ended && evicted(t, p).is_some()));
        // Of a revision that has no pods any more, or of a workload that wants none, nobody has to know.
        if !all.is_empty() {
            let live: BTreeSet<Option<_>> =
                case.pods().filter(|(_, row, p)| !p.ended && row.going.is_none()).map(|(_, row, _)| row.owner.as_ref().map(|o| o.uid)).collect();
            all.retain(|(_, row, _)| live.contains(&row.owner.as_ref().map(|o| o.uid)));
        }
    }
    tell(case, verdict, &all);
}

fn tell(case: &Case<'_>, verdict: &mut Verdict, all: &[Pod<'_>]) {
    let mut all: Vec<(Timestamp, &Pod<'_>)> = all.iter().filter_map(|pod| Some((at(pod.1, pod.2)?, pod))).collect();
    all.sort_by_key(|(at, (table, _, pod))| (Reverse(*at), table.words().get(pod.node)));
    // One after the other is one trouble, as old as its first.
    let limit = case.limits.event_over;
    let runs = all.windows(2).take_while(|w| matches!(w, [(later, _), (before, _)] if later.0 - before.0 < limit)).count() + 1;
    let (Some((last, (table, _, pod))), Some((first, _))) = (all.first(), all.get(runs - 1)) else { return };
    let over = Timestamp(last.0 + limit);
    let Some((reason, trouble)) = evicted(table, pod).filter(|_| case.now() < over) else { return };
    verdict.again(over);
    let node = table.words().get(pod.node);
    let nodes: BTreeSet<&str> = all.iter().take(runs).map(|(_, (table, _, pod))| table.words().get(pod.node)).collect();
    let lacks = lacking(&trouble.message);
    let word = if reason == EVICTED { "evicted" } else { reason };
    let times = if runs > 1 { format!(" ×{runs}") } else { String::new() };
    let place = if nodes.len() > 1 { format!("{} nodes", nodes.len()) } else { format!("node {node}") };
    let low = lacks.map(|what| format!(", low on {what}")).unwrap_or_default();
    let mut found = case.found(Severity::Warning, *first, format!("{word}{times} by {place}{low}"));
    found.evidence = line(&trouble.message).to_owned();
    // What that node lacks is why, unless it drives out nobody else: pods go elsewhere, and lack comes with them.
    let alone = Some(*last).filter(|_| reason == EVICTED).and_then(|at| alone(case, node, at));
    found.next = match (&alone, lacks) {
        (Some(_), Some("memory")) if case.pod().is_none() => "{edit} sets a memory limit, {scale} to 0 ends it, {enter} shows its pods",
        _ => "{enter} shows its pods, {goto}nodes how the nodes are",
    }
    .to_owned();
    if !node.is_empty() {
        found.cause = alone.unwrap_or_else(|| Cause::Node(node.into()));
    }
    verdict.find(found);
}

/// The reason of a pod that failed through no fault of its program.
fn evicted<'a>(table: &'a Table, pod: &'a PodFacts) -> Option<(&'a str, &'a PodTrouble)> {
    let trouble = pod.trouble.as_deref()?;
    let reason = table.words().get(trouble.reason);
    REASONS.contains(&reason).then_some((reason, trouble))
}

/// What a node had too little of: `The node was low on resource: memory. Threshold quantity: ..`.
fn lacking(message: &str) -> Option<&str> {
    message.split_once("low on resource: ")?.1.split(['.', ' ']).next().filter(|what| !what.is_empty())
}
