//! How panes share the screen: a tree of rows and columns, in which each part has a share of the room.
//!
//! What a leaf is, is left open: a layout that is kept names its panes, the workspace has them in its own tree.

use std::collections::BTreeMap;

/// Which way the parts of a split follow one another.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Axis {
    /// One under the other.
    Rows,
    /// Side by side.
    Columns,
}

/// A part of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree<L> {
    /// A pane.
    Pane(L),
    /// Parts that follow one another, each with its share.
    Split(Axis, Vec<(u16, Tree<L>)>),
}

/// The panes as they are kept: each as it would be asked for, a kind and perhaps a filter (`pods /web`).
pub type Layout = Tree<String>;

/// The layouts that the user has named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layouts {
    /// By name.
    pub named: BTreeMap<String, Layout>,
    /// The one that is in use; the built-in one if `None`.
    pub last: Option<String>,
}

impl Layouts {
    /// The layout to begin with, where it is one of the user's own.
    pub fn in_use(&self) -> Option<&Layout> {
        self.named.get(self.last.as_ref()?)
    }
}

impl<L> Tree<L> {
    /// The panes, in reading order.
    pub fn panes(&self) -> Vec<&L> {
        match self {
            Self::Pane(pane) => vec![pane],
            Self::Split(_, parts) => parts.iter().flat_map(|(_, part)| part.panes()).collect(),
        }
    }

    /// The same, to be changed.
    pub fn panes_mut(&mut self) -> Vec<&mut L> {
        match self {
            Self::Pane(pane) => vec![pane],
            Self::Split(_, parts) => parts.iter_mut().flat_map(|(_, part)| part.panes_mut()).collect(),
        }
    }

    /// How many panes there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Pane(_) => 1,
            Self::Split(_, parts) => parts.iter().map(|(_, part)| part.len()).sum(),
        }
    }

    /// True where there is no pane at all, which no tree that is shown is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same shape with other panes.
    pub fn map<M>(&self, pane: &mut impl FnMut(&L) -> M) -> Tree<M> {
        match self {
            Self::Pane(this) => Tree::Pane(pane(this)),
            Self::Split(axis, parts) => Tree::Split(*axis, parts.iter().map(|(share, part)| (*share, part.map(pane))).collect()),
        }
    }

    /// Gives half of the room of a pane, by its place in reading order, to a new one that follows it.
    pub fn split(&mut self, at: usize, axis: Axis, new: L) {
        match self {
            Self::Pane(_) => {
                let old = std::mem::replace(self, Self::Split(axis, Vec::new()));
                if let Self::Split(_, parts) = self {
                    parts.extend([(1, old), (1, Self::Pane(new))]);
                }
            }
            Self::Split(_, parts) => {
                if let Some((part, at)) = part_of(parts, at) {
                    part.1.split(at, axis, new);
                }
            }
        }
    }

    /// Takes a pane away; its neighbours get its room. The last one stays: false.
    pub fn close(&mut self, at: usize) -> bool {
        let Self::Split(_, parts) = self else { return false };
        let Some((part, within)) = part_of(parts, at) else { return false };
        if !part.1.close(within) {
            let mut first = 0;
            parts.retain(|(_, part)| {
                let here = first;
                first += part.len();
                here != at
            });
        }
        if let [_] = parts.as_slice()
            && let Some((_, only)) = parts.pop()
        {
            *self = only;
        }
        true
    }
}

/// The part that has the pane of this place, and the pane's place in it.
fn part_of<L>(parts: &mut [(u16, Tree<L>)], at: usize) -> Option<(&mut (u16, Tree<L>), usize)> {
    let mut first = 0;
    parts.iter_mut().find_map(|part| {
        let here = first;
        first += part.1.len();
        (at < first).then_some((part, at - here))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Op {
        Split(usize, bool),
        Close(usize),
    }

    fn ops() -> impl Strategy<Value = Vec<Op>> {
        let op = prop_oneof![(0..9usize, any::<bool>()).prop_map(|(at, rows)| Op::Split(at, rows)), (0..9usize).prop_map(Op::Close)];
        prop::collection::vec(op, 0..30)
    }

    fn is_tidy(tree: &Tree<usize>) -> bool {
        match tree {
            Tree::Pane(_) => true,
            Tree::Split(_, parts) => parts.len() > 1 && parts.iter().all(|(share, part)| *share > 0 && is_tidy(part)),
        }
    }

    proptest! {
        /// A list of panes is the oracle: splitting puts the new one behind the old, closing takes just that one, the last one stays.
        #[test]
        fn splitting_and_closing_keep_the_order_and_lose_nobody(ops in ops()) {
            let (mut tree, mut list) = (Tree::Pane(0), vec![0]);
            for (i, op) in ops.into_iter().enumerate() {
                match op {
                    Op::Split(at, rows) => {
                        let at = at % list.len();
                        tree.split(at, if rows { Axis::Rows } else { Axis::Columns }, i + 1);
                        list.insert(at + 1, i + 1);
                    }
                    Op::Close(at) => {
                        let at = at % list.len();
                        let closed = tree.close(at);
                        prop_assert_eq!(closed, list.len() > 1);
                        if closed {
                            list.remove(at);
                        }
                    }
                }
                prop_assert_eq!(tree.panes().into_iter().copied().collect::<Vec<_>>(), list.clone());
                prop_assert_eq!(tree.len(), list.len());
                prop_assert!(is_tidy(&tree), "{:?}", tree);
            }
        }
    }
}
