//! The rows of one watch: last known, indexed by uid, changed only by deltas.

use super::aside::Aside;
use super::cell::Value;
use super::column::{Column, Source};
use super::fault::FaultKind;
use super::id::{ClusterId, ObjectRef, Uid, WatchId};
use super::msg::{Delta, Sync};
use super::row::{Facts, Row};
use super::step::{Known, Target};
use super::time::Timestamp;
use super::want::Want;
use super::words::Words;
use hashbrown::HashTable;
use std::collections::HashSet;

/// Where there are too many events, so much less than the most are kept: a twentieth.
const ROOM: usize = 20;

/// Where a row stands in its table. Good until the row is deleted; a later row may get the same place.
pub type Slot = u32;

/// What is known of one want that asks for rows.
#[derive(Debug)]
pub struct Table {
    /// The watch that feeds it. What any other brings is not for it.
    pub watch: WatchId,
    /// What it holds.
    pub want: Want,
    /// The kind's own columns; empty until a kind that the server describes has arrived.
    pub columns: Vec<Column>,
    /// How true it is.
    pub sync: Sync,
    /// Since when it is as `sync` says.
    pub since: Timestamp,
    /// When it was last true; `None` if it never was.
    pub live_at: Option<Timestamp>,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
    /// Counts changes of rows, so that whoever draws can tell whether there were any.
    pub changes: u64,
    aside: Aside,
    words: Words,
    rows: Vec<Option<Row>>,
    free: Vec<Slot>,
    index: HashTable<Slot>,
    by_name: HashTable<Slot>,
}

impl Table {
    /// An empty table that is asked for now.
    pub fn new(watch: WatchId, want: Want, columns: Vec<Column>, now: Timestamp) -> Self {
        Self {
            watch,
            want,
            columns,
            sync: Sync::Connecting,
            since: now,
            live_at: None,
            retry_at: None,
            changes: 0,
            aside: Aside::default(),
            words: Words::default(),
            rows: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            by_name: HashTable::new(),
        }
    }

    /// The cluster of all its rows.
    pub fn cluster(&self) -> ClusterId {
        self.want.cluster
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// True without rows, which says nothing about the cluster unless the table is live.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// True once the whole list has been here, however old it is.
    pub fn is_listed(&self) -> bool {
        self.live_at.is_some()
    }

    /// True where the server forbids to list it and never let us.
    pub fn is_refused(&self) -> bool {
        !self.is_listed() && matches!(&self.sync, Sync::Stale { why, .. } if why.kind == FaultKind::Forbidden)
    }

    /// How true it is from now on.
    pub fn set_sync(&mut self, sync: Sync, now: Timestamp) {
        let retry_in = if let Sync::Stale { retry_in, .. } = &sync { *retry_in } else { None };
        self.retry_at = retry_in.map(|d| Timestamp(now.0 + d.as_secs() as i64));
        if matches!(sync, Sync::Live | Sync::Polling { .. }) {
            self.live_at = Some(now);
        }
        let same_state = std::mem::discriminant(&sync) == std::mem::discriminant(&self.sync);
        if !same_state {
            // Stale counts from when the table was last known to be true, which for a live one is until now.
            self.since = now;
        }
        self.sync = sync;
        self.changes += 1;
    }

    /// What it knows beside its rows.
    pub fn aside(&self) -> &Aside {
        &self.aside
    }

    /// The words of its rows.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// One past the highest slot in use.
    pub fn slots(&self) -> Slot {
        self.rows.len() as Slot
    }

    /// The row in a slot.
    pub fn row(&self, slot: Slot) -> Option<&Row> {
        self.rows.get(slot as usize)?.as_ref()
    }

    /// Where an object stands.
    pub fn slot(&self, uid: Uid) -> Option<Slot> {
        self.index.find(uid.hash64(), |&s| self.uid(s) == Some(uid)).copied()
    }

    /// The row of this namespace and name. While an object is replaced by another of its name, either may be told.
    pub fn named(&self, namespace: &str, name: &str) -> Option<&Row> {
        let is_it = |&s: &Slot| self.row(s).is_some_and(|r| &*r.name == name && self.words.get(r.namespace) == namespace);
        self.row(*self.by_name.find(Uid::of_name(namespace, name).hash64(), is_it)?)
    }

    /// The row of this uid.
    pub fn of_uid(&self, uid: Uid) -> Option<&Row> {
        self.row(self.slot(uid)?)
    }

    /// All rows, in no order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().flatten()
    }

