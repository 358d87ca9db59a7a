//! Draws what is in sight: a line for each cluster in trouble and for each finding, and under those that there is room for, or that the
//! cursor is on, why it is so and what to do next. What is cut where room is short is the why, never what it is about.

use super::HealthView;
use super::sight::Sight;
use crate::model::finding::Group;
use crate::model::time::next_change;
use crate::model::world::World;
use crate::ui::standing::Standing;
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Before the cluster: the bar of the cursor, the glyph, and a space.
const GUTTER: u16 = 3;
/// Between columns.
const GAP: u16 = 2;
/// How far what stands under a finding is moved in.
const INDENT: u16 = GUTTER + 2;
/// The widest that clusters and objects push what is wrong to the right.
const WIDEST: (u16, u16) = (24, 48);

/// Lines that a finding has under its own.
fn below(group: &Group) -> usize {
    usize::from(!group.head.evidence.is_empty()) + usize::from(!group.head.next.is_empty())
}

impl HealthView {
    fn inside(&self) -> Rect {
        let a = self.area;
        Rect { x: a.x + 1, y: a.y + 1, width: a.width.saturating_sub(2), height: a.height.saturating_sub(2) }
    }

    /// How far page up and page down go.
    pub(super) fn page(&self) -> isize {
        (self.inside().height as isize - 3).max(1)
    }

    /// Where the list stands: below the clusters in trouble, which have at most a third.
    fn list_area(&self) -> Rect {
        let inside = self.inside();
        let above = (self.sight.troubles.len() as u16).min((inside.height / 3).max(1)).min(inside.height);
        Rect { y: inside.y + above, height: inside.height - above, ..inside }
    }

    /// True where there is room for all findings with what stands under them. Looks no further than to where there is not.
    fn is_roomy(&self, world: &World) -> bool {
        let mut left = usize::from(self.list_area().height);
        (0..self.lines()).all(|at| {
            let lines = 1 + self.at(world, at).map_or(0, |(group, _)| below(group));
            let fits = lines <= left;
            left = left.saturating_sub(lines);
            fits
        })
    }

    /// Lines that the finding in a place takes.
    fn height_of(&self, world: &World, at: usize, roomy: bool) -> usize {
        let open = roomy || self.cursor.place() == Some(at);
        1 + self.at(world, at).filter(|_| open).map_or(0, |(group, _)| below(group))
    }

    /// The places in sight, each with its first line within the list and its height.
    fn in_sight(&self, world: &World) -> Vec<(usize, u16, u16)> {
        let (height, roomy) = (self.list_area().height, self.is_roomy(world));
        let (mut y, mut out) = (0, Vec::new());
        for at in self.cursor.top..self.lines() {
            if y >= height {
                break;
            }
            let lines = (self.height_of(world, at, roomy) as u16).min(height - y);
            out.push((at, y, lines));
            y += lines;
        }
        out
    }

    /// Takes the area in which it is about to be drawn.
    pub(super) fn fit(&mut self, world: &World) {
        self.sight = Sight::of(world);
        self.settle(world);
        let height = usize::from(self.list_area().height);
        let here = self.cursor.place().unwrap_or_default();
        let under = self.height_of(world, here, false) - 1;
        let room = height.saturating_sub(under).max(1);
        let last = if self.is_roomy(world) { 0 } else { self.lines().saturating_sub(room) };
        self.cursor.top = self.cursor.top.min(here).max((here + 1).saturating_sub(room)).min(last);
        for (at, ..) in self.in_sight(world) {
            let Some((group, _)) = self.at(world, at) else { continue };
            let (cluster, object) = (text::width(world.name(group.cluster)), text::width(&words::object(&group.head.object)));
            self.widths = (self.widths.0.max(cluster.min(WIDEST.0)), self.widths.1.max(object.min(WIDEST.1)));
        }
    }

