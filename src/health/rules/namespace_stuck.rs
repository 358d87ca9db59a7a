//! A namespace was deleted and does not go.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::Severity;

pub(super) const RULE: Rule = Rule {
    name: "namespace-stuck",
    on: &[("", "namespaces")],
    means: "A namespace is being deleted and something in it does not go, so neither does the namespace, and nothing can be made in it meanwhile.",
    helps: &[
        "Content that remains: look at those objects. What holds them are finalizers, whose controller is gone or cannot do its work.",
        "Discovery failed: an aggregated API does not answer, and nobody can tell whether it has objects here. Mend or delete its APIService.",
        "Take a finalizer away by hand only when you know what it was to clean up: that stays behind then.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(going) = case.row.going.as_deref() else { return };
    if !case.is_due(verdict, going.at, case.limits.terminating) {
        return;
    }
    let why = if let Facts::Namespace(why) = &case.row.facts { Some(why) } else { None };
    let what = match why.map(|c| case.word(c.kind)) {
        Some("NamespaceFinalizersRemaining") => "does not go: finalizers in it remain",
        Some("NamespaceContentRemaining") => "does not go: objects in it remain",
        Some("NamespaceDeletionDiscoveryFailure" | "NamespaceDeletionGroupVersionParsingFailure") => {
            "does not go: part of the API does not answer"
        }
        Some("NamespaceDeletionContentFailure") => "does not go: objects in it cannot be deleted",
        _ => "does not go",
    };
    let mut found = case.found(Severity::Warning, going.at, what);
    found.evidence = why.map_or_else(String::new, |c| line(&c.message).to_owned());
    found.next = "{details} shows what holds it".to_owned();
    verdict.find(found);
}
