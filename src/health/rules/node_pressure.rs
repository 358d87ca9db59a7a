//! A node runs out of something.

use crate::health::case::line;
use crate::health::eviction::alone;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::{Cause, Severity};

pub(super) const RULE: Rule = Rule {
    name: "node-pressure",
    on: &[("", "nodes")],
    means: "A node is short of memory, disk or process numbers. It takes no new pods of certain kinds, and its kubelet evicts pods until it is better.",
    helps: &[
        "DiskPressure: images, logs of containers, emptyDir volumes. Free some, or give the nodes larger disks.",
        "MemoryPressure: pods that use more than they requested. Requests near what they really use keep them apart.",
        "PIDPressure: a program that starts processes without end.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Node(node) = &case.row.facts else { return };
    for pressure in node.pressures.iter().filter(|p| case.word(p.kind) != super::node_network::KIND) {
        let since = pressure.since.unwrap_or_else(|| case.created());
        let what = match case.word(pressure.kind) {
            "MemoryPressure" => "short of memory",
            "DiskPressure" => "short of disk",
            "PIDPressure" => "short of process numbers",
            other => other,
        };
        let mut found = case.found(Severity::Warning, since, what);
        found.evidence = line(&pressure.message).to_owned();
        found.next = "{enter} shows its pods, {events} what was evicted".to_owned();
        found.cause = alone(case, &case.row.name, since).unwrap_or_else(|| Cause::Node(case.row.name.clone()));
        verdict.find(found);
    }
}
