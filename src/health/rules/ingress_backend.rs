//! An ingress leads to nobody.

use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::{Cause, Severity};
use crate::model::id::GroupResource;

pub(super) const RULE: Rule = Rule {
    name: "ingress-backend",
    on: &[("networking.k8s.io", "ingresses")],
    means: "An ingress sends requests to a service that is not there, or that has no pod that is ready. Whoever comes by that host and path gets an error \
            (502, 503 or 404, by controller).",
    helps: &[
        "If the service has no ready pods, what is wrong with them is the cause.",
        "If there is no such service: a slip in its name, or it was deleted or never installed. It has to be in the ingress's own namespace.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Ingress(ingress) = &case.row.facts else { return };
    if case.row.going.is_some() || !case.knows(verdict, "", "services") {
        return;
    }
    let missing = ingress.services.iter().filter(|s| case.named("", "services", case.namespace(), case.word(**s)).is_none());
    if missing.clone().next().is_some() {
        let since = case.since_seen(verdict);
        // What installs both does not always begin with the service.
        if case.is_due(verdict, since, case.limits.no_endpoints) {
            for service in missing {
                let name = case.word(*service);
                let mut found = case.found(Severity::Critical, since, format!("leads to service {name}, which is not there"));
                found.next = "{details} shows where it leads".to_owned();
                found.cause = Cause::Object(GroupResource::new("", "services"), case.namespace().into(), name.into());
                verdict.find(found);
            }
        }
    }
    for name in ingress.services.iter().map(|s| case.word(*s)) {
        let Some((_, service)) = case.named("", "services", case.namespace(), name) else { continue };
        let dead = case.findings(service.uid).iter().filter(|f| f.rule == super::no_endpoints::RULE.name);
        for finding in dead {
            let mut found = case.found(finding.severity, finding.since, format!("leads to service {name}: {}", finding.what));
            found.at_least = finding.at_least;
            found.evidence.clone_from(&finding.evidence);
            found.next = "{details} shows where it leads".to_owned();
            found.cause = finding.cause.clone();
            verdict.find(found);
        }
    }
}
