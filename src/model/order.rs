//! The order of a view: which rows of which tables it shows, sorted, kept up to date change by change.
//!
//! A change costs a few binary searches and one move of memory, whatever the number of rows. What needs all rows (another sort
//! column, another filter) is done in slices by [`Order::work`], with the old order on screen until the new one is ready.
//!
//! A joined column changes without its row. Where such a column is sorted by, each row keeps the value that it got its place by
//! (`Keys`): an order whose values move under it is none, and nothing is found in it again. It is made anew when the view says so.

use super::cell::Value;
use super::column::Source;
use super::row::Row;
use super::table::{Slot, Table};
use super::world::World;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

/// A row of one of the view's tables.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    /// Which of the view's tables.
    pub table: u16,
    /// Which of the table's rows.
    pub slot: Slot,
}

/// One of the tables that a view merges.
#[derive(Copy, Clone, Debug)]
pub struct Member<'a> {
    /// The table.
    pub table: &'a Table,
    /// The name of its cluster.
    pub cluster: &'a str,
    /// Where this table has the values of the sort column; `None` if it has no such column.
    pub sort: Option<Source>,
}

/// What a view looks at, and how.
#[derive(Copy, Clone)]
pub struct Lens<'a> {
    /// What joined columns read.
    pub world: &'a World,
    /// The tables, in the order that [`Entry::table`] counts.
    pub members: &'a [Option<Member<'a>>],
    /// True where the sort column goes the other way.
    pub descending: bool,
    /// Which rows are shown.
    pub keep: &'a dyn Fn(&Member<'_>, &Row) -> bool,
}

impl<'a> Lens<'a> {
    /// The table and row of an entry; `None` once either is gone.
    pub fn row(&self, entry: Entry) -> Option<(&'a Member<'a>, &'a Row)> {
        let member = self.members.get(usize::from(entry.table))?.as_ref()?;
        Some((member, member.table.row(entry.slot)?))
    }

    fn shows(&self, entry: Entry) -> bool {
        self.row(entry).is_some_and(|(member, row)| (self.keep)(member, row))
    }

    /// A total order: the sort column, then namespace, name, cluster and uid, so that equal values stay put.
    fn compare(&self, keys: &Keys, a: Entry, b: Entry) -> Ordering {
        let of = |entry| self.row(entry).map(|(member, row)| (member, row, self.key(keys, entry, member, row)));
        match (of(a), of(b)) {
            (Some(x), Some(y)) => self.compare_rows(x, y).then_with(|| a.cmp(&b)),
            (x, y) => y.is_some().cmp(&x.is_some()).then_with(|| a.cmp(&b)),
        }
    }

    fn compare_rows(&self, (m, x, k): Keyed<'_>, (n, y, l): Keyed<'_>) -> Ordering {
        let by_column = k.order(&l);
        if self.descending { by_column.reverse() } else { by_column }
            .then_with(|| m.table.words().get(x.namespace).cmp(n.table.words().get(y.namespace)))
            .then_with(|| x.name.cmp(&y.name))
            .then_with(|| m.table.cluster().cmp(&n.table.cluster()))
            .then_with(|| x.uid.cmp(&y.uid))
    }

    /// What a row in the order is sorted by.
    fn key<'k>(&self, keys: &'k Keys, entry: Entry, member: &'k Member<'_>, row: &'k Row) -> Cow<'k, Value<'k>>
    where
        'a: 'k,
    {
        match member.sort {
            Some(Source::Joined(_)) => Cow::Borrowed(keys.get(entry)),
            _ => Cow::Owned(self.value(member, row)),
        }
    }

    /// What a row would be sorted by if it got its place now.
    fn value<'k>(&self, member: &'k Member<'_>, row: &'k Row) -> Value<'k>
    where
        'a: 'k,
    {
        match member.sort {
            Some(Source::Cluster) => Value::text(Some(member.cluster)),
            Some(source) => self.world.value(member.table, row, source),
            None => Value::None,
        }
    }
}

/// A row and what it is sorted by.
type Keyed<'a> = (&'a Member<'a>, &'a Row, Cow<'a, Value<'a>>);

