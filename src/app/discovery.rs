//! When a cluster is asked again what kinds it serves: a name was typed that nobody knows, or a definition of a kind came, changed or went.
//! The first answer comes with the connection and is not asked for here.

use super::state::State;
use crate::model::catalog::Catalog;
use crate::model::id::{ClusterId, GroupResource};
use crate::model::step::Effect;
use crate::model::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds between two questions. A definition changes three times while it becomes established, and discovery tells of it a moment later.
const EVERY: i64 = 3;

/// What was asked, and what will be.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    asked: BTreeMap<ClusterId, Timestamp>,
    due: BTreeSet<ClusterId>,
}

impl Discovery {
    /// True while a question waits for its time.
    pub(super) fn is_waiting(&self) -> bool {
        !self.due.is_empty()
    }
}

impl State {
    /// Has a cluster asked again, at once or as soon as it may be.
    pub(super) fn rediscover(&mut self, id: ClusterId) {
        if self.world.cluster(id).is_some_and(|c| c.open && c.catalog.is_some()) {
            self.discovery.due.insert(id);
            self.discover_due();
        }
    }

    /// The same of all open clusters.
    pub(super) fn rediscover_all(&mut self) {
        let open: Vec<ClusterId> = self.world.open().map(|c| c.id).collect();
        open.into_iter().for_each(|id| self.rediscover(id));
    }

    /// Asks whom it is time to ask.
    pub(super) fn discover_due(&mut self) {
        let now = self.world.now;
        let (asked, due) = (&mut self.discovery.asked, &mut self.discovery.due);
        let ripe: Vec<ClusterId> = due.iter().copied().filter(|id| asked.get(id).is_none_or(|at| at.age(now) >= EVERY)).collect();
        for id in ripe {
            due.remove(&id);
            asked.insert(id, now);
            self.effects.push(Effect::Discover(id));
        }
    }

    /// A cluster has told what it serves. Of groups whose own server does not answer just now, what was known stays.
    pub(super) fn discovered(&mut self, id: ClusterId, mut catalog: Catalog) {
        let Some(cluster) = self.world.cluster_mut(id) else { return };
        if let Some(known) = cluster.catalog.take() {
            let silent = |group: &GroupResource| catalog.stale_groups.contains(&group.group);
            let kept: Vec<_> = known.resources.into_iter().filter(|r| silent(&r.id) && catalog.get(&r.id).is_none()).collect();
            catalog.resources.extend(kept);
        }
        cluster.catalog = Some(catalog);
        self.refresh();
        self.reread_prompt();
    }
}

/// The kind whose objects define kinds.
pub(super) fn defines_kinds(kind: &GroupResource) -> bool {
    &*kind.group == "apiextensions.k8s.io" && &*kind.resource == "customresourcedefinitions"
}
