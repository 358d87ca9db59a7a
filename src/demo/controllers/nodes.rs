//! Machines: that they are heard from, and what follows when they are not, when they are closed, and when their memory runs out. Kubelets say
//! rarely that all is well (as `nodeStatusReportFrequency`, 5 min), so that a quiet cluster stays quiet.

mod lost;
mod pressure;

use super::super::json::{Millis, is_true, list, micro, set, stamp, text};
use super::super::sim::{Controller, Sim};
use super::super::store::{Change, Key, Store};
use super::super::write::How;
use super::condition;
use serde_json::{Value, json};

/// What watches over machines.
pub const CONTROLLER: Controller = Controller { name: "node-controller", wakes, reconcile };

/// The conditions of a machine that is well: type, and status, reason, message (`pkg/kubelet/nodestatus`).
pub const WELL: [(&str, [&str; 3]); 4] = [
    ("MemoryPressure", ["False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"]),
    ("DiskPressure", ["False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"]),
    ("PIDPressure", ["False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"]),
    ("Ready", ["True", "KubeletReady", "kubelet is posting ready status"]),
];

/// Between two looks at a machine.
const LOOK: Millis = 10_000;
/// Between two signs of life that are written down.
const BEAT: Millis = 60_000;
/// Between two reports that all is well.
const REPORT: Millis = 300_000;

const CLOSED: &str = "node.kubernetes.io/unschedulable";

fn wakes(_store: &Store, change: &Change, keys: &mut Vec<Key>) {
    if &*change.kind == "nodes" {
        keys.extend(change.object().map(|o| o.key.clone()));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let now = sim.store.now;
    let Some(node) = sim.store.table("nodes").and_then(|t| t.get(key)).map(|n| n.value()) else {
        // Whoever takes a machine away takes its lease along; there may be none yet.
        sim.store.remove("leases.coordination.k8s.io", &lease(key));
        sim.world.shunned.remove(&key.name);
        lost::gone(sim, key);
        return None;
    };
    // Nothing befalls machines in the past; whoever ends it wakes this controller.
    if sim.world.past {
        return None;
    }
    closed(sim, key, &node);
    let next = lost::shun(sim, key, &node);
    if sim.world.lost.contains_key(&*key.name) {
        lost::look(sim, key);
    } else {
        lost::back(sim, key, &node);
        beat(sim, key, &node);
        pressure::look(sim, key);
    }
    // All looks are at the same instants, so that a machine that changes often is not looked at more often for good.
    Some(next.unwrap_or(LOOK).min(LOOK - now.rem_euclid(LOOK)))
}

fn lease(key: &Key) -> Key {
    Key::new("kube-node-lease", &key.name)
}

/// A machine that is closed to new pods has a taint that says so.
fn closed(sim: &mut Sim, key: &Key, node: &Value) {
    let (wanted, has) = (is_true(node, "/spec/unschedulable"), taint_of(node, CLOSED, "NoSchedule").is_some());
    if wanted != has {
        taint(sim, key, CLOSED, &["NoSchedule"], wanted);
        let reason = if wanted { "NodeNotSchedulable" } else { "NodeSchedulable" };
        sim.event("kubelet", node, "Normal", reason, &format!("Node {} status is now: {reason}", key.name));
    }
}

/// The sign of life of a kubelet.
fn beat(sim: &mut Sim, key: &Key, node: &Value) {
    let now = sim.store.now;
    let lease = lease(key);
    let due = sim.world.beats.get(&*key.name).copied().unwrap_or_default();
    if now < due {
        return;
    }
    sim.world.beats.insert(key.name.clone(), now + BEAT);
    if sim.store.table("leases.coordination.k8s.io").is_some_and(|t| t.get(&lease).is_none()) {
        let uid = text(node, "/metadata/uid");
        let owner = json!([{"apiVersion": "v1", "kind": "Node", "name": key.name, "uid": uid}]);
        let new = json!({
            "metadata": {"name": key.name, "namespace": lease.namespace, "ownerReferences": owner},
            "spec": {"holderIdentity": key.name, "leaseDurationSeconds": 40, "renewTime": micro(now)},
        });
        drop(sim.create("leases.coordination.k8s.io", new, How::by("kubelet")));
    } else {
        let renew = |lease: &mut Value| {
            set(lease, "/spec/renewTime", micro(now));
            Ok(())
        };
        // A namespace without leases has none to renew.
        drop(sim.update("leases.coordination.k8s.io", &lease, How::by("kubelet"), renew));
    }
    let heard = condition::find(node, "Ready").and_then(|c| text(c, "/lastHeartbeatTime"));
    if heard.is_none_or(|at| *at < *stamp(now - REPORT)) {
        report(sim, key, |sort| WELL.iter().find(|(s, _)| *s == sort && sort != "MemoryPressure").map(|(_, words)| *words));
    }
}

/// Writes the conditions of a machine: those for which there are words, and of the others that they were looked at.
fn report(sim: &mut Sim, key: &Key, words: impl Fn(&str) -> Option<[&'static str; 3]>) {
    let now = sim.store.now;
    let write = |node: &mut Value| {
        for (sort, well) in WELL {
            let known = condition::find(node, sort).cloned().unwrap_or_default();
            let part = |place| text(&known, place).unwrap_or_default();
            let old = if known.is_null() { well } else { [part("/status"), part("/reason"), part("/message")] };
            match words(sort) {
                Some(new) => condition::put_node(node, now, now, sort, new),
                None => condition::put_node(node, now, now, sort, old),
            }
        }
        Ok(())
    };
    // A machine that is gone has nothing to report.
    drop(sim.update("nodes", key, How::status("kubelet"), write));
}

fn taint_of<'v>(node: &'v Value, key: &str, effect: &str) -> Option<&'v Value> {
    list(node, "/spec/taints").iter().find(|t| text(t, "/key") == Some(key) && text(t, "/effect") == Some(effect))
}

/// Puts taints on a machine, or takes them off.
fn taint(sim: &mut Sim, key: &Key, name: &str, effects: &[&str], on: bool) {
    let now = stamp(sim.store.now);
    let change = |node: &mut Value| {
        let mut all = list(node, "/spec/taints").to_vec();
        all.retain(|t| text(t, "/key") != Some(name));
        if on {
            all.extend(effects.iter().map(|effect| json!({"key": name, "effect": effect, "timeAdded": now})));
        }
        if all.is_empty() {
            super::super::json::remove(node, "/spec/taints");
        } else {
            set(node, "/spec/taints", all);
        }
        Ok(())
    };
    drop(sim.update("nodes", key, How::by("kube-controller-manager"), change));
}

#[cfg(test)]
#[path = "nodes/tests.rs"]
mod tests;
