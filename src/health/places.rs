//! Where pods can be: the nodes of each cluster, as far as others are judged by them. Nodes report all the time, and mostly nothing new.

use crate::model::facts::{Facts, Truth};
use crate::model::id::{ClusterId, Uid};
use crate::model::row::Row;
use crate::model::table::Table;
use std::collections::{BTreeMap, HashMap};

/// The label of nodes that are kept for the control plane.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// What others are judged by of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: Box<str>,
    is_ready: bool,
    /// It takes new pods.
    is_open: bool,
    zone: Box<str>,
}

impl Place {
    pub(super) fn of(table: &Table, row: &Row) -> Option<Self> {
        let Facts::Node(node) = &row.facts else { return None };
        let is_ready = node.ready.as_ref().is_none_or(|r| r.status == Truth::True);
        let is_open = is_ready && !node.cordoned && row.going.is_none() && row.label(CONTROL_PLANE, table.words()).is_none();
        Some(Self { name: row.name.clone(), is_ready, is_open, zone: table.words().get(node.zone).into() })
    }
}

/// All nodes.
#[derive(Debug, Default)]
pub(super) struct Places {
    of: HashMap<(ClusterId, Uid), Place>,
    /// Open nodes in each zone.
    zones: BTreeMap<ClusterId, BTreeMap<Box<str>, u32>>,
}

impl Places {
    /// A node is so from now on, or gone. Its name, if that is news.
    pub(super) fn put(&mut self, cluster: ClusterId, uid: Uid, place: Option<Place>) -> Option<Box<str>> {
        if self.of.get(&(cluster, uid)) == place.as_ref() {
            return None;
        }
        let old = self.of.remove(&(cluster, uid));
        if let Some(old) = old.as_ref().filter(|p| p.is_open) {
            let zones = self.zones.entry(cluster).or_default();
            let left = zones.get_mut(&old.zone).map_or(0, |n| {
                *n -= 1;
                *n
            });
            if left == 0 {
                zones.remove(&old.zone);
            }
        }
        let name = place.as_ref().or(old.as_ref()).map(|p| p.name.clone());
        if let Some(place) = place {
            if place.is_open {
                *self.zones.entry(cluster).or_default().entry(place.zone.clone()).or_default() += 1;
            }
            self.of.insert((cluster, uid), place);
        }
        name
    }

    /// True where no node is known.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty() && self.zones.values().all(BTreeMap::is_empty)
    }

    /// Pods can be on more than one node, and in more than one zone.
    pub(super) fn choice(&self, cluster: ClusterId) -> (bool, bool) {
        let Some(zones) = self.zones.get(&cluster) else { return (false, false) };
        (zones.values().sum::<u32>() > 1, zones.len() > 1)
    }
}
