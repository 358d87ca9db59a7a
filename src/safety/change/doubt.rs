//! What becomes of a request whose answer was lost: the object is read back. Where its cluster cannot be reached that waits, but not for ever, and
//! not where a person stops it.

use super::{Change, Phase, Purpose};
use crate::model::fault::FaultKind;
use crate::model::msg::Link;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::safety::item::{End, Item, Stage};

/// So many minutes a cluster is waited for: longer than one that restarts takes, shorter than a person remembers.
const PATIENCE: i64 = 10;

/// How the reading back of an object stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Since when its cluster is waited for.
    pub since: Option<Timestamp>,
    /// When it was asked last.
    asked: Option<Timestamp>,
}

impl Doubt {
    /// True where it is asked now: as soon as there is a connection, and no more than once a second where that says nothing.
    pub(super) fn is_due(&self, item: &Item, world: &World) -> bool {
        is_reachable(item, world) && self.asked != Some(world.now)
    }

    /// It is asked now.
    pub(super) fn asked_at(&mut self, now: Timestamp) {
        self.asked = Some(now);
    }
}

fn is_reachable(item: &Item, world: &World) -> bool {
    world.cluster(item.target.cluster).is_some_and(|c| matches!(c.link, Link::Up { .. }))
}

/// It passes by itself, or somebody logs in: nothing is known of the object yet.
pub(super) fn passes(kind: &FaultKind) -> bool {
    !matches!(kind, FaultKind::Gone | FaultKind::Forbidden | FaultKind::Invalid | FaultKind::Config)
}

impl Change {
    /// Notes what waits for its cluster, and ends what has waited for too long, or what nobody waits for any more.
    pub(super) fn wait_for_clusters(&mut self, world: &World) {
        let (now, stopping) = (world.now, self.phase == Phase::Stopping);
        for at in 0..self.items.len() {
            let is_asked = self.under_way.iter().any(|t| t.item == at && t.of == Purpose::Reread);
            let Some(item) = self.items.get_mut(at).filter(|_| !is_asked) else { continue };
            let Stage::Doubt(doubt) = item.stage else { continue };
            if doubt.asked.is_none() && is_reachable(item, world) {
                continue;
            }
            let since = doubt.since.unwrap_or(now);
            let cluster = world.name(item.target.cluster);
            let given_up = match () {
                () if stopping => Some(format!("{cluster} was not waited for")),
                () if since.age(now) >= PATIENCE * 60 => Some(format!("{cluster} could not be reached for {PATIENCE} minutes")),
                () => None,
            };
            item.stage = match given_up {
                Some(why) => Stage::Ended(End::Unknown(format!("the answer was lost, and {why}: look whether it was done"))),
                None => Stage::Doubt(Doubt { since: Some(since), ..doubt }),
            };
            self.close(at);
        }
    }
}
