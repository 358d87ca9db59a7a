//! Draws what is in sight: a line for each finding and for each cluster in trouble, and under the findings that there is room for, or that the
//! cursor is on, why it is so and what to do next. What is cut where room is short is the why, never what it is about.

use super::sight::Trouble;
use super::{HealthView, Item};
use crate::model::finding::Group;
use crate::model::id::ClusterId;
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
/// And so much of the width at most, in tenths, for a name that is shorter than others: one long name does not push all the rest.
const PADDED: u16 = 3;

impl Item<'_> {
    /// Lines under its own. What is cured has nothing next.
    fn below(&self) -> usize {
        match self {
            Self::Found(group, cured) => usize::from(!group.head.evidence.is_empty()) + usize::from(!cured && !group.head.next.is_empty()),
            Self::Cluster(_) => 0,
        }
    }

    /// Which cluster it is about.
    fn cluster(&self) -> ClusterId {
        match self {
            Self::Found(group, _) => group.cluster,
            Self::Cluster(trouble) => trouble.cluster,
        }
    }
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

    /// True where there is room for all that is told with what stands under it. Looks no further than to where there is not.
    fn is_roomy(&self, world: &World) -> bool {
        let mut left = usize::from(self.inside().height);
        (0..self.lines()).all(|at| {
            let lines = 1 + self.at(world, at).map_or(0, |item| item.below());
            let fits = lines <= left;
            left = left.saturating_sub(lines);
            fits
        })
    }

    /// Lines that what stands in a place takes.
    fn height_of(&self, world: &World, at: usize, roomy: bool) -> usize {
        let open = roomy || self.cursor.place() == Some(at);
        1 + self.at(world, at).filter(|_| open).map_or(0, |item| item.below())
    }

    /// The places in sight, each with its first line within the list and its height.
    fn in_sight(&self, world: &World) -> Vec<(usize, u16, u16)> {
        let (height, roomy) = (self.inside().height, self.is_roomy(world));
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
        self.look(world);
        self.settle(world);
        let height = usize::from(self.inside().height);
        let here = self.cursor.place().unwrap_or_default();
        let under = self.height_of(world, here, false) - 1;
        let room = height.saturating_sub(under).max(1);
        let last = if self.is_roomy(world) { 0 } else { self.lines().saturating_sub(room) };
        self.cursor.top = self.cursor.top.min(here).max((here + 1).saturating_sub(room)).min(last);
        for (at, ..) in self.in_sight(world) {
            let Some(item) = self.at(world, at) else { continue };
            let cluster = text::width(world.name(item.cluster()));
            let object = if let Item::Found(group, _) = item { text::width(&words::object(&group.head.object)) } else { 0 };
            self.widths = (self.widths.0.max(cluster.min(WIDEST.0)), self.widths.1.max(object.min(WIDEST.1)));
        }
    }

    /// Draws everything.
    pub(super) fn paint(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::border(!self.unfocused)), self.titles(world, theme));
        if inside.height == 0 {
            return;
        }
        let mut end = 0;
        for (at, y, height) in self.in_sight(world) {
            self.item(world, theme, at, Rect { y: inside.y + y, height, ..inside }, buf);
            end = y + height;
        }
        // Also under clusters that nothing is seen of.
        if self.shown.is_empty() && self.cursor.ghost().is_none() && end < inside.height {
            let (told, role) = self.nothing(world);
            text::put(buf, inside.x + GUTTER, inside.y + end, inside.width.saturating_sub(GUTTER), &told, theme.style(role));
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
        if self.elsewhere > 0 {
            parts.push((format!("{} in other namespaces: :ns all", self.elsewhere).into(), theme.style(Role::StatusWarn)));
        }
        if !self.sight.is_whole() {
            parts.push(("not all is known yet".into(), theme.style(Role::ClusterSyncing)));
        }
        parts
    }

    /// The line of a cluster.
    fn cluster(&self, world: &World, theme: &Theme, trouble: &Trouble, area: Rect, buf: &mut Buffer) {
        let style = theme.style(trouble.role);
        text::put(buf, area.x + 1, area.y, 1, trouble.glyph, style);
        let name = words::cluster_style(world, theme, trouble.cluster);
        text::put(buf, area.x + GUTTER, area.y, self.widths.0, world.name(trouble.cluster), name);
        let x = area.x + GUTTER + self.widths.0 + GAP;
        text::put(buf, x, area.y, area.right().saturating_sub(x), &trouble.what, style);
    }

    /// What stands in a place, and under it what there is room for.
    fn item(&self, world: &World, theme: &Theme, at: usize, area: Rect, buf: &mut Buffer) {
        let Some(item) = self.at(world, at) else { return };
        let cured = matches!(item, Item::Found(_, true));
        let selected = self.cursor.place() == Some(at) && !self.unfocused;
        let first = Rect { height: 1, ..area };
        if selected {
            let bar = theme.style(if cured { Role::RowGone } else { Role::Accent });
            text::put(buf, area.x, area.y, 1, "▌", bar);
        }
        match item {
            Item::Found(group, _) => {
                self.head(world, theme, group, cured, first, buf);
                under(world, theme, group, cured, area, buf);
            }
            Item::Cluster(trouble) => self.cluster(world, theme, trouble, first, buf),
        }
        if selected && !cured {
            text::paint(buf, first, theme.style(Role::RowSelected));
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
        let taken = text::put(buf, x, area.y, area.right().saturating_sub(x).min(self.widths.1), &words::object(&head.object), of(Role::Text));
        x += taken.max(self.widths.1.min(area.width * PADDED / 10)) + GAP;
        let more = group.objects().saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!("  and {more} more") };
        let tail = if cured { "  cured".to_owned() } else { format!("  {}{more}", words::lasts(head, world.now)) };
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
        let all = crate::health::wants(ClusterId(0)).len();
        let of = |(cluster, kinds): &(ClusterId, Vec<String>)| {
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
        let found = shown.iter().filter_map(|(at, ..)| self.at(world, *at)).filter_map(|item| match item {
            Item::Found(group, _) => Some(next_change(group.head.since.age(world.now))),
            Item::Cluster(_) => None,
        });
        if waits { Some(1) } else { troubles.chain(found).chain(self.cursor.goes(world.now)).min() }
    }

    /// Puts the cursor on the finding that was clicked.
    pub(super) fn click_at(&mut self, world: &World, y: u16) {
        let Some(line) = y.checked_sub(self.inside().y) else { return };
        let clicked = self.in_sight(world).into_iter().find(|(_, first, height)| (*first..first + height).contains(&line));
        if let (Some((at, ..)), Some(here)) = (clicked, self.cursor.place()) {
            self.step(world, at as isize - here as isize);
        }
    }
}

/// What stands under a finding: why, and what to do next.
fn under(world: &World, theme: &Theme, group: &Group, cured: bool, area: Rect, buf: &mut Buffer) {
    let mut rows = area.rows().skip(1).map(|r| Rect { x: r.x + INDENT, width: r.width.saturating_sub(INDENT), ..r }).peekable();
    let quiet = theme.style(if cured { Role::RowGone } else { Role::Dim });
    if let Some(row) = rows.next_if(|_| !group.head.evidence.is_empty()) {
        let style = if cured { quiet } else { theme.style(Role::Text) };
        text::put(buf, row.x, row.y, row.width, &group.head.evidence, style);
    }
    if let Some(row) = rows.next().filter(|_| !cured && !group.head.next.is_empty()) {
        // The first enter leads to the explanation.
        let parts = words::keyed_parts(world, &group.head.next.replace("{enter}", "{enter} twice")).into_iter();
        let parts = parts.map(|(part, key)| (part.into(), if key { theme.style(Role::Key) } else { quiet }));
        text::line(buf, row, std::iter::once(("next: ".into(), quiet)).chain(parts));
    }
}
