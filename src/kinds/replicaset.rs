//! Placeholder until the kind is written.
use super::object::Meta;
use super::{HasMeta, Names, Own, Project, age, name};

/// Placeholder.
pub struct ReplicaSets;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Object<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
}

impl<'a> HasMeta<'a> for Object<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for ReplicaSets {
    type Object<'a> = Object<'a>;
    const NAMES: Names = Names { group: "", version: "v1", resource: "replicaset", kind: "ReplicaSets", singular: "", short_names: &[], namespaced: true };
    const COLUMNS: &'static [Own<Self>] = &[name(), age()];}
