//! The rows of a kind over all clusters that are looked at, as one live table.
//!
//! The order of the rows is kept change by change ([`Order`]); the cursor and the marks hold objects; drawing looks at the visible rows only.

mod cell;
mod columns;
mod cursor;
mod draw;
mod follow;
mod found;
mod joined;
mod marks;
mod rows;
pub(super) mod scope;
mod trouble;

use crate::keymap::Scope as Keys;
use crate::kinds::{self, Composite};
use crate::model::column::{Column, Show};
use crate::model::id::{ClusterId, GroupResource, Uid, WatchId};
use crate::model::order::{Lens, Member, Order};
use crate::model::query::{BadTerm, Query};
use crate::model::row::Row;
use crate::model::step::{Motion, Only, Pick, Scene, TableOf};
use crate::model::table::{Slot, Table};
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::view::View;
use columns::{Common, Merged};
use cursor::Cursor;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use scope::Belongs;
use std::collections::HashSet;

/// The screen of a kind.
pub struct TableView {
    of: TableOf,
    /// The part of it that belongs to what the cursor of another pane is on.
    followed: Option<Only>,
    /// False where another pane has the keys.
    focused: bool,
    /// Known once the name is resolved. Where it stands for several, `composite` says for which.
    kind: Option<GroupResource>,
    composite: Option<&'static Composite>,
    /// The namespaces that the order was made for.
    namespaces: Vec<Box<str>>,
    /// The watches whose tables are merged. Places are never given to another watch, since entries of the order name them; a watch that is out
    /// of focus or gone is `None`.
    members: Vec<Option<WatchId>>,
    /// By members: the columns that filter terms may name.
    known: Vec<Vec<Column>>,
    columns: Vec<Merged>,
    order: Order,
    sort: Option<Sort>,
    /// It stands beside others in a workspace.
    is_pane: bool,
    wide: bool,
    unhealthy: bool,
    filter: String,
    query: Query,
    /// When all rows were last held against a query that depends on the time.
    looked: Timestamp,
    /// What a joined column reads has changed since the order was made by it.
    is_outdated: bool,
    /// The findings that were known when the clock last moved on, by their count of changes.
    judged: u64,
    /// Of a table over several kinds: how many rows are not healthy, as they were counted last.
    ailing: usize,
    /// The second and the number of rows that they were counted with.
    counted: Option<(Timestamp, usize)>,
    cursor: Cursor,
    marks: HashSet<(ClusterId, Uid)>,
    /// The last object that was marked: where a range begins.
    anchor: Option<(ClusterId, Uid)>,
    /// How many columns are scrolled out to the left.
    skip: usize,
    /// By columns: the widest text seen since the order was made, so that widths do not jump while scrolling.
    widths: Vec<u16>,
    area: Rect,
}

/// The column to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sort {
    title: String,
    descending: bool,
}

impl TableView {
    /// A view that knows nothing yet.
    pub fn new(world: &World, of: TableOf) -> Self {
        let mut view = Self {
            followed: None,
            focused: true,
            kind: None,
            composite: None,
            namespaces: world.namespaces.clone(),
            members: Vec::new(),
            known: Vec::new(),
            columns: Vec::new(),
            order: Order::default(),
            sort: None,
            is_pane: false,
            wide: false,
            unhealthy: false,
            filter: of.filter.clone(),
            query: Query::parse(&of.filter).unwrap_or_default(),
            looked: world.now,
            is_outdated: false,
            judged: 0,
            ailing: 0,
            counted: None,
            cursor: Cursor::new(of.cursor.clone()),
            marks: HashSet::new(),
            anchor: None,
            skip: 0,
            widths: Vec::new(),
            area: Rect::default(),
            of,
        };
        view.refresh(world);
        view
    }

    /// The same as a pane, which has room for a few rows: what is not healthy comes first as long as nobody asks for another order, and what is told
    /// elsewhere is not repeated.
    #[must_use]
    pub fn pane(mut self) -> Self {
        self.is_pane = true;
        self
    }

    /// Gives `then` the view's lens on the world.
    fn lens<T>(&self, world: &World, then: impl FnOnce(&Lens<'_>) -> T) -> T {
        let members: Vec<Option<Member<'_>>> = self.members.iter().map(|m| self.member(world, (*m)?)).collect();
        let belongs = Belongs::new(world, &self.of.only);
        let followed = self.followed.as_ref().map(|only| Belongs::new(world, only));
        let keep = |member: &Member<'_>, row: &Row| {
            (!self.unhealthy || self.ails(world, member.table, row))
                && self.composite.is_none_or(|c| (c.keep)(member.table, row))
                && belongs.has(member, row)
                && followed.as_ref().is_none_or(|f| f.has(member, row))
                && (self.query.is_empty() || self.finds(world, member, row))
        };
        then(&Lens { world, members: &members, descending: self.sort.as_ref().is_some_and(|s| s.descending), keep: &keep })
    }

