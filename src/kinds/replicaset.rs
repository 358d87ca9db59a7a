//! ReplicaSets.

use super::object::{Meta, has, or_default};
use super::workload::{Spec, Status};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, WorkloadFacts};
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
        col("DESIRED", |r| Value::Count(r.spec.wanted().into())),
        col("CURRENT", |r| Value::Count(r.status.replicas.unwrap_or_default().into())),
        col("READY", |r| Value::Count(r.status.ready_replicas.unwrap_or_default().into())),
        ours(screen("REVISION", |r| r.metadata.revision.value())),
        age(),
        wide("CONTAINERS", |r| r.spec.template.containers()),
        wide("IMAGES", |r| r.spec.template.images()),
        own(wide("SELECTOR", |r| r.spec.selector.value())),
    ];

    fn health(set: &ReplicaSet<'_>) -> Health {
        let wanted = set.spec.wanted();
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

    fn facts(set: &ReplicaSet<'_>, words: &mut Dictionary) -> Facts {
        let facts = set.spec.facts(&set.metadata, &set.status, words);
        // It has one revision only, and tells nothing of it.
        Facts::Workload(Box::new(WorkloadFacts { updated: facts.replicas, ..facts }))
    }
}
