//! What goes away: deployments with their pods, and the pods of nodes.

use super::super::{on_demo, on_real};
use super::Desk;
use crate::rig::cluster::{clusters, kubectl};
use std::path::Path;

/// Two nodes of our own, of which one takes no pods yet; a deployment that runs on such nodes only, and a budget that lets one of its pods go at a
/// time. The nodes of a real control plane are played too, by what the annotation says.
fn drained(nodes: &[(&str, bool)], image: &str) -> String {
    let node = |(name, closed): &(&str, bool)| {
        let all = "cpu: '8', memory: 32Gi, pods: '110', ephemeral-storage: 100Gi";
        let spec = if *closed { "spec: {unschedulable: true}\n" } else { "" };
        format!(
            "---
apiVersion: v1
kind: Node
metadata:
  name: {name}
  labels: {{kubernetes.io/hostname: {name}, pool: change}}
  annotations: {{kwok.x-k8s.io/node: fake}}
{spec}status: {{allocatable: {{{all}}}, capacity: {{{all}}}, conditions: [{{type: Ready, status: 'True', reason: KubeletReady}}]}}
"
        )
    };
    let mut objects: String = nodes.iter().map(node).collect();
    objects += "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: change}\n";
    objects += "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: change}\n";
    objects += "spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}\n";
    objects += &format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: change}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      nodeSelector: {{pool: change}}
      terminationGracePeriodSeconds: 1
      containers: [{{name: app, image: '{image}', imagePullPolicy: IfNotPresent, command: [sleep, '3600']}}]
"
    );
    objects
}

/// Nothing goes before it is confirmed, by the key that confirms a removal; then it goes with its pods.
fn delete(clusters: &Path) {
    let mut desk = Desk::at(clusters);
    let before = (desk.has("{.metadata.uid}"), desk.kubectl(&["get", "pods", "-o", "name"]));
    desk.opens("D", "Delete ─").sees(&["2 pods (web-"]).sees(&["cannot be undone"]).sees(&["accepted by the server"]).sees(&["y confirms"]);
    desk.press(&["\r", "\r"]);
    assert_eq!((desk.has("{.metadata.uid}"), desk.kubectl(&["get", "pods", "-o", "name"])), before, "it was only tried");
    assert_eq!(desk.has("{.metadata.deletionTimestamp}"), "");
    desk.confirm_by("y", "y confirms").sees(&["✔", "change/web", "done"]);
    assert_eq!(desk.kubectl(&["get", "deploy", "-o", "name"]), "");
    desk.kubectl(&["wait", "--for=delete", "rs,pods", "-l", "app=web", "--timeout=60s"]);
    desk.press(&["\x1b"]);
    desk.leave();
}

/// A node is closed and opened, emptied as its pods' budget allows, and opened again.
fn drain(clusters: &Path, from: &str, nodes: &[(&str, bool)], image: &str) {
    // A script that failed left them.
    kubectl(clusters, &["--context", "alpha", "delete", "node", "change-1", "change-2", "--ignore-not-found"]);
    let mut desk = Desk::before(clusters, &drained(nodes, image), "nodes");
    let node = format!("node/{from}");
    let closed = |desk: &Desk<'_>| desk.kubectl(&["get", &node, "-o", "jsonpath={.spec.unschedulable}"]);
    let places = |desk: &Desk<'_>| desk.kubectl(&["get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}"]);
    desk.press(&["/"]).types(&format!("name:{from}")).opens("\r", "/ filter").sees(&["▌", from, "Ready"]);

    desk.act("cordon").sees(&["spec.unschedulable", "→ true"]);
    desk.exactly(&node);
    desk.press(&["\x1b", "U"]).sees(&["spec.unschedulable", "true → nothing"]);
    desk.exactly(&node);
    assert_eq!((closed(&desk), places(&desk)), (String::new(), format!("{from} {from}")));

    // There is somewhere to go now.
    desk.kubectl(&["uncordon", "change-2"]);
    desk.press(&["\x1b"]).act("drain").sees(&["2 of", "are asked to go"]).sees(&["y confirms"]);
    assert_eq!((closed(&desk), places(&desk)), (String::new(), format!("{from} {from}")), "it was only tried");
    // The budget lets the second go once the first is back elsewhere.
    desk.confirm_by("y", "y confirms").sees(&["3 of 3"]);
    assert_eq!(closed(&desk), "true");
    desk.kubectl(&["rollout", "status", "deploy/web", "--timeout=60s"]);
    assert_eq!(places(&desk), "change-2 change-2");

    desk.press(&["\x1b"]).act("uncordon").sees(&["spec.unschedulable", "true → nothing"]);
    desk.exactly(&node);
    assert_eq!(closed(&desk), "");
    desk.press(&["\x1b"]);
    let made: Vec<&str> = nodes.iter().map(|(name, _)| *name).collect();
    desk.kubectl(&["delete", "deploy/web"]);
    desk.kubectl(&[&["delete", "node"], &made[..]].concat());
    desk.leave();
}

fn drain_of_played_nodes(clusters: &Path) {
    drain(clusters, "change-1", &[("change-1", false), ("change-2", true)], "nginx:1.27");
}

#[test]
fn what_is_deleted_goes_when_it_is_confirmed_and_not_before() {
    on_real(delete);
}

#[test]
fn what_is_deleted_goes_when_it_is_confirmed_and_not_before_on_the_demo_server() {
    on_demo(delete);
}

#[test]
fn a_node_is_closed_emptied_and_opened() {
    on_real(drain_of_played_nodes);
}

#[test]
fn a_node_is_closed_emptied_and_opened_on_the_demo_server() {
    on_demo(drain_of_played_nodes);
}

/// Needs root, containerd and runc; says so where they are not there.
#[test]
fn a_node_with_a_real_kubelet_is_closed_emptied_and_opened() {
    let Some(clusters) = clusters() else { return };
    let Some(_node) = clusters.node("alpha") else { return };
    clusters.kubectl(&["--context", "alpha", "label", "node", "real-alpha", "pool=change"]);
    drain(clusters.as_ref(), "real-alpha", &[("change-2", true)], "docker.io/local/busybox:1");
}
