//! A rollout waits for somebody.

use crate::health::{Case, Rule, Verdict};
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

pub(super) const RULE: Rule = Rule {
    name: "paused",
    on: &[("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets")],
    means: "Somebody paused the rollout, or the update strategy leaves it to a person to go on. Old and new revisions run side by side, and releases that are \
            delivered in the meantime do not go out.",
    helps: &["Resume it if whoever paused it is done.", "With the strategy OnDelete, pods get the new revision as each is deleted; with a partition, as that is lowered."],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(workload) = case.workload().filter(|w| w.paused && w.wanted > 0) else { return };
    let told = workload.progressing.as_ref().filter(|p| case.word(p.reason) == "DeploymentPaused").and_then(|p| p.since);
    // Kinds that do not say since when wait since their newest pod came.
    let since = told.or_else(|| case.pods().filter_map(|(_, row, _)| row.created).max()).unwrap_or_else(|| case.created());
    let due = Timestamp(since.0 + case.limits.paused);
    if case.now() < due {
        return verdict.again(due);
    }
    let is_between = workload.updated < workload.replicas;
    let severity = if is_between { Severity::Warning } else { Severity::Info };
    let mut found = case.found(severity, since, format!("rollout paused, {}/{} updated", workload.updated, workload.wanted));
    // What waits by its strategy or a partition is not resumed.
    let is_resumed = &*case.table.want.kind.resource == "deployments";
    let resume = if is_resumed { "{resume} lets it go on, " } else { "" };
    found.next = format!("{resume}{{yaml}} shows what was asked for, {{enter}} its pods");
    verdict.find(found);
}
