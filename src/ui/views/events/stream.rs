//! Events folded into lines: those of one cluster, namespace, kind of object, reason and shape of message are one, with the sum of their
//! counts. Kept change by change, so that an event costs the same however many there are.

use crate::kinds::event;
use crate::model::facts::{EventFacts, Facts};
use crate::model::id::{Uid, WatchId};
use crate::model::row::Row;
use crate::model::table::{Slot, Table};
use crate::model::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// What tells a line from every other.
pub(super) type Key = Uid;

/// Where an event stands, newest last.
type Place = (Timestamp, WatchId, Slot);

/// The lines.
#[derive(Debug, Default)]
pub(super) struct Stream {
    lines: HashMap<Key, Fold>,
    /// By their newest event, the newest last: what happens now is put at the end.
    order: Vec<(Timestamp, Key)>,
    /// What is known of each event.
    known: HashMap<(WatchId, Slot), (Key, Timestamp, u32)>,
}

/// One line.
#[derive(Debug, Default)]
pub(super) struct Fold {
    events: BTreeSet<Place>,
    /// How often it happened.
    pub count: u64,
}

impl Fold {
    /// The newest of its events.
    pub(super) fn newest(&self) -> Option<(WatchId, Slot)> {
        self.events.last().map(|(_, watch, slot)| (*watch, *slot))
    }

    /// How many events there are.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    fn at(&self) -> Timestamp {
        self.events.last().map(|(at, ..)| *at).unwrap_or_default()
    }
}

impl Stream {
    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The line in a place, the newest first.
    pub(super) fn get(&self, place: usize) -> Option<(Key, Timestamp, &Fold)> {
        let (at, key) = self.order.get(self.order.len().checked_sub(place + 1)?)?;
        Some((*key, *at, self.lines.get(key)?))
    }

    /// The place of a line.
    pub(super) fn place(&self, key: Key) -> Option<usize> {
        let at = self.order.binary_search(&(self.lines.get(&key)?.at(), key)).ok()?;
        Some(self.order.len() - at - 1)
    }

    /// How many lines have had an event since.
    pub(super) fn since(&self, at: Timestamp) -> usize {
        self.order.len() - self.order.partition_point(|(then, _)| *then < at)
    }

    /// Takes an event in, once.
    pub(super) fn add(&mut self, table: &Table, slot: Slot, row: &Row) {
        let Facts::Event(facts) = &row.facts else { return };
        if self.known.contains_key(&(table.watch, slot)) {
            return;
        }
        let (key, at, count) = (key(table, row, facts), facts.last.or(row.created).unwrap_or_default(), facts.count);
        self.known.insert((table.watch, slot), (key, at, count));
        self.change(key, |fold| {
            fold.events.insert((at, table.watch, slot));
            fold.count += u64::from(count);
        });
    }

    /// Takes an event out.
    pub(super) fn remove(&mut self, watch: WatchId, slot: Slot) {
        let Some((key, at, count)) = self.known.remove(&(watch, slot)) else { return };
        self.change(key, |fold| {
            fold.events.remove(&(at, watch, slot));
            fold.count = fold.count.saturating_sub(u64::from(count));
        });
    }

    /// Changes a line, and puts it where it belongs from then on.
    fn change(&mut self, key: Key, change: impl FnOnce(&mut Fold)) {
        let fold = self.lines.entry(key).or_default();
        let before = (fold.at(), key);
        let was_there = !fold.events.is_empty();
        change(fold);
        let (now, is_there) = ((fold.at(), key), !fold.events.is_empty());
        if was_there && is_there && before == now {
            return;
        }
        if was_there && let Ok(place) = self.order.binary_search(&before) {
            self.order.remove(place);
        }
        if is_there {
            let place = self.order.binary_search(&now).unwrap_or_else(|place| place);
            self.order.insert(place, now);
        } else {
            self.lines.remove(&key);
        }
    }
}

fn key(table: &Table, row: &Row, facts: &EventFacts) -> Key {
    let words = table.words();
    let shape = shape(&event::message(table, row), facts.name.get(words));
    let of = format!("{}/{}/{}/{}", table.cluster().0, words.get(row.namespace), words.get(facts.kind), words.get(facts.reason));
    Uid::of_name(&of, &shape)
}

