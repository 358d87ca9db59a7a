//! A cluster that lives: its objects, its clock and the controllers that answer to what changes. Time is handed in, and everything else
//! follows from the seed, so that a fleet can be played again.

use super::controllers::CONTROLLERS;
use super::json::Millis;
use super::shop::filler;
use super::store::{Change, Key, Store};
use super::world::World;
use std::collections::BTreeSet;

/// Reconciliations that one instant may take before it has to go on: a controller that never comes to rest must not stop the clock.
const AT_ONCE: usize = 200_000;

/// One controller: what wakes it, and what it does for a key. As in Kubernetes it is told only where to look, never what happened.
#[derive(Debug)]
pub struct Controller {
    /// As events and managed fields name it: `deployment-controller`.
    pub name: &'static str,
    /// Which keys to look at because of a change.
    pub wakes: fn(&Store, &Change, &mut Vec<Key>),
    /// Brings the key nearer to what is wanted. Returns after how many milliseconds to look again, if ever.
    pub reconcile: fn(&mut Sim, &Key) -> Option<Millis>,
}

/// A simulated cluster.
#[derive(Debug)]
pub struct Sim {
    /// Its objects, and its clock.
    pub store: Store,
    /// What is true of its machines, networks and users, and is in no object.
    pub world: World,
    controllers: &'static [Controller],
    queue: BTreeSet<(usize, Key)>,
    timers: BTreeSet<(Millis, usize, Key)>,
}

impl Sim {
    /// An empty cluster of this name, at an instant.
    pub fn new(name: &str, seed: u64, now: Millis) -> Self {
        Self::with(CONTROLLERS, name, seed, now)
    }

    /// An empty cluster in which only these controllers work.
    pub fn with(controllers: &'static [Controller], name: &str, seed: u64, now: Millis) -> Self {
        let (store, world) = (Store::new(seed, now), World::new(name, seed));
        Self { store, world, controllers, queue: BTreeSet::new(), timers: BTreeSet::new() }
    }

    /// Lets the controllers work until nothing is left to do at this instant, then goes on to the next, up to `to`.
    pub fn advance(&mut self, to: Millis) {
        self.advance_some(to, usize::MAX);
    }

    /// The same, but no further than so many timers: after a long sleep there is much to make up for. True once it is there.
    pub fn advance_some(&mut self, to: Millis, timers: usize) -> bool {
        for _ in 0..timers {
            self.settle();
            let due = self.timers.first().filter(|(at, ..)| *at <= to).cloned();
            let Some(timer) = due else {
                self.store.now = self.store.now.max(to);
                return true;
            };
            self.timers.remove(&timer);
            let (at, controller, key) = timer;
            self.store.now = self.store.now.max(at);
            self.queue.insert((controller, key));
        }
        false
    }

    /// Lets a controller look at a key, for reasons that are in no object.
    pub fn wake(&mut self, controller: &str, key: Key) {
        if let Some(i) = self.controllers.iter().position(|c| c.name == controller) {
            self.queue.insert((i, key));
        }
    }

    /// When something happens next by itself.
    pub fn next(&self) -> Option<Millis> {
        self.timers.first().map(|(at, ..)| *at)
    }

    fn settle(&mut self) {
        let mut woken = Vec::new();
        for _ in 0..AT_ONCE {
            while let Some(change) = self.store.next_change() {
                if filler::is(&change) {
                    continue;
                }
                for (i, controller) in self.controllers.iter().enumerate() {
                    (controller.wakes)(&self.store, &change, &mut woken);
                    self.queue.extend(woken.drain(..).map(|key| (i, key)));
                }
            }
            let Some((i, key)) = self.queue.pop_first() else { return };
            let Some(controller) = self.controllers.get(i) else { continue };
            if let Some(after) = (controller.reconcile)(self, &key) {
                self.timers.insert((self.store.now.saturating_add(after.max(1)), i, key));
            }
        }
    }
}
