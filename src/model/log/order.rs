//! Names of lines in their order, in blocks: one that comes late moves those of its block, and not all that are newer.

use super::Spot;
use std::collections::VecDeque;

/// A block is begun behind one of so many, and one of more than twice as many is halved.
const BLOCK: usize = if cfg!(test) { 4 } else { 1 << 10 };

/// So many at a time are put in one by one, which moves memory and looks at none of it.
const FEW: usize = if cfg!(test) { 2 } else { 16 };

/// The names, each once.
#[derive(Debug, Default)]
pub struct Order {
    /// None of them is empty.
    blocks: VecDeque<VecDeque<Spot>>,
    /// Where each block begins, counted from the first line that there ever was.
    starts: VecDeque<usize>,
    /// How many of those have gone at the front.
    gone: usize,
}

impl Order {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.back().zip(self.blocks.back()).map_or(0, |(start, block)| start + block.len() - self.gone)
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The first of all.
    pub fn first(&self) -> Option<Spot> {
        self.blocks.front()?.front().copied()
    }

    /// The one at a place.
    pub fn get(&self, place: usize) -> Option<Spot> {
        let place = place + self.gone;
        let block = self.starts.partition_point(|start| *start <= place).checked_sub(1)?;
        self.blocks.get(block)?.get(place - self.starts.get(block)?).copied()
    }

    /// The place of one, or the one where it would be.
    pub fn place(&self, spot: Spot) -> usize {
        let at = self.block(spot);
        match self.blocks.get(at).zip(self.starts.get(at)) {
            Some((block, start)) => start - self.gone + block.partition_point(|s| *s < spot),
            None => self.len(),
        }
    }

