//! All pods of a workload are in one place.

use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::Severity;

pub(super) const RULE: Rule = Rule {
    name: "spread",
    on: &[("apps", "deployments"), ("apps", "statefulsets")],
    means: "Every pod of this workload is on one node, or every node of it in one zone, though the cluster has others. All goes well until that node or zone is \
            lost; then nothing of it is left.",
    helps: &["Say topologySpreadConstraints for hostname and zone in the pod template.", "Delete one of the pods: the scheduler prefers a node without one."],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(workload) = case.workload().filter(|w| w.wanted > 1 && w.available >= w.wanted && w.replicas == w.wanted) else { return };
    let (nodes, zones) = case.choice;
    if !nodes || case.is_rolling() {
        return;
    }
    let mut pods = case.pods().filter(|(_, row, pod)| pod.ready && !pod.ended && row.going.is_none()).map(|(t, _, p)| t.words().get(p.node));
    let Some(node) = pods.next() else { return };
    let zone = zone(case, node);
    let (mut others, mut is_one_node) = (0, true);
    for other in pods {
        others += 1;
        is_one_node &= other == node;
        let is_one_zone = zones && zone.is_some() && self::zone(case, other) == zone;
        if !is_one_node && !is_one_zone {
            return;
        }
    }
    if others == 0 {
        return;
    }
    let place = if is_one_node { format!("node {node}") } else { format!("zone {}", zone.unwrap_or_default()) };
    let mut found = case.found(Severity::Info, case.created(), format!("all {} pods are in one place: {place}", workload.available));
    found.next = "{enter} shows its pods".to_owned();
    verdict.find(found);
}

/// The zone of a node, where that is known.
fn zone<'a>(case: &Case<'a>, node: &str) -> Option<&'a str> {
    let (table, row) = case.named("", "nodes", "", node)?;
    let Facts::Node(node) = &row.facts else { return None };
    Some(table.words().get(node.zone)).filter(|z| !z.is_empty())
}
