//! An autoscaler would like more pods than it may have.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{AutoscalerFacts, Facts, Metric};
use crate::model::finding::Severity;

pub(super) const RULE: Rule = Rule {
    name: "autoscaler-limited",
    on: &[("autoscaling", "horizontalpodautoscalers")],
    means: "There is more load than the pods should carry, and the autoscaler has already asked for as many as its maximum allows. From here on, more load \
            makes everything slower.",
    helps: &[
        "If the load is real, raise maxReplicas, and see that nodes and quotas have room for that.",
        "If it is not, look for what causes it: retries, a loop, a slow dependency.",
        "Maximum and minimum alike turn the autoscaler off: then this is how it was meant.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Autoscaler(scaler) = &case.row.facts else { return };
    let Some(limited) = scaler.limited.as_deref().filter(|c| case.word(c.reason) == "TooManyReplicas") else { return };
    if scaler.max <= scaler.min || scaler.metric.as_ref().is_some_and(|m| m.current.is_some_and(|now| now <= m.target)) {
        return;
    }
    let since = limited.since.unwrap_or_else(|| case.created());
    if !case.is_due(verdict, since, case.limits.autoscaler_limited) {
        return;
    }
    let mut found = case.found(Severity::Warning, since, format!("at its maximum of {}{}", scaler.max, load(case, scaler)));
    found.evidence = line(&limited.message).to_owned();
    found.next = "{autoscale} raises it, {details} shows what it goes by, {enter} what it scales".to_owned();
    verdict.find(found);
}

/// As `, cpu 97% of 80%`.
fn load(case: &Case<'_>, scaler: &AutoscalerFacts) -> String {
    let Some(metric @ Metric { name, current: Some(current), target, .. }) = &scaler.metric else { return String::new() };
    let value = |n: i64| if metric.percent { format!("{n}%") } else { thousandths(n) };
    format!(", {} {} of {}", case.word(*name), value(*current), value(*target))
}

/// As a quantity.
fn thousandths(n: i64) -> String {
    if n % 1_000 == 0 { (n / 1_000).to_string() } else { format!("{n}m") }
}