    /// The tables in the places of the members.
    fn tables<'a>(&self, world: &'a World) -> Vec<Option<&'a Table>> {
        self.members.iter().map(|m| world.tables.get(m.as_ref()?)).collect()
    }

    /// Makes the order anew, because other rows or another order of them are asked for.
    fn reorder(&mut self) {
        self.order.restart();
        self.widths.clear();
        self.cursor.may_settle();
    }

    fn merge_columns(&mut self, world: &World) {
        let tables = self.tables(world);
        let namespaced = tables.iter().flatten().any(|t| scope::is_namespaced(world, t.cluster(), &t.want.kind));
        let one = !matches!(self.of.only, Only::All | Only::Cluster(_) | Only::OnNode(_)) || world.namespaces.len() == 1;
        let common =
            Common { cluster: world.focused().count() > 1 && scope::cluster(&self.of.only).is_none(), namespace: namespaced && !one };
        let each: Vec<Option<&[Column]>> = tables.iter().map(|t| t.map(|t| self.columns_of(t))).collect();
        let known = each.iter().map(|c| c.map_or_else(Vec::new, columns::known)).collect();
        (self.columns, self.known) = (columns::merge(&each, common), known);
        self.widths.clear();
    }

    /// The columns that a table has in this view.
    fn columns_of<'a>(&self, table: &'a Table) -> &'a [Column] {
        self.composite.map_or(&table.columns, |c| c.columns)
    }

    /// The columns that are shown now.
    fn shown(&self) -> impl Iterator<Item = &Merged> {
        self.columns.iter().filter(|c| self.wide || c.show < Show::Wide)
    }

    /// Sorts by the column that stands `by` places from the present one.
    fn sort_by(&mut self, world: &World, by: isize) {
        let titles: Vec<String> = self.shown().map(|c| c.title.to_string()).collect();
        let now = self.sort.as_ref().and_then(|s| titles.iter().position(|t| *t == s.title));
        let next = now.map_or(0, |n| (n as isize + by).rem_euclid(titles.len().max(1) as isize) as usize);
        if let Some(title) = titles.get(next) {
            self.sort(world, &title.clone());
        }
    }
}

impl View for TableView {
    fn scope(&self) -> Keys {
        Keys::Table
    }

    fn title(&self) -> String {
        self.kind.as_ref().map_or_else(|| self.of.kind.to_string(), |k| k.resource.to_string())
    }

    fn focus(&mut self, focused: bool) {
        self.focused = focused;
    }

    fn follow(&mut self, _world: &World, pick: Option<&Pick>) {
        self.narrow(pick);
    }

    fn count(&self, _world: &World) -> Option<usize> {
        Some(self.order.len())
    }

    fn sick(&self, world: &World) -> Option<usize> {
        Some(self.unhealthy_rows(world))
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        // What nobody knows yet may be defined while one waits for it.
        let Some(kind) = &self.kind else { return scope::definitions(world) };
        let own = scope::wants(world, &self.of, kind).into_iter();
        let definitions = if scope::is_defined(kind) { scope::definitions(world) } else { Vec::new() };
        own.chain(definitions).chain(self.joins(world, kind)).collect()
    }

    fn scene(&self, world: &World) -> Scene {
        let cursor = self.cursor.entry().and_then(|e| self.target(world, e));
        let (marked, hidden_marks) = self.marked(world);
        let names: Vec<&str> =
            if marked.is_empty() { cursor.iter().map(|t| &*t.object.name).collect() } else { marked.iter().map(|o| &*o.name).collect() };
        Scene {
            copyable: (!names.is_empty()).then(|| names.join("\n")),
            lost: self.cursor.lost(),
            cursor,
            marked,
            hidden_marks,
            ..Scene::default()
        }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        self.cursor.pin();
        let page = self.page();
        match motion {
            Motion::Up | Motion::Down | Motion::PageUp | Motion::PageDown | Motion::Top | Motion::Bottom => {
                self.step(world, motion.lines(page, self.order.len()).unwrap_or_default());
            }
            Motion::Left => self.skip = self.skip.saturating_sub(1),
            Motion::Right => self.skip = (self.skip + 1).min(self.columns.len().saturating_sub(2)),
            Motion::Mark => self.mark(world),
            Motion::MarkRange => self.mark_range(world),
            Motion::Unmark => self.marks.clear(),
            Motion::SortNext => self.sort_by(world, 1),
            Motion::SortPrevious => self.sort_by(world, -1),
            Motion::SortInvert => {
                let Sort { title, descending } = self.sort.take().unwrap_or_else(|| Sort { title: "NAME".to_owned(), descending: false });
                self.sort = Some(Sort { title, descending: !descending });
                self.reorder();
            }
            Motion::Wide => {
                self.wide = !self.wide;
                self.widths.clear();
            }
            Motion::Unhealthy => {
                self.unhealthy = !self.unhealthy;
                self.reorder();
            }
            // Of texts and lines.
            _ => {}
        }
    }

