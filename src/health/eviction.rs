//! Whom a node drives out. Where that is one workload alone, it is the cause, wherever it goes next; else the node is.

use super::links::{Link, workload_of};
use super::Case;
use crate::model::facts::{Facts, PodFacts};
use crate::model::finding::Cause;
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::time::Timestamp;

/// The reason of a pod that its node has driven out.
pub(super) const EVICTED: &str = "Evicted";

/// True for a pod that its node has driven out.
pub(super) fn is_evicted(table: &Table, pod: &PodFacts) -> bool {
    pod.ended && pod.trouble.as_ref().is_some_and(|t| table.words().get(t.reason) == EVICTED)
}

/// When a pod ended.
pub(super) fn at(row: &Row, pod: &PodFacts) -> Option<Timestamp> {
    pod.ready_since.or(row.created)
}

/// The only workload, or pod without one, that a node drove out about that time.
pub(super) fn alone(case: &Case<'_>, node: &str, about: Timestamp) -> Option<Cause> {
    let pods = case.rows(Link::node(case.cluster(), node), "", "pods").filter(|(table, row)| {
        let Facts::Pod(pod) = &row.facts else { return false };
        is_evicted(table, pod) && at(row, pod).is_some_and(|at| at.0.abs_diff(about.0) < case.limits.event_over.unsigned_abs())
    });
    let mut causes = pods.map(|(table, row)| match workload_of(table, row) {
        Some((kind, name)) => Cause::Object(kind, table.words().get(row.namespace).into(), name.into()),
        None => Cause::itself(&table.object(row)),
    });
    let first = causes.next()?;
    causes.all(|cause| cause == first).then_some(first)
}
