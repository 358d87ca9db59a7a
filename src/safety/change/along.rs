//! Changes of several objects: what goes along with an object, and what is not begun any more.

use super::answer::not_again;
use super::{Change, Phase};
use crate::safety::item::{End, Given, Item, Stage};
use crate::safety::verb::{Along, Verb};

impl Change {
    /// What is done to an object: what the change is about, or what goes along with that.
    pub fn verb_of(&self, item: &Item) -> &'static Verb {
        item.verb(self.verb)
    }

    /// The objects that were asked for, without what goes along with them.
    pub fn asked_for(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|i| i.along.is_none())
    }

    /// Takes in what goes along with objects, by their places, as far as it is not there yet. True where there was something.
    pub(super) fn take_along(&mut self, along: Vec<(usize, Along)>) -> bool {
        let known = self.items.len();
        for (with, Along { target, resource, before, verb }) in along {
            if self.items.iter().all(|i| i.target != target) {
                let mut item = Item::new(target, resource, Given::Nothing, self.begun);
                (item.along, item.before) = (Some((with, verb)), Some(before));
                self.items.push(item);
            }
        }
        self.items.len() > known
    }

    /// Begins no more objects; what is under way goes on to its end.
    pub fn stop(&mut self) {
        if self.phase == Phase::Running {
            self.phase = Phase::Stopping;
        }
        for at in 0..self.items.len() {
            let Some(item) = self.items.get_mut(at) else { continue };
            match &item.stage {
                Stage::Queued => item.stage = Stage::Ended(End::Cancelled),
                Stage::Waiting(_, why) => {
                    item.stage = not_again(why);
                    self.close(at);
                }
                _ => {}
            }
        }
    }
}
