//! What is short of room: pods that are driven out, that no node is large enough for, or that are refused; and the keys that mend that.

use super::objects::{conditions, deployment, gone, node, pod, with};
use super::rig::{Rig, at, plays};
use super::rules::{ended, shaky, waiting};
use crate::model::finding::{Group, Severity};
use serde_json::{Value, json};

const NOTHING: &[&str] = &[];

#[test]
fn evicted_pods_are_told_together_while_their_like_is_wanted() {
    let out = |name: &str, on: &str, hash: &str, ago: i64| {
        let failed = json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory.", "conditions": conditions(&[("Ready", "False", -ago)])});
        let owner = json!([{"kind": "ReplicaSet", "name": format!("web-{hash}"), "uid": hash, "controller": true}]);
        pod(
            name,
            json!({"metadata": {"labels": {"pod-template-hash": hash}, "ownerReferences": owner}, "spec": {"nodeName": on}, "status": failed}),
        )
    };
    let live = with(out("web-1", "n1", "7d9f", 0), json!({"status": {"phase": "Running", "reason": null}}));
    let web = deployment("web", 1, json!({}));
    let says = |where_: &str| {
        format!("warning deployments/web: evicted ×2 by {where_}, low on memory | The node was low on resource: memory. <deployments/web>")
    };
    let (both, twice) = (says("node n2"), says("2 nodes"));
    let objects = [web.clone(), live.clone(), out("web-2", "n2", "7d9f", 90), out("web-3", "n2", "7d9f", 30)];
    plays("evicted", &objects, &[(0, &[&both]), (569, &[&both]), (570, NOTHING)], &[]);
    plays("evicted", &objects, &[(0, &[&both])], &[gone(&live)]);
    // The clock begins with the first of them, wherever they were.
    let apart =
        [web.clone(), live.clone(), out("web-2", "n3", "7d9f", 500), out("web-3", "n2", "7d9f", 30), out("web-4", "n3", "7d9f", 5_000)];
    plays("evicted", &apart, &[(0, &[&twice])], &[gone(&live)]);
    let mut rig = Rig::new();
    rig.put_all(&apart);
    assert_eq!(rig.work(usize::MAX).iter().find(|f| f.rule == "evicted").map(|f| f.since.0 - super::rig::START), Some(-500));
    let old = [web, live, out("web-2", "n2", "5555", 90)];
    plays("evicted", &old, &[(0, NOTHING)], &[]);
    let bare = with(out("web-2", "n2", "", 90), json!({"metadata": {"ownerReferences": null}}));
    plays(
        "evicted",
        std::slice::from_ref(&bare),
        &[(0, &["warning pods/web-2: evicted by node n2, low on memory | The node was low on resource: memory. <pods/web-2>"])],
        &[gone(&bare)],
    );
}

/// A program that fills one node after the other is one trouble wherever it is; a node that drives out many is one too.
#[test]
fn whoever_alone_is_driven_out_is_why_and_else_its_node() {
    let out = |name: &str, app: &str, on: &str, ago: i64| {
        let failed = json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory.", "conditions": conditions(&[("Ready", "False", -ago)])});
        let owner = json!([{"kind": "ReplicaSet", "name": format!("{app}-7d9f"), "uid": app, "controller": true}]);
        pod(name, json!({"metadata": {"ownerReferences": owner}, "spec": {"nodeName": on}, "status": failed}))
    };
    let lives = |name: &str, app: &str| with(out(name, app, "n3", 0), json!({"status": {"phase": "Running", "reason": null}}));
    let short = |name: &str| node(name, "a", json!({"status": {"conditions": conditions(&[("MemoryPressure", "True", -40)])}}));
    let mut rig = Rig::new();
    rig.put_all([&deployment("web", 1, json!({})), &deployment("api", 1, json!({})), &lives("web-1", "web"), &lives("api-1", "api")]);
    rig.put_all([&short("n1"), &short("n2"), &out("web-2", "web", "n1", 60), &out("web-3", "web", "n2", 30)]);
    let groups = |rig: &mut Rig| {
        rig.work(usize::MAX);
        let told =
            |g: &Group| format!("{}: {}", g.head.object.name, g.findings.iter().map(|f| &*f.object.name).collect::<Vec<_>>().join(" "));
        let mut all: Vec<String> = rig.world.findings.groups().iter().filter(|g| g.head.severity > Severity::Info).map(told).collect();
        all.sort();
        all
    };
    assert_eq!(groups(&mut rig), ["web: web n1 n2"]);
    rig.put(&out("api-2", "api", "n2", 20));
    assert_eq!(groups(&mut rig), ["n1: n1", "n2: n2 web api"], "n2 is short of memory for more than one");
    rig.put(&out("web-4", "web", "n1", 10));
    assert_eq!(groups(&mut rig), ["n2: n2 api", "web: web n1"]);
}

/// No node of its kind would help: what it asks for has to be less, and nobody is told of nodes that may come.
#[test]
fn what_is_larger_than_any_node_has_to_ask_for_less() {
    let words = "0/2 nodes are available: 2 Insufficient memory.";
    let of = |memory: &str| {
        let asks = json!([{"name": "app", "image": "web:1", "resources": {"requests": {"cpu": "100m", "memory": memory}}}]);
        with(waiting("web-1", words, json!({})), json!({"spec": {"containers": asks}}))
    };
    let mut rig = Rig::new();
    rig.put_all([&node("n1", "a", json!({})), &node("n2", "a", json!({})), &deployment("cluster-autoscaler", 1, json!({})), &of("17Gi")]);
    rig.pass(20);
    let says = format!("warning pods/web-1: no node is large enough: Insufficient memory | {words} <deployments/web>");
    assert_eq!(rig.of("unschedulable"), [says]);
    let next = |rig: &mut Rig| rig.work(usize::MAX).into_iter().find(|f| f.rule == "unschedulable").unwrap().next;
    assert_eq!(next(&mut rig), "{owner} twice leads to its Deployment: {edit} lowers what it asks for, {goto}nodes shows what each has");
    rig.put(&of("16Gi"));
    assert!(rig.of("unschedulable")[0].contains("no node takes it"));
}

/// What is found of memory and of quotas names the keys that mend it.
#[test]
fn what_is_next_names_the_key_that_mends() {
    let next = |objects: &[Value], rule: &str| {
        let mut rig = Rig::new();
        rig.put_all(objects);
        rig.work(usize::MAX).into_iter().find(|f| f.rule == rule).unwrap_or_else(|| panic!("{rule}")).next
    };
    let killed = || shaky(ended(137, "OOMKilled", "", 100));
    assert_eq!(next(&[killed()], "oom-killed"), "{owner} twice leads to its Deployment: {edit} raises the limit, {undo} goes back");
    let bare = with(killed(), json!({"metadata": {"ownerReferences": null}}));
    assert_eq!(next(&[bare], "oom-killed"), "{details} shows how it ended and what it may take");
    let message = "pods \"web-x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=9, limited: pods=9";
    let refused =
        json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message, "lastTransitionTime": at(-60)}]);
    let short =
        deployment("web", 3, json!({"status": {"replicas": 2, "availableReplicas": 2, "updatedReplicas": 2, "conditions": refused}}));
    let mends = "{edit} in {goto}quota raises it, if that is yours to do; {scale} asks for fewer pods";
    assert_eq!(next(&[short], "pods-refused"), mends);
}
