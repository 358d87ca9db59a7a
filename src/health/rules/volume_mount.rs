//! A volume does not come to its pod.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

/// What the attach controller and the kubelet say of it.
const REASONS: &[&str] = &["FailedAttachVolume", "FailedMount", "FailedMapVolume"];

pub(super) const RULE: Rule = Rule {
    name: "volume-mount",
    on: &[("", "pods")],
    means: "A pod has a node and cannot start there, because one of its volumes cannot be attached to the node or mounted. It is tried again all the time.",
    helps: &[
        "Multi-Attach: the volume can be on one node only and is still on another. If that node is well, its pod has to go first; if it is lost, the volume is \
         let go after about six minutes, or once the node has the taint out-of-service.",
        "A ConfigMap, Secret or key that is not found: make it, or mend its name in the pod's template.",
        "Time-outs: look at the storage driver's pods on that node, and at how many volumes it may have attached.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(pod) = case.pod().filter(|p| !p.ended && !p.ready && case.row.going.is_none()) else { return };
    // Once a container has run, the volumes are there.
    let mut containers = pod.trouble.iter().flat_map(|t| &t.containers);
    if pod.restarts > 0 || containers.any(|c| c.running || c.ended.is_some()) {
        return;
    }
    let Some((event, message)) = case.warning(REASONS) else { return };
    let last = event.last.unwrap_or_else(|| case.created());
    let over = Timestamp(last.0 + case.limits.event_over);
    // The first try often comes too early.
    if case.now() >= over || !case.is_due(verdict, case.created(), case.limits.claim_pending) {
        return;
    }
    verdict.again(over);
    let (verb, message) =
        (if message.contains("AttachVolume") || message.contains("Multi-Attach") { "attach" } else { "mount" }, line(&message));
    let volume = volume(message).map_or_else(|| "a volume".to_owned(), |name| format!("volume {name}"));
    let mut found = case.found(Severity::Critical, event.first.unwrap_or(last), format!("{volume} does not {verb}"));
    found.evidence = message.to_owned();
    found.next = "{events} shows what was tried, {details} its volumes".to_owned();
    verdict.find(found);
}

/// The volume that a message names: `for volume "data"`.
fn volume(message: &str) -> Option<&str> {
    message.split_once("for volume \"")?.1.split('"').next().filter(|name| !name.is_empty())
}
