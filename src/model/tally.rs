//! What the pods of a table ask for together, node by node, kept true change by change: nobody looks at all pods to know it.

use super::facts::Facts;
use super::row::Row;
use super::words::{Sym, Words};
use std::collections::HashMap;

/// Sums by the name of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(HashMap<Box<str>, Sum>);

/// What the pods of a node are together.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many there are.
    pub pods: u32,
    /// Thousandths of a core that they ask for.
    pub cpu: u64,
    /// Bytes that they ask for.
    pub memory: u64,
}

impl Tally {
    /// The sum of a node; nothing where it has no pods.
    pub fn of(&self, node: &str) -> Sum {
        self.0.get(node).copied().unwrap_or_default()
    }

    /// A row has come.
    pub(super) fn add(&mut self, row: &Row, words: &Words) {
        let Some((node, it)) = counted(row) else { return };
        let node = words.get(node);
        if !self.0.contains_key(node) {
            self.0.insert(node.into(), Sum::default());
        }
        if let Some(sum) = self.0.get_mut(node) {
            *sum = Sum { pods: sum.pods + 1, cpu: sum.cpu.saturating_add(it.cpu), memory: sum.memory.saturating_add(it.memory) };
        }
    }

    /// A row has gone, or is about to be another.
    pub(super) fn remove(&mut self, row: &Row, words: &Words) {
        let Some((node, it)) = counted(row) else { return };
        let node = words.get(node);
        let Some(sum) = self.0.get_mut(node) else { return };
        *sum = Sum { pods: sum.pods.saturating_sub(1), cpu: sum.cpu.saturating_sub(it.cpu), memory: sum.memory.saturating_sub(it.memory) };
        if sum.pods == 0 {
            self.0.remove(node);
        }
    }
}

/// What a row adds to its node. A pod that has ended holds nothing any more, and one without a node nothing yet.
fn counted(row: &Row) -> Option<(Sym, Sum)> {
    let Facts::Pod(pod) = &row.facts else { return None };
    let sum = Sum { pods: 1, cpu: pod.requests.cpu.into(), memory: pod.requests.memory };
    (pod.node != Sym::EMPTY && !pod.ended).then_some((pod.node, sum))
}
