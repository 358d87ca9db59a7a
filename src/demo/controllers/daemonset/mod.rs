//! DaemonSets: a pod on every node that fits. Pods that come up beside the old ones (`maxSurge`) are not played: an update takes the old
//! pod of a node away first.

#[cfg(test)]
mod tests;

use super::history::{self, LABEL, Revision};
use super::own::{self, claim, create_pod, delete_pod};
use super::state::{counts, is_deleted, scaled, write_status};
use super::{condition, fit};
use crate::demo::json::{Millis, escape, int, is_true, list, set, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Object, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: COMPONENT, wakes, reconcile };

const COMPONENT: &str = "daemonset-controller";
const ID: &str = "daemonsets.apps";
/// How long a pod that has failed is left alone before another takes its place, and what was refused before it is asked for again.
const PATIENCE: Millis = 10_000;
/// Taints that all pods of DaemonSets bear, with their effects (`AddOrUpdateDaemonPodTolerations` of the daemon controller).
const TAINTS: [(&str, &str); 6] = [
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
];

fn wakes(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    match &*change.kind {
        ID | "pods" => own::wake(change, ID, "DaemonSet", keys),
        "nodes" => {
            let same = |a: &Object, b: &Object| a.labels == b.labels && a.view().taints == b.view().taints;
            if !change.old.as_ref().zip(change.new.as_ref()).is_some_and(|(a, b)| same(a, b)) {
                keys.extend(store.list(ID, "").map(|o| o.key.clone()));
            }
        }
        _ => {}
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let value = sim.store.table(ID)?.get(key)?.value();
    let selector = own::selector(&value, "/spec/selector")?;
    if is_deleted(&value) {
        return None;
    }
    let is_new = int(&value, "/status/observedGeneration").is_none();
    claim(sim, "pods", &value, &selector, is_new);
    claim(sim, "controllerrevisions.apps", &value, &selector, is_new);
    let Ok(revisions) = history::keep(sim, &value) else { return Some(PATIENCE) };
    let current = revisions.last()?.clone();
    let nodes: Vec<Arc<Object>> = sim.store.list("nodes", "").cloned().collect();
    let mut set = Set { current, value, nodes, on: BTreeMap::new() };
    set.read(sim);
    let again = set.manage(sim);
    set.read(sim);
    set.roll(sim);
    set.read(sim);
    let live: Vec<&str> = set.on.values().flatten().filter_map(|p| p.label(LABEL)).collect();
    history::clean_up(sim, &set.value, &revisions, &live);
    let status = set.status(sim);
    write_status(sim, ID, &set.value, status);
    again.or_else(|| set.next_available(sim))
}

/// A DaemonSet as it is looked at once.
struct Set {
    value: Arc<Value>,
    current: Revision,
    nodes: Vec<Arc<Object>>,
    /// Its pods by their nodes, also those that are not bound to them yet; the oldest first.
    on: BTreeMap<Box<str>, Vec<Arc<Object>>>,
}

impl Set {
    fn read(&mut self, sim: &Sim) {
        let uid = text(&self.value, "/metadata/uid").unwrap_or_default();
        self.on.clear();
        for pod in sim.store.owned("pods", uid).filter(|p| *p.owner == *uid) {
            let view = pod.view();
            let node = if view.node.is_empty() { &view.pinned } else { &view.node };
            self.on.entry(node.clone()).or_default().push(Arc::clone(pod));
        }
        self.on.values_mut().for_each(|pods| pods.sort_by_key(|p| (p.view().node.is_empty(), p.view().created, p.key.clone())));
    }

    fn pods_on(&self, node: &Object) -> &[Arc<Object>] {
        self.on.get(&node.key.name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The pod of this DaemonSet, as it would be on any node.
    fn template(&self) -> Value {
        let mut template = self.value.pointer("/spec/template").cloned().unwrap_or_default();
        let mut all = list(&template, "/spec/tolerations").to_vec();
        let network = is_true(&template, "/spec/hostNetwork").then_some(("network-unavailable", "NoSchedule"));
        for (taint, effect) in TAINTS.into_iter().chain(network) {
            let toleration = json!({"key": format!("node.kubernetes.io/{taint}"), "operator": "Exists", "effect": effect});
            if !all.contains(&toleration) {
                all.push(toleration);
            }
        }
        set(&mut template, "/spec/tolerations", all);
        let generation = format!("/metadata/annotations/{}", escape("deprecated.daemonset.template.generation"));
        if let Some(generation) = text(&self.value, &generation) {
            set(&mut template, "/metadata/labels/pod-template-generation", generation);
        }
        set(&mut template, &format!("/metadata/labels/{LABEL}"), self.current.hash.as_str());
        template
    }

    /// Makes the pods that are missing and takes those away that should not be. When to look again, if something has to wait.
    fn manage(&self, sim: &mut Sim) -> Option<Millis> {
        let template = self.template();
        let mut surplus: Vec<Arc<Object>> = Vec::new();
        let mut again = None;
        let mut refused = false;
        for node in &self.nodes {
            let (should, may_stay) = runs_on(&template, node);
            let pods = self.pods_on(node);
            if should && pods.is_empty() && !refused {
                let mut pod = own::pod(&template, &self.value);
                pin(&mut pod, &node.key.name);
                refused = create_pod(sim, COMPONENT, &self.value, pod).is_err();
            }
            let running = pods.iter().filter(|p| p.view().deleted.is_none());
            if !may_stay {
                surplus.extend(running.cloned());
                continue;
            }
            let (over, running): (Vec<_>, Vec<_>) = running.cloned().partition(|p| p.view().is_over());
            surplus.extend(running.into_iter().skip(1));
            for pod in over {
                match sim.store.now - pod.view().created {
                    age if age < PATIENCE => again = Some(PATIENCE - age),
                    _ => {
                        self.tell_of_end(sim, &pod, &node.key.name);
                        surplus.push(pod);
                    }
                }
            }
        }
        surplus.iter().for_each(|pod| delete_pod(sim, COMPONENT, &self.value, pod));
        let homeless = self.on.iter().filter(|(n, _)| !self.nodes.iter().any(|node| node.key.name == **n)).flat_map(|(_, pods)| pods);
        let homeless: Vec<_> = homeless.filter(|p| p.view().node.is_empty() && p.view().deleted.is_none()).cloned().collect();
        homeless.iter().for_each(|pod| delete_pod(sim, COMPONENT, &self.value, pod));
        if refused { Some(PATIENCE - sim.store.now % PATIENCE) } else { again }
    }

    fn tell_of_end(&self, sim: &mut Sim, pod: &Object, node: &str) {
        let who = format!("daemon pod {}/{} on node {node}", pod.key.namespace, pod.key.name);
        if &*pod.view().phase == "Failed" {
            let told = format!("Found failed {who}, will try to kill it");
            sim.event(COMPONENT, &self.value, "Warning", "FailedDaemonPod", &told);
        } else {
            let told = format!("Found succeeded {who}, will try to delete it");
            sim.event(COMPONENT, &self.value, "Normal", "SucceededDaemonPod", &told);
        }
    }

    /// Takes pods of old revisions away: those that serve nobody, and as many others as may be missing.
    fn roll(&self, sim: &mut Sim) {
        if text(&self.value, "/spec/updateStrategy/type") == Some("OnDelete") {
            return;
        }
        let template = self.template();
        let wanted: Vec<&Arc<Object>> = self.nodes.iter().filter(|n| runs_on(&template, n).0).collect();
        let allowed = self.value.pointer("/spec/updateStrategy/rollingUpdate/maxUnavailable");
        let allowed = scaled(Some(allowed.unwrap_or(&json!(1))), wanted.len() as i64, true).unwrap_or(1).max(1);
        let (mut missing, mut useless, mut candidates) = (0, Vec::new(), Vec::new());
        for node in wanted {
            let mut pods = self.pods_on(node).iter().filter(|p| p.view().deleted.is_none());
            match (pods.next(), pods.next()) {
                (Some(pod), None) => {
                    let (new, available) = (self.is_new(pod), self.is_available(sim, pod));
                    missing += i64::from(!available);
                    match (new, available) {
                        (false, false) => useless.push(pod),
                        (false, true) => candidates.push(pod),
                        (true, _) => {}
                    }
                }
                _ => missing += 1,
            }
        }
        let more = usize::try_from(allowed - missing).unwrap_or_default();
        useless.into_iter().chain(candidates.into_iter().take(more)).for_each(|pod| delete_pod(sim, COMPONENT, &self.value, pod));
    }

    fn is_new(&self, pod: &Object) -> bool {
        pod.label(LABEL) == Some(&self.current.hash)
    }

    fn min_ready(&self) -> i64 {
        int(&self.value, "/spec/minReadySeconds").unwrap_or_default()
    }

    fn is_available(&self, sim: &Sim, pod: &Object) -> bool {
        pod.view().available_at(self.min_ready()).is_some_and(|at| at <= sim.store.now)
    }

    fn status(&self, sim: &Sim) -> Value {
        let template = self.template();
        let (mut desired, mut current, mut misplaced, mut ready, mut updated, mut available) = (0, 0, 0, 0, 0, 0);
        for node in &self.nodes {
            let pod = self.pods_on(node).first();
            if !runs_on(&template, node).0 {
                misplaced += i64::from(pod.is_some());
                continue;
            }
            desired += 1;
            let Some(pod) = pod else { continue };
            current += 1;
            ready += i64::from(pod.view().ready.is_some());
            available += i64::from(self.is_available(sim, pod));
            updated += i64::from(self.is_new(pod));
        }
        let mut status = counts(&[
            ("currentNumberScheduled!", current),
            ("numberMisscheduled!", misplaced),
            ("desiredNumberScheduled!", desired),
            ("numberReady!", ready),
            ("observedGeneration", int(&self.value, "/metadata/generation").unwrap_or_default()),
            ("updatedNumberScheduled", updated),
            ("numberAvailable", available),
            ("numberUnavailable", desired - available),
        ]);
        condition::keep(&self.value, &mut status);
        status
    }

    fn next_available(&self, sim: &Sim) -> Option<Millis> {
        let next = self.on.values().flatten().filter_map(|p| p.view().available_at(self.min_ready()));
        next.filter(|at| *at > sim.store.now).min().map(|at| at - sim.store.now)
    }
}

/// Whether a pod should come to a node, and whether one that is there may stay: taints that only keep others from coming let it.
fn runs_on(template: &Value, node: &Object) -> (bool, bool) {
    let spec = template.pointer("/spec").unwrap_or(&Value::Null);
    let named = text(spec, "/nodeName").filter(|n| !n.is_empty()).is_none_or(|n| n == &*node.key.name);
    if !named || !fit::selects(spec, &node.key.name, |key| node.label(key)) {
        return (false, false);
    }
    let bears = |effects: &[&str]| {
        let taints = node.view().taints.iter().filter(|t| text(t, "/effect").is_some_and(|e| effects.contains(&e)));
        taints.clone().all(|t| fit::tolerates(list(spec, "/tolerations"), t))
    };
    let comes = bears(&["NoSchedule", "NoExecute"]);
    (comes, comes || bears(&["NoExecute"]))
}

/// Lets a pod go to this node only. The scheduler binds it there.
fn pin(pod: &mut Value, node: &str) {
    let place = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    set(pod, place, json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]));
}
