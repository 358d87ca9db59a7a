//! Placeholder until the kind is written.
use super::object::Meta;
use super::{HasMeta, Names, Own, Project, age, name};

/// Placeholder.
pub struct Deployments;

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

impl Project for Deployments {
    type Object<'a> = Object<'a>;
    const NAMES: Names = Names { group: "", version: "v1", resource: "deployment", kind: "Deployments", singular: "", short_names: &[], namespaced: true };
    const COLUMNS: &'static [Own<Self>] = &[name(), age()];}
