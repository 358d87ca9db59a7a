//! Pods.

use super::object::{Meta, Str, text};
use super::{HasMeta, Names, Own, Project, age, col, name, screen};
use crate::model::cell::{Health, Value};
use crate::model::row::Facts;
use crate::model::words::Dictionary;

/// Pods.
pub struct Pods;

/// What is read of a pod.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Pod<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow)]
    spec: Option<Spec<'a>>,
    #[serde(borrow)]
    status: Option<Status<'a>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    node_name: Option<Str<'a>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    phase: Option<Str<'a>>,
}

impl<'a> HasMeta<'a> for Pod<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Pods {
    type Object<'a> = Pod<'a>;

    const NAMES: Names = Names {
        group: "", version: "v1", resource: "pods", kind: "Pod", singular: "pod", short_names: &["po"], namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("STATUS", |p| Value::text(p.status.as_ref().and_then(|s| text(&s.phase)))),
        age(),
        screen("NODE", |p| Value::text(p.spec.as_ref().and_then(|s| text(&s.node_name)))),
    ];

    fn health(_: &Pod<'_>) -> Health {
        Health::Ok
    }

    fn facts(pod: &Pod<'_>, words: &mut Dictionary) -> Facts {
        pod.spec.as_ref().and_then(|s| text(&s.node_name)).map_or(Facts::None, |n| Facts::Node(words.sym(n)))
    }
}
