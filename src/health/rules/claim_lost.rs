//! The volume of a claim is gone.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::Severity;

pub(super) const RULE: Rule = Rule {
    name: "claim-lost",
    on: &[("", "persistentvolumeclaims")],
    means: "The volume that a claim was bound to does not exist any more, so its data cannot be reached, or is gone. Pods that use the claim go on as long as \
            they have it mounted, and do not start again.",
    helps: &[
        "Do not delete the claim before you know where the data is: the disk may still be there in the cloud or the storage system.",
        "A PersistentVolume made by hand for that disk, with a claimRef to a new claim, brings it back; else restore a backup.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Claim(claim) = &case.row.facts else { return };
    if case.word(claim.phase) != "Lost" {
        return;
    }
    let told = case.warning(&["ClaimLost", "ClaimMisbound"]);
    let since = told.as_ref().and_then(|(e, _)| e.first).unwrap_or_else(|| case.since_seen(verdict));
    let mut found = case.found(Severity::Critical, since, format!("its volume {} is lost", case.word(claim.volume)));
    found.evidence = told.map_or_else(String::new, |(_, message)| line(&message).to_owned());
    found.next = "{details} shows the volume it had, {events} what was told".to_owned();
    verdict.find(found);
}
