//! Changes of several objects: what goes along with an object, and what is not begun any more.

use super::answer::not_again;
use super::{Ask, Change, Phase};
use crate::model::world::World;
use crate::safety::item::{Again, End, Given, Item, Stage};
use crate::safety::verb::{Along, Pace, Verb};

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

    /// Reads again what is around objects that are done, where that goes along with them: a pod that came onto a node between the preview and the
    /// cordon is asked to go as well.
    pub(super) fn read_again(&mut self, world: &World, asks: &mut Vec<Ask>) {
        let goes_along = matches!(self.verb.pace, Pace::WithAll(_));
        for at in (0..self.items.len()).filter(|_| goes_along) {
            let Some(item) = self.items.get_mut(at).filter(|i| i.along.is_none()) else { continue };
            if item.again == Again::No && item.stage == Stage::Ended(End::Done) {
                item.again = Again::Reading;
                item.around.iter_mut().for_each(|(_, read)| *read = None);
            }
            if item.again == Again::Reading {
                let is_read = item.around.iter().all(|(_, read)| read.is_some());
                if is_read { self.take_late(at) } else { self.read_around(at, world, asks) }
            }
        }
    }

    /// Takes in what goes along with an object that is done and was not in its plan. It was not tried beforehand: the server judges it.
    fn take_late(&mut self, at: usize) {
        let form = self.form.clone().unwrap_or_default();
        let Some(item) = self.items.get_mut(at) else { return };
        item.again = Again::Read;
        let (verb, name) = (item.verb(self.verb), item.target.name.clone());
        let known = self.items.len();
        match self.items.get(at).map(|item| (verb.plan)(item, &form)) {
            Some(Ok(plan)) => drop(self.take_along(plan.along.into_iter().map(|along| (at, along)).collect())),
            Some(Err(why)) => self.told = Some(format!("what has come onto {name} since the preview stays: {why}")),
            None => {}
        }
        let stopping = self.phase == Phase::Stopping;
        for late in self.items.iter_mut().skip(known) {
            let plan = (late.verb(self.verb).plan)(late, &form);
            late.stage = match &plan {
                Ok(_) if stopping => Stage::Ended(End::Cancelled),
                Ok(_) => Stage::Queued,
                Err(why) => Stage::Ended(End::Failed(why.clone())),
            };
            (late.right, late.plan) = (Some(Ok(())), Some(plan));
        }
        let late = self.items.len() - known;
        if late > 0 {
            self.told = Some(format!("{late} more have come onto {name} since the preview: they are asked to go as well"));
        }
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
