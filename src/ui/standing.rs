//! How a cluster is, told apart in one place: the line of clusters, the screen of clusters and that of health each put it into their words.

use crate::kinds;
use crate::model::cluster::Cluster;
use crate::model::fault::{Fault, FaultKind};
use crate::model::msg::{Link, Sync};
use crate::model::world::World;

/// How a cluster is.
#[derive(Debug)]
pub enum Standing<'a> {
    /// Nobody opened it.
    Closed,
    /// It has been opened and has not answered yet.
    Connecting,
    /// A person has to log in with this command.
    Login(&'a str),
    /// It does not answer or refuses us: what is shown is the last that was known.
    Stale(&'a Fault),
    /// The same, and nothing was ever known.
    Down(&'a Fault),
    /// It answers, and its lists are coming in: so many rows until now.
    Syncing(usize),
    /// It answers.
    Live {
        /// Tables that are not true any more.
        stale: usize,
        /// Tables that it never let us read.
        refused: usize,
    },
}

impl<'a> Standing<'a> {
    /// How it is now.
    pub fn of(world: &'a World, cluster: &'a Cluster) -> Self {
        // Metrics that do not come are missed where they are looked for; the cluster is well without them.
        let tables = || world.tables.of(cluster.id).filter(|t| !kinds::is_polled(&t.want.kind.group));
        match &cluster.link {
            _ if !cluster.open => Self::Closed,
            Link::Closed | Link::Connecting => Self::Connecting,
            Link::Down { why, .. } => match &why.kind {
                FaultKind::Login(command) => Self::Login(command),
                _ if tables().any(|t| t.is_listed()) => Self::Stale(why),
                _ => Self::Down(why),
            },
            Link::Up { .. } => {
                let syncing = tables().filter(|t| matches!(t.sync, Sync::Syncing { .. } | Sync::Connecting));
                if let Some(rows) = syncing.map(|t| t.len()).reduce(|a, b| a + b) {
                    return Self::Syncing(rows);
                }
                let refused = tables().filter(|t| t.is_refused()).count();
                let stale = tables().filter(|t| matches!(t.sync, Sync::Stale { .. })).count() - refused;
                Self::Live { stale, refused }
            }
        }
    }
}
