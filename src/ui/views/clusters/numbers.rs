//! What a cluster's running tables count: nodes, pods that are not well, warnings. Counted anew only where a table or the clock has moved.

use crate::kinds::node;
use crate::model::cell::{Health, Value};
use crate::model::id::{ClusterId, GroupResource};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;

/// How far back warnings count, in seconds: long enough to see what is going on, short enough to forget what is over.
const RECENT: i64 = 600;

/// The numbers of one cluster; `None` where no table of it runs, or none has arrived yet.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Ready ones, and all.
    pub(super) nodes: Option<(usize, usize)>,
    /// Pods that are not healthy, where somebody watches all pods anyway.
    pub(super) pods: Option<usize>,
    /// Warnings of the last ten minutes.
    pub(super) warnings: Option<usize>,
    /// Changes of the tables, and the clock for the warnings, as of the last time.
    seen: [Option<(u64, Timestamp)>; 3],
}

impl Numbers {
    /// Counts what has changed.
    pub(super) fn count(&mut self, world: &World, cluster: ClusterId) {
        let core = |resource| Want::all(cluster, GroupResource::new("", resource));
        let listed = |want: Want| world.serving(&want).filter(|t| t.is_listed());
        let tables = [listed(core("nodes")), listed(core("pods")), listed(Want::warnings(cluster))];
        let seen = |t: &Option<&Table>, clock: Timestamp| t.as_ref().map(|t| (t.changes, clock));
        let [nodes, pods, events] = &tables;
        let now = [seen(nodes, Timestamp(0)), seen(pods, Timestamp(0)), seen(events, world.now)];
        let was = std::mem::replace(&mut self.seen, now);
        let moved = |i: usize| was.get(i) != now.get(i);
        if moved(0) {
            self.nodes = nodes.map(|t| (node::ready_in(t), t.len()));
        }
        if moved(1) {
            self.pods = pods.map(|t| t.aside().unhealthy);
        }
        if moved(2) {
            self.warnings = events.map(|t| t.rows().filter(|r| is_recent_warning(t, r, world.now)).count());
        }
    }
}

fn is_recent_warning(table: &Table, row: &Row, now: Timestamp) -> bool {
    let seen = table.column("LAST SEEN").map(|c| table.value(row, c.source));
    row.health >= Health::Warn && matches!(seen, Some(Value::Age(at)) if at.age(now) <= RECENT)
}
