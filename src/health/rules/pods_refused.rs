//! The API server takes no more pods of a workload or a job.

use super::webhook_down;
use crate::health::case::line;
use crate::health::refusal::{blamed, next, refused};
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::Severity;

pub(super) const RULE: Rule = Rule {
    name: "pods-refused",
    on: &[("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets"), ("batch", "jobs")],
    means: "It should have more pods, and the API server refuses to take them, most often by a quota, sometimes by a webhook or a rule of the namespace. \
            Its controller tries again and again; nothing else will tell.",
    helps: &[
        "Exceeded quota: raise the quota of the namespace, or free some of it by scaling something else down.",
        "Must specify: the quota wants each container to say what it asks for; a LimitRange in the namespace can say it for those that do not.",
        "Denied: the message names the webhook or the rule that says no, and what it does not like in the pod's template.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let (lacks, serving) = match &case.row.facts {
        Facts::Workload(w) => (w.observed && w.replicas < w.wanted && w.available < w.wanted, Some((w.available, w.wanted))),
        Facts::Job(_) => (true, None),
        _ => return,
    };
    let Some((since, message)) = refused(case, verdict).filter(|_| lacks) else { return };
    // Of a webhook that does not answer its own rule speaks.
    if webhook_down::unanswered(&message).is_some() {
        return;
    }
    let is_down = matches!(serving, Some((0, _)));
    let what = match serving {
        Some((available, wanted)) => format!("pods are refused, {available}/{wanted} available"),
        None => "its pods are refused, so it does not run".to_owned(),
    };
    let mut found = case.found(if is_down { Severity::Critical } else { Severity::Warning }, since, what);
    found.evidence = line(&message).to_owned();
    found.cause = blamed(case, &message).unwrap_or(found.cause);
    found.next = next(&message).to_owned();
    verdict.find(found);
}
