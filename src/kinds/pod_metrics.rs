//! What pods use, as metrics-server measures it. A kind of pods that is read for the columns of others, and keeps next to nothing.

use super::object::{Meta, each, or_default};
use super::resources::{Quantities, sum};
use super::usage::{CPU, MEMORY, unlabelled};
use super::{HasMeta, Names, Own, Project, joined, name};
use crate::model::facts::Facts;
use crate::model::words::Dictionary;
use serde::Deserialize;

/// PodMetrics of metrics.k8s.io.
pub struct PodMetrics;

/// What is read of it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Measured<'a> {
    #[serde(borrow, deserialize_with = "unlabelled")]
    metadata: Meta<'a>,
    #[serde(borrow)]
    containers: Option<Vec<Container<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    usage: Quantities<'a>,
}

impl<'a> HasMeta<'a> for Measured<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for PodMetrics {
    type Object<'a> = Measured<'a>;

    const NAMES: Names = Names {
        group: "metrics.k8s.io",
        version: "v1beta1",
        resource: "pods",
        kind: "PodMetrics",
        singular: "",
        short_names: &[],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[name(), joined("CPU", &CPU), joined("MEMORY", &MEMORY)];

    fn facts(measured: &Measured<'_>, _: &mut Dictionary) -> Facts {
        Facts::Usage(sum(each(&measured.containers).map(|c| &c.usage)))
    }
}
