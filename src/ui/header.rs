//! The line that shows every cluster: how it is and which key focuses it. Trouble comes first where there is not room for all.

use super::standing::Standing;
use super::theme::{Role, Theme};
use super::widgets::text;
use super::words;
use crate::health;
use crate::model::cluster::Cluster;
use crate::model::fault::FaultKind;
use crate::model::world::World;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns between two clusters.
const GAP: u16 = 2;

/// What tells the demo fleet from the real world.
const DEMO: &str = " DEMO ";

/// A cluster in as few words as tell all.
struct Chip {
    key: String,
    name: String,
    glyph: &'static str,
    state: String,
    role: Role,
    style: Style,
    /// Lower comes first when there is not room for all: what is looked at or unlocked, then the sick, the worst first.
    rank: u8,
    focused: bool,
}

impl Chip {
    /// Says the same in fewer columns.
    fn shorten(&mut self) {
        if self.role == Role::ClusterLogin {
            "login".clone_into(&mut self.state);
        }
    }

    fn width(&self) -> u16 {
        let parts = [&self.key, &self.name, &self.state].into_iter().filter(|p| !p.is_empty());
        let looked_at = if self.focused { 2 } else { 0 };
        parts.map(|p| text::width(p).saturating_add(1)).fold(text::width(self.glyph) + looked_at, u16::saturating_add)
    }
}

/// Draws the line.
pub fn draw(world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let mut chips: Vec<Chip> = world.clusters.iter().map(|c| chip(world, theme, c)).collect();
    let mut right = right(world, false);
    let mut rest = Vec::new();
    let room = |right: &str| area.width.saturating_sub(text::width(right) + GAP + 2);
    if width(&chips) > room(&right) {
        right = self::right(world, true);
        chips.sort_by_key(|c| c.rank);
        chips.iter_mut().for_each(Chip::shorten);
        let fits = |n: &usize| {
            let (shown, rest) = chips.split_at(*n);
            let told: u16 = summary(theme, rest).iter().map(|(what, _)| text::width(what) + GAP).sum();
            width(shown).saturating_add(told) <= room(&right)
        };
        let fits = (0..=chips.len()).rev().find(fits).unwrap_or(0);
        rest = chips.split_off(fits);
    }
    let mut x = area.x + 1;
    for chip in &chips {
        x = draw_chip(theme, chip, x, area, buf) + GAP;
    }
    for (what, style) in summary(theme, &rest) {
        x += text::put(buf, x, area.y, area.right().saturating_sub(x), &what, style) + GAP;
    }
    let x = area.right().saturating_sub(text::width(&right) + 1);
    let (badge, rest) = right.split_once(DEMO).map_or(("", right.as_str()), |(_, rest)| (DEMO, rest));
    let x = x + text::put(buf, x, area.y, area.right().saturating_sub(x), badge, theme.style(Role::Badge));
    text::put(buf, x, area.y, area.right().saturating_sub(x), rest, theme.style(Role::Dim));
    let going = under_way(world);
    let x = x + rest.find(&going).map_or(0, |at| text::width(rest.get(..at).unwrap_or_default()));
    text::put(buf, x, area.y, area.right().saturating_sub(x), &going, theme.style(Role::StatusBusy));
}

fn draw_chip(theme: &Theme, chip: &Chip, mut x: u16, area: Rect, buf: &mut Buffer) -> u16 {
    let mut put = |what: &str, style: Style| {
        if !what.is_empty() {
            x += text::put(buf, x, area.y, area.right().saturating_sub(x), what, style);
            x += 1;
        }
    };
    // Told by a glyph too, since colours may be few.
    put(if chip.focused { "▸" } else { "" }, theme.style(Role::Accent));
    put(&chip.key, theme.style(Role::Key));
    let name = if chip.focused { theme.style(Role::Badge).patch(chip.style) } else { chip.style };
    put(&chip.name, name);
    put(chip.glyph, theme.style(chip.role));
    put(&chip.state, theme.style(chip.role));
    x.saturating_sub(1)
}

/// The columns that chips take.
fn width(chips: &[Chip]) -> u16 {
    chips.iter().fold(0, |sum: u16, c| sum.saturating_add(c.width()).saturating_add(GAP))
}

/// What stands for the clusters that there is no room for.
fn summary(theme: &Theme, rest: &[Chip]) -> Vec<(String, Style)> {
    let groups = [
        (1..2, "✖", Role::StatusBad),
        (2..3, "✗", Role::StatusBad),
        (3..4, "▲", Role::StatusWarn),
        (4..5, "syncing", Role::ClusterSyncing),
        (5..6, "ok", Role::Dim),
        (6..u8::MAX, "closed", Role::ClusterClosed),
    ];
    let count = |ranks: &std::ops::Range<u8>| rest.iter().filter(|c| ranks.contains(&c.rank)).count();
    groups.iter().filter(|(r, ..)| count(r) > 0).map(|(r, word, role)| (format!("+{} {word}", count(r)), theme.style(*role))).collect()
}

