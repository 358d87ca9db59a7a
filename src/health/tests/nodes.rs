//! The rules about nodes.

use super::objects::{gone, node, pod};
use super::rig::{Rig, at, plays};
use crate::health::Limits;
use crate::model::cluster::{Cluster, Tier};
use crate::model::id::ClusterId;
use crate::model::msg::Server;
use serde_json::{Value, json};

fn said(kind: &str, status: &str, message: &str, since: i64) -> Value {
    json!({"status": {"conditions": [{"type": kind, "status": status, "message": message, "lastTransitionTime": at(since)}]}})
}

#[test]
fn a_node_that_does_not_answer_is_told_with_its_pods() {
    let lost = node("n1", "a", said("Ready", "Unknown", "Kubelet stopped posting node status.", -5));
    let says = |pods| format!("critical nodes/n1: does not answer, {pods} on it | Kubelet stopped posting node status. <node n1>");
    let (one, two) = (pod("web-1", json!({})), pod("web-2", json!({})));
    plays("node-not-ready", &[lost.clone(), one.clone(), two.clone()], &[(0, &[&says("2 pods")])], &[node("n1", "a", json!({}))]);
    let mut rig = Rig::new();
    rig.put_all([&lost, &one, &two]);
    assert_eq!(rig.of("node-not-ready"), [says("2 pods")]);
    rig.put(&gone(&one));
    assert_eq!(rig.of("node-not-ready"), [says("1 pod")]);
}

#[test]
fn a_new_node_has_time_and_a_cordoned_one_is_being_looked_after() {
    let registered = json!({"metadata": {"creationTimestamp": at(0)}, "status": {"conditions": []}});
    plays("node-not-ready", &[node("n1", "a", registered)], &[(0, &[]), (9_000, &[])], &[]);
    let mut new = said("Ready", "False", "container runtime network not ready", 0);
    new["metadata"] = json!({"creationTimestamp": at(0)});
    let says = "critical nodes/n1: not ready, 0 pods on it | container runtime network not ready <node n1>";
    plays("node-not-ready", &[node("n1", "a", new)], &[(299, &[]), (300, &[says])], &[node("n1", "a", json!({}))]);
    let mut aside = said("Ready", "False", "shutting down", 0);
    aside["spec"] = json!({"unschedulable": true});
    let says = "warning nodes/n1: not ready, 0 pods on it | shutting down <node n1>";
    plays("node-not-ready", &[node("n1", "a", aside)], &[(0, &[says])], &[gone(&node("n1", "a", json!({})))]);
}

#[test]
fn pressure_and_a_missing_network_are_told_apart() {
    let well = || node("n1", "a", json!({}));
    let short = node("n1", "a", said("DiskPressure", "True", "kubelet has disk pressure", -9));
    plays(
        "node-pressure",
        std::slice::from_ref(&short),
        &[(0, &["warning nodes/n1: short of disk | kubelet has disk pressure <node n1>"])],
        &[well()],
    );
    plays("node-network", &[short], &[(0, &[])], &[]);
    let mut alone = said("NetworkUnavailable", "True", "Node created without a route", 0);
    alone["metadata"] = json!({"creationTimestamp": at(0)});
    let alone = node("n1", "a", alone);
    let says = "critical nodes/n1: no network for pods | Node created without a route <node n1>";
    plays("node-pressure", std::slice::from_ref(&alone), &[(400, &[])], &[]);
    plays("node-network", &[alone], &[(299, &[]), (300, &[says])], &[well()]);
}

#[test]
fn a_node_that_was_cordoned_long_ago_is_told() {
    let taint = |since| json!([{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": at(since)}]);
    let aside = node("n1", "a", json!({"spec": {"unschedulable": true, "taints": taint(0)}}));
    let says = "info nodes/n1: cordoned for long: takes no new pods <node n1>";
    plays("node-cordoned", &[aside], &[(0, &[]), (86_399, &[]), (86_400, &[says])], &[node("n1", "a", json!({}))]);
    // Where no taint tells since when, since it was seen.
    let aside = node("n1", "a", json!({"spec": {"unschedulable": true}}));
    plays("node-cordoned", &[aside], &[(60, &[]), (86_459, &[]), (86_460, &[says])], &[node("n1", "a", json!({}))]);
}

#[test]
fn kubelets_that_are_too_far_from_their_control_plane_are_one_group() {
    let mut rig = Rig::new();
    rig.world.clusters = vec![cluster("v1.36.3")];
    let of = |name: &str, version: &str| node(name, "a", json!({"status": {"nodeInfo": {"kubeletVersion": version}}}));
    rig.put_all(&[of("a", "v1.34.9"), of("b", "v1.33.5-eks-3025e55"), of("c", "v1.37.0"), of("d", "v1.36.0"), of("e", "")]);
    let says = [
        "warning nodes/b: kubelet v1.33.5-eks-3025e55 is 3 minor versions behind the control plane | control plane v1.36.3 <cluster>",
        "warning nodes/c: kubelet v1.37.0 is ahead of the control plane | control plane v1.36.3 <cluster>",
    ];
    assert_eq!(rig.of("version-skew"), says);
    assert_eq!(rig.world.findings.groups().len(), 1);
    rig.limit(Limits { version_skew: 4, ..Limits::default() });
    assert_eq!(rig.of("version-skew"), says[1..]);
}

/// A cluster whose server says that it is of this version.
fn cluster(version: &str) -> Cluster {
    let about = Server { version: version.to_owned(), provider: None };
    Cluster { tier: Tier::Dev, open: true, about, ..Cluster::new(ClusterId(0), "kind") }
}
