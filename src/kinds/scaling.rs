//! Everything that scales, as one table: how many pods there are of those that are wanted, who decides how many, by what, and what stands in
//! the way of more.

use super::Composite;
use super::room::adds_nodes;
use super::usage::percentage;
use crate::model::cell::{Health, Trend, Value};
use crate::model::column::{Column, Joint, Show, Source};
use crate::model::facts::{AutoscalerFacts, Facts, Metric, Truth, WorkloadFacts};
use crate::model::finding::{Cause, Finding, Severity};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::world::World;
use std::borrow::Cow;

/// The table of everything that scales.
pub(super) const SCALING: Composite = Composite {
    name: "scaling",
    kinds: &[("apps", "deployments"), ("apps", "statefulsets"), ("apps", "replicasets")],
    columns: COLUMNS,
    // A ReplicaSet of a Deployment scales with that.
    keep: |table, row| matches!(row.facts, Facts::Workload(_)) && (row.owner.is_none() || &*table.want.kind.resource != "replicasets"),
    ails: &LIMIT,
    worst: &WORST,
};

const COLUMNS: &[Column] = &[
    Column { title: Cow::Borrowed("NAME"), source: Source::Name, show: Show::Always },
    column("KIND", Show::Spare, &KIND),
    column("READY", Show::Always, &READY),
    column("REPLICAS", Show::Spare, &REPLICAS),
    column("UP-TO-DATE", Show::Spare, &UPDATED),
    column("AVAILABLE", Show::Spare, &AVAILABLE),
    column("HPA", Show::Always, &HPA),
    column("CPU", Show::Screen, &METRIC),
    column("LIMIT", Show::Always, &LIMIT),
];

const fn column(title: &'static str, show: Show, joint: &'static Joint) -> Column {
    Column { title: Cow::Borrowed(title), source: Source::Joined(joint), show }
}

const SCALERS: &[(&str, &str)] = &[("autoscaling", "horizontalpodautoscalers")];

static KIND: Joint = Joint {
    name: "kind of what scales",
    reads: &[],
    value: |_, table, _| kind(table).map_or(Value::None, |k| Value::Text(Cow::Borrowed(k))),
};
static READY: Joint = Joint { name: "ready of wanted", reads: &[], value: |row, _, _| of(row, |w| Value::Gauge(w.ready, w.wanted)) };
static REPLICAS: Joint = Joint { name: "how the replicas went", reads: &[], value: |row, table, _| course(table, row, String::new(), -1) };
static UPDATED: Joint = Joint { name: "updated", reads: &[], value: |row, _, _| of(row, |w| Value::Count(w.updated.into())) };
static AVAILABLE: Joint = Joint { name: "available", reads: &[], value: |row, _, _| of(row, |w| Value::Count(w.available.into())) };
static HPA: Joint = Joint { name: "bounds of the autoscaler", reads: SCALERS, value: bounds };
static METRIC: Joint = Joint { name: "metric of the autoscaler", reads: SCALERS, value: metric };
static WORST: Joint = Joint {
    name: "how it does",
    reads: SCALERS,
    value: |row, table, world| if let Value::Status(_, health) = limit(row, table, world) { health.rank() } else { Health::Ok.rank() },
};
static LIMIT: Joint = Joint { name: "limit of scaling", reads: SCALERS, value: limit };

fn of(row: &Row, tell: impl Fn(&WorkloadFacts) -> Value<'static>) -> Value<'static> {
    if let Facts::Workload(workload) = &row.facts { tell(workload) } else { Value::None }
}

/// The kind as objects name it.
fn kind(table: &Table) -> Option<&'static str> {
    super::find(&table.want.kind).map(|k| k.names.kind)
}

/// The autoscaler of a workload, and its table.
fn scaler<'a>(row: &Row, table: &Table, world: &'a World) -> Option<(&'a Row, &'a AutoscalerFacts, &'a Table)> {
    let (namespace, kind) = (table.words().get(row.namespace), kind(table)?);
    let of_table = |t: &'a Table| {
        let row = t.of_uid(t.aside().scaler(namespace, kind, &row.name)?)?;
        if let Facts::Autoscaler(scaler) = &row.facts { Some((row, &**scaler, t)) } else { None }
    };
    world.tables_of(table.cluster(), "autoscaling", "horizontalpodautoscalers").find_map(of_table)
}