fn chip(world: &World, theme: &Theme, cluster: &Cluster) -> Chip {
    let (glyph, mut state, mut role, mut rank) = state(world, cluster);
    if let Some(until) = cluster.unlocked.filter(|_| cluster.is_unlocked(world.now)) {
        let left = until.0 - world.now.0;
        let told = format!("unlocked {}:{:02}", left / 60, left % 60);
        state = if state.is_empty() { told } else { format!("{state} {told}") };
        role = if role == Role::ClusterLive { Role::StatusWarn } else { role };
        rank = 0;
    }
    let focused = world.focus == Some(cluster.id);
    let style = if cluster.open { words::cluster_style(world, theme, cluster.id) } else { theme.style(Role::ClusterClosed) };
    let rank = if focused { 0 } else { rank };
    Chip {
        key: cluster.digit.map_or_else(String::new, |d| d.to_string()),
        name: cluster.name.clone(),
        glyph,
        state,
        role,
        style,
        rank,
        focused,
    }
}

/// Glyph, words, role and rank of a cluster.
fn state(world: &World, cluster: &Cluster) -> (&'static str, String, Role, u8) {
    match Standing::of(world, cluster) {
        Standing::Closed if cluster.broken.is_some() => ("✗", "not usable".to_owned(), Role::ClusterClosed, 7),
        Standing::Closed => ("○", String::new(), Role::ClusterClosed, 6),
        Standing::Connecting => ("◌", "connecting".to_owned(), Role::ClusterSyncing, 4),
        Standing::Login(_) => ("✗", "login needed".to_owned(), Role::ClusterLogin, 2),
        Standing::Stale(why) if why.kind == FaultKind::Unreachable => {
            ("◌", format!("stale {}", words::ago(cluster.since, world.now)), Role::ClusterStale, 2)
        }
        Standing::Stale(why) | Standing::Down(why) => ("✗", why.kind.word().to_owned(), Role::ClusterUnreachable, 2),
        Standing::Syncing(rows) => ("◐", words::grouped(rows), Role::ClusterSyncing, 4),
        Standing::Live { stale: 1.., .. } => ("◌", "stale".to_owned(), Role::ClusterStale, 2),
        Standing::Live { .. } => live(world, cluster),
    }
}

/// The same of one that is true to the second: what was found there.
fn live(world: &World, cluster: &Cluster) -> (&'static str, String, Role, u8) {
    let pods = world.tables_of(cluster.id, "", "pods");
    let sick: usize = pods.map(|t| t.aside().unhealthy).sum();
    let found = world.findings.counts(cluster.id);
    let counts = [(found.critical, "✖"), (found.warning, "▲")].into_iter().filter(|(n, _)| *n > 0);
    let told: Vec<String> = counts.map(|(n, glyph)| format!("{glyph}{n}")).collect();
    match () {
        () if found.critical > 0 => ("●", told.join(" "), Role::StatusBad, 1),
        () if found.warning > 0 => ("●", told.join(" "), Role::StatusWarn, 3),
        // Pods alone tell little, but they are all that a screen without health has.
        () if sick > 0 && !health::is_watched(world, cluster.id) => ("●", format!("▲{sick}"), Role::StatusWarn, 3),
        () => ("●", String::new(), Role::ClusterLive, 5),
    }
}

/// What is looked at, and the time. Where room is short, only what is not as usual.
fn right(world: &World, short: bool) -> String {
    let scope = match world.namespaces.as_slice() {
        [] if short => String::new(),
        [] => "all namespaces".to_owned(),
        [one] => one.to_string(),
        many => format!("{} namespaces", many.len()),
    };
    let local = (world.now.0 + world.utc_offset).rem_euclid(86_400);
    let demo = if world.demo.is_some() { format!("{DEMO}  ") } else { String::new() };
    let badge = if world.readonly { "read-only  " } else { "" };
    format!("{demo}{}{badge}{scope}  {:02}:{:02}", under_way(world), local / 3_600, local / 60 % 60)
}

/// How many changes are not over; of a copy alone, how far it is.
fn under_way(world: &World) -> String {
    let copied = || world.courses.iter().find(|c| !c.is_over()).and_then(|c| c.progress.as_ref()).map(words::share);
    match world.under_way() {
        0 => String::new(),
        1 => copied().map_or_else(|| "◐ 1 change  ".to_owned(), |copied| format!("◐ 1 change {copied}  ")),
        n => format!("◐ {n} changes  "),
    }
}
