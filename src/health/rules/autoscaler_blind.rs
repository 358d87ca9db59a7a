//! An autoscaler does nothing, because it cannot.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{Condition, Facts};
use crate::model::finding::{Cause, Severity};

pub(super) const RULE: Rule = Rule {
    name: "autoscaler-blind",
    on: &[("autoscaling", "horizontalpodautoscalers")],
    means: "The autoscaler cannot tell how many pods are needed, or cannot set their number. It leaves everything as it is: more load brings no more pods, \
            and less load saves none.",
    helps: &[
        "No metrics at all: the metrics server (metrics.k8s.io), or the adapter for metrics of your own, is missing or does not answer.",
        "Missing request: a share of the request can only be told where every container requests that resource.",
        "FailedGetScale: what it is to scale does not exist under that kind and name.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Autoscaler(scaler) = &case.row.facts else { return };
    // Scaled to zero by hand, which turns it off.
    let Some(blind) = scaler.blind.as_deref().filter(|c| case.word(c.reason) != "ScalingDisabled") else { return };
    let since = blind.since.unwrap_or_else(|| case.created());
    // Pods that have only just started have no metrics yet.
    if !case.is_due(verdict, since, case.limits.autoscaler_limited) {
        return;
    }
    let what = match (case.word(blind.kind), case.word(blind.reason)) {
        ("AbleToScale", reason) => format!("cannot scale {} {}: {reason}", case.word(scaler.target_kind), case.word(scaler.target)),
        (_, reason) => format!("has no metrics to go by: {reason}"),
    };
    let mut found = case.found(Severity::Warning, since, what);
    found.evidence = line(&blind.message).to_owned();
    found.next = "{details} shows what it goes by, {events} what was tried".to_owned();
    if let Some(api) = missing_api(blind) {
        found.cause = Cause::Server(api.into());
    }
    verdict.find(found);
}

/// The API that the metrics would come from, where the server says that it is the one that does not answer.
fn missing_api(blind: &Condition) -> Option<&'static str> {
    let apis = [
        ("pods.metrics.k8s.io)", "v1beta1.metrics.k8s.io"),
        ("custom.metrics.k8s.io)", "v1beta1.custom.metrics.k8s.io"),
        ("external.metrics.k8s.io)", "v1beta1.external.metrics.k8s.io"),
    ];
    apis.into_iter().find(|(told, _)| blind.message.contains(told)).map(|(_, api)| api)
}
