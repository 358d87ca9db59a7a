//! The rules about events, webhooks, APIs and namespaces.

use super::objects::{deployment, gone, object, pod, warning, wide, with};
use super::rig::{Rig, at, plays};
use crate::model::fault::{Fault, FaultKind};
use crate::model::msg::Sync;
use serde_json::{Value, json};

#[test]
fn a_warning_that_is_repeated_is_told_unless_somebody_else_speaks_of_it() {
    let well = pod("web-1", json!({}));
    let told = |count, last| warning(&well, "Odd", "something is odd\nand more", count, (-900, last));
    let says = "warning pods/web-1: Odd ×20 | something is odd <pods/web-1>";
    plays("event-repeats", &[well.clone(), told(20, -1)], &[(0, &[says]), (598, &[says]), (599, &[])], &[]);
    plays("event-repeats", &[well.clone(), told(19, -1)], &[(0, &[])], &[]);
    // The object has gone since, or never was.
    plays("event-repeats", &[told(30, -1)], &[(0, &[])], &[]);
    plays("event-repeats", &[well.clone(), told(20, -1)], &[(0, &[says])], &[gone(&well)]);
    // Another rule knows what it means.
    let crash = json!({"name": "app", "restartCount": 7, "ready": false, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "finishedAt": at(-20)}}});
    plays(
        "event-repeats",
        &[well.clone(), told(20, -1)],
        &[(0, &[says])],
        &[pod("web-1", json!({"status": {"containerStatuses": [crash]}}))],
    );
}

/// A probe once a second fails twenty times before it is news that a pod does not become ready.
#[test]
fn what_the_probes_of_a_pod_say_that_starts_is_not_told() {
    let starts = pod("web-1", json!({"status": super::objects::unready(-30, json!({}))}));
    let told = warning(&starts, "Unhealthy", "Readiness probe failed: not yet", 25, (-25, -1));
    plays("event-repeats", &[starts, told.clone()], &[(0, &[])], &[]);
    let says = "warning pods/web-1: Unhealthy ×25 | Readiness probe failed: not yet <pods/web-1>";
    plays("event-repeats", &[pod("web-1", json!({})), told.clone()], &[(0, &[says])], &[gone(&told)]);
}

#[test]
fn events_of_nodes_and_of_unknown_kinds_find_their_object() {
    let node = super::objects::node("n1", "a", json!({}));
    // A kubelet knows its node by name only.
    let by_name = with(node.clone(), json!({"metadata": {"uid": "n1"}}));
    let says = "warning nodes/n1: Rebooted ×25 | again <nodes/n1>";
    let event = warning(&by_name, "Rebooted", "again", 25, (-100, -1));
    plays("event-repeats", &[node.clone(), event.clone()], &[(0, &[says])], &[gone(&node)]);
    let other = object("Certificate", "tls", json!({}));
    let says = "warning certificate/tls: Failed ×20 | no <certificate/tls>";
    let event = warning(&other, "Failed", "no", 20, (-100, -1));
    plays("event-repeats", std::slice::from_ref(&event), &[(0, &[says])], &[gone(&event)]);
    let harmless = warning(&node, "DNSConfigForming", "Nameserver limits were exceeded", 900, (-100, -1));
    let says = "info nodes/n1: DNSConfigForming ×900 | Nameserver limits were exceeded <nodes/n1>";
    plays("event-repeats", &[node, harmless.clone()], &[(0, &[says])], &[gone(&harmless)]);
}

#[test]
fn a_webhook_that_does_not_answer_is_the_cause_of_all_that_it_stops() {
    let why =
        "Internal error occurred: failed calling webhook \"pods.policy.example\": failed to call webhook: connect: connection refused";
    let failure =
        json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": why, "lastTransitionTime": at(-5)}]);
    let refused = deployment("web", 3, json!({"status": {"replicas": 1, "availableReplicas": 1, "conditions": failure}}));
    let set = object(
        "StatefulSet",
        "db",
        json!({"spec": {"replicas": 3}, "status": {"replicas": 2, "currentReplicas": 2, "updatedReplicas": 3}}),
    );
    let told = warning(&set, "FailedCreate", &format!("create Pod db-2 in StatefulSet db failed error: {why}"), 4, (-9, -1));
    let says = [
        format!(
            "critical deployments/web: pods are refused: webhook pods.policy.example does not answer | {why} <server pods.policy.example>"
        ),
        format!(
            "critical statefulsets/db: pods are refused: webhook pods.policy.example does not answer | create Pod db-2 in StatefulSet db failed error: {why} <server pods.policy.example>"
        ),
    ];
    let says: Vec<&str> = says.iter().map(String::as_str).collect();
    let cured = [deployment("web", 3, json!({})), with(set.clone(), json!({"status": {"replicas": 3}}))];
    plays("webhook-down", &[refused, set, told], &[(0, &says), (598, &says), (599, &says[..1])], &cured);
}

