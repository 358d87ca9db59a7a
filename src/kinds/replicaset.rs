//! ReplicaSets.

use super::object::{Condition, Meta, has, or_default};
use super::workload::Spec;
use super::{HasMeta, Names, Own, Project, age, col, name, own, wide};
use crate::model::cell::{Health, Value};
use crate::model::row::Facts;
use crate::model::words::Dictionary;
use serde::Deserialize;

/// ReplicaSets of apps.
pub struct ReplicaSets;

/// What is read of a replica set.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ReplicaSet<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    replicas: Option<u32>,
    ready_replicas: Option<u32>,
    available_replicas: Option<u32>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
}

impl<'a> HasMeta<'a> for ReplicaSet<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for ReplicaSets {
    type Object<'a> = ReplicaSet<'a>;

    const NAMES: Names = Names {
        group: "apps",
        version: "v1",
        resource: "replicasets",
        kind: "ReplicaSet",
        singular: "replicaset",
        short_names: &["rs"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("DESIRED", |r| Value::Count(wanted(r).into())),
        col("CURRENT", |r| Value::Count(r.status.replicas.unwrap_or_default().into())),
        col("READY", |r| Value::Count(r.status.ready_replicas.unwrap_or_default().into())),
        age(),
        wide("CONTAINERS", |r| r.spec.template.containers()),
        wide("IMAGES", |r| r.spec.template.images()),
        own(wide("SELECTOR", |r| r.spec.selector.value())),
    ];

    fn health(set: &ReplicaSet<'_>) -> Health {
        let wanted = wanted(set);
        let [all, available] = [set.status.replicas, set.status.available_replicas].map(Option::unwrap_or_default);
        match () {
            () if has(&set.status.conditions, "ReplicaFailure", "True") => Health::Bad,
            () if all != wanted => Health::Busy,
            // An old revision, kept to go back to.
            () if wanted == 0 => Health::Done,
            () if available < wanted => Health::Warn,
            () => Health::Ok,
        }
    }

    fn facts(set: &ReplicaSet<'_>, _: &mut Dictionary) -> Facts {
        set.spec.selector.facts()
    }
}

/// The API's default is 1.
fn wanted(set: &ReplicaSet<'_>) -> u32 {
    set.spec.replicas.unwrap_or(1)
}
