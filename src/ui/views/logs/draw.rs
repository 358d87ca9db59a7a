//! Draws the lines that are in sight.

use super::told::{SEEN, clock, plain, short};
use super::{LogsView, Source};
use crate::model::log::{Kind, Level, Seen};
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Columns that a clock takes.
const CLOCK: u16 = 13;

/// How wide the names before a line are, each with a blank; those that are the same everywhere are left away.
struct Names {
    cluster: u16,
    pod: u16,
    container: u16,
}

impl LogsView {
    pub(super) fn show(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::BorderFocused), self.titles(world, theme));
        let names = self.names(world);
        for (place, row) in self.in_sight().zip(inside.rows()) {
            if let Some(seen) = self.ring.get(place) {
                self.line(world, theme, &names, &seen, row, buf);
            }
        }
        if self.ring.is_empty() && inside.height > 0 {
            let told = if self.tails.is_empty() { "waiting for pods…" } else { "nothing was written yet" };
            text::put(buf, inside.x + 1, inside.y, inside.width.saturating_sub(1), told, theme.style(Role::Dim));
        }
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let (title, dim) = (theme.style(Role::Title), theme.style(Role::Dim));
        let (warn, accent) = (theme.style(Role::StatusWarn), theme.style(Role::Accent));
        let mut parts = vec![(Cow::from("Logs"), title)];
        parts.extend(self.of.iter().filter_map(|only| words::only(world, only, true)).take(3).map(|of| (of.into(), dim)));
        let pods = match (self.left_out, self.tails.len()) {
            (0, all) => (format!("{} pod{}", words::grouped(all), if all == 1 { "" } else { "s" }).into(), dim),
            (less, all) => (format!("{} of {} pods", words::grouped(all - less), words::grouped(all)).into(), warn),
        };
        parts.push(pods);
        match self.stand {
            None => parts.push(("following".into(), theme.style(Role::StatusOk))),
            Some(_) => parts.push((format!("stopped, {} new", words::grouped(self.missed as usize)).into(), accent)),
        }
        if self.ring.gone() > 0 {
            parts.push((format!("{} older lines let go", words::grouped(self.ring.gone() as usize)).into(), warn));
        }
        if !self.search.is_empty() {
            parts.push((format!("/{}", self.search).into(), accent));
        }
        parts
    }

    fn names(&self, world: &World) -> Names {
        let Some(first) = self.sources.first() else { return Names { cluster: 0, pod: 0, container: 0 } };
        let width = |differs: bool, name: &dyn Fn(&Source) -> u16| {
            if differs { self.sources.iter().map(name).max().unwrap_or_default() + 1 } else { 0 }
        };
        Names {
            cluster: width(self.sources.iter().any(|s| s.cluster != first.cluster), &|s| text::width(world.name(s.cluster))),
            pod: width(self.sources.iter().any(|s| s.tail != first.tail), &|s| text::width(short(self.pod_name(s)))),
            container: width(self.sources.iter().any(|s| s.container != first.container), &|s| text::width(&s.container)),
        }
    }

    fn pod_name(&self, source: &Source) -> &str {
        self.tails.get(source.tail).map_or("", |tail| &tail.pod)
    }

    fn line(&self, world: &World, theme: &Theme, names: &Names, seen: &Seen<'_>, row: Rect, buf: &mut Buffer) {
        let Some(source) = self.sources.get(seen.source as usize) else { return };
        let mut x = row.x + 1;
        let mut put = |width: u16, told: &str, style: Style, buf: &mut Buffer| {
            text::put(buf, x, row.y, row.right().saturating_sub(x).min(width.saturating_sub(1)), told, style);
            x = (x + width).min(row.right());
        };
        put(CLOCK, &clock(seen.spot.at, world.utc_offset), theme.style(Role::Dim), buf);
        put(names.cluster, world.name(source.cluster), words::cluster_style(world, theme, source.cluster), buf);
        // Colours come again after nine pods, in the order in which these wrote first.
        put(names.pod, short(self.pod_name(source)), theme.style(Role::cluster(source.tail + 1)), buf);
        put(names.container, &source.container, theme.style(Role::Dim), buf);
        let (told, role) = self.told(source, seen);
        let room = row.right().saturating_sub(x);
        let shown = text::after(&told, self.left as u16);
        text::put(buf, x, row.y, room, &shown, theme.style(role));
        self.highlight(theme, &shown, Rect { x, width: room, ..row }, buf);
        if self.stand.is_some_and(|stand| stand.on == seen.spot) {
            text::put(buf, row.x, row.y, 1, "▌", theme.style(Role::Accent));
        }
    }

    /// What a line says, and what it is drawn as.
    fn told(&self, source: &Source, seen: &Seen<'_>) -> (String, Role) {
        let told = plain(seen.bytes);
        let role = match (seen.kind, seen.level) {
            (Kind::Mark, _) => Role::Accent,
            (Kind::Gap, _) | (_, Level::Warn) => Role::StatusWarn,
            (_, Level::Error) => Role::StatusBad,
            (_, Level::Debug) => Role::Dim,
            (_, Level::Plain) => Role::Text,
        };
        let told = match seen.kind {
            Kind::Written => told,
            Kind::Mark => format!("─── {} {}: {told} ───", self.pod_name(source), source.container),
            Kind::Gap => format!("─── ▲ {} {}: {told} ───", self.pod_name(source), source.container),
        };
        let more = seen.cut as usize + seen.bytes.len().saturating_sub(SEEN);
        (if more > 0 { format!("{told} … +{}", words::bytes(more as u64)) } else { told }, role)
    }

    /// Marks what is searched for.
    fn highlight(&self, theme: &Theme, shown: &str, area: Rect, buf: &mut Buffer) {
        for from in self.needle.places([shown]) {
            let before: String = shown.chars().take(from).collect();
            let part: String = shown.chars().skip(from).take(self.needle.len()).collect();
            let x = area.x.saturating_add(text::width(&before)).min(area.right());
            text::put(buf, x, area.y, area.right().saturating_sub(x), &part, theme.style(Role::Match));
        }
    }
}
