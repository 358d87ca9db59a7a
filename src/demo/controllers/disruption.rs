//! PodDisruptionBudgets: how many of their pods may be evicted now. Evicting is done where it is asked for.

#[cfg(test)]
mod tests;

use super::condition;
use super::select;
use super::state::{scaled, write_status};
use crate::demo::json::{Millis, int, set};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Object, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: "disruption-controller", wakes, reconcile };

const ID: &str = "poddisruptionbudgets.policy";

fn wakes(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let matters = |old: &Object, new: &Object| {
        let of = |o: &Object| (o.view().ready.is_some(), o.view().deleted.is_some(), o.view().is_over());
        of(old) != of(new)
    };
    select::wake(store, change, ID, matters, keys);
    // The number of pods that is asked for changes before the pods do.
    if matches!(&*change.kind, "deployments.apps" | "statefulsets.apps" | "replicasets.apps") {
        let budgets = change.object().into_iter().flat_map(|o| store.list(ID, &o.key.namespace));
        keys.extend(budgets.map(|o| o.key.clone()));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    // What comes about in the past is counted at its end; whoever ends it wakes this controller.
    if sim.world.past {
        return None;
    }
    let budget = Arc::clone(sim.store.table(ID)?.get(key)?);
    let value = budget.value();
    let pods: Vec<Arc<Object>> = select::pods(&sim.store, &budget).into_iter().filter(|p| !p.view().is_over()).collect();
    let healthy = pods.iter().filter(|p| p.view().ready.is_some() && p.view().deleted.is_none()).count() as i64;
    let (expected, wanted) = expected(&sim.store, &value, &pods);
    let allowed = if expected > 0 { (healthy - wanted).max(0) } else { 0 };
    let generation = int(&value, "/metadata/generation").unwrap_or_default();
    let (is, reason) = if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let since = condition::since(&value, sim.store.now, "DisruptionAllowed", is);
    let status = json!({
        "observedGeneration": generation, "disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": wanted,
        "expectedPods": expected,
        "conditions": [{
            "type": "DisruptionAllowed", "status": is, "observedGeneration": generation,
            "lastTransitionTime": since, "reason": reason, "message": "",
        }],
    });
    // What the API server notes about evictions under way is not lost.
    let mut status = status;
    value.pointer("/status/disruptedPods").into_iter().for_each(|d| set(&mut status, "/disruptedPods", d.clone()));
    write_status(sim, ID, &value, status);
    None
}

/// How many pods there should be, and how many of them have to be healthy.
fn expected(store: &Store, budget: &Value, pods: &[Arc<Object>]) -> (i64, i64) {
    let least = budget.pointer("/spec/minAvailable");
    if let Some(most) = budget.pointer("/spec/maxUnavailable") {
        let expected = asked_for(store, pods);
        return (expected, (expected - scaled(Some(most), expected, true).unwrap_or_default()).max(0));
    }
    match least {
        Some(Value::Number(n)) => (pods.len() as i64, n.as_i64().unwrap_or_default()),
        Some(share) => {
            let expected = asked_for(store, pods);
            (expected, scaled(Some(share), expected, true).unwrap_or_default())
        }
        None => (pods.len() as i64, 1),
    }
}

/// How many pods their workloads ask for, each workload once. Pods without one do not count.
fn asked_for(store: &Store, pods: &[Arc<Object>]) -> i64 {
    let mut all: BTreeMap<Box<str>, i64> = BTreeMap::new();
    for pod in pods {
        let namespace = &pod.key.namespace;
        let found = if let Some(set) = pod.controller("StatefulSet") {
            store.get("statefulsets.apps", namespace, &set.name)
        } else if let Some(set) = pod.controller("ReplicaSet").and_then(|o| store.get("replicasets.apps", namespace, &o.name)) {
            set.controller("Deployment").and_then(|o| store.get("deployments.apps", namespace, &o.name)).or(Some(set))
        } else {
            None
        };
        if let Some(workload) = found.filter(|w| !all.contains_key(&w.uid)) {
            all.insert(workload.uid.clone(), int(&workload.value(), "/spec/replicas").unwrap_or(1));
        }
    }
    all.values().sum()
}