    fn sort(&mut self, _world: &World, title: &str) {
        let Some(column) = self.columns.iter().find(|c| c.title.eq_ignore_ascii_case(title)) else { return };
        let again = self.sort.as_ref().filter(|s| s.title == column.title);
        self.sort = Some(Sort { title: column.title.to_string(), descending: again.is_some_and(|s| !s.descending) });
        self.reorder();
    }

    fn filter(&self) -> &str {
        &self.filter
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        let query = Query::parse(text)?;
        let columns: Vec<Column> = self.known.iter().flatten().cloned().collect();
        if !columns.is_empty() {
            query.check(&columns)?;
        }
        if text != self.filter {
            self.filter = text.to_owned();
            self.query = query;
            self.cursor.pin();
            self.reorder();
        }
        Ok(())
    }

    fn refresh(&mut self, world: &World) {
        if self.kind.is_none() {
            self.kind = scope::kind(world, &self.of.kind);
            self.composite = self.kind.as_ref().and_then(kinds::composite);
            let sort = self.kind.as_ref().and_then(kinds::find).and_then(|k| k.sort);
            self.sort = sort.map(|(title, descending)| Sort { title: title.to_owned(), descending });
        }
        let Some(kind) = &self.kind else { return };
        let parts = kinds::parts(kind);
        let focused = |w: &Want| world.focus.is_none_or(|f| f == w.cluster || scope::cluster(&self.of.only).is_some());
        let serving = scope::wants(world, &self.of, kind)
            .into_iter()
            .filter(|w| focused(w) && parts.contains(&w.kind))
            .filter_map(|w| world.serving(&w))
            .map(|t| t.watch);
        let serving: HashSet<WatchId> = serving.collect();
        let mut members: Vec<Option<WatchId>> = self.members.iter().map(|m| m.filter(|w| serving.contains(w))).collect();
        let mut new: Vec<WatchId> = serving.into_iter().filter(|w| !members.contains(&Some(*w))).collect();
        new.sort_unstable();
        members.extend(new.into_iter().map(Some));
        let changed = members != self.members || self.namespaces != world.namespaces;
        self.namespaces.clone_from(&world.namespaces);
        self.members = members;
        let (columns, known) = (std::mem::take(&mut self.columns), std::mem::take(&mut self.known));
        let widths = std::mem::take(&mut self.widths);
        self.merge_columns(world);
        if columns == self.columns && known == self.known {
            self.widths = widths;
        }
        self.doubt();
        if changed {
            self.reorder();
        }
    }

    fn before(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        let Some(place) = self.members.iter().position(|m| *m == Some(watch)) else { return };
        self.remember(world, place as u16, slots);
        let mut order = std::mem::take(&mut self.order);
        self.lens(world, |lens| order.before(lens, place as u16, slots));
        self.order = order;
    }

    fn after(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        let Some(place) = self.members.iter().position(|m| *m == Some(watch)) else { return self.notice(world, watch) };
        let mut order = std::mem::take(&mut self.order);
        self.lens(world, |lens| order.after(lens, place as u16, slots));
        self.order = order;
        self.recall(world);
    }

    fn is_working(&self) -> bool {
        self.order.is_working()
    }

    fn work(&mut self, world: &World, rows: usize) -> bool {
        if !self.order.is_working() {
            return true;
        }
        let mut order = std::mem::take(&mut self.order);
        let done = self.lens(world, |lens| order.work(lens, rows));
        self.order = order;
        if done {
            self.settle(world);
        }
        done
    }

    fn click(&mut self, world: &World, x: u16, y: u16) {
        self.click_at(world, x, y);
    }

    fn tick(&mut self, world: &World) {
        self.judged(world);
        self.count_ailing(world);
        let is_due = self.is_outdated || self.next_look(world).is_some_and(|seconds| seconds <= 0);
        if is_due && !self.order.is_working() {
            self.looked = world.now;
            self.is_outdated = false;
            self.order.restart();
        }
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        let outdated = self.is_outdated.then_some(1);
        self.next_age(world).into_iter().chain(self.next_look(world)).chain(outdated).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.count_ailing(world);
        self.fit(world, area);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        self.paint(world, theme, area, buf);
    }
}
