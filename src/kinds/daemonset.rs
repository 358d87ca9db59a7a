//! DaemonSets.

use super::object::{Meta, Str, or_default, text};
use super::workload::{Selector, Template};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, WorkloadFacts};
use crate::model::words::Dictionary;
use serde::Deserialize;

/// DaemonSets of apps.
pub struct DaemonSets;

/// What is read of a daemon set.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct DaemonSet<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(deserialize_with = "or_default")]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    update_strategy: Strategy<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    selector: Selector<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    template: Template<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Strategy<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    observed_generation: Option<i64>,
    desired_number_scheduled: Option<u32>,
    current_number_scheduled: Option<u32>,
    number_ready: Option<u32>,
    updated_number_scheduled: Option<u32>,
    number_available: Option<u32>,
    number_misscheduled: Option<u32>,
}

impl<'a> HasMeta<'a> for DaemonSet<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for DaemonSets {
    type Object<'a> = DaemonSet<'a>;

    const NAMES: Names = Names {
        group: "apps",
        version: "v1",
        resource: "daemonsets",
        kind: "DaemonSet",
        singular: "daemonset",
        short_names: &["ds"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("DESIRED", |d| count(d.status.desired_number_scheduled)),
        col("CURRENT", |d| count(d.status.current_number_scheduled)),
        col("READY", |d| count(d.status.number_ready)),
        col("UP-TO-DATE", |d| count(d.status.updated_number_scheduled)),
        col("AVAILABLE", |d| count(d.status.number_available)),
        col("NODE SELECTOR", |d| d.spec.template.node_selector()),
        age(),
        wide("CONTAINERS", |d| d.spec.template.containers()),
        wide("IMAGES", |d| d.spec.template.images()),
        own(wide("SELECTOR", |d| d.spec.selector.value())),
        ours(wide("MISSCHEDULED", |d| count(d.status.number_misscheduled))),
    ];

    fn health(set: &DaemonSet<'_>) -> Health {
        let status = &set.status;
        let [wanted, current, updated, available] = [
            status.desired_number_scheduled,
            status.current_number_scheduled,
            status.updated_number_scheduled,
            status.number_available,
        ]
        .map(Option::unwrap_or_default);
        match () {
            () if wanted == 0 && current == 0 => Health::Done,
            () if current != wanted || (updated < wanted && !by_hand(set)) => Health::Busy,
            () if available == 0 => Health::Bad,
            () if available < wanted => Health::Warn,
            () => Health::Ok,
        }
    }

    fn facts(set: &DaemonSet<'_>, words: &mut Dictionary) -> Facts {
        let DaemonSet { metadata, spec, status } = set;
        Facts::Workload(Box::new(WorkloadFacts {
            selector: spec.selector.keep(),
            wanted: status.desired_number_scheduled.unwrap_or_default(),
            replicas: status.current_number_scheduled.unwrap_or_default(),
            ready: status.number_ready.unwrap_or_default(),
            updated: status.updated_number_scheduled.unwrap_or_default(),
            available: status.number_available.unwrap_or_default(),
            generation: metadata.generation.unwrap_or_default(),
            observed: status.observed_generation >= metadata.generation,
            first: metadata.generation == Some(1),
            paused: by_hand(set) && status.updated_number_scheduled < status.current_number_scheduled,
            requests: spec.template.requests(),
            image: words.sym(spec.template.image()),
            ..WorkloadFacts::default()
        }))
    }
}

/// True where pods of an old revision stay until somebody deletes them.
fn by_hand(set: &DaemonSet<'_>) -> bool {
    text(&set.spec.update_strategy.kind) == Some("OnDelete")
}

fn count(n: Option<u32>) -> Value<'static> {
    Value::Count(n.unwrap_or_default().into())
}
