//! A machine that is not heard from: first it is unknown, then its pods are told to go, and others come elsewhere. Its kubelet knows nothing
//! of that, so its pods stay where they are, ending, until it is back or gone for good.

use super::{condition, report, taint, taint_of};
use crate::demo::controllers::fit::bears;
use crate::demo::json::{Millis, instant, int, later, list, text};
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::write::{Delete, How};
use serde_json::Value;

/// How long a machine may be silent (`node-monitor-grace-period`).
const PATIENCE: Millis = 50_000;
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNKNOWN: [&str; 3] = ["Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."];

/// Looks at a machine that is lost.
pub(super) fn look(sim: &mut Sim, key: &Key) {
    let now = sim.store.now;
    let since = sim.world.lost.get(&*key.name).copied().unwrap_or(now);
    let Some(node) = sim.store.table("nodes").and_then(|t| t.get(key)).map(|n| n.value()) else { return };
    if now - since >= PATIENCE && taint_of(&node, UNREACHABLE, "NoExecute").is_none() {
        given_up(sim, key, &node);
    }
}

/// Whoever does not bear what is said of a machine (`NoExecute`) has to go: at once, or after the `tolerationSeconds` for which it does. When
/// the next one has to.
pub(super) fn shun(sim: &mut Sim, key: &Key, node: &Value) -> Option<Millis> {
    let (now, name) = (sim.store.now, &key.name);
    let taints: Vec<&Value> = list(node, "/spec/taints").iter().filter(|t| text(t, "/effect") == Some("NoExecute")).collect();
    let mut known = sim.world.shunned.remove(name).unwrap_or_default();
    if taints.is_empty() {
        return None;
    }
    // Since when is that of the machine where it says so; else the pod is asked to go from when it was first seen there.
    let said = taints.iter().filter_map(|t| instant(text(t, "/timeAdded")?)).min().unwrap_or(now);
    let mut next: Option<Millis> = None;
    for pod in pods(sim, key) {
        let Some(object) = sim.store.table("pods").and_then(|t| t.get(&pod)).filter(|p| p.view().deleted.is_none()).cloned() else { continue };
        let value = object.value();
        let Some(seconds) = borne(list(&value, "/spec/tolerations"), &taints) else { continue };
        let since = known.remove(&pod).unwrap_or_else(|| said.max(object.view().created));
        let until = later(since, seconds);
        if until <= now {
            drive_out(sim, &pod, &value);
        } else {
            next = Some(next.map_or(until, |n| n.min(until)));
            sim.world.shunned.entry(name.clone()).or_default().insert(pod, since);
        }
    }
    next.map(|at| at - now)
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

/// For how many seconds tolerations bear these taints; none where for good (`getMinTolerationTime` of the taint manager).
fn borne(tolerations: &[Value], taints: &[&Value]) -> Option<i64> {
    let mut least: Option<i64> = None;
    for taint in taints {
        let part = |place| text(taint, place).unwrap_or_default();
        let Some(used) = tolerations.iter().find(|t| bears(t, part("/key"), part("/value"), part("/effect"))) else { return Some(0) };
        if let Some(seconds) = int(used, "/tolerationSeconds") {
            least = Some(least.unwrap_or(Millis::MAX).min(seconds.max(0)));
        }
    }
    least
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
