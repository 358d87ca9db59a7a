//! A node has no network for pods.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::{Cause, Severity};

/// The condition.
pub(super) const KIND: &str = "NetworkUnavailable";

pub(super) const RULE: Rule = Rule {
    name: "node-network",
    on: &[("", "nodes")],
    means: "The network of a node is not set up: no route leads to its pods, so nobody reaches them from another node. New pods stay away from it.",
    helps: &[
        "The pods of the network plugin on that node, and what they log.",
        "In a cloud: the route controller, which may have run into a limit of the route table or into a missing right.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Node(node) = &case.row.facts else { return };
    let Some(condition) = node.pressures.iter().find(|p| case.word(p.kind) == KIND) else { return };
    // A new node begins without.
    if !case.is_due(verdict, case.created(), case.limits.not_ready) {
        return;
    }
    let mut found = case.found(Severity::Critical, condition.since.unwrap_or_else(|| case.created()), "no network for pods");
    found.evidence = line(&condition.message).to_owned();
    found.next = "{enter} shows its pods, {details} its conditions".to_owned();
    found.cause = Cause::Node(case.row.name.clone());
    verdict.find(found);
}
