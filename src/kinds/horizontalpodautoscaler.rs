//! HorizontalPodAutoscalers of autoscaling/v2.

use super::object::{Condition, Meta, Reference, Str, condition, each, filled, has, or_default, text, time, word};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{self, AutoscalerFacts, Facts};
use crate::model::quantity::thousandths;
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// HorizontalPodAutoscalers of autoscaling.
pub struct HorizontalPodAutoscalers;

/// What is read of a horizontal pod autoscaler.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct HorizontalPodAutoscaler<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    scale_target_ref: Reference<'a>,
    min_replicas: Option<u32>,
    max_replicas: Option<u32>,
    #[serde(borrow)]
    metrics: Option<Vec<Metric<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    current_replicas: Option<u32>,
    desired_replicas: Option<u32>,
    #[serde(borrow)]
    last_scale_time: Option<Str<'a>>,
    #[serde(borrow)]
    current_metrics: Option<Vec<Metric<'a>>>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
}

/// What to scale by in `spec`, and how it stands in `status`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metric<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(borrow)]
    resource: Option<Source<'a>>,
    #[serde(borrow)]
    container_resource: Option<Source<'a>>,
    #[serde(borrow)]
    pods: Option<Source<'a>>,
    #[serde(borrow)]
    object: Option<Source<'a>>,
    #[serde(borrow)]
    external: Option<Source<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    /// Names what is no resource.
    #[serde(borrow, deserialize_with = "or_default")]
    metric: Reference<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    target: Amount<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    current: Amount<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Amount<'a> {
    average_utilization: Option<i64>,
    #[serde(borrow)]
    average_value: Option<Str<'a>>,
    #[serde(borrow)]
    value: Option<Str<'a>>,
}

impl<'a> Metric<'a> {
    /// The part that a type of metric has.
    fn source(&self, kind: &str) -> Option<&Source<'a>> {
        match kind {
            "Resource" => self.resource.as_ref(),
            "ContainerResource" => self.container_resource.as_ref(),
            "Pods" => self.pods.as_ref(),
            "Object" => self.object.as_ref(),
            "External" => self.external.as_ref(),
            _ => None,
        }
    }
}

impl<'a> HasMeta<'a> for HorizontalPodAutoscaler<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for HorizontalPodAutoscalers {
    type Object<'a> = HorizontalPodAutoscaler<'a>;

