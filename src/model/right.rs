//! A right that a change needs, and what clusters have said of which we have.

use super::call::{Call, Method};
use super::id::{ClusterId, GroupResource};
use super::time::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// So many seconds what a cluster said is taken to hold. A dialog asks anew all the same: this only greys.
const LASTS: i64 = 300;

/// A right, as RBAC has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Where.
    pub cluster: ClusterId,
    /// As `patch`.
    pub does: &'static str,
    /// To what.
    pub kind: GroupResource,
    /// As `scale`; empty for the object itself.
    pub subresource: &'static str,
    /// Empty for objects of the whole cluster.
    pub namespace: Box<str>,
    /// Empty for every object of the namespace.
    pub name: Box<str>,
}

impl Right {
    /// The request that asks whether we have it.
    pub fn review(&self) -> Call {
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": self.does, "group": self.kind.group, "resource": self.kind.resource, "subresource": self.subresource,
                "namespace": self.namespace, "name": self.name,
            }},
        });
        Call {
            cluster: self.cluster,
            method: Method::Review,
            path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews".to_owned(),
            query: Vec::new(),
            body: body.to_string(),
        }
    }

    /// What the answer means.
    ///
    /// # Errors
    /// Which right is missing, in the words of kubectl, and the server's reason.
    pub fn judge(&self, review: &Value) -> Result<(), String> {
        if review.pointer("/status/allowed").and_then(Value::as_bool) == Some(true) {
            return Ok(());
        }
        let slash = if self.subresource.is_empty() { "" } else { "/" };
        let place = if self.namespace.is_empty() { String::new() } else { format!(" in namespace {}", self.namespace) };
        let reason = review.pointer("/status/reason").and_then(Value::as_str).filter(|r| !r.is_empty());
        let reason = reason.map(|r| format!(" ({r})")).unwrap_or_default();
        Err(format!("you may not {} {}{slash}{}{place}{reason}", self.does, self.kind, self.subresource))
    }
}

/// What clusters have said of rights.
#[derive(Debug, Default)]
pub struct Rights(BTreeMap<Right, (Said, Timestamp)>);

/// What a cluster has said of a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing yet, or nothing that could be understood: a question that fails says nothing of the right.
    Nothing,
    /// We have it.
    Yes,
    /// We have it not: which one, and why.
    No(String),
}

impl Rights {
    /// What was said, if that is not too old; `None` where nobody asked.
    pub fn of(&self, right: &Right, now: Timestamp) -> Option<&Said> {
        self.0.get(right).filter(|(_, at)| at.age(now) < LASTS).map(|(said, _)| said)
    }

    /// It is asked now.
    pub fn asked(&mut self, right: Right, now: Timestamp) {
        self.0.retain(|_, (_, at)| at.age(now) < LASTS);
        self.0.insert(right, (Said::Nothing, now));
    }

    /// The cluster has answered with this review.
    pub fn answered(&mut self, right: &Right, review: &Value) {
        if let Some((said, _)) = self.0.get_mut(right) {
            *said = right.judge(review).map_or_else(Said::No, |()| Said::Yes);
        }
    }

    /// We may be somebody else there from now on.
    pub fn forget(&mut self, cluster: ClusterId) {
        self.0.retain(|right, _| right.cluster != cluster);
    }
}
