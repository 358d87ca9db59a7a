//! All contexts of the kubeconfig, open or not: picker, fleet home and connections in one.
//!
//! The order is the kubeconfig's, group by group, whatever happens to the clusters. What needs attention says so in its line; the pane below tells it in full.

mod detail;
mod draw;
mod numbers;
mod state;

use crate::keymap::Scope as Keys;
use crate::model::cluster::Cluster;
use crate::model::id::{ClusterId, GroupResource};
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Scene};
use crate::model::time::next_change;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::view::View;
use crate::ui::widgets::fuzzy::Fuzzy;
use detail::Told;
use numbers::Numbers;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// The screen of clusters.
#[derive(Default)]
pub struct ClustersView {
    /// Another pane has the keys.
    unfocused: bool,
    cursor: Option<ClusterId>,
    filter: String,
    fuzzy: Fuzzy,
    /// The clusters that the filter shows, group by group.
    shown: Vec<ClusterId>,
    /// By clusters: what their tables count.
    numbers: BTreeMap<ClusterId, Numbers>,
    /// What is told of the cluster under the cursor.
    told: Told,
    wide: bool,
    /// How many columns are scrolled out to the left.
    skip: usize,
    /// The first visible line of the list.
    top: usize,
    area: Rect,
}

impl ClustersView {
    /// A screen with the cursor on the cluster that is looked at, or else on the first.
    pub fn new(world: &World) -> Self {
        Self::on(world, world.focus)
    }

    /// A screen with the cursor on this cluster.
    pub fn on(world: &World, cluster: Option<ClusterId>) -> Self {
        let mut view = Self { cursor: cluster, ..Self::default() };
        view.list(world);
        view
    }

    /// Lists what the filter finds. The cursor stays on its cluster, if that is found.
    fn list(&mut self, world: &World) {
        let mut groups: Vec<&str> = Vec::new();
        for cluster in &world.clusters {
            let group = group(cluster);
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups.sort_by_key(|g| !g.is_empty());
        let mut found = Vec::new();
        for name in groups {
            let members = world.clusters.iter().filter(|c| group(c) == name);
            found.extend(members.filter(|c| self.fuzzy.matches(&words_of(c))).map(|c| c.id));
        }
        self.shown = found;
        if !self.cursor.is_some_and(|c| self.shown.contains(&c)) {
            self.cursor = self.shown.first().copied();
        }
    }

    fn place(&self) -> Option<usize> {
        self.shown.iter().position(|c| Some(*c) == self.cursor)
    }

    fn step(&mut self, by: isize) {
        let last = self.shown.len().saturating_sub(1);
        let there = self.place().map_or(0, |here| here.saturating_add_signed(by).min(last));
        self.cursor = self.shown.get(there).copied().or(self.cursor);
    }
}

/// The group of a cluster; empty for none.
fn group(cluster: &Cluster) -> &str {
    cluster.group.as_deref().unwrap_or_default()
}

/// What the filter searches.
fn words_of(c: &Cluster) -> [&str; 6] {
    [&c.name, &c.context, &c.server, group(c), c.user.as_deref().unwrap_or_default(), &c.about.version]
}

impl View for ClustersView {
    fn scope(&self) -> Keys {
        Keys::Clusters
    }

    fn title(&self) -> String {
        "clusters".to_owned()
    }

    fn focus(&mut self, focused: bool) {
        self.unfocused = !focused;
    }

    fn count(&self, _world: &World) -> Option<usize> {
        Some(self.shown.len())
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        world.open().flat_map(|c| [Want::all(c.id, GroupResource::new("", "nodes")), Want::warnings(c.id)]).collect()
    }

    fn scene(&self, world: &World) -> Scene {
        let cluster = self.cursor.and_then(|c| world.cluster(c));
        Scene {
            cluster: cluster.map(|c| c.id),
            cluster_open: cluster.is_some_and(|c| c.open),
            copyable: cluster.map(|c| c.context.clone()),
            ..Scene::default()
        }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        let page = isize::from(self.page() as i16).max(1);
        // A list that needs no paging leaves its keys to what is told of the cluster.
        if self.is_whole(world) && self.told.page(motion) {
            return;
        }
        if let Some(by) = motion.lines(page, self.shown.len()) {
            return self.step(by);
        }
        match motion {
            Motion::Left => self.skip = self.skip.saturating_sub(1),
            Motion::Right => self.skip = self.next_skip(),
            Motion::Wide => self.wide = !self.wide,
            _ => {}
        }
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, world: &World, text: &str) -> Result<(), BadTerm> {
        if text != self.filter {
            text.clone_into(&mut self.filter);
            self.fuzzy = Fuzzy::new(text);
            self.list(world);
        }
        Ok(())
    }

    fn refresh(&mut self, world: &World) {
        self.list(world);
    }

    fn click(&mut self, world: &World, _x: u16, y: u16) {
        if let Some(cluster) = self.at(world, y) {
            self.cursor = Some(cluster);
        }
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        let ticking = world.clusters.iter().filter(|c| state::ticks(c)).map(|c| match c.retry_at {
            Some(_) => 1,
            None => next_change(c.since.age(world.now)),
        });
        // A warning leaves the ten minutes without a message.
        let counted = self.numbers.values().filter(|n| n.warnings.is_some_and(|w| w > 0)).map(|_| 10);
        ticking.chain(counted).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.area = area;
        if self.shown.is_empty() && self.filter.is_empty() {
            self.list(world);
        }
        for cluster in &world.clusters {
            self.numbers.entry(cluster.id).or_default().count(world, cluster.id);
        }
        let (_, pane) = self.areas(world);
        self.told.tell(world, self.cursor, pane);
        self.fit(world);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        self.paint(world, theme, area, buf);
    }
}
