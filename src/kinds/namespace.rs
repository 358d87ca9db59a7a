//! Namespaces.

use super::object::{Condition, Meta, Str, condition, has, text};
use super::{HasMeta, Names, Own, Project, age, col, name};
use crate::model::cell::{Health, Value};
use crate::model::facts::Facts;
use crate::model::words::Dictionary;
use std::borrow::Cow;

/// Conditions that say why a namespace cannot go, what is in the way of all others first.
const IN_THE_WAY: &[&str] = &[
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceFinalizersRemaining",
    "NamespaceContentRemaining",
];

/// Namespaces, the core kind.
pub struct Namespaces;

/// What is read of a namespace.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Namespace<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow)]
    status: Option<Status<'a>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    phase: Option<Str<'a>>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
}

impl<'a> HasMeta<'a> for Namespace<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Namespaces {
    type Object<'a> = Namespace<'a>;

    const NAMES: Names = Names {
        group: "", version: "v1", resource: "namespaces", kind: "Namespace", singular: "namespace", short_names: &["ns"], namespaced: false,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("STATUS", |n| phase(n).map_or(Value::None, |p| Value::Status(Cow::Borrowed(p), Self::health(n)))),
        age(),
    ];

    fn health(namespace: &Namespace<'_>) -> Health {
        if phase(namespace) == Some("Terminating") { Health::Busy } else { Health::Ok }
    }

    fn facts(namespace: &Namespace<'_>, words: &mut Dictionary) -> Facts {
        let Some(Status { conditions, .. }) = &namespace.status else { return Facts::None };
        let why = IN_THE_WAY.iter().find(|kind| has(conditions, kind, "True")).and_then(|kind| condition(conditions, kind));
        why.map_or(Facts::None, |c| Facts::Namespace(Box::new(c.keep(words))))
    }
}

fn phase<'o>(namespace: &'o Namespace<'_>) -> Option<&'o str> {
    text(&namespace.status.as_ref()?.phase)
}
