//! CPU and memory in use, from metrics.k8s.io, beside what was asked for and what may be taken; and what the pods of a node ask for.

use super::object::Meta;
use crate::model::cell::{Health, Value};
use crate::model::column::Joint;
use crate::model::facts::{Amounts, Facts, NodeFacts};
use crate::model::id::Uid;
use crate::model::msg::Sync;
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::tally::Sum;
use crate::model::want::Of;
use crate::model::world::World;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;

/// The API group of metrics.
const GROUP: &str = "metrics.k8s.io";
/// What a person is warned of, in per cent of what may be taken: memory beyond it is killed, CPU beyond it waits.
const FULL: u64 = 90;

/// A column of what is used, or of its share of what may be.
macro_rules! joint {
    ($name:ident, $key:literal, $reads:expr, $value:expr) => {
        #[doc = concat!("The joint of ", $key, ".")]
        pub(super) static $name: Joint = Joint { name: $key, reads: $reads, value: $value };
    };
}

const PODS: &[(&str, &str)] = &[(GROUP, "pods")];
const NODES: &[(&str, &str)] = &[(GROUP, "nodes")];
const ASKED: &[(&str, &str)] = &[("", "pods")];

joint!(POD_CPU, "cpu of pods", PODS, |row, table, world| told(row, table, world, |used, _| cores(used.cpu)));
joint!(POD_CPU_SHARE, "cpu share of pods", PODS, |row, table, world| told(row, table, world, |used, of| of.share(|a| a.cpu.into(), used)));
joint!(POD_MEMORY, "memory of pods", PODS, |row, table, world| told(row, table, world, |used, _| mebibytes(used.memory)));
joint!(POD_MEMORY_SHARE, "memory share of pods", PODS, |row, table, world| told(row, table, world, |used, of| of
    .share(|a| a.memory, used)));
joint!(NODE_CPU, "cpu of nodes", NODES, |row, table, world| told(row, table, world, |used, _| cores(used.cpu)));
joint!(NODE_CPU_SHARE, "cpu share of nodes", NODES, |row, table, world| told(row, table, world, |used, of| of
    .share(|a| a.cpu.into(), used)));
joint!(NODE_MEMORY, "memory of nodes", NODES, |row, table, world| told(row, table, world, |used, _| mebibytes(used.memory)));
joint!(NODE_MEMORY_SHARE, "memory share of nodes", NODES, |row, table, world| told(row, table, world, |used, of| of
    .share(|a| a.memory, used)));
joint!(NODE_PODS, "pods of nodes", ASKED, |row, table, world| asked(row, table, world, |sum, node| Value::Ratio(sum.pods, node.pods)));
joint!(NODE_CPU_REQUESTS, "cpu requests of nodes", ASKED, |row, table, world| asked(row, table, world, |sum, node| {
    part(sum.cpu, node.allocatable.cpu.into())
}));
joint!(NODE_MEMORY_REQUESTS, "memory requests of nodes", ASKED, |row, table, world| asked(row, table, world, |sum, node| {
    part(sum.memory, node.allocatable.memory)
}));
// Rows of metrics tell of themselves.
joint!(CPU, "cpu of metrics", &[], |row, _, _| own(row).map_or(Value::None, |a| cores(a.cpu)));
joint!(MEMORY, "memory of metrics", &[], |row, _, _| own(row).map_or(Value::None, |a| mebibytes(a.memory)));

/// What is used of what.
#[derive(Copy, Clone, Default)]
struct Bounds {
    /// What may be taken.
    limits: Amounts,
    /// What was asked for.
    requests: Amounts,
}

impl Bounds {
    fn new(facts: &Facts) -> Self {
        match facts {
            Facts::Pod(pod) => Self { limits: pod.limits, requests: pod.requests },
            Facts::Node(node) => Self { limits: node.allocatable, requests: Amounts::default() },
            _ => Self::default(),
        }
    }

    /// Per cent of the limit; of the request, which may be exceeded and is therefore no reason to worry, where there is none.
    fn share(self, of: fn(Amounts) -> u64, used: Amounts) -> Value<'static> {
        match (of(self.limits), of(self.requests)) {
            (0, 0) => Value::None,
            (0, request) => percent(of(used), request, Health::Done),
            (limit, _) => percent(of(used), limit, Health::Warn),
        }
    }
}

/// A share, which is as bad as told where it is nearly all there is.
fn percent(used: u64, of: u64, full: Health) -> Value<'static> {
    let share = percentage(used, of);
    let health = if full == Health::Done || share >= FULL { full } else { Health::Ok };
    Value::Status(Cow::Owned(format!("{share}%")), health)
}

/// So many per cent as kubectl counts them, which cuts off the rest.
pub(super) fn percentage(part: u64, of: u64) -> u64 {
    (u128::from(part) * 100).checked_div(of.into()).unwrap_or_default().try_into().unwrap_or(u64::MAX)
}

/// As `kubectl top` writes CPU.
fn cores(milli: u32) -> Value<'static> {
    Value::Quantity(Cow::Owned(format!("{milli}m")))
}

/// As `kubectl top` writes memory.
fn mebibytes(bytes: u64) -> Value<'static> {
    Value::Quantity(Cow::Owned(format!("{}Mi", bytes >> 20)))
}

fn own(row: &Row) -> Option<Amounts> {
    if let Facts::Usage(amounts) = row.facts { Some(amounts) } else { None }
}

/// What is told of a row: what `tell` makes of what it uses, nothing as long as nobody has measured that, `n/a` where nobody does.
fn told(row: &Row, table: &Table, world: &World, tell: impl Fn(Amounts, Bounds) -> Value<'static>) -> Value<'static> {
    let (cluster, kind) = (table.cluster(), &*table.want.kind.resource);
    let uid = Uid::of_name(table.words().get(row.namespace), &row.name);
    // What was true a while ago stands beside rows of that time only.
    let is_told = |t: &&Table| !matches!(t.sync, Sync::Stale { .. }) || matches!(table.sync, Sync::Stale { .. });
    let mut refused = false;
    for metrics in world.tables_of(cluster, GROUP, kind) {
        refused |= metrics.is_refused();
        let found = Some(metrics).filter(is_told).and_then(|t| t.row(t.slot(uid)?));
        if let Some(used) = found.and_then(own) {
            return tell(used, Bounds::new(&row.facts));
        }
    }
    if refused || world.serves(cluster, GROUP, kind) == Some(false) { Value::Text(Cow::Borrowed("n/a")) } else { Value::None }
}

/// What is told of a node by what its pods ask for together, once all of them are known.
fn asked(row: &Row, table: &Table, world: &World, tell: impl Fn(Sum, &NodeFacts) -> Value<'static>) -> Value<'static> {
    let Facts::Node(node) = &row.facts else { return Value::None };
    let mut pods = world.tables_of(table.cluster(), "", "pods");
    let all = pods.find(|t| t.want.namespace.is_none() && t.want.of == Of::All && t.is_listed());
    all.map_or(Value::None, |pods| tell(pods.aside().tally.of(&row.name), node))
}

/// A share that may well be all there is.
fn part(asked: u64, of: u64) -> Value<'static> {
    if of == 0 { Value::None } else { percent(asked, of, Health::Ok) }
}

/// `metadata` without labels, which metrics repeat of what they measure.
pub(super) fn unlabelled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Meta<'de>, D::Error> {
    Ok(Meta { labels: None, ..Meta::deserialize(deserializer)? })
}
