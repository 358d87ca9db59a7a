//! An object was to be gone long ago.

use crate::health::{Case, Rule, Verdict};
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "terminating",
    on: &[
        ("", "pods"),
        ("", "nodes"),
        ("apps", "deployments"),
        ("apps", "statefulsets"),
        ("apps", "daemonsets"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
        ("", "services"),
        ("networking.k8s.io", "ingresses"),
        ("autoscaling", "horizontalpodautoscalers"),
        ("policy", "poddisruptionbudgets"),
        ("", "persistentvolumeclaims"),
    ],
    means: "Somebody deleted the object and its time is up, but it is still there. Either a finalizer waits for a controller that has something to do first, or, of a \
            pod, its node does not say that the containers have ended.",
    helps: &[
        "Finalizers name who has to be done with it: see whether that controller runs and what its log says of this object.",
        "A claim that is protected goes once no pod uses it; find that pod.",
        "A pod on a lost node goes when the node comes back or its Node object is deleted. Taking a finalizer away by hand leaves behind what it was to clean up.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(going) = &case.row.going else { return };
    let due = Timestamp(going.at.0 + case.limits.terminating);
    if case.now() < due {
        return verdict.again(due);
    }
    let who: Vec<&str> = going.finalizers.iter().map(|f| case.word(*f)).collect();
    let what = match (&*who, case.pod()) {
        ([], Some(_)) => "was to be gone: its containers do not end".to_owned(),
        ([], None) => "was to be gone".to_owned(),
        ([one], _) => format!("was to be gone: waits for finalizer {one}"),
        ([first, rest @ ..], _) => format!("was to be gone: waits for finalizer {first} and {} more", rest.len()),
    };
    let mut found = case.found(Severity::Warning, going.at, what);
    found.evidence = who.join(", ");
    found.next = "{yaml} shows its finalizers, {events} what was tried".to_owned();
    verdict.find(found);
}
