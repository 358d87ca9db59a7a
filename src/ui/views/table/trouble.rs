//! What a table view says of clusters whose rows are not what they should be: in a line each, however many namespaces are concerned.

use super::{TableView, scope};
use crate::kinds;
use crate::model::cluster::Cluster;
use crate::model::id::GroupResource;
use crate::model::msg::Link;
use crate::model::table::Table;
use crate::model::world::{Found, World};
use crate::ui::theme::Role;
use crate::ui::words;

impl TableView {
    /// The lines, the worst first, in at most a third of the view.
    pub(super) fn troubles(&self, world: &World) -> Vec<(String, Role)> {
        let Some(kind) = &self.kind else { return Vec::new() };
        let (tables, parts) = (self.tables(world), kinds::parts(kind));
        let of = |cluster: &Cluster, kind: &GroupResource| {
            let is = |t: &&Table| t.cluster() == cluster.id && t.want.kind == *kind;
            tables.iter().flatten().copied().filter(is).collect::<Vec<&Table>>()
        };
        let of = |c| parts.iter().flat_map(move |kind| of_cluster(world, c, &of(c, kind)));
        // The line of the clusters tells which one is down and which wants a login, and why one is down is told once: in the pane that has the keys.
        let is_told = |c: &&Cluster| (self.focused || !matches!(c.link, Link::Down { .. })) && !(self.is_pane && c.needs_login());
        let mut told: Vec<(String, Role)> = world.open().filter(is_told).flat_map(of).collect();
        told.sort_by_key(|(_, role)| *role == Role::Dim);
        // A cluster that is down says the same of every kind of a table.
        told.dedup();
        let here = |c: &&Cluster| scope::cluster(&self.of.only).is_none_or(|only| only == c.id);
        let is_missing = |c: &&Cluster| parts.iter().all(|kind| world.resource(c.id, kind) == Found::Missing);
        let lacking = world.focused().filter(here).filter(is_missing);
        let lacking: Vec<&str> = lacking.map(|c| c.name.as_str()).collect();
        if !lacking.is_empty() {
            told.push((format!("not served by {}: {kind}", lacking.join(", ")), Role::Dim));
        }
        let most = usize::from(self.inside().height / 3).max(1);
        if told.len() > most {
            let more = told.len() - most + 1;
            told.truncate(most.saturating_sub(1));
            told.push((format!("and {more} more: C shows all clusters"), Role::StatusWarn));
        }
        told
    }
}

/// What is wrong in one cluster. Where the whole is forbidden and some namespaces are not, those are what there is.
fn of_cluster(world: &World, cluster: &Cluster, tables: &[&Table]) -> Vec<(String, Role)> {
    let name = &cluster.name;
    let namespace = |t: &&Table| t.want.namespace.as_deref().map(str::to_owned);
    if let Some(whole) = tables.iter().find(|t| t.is_refused() && t.want.namespace.is_none()) {
        let parts: Vec<&Table> = tables.iter().filter(|t| t.is_listed()).copied().collect();
        let shown: Vec<String> = parts.iter().filter_map(namespace).collect();
        if shown.is_empty() {
            return words::trouble(world, whole).map(|(what, role)| (format!("{name}: {what}"), role)).into_iter().collect();
        }
        let only = format!("{name}: only {}; listing all {} is forbidden", shown.join(", "), whole.want.kind.resource);
        return std::iter::once((only, Role::Dim)).chain(of_cluster(world, cluster, &parts)).collect();
    }
    let mut told: Vec<(Vec<String>, String, Role)> = Vec::new();
    for table in tables {
        let Some((what, role)) = words::trouble(world, table) else { continue };
        match told.iter_mut().find(|(_, known, _)| *known == what) {
            Some((places, ..)) => places.extend(namespace(table)),
            None => told.push((namespace(table).into_iter().collect(), what, role)),
        }
    }
    let line = |(places, what, role): (Vec<String>, String, Role)| {
        let places = if places.is_empty() { String::new() } else { format!("/{}", places.join(", ")) };
        (format!("{name}{places}: {what}"), role)
    };
    told.into_iter().map(line).collect()
}