    /// True where it is there.
    pub fn contains(&self, spot: Spot) -> bool {
        self.blocks.get(self.block(spot)).is_some_and(|block| block.binary_search(&spot).is_ok())
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Spot> {
        self.blocks.iter().flatten()
    }

    /// Takes in some that are in order and not there yet.
    pub fn merge(&mut self, mut spots: &[Spot]) {
        let mut changed = self.blocks.len();
        while let Some(first) = spots.first() {
            let mut at = self.block(*first);
            let last = self.blocks.get(at).and_then(VecDeque::back).copied();
            if last.is_none() && self.blocks.back().is_some_and(|block| block.len() < BLOCK) {
                at -= 1;
            } else if last.is_none() {
                self.blocks.push_back(VecDeque::new());
            }
            let here = last.map_or(spots.len(), |last| spots.partition_point(|spot| *spot < last)).clamp(1, BLOCK);
            let (here, later) = spots.split_at(here);
            if let Some(block) = self.blocks.get_mut(at) {
                merge(block, here);
            }
            self.halve(at);
            changed = changed.min(at);
            spots = later;
        }
        self.count(changed);
    }

    /// Takes one away. True where it was there.
    pub fn remove(&mut self, spot: Spot) -> bool {
        let at = self.block(spot);
        let Some(block) = self.blocks.get_mut(at) else { return false };
        let Ok(place) = block.binary_search(&spot) else { return false };
        block.remove(place);
        if block.is_empty() {
            self.blocks.remove(at);
        }
        self.count(at);
        true
    }

    /// Takes the first away.
    pub fn pop_first(&mut self) -> Option<Spot> {
        let block = self.blocks.front_mut()?;
        let first = block.pop_front();
        self.gone += 1;
        if block.is_empty() {
            self.blocks.pop_front();
            self.starts.pop_front();
        } else if let Some(start) = self.starts.front_mut() {
            *start = self.gone;
        }
        first
    }

    /// Keeps only these.
    pub fn retain(&mut self, mut keeps: impl FnMut(Spot) -> bool) {
        for block in &mut self.blocks {
            block.retain(|spot| keeps(*spot));
            block.shrink_to_fit();
        }
        self.blocks.retain(|block| !block.is_empty());
        self.count(0);
    }

    /// The block that has it, or would have; the one behind the last for what is newer than all.
    fn block(&self, spot: Spot) -> usize {
        self.blocks.partition_point(|block| block.back().is_some_and(|last| *last < spot))
    }

    fn halve(&mut self, at: usize) {
        if let Some(block) = self.blocks.get_mut(at).filter(|block| block.len() > 2 * BLOCK) {
            let second = block.split_off(block.len() / 2);
            block.shrink_to_fit();
            self.blocks.insert(at + 1, second);
        }
    }

    /// Blocks from this one on may begin elsewhere now.
    fn count(&mut self, from: usize) {
        self.starts.truncate(from);
        let mut start =
            self.starts.back().zip(self.blocks.get(from.wrapping_sub(1))).map_or(self.gone, |(start, block)| start + block.len());
        for block in self.blocks.range(from.min(self.blocks.len())..) {
            self.starts.push_back(start);
            start += block.len();
        }
    }
}

/// Only what is newer than the oldest new one is touched.
fn merge(block: &mut VecDeque<Spot>, spots: &[Spot]) {
    if spots.len() <= FEW {
        for spot in spots {
            block.insert(block.partition_point(|s| s < spot), *spot);
        }
        return;
    }
    let from = spots.first().map_or(block.len(), |first| block.partition_point(|spot| spot < first));
    let later = block.split_off(from);
    block.reserve(later.len() + spots.len());
    let (mut old, mut new) = (later.into_iter().peekable(), spots.iter().copied().peekable());
    while let Some(next) = match (old.peek(), new.peek()) {
        (Some(a), Some(b)) if a < b => old.next(),
        (_, Some(_)) => new.next(),
        (_, None) => old.next(),
    } {
        block.push_back(next);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stamp;
    use super::*;
    use crate::model::time::Timestamp;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn spot(number: u32) -> Spot {
        Spot { at: Stamp::of(Timestamp(i64::from(number))), chunk: 0, line: 0 }
    }

    #[derive(Clone, Debug)]
    enum Done {
        Merged(BTreeSet<u32>),
        Removed(u32),
        Popped(usize),
        Kept(u32),
    }

    fn done() -> impl Strategy<Value = Done> {
        prop_oneof![
            8 => prop::collection::btree_set(0u32..400, 1..30).prop_map(Done::Merged),
            2 => (350u32..400).prop_map(|from| Done::Merged((from..from + 40).collect())),
            2 => (0u32..400).prop_map(Done::Removed),
            2 => (0usize..20).prop_map(Done::Popped),
            1 => (2u32..5).prop_map(Done::Kept),
        ]
    }

    proptest! {
        /// Whatever is done, it is as one list in order, and no block is far from its size.
        #[test]
        fn it_is_as_one_list(all in prop::collection::vec(done(), 1..60)) {
            let (mut order, mut list) = (Order::default(), BTreeSet::new());
            for done in all {
                match done {
                    Done::Merged(numbers) => {
                        let new: Vec<Spot> = numbers.into_iter().map(spot).filter(|spot| !list.contains(spot)).collect();
                        order.merge(&new);
                        list.extend(new);
                    }
                    Done::Removed(number) => prop_assert_eq!(order.remove(spot(number)), list.remove(&spot(number))),
                    Done::Popped(many) => for _ in 0..many {
                        prop_assert_eq!(order.pop_first(), list.pop_first());
                    },
                    Done::Kept(part) => {
                        let keeps = |spot: Spot| spot.at.second().0 % i64::from(part) != 0;
                        order.retain(keeps);
                        list.retain(|spot| keeps(*spot));
                    }
                }
                let wanted: Vec<Spot> = list.iter().copied().collect();
                prop_assert_eq!(order.iter().copied().collect::<Vec<_>>(), wanted.clone());
                prop_assert_eq!((0..=wanted.len()).filter_map(|place| order.get(place)).collect::<Vec<_>>(), wanted.clone());
                prop_assert_eq!((order.len(), order.is_empty(), order.first()), (wanted.len(), wanted.is_empty(), wanted.first().copied()));
                for number in 0..450 {
                    prop_assert_eq!(order.place(spot(number)), wanted.partition_point(|s| *s < spot(number)));
                    prop_assert_eq!(order.contains(spot(number)), list.contains(&spot(number)));
                }
                prop_assert!(order.blocks.iter().all(|block| !block.is_empty() && block.len() <= 2 * BLOCK));
            }
        }
    }
}