/// By tables and slots: the value of a joined sort column when the row got its place.
#[derive(Debug, Default)]
struct Keys(Vec<Vec<Value<'static>>>);

impl Keys {
    fn get(&self, entry: Entry) -> &Value<'static> {
        self.0.get(usize::from(entry.table)).and_then(|t| t.get(entry.slot as usize)).unwrap_or(&Value::None)
    }

    /// Keeps what a row is sorted by from now on, which must not be in the order while it changes.
    fn note(&mut self, lens: &Lens<'_>, entry: Entry) {
        let Some((member, row)) = lens.row(entry).filter(|(m, _)| matches!(m.sort, Some(Source::Joined(_)))) else { return };
        let (table, slot) = (usize::from(entry.table), entry.slot as usize);
        if self.0.len() <= table {
            self.0.resize_with(table + 1, Vec::new);
        }
        let Some(keys) = self.0.get_mut(table) else { return };
        if keys.len() <= slot {
            keys.resize(slot + 1, Value::None);
        }
        if let Some(place) = keys.get_mut(slot) {
            *place = lens.value(member, row).into_owned();
        }
    }
}

/// The rows that a view shows, in order.
#[derive(Debug, Default)]
pub struct Order {
    entries: Vec<Entry>,
    keys: Keys,
    rebuild: Option<Rebuild>,
}

impl Order {
    /// How many rows are shown.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The row in a place.
    pub fn get(&self, place: usize) -> Option<Entry> {
        self.entries.get(place).copied()
    }

    /// The rows from a place on.
    pub fn from(&self, place: usize) -> impl Iterator<Item = Entry> {
        self.entries.iter().skip(place).copied()
    }

    /// Where a row stands, or `Err` with where it would stand.
    pub fn place(&self, lens: &Lens<'_>, entry: Entry) -> Result<usize, usize> {
        self.entries.binary_search_by(|e| lens.compare(&self.keys, *e, entry))
    }

    /// Where a row would stand that need not be in any table any more.
    pub fn place_of(&self, lens: &Lens<'_>, member: &Member<'_>, row: &Row) -> usize {
        let key = lens.value(member, row);
        let is_before = |e: &Entry| {
            let of = lens.row(*e).map(|(m, r)| (m, r, lens.key(&self.keys, *e, m, r)));
            of.is_some_and(|of| lens.compare_rows(of, (member, row, Cow::Borrowed(&key))).is_lt())
        };
        self.entries.partition_point(is_before)
    }

    /// Tells that these rows of a table are about to change or go. Must be told while they still are what they were.
    pub fn before(&mut self, lens: &Lens<'_>, table: u16, slots: &[Slot]) {
        let touched = slots.iter().map(|&slot| Entry { table, slot });
        if let Some(rebuild) = &mut self.rebuild {
            rebuild.touched.extend(touched.clone());
        }
        let mut places: Vec<usize> = touched.filter_map(|e| self.place(lens, e).ok()).collect();
        places.sort_unstable();
        places.dedup();
        remove(&mut self.entries, &places);
    }

    /// Tells that these rows of a table have come or changed.
    pub fn after(&mut self, lens: &Lens<'_>, table: u16, slots: &[Slot]) {
        let entries = slots.iter().map(|&slot| Entry { table, slot });
        if let Some(rebuild) = &mut self.rebuild {
            rebuild.touched.extend(entries.clone());
        }
        let shown: Vec<Entry> = entries.filter(|e| lens.shows(*e)).collect();
        self.insert(lens, shown);
    }

    /// Starts over: the tables, the sort or the filter are others. [`Self::work`] does it.
    pub fn restart(&mut self) {
        self.rebuild = Some(Rebuild::default());
    }

    /// True while a new order is being made.
    pub fn is_working(&self) -> bool {
        self.rebuild.is_some()
    }

    /// Looks at about `rows` rows on the way to a new order, and returns true once it stands.
    pub fn work(&mut self, lens: &Lens<'_>, rows: usize) -> bool {
        let Some(rebuild) = &mut self.rebuild else { return true };
        if !rebuild.step(lens, rows) {
            return false;
        }
        if let Some(done) = self.rebuild.take() {
            self.entries = done.runs.into_iter().next().unwrap_or_default();
            self.keys = done.keys;
            self.insert(lens, done.touched.into_iter().filter(|e| lens.shows(*e)).collect());
        }
        true
    }

    /// Gives places to rows that have none.
    fn insert(&mut self, lens: &Lens<'_>, mut new: Vec<Entry>) {
        new.iter().for_each(|e| self.keys.note(lens, *e));
        new.sort_unstable_by(|a, b| lens.compare(&self.keys, *a, *b));
        new.dedup();
        insert(&mut self.entries, &new, |a, b| lens.compare(&self.keys, a, b));
    }
}

/// Removes what stands at these places, which ascend.
fn remove(entries: &mut Vec<Entry>, places: &[usize]) {
    let mut next = places.iter().copied().peekable();
    let Some(&first) = next.peek() else { return };
    let (mut to, len) = (first, entries.len());
    while let Some(place) = next.next() {
        let end = next.peek().copied().unwrap_or(len);
        entries.copy_within(place + 1..end, to);
        to += end - place - 1;
    }
    entries.truncate(to);
}

