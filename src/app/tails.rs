//! Which logs are followed: what the screens want, compared with what runs. So many streams of a cluster as its server bears.

use super::state::State;
use crate::model::id::{ClusterId, Session, Uid};
use crate::model::log::{Follows, News, Tail, TailId};
use crate::ui::view::View;
use std::collections::HashMap;

/// Containers of one cluster that are followed at once.
const STREAMS: usize = 512;

/// What runs.
#[derive(Debug, Default)]
pub(super) struct Tails {
    last: u64,
    readers: u64,
    running: HashMap<TailId, Running>,
    made: MadeFor,
}

/// What the running ones were made for.
#[derive(Debug, Default, PartialEq)]
struct MadeFor {
    /// The screens, and how often each had changed its mind.
    readers: Vec<(u64, u64)>,
    open: Vec<(ClusterId, Session)>,
}

/// What ran so far, by reader and pod.
type Before = HashMap<(u64, ClusterId, Uid), (TailId, Running)>;

/// A tail, and who reads it.
#[derive(Debug)]
struct Running {
    reader: u64,
    session: Session,
    tail: Tail,
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
        let readers = self.views.iter().filter_map(|v| v.follows()).map(|f| (f.reader, f.changes)).collect();
        let open = self.world.open().map(|c| (c.id, c.session)).collect();
        let made = MadeFor { readers, open };
        if self.tails.made == made {
            return Vec::new();
        }
        let mut pulls = Vec::new();
        let mut before: Before = self.tails.running.drain().map(|(id, r)| ((r.reader, r.tail.cluster, r.tail.uid), (id, r))).collect();
        for (reader, session, tail) in self.chosen(&made.open, &before) {
            // Of a cluster that was closed, nothing runs any more.
            let old = before.remove(&(reader, tail.cluster, tail.uid)).filter(|(_, old)| old.session == session);
            let id = match old {
                Some((id, old)) if old.tail.turn == tail.turn => {
                    if old.tail.state != tail.state {
                        pulls.push(Pull::Look(id, tail.state));
                    }
                    id
                }
                other => {
                    pulls.extend(other.map(|(id, _)| Pull::Stop(id)));
                    self.tails.last += 1;
                    let id = TailId(self.tails.last);
                    pulls.push(Pull::Start(id, tail.clone()));
                    id
                }
            };
            self.tails.running.insert(id, Running { reader, session, tail });
        }
        pulls.extend(before.into_values().map(|(id, _)| Pull::Stop(id)));
        self.tails.made = made;
        pulls
    }

    /// The tails that there is room for: of each cluster those that run first, then the unhealthy, then the newest. The screens are told how many are
    /// left out.
    fn chosen(&mut self, open: &[(ClusterId, Session)], runs: &Before) -> Vec<(u64, Session, Tail)> {
        let mut chosen = Vec::new();
        let mut room: HashMap<ClusterId, usize> = open.iter().map(|(id, _)| (*id, STREAMS)).collect();
        for view in &mut self.views {
            let Some(follows) = view.follows() else { continue };
            let reader = follows.reader;
            let session = |tail: &Tail| open.iter().find(|(id, _)| *id == tail.cluster).map(|(_, session)| *session);
            let mut wanted: Vec<(Session, &Tail)> = follows.tails.iter().filter_map(|tail| Some((session(tail)?, tail))).collect();
            wanted.sort_by_key(|(_, t)| (!runs.contains_key(&(reader, t.cluster, t.uid)), !t.is_sick, std::cmp::Reverse(t.created)));
            let all = wanted.len();
            let before = chosen.len();
            for (session, tail) in wanted {
                let left = room.entry(tail.cluster).or_default();
                if let Some(less) = left.checked_sub(tail.containers.max(1)) {
                    *left = less;
                    chosen.push((reader, session, tail.clone()));
                }
            }
            view.left_out(all - (chosen.len() - before));
        }
        chosen
    }

    /// The pods that are followed.
    pub fn followed(&self) -> impl Iterator<Item = (ClusterId, Uid)> {
        self.tails.running.values().map(|running| (running.tail.cluster, running.tail.uid))
    }

    /// Lines have come. Those of a tail that was ended are nobody's.
    pub(super) fn logs(&mut self, id: TailId, news: News) {
        if let Some((view, tail)) = self.reader_of(id) {
            view.read(tail, news);
            self.dirty = true;
            self.pour(false);
        }
    }

    /// A tail was read to its end.
    pub(super) fn read_out(&mut self, id: TailId) {
        if let Some((view, tail)) = self.reader_of(id) {
            view.read_out(tail);
        }
    }

    /// The screen that reads a tail.
    fn reader_of(&mut self, id: TailId) -> Option<(&mut dyn View, &Tail)> {
        let Running { reader, tail, .. } = self.tails.running.get(&id)?;
        let reads = |follows: Follows<'_>| follows.reader == *reader;
        let view = self.views.iter_mut().find(|v| v.follows().is_some_and(reads))?;
        Some((&mut **view, tail))
    }
}
