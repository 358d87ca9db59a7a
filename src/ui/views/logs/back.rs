//! How far back is read: logs are read anew from there, and what comes stands in the place of what was held of them. What is not to be had a second
//! time stays: lines of pods that are gone, and what happened beside the lines.

use super::{LogsView, Strip};
use crate::model::log::From;
use crate::model::motion::Back;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::ui::words;
use std::collections::HashSet;

/// Further back is so many times as many lines.
const TIMES: u32 = 10;
/// Where that leads to more than this, all is read.
const MOST: u32 = 100_000;

impl LogsView {
    /// Reads from further back.
    pub(super) fn read_back(&mut self, world: &World, back: Back) {
        if self.tee.is_some() {
            self.lacks = Some("a file is kept: tee off first");
            return;
        }
        self.from = match (back, self.from) {
            (Back::Further, From::Last(lines)) if lines <= MOST / TIMES => From::Last(lines * TIMES),
            (Back::Further | Back::All, _) => From::Start,
            (Back::Seconds(seconds), _) => From::Since(Timestamp(world.now.0.saturating_sub(seconds))),
            (Back::Lines(lines), _) => From::Last(lines),
        };
        for (tail, _) in self.tails.iter_mut().zip(0..).filter(|(_, at)| !self.over.contains(at)) {
            tail.from = self.from;
            tail.turn += 1;
        }
        self.changes += 1;
        let sources = self.sources.iter().zip(0..).filter(|(source, _)| source.is_container() && !self.over.contains(&source.tail));
        let anew: HashSet<u32> = sources.map(|(_, number)| number).collect();
        self.ring.forget_those(|source| anew.contains(&source));
        self.recount();
        self.follow();
        self.look_anew();
    }

    /// What is known of lines is that of those that are held.
    fn recount(&mut self) {
        let Self { ring, strip, late, marked, .. } = self;
        late.retain(|spot| ring.line(*spot).is_some());
        marked.retain(|spot| ring.line(*spot).is_some());
        *strip = Strip::default();
        (0..ring.len()).filter_map(|place| ring.get(place)).for_each(|line| strip.add(&line));
    }

    /// From where the pods are read that were there before, where somebody chose that.
    pub(super) fn reads_from(&self, world: &World) -> Option<String> {
        match self.from {
            From::Last(super::BEFORE) | From::After(_) => None,
            From::Last(lines) => Some(format!("last {}", words::grouped(lines as usize))),
            From::Since(at) => Some(format!("since {} ago", words::span(world.now.0 - at.0))),
            From::Start => Some("from the first line".to_owned()),
        }
    }
}
