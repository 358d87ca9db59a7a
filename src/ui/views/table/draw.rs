//! Draws the visible rows, and nothing else: the cost of a frame does not depend on how many rows there are.

use super::columns::Merged;
use super::{TableView, scope};
use crate::kinds;
use crate::model::cell::{Health, Value};
use crate::model::cluster::Cluster;
use crate::model::column::{Show, Source};
use crate::model::id::GroupResource;
use crate::model::msg::Sync;
use crate::model::order::Entry;
use crate::model::row::{Facts, Row};
use crate::model::step::Only;
use crate::model::table::Table;
use crate::model::time::next_change;
use crate::model::world::{Found, World};
use crate::ui::theme::{Role, Theme};
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::grid::{Place, Wish, place};
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// A workload that is so new has not had time for its first pods.
const STARTING: i64 = 60;

/// Before the first column: the bar of the cursor, the mark, and a space.
const GUTTER: u16 = 3;

impl TableView {
    pub(super) fn inside(&self) -> Rect {
        let a = self.area;
        Rect { x: a.x + 1, y: a.y + 1, width: a.width.saturating_sub(2), height: a.height.saturating_sub(2) }
    }

    /// Lines for rows: all but the titles and the troubles.
    fn height(&self, world: &World) -> usize {
        usize::from(self.inside().height).saturating_sub(1 + self.troubles(world).len())
    }

    /// How far page up and page down go.
    pub(super) fn page(&self) -> isize {
        (self.inside().height.saturating_sub(2) as isize).max(1)
    }

    /// Takes the area in which it is about to be drawn.
    pub(super) fn fit(&mut self, world: &World, area: Rect) {
        self.area = area;
        let height = self.height(world);
        self.scroll(world, height);
        let shown: Vec<usize> = self.columns.iter().enumerate().filter(|(_, c)| self.shown().any(|s| s == *c)).map(|(i, _)| i).collect();
        self.widths.resize(self.columns.len(), 0);
        let ghost = self.ghost_line(world);
        let mut widths = std::mem::take(&mut self.widths);
        for line in self.cursor.top()..(self.cursor.top() + height).min(self.lines()) {
            let Some(entry) = self.at_line(ghost, line) else { continue };
            let Some((table, row)) = self.row(world, entry) else { continue };
            for &column in &shown {
                if let (Some(width), Some(c)) = (widths.get_mut(column), self.columns.get(column)) {
                    let value = value(world, table, row, c.sources.get(usize::from(entry.table)).copied().flatten());
                    *width = (*width).max(self.shown_width(world, &value));
                }
            }
        }
        self.widths = widths;
    }

    /// Where the columns stand.
    fn places(&self) -> Vec<(&Merged, Place)> {
        let shown: Vec<(usize, &Merged)> = self.columns.iter().enumerate().filter(|(_, c)| self.shown().any(|s| s == *c)).collect();
        let wish = |(i, c): &(usize, &Merged)| {
            let sorted = self.sort.as_ref().is_some_and(|s| s.title == c.title);
            let title = text::width(&c.title).saturating_add(if sorted { 2 } else { 0 });
            let natural = self.widths.get(*i).copied().unwrap_or_default().max(title);
            let pinned = matches!(c.title.as_ref(), "CLUSTER" | "NAMESPACE" | "NAME");
            // What a person looks for first is cut last.
            let least = match c.title.as_ref() {
                "NAME" | "STATUS" => 24,
                _ => 8,
            };
            Wish { natural, least: title.max(natural.min(least)), spare: c.show == Show::Spare, pinned }
        };
        let wishes: Vec<Wish> = shown.iter().map(wish).collect();
        let room = self.inside().width.saturating_sub(GUTTER + 1);
        let places = place(&wishes, room, self.skip);
        places.into_iter().filter_map(|p| shown.get(p.column).map(|(_, c)| (*c, p))).collect()
    }

