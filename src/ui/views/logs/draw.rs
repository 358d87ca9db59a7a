//! Draws the lines of logs that are in sight.

use super::LogsView;
use crate::model::log::{Kind, Level, Seen, Stamp};
use crate::model::text::visible;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

const DAY: i64 = 86_400;
/// Bytes of a line that can be seen; more is told by a number.
const SEEN: usize = 64 << 10;

/// Which names stand before a line: those that differ.
struct Names {
    cluster: u16,
    pod: u16,
    container: u16,
}

impl LogsView {
    pub(super) fn show(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::BorderFocused), self.titles(world, theme));
        let bottom = self.bottom();
        let from = bottom.saturating_sub(usize::from(inside.height));
        let names = self.names(world);
        for (place, row) in (from..bottom).zip(inside.rows()) {
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
        let mut parts = vec![(Cow::from("Logs"), title)];
        parts.extend(words::only(world, &self.of.only, true).map(|of| (of.into(), dim)));
        parts.push((format!("{} pods", words::grouped(self.tails.len())).into(), dim));
        parts.push((format!("{} lines", words::grouped(self.ring.len())).into(), dim));
        if self.ring.gone() > 0 {
            parts.push((format!("{} older ones let go", words::grouped(self.ring.gone() as usize)).into(), theme.style(Role::StatusWarn)));
        }
        match self.last {
            None => parts.push(("following".into(), theme.style(Role::StatusOk))),
            Some(_) => parts.push((format!("paused, {} new", words::grouped(self.missed as usize)).into(), theme.style(Role::Accent))),
        }
        if !self.search.is_empty() {
            parts.push((format!("/{}", self.search).into(), theme.style(Role::Accent)));
        }
        parts
    }

    fn names(&self, world: &World) -> Names {
        let Some(first) = self.sources.first() else { return Names { cluster: 0, pod: 0, container: 0 } };
        let width = |differs: bool, name: &dyn Fn(&super::Source) -> u16| {
            if differs { self.sources.iter().map(name).max().unwrap_or_default() + 1 } else { 0 }
        };
        Names {
            cluster: width(self.sources.iter().any(|s| s.cluster != first.cluster), &|s| text::width(world.name(s.cluster))),
            pod: width(self.sources.iter().any(|s| s.pod != first.pod), &|s| text::width(short(&s.pod))),
            container: width(self.sources.iter().any(|s| s.container != first.container), &|s| text::width(&s.container)),
        }
    }

    fn line(&self, world: &World, theme: &Theme, names: &Names, seen: &Seen<'_>, row: Rect, buf: &mut Buffer) {
        let Some(source) = self.sources.get(seen.source as usize) else { return };
        let dim = theme.style(Role::Dim);
        let mut x = row.x + 1;
        let mut put = |width: u16, told: &str, style: Style, buf: &mut Buffer| {
            text::put(buf, x, row.y, row.right().saturating_sub(x).min(width.saturating_sub(1)), told, style);
            x = (x + width).min(row.right());
        };
        put(13, &clock(world, seen.spot.at), dim, buf);
        put(names.cluster, world.name(source.cluster), words::cluster_style(world, theme, source.cluster), buf);
        put(names.pod, short(&source.pod), dim, buf);
        put(names.container, &source.container, dim, buf);
        let role = match seen.kind {
            Kind::Mark => Role::Accent,
            Kind::Gap => Role::StatusWarn,
            Kind::Written => match Level::of(seen.bytes) {
                Level::Plain => Role::Text,
                Level::Warn => Role::StatusWarn,
                Level::Error => Role::StatusBad,
            },
        };
        let told = match seen.kind {
            Kind::Written => plain(seen.bytes),
            Kind::Mark => format!("─── {} {} {}", source.pod, source.container, plain(seen.bytes)),
            Kind::Gap => format!("─── ▲ {} {} {}", source.pod, source.container, plain(seen.bytes)),
        };
        let more = seen.cut as usize + seen.bytes.len().saturating_sub(SEEN);
        let told = if more > 0 { format!("{told} … +{} bytes", words::grouped(more)) } else { told };
        let room = row.right().saturating_sub(x);
        let shown: String = told.chars().skip(self.left).collect();
        text::put(buf, x, row.y, room, &shown, theme.style(role));
        self.highlight(theme, &shown, Rect { x, width: room, ..row }, buf);
        if self.found == Some(seen.spot) {
            text::put(buf, row.x, row.y, 1, "▌", theme.style(Role::Accent));
        }
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

/// A line as it is read: colours of the container's own are left away, everything else that a terminal would obey is made visible.
pub(super) fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..SEEN).unwrap_or(bytes));
    if !text.contains('\x1b') {
        return visible(&text).into_owned();
    }
    let mut parts = text.split("\x1b[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end.and_then(|end| part.split_at_checked(end)).and_then(|(_, rest)| rest.strip_prefix('m')) {
            Some(rest) => out.push_str(rest),
            None => {
                out.push_str("\x1b[");
                out.push_str(part);
            }
        }
    }
    visible(&out).into_owned()
}

/// The end of a pod's name, which tells pods of one workload apart.
fn short(pod: &str) -> &str {
    pod.rsplit_once('-').map_or(pod, |(_, end)| end)
}

fn clock(world: &World, at: Stamp) -> String {
    let local = (at.second().0 + world.utc_offset).rem_euclid(DAY);
    format!("{:02}:{:02}:{:02}.{:03}", local / 3_600, local / 60 % 60, local % 60, at.millis())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn fl4_colours_go_and_everything_else_is_seen() {
        for (bytes, shown) in [
            (&b"\x1b[31mred\x1b[0m end"[..], "red end"),
            (b"\x1b[1;31mred", "red"),
            (b"\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"),
            (b"\x1b[31", "␛[31"),
            (b"\xff\xfe", "\u{fffd}\u{fffd}"),
            (b"a\tb", "a b"),
        ] {
            assert_eq!(plain(bytes), shown);
        }
    }
}