/// A message without what differs from object to object and from time to time: the object's name, and words with digits in them.
fn shape(message: &str, name: &str) -> String {
    let is_name = |word: &str| word.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '.').any(|part| part == name);
    let varies = |word: &str| word.bytes().any(|b| b.is_ascii_digit()) || !name.is_empty() && is_name(word);
    let words = message.split(|c: char| c.is_whitespace() || "\"'()[]{},;=".contains(c)).filter(|w| !w.is_empty());
    words.map(|word| if varies(word) { "0" } else { word }).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;
    use crate::model::id::{ClusterId, GroupResource};
    use crate::model::msg::Delta;
    use crate::model::want::Want;
    use crate::model::words::Dictionary;
    use proptest::prelude::*;

    #[test]
    fn what_differs_from_pod_to_pod_is_no_other_message() {
        let same = |a: (&str, &str), b: (&str, &str)| shape(a.0, a.1) == shape(b.0, b.1);
        let back_off =
            |pod: &str| format!("Back-off restarting failed container app in pod {pod}_shop(0c6f4d7e-1b2a-4c3d-8e9f-a0b1c2d3e4f5)");
        assert!(same((&back_off("web-6d5f-x2x9q"), "web-6d5f-x2x9q"), (&back_off("web-abcde"), "web-abcde")));
        assert!(same(
            ("Readiness probe failed: Get \"http://10.1.2.3:80/\": dial tcp 10.1.2.3:80: connect: connection refused", "a"),
            ("Readiness probe failed: Get \"http://10.9.9.9:80/\": dial tcp 10.9.9.9:80: connect: connection refused", "b")
        ));
        assert!(same(("0/7 nodes are available: 7 Insufficient cpu.", "a"), ("0/9 nodes are available: 9 Insufficient cpu.", "b")));
        assert!(!same(("0/7 nodes are available: 7 Insufficient cpu.", "a"), ("0/7 nodes are available: 7 Insufficient memory.", "a")));
        assert!(!same(("Failed to pull image", ""), ("Error: ErrImagePull", "")));
    }

    /// What stands on the screen, line by line: when, how often, of how many events.
    fn told(stream: &Stream) -> Vec<(Timestamp, u64, usize)> {
        (0..stream.len()).filter_map(|place| stream.get(place)).map(|(_, at, fold)| (at, fold.count, fold.len())).collect()
    }

    proptest! {
        /// Kept change by change, the lines are those that would be made anew; each knows its place; the newest is the first.
        #[test]
        fn lines_kept_change_by_change_are_those_made_anew(
            ops in prop::collection::vec((0u8..12, prop::option::of((0u8..3, 0i64..50, 1u32..5))), 0..80),
        ) {
            let events = kinds::find(&GroupResource::new("", "events")).unwrap();
            let want = Want::warnings(ClusterId(0));
            let mut table = Table::new(WatchId(1), want, events.columns(), Timestamp(0));
            let (mut words, mut stream) = (Dictionary::default(), Stream::default());
            for (uid, op) in ops {
                let mut delta = Delta::default();
                match op {
                    None => delta.deletes.push(Uid::parse(&format!("{uid:032x}"))),
                    Some((reason, at, count)) => {
                        let at = format!("2026-11-23T14:02:{at:02}Z");
                        let json = format!(
                            r#"{{"metadata":{{"name":"e{uid}","namespace":"n","uid":"{uid:032x}"}},"type":"Warning","reason":"R{reason}","message":"pod p-{uid}",
                            "count":{count},"lastTimestamp":"{at}","involvedObject":{{"kind":"Pod","name":"p-{uid}"}}}}"#
                        );
                        delta.upserts.push(events.row(json.as_bytes(), &mut words));
                    }
                }
                delta.words = words.news();
                table.touched_by(&delta).into_iter().for_each(|slot| stream.remove(WatchId(1), slot));
                for slot in table.apply(delta) {
                    stream.add(&table, slot, table.row(slot).unwrap());
                }
                let mut anew = Stream::default();
                (0..table.slots()).filter_map(|s| Some((s, table.row(s)?))).for_each(|(slot, row)| anew.add(&table, slot, row));
                prop_assert_eq!(told(&stream), told(&anew));
                prop_assert!(told(&stream).is_sorted_by(|a, b| a.0 >= b.0));
                prop_assert_eq!(told(&stream).iter().map(|(.., n)| n).sum::<usize>(), table.len());
                prop_assert!((0..stream.len()).all(|place| stream.get(place).and_then(|(key, ..)| stream.place(key)) == Some(place)));
            }
        }
    }
}
