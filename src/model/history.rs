//! How a number went: the last few values of what changes, and nothing of what does not.

use super::id::Uid;
use std::collections::{HashMap, VecDeque};

/// So many values are kept of each.
pub const SAMPLES: usize = 32;
/// So many histories are kept of a table; those that have not moved for longest are forgotten first.
const HISTORIES: usize = 1_000;

/// Values by uid, the last one last.
#[derive(Clone, Debug, Default)]
pub struct Histories {
    of: HashMap<Uid, History>,
    moves: u64,
}

#[derive(Clone, Debug, Default)]
struct History {
    values: VecDeque<u32>,
    moved: u64,
}

impl Histories {
    /// The values of an object, the last one last; none where it never changed.
    pub fn of(&self, uid: Uid) -> impl Iterator<Item = u32> {
        self.of.get(&uid).into_iter().flat_map(|h| h.values.iter().copied())
    }

    /// A value has become another.
    pub(super) fn moved(&mut self, uid: Uid, from: u32, to: u32) {
        if from == to {
            return;
        }
        self.moves += 1;
        let history = self.of.entry(uid).or_default();
        if history.values.is_empty() {
            history.values.push_back(from);
        }
        history.values.push_back(to);
        history.moved = self.moves;
        while history.values.len() > SAMPLES {
            history.values.pop_front();
        }
        if self.of.len() > HISTORIES
            && let Some(idle) = self.of.iter().min_by_key(|(_, h)| h.moved).map(|(uid, _)| *uid)
        {
            self.of.remove(&idle);
        }
    }

    /// The object is gone.
    pub(super) fn forget(&mut self, uid: Uid) {
        self.of.remove(&uid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uid(n: u32) -> Uid {
        Uid::parse(&format!("{n:032x}"))
    }

    proptest! {
        #[test]
        fn what_is_kept_is_the_end_of_all_that_was(values in prop::collection::vec(0u32..4, 2..90)) {
            let mut histories = Histories::default();
            values.windows(2).for_each(|w| histories.moved(uid(1), w[0], w[1]));
            let mut all = values.clone();
            all.dedup();
            let all = if all.len() > 1 { all } else { Vec::new() };
            prop_assert_eq!(histories.of(uid(1)).collect::<Vec<_>>(), &all[all.len().saturating_sub(SAMPLES)..]);
        }
    }

    #[test]
    fn there_are_not_more_than_so_many() {
        let mut histories = Histories::default();
        (0..HISTORIES as u32 + 9).for_each(|n| histories.moved(uid(n), 1, 2));
        assert_eq!(histories.of.len(), HISTORIES);
        assert_eq!((histories.of(uid(0)).count(), histories.of(uid(9)).count()), (0, 2), "the idle ones went first");
        histories.forget(uid(9));
        assert_eq!(histories.of(uid(9)).count(), 0);
    }
}
