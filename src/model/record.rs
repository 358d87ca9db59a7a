//! A record of the journal: what was about to be done to an object, or was.

use super::deed::{Key, summary};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// When it was written: RFC 3339 in UTC.
    pub time: String,
    /// Tells this change to this object from all others: intent and outcome have the same.
    pub id: String,
    /// What it is a record of.
    pub record: Stage,
    /// Who ran kconsole, by the name of the operating system.
    pub os_user: String,
    /// Where.
    pub cluster: Place,
    /// The verb's name.
    pub verb: String,
    /// What it is done to.
    pub object: Object,
    /// `metadata.resourceVersion`, before and after.
    pub resource_version: Versions,
    /// The subresource that it is done through.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subresource: String,
    /// The fields that change. Values of Secrets stand as hashes.
    #[serde(default)]
    pub changes: Vec<Touched>,
    /// The rule of the guard that decided.
    pub rule: String,
    /// The reason that a person gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `done`, `refused` or `unknown`; only of an outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Why it came out like that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It is about to be sent.
    Intent,
    /// It was.
    Outcome,
}

/// A cluster, as it was known when the record was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The context's name.
    pub context: String,
    /// The uid of its kube-system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Who we were there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// An object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// As `deployments.apps`.
    pub kind: String,
    /// Empty for objects of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// Versions of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// After.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Touched {
    /// Where it is, as people write it.
    pub field: String,
    /// Where it is, step by step.
    pub path: Vec<Key>,
    /// What it was; `None` where it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is; `None` where it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl Object {
    /// As people say it: kind, name and namespace.
    pub fn told(&self) -> String {
        let place = if self.namespace.is_empty() { String::new() } else { format!("{}/", self.namespace) };
        format!("{} {place}{}", self.kind, self.name)
    }
}

impl Record {
    /// What changes, in a few words.
    pub fn summary(&self) -> String {
        let Some(first) = self.changes.first() else { return self.reason.clone().unwrap_or_default() };
        summary(&first.field, first.before.as_ref(), first.after.as_ref(), self.changes.len())
    }

    /// What became of it, in a word.
    pub fn ended(&self) -> &str {
        self.outcome.as_deref().unwrap_or("not known")
    }
}
