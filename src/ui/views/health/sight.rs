//! How much is seen of each cluster: what is not is told, because nothing found where nothing can be seen does not mean that all is well.

use crate::health;
use crate::model::cluster::Cluster;
use crate::model::id::ClusterId;
use crate::model::msg::Sync;
use crate::model::table::Table;
use crate::model::world::{Found, World};
use crate::ui::standing::Standing;
use crate::ui::theme::Role;
use crate::ui::words;
use std::collections::BTreeSet;

/// A cluster of which not all is seen, or nothing.
#[derive(Debug)]
pub(super) struct Trouble {
    pub cluster: ClusterId,
    /// Which of the cluster's lines, from 0.
    pub line: usize,
    pub glyph: &'static str,
    /// Why, since when and what to do.
    pub what: String,
    pub role: Role,
}

/// How much is seen.
#[derive(Debug, Default)]
pub(super) struct Sight {
    /// Clusters in trouble, in their order, and then those that hide something.
    pub troubles: Vec<Trouble>,
    /// Clusters that have not shown all yet, and what they have not.
    pub waiting: Vec<(ClusterId, Vec<String>)>,
    /// Open clusters that are looked at.
    pub clusters: usize,
}

impl Sight {
    /// Looks.
    pub(super) fn of(world: &World) -> Self {
        let mut sight = Self { troubles: in_trouble(world).collect(), ..Self::default() };
        for cluster in world.focused() {
            sight.clusters += 1;
            match Standing::of(world, cluster) {
                Standing::Connecting => sight.waiting.push((cluster.id, Vec::new())),
                Standing::Syncing(_) | Standing::Live { .. } => sight.look_into(world, cluster),
                Standing::Closed | Standing::Login(_) | Standing::Stale(_) | Standing::Down(_) => {}
            }
        }
        sight
    }

    /// A line about a cluster that answers.
    fn tell(&mut self, cluster: &Cluster, glyph: &'static str, what: String, role: Role) {
        let line = self.troubles.iter().filter(|t| t.cluster == cluster.id).count();
        self.troubles.push(Trouble { cluster: cluster.id, line, glyph, what, role });
    }

    /// True where nothing is waited for.
    pub(super) fn is_whole(&self) -> bool {
        self.waiting.is_empty()
    }

    /// True where all that health looks at is true to the second.
    pub(super) fn is_all(&self) -> bool {
        self.waiting.is_empty() && self.troubles.is_empty() && self.clusters > 0
    }

    fn look_into(&mut self, world: &World, cluster: &Cluster) {
        let tables: Vec<&Table> = world.tables.of(cluster.id).collect();
        let (mut waiting, mut hidden, mut stale) = (Vec::new(), Vec::new(), Vec::new());
        let (mut narrow, mut places) = (Vec::new(), BTreeSet::new());
        for want in health::wants(cluster.id).into_iter().filter(|w| world.resource(cluster.id, &w.kind) != Found::Missing) {
            let kind = want.kind.resource.to_string();
            let serving = tables.iter().find(|t| t.want == want || want.within(&t.want) && !t.is_refused());
            match serving.map(|t| (&t.sync, *t)) {
                None | Some((Sync::Connecting | Sync::Syncing { .. }, _)) => waiting.push(kind),
                Some((Sync::Live | Sync::Polling { .. }, _)) => {}
                Some((Sync::Stale { .. }, table)) if table.is_refused() => {
                    let parts = || tables.iter().filter(|t| t.want.kind == want.kind && t.want.of == want.of && t.want.namespace.is_some());
                    let seen: Vec<&str> = parts().filter(|t| t.is_listed()).filter_map(|t| t.want.namespace.as_deref()).collect();
                    match () {
                        () if parts().any(|t| matches!(t.sync, Sync::Connecting | Sync::Syncing { .. })) => waiting.push(kind),
                        () if seen.is_empty() => hidden.push(kind),
                        () => narrow.push(kind),
                    }
                    places.extend(seen);
                }
                Some((Sync::Stale { .. }, table)) => stale.push((kind, table)),
            }
        }
        if let Some((_, first)) = stale.first() {
            let kinds: Vec<&str> = stale.iter().map(|(kind, _)| kind.as_str()).collect();
            let why = words::trouble(world, first).map_or_else(String::new, |(why, _)| why);
            self.tell(cluster, "◌", format!("{}: {why}", kinds.join(", ")), Role::ClusterStale);
        }
        if !narrow.is_empty() {
            let places: Vec<&str> = places.into_iter().collect();
            self.tell(cluster, "◌", format!("only {}; as a whole forbidden: {}", places.join(", "), narrow.join(", ")), Role::Dim);
        }
        if !hidden.is_empty() {
            self.tell(cluster, "◌", format!("forbidden, so nothing is known of them: {}", hidden.join(", ")), Role::Dim);
        }
        if !waiting.is_empty() {
            self.waiting.push((cluster.id, waiting));
        }
    }
}

/// The clusters that are looked at and cannot be seen into.
pub(super) fn in_trouble(world: &World) -> impl Iterator<Item = Trouble> {
    world.focused().filter_map(|cluster| {
        let since = words::ago(cluster.since, world.now);
        let (glyph, what, role) = match Standing::of(world, cluster) {
            Standing::Login(login) => {
                let told = format!("login needed — {} runs {}", words::keyed(world, "{retry}"), words::command(login));
                ("✗", told, Role::ClusterLogin)
            }
            Standing::Stale(why) => ("◌", words::fault(world, why, Some(cluster.since), cluster.retry_at), Role::ClusterStale),
            Standing::Down(why) => {
                ("✗", format!("for {since} {}", words::fault(world, why, None, cluster.retry_at)), Role::ClusterUnreachable)
            }
            Standing::Closed | Standing::Connecting | Standing::Syncing(_) | Standing::Live { .. } => return None,
        };
        Some(Trouble { cluster: cluster.id, line: 0, glyph, what, role })
    })
}