    /// Draws everything.
    pub(super) fn paint(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::border(!self.unfocused)), self.titles(world, theme));
        if inside.height == 0 {
            return;
        }
        let list = self.list_area();
        self.troubles(world, theme, Rect { height: list.y - inside.y, ..inside }, buf);
        for (at, y, height) in self.in_sight(world) {
            self.item(world, theme, at, Rect { y: list.y + y, height, ..list }, buf);
        }
        if self.lines() == 0 && list.height > 0 {
            let (told, role) = self.nothing(world);
            text::put(buf, list.x + GUTTER, list.y, list.width.saturating_sub(GUTTER), &told, theme.style(role));
        }
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let (title, dim) = (theme.style(Role::title(!self.unfocused)), theme.style(Role::Dim));
        let all = self.shown.len() + super::sight::in_trouble(world).count();
        let mut parts: Vec<(Cow<'static, str>, Style)> = vec![("Health".into(), title)];
        let looked_at = world.focus.map(|c| world.name(c).to_owned()).into_iter().chain(world.namespaces.iter().map(|n| n.to_string()));
        let looked_at: Vec<String> = looked_at.collect();
        if !looked_at.is_empty() {
            parts.push((looked_at.join(" ").into(), dim));
        }
        parts.push((words::grouped(all).into(), title));
        if !self.filter.is_empty() {
            parts.push((format!("/{}", self.filter).into(), theme.style(Role::Accent)));
        }
        if self.hidden > 0 {
            let notes = if self.hidden == 1 { "note" } else { "notes" };
            parts.push((words::keyed(world, &format!("{} {notes}: {{unhealthy}}", self.hidden)).into(), dim));
        }
        if !self.sight.is_whole() {
            parts.push(("not all is known yet".into(), theme.style(Role::ClusterSyncing)));
        }
        parts
    }

    /// The clusters in trouble, and those of which something is hidden.
    fn troubles(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let wide = self.sight.troubles.iter().map(|t| text::width(world.name(t.cluster))).max().unwrap_or_default();
        let wide = wide.min(WIDEST.0).max(self.widths.0);
        let room = usize::from(area.height);
        let shown = if self.sight.troubles.len() > room { room.saturating_sub(1) } else { room };
        for (row, trouble) in area.rows().zip(self.sight.troubles.iter().take(shown)) {
            let style = theme.style(trouble.role);
            text::put(buf, row.x + 1, row.y, 1, trouble.glyph, style);
            text::put(buf, row.x + GUTTER, row.y, wide, world.name(trouble.cluster), words::cluster_style(world, theme, trouble.cluster));
            let x = row.x + GUTTER + wide + GAP;
            text::put(buf, x, row.y, row.right().saturating_sub(x), &trouble.what, style);
        }
        if let Some(row) = area.rows().nth(shown).filter(|_| self.sight.troubles.len() > shown) {
            let more = self.sight.troubles.len() - shown;
            let told = format!("and {more} more clusters: {}", words::keyed(world, "{clusters} shows all"));
            text::put(buf, row.x + GUTTER, row.y, row.width.saturating_sub(GUTTER), &told, theme.style(Role::StatusWarn));
        }
    }

    /// A finding, and under it what there is room for.
    fn item(&self, world: &World, theme: &Theme, at: usize, area: Rect, buf: &mut Buffer) {
        let Some((group, cured)) = self.at(world, at) else { return };
        let selected = self.cursor.place() == Some(at) && !self.unfocused;
        let first = Rect { height: 1, ..area };
        if selected {
            let bar = theme.style(if cured { Role::RowGone } else { Role::Accent });
            text::put(buf, area.x, area.y, 1, "▌", bar);
        }
        self.head(world, theme, group, cured, first, buf);
        if selected && !cured {
            text::paint(buf, first, theme.style(Role::RowSelected));
        }
        let mut rows = area.rows().skip(1).map(|r| Rect { x: r.x + INDENT, width: r.width.saturating_sub(INDENT), ..r }).peekable();
        let quiet = theme.style(if cured { Role::RowGone } else { Role::Dim });
        if let Some(row) = rows.next_if(|_| !group.head.evidence.is_empty()) {
            let style = if cured { quiet } else { theme.style(Role::Text) };
            text::put(buf, row.x, row.y, row.width, &group.head.evidence, style);
        }
        if let Some(row) = rows.next().filter(|_| !group.head.next.is_empty()) {
            let parts = words::keyed_parts(world, &group.head.next).into_iter();
            let parts = parts.map(|(part, key)| (part.into(), if key && !cured { theme.style(Role::Key) } else { quiet }));
            text::line(buf, row, std::iter::once(("next: ".into(), quiet)).chain(parts));
        }
    }

    /// The line of a finding.
    fn head(&self, world: &World, theme: &Theme, group: &Group, cured: bool, area: Rect, buf: &mut Buffer) {
        let head = &group.head;
        let (glyph, role) = words::severity(head.severity);
        let is_stale =
            world.cluster(group.cluster).is_some_and(|c| matches!(Standing::of(world, c), Standing::Stale(_) | Standing::Login(_)));
        let of = |role: Role| match () {
            () if cured => theme.style(Role::RowGone),
            () if is_stale => theme.style(Role::Stale),
            () => theme.style(role),
        };
        let cluster = if cured { of(role) } else { theme.style(Role::Dim).patch(words::cluster_style(world, theme, group.cluster)) };
        text::put(buf, area.x + 1, area.y, 1, glyph, of(role));
        let mut x = area.x + GUTTER;
        text::put(buf, x, area.y, self.widths.0, world.name(group.cluster), cluster);
        x += self.widths.0 + GAP;
        text::put(buf, x, area.y, area.right().saturating_sub(x).min(self.widths.1), &words::object(&head.object), of(Role::Text));
        x += self.widths.1 + GAP;
        let more = group.objects().saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!("  and {more} more") };
        let tail = if cured { "  cured".to_owned() } else { format!("  {}{more}", words::ago(head.since, world.now)) };
        let room = area.right().saturating_sub(x);
        let taken = text::put(buf, x, area.y, room.saturating_sub(text::width(&tail)), &head.what, of(role));
        text::put(buf, x + taken, area.y, room.saturating_sub(taken), &tail, of(Role::Dim));
    }

    /// What stands where nothing was found: that all is well only where all of it is seen.
    fn nothing(&self, world: &World) -> (String, Role) {
        let place = if world.namespaces.is_empty() { String::new() } else { format!(" in {}", world.namespaces.join(", ")) };
        match () {
            () if self.sight.clusters == 0 => {
                (words::keyed(world, "no cluster is open: {clusters} lists them, and their key opens them"), Role::Dim)
            }
            () if !self.sight.is_whole() => (format!("nothing found yet; waiting for {}…", self.waited(world)), Role::Dim),
            () if !self.filter.is_empty() => (format!("nothing that is wrong{place} matches"), Role::Dim),
            () if !self.sight.is_all() => (format!("nothing found{place} in what can be seen"), Role::Dim),
            () => {
                let clusters =
                    if self.sight.clusters == 1 { "one cluster".to_owned() } else { format!("{} clusters", self.sight.clusters) };
                (format!("● all is well{place}: nothing is wrong in {clusters}"), Role::StatusOk)
            }
        }
    }

    /// What is waited for, as short as it can be told.
    fn waited(&self, world: &World) -> String {
        let all = crate::health::wants(crate::model::id::ClusterId(0)).len();
        let of = |(cluster, kinds): &(crate::model::id::ClusterId, Vec<String>)| {
            let name = world.name(*cluster);
            if kinds.is_empty() || kinds.len() + 2 > all { name.to_owned() } else { format!("{} of {name}", kinds.join(", ")) }
        };
        self.sight.waiting.iter().map(of).collect::<Vec<_>>().join("; ")
    }

    /// Seconds until something on the screen changes by the clock alone.
    pub(super) fn next_age(&self, world: &World) -> Option<i64> {
        let waits = self.sight.troubles.iter().any(|t| world.cluster(t.cluster).is_some_and(|c| c.retry_at.is_some()));
        let troubles = self.sight.troubles.iter().filter_map(|t| world.cluster(t.cluster)).map(|c| next_change(c.since.age(world.now)));
        let shown = self.in_sight(world);
        let found = shown.iter().filter_map(|(at, ..)| self.at(world, *at)).map(|(group, _)| next_change(group.head.since.age(world.now)));
        if waits { Some(1) } else { troubles.chain(found).min() }
    }

    /// Puts the cursor on the finding that was clicked.
    pub(super) fn click_at(&mut self, world: &World, y: u16) {
        let Some(line) = y.checked_sub(self.list_area().y) else { return };
        let clicked = self.in_sight(world).into_iter().find(|(_, first, height)| (*first..first + height).contains(&line));
        if let (Some((at, ..)), Some(here)) = (clicked, self.cursor.place()) {
            self.step(world, at as isize - here as isize);
        }
    }
}
