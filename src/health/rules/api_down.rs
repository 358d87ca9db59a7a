//! A part of the API does not answer, because the server behind it does not.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::{Cause, Severity};

pub(super) const RULE: Rule = Rule {
    name: "api-down",
    on: &[("apiregistration.k8s.io", "apiservices")],
    means: "Some kinds of the API are answered by a server of their own, and that one does not answer. Its kinds cannot be read or written; namespaces cannot be \
            deleted, as nobody can tell whether they are empty; tools that ask for all kinds get slow. Without metrics.k8s.io autoscalers are blind.",
    helps: &[
        "The message names what is wrong: no endpoints (the pods of its service), a time-out (a network policy or firewall between the API server and it), a \
         certificate.",
        "If nobody needs it any more, delete the APIService: leftovers of removed operators are common.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::ApiService(api) = &case.row.facts else { return };
    let Some(condition) = api.unavailable.as_deref().filter(|_| case.row.going.is_none()) else { return };
    let (namespace, service) = (case.word(api.service.0), case.word(api.service.1));
    if service.is_empty() {
        return;
    }
    let since = condition.since.unwrap_or_else(|| case.created());
    if !case.is_due(verdict, since, case.limits.no_endpoints) {
        return;
    }
    let severity = if case.row.name.ends_with("metrics.k8s.io") { Severity::Warning } else { Severity::Critical };
    let mut found = case.found(severity, since, format!("not available: service {namespace}/{service} does not answer"));
    found.evidence = line(&condition.message).to_owned();
    found.next = "{details} shows the service behind it".to_owned();
    found.cause = Cause::Server(case.row.name.clone());
    verdict.find(found);
}
