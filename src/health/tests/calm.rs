//! A cluster that is well: nobody says anything, however long it is looked at.

use super::objects::{deployment, node, object, pod, with};
use super::rig::{Rig, at, line};
use super::traffic::{ingress, service, slice};
use crate::model::finding::Severity;
use serde_json::{Value, json};

fn well() -> Vec<Value> {
    let conditions = |kind: &str| json!([{"type": kind, "status": "True", "lastTransitionTime": at(-600)}]);
    let claim = |name: &str, phase: &str| {
        object("PersistentVolumeClaim", name, json!({"spec": {"storageClassName": "fast"}, "status": {"phase": phase}}))
    };
    let done = json!({"phase": "Succeeded", "conditions": [], "containerStatuses": [{"name": "app", "restartCount": 0, "ready": false,
        "state": {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": at(-600)}}}]});
    vec![
        node("n1", "a", json!({})),
        node("n2", "b", json!({})),
        node("n3", "b", json!({"metadata": {"creationTimestamp": at(0)}, "status": {"conditions": []}})),
        deployment("web", 2, json!({})),
        pod("web-1", json!({})),
        pod("web-2", json!({"spec": {"nodeName": "n2"}})),
        service("web", "web", json!({})),
        slice("web", &[("web-1", true), ("web-2", true)]),
        service("headless", "web", json!({"spec": {"clusterIPs": ["None"]}})),
        slice("headless", &[("web-1", true)]),
        service("elsewhere", "x", json!({"spec": {"selector": null}})),
        service("name", "x", json!({"spec": {"type": "ExternalName", "externalName": "example.com"}})),
        ingress("shop", "web"),
        ingress("away", "name"),
        object("Job", "done", json!({"status": {"succeeded": 1, "conditions": conditions("Complete")}})),
        with(
            pod("done-1", json!({"status": done})),
            json!({"metadata": {"labels": {"app": "done"}, "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "done", "uid": "Job/done"}]}}),
        ),
        object("CronJob", "rests", json!({"spec": {"schedule": "* * * * *", "suspend": true}})),
        claim("waits", "Pending"),
        claim("bound", "Bound"),
        object("ResourceQuota", "team", json!({"status": {"hard": {"pods": "10"}, "used": {"pods": "3"}}})),
        object(
            "PodDisruptionBudget",
            "web",
            json!({"status": {"currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2, "disruptionsAllowed": 1}}),
        ),
    ]
}

#[test]
fn a_healthy_cluster_is_silent() {
    let mut rig = Rig::new();
    rig.put_all(&well());
    for _ in 0..120 {
        let found = rig.work(usize::MAX);
        let loud: Vec<String> = found.iter().filter(|f| f.severity > Severity::Info).map(line).collect();
        assert_eq!(loud, [] as [&str; 0]);
        assert_eq!(found.len(), 0, "{found:?}");
        rig.pass(5);
    }
}
