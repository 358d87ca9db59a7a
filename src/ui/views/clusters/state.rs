//! How a cluster's connection is put into words: glyph, word, since when, what next.

use crate::model::cluster::Cluster;
use crate::model::msg::Link;
use crate::model::world::World;
use crate::ui::standing::Standing;
use crate::ui::theme::Role;
use crate::ui::words;

/// What a cluster's line says of its connection.
pub(super) fn state(world: &World, cluster: &Cluster) -> (String, Role) {
    if let Some(broken) = &cluster.broken {
        return (format!("✖ {}", broken.kind.word()), Role::StatusBad);
    }
    let since = words::ago(cluster.since, world.now);
    let retry_at = cluster.retry_at.filter(|at| *at > world.now);
    let next = retry_at.map_or_else(String::new, |at| format!(", next try in {}", words::span(at.0 - world.now.0)));
    match Standing::of(world, cluster) {
        Standing::Closed => ("○ not opened".to_owned(), Role::Dim),
        Standing::Connecting if cluster.link == Link::Closed => ("◌ connecting".to_owned(), Role::StatusBusy),
        Standing::Connecting => (format!("◌ connecting {since}"), Role::StatusBusy),
        Standing::Login(login) => (format!("✗ login needed: {}", words::command(login)), Role::StatusWarn),
        Standing::Stale(why) => (format!("◌ stale {since}: {}{next}", why.kind.word()), Role::StatusWarn),
        Standing::Down(why) => (format!("✗ {} {since}{next}", why.kind.word()), Role::StatusWarn),
        Standing::Syncing(rows) => (format!("◐ syncing {}", words::grouped(rows)), Role::StatusBusy),
        Standing::Live { stale, refused } => {
            let part = |n: usize, what: &str| if n == 0 { String::new() } else { format!(", {n} {what}") };
            let role = if stale + refused > 0 { Role::StatusWarn } else { Role::Text };
            let latency = if let Link::Up { latency } = &cluster.link { latency.as_millis() } else { 0 };
            (format!("● live {latency} ms{}{}", part(stale, "stale"), part(refused, "forbidden")), role)
        }
    }
}

/// Whether the words above change by the clock alone.
pub(super) fn ticks(cluster: &Cluster) -> bool {
    cluster.broken.is_none() && matches!(cluster.link, Link::Connecting | Link::Down { .. })
}
