//! Objects cannot be made, because a webhook that is asked about them does not answer.

use crate::health::case::line;
use crate::health::refusal::refused;
use crate::health::{Case, Rule, Verdict};
use crate::model::finding::{Cause, Severity};

pub(super) const RULE: Rule = Rule {
    name: "webhook-down",
    on: &[("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets"), ("batch", "jobs")],
    means: "Before it makes a pod, the API server asks an admission webhook, and that one does not answer. Its failurePolicy says Fail, so the pod is refused: \
            nothing that the webhook is asked about can be made or changed, while what runs goes on. It gets worse with every pod that is lost.",
    helps: &[
        "Bring its pods back: the message names the service that should have answered. If they cannot start because they are asked about too, exempt their \
         namespace in the webhook configuration.",
        "A certificate that is unknown or expired: the caBundle of the configuration, and what renews it (cert-manager).",
        "In an emergency, set failurePolicy to Ignore or delete the configuration, knowing what it was there to enforce.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some((since, message)) = refused(case, verdict) else { return };
    let Some(name) = unanswered(&message) else { return };
    let mut found = case.found(Severity::Critical, since, format!("pods are refused: webhook {name} does not answer"));
    found.evidence = line(&message).to_owned();
    found.next = "{events} shows what was refused".to_owned();
    found.cause = Cause::Server(name.into());
    verdict.find(found);
}

/// The webhook that did not answer, as a message names it: `failed calling webhook "pods.example.com"`.
pub(super) fn unanswered(message: &str) -> Option<&str> {
    message.split_once("failed calling webhook \"")?.1.split('"').next().filter(|name| !name.is_empty())
}
