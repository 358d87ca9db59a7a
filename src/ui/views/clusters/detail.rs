//! The pane below the list: the cluster under the cursor, with what is wrong in full and everything that runs for it.

use super::state::state;
use crate::model::cluster::{Cluster, Tier};
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{ClusterId, WatchId};
use crate::model::msg::{Sync, Traffic};
use crate::model::step::Motion;
use crate::model::table::Table;
use crate::model::want::{Of, Want};
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// Room for rows, memory, and how a table is.
const STATE: u16 = 50;

/// What is costly to know about the cluster under the cursor: the bytes of its tables.
#[derive(Debug, Default)]
pub(super) struct Told {
    cluster: Option<ClusterId>,
    /// By tables: the changes as of the last time, and the bytes.
    bytes: BTreeMap<WatchId, (u64, usize)>,
    /// What is told.
    lines: Vec<(String, Role)>,
    /// The first line in sight, and how many there is room for.
    top: usize,
    room: usize,
}

impl Told {
    /// Finds out what has changed.
    pub(super) fn tell(&mut self, world: &World, cluster: Option<ClusterId>, area: Option<Rect>) {
        if std::mem::replace(&mut self.cluster, cluster) != cluster {
            self.top = 0;
        }
        let old = std::mem::take(&mut self.bytes);
        for table in cluster.into_iter().flat_map(|c| world.tables.of(c)) {
            let known = old.get(&table.watch).filter(|(changes, _)| *changes == table.changes).copied();
            self.bytes.insert(table.watch, known.unwrap_or_else(|| (table.changes, table.bytes())));
        }
        let (Some(cluster), Some(area)) = (cluster.and_then(|c| world.cluster(c)), area) else { return self.lines.clear() };
        self.lines = about(world, cluster, area.width.saturating_sub(4));
        let tables: Vec<&Table> = self.bytes.keys().filter_map(|w| world.tables.get(w)).collect();
        if !tables.is_empty() {
            let running = self.running(world, &tables, area.width.saturating_sub(4));
            self.lines.push((String::new(), Role::Text));
            self.lines.extend(running);
        }
        self.room = usize::from(area.height.saturating_sub(2));
        self.top = self.top.min(self.last());
    }

    /// The furthest that it can be scrolled. What does not fit is told on the last line.
    fn last(&self) -> usize {
        if self.lines.len() > self.room { self.lines.len() + 1 - self.room } else { 0 }
    }

    /// Scrolls a page. True if there was something left that way.
    pub(super) fn page(&mut self, motion: Motion) -> bool {
        let page = self.room.saturating_sub(2).max(1);
        let there = match motion {
            Motion::PageDown => (self.top + page).min(self.last()),
            Motion::PageUp => self.top.saturating_sub(page),
            _ => self.top,
        };
        std::mem::replace(&mut self.top, there) != there
    }

    /// Draws the pane.
    pub(super) fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let Some(cluster) = self.cluster.and_then(|c| world.cluster(c)) else { return };
        let name = theme.style(Role::Title).patch(words::cluster_style(world, theme, cluster.id));
        let inside = frame(buf, area, theme.style(Role::Border), [(cluster.name.clone().into(), name)]);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let seen = if self.last() > 0 { self.room.saturating_sub(1) } else { self.room };
        for (y, (line, role)) in (inside.top()..inside.bottom()).zip(self.lines.iter().skip(self.top).take(seen)) {
            text::put(buf, inside.x, y, inside.width, line, theme.style(*role));
        }
        if self.last() > 0 && inside.height > 0 {
            let told = match self.lines.len().saturating_sub(self.top + seen) {
                0 => format!("{} lines above: {{page-up}}", self.top),
                more => format!("and {more} more lines: {{page-down}}"),
            };
            text::put(buf, inside.x, inside.bottom() - 1, inside.width, &words::keyed(world, &told), theme.style(Role::Dim));
        }
    }

    /// A line for each table, under titles.
    fn running(&self, world: &World, tables: &[&Table], width: u16) -> Vec<(String, Role)> {
        // Where room is short, how a table is counts for more than the group of its kind.
        let most = width.saturating_sub(STATE).clamp(20, 60);
        let kinds: Vec<String> = tables.iter().map(|t| cut(what(&t.want), most)).collect();
        let wide = kinds.iter().map(|k| text::width(k)).max().unwrap_or_default().max(8);
        let line = |kind: &str, rows: &str, bytes: &str, state: &str| {
            let pad = " ".repeat(usize::from(wide.saturating_sub(text::width(kind))));
            format!("{kind}{pad}  {rows:>9}  {bytes:>9}  {state}")
        };
        let mut lines = vec![(line("WATCHED", "ROWS", "MEMORY", "STATE"), Role::Header)];
        for (table, kind) in tables.iter().zip(&kinds) {
            let bytes = self.bytes.get(&table.watch).map_or(0, |(_, b)| *b as u64);
            let (state, role) = words::trouble(world, table).unwrap_or_else(|| (sync(table).to_owned(), Role::Text));
            lines.push((line(kind, &words::grouped(table.len()), &words::bytes(bytes), &state), role));
        }
        lines
    }
}

