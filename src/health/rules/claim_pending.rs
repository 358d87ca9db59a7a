//! A claim gets no volume.

use crate::health::case::line;
use crate::health::links::Link;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::{Facts, PodFacts};
use crate::model::finding::Severity;
use crate::model::row::Row;

/// Why no volume comes, where somebody warned. That nobody makes one for a claim without a class is told as a normal event.
const REASONS: &[&str] = &["ProvisioningFailed", "VolumeMismatch"];

pub(super) const RULE: Rule = Rule {
    name: "claim-pending",
    on: &[("", "persistentvolumeclaims")],
    means: "A PersistentVolumeClaim has asked for a volume and gets none: its pod waits for it, the storage driver refuses, or it names no class and no volume \
            is there that fits. A claim that only waits for its first pod is as it should be, and not told.",
    helps: &[
        "ProvisioningFailed: the storage driver says why, as a limit of the cloud, a missing right, a class with wrong parameters.",
        "No class and no default one: the claim waits for a volume made by hand. Name a storage class; a claim's class cannot be changed, so make it anew.",
        "A zone: volumes of most clouds are in one, and a pod that may only run elsewhere cannot have them.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Claim(claim) = &case.row.facts else { return };
    if case.word(claim.phase) != "Pending" || case.row.going.is_some() {
        return;
    }
    let warning = case.warning(REASONS);
    let waiting = waiting(case);
    // Without a class a claim waits for no pod, only for a volume that somebody makes.
    let class = case.word(claim.class);
    if warning.is_none() && waiting.is_none() && !class.is_empty() {
        return;
    }
    let since = waiting.as_ref().and_then(|(row, _)| row.created).max(Some(case.created())).unwrap_or_default();
    if !case.is_due(verdict, since, case.limits.claim_pending) {
        return;
    }
    let class = if class.is_empty() { "no storage class".to_owned() } else { format!("class {class}") };
    let (severity, waits) = match &waiting {
        Some((pod, _)) => (Severity::Critical, format!(", pod {} waits for it", pod.name)),
        None => (Severity::Warning, String::new()),
    };
    let mut found = case.found(severity, since, format!("no volume, {class}{waits}"));
    found.evidence = warning.map(|(_, message)| line(&message).to_owned()).or(waiting.map(|(_, told)| told)).unwrap_or_default();
    found.next = "{events} shows what the provisioner says, {details} the class".to_owned();
    verdict.find(found);
}

/// The first pod that waits for this claim and not for something else, and the scheduler's words.
fn waiting<'a>(case: &Case<'a>) -> Option<(&'a Row, String)> {
    let pods = case.rows(Link::claim(case.cluster(), case.namespace(), &case.row.name), "", "pods");
    let waits = pods.filter_map(|(_, row)| match &row.facts {
        Facts::Pod(pod) if !pod.ended && row.going.is_none() => Some((row, words(pod)?)),
        _ => None,
    });
    waits.min_by_key(|(row, _)| row.created)
}

/// What the scheduler says of a pod that has to wait for a volume; nothing of one that waits for room, which a claim then waits for too.
fn words(pod: &PodFacts) -> Option<String> {
    let told = pod.trouble.as_ref()?.unscheduled.as_ref()?;
    let message = told.message.to_ascii_lowercase();
    let is_ours = ["persistentvolumeclaim", "persistent volume", "volume binding", "storage"].iter().any(|w| message.contains(w));
    is_ours.then(|| line(&told.message).to_owned())
}
