//! A node was put aside and forgotten.

use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::{Cause, Severity};

pub(super) const RULE: Rule = Rule {
    name: "node-cordoned",
    on: &[("", "nodes")],
    means: "A node has taken no new pods for a long time, because somebody or something cordoned it. It costs as much as the others and carries less.",
    helps: &[
        "If the work on it is done, uncordon it.",
        "If it was to go, drain it and take it away: a drain may have stopped at a PodDisruptionBudget.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Node(node) = &case.row.facts else { return };
    if !node.cordoned || case.row.going.is_some() {
        return;
    }
    // Taints that the controller did not set tell no time.
    let since = node.cordoned_since.unwrap_or_else(|| case.since_seen(verdict));
    if !case.is_due(verdict, since, case.limits.cordoned) {
        return;
    }
    let mut found = case.found(Severity::Info, since, "cordoned for long: takes no new pods");
    found.next = "{enter} shows the pods that are still on it".to_owned();
    found.cause = Cause::Node(case.row.name.clone());
    verdict.find(found);
}
