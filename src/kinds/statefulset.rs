//! StatefulSets.

use super::object::{Meta, Str, filled, or_default, text};
use super::workload::{Selector, Template};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, WorkloadFacts};
use crate::model::words::Dictionary;
use serde::Deserialize;

/// StatefulSets of apps.
pub struct StatefulSets;

/// What is read of a stateful set.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct StatefulSet<'a> {
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
    replicas: Option<u32>,
    #[serde(borrow)]
    service_name: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    update_strategy: Strategy<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    selector: Selector<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    template: Template<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Strategy<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(deserialize_with = "or_default")]
    rolling_update: Rolling,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rolling {
    /// Pods below this ordinal stay as they are.
    partition: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    observed_generation: Option<i64>,
    replicas: Option<u32>,
    ready_replicas: Option<u32>,
    available_replicas: Option<u32>,
    updated_replicas: Option<u32>,
    #[serde(borrow)]
    current_revision: Option<Str<'a>>,
    #[serde(borrow)]
    update_revision: Option<Str<'a>>,
}

impl<'a> HasMeta<'a> for StatefulSet<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for StatefulSets {
    type Object<'a> = StatefulSet<'a>;

    const NAMES: Names = Names {
        group: "apps",
        version: "v1",
        resource: "statefulsets",
        kind: "StatefulSet",
        singular: "statefulset",
        short_names: &["sts"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("READY", |s| Value::Ratio(s.status.ready_replicas.unwrap_or_default(), wanted(s))),
        ours(screen("UP-TO-DATE", |s| Value::Count(updated(s).into()))),
        age(),
        wide("CONTAINERS", |s| s.spec.template.containers()),
        wide("IMAGES", |s| s.spec.template.images()),
        ours(wide("SERVICE", |s| Value::text(filled(&s.spec.service_name)))),
        ours(own(wide("SELECTOR", |s| s.spec.selector.value()))),
    ];

    fn health(set: &StatefulSet<'_>) -> Health {
        let wanted = wanted(set);
        let [all, available] =
            [set.status.replicas, set.status.available_replicas.or(set.status.ready_replicas)].map(Option::unwrap_or_default);
        match () {
            () if all != wanted || rolling(set) => Health::Busy,
            () if wanted == 0 => Health::Done,
            () if available == 0 => Health::Bad,
            () if available < wanted => Health::Warn,
            () => Health::Ok,
        }
    }

    fn facts(set: &StatefulSet<'_>, words: &mut Dictionary) -> Facts {
        let StatefulSet { metadata, spec, status } = set;
        Facts::Workload(Box::new(WorkloadFacts {
            selector: spec.selector.keep(),
            wanted: wanted(set),
            replicas: status.replicas.unwrap_or_default(),
            ready: status.ready_replicas.unwrap_or_default(),
            updated: updated(set),
            available: status.available_replicas.or(status.ready_replicas).unwrap_or_default(),
            generation: metadata.generation.unwrap_or_default(),
            observed: status.observed_generation >= metadata.generation,
            first: text(&status.update_revision) == text(&status.current_revision),
            paused: !rolling(set) && text(&status.update_revision) != text(&status.current_revision),
            requests: spec.template.requests(),
            image: words.sym(spec.template.image()),
            ..WorkloadFacts::default()
        }))
    }
}

/// The API's default is 1.
fn wanted(set: &StatefulSet<'_>) -> u32 {
    set.spec.replicas.unwrap_or(1)
}

/// Pods of the newest revision: all of them while there is no update. The controller leaves out those that are on their way out.
fn updated(set: &StatefulSet<'_>) -> u32 {
    let status = &set.status;
    let updating = text(&status.update_revision) != text(&status.current_revision);
    if updating { status.updated_replicas } else { status.replicas }.unwrap_or_default()
}

/// True while an update replaces pods by itself, as far as its partition lets it.
fn rolling(set: &StatefulSet<'_>) -> bool {
    let strategy = &set.spec.update_strategy;
    let kept = strategy.rolling_update.partition.unwrap_or_default();
    text(&strategy.kind) != Some("OnDelete")
        && text(&set.status.update_revision) != text(&set.status.current_revision)
        && set.status.updated_replicas.unwrap_or_default() < wanted(set).saturating_sub(kept)
}
