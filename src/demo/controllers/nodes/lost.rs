//! A machine that is not heard from: first it is unknown, then its pods are told to go, and others come elsewhere. Its kubelet knows nothing
//! of that, so its pods stay where they are, ending, until it is back or gone for good.

use super::{condition, report, taint, taint_of};
use crate::demo::controllers::fit::bears;
use crate::demo::json::{Millis, instant, int, list, text};
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::write::{Delete, How};
use serde_json::Value;

/// How long a machine may be silent (`node-monitor-grace-period`).
const PATIENCE: Millis = 50_000;
/// What pods that bear it for a while (five minutes, where they do not say) have at most: an hour of demo is short.
const BORNE: i64 = 60;

const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNKNOWN: [&str; 3] = ["Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."];

/// Looks at a machine that is lost.
pub(super) fn look(sim: &mut Sim, key: &Key) {
    let now = sim.store.now;
    let since = sim.world.lost.get(&*key.name).copied().unwrap_or(now);
    let Some(node) = sim.store.table("nodes").and_then(|t| t.get(key)).map(|n| n.value()) else { return };
    if now - since < PATIENCE {
        return;
    }
    let Some(taint) = taint_of(&node, UNREACHABLE, "NoExecute") else {
        return given_up(sim, key, &node);
    };
    let tainted = text(taint, "/timeAdded").and_then(instant).unwrap_or(now);
    for pod in pods(sim, key) {
        let Some(value) = sim.store.table("pods").and_then(|t| t.get(&pod)).map(|p| p.value()) else { continue };
        let borne = borne(&value);
        if text(&value, "/metadata/deletionTimestamp").is_none() && borne.is_some_and(|s| now >= tainted + s.min(BORNE) * 1000) {
            drive_out(sim, &pod, &value);
        }
    }
}

/// Whoever does not bear what is said of a machine (`kubectl taint ..:NoExecute`) has to go at once. For how long somebody bears it is not
/// asked.
pub(super) fn shun(sim: &mut Sim, key: &Key, node: &Value) {
    let by_people = |taint: &&Value| {
        let name = text(taint, "/key").unwrap_or_default();
        text(taint, "/effect") == Some("NoExecute") && !name.starts_with("node.kubernetes.io/")
    };
    let taints: Vec<&Value> = list(node, "/spec/taints").iter().filter(by_people).collect();
    if taints.is_empty() {
        return;
    }
    for pod in pods(sim, key) {
        let Some(value) = sim.store.table("pods").and_then(|t| t.get(&pod)).map(|p| p.value()) else { continue };
        let bears = |taint: &&Value| {
            let part = |place| text(taint, place).unwrap_or_default();
            list(&value, "/spec/tolerations").iter().any(|t| bears(t, part("/key"), part("/value"), "NoExecute"))
        };
        if text(&value, "/metadata/deletionTimestamp").is_none() && !taints.iter().all(bears) {
            drive_out(sim, &pod, &value);
        }
    }
}

/// A machine is heard from again.
pub(super) fn back(sim: &mut Sim, key: &Key, node: &Value) {
    if taint_of(node, UNREACHABLE, "NoSchedule").is_none() {
        return;
    }
    report(sim, key, |sort| super::WELL.iter().find(|(s, _)| *s == sort).map(|(_, words)| *words));
    taint(sim, key, UNREACHABLE, &[], false);
    sim.event("kubelet", node, "Normal", "NodeReady", &format!("Node {} status is now: NodeReady", key.name));
    for pod in pods(sim, key) {
        sim.wake("kubelet", pod);
    }
}

/// A machine is gone for good: so are its pods (`podgc`).
pub(super) fn gone(sim: &mut Sim, key: &Key) {
    sim.world.lost.remove(&*key.name);
    // Those that have ended are in no books.
    let all: Vec<Key> = sim.store.list("pods", "").filter(|p| p.fields.first() == Some(&key.name)).map(|p| p.key.clone()).collect();
    for pod in all {
        // It may be gone on its own.
        drop(sim.delete("pods", &pod, &Delete { grace: Some(0), ..Delete::default() }));
    }
}

fn pods(sim: &Sim, node: &Key) -> Vec<Key> {
    sim.world.ledger.sum(&node.name).into_iter().flat_map(|s| s.pods.iter().cloned()).collect()
}

fn given_up(sim: &mut Sim, key: &Key, node: &Value) {
    let now = sim.store.now;
    let write = |node: &mut Value| {
        for (sort, _) in super::WELL {
            let heard = condition::find(node, sort).and_then(|c| text(c, "/lastHeartbeatTime")).and_then(instant).unwrap_or(now);
            condition::put_node(node, now, heard, sort, UNKNOWN);
        }
        Ok(())
    };
    drop(sim.update("nodes", key, How::status("kube-controller-manager"), write));
    taint(sim, key, UNREACHABLE, &["NoSchedule", "NoExecute"], true);
    let message = format!("Node {} status is now: NodeNotReady", key.name);
    sim.event("node-controller", node, "Normal", "NodeNotReady", &message);
    for pod in pods(sim, key) {
        let Some(value) = sim.store.table("pods").and_then(|t| t.get(&pod)).map(|p| p.value()) else { continue };
        if condition::holds(&value, "Ready") {
            let unready = |pod: &mut Value| {
                condition::put(pod, now, "Ready", "False", "", "");
                Ok(())
            };
            drop(sim.update("pods", &pod, How::status("kube-controller-manager"), unready));
            sim.event("node-controller", &value, "Warning", "NodeNotReady", "Node is not ready");
        }
    }
}

/// For how many seconds a pod bears a machine that cannot be reached; none where for good. What says nothing gets five minutes from the
/// admission of a real server.
fn borne(pod: &Value) -> Option<i64> {
    let tolerations = list(pod, "/spec/tolerations");
    match tolerations.iter().find(|t| bears(t, UNREACHABLE, "", "NoExecute")) {
        Some(toleration) => int(toleration, "/tolerationSeconds"),
        None => Some(BORNE),
    }
}

fn drive_out(sim: &mut Sim, key: &Key, pod: &Value) {
    let now = sim.store.now;
    let message = "Taint manager: deleting due to NoExecute taint";
    let told = |pod: &mut Value| {
        condition::put(pod, now, "DisruptionTarget", "True", "DeletionByTaintManager", message);
        Ok(())
    };
    drop(sim.update("pods", key, How::status("kube-controller-manager"), told));
    let marking = format!("Marking for deletion Pod {}/{}", key.namespace, key.name);
    sim.event("taint-eviction-controller", pod, "Normal", "TaintManagerEviction", &marking);
    drop(sim.delete("pods", key, &Delete::default()));
}