    /// Draws everything.
    pub(super) fn paint(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let inside = frame(buf, area, theme.style(Role::border(self.focused)), self.titles(world, theme));
        if inside.height == 0 {
            return;
        }
        let places = self.places();
        self.header(theme, inside, &places, buf);
        let troubles = self.troubles(world);
        let height = self.height(world);
        let (ghost, cursor) = (self.ghost_line(world), self.place(world));
        for line in 0..height.min(self.lines().saturating_sub(self.cursor.top())) {
            let y = inside.y + 1 + line as u16;
            let at = self.cursor.top() + line;
            let selected = cursor.map_or(at == 0, |c| c == at);
            match self.at_line(ghost, at) {
                Some(entry) => self.line(world, theme, entry, Rect { y, height: 1, ..inside }, &places, selected, buf),
                None => self.ghost(world, theme, Rect { y, height: 1, ..inside }, &places, buf),
            }
        }
        // A row that is gone together with its table has no line.
        if self.order.is_empty() && ghost.is_none() {
            self.empty(world, theme, inside, buf);
        }
        for (i, (what, style)) in troubles.iter().enumerate() {
            let y = inside.bottom().saturating_sub((troubles.len() - i) as u16);
            text::put(buf, inside.x + 1, y, inside.width.saturating_sub(1), what, theme.style(*style));
        }
    }

