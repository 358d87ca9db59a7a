//! A budget lets no pod be taken away.

use super::no_endpoints::{AGAIN, selected};
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{BudgetFacts, Facts};
use crate::model::finding::{Finding, Severity};
use crate::model::selector::Selector;
use crate::model::time::Timestamp;
use std::cmp::Reverse;

pub(super) const RULE: Rule = Rule {
    name: "no-disruption",
    on: &[("policy", "poddisruptionbudgets")],
    means: "A PodDisruptionBudget allows no pod to be evicted, so that no node with one of its pods can be drained: upgrades of the cluster and the \
            removal of nodes wait for it. Nothing fails for users by that.",
    helps: &[
        "If it leaves no room by itself (maxUnavailable 0, or minAvailable as large as the number of pods), give it room: maxUnavailable 1 is enough.",
        "With one replica there is no such room: run two, or accept that draining waits for somebody.",
        "If its pods are not healthy, mend them. unhealthyPodEvictionPolicy: AlwaysAllow lets those that are not ready be evicted.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Budget(budget) = &case.row.facts else { return };
    if budget.allowed > 0 || budget.expected == 0 {
        return;
    }
    let since = budget.since.unwrap_or_else(|| case.created());
    let pods = format!("{} of {} pods healthy, {} needed", budget.healthy, budget.expected, budget.desired);
    let found = if budget.desired >= budget.expected {
        case.found(Severity::Info, since, format!("allows no disruption by what it says: {pods}"))
    } else if case.is_due(verdict, since, case.limits.no_disruption) {
        case.found(Severity::Warning, since, format!("allows no disruption: {pods}"))
    } else {
        return;
    };
    // Where its pods are not healthy, what is wrong with them is why.
    let cause = sick(case, budget).map_or(found.cause, |f| f.cause.clone());
    verdict.again(Timestamp(case.now().0 + AGAIN));
    let next = "{enter} shows its pods, {details} what it asks for".to_owned();
    verdict.find(crate::health::Found { next, cause, ..found });
}

/// The worst that was found of its pods, where too few are healthy.
fn sick<'a>(case: &Case<'a>, budget: &BudgetFacts) -> Option<&'a Finding> {
    let text = budget.selector.as_ref().filter(|_| budget.healthy < budget.expected)?.get(case.table.words());
    let selector = Selector::parse(text).ok()?;
    let found = selected(case, &selector).flat_map(|(row, _)| case.findings(row.uid));
    found.filter(|f| f.severity > Severity::Info).max_by_key(|f| (f.severity, Reverse(f.since)))
}