    /// The slots of rows that a delta will change or remove.
    pub fn touched_by(&self, delta: &Delta) -> Vec<Slot> {
        delta.upserts.iter().map(|r| r.uid).chain(delta.deletes.iter().copied()).filter_map(|uid| self.slot(uid)).collect()
    }

    /// Makes a delta of events leave no more than so many: the oldest are left out or go. What was left out does not come back with a relist,
    /// which brings only what differs from what the watch has told before. Costs nothing until there are too many, and then makes room for a
    /// good while.
    pub fn keep_newest(&self, delta: &mut Delta, most: usize) {
        if self.len() + delta.upserts.len() <= most || !delta.upserts.iter().any(|r| matches!(r.facts, Facts::Event(_))) {
            return;
        }
        let replaced: HashSet<Uid> = delta.upserts.iter().map(|r| r.uid).chain(delta.deletes.iter().copied()).collect();
        let here = self.rows().filter(|r| !replaced.contains(&r.uid));
        let mut all: Vec<(Option<Timestamp>, Uid)> = here.chain(&delta.upserts).map(|r| (seen(r), r.uid)).collect();
        if all.len() <= most {
            return;
        }
        let too_many = all.len() - most + most / ROOM;
        let (old, ..) = all.select_nth_unstable(too_many);
        let old: HashSet<Uid> = old.iter().map(|(_, uid)| *uid).collect();
        delta.upserts.retain(|r| !old.contains(&r.uid));
        delta.deletes.extend(old);
    }

    /// Takes a delta in, and returns the slots of the rows that are new or changed.
    pub fn apply(&mut self, delta: Delta) -> Vec<Slot> {
        self.words.extend(delta.words);
        if let Some(columns) = delta.columns {
            self.columns = columns;
        }
        for uid in delta.deletes {
            self.delete(uid);
        }
        self.changes += 1;
        delta.upserts.into_iter().map(|row| self.upsert(row)).collect()
    }

    fn upsert(&mut self, row: Row) -> Slot {
        let uid = row.uid;
        let slot = match self.slot(uid) {
            Some(slot) => slot,
            None => {
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.rows.push(None);
                    self.rows.len() as Slot - 1
                });
                let (rows, words) = (&self.rows, &self.words);
                self.index.insert_unique(uid.hash64(), slot, |&s| uid_in(rows, s).map_or(0, Uid::hash64));
                self.by_name.insert_unique(name_hash(words, &row), slot, |&s| row_in(rows, s).map_or(0, |r| name_hash(words, r)));
                slot
            }
        };
        if let Some(place) = self.rows.get_mut(slot as usize) {
            let old = place.replace(row);
            self.aside.change(old.as_ref(), place.as_ref(), &self.words);
        }
        slot
    }

    fn delete(&mut self, uid: Uid) {
        let rows = &self.rows;
        if let Ok(entry) = self.index.find_entry(uid.hash64(), |&s| uid_in(rows, s) == Some(uid)) {
            let (slot, _) = entry.remove();
            let hash = row_in(rows, slot).map_or(0, |r| name_hash(&self.words, r));
            if let Ok(entry) = self.by_name.find_entry(hash, |&s| s == slot) {
                entry.remove();
            }
            if let Some(place) = self.rows.get_mut(slot as usize) {
                let old = place.take();
                self.free.push(slot);
                self.aside.change(old.as_ref(), None, &self.words);
            }
        }
    }

    fn uid(&self, slot: Slot) -> Option<Uid> {
        uid_in(&self.rows, slot)
    }

    /// The value that a row shows in a column, but for what a table does not know: see [`World::value`](super::world::World::value).
    pub fn value<'a>(&'a self, row: &'a Row, source: Source) -> Value<'a> {
        match source {
            Source::Cluster | Source::Joined(_) => Value::None,
            Source::Namespace => Value::text(Some(self.words.get(row.namespace))),
            Source::Name => Value::text(Some(&row.name)),
            Source::Age => Value::age(row.created),
            Source::Health => row.health.rank(),
            Source::Cell(i) => row.cells.get(usize::from(i)).map_or(Value::None, |c| c.value(&self.words)),
        }
    }

    /// The column of a title.
    pub fn column(&self, title: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.title.eq_ignore_ascii_case(title))
    }

    /// The identity of a row.
    pub fn object(&self, row: &Row) -> ObjectRef {
        ObjectRef {
            cluster: self.cluster(),
            kind: self.want.kind.clone(),
            namespace: self.words.get(row.namespace).into(),
            name: row.name.clone(),
            uid: row.uid,
        }
    }

    /// The object of a row, for actions.
    pub fn target(&self, row: &Row) -> Target {
        let word = |sym| Box::from(self.words.get(sym));
        let owner = row.owner.as_deref().map(|o| (word(o.api), word(o.kind), word(o.name), o.uid));
        Target { object: self.object(row), facts: Known::of(&row.facts, &self.words), owner }
    }

    /// Bytes held, for the page that shows what each cluster costs.
    pub fn bytes(&self) -> usize {
        self.words.bytes() + self.rows().map(Row::bytes).sum::<usize>() + self.rows.capacity() * size_of::<Option<Row>>()
            - self.len() * size_of::<Row>()
            + (self.index.capacity() + self.by_name.capacity()) * 5
    }
}