/// `4–10`, and `max` where it cannot go further.
fn bounds<'a>(row: &'a Row, table: &'a Table, world: &'a World) -> Value<'a> {
    scaler(row, table, world).map_or(Value::None, |(_, s, _)| {
        let full = if s.current >= s.max { " max" } else { "" };
        Value::Text(Cow::Owned(format!("{}–{}{full}", s.min, s.max)))
    })
}

/// What the autoscaler goes by, of what it should be, and how that went.
fn metric<'a>(row: &'a Row, table: &'a Table, world: &'a World) -> Value<'a> {
    let measured = scaler(row, table, world).and_then(|(row, s, t)| Some((row, s.metric.as_ref()?, t)));
    measured.map_or(Value::None, |(row, metric, t)| course(t, row, told(metric, t), worth(metric)))
}

/// How the number went that a table keeps of its rows, behind a text.
fn course(table: &Table, row: &Row, text: String, worth: i64) -> Value<'static> {
    let samples: Vec<u32> = table.aside().histories.of(row.uid).collect();
    if text.is_empty() && samples.is_empty() { Value::None } else { Value::Trend(Box::new(Trend { text, worth, samples })) }
}

/// `83%/70%`; what is not the CPU is named.
fn told(metric: &Metric, table: &Table) -> String {
    let amount = |n: i64| match () {
        () if metric.percent => format!("{n}%"),
        () if n % 1_000 == 0 => (n / 1_000).to_string(),
        () => format!("{n}m"),
    };
    let now = metric.current.map_or_else(|| "?".to_owned(), amount);
    let name = table.words().get(metric.name);
    let name = if name == "cpu" { String::new() } else { format!("{name} ") };
    format!("{name}{now}/{}", amount(metric.target))
}

/// The metric in per cent of its target.
fn worth(metric: &Metric) -> i64 {
    let positive = |n: i64| u64::try_from(n).unwrap_or_default();
    metric.current.map_or(-1, |now| i64::try_from(percentage(positive(now), positive(metric.target))).unwrap_or(i64::MAX))
}

/// What limits it now: what was found of it and its pods, in the word of the deepest, else what its conditions tell.
fn limit<'a>(row: &'a Row, table: &'a Table, world: &'a World) -> Value<'a> {
    let Facts::Workload(workload) = &row.facts else { return Value::None };
    let (bad, warn) =
        (|text: &'static str| Value::Status(Cow::Borrowed(text), Health::Bad), |text| Value::Status(Cow::Borrowed(text), Health::Warn));
    let of_pods = Cause::Object(table.want.kind.clone(), table.words().get(row.namespace).into(), row.name.clone());
    let found = world.findings.of(table.cluster(), row.uid).iter().chain(world.findings.of_cause(table.cluster(), of_pods));
    if let Some(deepest) = found.filter(|f| f.severity > Severity::Info).min_by_key(|f| f.depth()) {
        return match &deepest.cause {
            Cause::Room(_) if adds_nodes(world, table.cluster()) => warn("no room, nodes may be added"),
            _ => bad(word(deepest)),
        };
    }
    if let Some(failure) = &workload.failure {
        return if failure.message.contains("exceeded quota") { bad("quota") } else { bad("pods refused") };
    }
    if workload.progressing.as_ref().is_some_and(|p| p.status == Truth::False) {
        return bad("rollout");
    }
    match scaler(row, table, world) {
        Some((_, scaler, _)) if scaler.blind.is_some() => warn("HPA blind"),
        Some((_, scaler, t)) if is_limited(scaler, t) => warn("HPA"),
        _ => Value::None,
    }
}

/// What a finding comes from, where that is something else than the workload; else what it is.
fn word(finding: &Finding) -> &'static str {
    match finding.cause {
        Cause::Node(_) => "node",
        Cause::Image(_) => "image",
        Cause::Quota(_) => "quota",
        Cause::Server(_) => "webhook",
        Cause::Room(_) => "no room",
        Cause::Object(..) | Cause::Cluster | Cause::Alike(_) => finding.word(),
    }
}

/// It would scale up if it might.
fn is_limited(scaler: &AutoscalerFacts, table: &Table) -> bool {
    scaler.current >= scaler.max && scaler.limited.as_ref().is_some_and(|l| table.words().get(l.reason) == "TooManyReplicas")
}
