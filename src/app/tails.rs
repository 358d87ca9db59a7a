//! Which logs are followed: what the screens want, compared with what runs.

use super::state::State;
use crate::model::id::Uid;
use crate::model::log::{News, Tail, TailId};
use std::collections::HashMap;

/// What runs.
#[derive(Debug, Default)]
pub(super) struct Tails {
    last: u64,
    readers: u64,
    running: HashMap<(u64, Uid), (TailId, Tail)>,
}

impl Tails {
    /// The number of one more reader.
    pub(super) fn reader(&mut self) -> u64 {
        self.readers += 1;
        self.readers
    }
}

/// What has to be done so that what is followed is what is wanted.
#[derive(Debug, PartialEq)]
pub enum Pull {
    /// Start to follow this.
    Start(TailId, Tail),
    /// The pod is another than it was.
    Look(TailId, u64),
    /// Follow it no longer.
    Stop(TailId),
}

impl State {
    /// What has to be started and stopped for the screens to have the logs that they want.
    pub fn pulls(&mut self) -> Vec<Pull> {
        let mut pulls = Vec::new();
        let wanted = || self.views.iter().flat_map(|v| v.tails());
        let wants = |tail: &Tail| self.world.cluster(tail.cluster).is_some_and(|c| c.open);
        if self.tails.running.is_empty() && wanted().next().is_none() {
            return pulls;
        }
        let mut before = std::mem::take(&mut self.tails.running);
        for tail in wanted().filter(|tail| wants(tail)) {
            let key = (tail.reader, tail.uid);
            let id = match before.remove(&key) {
                Some((id, old)) => {
                    if old.state != tail.state {
                        pulls.push(Pull::Look(id, tail.state));
                    }
                    id
                }
                None => {
                    self.tails.last += 1;
                    pulls.push(Pull::Start(TailId(self.tails.last), tail.clone()));
                    TailId(self.tails.last)
                }
            };
            self.tails.running.insert(key, (id, tail.clone()));
        }
        pulls.extend(before.into_values().map(|(id, _)| Pull::Stop(id)));
        pulls
    }

    /// Lines have come. Those of a tail that was ended are nobody's.
    pub(super) fn logs(&mut self, id: TailId, news: News) {
        let Some((_, tail)) = self.tails.running.values().find(|(running, _)| *running == id) else { return };
        if let Some(view) = self.views.iter_mut().find(|v| v.tails().iter().any(|t| t.reader == tail.reader)) {
            view.read(tail, news);
            self.dirty = true;
        }
    }
}
