//! Draws the list of clusters: as many columns as there is room for, groups under their names.

use super::{ClustersView, detail, group, state};
use crate::model::cluster::Cluster;
use crate::model::id::ClusterId;
use crate::model::msg::Link;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::grid::{Place, Wish, place};
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Before the first column: the bar of the cursor.
const GUTTER: u16 = 2;

/// From so many lines on there is a pane below the list.
const WITH_DETAIL: u16 = 20;

/// The least room that state keeps where columns compete for it.
const STATE: u16 = 24;

/// The columns that are never scrolled out: key, name, state.
const PINNED: usize = 3;

/// The first of the columns that are not true any more while the cluster is down.
const NUMBERS: usize = 3;

/// The titles, those that matter most first: what does not fit is left out from the right.
const TITLES: [&str; 15] = [
    "KEY",
    "NAME",
    "STATE",
    "NODES",
    "NOT READY",
    "WARNINGS",
    "VERSION",
    "TIER",
    "PROVIDER",
    "USER",
    "NAMESPACE",
    "REQUESTS",
    "READ",
    "RELISTS",
    "CONTEXT",
];

/// A line of the list.
enum Line<'a> {
    Group(&'a str),
    Cluster(&'a Cluster),
}

impl ClustersView {
    /// The lines of the list: groups have a line of their own where there are any.
    fn lines<'a>(&self, world: &'a World) -> Vec<Line<'a>> {
        let mut lines = Vec::new();
        let mut last = "";
        for cluster in self.shown.iter().filter_map(|c| world.cluster(*c)) {
            let group = group(cluster);
            if group != last {
                lines.push(Line::Group(group));
                last = group;
            }
            lines.push(Line::Cluster(cluster));
        }
        lines
    }

    /// The areas of the list and of the pane below it.
    pub(super) fn areas(&self, world: &World) -> (Rect, Option<Rect>) {
        let area = self.area;
        if area.height < WITH_DETAIL || self.shown.is_empty() {
            return (area, None);
        }
        let wanted = self.lines(world).len() as u16 + 3;
        let list = wanted.max(area.height / 4).min(area.height * 11 / 20);
        (Rect { height: list, ..area }, Some(Rect { y: area.y + list, height: area.height - list, ..area }))
    }

    /// True where all of the list is in sight.
    pub(super) fn is_whole(&self, world: &World) -> bool {
        self.lines(world).len() <= self.height(world)
    }

    /// Lines of the list that are in sight.
    fn height(&self, world: &World) -> usize {
        usize::from(self.areas(world).0.height.saturating_sub(3))
    }

    /// How far page up and page down go.
    pub(super) fn page(&self) -> u16 {
        self.area.height / 2
    }

    /// How far the columns may be scrolled: one more, as long as one is left.
    pub(super) fn next_skip(&self) -> usize {
        (self.skip + 1).min(TITLES.len() - PINNED - 1)
    }

    /// Scrolls so that the cursor is seen, and the title of its group if that is just above it.
    pub(super) fn fit(&mut self, world: &World) {
        let height = self.height(world);
        let lines = self.lines(world);
        let here = lines.iter().position(|l| matches!(l, Line::Cluster(c) if Some(c.id) == self.cursor)).unwrap_or_default();
        let above = here.saturating_sub(usize::from(here == 1));
        self.top = self.top.min(above).max((here + 1).saturating_sub(height)).min(lines.len().saturating_sub(height));
    }

    /// The cluster on a line of the screen.
    pub(super) fn at(&self, world: &World, y: u16) -> Option<ClusterId> {
        let line = usize::from(y.checked_sub(self.area.y + 2)?);
        let lines = self.lines(world);
        match lines.get(self.top + line).filter(|_| line < self.height(world))? {
            Line::Cluster(cluster) => Some(cluster.id),
            Line::Group(_) => None,
        }
    }

    /// Draws everything.
    pub(super) fn paint(&self, world: &World, theme: &Theme, _area: Rect, buf: &mut Buffer) {
        let (list, pane) = self.areas(world);
        let inside = frame(buf, list, theme.style(Role::border(!self.unfocused)), self.titles(world, theme));
        if self.shown.is_empty() {
            self.empty(world, theme, inside, buf);
            return;
        }
        let lines = self.lines(world);
        let cells: Vec<[Cell; TITLES.len()]> = self.shown.iter().filter_map(|c| world.cluster(*c)).map(|c| self.cells(world, c)).collect();
        let places = self.places(&cells, inside.width.saturating_sub(GUTTER + 1));
        for place in &places {
            let title = TITLES.get(place.column).copied().unwrap_or_default();
            text::put(buf, inside.x + GUTTER + place.x, inside.y, place.width, title, theme.style(Role::Header));
        }
        for (y, line) in (inside.y + 1..inside.bottom()).zip(lines.iter().skip(self.top)) {
            let area = Rect { y, height: 1, ..inside };
            match line {
                Line::Group(name) => {
                    text::put(buf, area.x + GUTTER, y, area.width.saturating_sub(GUTTER), name, theme.style(Role::Dim));
                }
                Line::Cluster(cluster) => self.row(world, theme, cluster, &places, area, buf),
            }
        }
        if let Some(pane) = pane {
            self.told.draw(world, theme, pane, buf);
        }
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let open = world.open().count();
        let mut parts: Vec<(Cow<'static, str>, Style)> = vec![("Clusters".into(), theme.style(Role::Title))];
        if !world.clusters.is_empty() {
            parts.push((words::grouped(self.shown.len()).into(), theme.style(Role::Title)));
            parts.push((format!("{open} open").into(), theme.style(Role::Dim)));
        }
        if !self.filter.is_empty() {
            parts.push((format!("/{}", self.filter).into(), theme.style(Role::Accent)));
        }
        parts
    }

    /// Where the columns stand: those on the left first, each as wide as what it shows; with `wide` all of them, cut where they must be.
    fn places(&self, cells: &[[Cell; TITLES.len()]], room: u16) -> Vec<Place> {
        let natural = |i: usize| cells.iter().filter_map(|c| c.get(i)).map(|(cell, _)| text::width(cell)).max().unwrap_or_default();
        let wishes: Vec<Wish> = TITLES.iter().enumerate().map(|(i, title)| wish(i, title, natural(i))).collect();
        let pinned = wishes.iter().take(PINNED).map(|w| w.least + 2).sum::<u16>();
        let mut used = pinned.saturating_sub(2);
        let mut chosen: Vec<usize> = (0..PINNED).collect();
        for (i, wish) in wishes.iter().enumerate().skip(PINNED + self.skip) {
            if natural(i) == 0 {
                continue;
            }
            if !self.wide && used + wish.natural + 2 > room {
                break;
            }
            used += wish.natural + 2;
            chosen.push(i);
        }
        let wishes: Vec<Wish> = chosen.iter().filter_map(|i| wishes.get(*i)).copied().collect();
        let places = place(&wishes, room, 0);
        places.into_iter().filter_map(|p| chosen.get(p.column).map(|column| Place { column: *column, ..p })).collect()
    }

    /// What a cluster's line shows, by columns.
    fn cells(&self, world: &World, c: &Cluster) -> [Cell; TITLES.len()] {
        let numbers = self.numbers.get(&c.id);
        let text = |t: &str| (t.to_owned(), Role::Text);
        let count = |n: Option<usize>| match n {
            None => ("–".to_owned(), Role::Dim),
            Some(0) => ("0".to_owned(), Role::Text),
            Some(n) => (format!("▲ {}", words::grouped(n)), Role::StatusWarn),
        };
        let nodes = match numbers.and_then(|n| n.nodes) {
            None => ("–".to_owned(), Role::Dim),
            Some((ready, all)) if ready == all => (format!("{ready}/{all}"), Role::Text),
            Some((ready, all)) => (format!("▲ {ready}/{all}"), Role::StatusWarn),
        };
        let spent = |shown: String| if c.open { (shown, Role::Text) } else { ("–".to_owned(), Role::Dim) };
        let context = if c.context == c.name { String::new() } else { c.context.clone() };
        [
            (c.digit.map_or_else(String::new, |d| d.to_string()), Role::Key),
            text(&c.name),
            state::state(world, c),
            nodes,
            count(numbers.and_then(|n| n.pods)),
            count(numbers.and_then(|n| n.warnings)),
            text(&c.about.version),
            (protection(c), Role::Text),
            text(c.about.provider.as_deref().unwrap_or_default()),
            text(c.user.as_deref().unwrap_or_default()),
            text(&c.namespace),
            spent(words::grouped(usize::try_from(c.traffic.requests).unwrap_or(usize::MAX))),
            spent(words::bytes(c.traffic.bytes)),
            spent(words::grouped(usize::try_from(c.traffic.relists).unwrap_or(usize::MAX))),
            (context, Role::Dim),
        ]
    }

    fn row(&self, world: &World, theme: &Theme, cluster: &Cluster, places: &[Place], area: Rect, buf: &mut Buffer) {
        let selected = Some(cluster.id) == self.cursor;
        if selected {
            text::paint(buf, area, theme.style(Role::RowSelected));
            text::put(buf, area.x, area.y, 1, "▌", theme.style(Role::Accent));
        }
        let cells = self.cells(world, cluster);
        let down = matches!(cluster.link, Link::Down { .. });
        for place in places {
            let Some((cell, role)) = cells.get(place.column) else { continue };
            let style = match (place.column, cluster.open) {
                (1, true) => theme.style(Role::Text).patch(words::cluster_style(world, theme, cluster.id)),
                (_, false) if *role == Role::Text => theme.style(Role::Dim),
                (NUMBERS.., true) if down => theme.style(Role::Stale),
                _ => theme.style(*role),
            };
            text::put(buf, area.x + GUTTER + place.x, area.y, place.width, cell, style);
        }
        if selected {
            text::paint(buf, area, theme.style(Role::RowSelected));
        }
    }

    /// What stands where there is no cluster.
    fn empty(&self, world: &World, theme: &Theme, inside: Rect, buf: &mut Buffer) {
        let told: &[&str] = if world.clusters.is_empty() {
            &[
                "There is no context to open. Kubeconfigs are looked for",
                "",
                "  1. in the files that KUBECONFIG names, or that --kubeconfig names",
                "  2. in ~/.kube/config",
                "  3. in a pod: as its service account",
                "",
                "To look around without a cluster: kconsole --demo opens a fleet that comes with the program.",
            ]
        } else {
            &["no cluster matches"]
        };
        let (x, width) = (inside.x + GUTTER, inside.width.saturating_sub(GUTTER + 1));
        let lines = told.iter().flat_map(|line| text::wrapped(line, width.max(20)));
        for (y, line) in (inside.y + 1..inside.bottom()).zip(lines) {
            text::put(buf, x, y, width, &line, theme.style(if world.clusters.is_empty() { Role::Text } else { Role::Dim }));
        }
    }
}

/// What a cell shows, and how.
type Cell = (String, Role);

fn wish(column: usize, title: &str, natural: u16) -> Wish {
    let natural = natural.max(text::width(title));
    let least = match column {
        1 => natural.min(24),
        2 => natural.min(STATE.max(text::width(title))),
        _ => text::width(title).max(natural.min(10)),
    };
    Wish { natural, least, spare: false, pinned: column < PINNED }
}

/// The tier, and that nothing may be changed.
fn protection(cluster: &Cluster) -> String {
    let readonly = if cluster.readonly { ", read only" } else { "" };
    format!("{}{readonly}", detail::tier(cluster.tier))
}
