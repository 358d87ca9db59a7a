//! Deployments.

use super::object::{Meta, condition, has, or_default, text};
use super::workload::{Spec, Status};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, wide};
use crate::model::cell::{Health, Value};
use crate::model::row::Facts;
use crate::model::words::Dictionary;
use serde::Deserialize;

/// Deployments of apps.
pub struct Deployments;

/// What is read of a deployment.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Deployment<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

impl<'a> HasMeta<'a> for Deployment<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Deployments {
    type Object<'a> = Deployment<'a>;

    const NAMES: Names = Names {
        group: "apps",
        version: "v1",
        resource: "deployments",
        kind: "Deployment",
        singular: "deployment",
        short_names: &["deploy"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("READY", |d| Value::Ratio(d.status.ready_replicas.unwrap_or_default(), d.spec.wanted())),
        col("UP-TO-DATE", |d| Value::Count(d.status.updated_replicas.unwrap_or_default().into())),
        col("AVAILABLE", |d| Value::Count(d.status.available_replicas.unwrap_or_default().into())),
        ours(wide("REVISION", |d| d.metadata.revision.value())),
        age(),
        wide("CONTAINERS", |d| d.spec.template.containers()),
        wide("IMAGES", |d| d.spec.template.images()),
        own(wide("SELECTOR", |d| d.spec.selector.value())),
    ];

    fn health(deployment: &Deployment<'_>) -> Health {
        let status = &deployment.status;
        let wanted = deployment.spec.wanted();
        let [all, updated, available] =
            [status.replicas, status.updated_replicas, status.available_replicas].map(Option::unwrap_or_default);
        if has(&status.conditions, "ReplicaFailure", "True") || has(&status.conditions, "Progressing", "False") {
            return Health::Bad;
        }
        if updated != wanted || all != wanted || (available < wanted && rolling(deployment)) {
            return Health::Busy;
        }
        match available {
            0 if wanted == 0 => Health::Done,
            0 => Health::Bad,
            _ if available < wanted => Health::Warn,
            _ => Health::Ok,
        }
    }

    fn facts(deployment: &Deployment<'_>, words: &mut Dictionary) -> Facts {
        Facts::Workload(Box::new(deployment.spec.facts(&deployment.metadata, &deployment.status, words)))
    }
}

/// True until the newest replica set has been available once; from then on what is missing has been lost.
fn rolling(deployment: &Deployment<'_>) -> bool {
    let progressing = condition(&deployment.status.conditions, "Progressing");
    progressing.is_some_and(|c| text(&c.status) == Some("True") && text(&c.reason) != Some("NewReplicaSetAvailable"))
}