    const NAMES: Names = Names {
        group: "autoscaling",
        version: "v2",
        resource: "horizontalpodautoscalers",
        kind: "HorizontalPodAutoscaler",
        singular: "horizontalpodautoscaler",
        short_names: &["hpa"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        own(col("REFERENCE", |h| reference(h))),
        own(col("TARGETS", |h| targets(h))),
        col("MINPODS", |h| h.spec.min_replicas.map_or(Value::Text(Cow::Borrowed("<unset>")), |n| Value::Count(n.into()))),
        col("MAXPODS", |h| Value::Count(h.spec.max_replicas.unwrap_or_default().into())),
        col("REPLICAS", |h| Value::Count(h.status.current_replicas.unwrap_or_default().into())),
        ours(screen("WANTED", |h| Value::Count(h.status.desired_replicas.unwrap_or_default().into()))),
        ours(screen("LIMITED BY", |h| Value::text(limit(h)))),
        age(),
        ours(wide("LAST SCALE", |h| Value::age(time(&h.status.last_scale_time)))),
    ];

    fn health(scaler: &HorizontalPodAutoscaler<'_>) -> Health {
        let Status { conditions, current_replicas, desired_replicas, .. } = &scaler.status;
        let reason = |kind| condition(conditions, kind).and_then(|c| text(&c.reason));
        match () {
            // It does not find what it is to scale, or may not.
            () if has(conditions, "AbleToScale", "False") => Health::Bad,
            // Somebody scaled it to zero, which turns it off.
            () if reason("ScalingActive") == Some("ScalingDisabled") => Health::Done,
            () if has(conditions, "ScalingActive", "False") => Health::Warn,
            () if limit(scaler) == Some("TooManyReplicas") => Health::Warn,
            () if current_replicas.unwrap_or_default() != desired_replicas.unwrap_or_default() || conditions.is_none() => Health::Busy,
            () => Health::Ok,
        }
    }

    fn facts(scaler: &HorizontalPodAutoscaler<'_>, words: &mut Dictionary) -> Facts {
        let HorizontalPodAutoscaler { spec, status, .. } = scaler;
        let metric = decisive(spec, status, words);
        Facts::Autoscaler(Box::new(AutoscalerFacts {
            target_kind: word(&spec.scale_target_ref.kind, words),
            target: word(&spec.scale_target_ref.name, words),
            min: spec.min_replicas.unwrap_or(1),
            max: spec.max_replicas.unwrap_or_default(),
            current: status.current_replicas.unwrap_or_default(),
            desired: status.desired_replicas.unwrap_or_default(),
            metric,
            limited: holds(scaler, "ScalingLimited", "True").map(|c| Box::new(c.keep(words))),
            blind: blind(scaler).map(|c| Box::new(c.keep(words))),
        }))
    }
}

/// Why it does not do as its metrics say: it is blind, or at its maximum (`TooManyReplicas`). That it is at its minimum (`TooFewReplicas`) keeps
/// nothing from anybody: so it is wherever there is little to do.
fn limit<'o>(scaler: &'o HorizontalPodAutoscaler<'_>) -> Option<&'o str> {
    let reason = filled(&blind(scaler).or_else(|| holds(scaler, "ScalingLimited", "True"))?.reason);
    reason.filter(|reason| *reason != "TooFewReplicas")
}

/// The condition that says why it does nothing at all.
fn blind<'o, 'a>(scaler: &'o HorizontalPodAutoscaler<'a>) -> Option<&'o Condition<'a>> {
    holds(scaler, "AbleToScale", "False").or_else(|| holds(scaler, "ScalingActive", "False"))
}

/// The condition of this type, where it has this status.
fn holds<'o, 'a>(scaler: &'o HorizontalPodAutoscaler<'a>, kind: &str, status: &str) -> Option<&'o Condition<'a>> {
    condition(&scaler.status.conditions, kind).filter(|c| text(&c.status) == Some(status))
}

fn reference(scaler: &HorizontalPodAutoscaler<'_>) -> Value<'static> {
    let Reference { kind, name, .. } = &scaler.spec.scale_target_ref;
    Value::Text(Cow::Owned(format!("{}/{}", text(kind).unwrap_or_default(), text(name).unwrap_or_default())))
}

/// The first two metrics, each as current against target, and how many more there are.
fn targets(scaler: &HorizontalPodAutoscaler<'_>) -> Value<'static> {
    let current: Vec<&Metric<'_>> = each(&scaler.status.current_metrics).collect();
    let all = each(&scaler.spec.metrics).enumerate().map(|(i, metric)| target(metric, current.get(i).copied()));
    let mut all: Vec<String> = all.collect();
    let more = all.len().saturating_sub(2);
    all.truncate(2);
    match (all.join(", "), more) {
        (none, _) if none.is_empty() => Value::None,
        (all, 0) => Value::Text(Cow::Owned(all)),
        (two, more) => Value::Text(Cow::Owned(format!("{two} + {more} more..."))),
    }
}

/// The metric that asks for the most pods, which is what the controller goes by; of equal ones, and where nobody knows, the first.
fn decisive(spec: &Spec<'_>, status: &Status<'_>, words: &mut Dictionary) -> Option<facts::Metric> {
    let current: Vec<&Metric<'_>> = each(&status.current_metrics).collect();
    let all = each(&spec.metrics).enumerate().filter_map(|(i, metric)| kept(metric, current.get(i).copied(), words));
    all.reduce(|first, other| if other.is_above(&first) { other } else { first })
}

/// What facts keep of a metric.
fn kept(spec: &Metric<'_>, status: Option<&Metric<'_>>, words: &mut Dictionary) -> Option<facts::Metric> {
    let kind = text(&spec.kind)?;
    let source = spec.source(kind)?;
    let current = status.and_then(|s| s.source(kind)).map(|s| &s.current);
    let name = filled(&source.name).or_else(|| filled(&source.metric.name)).unwrap_or_default();
    let (current, target, percent) = match (source.target.average_utilization, &source.target.average_value) {
        (Some(share), _) => (current.and_then(|c| c.average_utilization), share, true),
        (None, Some(average)) => (current.and_then(|c| thousandths(c.average_value.as_deref()?)), thousandths(average)?, false),
        (None, None) => (current.and_then(|c| thousandths(c.value.as_deref()?)), thousandths(text(&source.target.value)?)?, false),
    };
    Some(facts::Metric { name: words.sym(name), current, target, percent })
}

fn target(spec: &Metric<'_>, status: Option<&Metric<'_>>) -> String {
    let kind = text(&spec.kind).unwrap_or_default();
    let Some(source) = spec.source(kind) else { return "<unknown type>".to_owned() };
    let (target, current) = (&source.target, status.and_then(|s| s.source(kind)).map(|s| &s.current));
    let value = |of: fn(&Amount<'_>) -> Option<String>| current.and_then(of).unwrap_or_else(|| "<unknown>".to_owned());
    let average = text(&target.average_value).map(|t| format!("{}/{t}", value(|c| c.average_value.as_deref().map(str::to_owned))));
    match (kind, average) {
        ("Resource" | "ContainerResource", average) => {
            let percent = |n: Option<i64>| n.map(|n| format!("{n}%"));
            let shares = || {
                let wanted = percent(target.average_utilization);
                let now = current.and_then(|c| percent(c.average_utilization));
                format!("{}/{}", now.as_deref().unwrap_or("<unknown>"), wanted.as_deref().unwrap_or("<auto>"))
            };
            format!("{}: {}", text(&source.name).unwrap_or_default(), average.unwrap_or_else(shares))
        }
        ("Pods", Some(average)) => average,
        (_, Some(average)) => format!("{average} (avg)"),
        (_, None) => format!("{}/{}", value(|c| c.value.as_deref().map(str::to_owned)), text(&target.value).unwrap_or("<unknown>")),
    }
}
