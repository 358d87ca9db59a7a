//! A workload has fewer pods than it should, and no rollout is under way.

use crate::health::refusal::refused;
use crate::health::{Case, Rule, Verdict};
use crate::model::finding::{Cause, Severity};
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "replicas-missing",
    on: &[("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets")],
    means: "Fewer pods serve than were asked for. Pods that were there do not become ready again. What is left carries the whole load.",
    helps: &[
        "Pods that are there but not ready say themselves what is wrong with them.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(workload) = case.workload().filter(|w| w.available < w.wanted && w.observed && case.row.going.is_none()) else { return };
    let what = format!("{}/{} available", workload.available, workload.wanted);
    let severity = if workload.available == 0 { Severity::Critical } else { Severity::Warning };
    // That of pods which are refused is told already.
    if refused(case, verdict).is_some_and(|_| workload.replicas < workload.wanted) {
        return;
    }
    if case.is_rolling() {
        return;
    }
    let missing = case.pods().filter(|(_, row, pod)| !pod.ready && !pod.ended && row.going.is_none());
    let Some(since) = missing.filter_map(|(_, row, pod)| pod.ready_since.or(row.created)).min() else { return };
    let due = Timestamp(since.0 + case.limits.replicas_missing);
    let worst = case.worst_of_pods();
    // What finds no room has waited for long enough already.
    let lacks_room = worst.is_some_and(|f| matches!(f.cause, Cause::Room(_)));
    if case.now() < due && !lacks_room {
        return verdict.again(due);
    }
    let mut found = case.found(severity, since, format!("pods are missing, {what}"));
    found.next = "{enter} shows its pods".to_owned();
    if let Some(worst) = worst {
        found.next = match worst.rule {
            "oom-killed" => "{edit} raises its memory limit, {undo} goes back, {enter} shows its pods",
            "image-pull" => "{image} sets another image, {undo} goes back, {enter} shows its pods",
            "crash-loop" | "container-config" | "liveness" => "{enter} shows its pods and {details} there why, {undo} goes back, {edit} changes it",
            _ => "{enter} shows its pods",
        }
        .to_owned();
        found.evidence = if worst.evidence.is_empty() { worst.what.clone() } else { format!("{}: {}", worst.what, worst.evidence) };
        found.cause = worst.cause.clone();
    }
    verdict.find(found);
}
