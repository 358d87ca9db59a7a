//! A machine whose memory runs out: it says so, takes nothing new, and drives out the pod that takes most beyond what it asked for, one after
//! another, until there is room (`pkg/kubelet/eviction`).

use super::{condition, report, taint};
use crate::demo::controllers::kubelet::evict;
use crate::demo::json::{Millis, instant, int, list, text};
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::world::ledger::Ask;
use serde_json::Value;

/// What has to be free (`memory.available<100Mi`).
const FREE: i64 = 100 << 20;
/// How long pressure is told of after there is room again: five minutes, shortened.
const LINGERS: Millis = 60_000;

const TAINT: &str = "node.kubernetes.io/memory-pressure";
const PRESSED: [&str; 3] = ["True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"];

/// Looks at the memory of a machine.
pub(super) fn look(sim: &mut Sim, key: &Key) {
    let now = sim.store.now;
    let Some(node) = sim.store.table("nodes").and_then(|t| t.get(key)).map(|n| n.value()) else { return };
    let free = free(sim, key, &node);
    let pressed = condition::find(&node, "MemoryPressure").filter(|c| text(c, "/status") == Some("True"));
    match pressed.and_then(|c| text(c, "/lastTransitionTime")).and_then(instant) {
        None if free < FREE => {
            report(sim, key, |sort| (sort == "MemoryPressure").then_some(PRESSED));
            taint(sim, key, TAINT, &["NoSchedule"], true);
            let message = format!("Node {} status is now: NodeHasInsufficientMemory", key.name);
            sim.event("kubelet", &node, "Normal", "NodeHasInsufficientMemory", &message);
            drive_one_out(sim, key, &node, free);
        }
        Some(_) if free < FREE => drive_one_out(sim, key, &node, free),
        Some(since) if now - since >= LINGERS => {
            report(sim, key, |sort| super::WELL.iter().find(|(s, _)| *s == sort).map(|(_, words)| *words));
            taint(sim, key, TAINT, &[], false);
            let message = format!("Node {} status is now: NodeHasSufficientMemory", key.name);
            sim.event("kubelet", &node, "Normal", "NodeHasSufficientMemory", &message);
        }
        _ => {}
    }
}

fn free(sim: &Sim, key: &Key, node: &Value) -> i64 {
    let has = Ask::of(node.pointer("/status/allocatable")).memory;
    let pods = sim.world.ledger.sum(&key.name).into_iter().flat_map(|s| &s.pods);
    has - pods.map(|pod| sim.world.memory(pod, sim.store.now)).sum::<i64>()
}

fn drive_one_out(sim: &mut Sim, key: &Key, node: &Value, free: i64) {
    sim.event("kubelet", node, "Warning", "EvictionThresholdMet", "Attempting to reclaim memory");
    let pods: Vec<Key> = sim.world.ledger.sum(&key.name).into_iter().flat_map(|s| s.pods.iter().cloned()).collect();
    let greed = |pod: &Key| {
        let value = sim.store.table("pods")?.get(pod)?.value();
        let (used, asked) = (sim.world.memory(pod, sim.store.now), Ask::pod(&value).memory);
        let critical = int(&value, "/spec/priority").is_some_and(|p| p >= 2_000_000_000);
        (used > asked && !critical).then_some((used - asked, pod.clone(), value))
    };
    let Some((_, pod, value)) = pods.iter().filter_map(greed).max_by_key(|(over, ..)| *over) else { return };
    let used = kibi(sim.world.memory(&pod, sim.store.now));
    let mut message = format!("The node was low on resource: memory. Threshold quantity: 100Mi, available: {}. ", kibi(free.max(0)));
    for container in list(&value, "/spec/containers").iter().take(1) {
        let name = text(container, "/name").unwrap_or_default();
        let request = container.pointer("/resources/requests/memory").and_then(Value::as_str).unwrap_or("0");
        message.push_str(&format!("Container {name} was using {used}, request is {request}, has larger consumption of memory. "));
    }
    evict(sim, &pod, &message);
}

fn kibi(bytes: i64) -> String {
    format!("{}Ki", bytes >> 10)
}