    fn titles(&self, world: &World, theme: &Theme) -> Vec<(Cow<'static, str>, Style)> {
        let (title, dim) = (theme.style(Role::title(self.focused)), theme.style(Role::Dim));
        let kind = self.kind.as_ref().map_or_else(|| self.of.kind.to_string(), |k| words::capital(&k.resource));
        let mut parts: Vec<(Cow<'static, str>, Style)> = vec![(kind.into(), title)];
        let namespaced = self.columns.iter().any(|c| c.title == "NAMESPACE")
            || self.tables(world).iter().flatten().any(|t| scope::is_namespaced(world, t.cluster(), &t.want.kind));
        if let Some(of) = words::only(world, self.only(), namespaced) {
            parts.push((of.into(), dim));
        }
        parts.push((words::grouped(self.order.len()).into(), title));
        // Counted by the tables, so it is only told where all of their rows are in sight.
        let whole = *self.only() == Only::All && self.filter.is_empty() && !self.unhealthy && world.namespaces.is_empty();
        let unhealthy = self.unhealthy_rows(world);
        if whole && unhealthy > 0 {
            parts.push((format!("unhealthy {}", words::grouped(unhealthy)).into(), theme.style(Role::StatusWarn)));
        }
        if self.unhealthy {
            parts.push(("only unhealthy".into(), theme.style(Role::Accent)));
        }
        if !self.filter.is_empty() {
            parts.push((format!("/{}", self.filter).into(), theme.style(Role::Accent)));
        }
        if !self.marks.is_empty() {
            let (in_sight, hidden) = self.marked(world);
            let hidden = if hidden > 0 { format!(", {hidden} not in sight") } else { String::new() };
            parts.push((format!("marked {}{hidden}", in_sight.len()).into(), theme.style(Role::RowMarked)));
        }
        if let Some(sort) = &self.sort {
            parts.push((format!("sorted by {} {}", sort.title, if sort.descending { "↓" } else { "↑" }).into(), dim));
        }
        if self.order.is_working() && self.cursor.is_settling() {
            parts.push(("sorting…".into(), dim));
        }
        parts
    }

    fn header(&self, theme: &Theme, inside: Rect, places: &[(&Merged, Place)], buf: &mut Buffer) {
        for (column, place) in places {
            let sorted = self.sort.as_ref().filter(|s| s.title == column.title);
            let title: Cow<'_, str> = match sorted {
                Some(s) => format!("{} {}", column.title, if s.descending { "↓" } else { "↑" }).into(),
                None => Cow::Borrowed(&column.title),
            };
            let style = theme.style(if sorted.is_some() { Role::HeaderSorted } else { Role::Header });
            text::put(buf, inside.x + GUTTER + place.x, inside.y, place.width, &title, style);
        }
        let more = theme.style(Role::Accent);
        if self.skip > 0 {
            text::put(buf, inside.x.saturating_sub(1), inside.y, 1, "‹", more);
        }
        if self.shown().last().is_some_and(|last| places.last().is_some_and(|(column, _)| *column != last)) {
            text::put(buf, inside.right(), inside.y, 1, "›", more);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn line(&self, world: &World, theme: &Theme, entry: Entry, area: Rect, places: &[(&Merged, Place)], selected: bool, buf: &mut Buffer) {
        let Some((table, row)) = self.row(world, entry) else { return };
        let marked = self.marks.contains(&(table.cluster(), row.uid));
        let stale = matches!(table.sync, Sync::Stale { .. });
        let base = theme.style(if stale { Role::Stale } else { Role::Text });
        let strong = selected && self.focused;
        if strong {
            text::paint(buf, area, theme.style(Role::RowSelected));
            text::put(buf, area.x, area.y, 1, "▌", theme.style(Role::Accent));
        } else if selected {
            text::put(buf, area.x, area.y, 1, "▏", theme.style(Role::Border));
        }
        if marked {
            text::put(buf, area.x + 1, area.y, 1, "●", theme.style(Role::RowMarked));
        } else if stale {
            text::put(buf, area.x + 1, area.y, 1, "◌", base);
        }
        if let Facts::Broken(why) = &row.facts {
            let x = area.x + GUTTER + places.iter().find(|(c, _)| c.title == "NAME").map_or(0, |(_, p)| p.x);
            let told = format!("{}  ✖ {why}", row.name);
            text::put(buf, x, area.y, area.right().saturating_sub(x), &told, theme.style(Role::StatusBad));
            return;
        }
        for (column, place) in places {
            let source = column.sources.get(usize::from(entry.table)).copied().flatten();
            let own = match source {
                Some(Source::Cluster) => theme.style(Role::Dim).patch(words::cluster_style(world, theme, table.cluster())),
                Some(Source::Name) if row.health == Health::Bad && !stale && !is_starting(world, row) => theme.style(Role::StatusBad),
                _ => base,
            };
            let cell = Rect { x: area.x + GUTTER + place.x, width: place.width, ..area };
            self.cell(world, theme, column, &value(world, table, row, source), (base, own), stale, cell, buf);
        }
        if strong {
            text::paint(buf, area, theme.style(Role::RowSelected));
        }
    }

    fn ghost(&self, world: &World, theme: &Theme, area: Rect, places: &[(&Merged, Place)], buf: &mut Buffer) {
        let style = theme.style(Role::RowGone);
        let Some((member, row)) = self.cursor.ghost() else { return };
        let Some(table) = self.members.get(usize::from(member)).copied().flatten().and_then(|w| world.tables.get(&w)) else { return };
        text::put(buf, area.x, area.y, 1, "▌", style);
        for (column, place) in places {
            let value = value(world, table, row, column.sources.get(usize::from(member)).copied().flatten());
            let shown = if value == Value::None { Cow::Borrowed("–") } else { value.shown(world.now) };
            text::put(buf, area.x + GUTTER + place.x, area.y, place.width, &shown, style);
        }
        let why = if table.slot(row.uid).is_some() { " no longer matches " } else { " gone " };
        let x = area.right().saturating_sub(text::width(why));
        text::put(buf, x, area.y, area.right().saturating_sub(x), why, style);
    }

    /// What stands where there are no rows: for an error never to look like an empty list, each cluster says how it is.
    fn empty(&self, world: &World, theme: &Theme, inside: Rect, buf: &mut Buffer) {
        let tables: Vec<&Table> = self.tables(world).into_iter().flatten().collect();
        let kind = self.kind.as_ref().map_or_else(|| self.of.kind.to_string(), ToString::to_string);
        let is_waiting = |t: &&Table| matches!(t.sync, Sync::Connecting | Sync::Syncing { .. });
        let waiting = tables.iter().any(is_waiting);
        let told = if self.kind.is_none() {
            words::unknown_kind(world, &self.of.kind)
        } else if tables.is_empty() && world.open().next().is_none() {
            "no cluster is open: C lists them, and their key opens them".to_owned()
        } else if tables.is_empty() && self.is_served_by_nobody(world) {
            format!("no open cluster serves {kind}")
        } else if tables.is_empty() || waiting {
            let of = |c: &&Cluster| tables.iter().any(|t| t.cluster() == c.id && is_waiting(t));
            let of: Vec<&str> = world.open().filter(of).map(|c| c.name.as_str()).collect();
            if of.is_empty() { format!("waiting for {kind}…") } else { format!("waiting for {kind} of {}…", of.join(", ")) }
        } else if tables.iter().any(|t| t.is_listed()) {
            match self.only() {
                _ if !self.filter.is_empty() || self.unhealthy => format!("no {kind} match"),
                Only::Object(object) => format!("{} is gone", words::object(object)),
                _ => format!("no {kind}"),
            }
        } else {
            format!("no {kind} could be read")
        };
        text::put(buf, inside.x + GUTTER, inside.y + 1, inside.width.saturating_sub(GUTTER), &told, theme.style(Role::Dim));
    }

    fn is_served_by_nobody(&self, world: &World) -> bool {
        let is_missing = |kind: &GroupResource| world.focused().all(|c| world.resource(c.id, kind) == Found::Missing);
        self.kind.as_ref().is_some_and(|kind| kinds::parts(kind).iter().all(is_missing))
    }

    /// Seconds until an age on the screen changes.
    pub(super) fn next_age(&self, world: &World) -> Option<i64> {
        let lines = self.cursor.top()..(self.cursor.top() + self.height(world)).min(self.order.len());
        let places = self.places();
        let entries = lines.filter_map(|l| self.order.get(l)).filter_map(|e| Some((e, self.row(world, e)?)));
        let values = entries.flat_map(|(entry, (table, row))| {
            let source = move |column: &Merged| column.sources.get(usize::from(entry.table)).copied().flatten();
            places.iter().filter_map(move |(column, _)| Some(table.value(row, source(column)?)))
        });
        values.filter_map(|v| v.since()).map(|at| next_change(at.age(world.now))).min()
    }

    /// Puts the cursor on the row that was clicked; a click on a title sorts.
    pub(super) fn click_at(&mut self, world: &World, x: u16, y: u16) {
        let inside = self.inside();
        if y == inside.y {
            let at = x.saturating_sub(inside.x + GUTTER);
            let title = self.places().iter().find(|(_, p)| (p.x..p.x + p.width + 1).contains(&at)).map(|(c, _)| c.title.to_string());
            if let Some(title) = title {
                crate::ui::view::View::sort(self, world, &title);
            }
        } else if y > inside.y && y < inside.bottom() {
            self.cursor.pin();
            let line = self.cursor.top() + usize::from(y - inside.y - 1);
            if let Some(here) = self.place(world) {
                self.step(world, line as isize - here as isize);
            }
        }
    }
}

/// A workload that has no pods yet because it has only just come. Of Deployments their conditions tell that; others tell nothing.
fn is_starting(world: &World, row: &Row) -> bool {
    matches!(&row.facts, Facts::Workload(_)) && row.created.is_some_and(|at| at.age(world.now) < STARTING)
}

fn value<'a>(world: &'a World, table: &'a Table, row: &'a Row, source: Option<Source>) -> Value<'a> {
    source.map_or(Value::None, |source| world.value(table, row, source))
}