/// When an event was last seen.
fn seen(row: &Row) -> Option<Timestamp> {
    if let Facts::Event(event) = &row.facts { event.last.or(row.created) } else { row.created }
}

fn row_in(rows: &[Option<Row>], slot: Slot) -> Option<&Row> {
    rows.get(slot as usize)?.as_ref()
}

fn uid_in(rows: &[Option<Row>], slot: Slot) -> Option<Uid> {
    row_in(rows, slot).map(|r| r.uid)
}

fn name_hash(words: &Words, row: &Row) -> u64 {
    Uid::of_name(words.get(row.namespace), &row.name).hash64()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::cell::{Cell, Health, Text};
    use crate::model::facts::{Amounts, EventFacts, PodFacts};
    use crate::model::id::{GroupResource, Version};
    use crate::model::row::Facts;
    use crate::model::tally::Sum;
    use crate::model::words::Dictionary;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A row with a count as its only cell.
    pub(crate) fn row(uid: u8, name: &str, namespace: &str, count: i64, words: &mut Dictionary) -> Row {
        Row {
            uid: Uid::parse(&format!("{uid:032x}")),
            namespace: words.sym(namespace),
            health: Health::Ok,
            name: name.into(),
            version: Version::default(),
            created: None,
            going: None,
            labels: [].into(),
            owner: None,
            cells: [Cell::Count(count)].into(),
            facts: Facts::None,
        }
    }

    pub(crate) fn table(watch: u64, cluster: u16) -> Table {
        let want = Want::all(ClusterId(cluster), GroupResource::new("", "pods"));
        Table::new(WatchId(watch), want, Vec::new(), Timestamp(0))
    }

    fn pod(uid: u8, (node, cpu, ended): (u8, u32, bool), words: &mut Dictionary) -> Row {
        let node = words.sym(["", "a", "b"].get(usize::from(node)).unwrap_or(&""));
        let requests = Amounts { cpu, memory: u64::from(cpu) * 10 };
        let facts = Facts::Pod(Box::new(PodFacts { node, requests, ended, ..PodFacts::default() }));
        Row { facts, ..row(uid, "x", "n", 0, words) }
    }

    proptest! {
        /// Whatever comes, changes, moves, ends and goes: the sums are those of the pods that are there.
        #[test]
        fn sums_by_node_are_those_of_the_rows(ops in prop::collection::vec((0u8..9, prop::option::of((0u8..3, 0u32..500, any::<bool>()))), 0..99)) {
            let (mut words, mut table, mut truth) = (Dictionary::default(), table(1, 0), BTreeMap::new());
            for (uid, op) in ops {
                let mut delta = Delta::default();
                match op {
                    Some(it) => {
                        delta.upserts.push(pod(uid, it, &mut words));
                        truth.insert(uid, it);
                    }
                    None => {
                        delta.deletes.push(Uid::parse(&format!("{uid:032x}")));
                        truth.remove(&uid);
                    }
                }
                delta.words = words.news();
                table.apply(delta);
                for (node, name) in [(1, "a"), (2, "b"), (0, "")] {
                    let on: Vec<u32> = truth.values().filter(|(n, _, ended)| *n == node && node > 0 && !ended).map(|(_, cpu, _)| *cpu).collect();
                    let cpu = on.iter().map(|c| u64::from(*c)).sum::<u64>();
                    prop_assert_eq!(table.aside().tally.of(name), Sum { pods: on.len() as u32, cpu, memory: cpu * 10 });
                }
            }
        }

        /// FD13: duplicates, changes and deletions of unknown objects leave exactly what the last word on each object was.
        #[test]
        fn fd13_any_order_of_deltas_gives_the_last_word(ops in prop::collection::vec((0u8..20, prop::option::of(0i64..9)), 0..200)) {
            let (mut words, mut table, mut truth) = (Dictionary::default(), table(1, 0), BTreeMap::new());
            for (uid, op) in ops {
                let mut delta = Delta::default();
                match op {
                    Some(count) => {
                        delta.upserts.push(row(uid, "x", "n", count, &mut words));
                        truth.insert(uid, count);
                    }
                    None => {
                        delta.deletes.push(Uid::parse(&format!("{uid:032x}")));
                        truth.remove(&uid);
                    }
                }
                delta.words = words.news();
                table.apply(delta);
            }
            let mut held: Vec<_> = table.rows().map(|r| (r.uid, r.cells[0].clone(), table.words().get(r.namespace).to_owned())).collect();
            held.sort_by_key(|h| h.0);
            let want: Vec<_> = truth.iter().map(|(uid, n)| (Uid::parse(&format!("{uid:032x}")), Cell::Count(*n), "n".to_owned())).collect();
            prop_assert_eq!(held, want);
            prop_assert_eq!(table.named("n", "x").is_some(), !truth.is_empty());
            prop_assert!(table.named("n", "y").is_none() && table.named("", "x").is_none());
            prop_assert_eq!(table.len(), truth.len());
        }
    }

    fn event(uid: u8, last: i64, words: &mut Dictionary) -> Row {
        let facts = EventFacts {
            kind: words.sym("Pod"),
            name: Text::Own("p".into()),
            uid: Uid::parse("p"),
            field: words.sym(""),
            warning: true,
            reason: words.sym("Failed"),
            count: 1,
            first: None,
            last: Some(Timestamp(last)),
        };
        Row { facts: Facts::Event(Box::new(facts)), ..row(uid, "e", "n", last, words) }
    }

    proptest! {
        /// However events come, change and go: never more than the most are kept, none is lost while there is room, and what is kept is newer than
        /// what is not.
        #[test]
        fn events_are_kept_up_to_the_most_and_the_oldest_go(ops in prop::collection::vec((0u8..60, 0i64..1_000), 1..200), at_once in 1usize..50) {
            const MOST: usize = 20;
            let (mut words, mut table) = (Dictionary::default(), table(1, 0));
            for ops in ops.chunks(at_once) {
                let before: BTreeMap<Uid, Option<Timestamp>> = table.rows().map(|r| (r.uid, seen(r))).collect();
                let news: BTreeMap<u8, i64> = ops.iter().copied().collect();
                let mut delta = Delta { upserts: news.iter().map(|(u, at)| event(*u, *at, &mut words)).collect(), ..Delta::default() };
                delta.words = words.news();
                let mut all = before.clone();
                all.extend(delta.upserts.iter().map(|r| (r.uid, seen(r))));
                table.keep_newest(&mut delta, MOST);
                table.apply(delta);
                prop_assert_eq!(table.len(), if all.len() > MOST { MOST - MOST / ROOM } else { all.len() });
                let oldest = table.rows().map(seen).min().flatten();
                prop_assert!(all.iter().filter(|(uid, _)| table.of_uid(**uid).is_none()).all(|(_, at)| *at <= oldest));
            }
        }
    }

    #[test]
    fn rows_of_other_kinds_are_all_kept() {
        let (mut words, table) = (Dictionary::default(), table(1, 0));
        let mut delta = Delta { upserts: (0..50).map(|i| row(i, "x", "n", 0, &mut words)).collect(), ..Delta::default() };
        table.keep_newest(&mut delta, 20);
        assert_eq!((delta.upserts.len(), delta.deletes.len()), (50, 0));
    }
}