/// Inserts entries that are in order and not there yet.
fn insert(entries: &mut Vec<Entry>, new: &[Entry], compare: impl Fn(Entry, Entry) -> Ordering) {
    let old = entries.len();
    entries.extend_from_slice(new);
    let (mut end, mut to) = (old, entries.len());
    for &entry in new.iter().rev() {
        let at = entries.get(..end).unwrap_or_default().partition_point(|e| compare(*e, entry).is_lt());
        entries.copy_within(at..end, to - (end - at));
        to -= end - at + 1;
        end = at;
        if let Some(place) = entries.get_mut(to) {
            *place = entry;
        }
    }
}

/// A new order in the making: scan all tables into sorted runs, then merge the runs.
#[derive(Debug, Default)]
struct Rebuild {
    scanned: Cursor,
    runs: Vec<Vec<Entry>>,
    keys: Keys,
    merging: Option<Merge>,
    /// Rows that changed meanwhile. They are left out of everything and put in at the end, so that no comparison sees two states of
    /// one row.
    touched: HashSet<Entry>,
}

/// Where the scan is.
#[derive(Debug, Default)]
struct Cursor {
    table: u16,
    slot: Slot,
}

/// Two runs becoming one.
#[derive(Debug)]
struct Merge {
    left: std::iter::Peekable<std::vec::IntoIter<Entry>>,
    right: std::iter::Peekable<std::vec::IntoIter<Entry>>,
    out: Vec<Entry>,
}

impl Rebuild {
    /// Looks at about `rows` rows; true once a single run is left.
    fn step(&mut self, lens: &Lens<'_>, mut rows: usize) -> bool {
        while rows > 0 {
            if usize::from(self.scanned.table) < lens.members.len() {
                rows = rows.saturating_sub(self.scan(lens, rows));
            } else if let Some(merge) = &mut self.merging {
                if merge.step(lens, &self.keys, &self.touched, &mut rows)
                    && let Some(done) = self.merging.take()
                {
                    self.runs.push(done.out);
                }
            } else if self.runs.len() > 1 {
                // The two shortest first keeps the total work at n log(runs).
                self.runs.sort_by_key(|r| std::cmp::Reverse(r.len()));
                if let (Some(left), Some(right)) = (self.runs.pop(), self.runs.pop()) {
                    let out = Vec::with_capacity(left.len() + right.len());
                    self.merging = Some(Merge { left: left.into_iter().peekable(), right: right.into_iter().peekable(), out });
                }
            } else {
                if let Some(only) = self.runs.first_mut() {
                    only.retain(|e| !self.touched.contains(e));
                }
                return true;
            }
        }
        false
    }

    /// Makes a sorted run of the next rows of one table, and returns how many it looked at.
    fn scan(&mut self, lens: &Lens<'_>, rows: usize) -> usize {
        let Cursor { table, slot: start } = self.scanned;
        let slots = lens.members.get(usize::from(table)).and_then(Option::as_ref).map_or(0, |m| m.table.slots());
        let end = slots.min(start.saturating_add(rows as Slot));
        let entries = (start..end).map(|slot| Entry { table, slot });
        let mut run: Vec<Entry> = entries.filter(|e| !self.touched.contains(e) && lens.shows(*e)).collect();
        run.iter().for_each(|e| self.keys.note(lens, *e));
        run.sort_unstable_by(|a, b| lens.compare(&self.keys, *a, *b));
        if !run.is_empty() {
            self.runs.push(run);
        }
        self.scanned = if end < slots { Cursor { table, slot: end } } else { Cursor { table: table + 1, slot: 0 } };
        (end.saturating_sub(start) as usize).max(1)
    }
}

impl Merge {
    /// Moves up to `rows` entries over; true once both runs are used up.
    fn step(&mut self, lens: &Lens<'_>, keys: &Keys, touched: &HashSet<Entry>, rows: &mut usize) -> bool {
        let is_touched = |e: &Entry| touched.contains(e);
        while *rows > 0 {
            *rows -= 1;
            while self.left.next_if(is_touched).is_some() {}
            while self.right.next_if(is_touched).is_some() {}
            let take_left = match (self.left.peek(), self.right.peek()) {
                (Some(&l), Some(&r)) => lens.compare(keys, l, r).is_lt(),
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return true,
            };
            self.out.extend(if take_left { self.left.next() } else { self.right.next() });
        }
        false
    }
}

#[cfg(test)]
mod tests;