/// As much of a text as there is room for.
fn cut(text: String, room: u16) -> String {
    if text::width(&text) <= room {
        return text;
    }
    text.chars().take(usize::from(room.saturating_sub(1))).chain(['…']).collect()
}

fn sync(table: &Table) -> &'static str {
    match table.sync {
        Sync::Connecting => "connecting",
        Sync::Syncing { .. } => "syncing",
        Sync::Live | Sync::Polling { .. } | Sync::Stale { .. } => "live",
    }
}

/// What a table holds.
fn what(want: &Want) -> String {
    let namespace = want.namespace.as_ref().map_or_else(String::new, |n| format!(" in {n}"));
    let of = match &want.of {
        Of::All => String::new(),
        Of::Selected { labels, fields } => [labels, fields].into_iter().filter(|s| !s.is_empty()).map(|s| format!(", {s}")).collect(),
        Of::Whole(name) => format!("/{name}"),
    };
    format!("{}{namespace}{of}", want.kind)
}

/// What it is, line by line.
fn about(world: &World, cluster: &Cluster, width: u16) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    let mut pair = |key: &str, value: &str, role: Role| {
        for (i, piece) in text::wrapped(value, width.saturating_sub(11).max(20)).into_iter().enumerate() {
            lines.push((format!("{:<10} {piece}", if i == 0 { key } else { "" }), role));
        }
    };
    let (state, role) = state(world, cluster);
    pair("state", &state, role);
    if let Some(fault) = cluster.broken.as_ref().or_else(|| cluster.fault()) {
        pair("why", &in_full(world, fault), Role::StatusWarn);
    }
    pair("server", &cluster.server, Role::Text);
    if !cluster.file.is_empty() {
        pair("kubeconfig", &cluster.file, Role::Text);
    }
    if cluster.context != cluster.name {
        pair("context", &cluster.context, Role::Text);
    }
    let mut told: Vec<String> =
        [Some(cluster.about.version.clone()).filter(|v| !v.is_empty()), cluster.about.provider.clone()].into_iter().flatten().collect();
    told.extend(cluster.user.as_ref().map(|u| format!("user {u}")));
    told.push(format!("namespace {}", cluster.namespace));
    told.push(match cluster.tier {
        Tier::Unset => "no tier, protected as prod".to_owned(),
        of => format!("tier {}{}", tier(of), if cluster.is_protected() { ", protected" } else { "" }),
    });
    told.extend((cluster.readonly || world.readonly).then(|| "read only".to_owned()));
    pair("about", &told.join(" · "), Role::Text);
    if cluster.open {
        let Traffic { requests, bytes, relists } = cluster.traffic;
        pair("traffic", &format!("{requests} requests · {} read · {relists} relists", words::bytes(bytes)), Role::Text);
    }
    lines
}

/// A tier in a word.
pub(super) fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Dev => "dev",
        Tier::Staging => "staging",
        Tier::Prod => "prod",
        Tier::Unset => "none, as prod",
    }
}

fn in_full(world: &World, fault: &Fault) -> String {
    let hint = fault.hint.as_ref().map_or_else(String::new, |h| format!(" ({h})"));
    let login = if let FaultKind::Login(command) = &fault.kind {
        format!(" — {} runs {command}", words::keyed(world, "{retry}"))
    } else {
        String::new()
    };
    format!("{}{hint}{login}", fault.what)
}
