//! The tables of running watches. Many cells of each frame ask for those of a kind in a cluster, so these are known by that.

use super::id::{ClusterId, GroupResource, WatchId};
use super::table::Table;
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;

/// All tables, by their watches. What a table is wanted for never changes.
#[derive(Debug, Default)]
pub struct Tables {
    all: BTreeMap<WatchId, Table>,
    /// The watches of each cluster with their kinds, in their order.
    of: HashMap<ClusterId, Vec<(GroupResource, WatchId)>>,
}

impl Tables {
    /// Puts a table in, in the place of one of the same watch.
    pub fn insert(&mut self, id: WatchId, table: Table) {
        self.remove(&id);
        let watches = self.of.entry(table.cluster()).or_default();
        let place = watches.partition_point(|(_, other)| *other < id);
        watches.insert(place, (table.want.kind.clone(), id));
        self.all.insert(id, table);
    }

    /// Takes a table out.
    pub fn remove(&mut self, id: &WatchId) {
        if let Some(table) = self.all.remove(id)
            && let Some(watches) = self.of.get_mut(&table.cluster())
        {
            watches.retain(|(_, other)| other != id);
        }
    }

    /// A table, to be changed.
    pub fn get_mut(&mut self, id: &WatchId) -> Option<&mut Table> {
        self.all.get_mut(id)
    }

    /// The tables of a cluster.
    pub fn of(&self, cluster: ClusterId) -> impl Iterator<Item = &Table> + Clone {
        self.watches(cluster).iter().filter_map(|(_, id)| self.all.get(id))
    }

    /// The tables of a kind in a cluster, whatever part of it they hold.
    pub fn of_kind<'a>(&'a self, cluster: ClusterId, group: &str, resource: &str) -> impl Iterator<Item = &'a Table> + Clone {
        let is = move |kind: &GroupResource| *kind.resource == *resource && *kind.group == *group;
        self.watches(cluster).iter().filter(move |(kind, _)| is(kind)).filter_map(|(_, id)| self.all.get(id))
    }

    fn watches(&self, cluster: ClusterId) -> &[(GroupResource, WatchId)] {
        self.of.get(&cluster).map_or(&[], Vec::as_slice)
    }
}

/// They are read as a map.
impl Deref for Tables {
    type Target = BTreeMap<WatchId, Table>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;
    use crate::model::want::Want;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_known_by_kind_is_what_is_there(orders in proptest::collection::vec((0u64..8, 0u16..3, 0usize..2, any::<bool>()), 0..40)) {
            let kinds = [GroupResource::new("", "pods"), GroupResource::new("apps", "deployments")];
            let mut tables = Tables::default();
            for (id, cluster, kind, is_new) in orders {
                let id = WatchId(id);
                if is_new {
                    let want = Want::all(ClusterId(cluster), kinds[kind].clone());
                    tables.insert(id, Table::new(id, want, Vec::new(), Timestamp(0)));
                } else {
                    tables.remove(&id);
                }
            }
            for cluster in (0..3).map(ClusterId) {
                let all: Vec<WatchId> = tables.values().filter(|t| t.cluster() == cluster).map(|t| t.watch).collect();
                prop_assert_eq!(tables.of(cluster).map(|t| t.watch).collect::<Vec<_>>(), all);
                for kind in &kinds {
                    let some: Vec<WatchId> =
                        tables.values().filter(|t| t.cluster() == cluster && t.want.kind == *kind).map(|t| t.watch).collect();
                    let found = tables.of_kind(cluster, &kind.group, &kind.resource).map(|t| t.watch).collect::<Vec<_>>();
                    prop_assert_eq!(found, some);
                }
            }
        }
    }
}