/// A new revision of which no pod is taken: one group, with what the webhook's rule says.
#[test]
fn a_rollout_that_is_refused_has_the_cause_of_the_refusal() {
    let stuck = |why: &str| {
        let failure =
            json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": why, "lastTransitionTime": at(0)});
        let given_up = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out", "lastTransitionTime": at(0)});
        deployment("web", 3, json!({"status": {"updatedReplicas": 0, "conditions": [failure, given_up]}}))
    };
    let hook = "Internal error occurred: failed calling webhook \"pods.policy.example\": failed to call webhook: connection refused";
    let says = format!("warning deployments/web: rollout stuck, 3/3 available | {hook} <server pods.policy.example>");
    plays("rollout-stuck", &[stuck(hook)], &[(0, &[&says])], &[deployment("web", 3, json!({}))]);
    let quota = "pods \"web-x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=3, limited: pods=3";
    let says = format!("warning deployments/web: rollout stuck, 3/3 available | {quota} <quota shop>");
    plays("rollout-stuck", &[stuck(quota)], &[(0, &[&says])], &[deployment("web", 3, json!({}))]);
}

fn api(name: &str, status: &str, service: Value) -> Value {
    let said = json!([{"type": "Available", "status": status, "reason": "MissingEndpoints", "message": "endpoints for service are missing", "lastTransitionTime": at(0)}]);
    wide("APIService", name, json!({"spec": {"service": service}, "status": {"conditions": said}}))
}

#[test]
fn an_api_that_does_not_answer_is_told() {
    let of = json!({"namespace": "kube-system", "name": "metrics-server"});
    let metrics = "v1beta1.metrics.k8s.io";
    let says = format!(
        "warning apiservices/{metrics}: not available: service kube-system/metrics-server does not answer | endpoints for service are missing <server {metrics}>"
    );
    plays("api-down", &[api(metrics, "False", of.clone())], &[(59, &[]), (60, &[&says])], &[api(metrics, "True", of.clone())]);
    let says = says.replace("warning", "critical").replace(metrics, "v1.example.com");
    plays("api-down", &[api("v1.example.com", "False", of.clone())], &[(60, &[&says])], &[gone(&api("v1.example.com", "False", of))]);
    plays("api-down", &[api("v1.apps", "False", Value::Null)], &[(600, &[])], &[]);
}

#[test]
fn a_namespace_that_does_not_go_is_told_with_what_is_left() {
    let why = "Some resources are remaining: pods. has 2 resource instances";
    let left = json!([{"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain", "message": why, "lastTransitionTime": at(0)}]);
    let going =
        wide("Namespace", "old", json!({"metadata": {"deletionTimestamp": at(0)}, "status": {"phase": "Terminating", "conditions": left}}));
    let says = format!("warning namespaces/old: does not go: objects in it remain | {why} <namespaces/old>");
    plays("namespace-stuck", std::slice::from_ref(&going), &[(119, &[]), (120, &[&says])], &[gone(&going)]);
}

/// What a cluster that is not reached any more does not tell is not late.
#[test]
fn nothing_is_late_where_nothing_is_heard() {
    let tick = object("CronJob", "tick", json!({"spec": {"schedule": "* * * * *"}, "status": {"lastScheduleTime": at(0)}}));
    let mut rig = Rig::new();
    rig.put(&tick);
    let now = rig.world.now;
    let watch = rig.world.tables.values().find(|t| &*t.want.kind.resource == "cronjobs").unwrap().watch;
    rig.world
        .tables
        .get_mut(&watch)
        .unwrap()
        .set_sync(Sync::Stale { why: Fault::new(FaultKind::Unreachable, "gone"), retry_in: None }, now);
    rig.pass(3_600);
    assert_eq!(rig.of("cronjob-missed"), [] as [&str; 0]);
}
