//! A quota is nearly used up.

use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{Facts, QuotaItem};
use crate::model::finding::{Cause, Severity};

pub(super) const RULE: Rule = Rule {
    name: "quota-full",
    on: &[("", "resourcequotas")],
    means: "A namespace has used nearly all that its quota gives it. Once that is gone, new pods and other objects are refused: rollouts stop half-way and \
            autoscalers add nothing, while what runs goes on.",
    helps: &[
        "Raise the quota, or take away what is not needed: old jobs, claims, deployments that rest.",
        "Requests count, not use: pods that request much more than they use fill a quota for nothing.",
        "A rollout needs room for its surge: a quota that just fits does not let it through.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Quota(quota) = &case.row.facts else { return };
    for item in quota.items.iter().filter(|i| i.hard > 0) {
        let percent = i128::from(item.used) * 100 / i128::from(item.hard);
        if percent < i128::from(case.limits.quota) {
            continue;
        }
        let resource = case.word(item.resource);
        let since = case.since_seen(verdict);
        let mut found = case.found(severity(resource, *item), since, format!("{percent}% of {resource} is used"));
        found.evidence = told(case, resource).unwrap_or_default();
        found.next = "{edit} raises it, if that is yours to do; {details} shows all that it limits".to_owned();
        found.cause = Cause::Quota(case.namespace().into());
        verdict.find(found);
    }
}

/// So many load balancers and not one more is how it was meant; with what pods run on it is seldom so.
fn severity(resource: &str, item: QuotaItem) -> Severity {
    let runs = ["cpu", "memory", "storage", "pods", "persistentvolumeclaims"].iter().any(|r| resource.ends_with(r));
    if runs && item.hard > 1_000 { Severity::Warning } else { Severity::Info }
}

/// The server's figures, as kubectl shows them: `requests.cpu: 9500m/10`.
fn told(case: &Case<'_>, resource: &str) -> Option<String> {
    ["REQUEST", "LIMIT"].into_iter().find_map(|title| {
        let text = case.text(title)?;
        text.split(", ").find(|part| part.strip_prefix(resource).is_some_and(|rest| rest.starts_with(':'))).map(str::to_owned)
    })
}
