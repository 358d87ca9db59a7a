//! Which watches run: the views' wants, compared with what runs, as a controller compares spec and status.
//!
//! A want that nobody has any more lingers, so that going back is instant and sees rows that never stopped being live.

use crate::kinds;
use crate::model::catalog::Resource;
use crate::model::id::{ClusterId, WatchId};
use crate::model::time::Timestamp;
use crate::model::want::{Of, Want};
use crate::model::world::{Found, World};
use std::collections::{BTreeMap, HashSet};

/// How long rows stay live that nobody looks at, in seconds.
const LINGER: i64 = 300;
/// The same for whole objects and for selections, of which a person opens many.
const LINGER_SMALL: i64 = 15;

/// What runs.
#[derive(Debug, Default)]
pub(super) struct Watches {
    last: u64,
    running: BTreeMap<WatchId, Running>,
}

#[derive(Debug)]
struct Running {
    want: Want,
    /// Since when nobody wants it.
    idle_since: Option<Timestamp>,
}

/// What has to be done so that what runs is what is wanted.
#[allow(clippy::large_enum_variant, reason = "there are as many as watches, and they are gone at once")]
#[derive(Debug, PartialEq)]
pub enum Order {
    /// Start this.
    Start(WatchId, Want, Resource),
    /// End this, and forget what it brought.
    Stop(WatchId),
}

impl Watches {
    /// Compares wants with what runs. Wants of clusters whose discovery has not said what the kind is wait for it.
    pub(super) fn reconcile(&mut self, world: &World, wants: &[Want]) -> Vec<Order> {
        let mut orders = Vec::new();
        // Nearly all that runs is just what is wanted: only the rest is compared one by one.
        let exact: HashSet<&Want> = wants.iter().collect();
        for running in self.running.values_mut() {
            let wanted = exact.contains(&running.want) || wants.iter().any(|w| serves(world, &running.want, w));
            running.idle_since = if wanted { None } else { running.idle_since.or(Some(world.now)) };
        }
        let runs: HashSet<&Want> = self.running.values().map(|r| &r.want).collect();
        let others: Vec<&Want> = wants.iter().filter(|want| !runs.contains(want)).collect();
        for want in others {
            if !self.running.values().any(|r| serves(world, &r.want, want))
                && let Some(resource) = resource(world, want)
            {
                self.last += 1;
                let id = WatchId(self.last);
                self.running.insert(id, Running { want: want.clone(), idle_since: None });
                orders.push(Order::Start(id, want.clone(), resource));
            }
        }
        let over = |r: &Running| {
            let linger = if r.want.of == Of::All { LINGER } else { LINGER_SMALL };
            let closed = world.cluster(r.want.cluster).is_none_or(|c| !c.open);
            // A kind that comes back is another kind: its watch begins anew.
            let missing = world.resource(r.want.cluster, &r.want.kind) == Found::Missing;
            closed || missing || r.idle_since.is_some_and(|since| since.age(world.now) > linger)
        };
        self.running.retain(|id, running| {
            let over = over(running);
            if over {
                orders.push(Order::Stop(*id));
            }
            !over
        });
        orders
    }

    /// Forgets what runs for a cluster: whoever asked has ended it.
    pub(super) fn forget(&mut self, cluster: ClusterId) -> Vec<WatchId> {
        self.running.extract_if(.., |_, r| r.want.cluster == cluster).map(|(id, _)| id).collect()
    }
}

/// True where what runs for one want serves another: not where the wider one is refused and the narrower may be allowed. Warnings are watched
/// for themselves, since rules are asked about each change of what they read, and of nothing else.
fn serves(world: &World, running: &Want, want: &Want) -> bool {
    want == running || (want.within(running) && !want.is_warnings() && world.refused(running.cluster, &running.kind).is_none())
}

/// How the kind of a want is called on its cluster. Kinds of ours do not wait for discovery.
fn resource(world: &World, want: &Want) -> Option<Resource> {
    match world.resource(want.cluster, &want.kind) {
        Found::Kind(resource) => Some(resource.clone()),
        Found::NotYet => kinds::find(&want.kind).map(kinds::Kind::resource),
        Found::Missing => None,
    }
}
