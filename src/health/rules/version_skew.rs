//! Nodes are older than their control plane allows.

use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::{Cause, Severity};
use crate::model::time::Timestamp;

/// Until a server has said its version, and after it may have been upgraded, it is looked at again.
const AGAIN: i64 = 60;

pub(super) const RULE: Rule = Rule {
    name: "version-skew",
    on: &[("", "nodes")],
    means: "A node's kubelet and the control plane are too many minor versions apart. Kubernetes supports kubelets up to three behind, and none that are ahead; \
            beyond that, features fail in odd ways, and before that, the control plane cannot be upgraded any further.",
    helps: &[
        "Upgrade the node pool, or replace its nodes by new ones.",
        "A kubelet ahead of the control plane: upgrade the control plane, which has to come first.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Node(node) = &case.row.facts else { return };
    let server = case.world.cluster(case.cluster()).map_or("", |c| &c.about.version);
    if server.is_empty() {
        return verdict.again(Timestamp(case.now().0 + AGAIN));
    }
    let kubelet = case.word(node.version);
    let (Some((major, theirs)), Some((of, ours))) = (minor(server), minor(kubelet)) else { return };
    let behind = theirs - ours;
    if major != of || (0..case.limits.version_skew).contains(&behind) {
        return;
    }
    let apart = if behind < 0 { "ahead of".to_owned() } else { format!("{behind} minor versions behind") };
    let mut found = case.found(Severity::Warning, case.created(), format!("kubelet {kubelet} is {apart} the control plane"));
    found.evidence = format!("control plane {server}");
    found.next = "{details} shows the node's versions".to_owned();
    found.cause = Cause::Cluster;
    verdict.find(found);
}

/// Major and minor of a version such as `v1.33.5-eks-3025e55`.
fn minor(version: &str) -> Option<(i64, i64)> {
    let mut parts = version.strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
