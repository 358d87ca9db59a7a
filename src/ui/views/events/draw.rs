//! Draws the lines in sight.

use super::{EventsView, about};
use crate::kinds::event;
use crate::model::cluster::Cluster;
use crate::model::facts::{EventFacts, Facts};
use crate::model::id::WatchId;
use crate::model::msg::{Link, Sync};
use crate::model::row::Row;
use crate::model::step::Pick;
use crate::model::table::Table;
use crate::model::time::Timestamp;
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

/// Before the cluster: the bar of the cursor, the time, the glyph.
const GUTTER: u16 = 13;
/// Room that a message has before anything else is given more than it needs to be known by.
const MESSAGE: u16 = 28;
/// The time back to which the title counts, in seconds.
const RECENT: i64 = 600;
const DAY: i64 = 86_400;

/// What a line says.
struct Told {
    at: String,
    warning: bool,
    stale: bool,
    /// What it is about, and of how many more events the line is.
    object: (String, String),
    /// Why, and how often.
    reason: (String, String),
    message: String,
}

impl EventsView {
    fn inside(&self) -> Rect {
        let a = self.area;
        Rect { x: a.x + 1, y: a.y + 1, width: a.width.saturating_sub(2), height: a.height.saturating_sub(2) }
    }

    /// Lines for events: all but what is told of clusters.
    fn height(&self, world: &World) -> usize {
        usize::from(self.inside().height).saturating_sub(self.troubles(world).len())
    }

    /// How far page up and page down go.
    pub(super) fn page(&self) -> isize {
        (self.inside().height as isize - 1).max(1)
    }

    /// Looks where the cursor is, and scrolls so that it is seen.
    pub(super) fn fit(&mut self, world: &World) {
        let height = self.height(world).max(1);
        match self.place() {
            Some(here) => {
                // Lines that come above it do not move the screen, unless that shows the first.
                if self.cursor.top > 0 {
                    self.cursor.top = (self.cursor.top + here).saturating_sub(self.cursor.place);
                }
                self.cursor.place = here;
            }
            // What it was on is over: it is on what stands there now, once that is drawn.
            None => {
                self.cursor.place = self.cursor.place.min(self.shown.len().saturating_sub(1));
                self.cursor.key = self.shown.get(self.cursor.place).map(|(key, ..)| key);
            }
        }
        let here = self.cursor.place;
        self.cursor.seen = self.shown.get(here).map(|(key, ..)| key);
        let last = self.shown.len().saturating_sub(height);
        self.cursor.top = self.cursor.top.min(here).max((here + 1).saturating_sub(height)).min(last);
        for at in self.cursor.top..(self.cursor.top + height).min(self.shown.len()) {
            let Some((table, told)) = self.told(world, at) else { continue };
            let both = |(a, b): &(String, String)| text::width(a) + text::width(b);
            let wide = [text::width(world.name(table.cluster())), both(&told.object), both(&told.reason)];
            for (width, wide) in self.widths.iter_mut().zip(wide) {
                *width = (*width).max(wide);
            }
        }
    }

