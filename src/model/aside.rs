//! What is known of a table's rows together, kept true change by change, so that nobody looks at all rows to know it.

use super::facts::Facts;
use super::history::Histories;
use super::id::Uid;
use super::row::Row;
use super::tally::Tally;
use super::words::Words;
use std::collections::HashMap;

/// The Deployment that adds nodes where pods find no room, as everybody's manifests and charts call it.
const ADDS_NODES: &str = "cluster-autoscaler";

/// What a table knows beside its rows.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// Of pods: what they ask for, by node.
    pub tally: Tally,
    /// Of what scales: the replicas that were wanted. Of autoscalers: what their metric was.
    pub histories: Histories,
    /// How many rows are not healthy.
    pub unhealthy: usize,
    /// Of Deployments: how many of them add nodes.
    pub add_nodes: usize,
    /// Autoscalers by what they scale.
    scalers: HashMap<Uid, Uid>,
}

impl Aside {
    /// Of autoscalers: the one that scales an object of this kind, as `Deployment`.
    pub fn scaler(&self, namespace: &str, kind: &str, name: &str) -> Option<Uid> {
        self.scalers.get(&scaled(namespace, kind, name)).copied()
    }

    /// A row has come, gone, or become another.
    pub(super) fn change(&mut self, old: Option<&Row>, new: Option<&Row>, words: &Words) {
        match (old, new) {
            (Some(old), Some(new)) => {
                if let (Some(from), Some(to)) = (number(old), number(new)) {
                    self.histories.moved(new.uid, from, to);
                }
            }
            (Some(old), None) => self.histories.forget(old.uid),
            (None, _) => {}
        }
        if let Some(old) = old {
            self.unhealthy -= usize::from(old.health.is_unhealthy());
            self.add_nodes -= usize::from(adds_nodes(old));
            self.tally.remove(old, words);
            if let Some(scaled) = scales(old, words)
                && self.scalers.get(&scaled) == Some(&old.uid)
            {
                self.scalers.remove(&scaled);
            }
        }
        if let Some(new) = new {
            self.unhealthy += usize::from(new.health.is_unhealthy());
            self.add_nodes += usize::from(adds_nodes(new));
            self.tally.add(new, words);
            self.scalers.extend(scales(new, words).map(|scaled| (scaled, new.uid)));
        }
    }
}

/// The number whose course is kept.
fn number(row: &Row) -> Option<u32> {
    match &row.facts {
        Facts::Workload(workload) => Some(workload.wanted),
        Facts::Autoscaler(scaler) => scaler.metric.as_ref()?.current.map(|n| n.clamp(0, u32::MAX.into()) as u32),
        _ => None,
    }
}

fn adds_nodes(row: &Row) -> bool {
    matches!(row.facts, Facts::Workload(_)) && &*row.name == ADDS_NODES
}

/// What an autoscaler scales.
fn scales(row: &Row, words: &Words) -> Option<Uid> {
    let Facts::Autoscaler(scaler) = &row.facts else { return None };
    Some(scaled(words.get(row.namespace), words.get(scaler.target_kind), words.get(scaler.target)))
}

fn scaled(namespace: &str, kind: &str, name: &str) -> Uid {
    Uid::of_name(&format!("{namespace}/{kind}"), name)
}
