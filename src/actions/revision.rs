//! The revisions that a workload has had: ReplicaSets of a Deployment, ControllerRevisions of a StatefulSet or DaemonSet.

use crate::model::image;
use crate::model::time::{Timestamp, human};
use crate::safety::item::Item;
use crate::safety::verb::Around;
use serde_json::Value;

/// The number of a revision, on a Deployment and its ReplicaSets.
const NUMBER: &str = "deployment.kubernetes.io/revision";
/// Why it was made, where somebody wrote it down.
const CAUSE: &str = "kubernetes.io/change-cause";

/// One revision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Revision<'a> {
    /// Counts up; what a rollback brings back gets a new one.
    pub(super) number: i64,
    /// The ReplicaSet or ControllerRevision.
    pub(super) object: &'a Value,
}

impl<'a> Revision<'a> {
    /// The pod template.
    pub(super) fn template(&self) -> Option<&'a Value> {
        self.object.pointer("/spec/template").or_else(|| self.object.pointer("/data/spec/template"))
    }

    /// The images of its containers.
    pub(super) fn images(&self) -> Vec<&'a str> {
        let containers = self.template().and_then(|t| t.pointer("/spec/containers")?.as_array());
        containers.map_or(&[] as &[Value], Vec::as_slice).iter().filter_map(|c| c.get("image")?.as_str()).collect()
    }

    /// Number, age, images and cause in a line: `3 · 2h · checkout:1.8.2 · fix the totals`.
    pub(super) fn told(&self, now: Timestamp) -> String {
        let metadata = |key: &str| self.object.pointer("/metadata")?.get(key);
        let mut age = String::new();
        if let Some(made) = metadata("creationTimestamp").and_then(Value::as_str).and_then(Timestamp::parse) {
            human(made.age(now), &mut age);
        }
        let images: Vec<&str> = self.images().into_iter().map(image::short).collect();
        let cause = metadata("annotations").and_then(|a| a.get(CAUSE)?.as_str()).unwrap_or_default();
        let parts = [self.number.to_string(), age, images.join(" "), cause.to_owned()];
        parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

/// What has to be read for them.
pub(super) fn around(item: &Item) -> Vec<Around> {
    let kind = match &*item.target.kind.resource {
        "deployments" => ("apps", "replicasets"),
        "statefulsets" | "daemonsets" => ("apps", "controllerrevisions"),
        _ => return Vec::new(),
    };
    vec![Around { kind, selector: item.selector() }]
}

/// The revisions of a workload, the newest first. That one it has now.
pub(super) fn all(item: &Item) -> Vec<Revision<'_>> {
    let uid = item.text("/metadata/uid");
    let owned = |object: &&Value| {
        let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        let is = |o: &Value| o.get("controller").and_then(Value::as_bool) == Some(true) && o.get("uid").and_then(Value::as_str) == uid;
        owners.is_some_and(|owners| owners.iter().any(is))
    };
    let number = |object: &Value| {
        let written = object.pointer("/metadata/annotations").and_then(|a| a.get(NUMBER)?.as_str()?.parse().ok());
        written.or_else(|| object.get("revision")?.as_i64())
    };
    let beside = item.beside("replicasets").iter().chain(item.beside("controllerrevisions"));
    let mut all: Vec<Revision<'_>> = beside.filter(owned).filter_map(|object| Some(Revision { number: number(object)?, object })).collect();
    all.sort_by_key(|r| std::cmp::Reverse(r.number));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_revision_is_told_in_a_line() {
        let object = json!({"metadata": {"creationTimestamp": "2026-11-23T12:02:00Z", "annotations": {CAUSE: "fix the totals"}},
            "spec": {"template": {"spec": {"containers": [{"image": "registry.example/shop/checkout:1.8.2"}, {"image": "proxy:2"}]}}}});
        let now = Timestamp::parse("2026-11-23T14:02:00Z").unwrap();
        assert_eq!(Revision { number: 3, object: &object }.told(now), "3 · 120m · checkout:1.8.2 proxy:2 · fix the totals");
    }
}