    /// What the line in a place says.
    fn told<'a>(&self, world: &'a World, at: usize) -> Option<(&'a Table, Told)> {
        let (_, last, fold) = self.shown.get(at)?;
        let (table, row) = Self::newest(world, fold)?;
        let Facts::Event(facts) = &row.facts else { return None };
        let tail = |n: u64, sign: &str| if n > 0 { format!(" {sign}{}", words::grouped(n as usize)) } else { String::new() };
        let count = if fold.count > 1 { fold.count } else { 0 };
        let told = Told {
            at: clock(world, last),
            warning: facts.warning,
            stale: matches!(table.sync, Sync::Stale { .. }),
            object: (object(world, table, row, facts), tail(fold.len() as u64 - 1, "+")),
            reason: (table.words().get(facts.reason).to_owned(), tail(count, "×")),
            message: event::message(table, row).into_owned(),
        };
        Some((table, told))
    }

    /// The columns, and true where clusters stand there by their keys. What an event says is what it is for: the others give way to it.
    fn places(&self, world: &World) -> (Vec<Place>, bool) {
        let wish = |natural: u16, least: u16| Wish { natural, least, spare: false, pinned: true };
        let [cluster, object, reason] = self.widths;
        let room = self.inside().width.saturating_sub(GUTTER + 1);
        let has_key = |watch: &WatchId| world.tables.get(watch).and_then(|t| world.cluster(t.cluster())?.digit).is_some();
        let by_key = room < cluster + object + reason + MESSAGE + 6 && self.members.iter().all(has_key);
        let cluster = if by_key { cluster.min(1) } else { cluster };
        let others = [wish(cluster, cluster), wish(object, object.min(16)), wish(reason, reason.min(12))];
        let used: u16 = place(&others, room.saturating_sub(MESSAGE + 2), 0).iter().map(|p| p.width + 2).sum();
        let [cluster, object, reason] = others;
        (place(&[cluster, object, reason, wish(room.saturating_sub(used), MESSAGE)], room, 0), by_key)
    }

    /// Draws everything.
    pub(super) fn paint(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::border(!self.unfocused)), self.titles(world, theme));
        if inside.height == 0 {
            return;
        }
        let ((places, by_key), troubles) = (self.places(world), self.troubles(world));
        let height = self.height(world).min(self.shown.len().saturating_sub(self.cursor.top));
        for (i, row) in inside.rows().take(height).enumerate() {
            self.line(world, theme, self.cursor.top + i, row, (&places, by_key), buf);
        }
        if self.shown.len() == 0 {
            let told = self.nothing(world);
            text::put(buf, inside.x + 3, inside.y, inside.width.saturating_sub(3), &told, theme.style(Role::Dim));
        }
        for (row, (what, role)) in inside.rows().skip(self.height(world)).zip(&troubles) {
            text::put(buf, row.x + 1, row.y, row.width.saturating_sub(1), what, theme.style(*role));
        }
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let (title, dim) = (theme.style(Role::title(!self.unfocused)), theme.style(Role::Dim));
        let mut parts: Vec<(Cow<'static, str>, Style)> = vec![("Events".into(), title)];
        let looked_at = world.focus.map(|c| world.name(c).to_owned()).into_iter().chain(world.namespaces.iter().map(|n| n.to_string()));
        let about = self.followed.as_ref().map(|pick| match pick {
            Pick::Cluster(cluster) => format!("of {}", world.name(*cluster)),
            Pick::Object(target) => format!("about {} {}", world.name(target.object.cluster), words::object(&target.object)),
        });
        let looked_at: Vec<String> = looked_at.chain(about).collect();
        if !looked_at.is_empty() {
            parts.push((looked_at.join(" ").into(), dim));
        }
        let recent = self.shown.since(Timestamp(world.now.0 - RECENT));
        let what = if self.all { "all" } else { "warnings" };
        parts.push((format!("{what} {} in 10m", words::grouped(recent)).into(), title));
        if self.all {
            parts.push((format!("normal ones since {}", clock(world, world.began)).into(), dim));
        }
        if !self.filter.is_empty() {
            parts.push((format!("/{}", self.filter).into(), theme.style(Role::Accent)));
        }
        parts
    }

    fn line(&self, world: &World, theme: &Theme, at: usize, area: Rect, (places, by_key): (&[Place], bool), buf: &mut Buffer) {
        let Some((table, told)) = self.told(world, at) else { return };
        let selected = self.cursor.place == at && !self.unfocused;
        let of = |role: Role| theme.style(if told.stale { Role::Stale } else { role });
        if selected {
            text::put(buf, area.x, area.y, 1, "▌", theme.style(Role::Accent));
        }
        text::put(buf, area.x + 1, area.y, 8, &told.at, of(Role::Dim));
        if told.warning {
            text::put(buf, area.x + 10, area.y, 1, "▲", of(Role::StatusWarn));
        }
        let cluster = theme.style(Role::Dim).patch(words::cluster_style(world, theme, table.cluster()));
        let reason = of(if told.warning { Role::StatusWarn } else { Role::Text });
        let key = world.cluster(table.cluster()).and_then(|c| c.digit).filter(|_| by_key).map(|d| d.to_string());
        let cells = [
            (key.as_deref().unwrap_or_else(|| world.name(table.cluster())), "", cluster),
            (told.object.0.as_str(), told.object.1.as_str(), of(Role::Text)),
            (told.reason.0.as_str(), told.reason.1.as_str(), reason),
            (told.message.as_str(), "", of(Role::Text)),
        ];
        for place in places {
            let Some((cell, tail, style)) = cells.get(place.column) else { continue };
            // How many there are is never what is cut.
            let (x, room) = (area.x + GUTTER + place.x, place.width.saturating_sub(text::width(tail)));
            let taken = text::put(buf, x, area.y, room, cell, *style);
            text::put(buf, x + taken, area.y, place.width.saturating_sub(taken), tail, *style);
        }
        if selected {
            text::paint(buf, area, theme.style(Role::RowSelected));
        }
    }

    /// What is wrong with the tables that the events come from.
    fn troubles(&self, world: &World) -> Vec<(String, Role)> {
        let is_down = |t: &&Table| world.cluster(t.cluster()).is_some_and(|c| matches!(c.link, Link::Down { .. }));
        // Which cluster is down is told by the line of the clusters, and why in the pane that has the keys.
        let tables = self.members.iter().filter_map(|m| world.tables.get(m)).filter(|t| !self.unfocused || !is_down(t));
        // And which one wants a login.
        let is_one_of_many = world.focused().count() > 1;
        let tables = tables.filter(|t| !(is_one_of_many && world.cluster(t.cluster()).is_some_and(Cluster::needs_login)));
        let told =
            tables.filter_map(|t| words::trouble(world, t).map(|(what, role)| (format!("{}: {what}", world.name(t.cluster())), role)));
        let mut told: Vec<(String, Role)> = told.collect();
        let most = usize::from(self.inside().height / 3).max(1);
        if told.len() > most {
            let more = told.len() + 1 - most;
            told.truncate(most.saturating_sub(1));
            told.push((words::keyed(world, &format!("and {more} more: {{clusters}} shows all clusters")), Role::StatusWarn));
        }
        told
    }

    /// What stands where there are no events: an error never looks like quiet.
    fn nothing(&self, world: &World) -> String {
        let kind = if self.all { "events" } else { "warnings" };
        let tables: Vec<&Table> = self.members.iter().filter_map(|m| world.tables.get(m)).collect();
        let waiting = |t: &&Table| matches!(t.sync, Sync::Connecting | Sync::Syncing { .. });
        let of: Vec<&str> = tables.iter().copied().filter(waiting).map(|t| world.name(t.cluster())).collect();
        match () {
            () if world.open().next().is_none() => {
                words::keyed(world, "no cluster is open: {clusters} lists them, and their key opens them")
            }
            () if tables.is_empty() || self.making.is_some() => format!("waiting for {kind}…"),
            () if !of.is_empty() => format!("waiting for {kind} of {}…", of.join(", ")),
            () if !tables.iter().any(|t| t.is_listed()) => format!("no {kind} could be read"),
            () if !self.filter.is_empty() || self.followed.is_some() => format!("no {kind} match"),
            () => format!("no {kind}"),
        }
    }

    /// Seconds until something on the screen changes by the clock alone.
    pub(super) fn next_change(&self, world: &World) -> Option<i64> {
        // The oldest that the title counts leaves its ten minutes.
        let recent = self.shown.since(Timestamp(world.now.0 - RECENT));
        let oldest = recent.checked_sub(1).and_then(|at| self.shown.get(at)).map(|(_, at, _)| at.0 + RECENT + 1 - world.now.0);
        oldest.map(|seconds| seconds.max(1))
    }

    /// Puts the cursor on the line that was clicked.
    pub(super) fn click_at(&mut self, y: u16) {
        let Some(line) = y.checked_sub(self.inside().y) else { return };
        let at = self.cursor.top + usize::from(line);
        if at < self.shown.len() {
            self.step(at as isize - self.cursor.place as isize);
        }
    }
}

/// What an event is about.
fn object(world: &World, table: &Table, row: &Row, facts: &EventFacts) -> String {
    match about::object(world, table, row) {
        Some(object) => words::object(&object),
        None => format!("{} {}", table.words().get(facts.kind).to_lowercase(), facts.name.get(table.words())),
    }
}

/// The time of day; how long ago where that is another day.
fn clock(world: &World, at: Timestamp) -> String {
    if at.age(world.now) >= DAY {
        return format!("{} ago", words::ago(at, world.now));
    }
    let local = (at.0 + world.utc_offset).rem_euclid(DAY);
    format!("{:02}:{:02}:{:02}", local / 3_600, local / 60 % 60, local % 60)
}
