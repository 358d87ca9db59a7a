//! That the order is always that of a full sort by what it was sorted by, whatever changes in whatever order.

use super::*;
use crate::model::cell::Cell;
use crate::model::column::Joint;
use crate::model::id::{Uid, WatchId};
use crate::model::msg::Delta;
use crate::model::table::tests::{row, table};
use crate::model::words::Dictionary;
use proptest::prelude::*;

/// The watch whose rows the joined column reads.
const METRICS: WatchId = WatchId(9);

/// The count of the row of the same uid in another table.
static JOINT: Joint = Joint { name: "test", reads: &[("metrics.k8s.io", "pods")], value: joined };

fn joined<'a>(row: &'a Row, _: &'a Table, world: &'a World) -> Value<'a> {
    let found = world.tables.get(&METRICS).and_then(|t| Some((t, t.row(t.slot(row.uid)?)?)));
    found.map_or(Value::None, |(t, row)| t.value(row, Source::Cell(0)))
}

fn uid(n: u8) -> Uid {
    Uid::parse(&format!("{n:032x}"))
}

#[derive(Clone, Debug)]
enum Op {
    Upsert(u16, u8, i64),
    Delete(u16, u8),
    Measure(u8, Option<i64>),
    Restart,
    Work(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0u16..2, 0u8..40, 0i64..6).prop_map(|(t, u, n)| Op::Upsert(t, u, n)),
        3 => (0u16..2, 0u8..40).prop_map(|(t, u)| Op::Delete(t, u)),
        3 => (0u8..40, prop::option::of(0i64..6)).prop_map(|(u, n)| Op::Measure(u, n)),
        1 => Just(Op::Restart),
        3 => (1usize..9).prop_map(Op::Work),
    ]
}

/// Rows with an odd last cell are filtered out.
fn keep(_: &Member<'_>, row: &Row) -> bool {
    matches!(row.cells.first(), Some(Cell::Count(n)) if n % 2 == 0)
}

/// Two tables, one order over them, and a table of what is measured of their rows.
struct Rig {
    world: World,
    words: [Dictionary; 3],
    tables: [Table; 2],
    sort: Source,
    descending: bool,
    order: Order,
}

impl Rig {
    fn new(sort: Source, descending: bool) -> Self {
        let mut world = World::default();
        world.tables.insert(METRICS, table(METRICS.0, 0));
        Self { world, words: Default::default(), tables: [table(1, 0), table(2, 1)], sort, descending, order: Order::default() }
    }

    fn with<T>(&mut self, then: impl FnOnce(&mut Order, &Lens<'_>) -> T) -> T {
        let member = |table, cluster| Some(Member { table, cluster, sort: Some(self.sort) });
        let members = [member(&self.tables[0], "a"), member(&self.tables[1], "b")];
        then(&mut self.order, &Lens { world: &self.world, members: &members, descending: self.descending, keep: &keep })
    }

    /// The rows that are to be seen, in no order.
    fn shown(&mut self) -> Vec<Entry> {
        let slots = [self.tables[0].slots(), self.tables[1].slots()];
        let all = (0..2u16).flat_map(|t| (0..slots[usize::from(t)]).map(move |slot| Entry { table: t, slot }));
        self.with(|_, lens| all.filter(|e| lens.shows(*e)).collect())
    }

    /// The rows that are to be seen, sorted by what they are now.
    fn sorted(&mut self) -> Vec<Entry> {
        let mut shown = self.shown();
        self.with(|_, lens| {
            let mut now = Keys::default();
            shown.iter().for_each(|e| now.note(lens, *e));
            shown.sort_by(|a, b| lens.compare(&now, *a, *b));
        });
        shown
    }

    fn finish(&mut self) {
        while !self.with(|order, lens| order.work(lens, 3)) {}
    }

    fn measure(&mut self, n: u8, value: Option<i64>) {
        let mut delta = Delta::default();
        match value {
            Some(value) => delta.upserts.push(row(n, "m", "n", value, &mut self.words[2])),
            None => delta.deletes.push(uid(n)),
        }
        self.world.tables.get_mut(&METRICS).unwrap().apply(delta);
    }

    /// Everything of a batch that changes rows arrives at once, and each row once.
    fn play(&mut self, batch: Vec<Op>) {
        let mut deltas = [Delta::default(), Delta::default()];
        for op in batch {
            match op {
                Op::Restart => self.order.restart(),
                Op::Work(rows) => drop(self.with(|order, lens| order.work(lens, rows))),
                Op::Measure(n, value) => self.measure(n, value),
                Op::Upsert(t, u, n) if !deltas[t as usize].deletes.contains(&uid(u)) => {
                    let row = row(u, "x", "n", n, &mut self.words[t as usize]);
                    deltas[t as usize].upserts.retain(|r| r.uid != row.uid);
                    deltas[t as usize].upserts.push(row);
                }
                Op::Delete(t, u) if !deltas[t as usize].upserts.iter().any(|r| r.uid == uid(u)) => deltas[t as usize].deletes.push(uid(u)),
                Op::Upsert(..) | Op::Delete(..) => {}
            }
        }
        for (t, delta) in deltas.into_iter().enumerate() {
            let touched = self.tables[t].touched_by(&delta);
            self.with(|order, lens| order.before(lens, t as u16, &touched));
            let changed = self.tables[t].apply(delta);
            self.with(|order, lens| order.after(lens, t as u16, &changed));
        }
    }

    fn entries(&self) -> Vec<Entry> {
        self.order.from(0).collect()
    }
}

fn batches() -> impl Strategy<Value = Vec<Vec<Op>>> {
    prop::collection::vec(prop::collection::vec(op(), 1..8), 1..30)
}

proptest! {
    #[test]
    fn the_order_is_always_that_of_a_full_sort(batches in batches(), descending: bool) {
        let mut rig = Rig::new(Source::Cell(0), descending);
        for batch in batches {
            rig.play(batch);
            let want = rig.sorted();
            prop_assert_eq!(rig.entries(), want.clone());
            rig.finish();
            prop_assert_eq!(rig.entries(), want);
        }
    }

    /// What a joined column reads changes behind the order's back, at any time: no row is lost, none shows twice, each is found where it
    /// stands, and an order made anew is sorted by what is true now.
    #[test]
    fn values_that_move_under_an_order_do_not_corrupt_it(batches in batches(), descending: bool) {
        let mut rig = Rig::new(Source::Joined(&JOINT), descending);
        for batch in batches {
            rig.play(batch);
            let mut held = rig.entries();
            for (place, entry) in held.iter().enumerate() {
                prop_assert_eq!(rig.with(|order, lens| order.place(lens, *entry)), Ok(place));
            }
            held.sort();
            prop_assert_eq!(held, rig.shown());
        }
        rig.order.restart();
        rig.finish();
        let want = rig.sorted();
        prop_assert_eq!(rig.entries(), want);
    }
}
