//! How a cluster's connection is put into words: glyph, word, since when, what next.

use crate::model::cluster::Cluster;
use crate::model::fault::{Fault, FaultKind};
use crate::model::msg::{Link, Sync};
use crate::model::table::Table;
use crate::model::world::World;
use crate::ui::theme::Role;
use crate::ui::words;

/// What a cluster's line says of its connection.
pub(super) fn state(world: &World, cluster: &Cluster) -> (String, Role) {
    if let Some(broken) = &cluster.broken {
        return (format!("✖ {}", broken.kind.word()), Role::StatusBad);
    }
    let since = words::ago(cluster.since, world.now);
    match &cluster.link {
        Link::Closed if cluster.open => ("◌ connecting".to_owned(), Role::StatusBusy),
        Link::Closed => ("○ not opened".to_owned(), Role::Dim),
        Link::Connecting => (format!("◌ connecting {since}"), Role::StatusBusy),
        Link::Up { latency } => up(world, cluster, latency.as_millis()),
        Link::Down { why, .. } => (down(world, cluster, why, &since), Role::StatusWarn),
    }
}

/// Whether the words above change by the clock alone.
pub(super) fn ticks(cluster: &Cluster) -> bool {
    cluster.broken.is_none() && matches!(cluster.link, Link::Connecting | Link::Down { .. })
}

/// Answers: true to the second, unless lists are still coming in or some of its tables are not what they should be.
fn up(world: &World, cluster: &Cluster, latency: u128) -> (String, Role) {
    let tables = || world.tables.values().filter(|t| t.cluster() == cluster.id);
    let syncing = tables().filter(|t| matches!(t.sync, Sync::Syncing { .. } | Sync::Connecting)).map(|t| t.len()).reduce(|a, b| a + b);
    if let Some(rows) = syncing {
        return (format!("◐ syncing {}", words::grouped(rows)), Role::StatusBusy);
    }
    let is_refused = |t: &&Table| matches!(&t.sync, Sync::Stale { why, .. } if why.kind == FaultKind::Forbidden) && !t.is_listed();
    let refused = tables().filter(is_refused).count();
    let stale = tables().filter(|t| matches!(t.sync, Sync::Stale { .. })).count() - refused;
    let part = |n: usize, what: &str| if n == 0 { String::new() } else { format!(", {n} {what}") };
    let role = if stale + refused > 0 { Role::StatusWarn } else { Role::Text };
    (format!("● live {latency} ms{}{}", part(stale, "stale"), part(refused, "forbidden")), role)
}

fn down(world: &World, cluster: &Cluster, why: &Fault, since: &str) -> String {
    let next = cluster
        .retry_at
        .filter(|at| *at > world.now)
        .map_or_else(String::new, |at| format!(", next try in {}", words::span(at.0 - world.now.0)));
    let was_live = world.tables.values().any(|t| t.cluster() == cluster.id && t.is_listed());
    match &why.kind {
        FaultKind::Login(command) => format!("✗ login needed: {command}"),
        kind if was_live => format!("◌ stale {since}: {}{next}", kind.word()),
        kind => format!("✗ {} {since}{next}", kind.word()),
    }
}
