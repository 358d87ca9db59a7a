//! Whether a pod may run on a machine, and the scheduler's words where it may not: the filters of kube-scheduler in their order
//! (`pkg/scheduler/framework/plugins`), of which the first that refuses is the one that is named.

use crate::demo::controllers::fit;
use crate::demo::json::{int, list, text};
use crate::demo::store::Key;
use crate::demo::world::ledger::{Ask, Ledger, Machine, Sum};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

const ZONE: &str = "topology.kubernetes.io/zone";

/// Why a machine does not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// In the words of the filters.
    pub(super) reasons: Vec<String>,
    /// True where it would not help to drive other pods out.
    pub(super) hopeless: bool,
}

/// What a pod wants of a machine.
pub(super) struct Wish<'a> {
    key: &'a Key,
    spec: &'a Value,
    owner: &'a str,
    /// What it asks for.
    pub(super) ask: Ask,
    /// How much it matters.
    pub(super) priority: i64,
    tolerations: &'a [Value],
    alone: bool,
}

/// How many pods of an owner are in each zone.
pub(super) type Zones<'a> = HashMap<&'a str, u64>;

impl Misfit {
    fn hopeless(reason: &str) -> Self {
        Self { reasons: vec![reason.to_owned()], hopeless: true }
    }
}

impl<'a> Wish<'a> {
    pub(super) fn of(key: &'a Key, pod: &'a Value, owner: &'a str) -> Self {
        let apart = list(pod, "/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution");
        let alone = apart.iter().any(|t| text(t, "/topologyKey") == Some("kubernetes.io/hostname"));
        let (spec, priority) = (pod.pointer("/spec").unwrap_or(&Value::Null), int(pod, "/spec/priority").unwrap_or_default());
        Self { key, spec, owner, ask: Ask::pod(pod), priority, tolerations: list(pod, "/spec/tolerations"), alone }
    }

    /// Whether a machine with these pods takes the pod too.
    pub(super) fn fits(&self, ledger: &Ledger, name: &str, machine: &Machine, sum: Option<&Sum>) -> Result<(), Misfit> {
        if machine.cordoned && !self.tolerates("node.kubernetes.io/unschedulable", "", "NoSchedule") {
            return Err(Misfit::hopeless("node(s) were unschedulable"));
        }
        if machine.taints.iter().any(|t| !self.bears(t)) {
            return Err(Misfit::hopeless("node(s) had untolerated taint(s)"));
        }
        if !fit::selects(self.spec, name, |key| machine.labels.get(key).map(String::as_str)) {
            return Err(Misfit::hopeless("node(s) didn't match Pod's node affinity/selector"));
        }
        let used = sum.map(|s| s.ask).unwrap_or_default().plus(ledger.kept(name, self.key, self.priority));
        let mut misfit = Misfit { reasons: Vec::new(), hopeless: false };
        if sum.map_or(0, |s| s.pods.len()) >= machine.room {
            misfit.reasons.push("Too many pods".to_owned());
        }
        for (what, ask, used, has) in
            [("cpu", self.ask.cpu, used.cpu, machine.has.cpu), ("memory", self.ask.memory, used.memory, machine.has.memory)]
        {
            if ask > 0 && ask > has.saturating_sub(used) {
                misfit.reasons.push(format!("Insufficient {what}"));
                misfit.hopeless |= ask > has;
            }
        }
        if misfit.reasons.is_empty() && self.alone && sum.is_some_and(|s| s.owners.contains_key(self.owner)) {
            misfit.reasons.push("node(s) didn't match pod anti-affinity rules".to_owned());
        }
        if misfit.reasons.is_empty() { Ok(()) } else { Err(misfit) }
    }

    /// Where the pods of the same owner are.
    pub(super) fn zones(&self, ledger: &'a Ledger) -> Zones<'a> {
        let mut zones = Zones::new();
        if !self.owner.is_empty() {
            for (name, machine) in &ledger.machines {
                if let Some(zone) = machine.labels.get(ZONE) {
                    *zones.entry(zone).or_default() += self.mates(ledger.sum(name));
                }
            }
        }
        zones
    }

    /// How crowded the machine is for this pod: first by pods of the same owner there, then in its zone, then by what is asked of it.
    pub(super) fn crowded(&self, zones: &Zones<'_>, machine: &Machine, sum: Option<&Sum>) -> u64 {
        let near = machine.labels.get(ZONE).and_then(|zone| zones.get(zone.as_str())).copied().unwrap_or_default();
        let used = sum.map(|s| s.ask).unwrap_or_default();
        let percent = |used: i64, has: i64| (used.max(0).saturating_mul(100) / has.max(1)).min(100) as u64;
        let full = percent(used.cpu, machine.has.cpu).max(percent(used.memory, machine.has.memory));
        self.mates(sum).min(0xffff) << 32 | near.min(0xffff) << 16 | full
    }

    /// How many of these are of the same owner.
    fn mates(&self, sum: Option<&Sum>) -> u64 {
        if self.owner.is_empty() { 0 } else { sum.and_then(|s| s.owners.get(self.owner)).copied().unwrap_or_default() as u64 }
    }

    fn bears(&self, taint: &Value) -> bool {
        let part = |place| text(taint, place).unwrap_or_default();
        !matches!(part("/effect"), "NoSchedule" | "NoExecute") || self.tolerates(part("/key"), part("/value"), part("/effect"))
    }

    fn tolerates(&self, key: &str, value: &str, effect: &str) -> bool {
        self.tolerations.iter().any(|t| fit::bears(t, key, value, effect))
    }
}

/// Why a pod cannot be placed before any machine is looked at.
pub(super) fn before(machines: usize, why: &str) -> String {
    let helpless = if machines == 0 { String::new() } else { format!(" {machines} Preemption is not helpful for scheduling.") };
    format!("0/{machines} nodes are available: {why}. preemption: 0/{machines} nodes are available:{helpless}")
}

/// Why no machine takes a pod, as `FitError` of kube-scheduler says it: how often there is which reason.
pub(super) fn words<'m>(machines: usize, reasons: impl Iterator<Item = &'m str>) -> String {
    if machines == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    reasons.for_each(|r| *counts.entry(r).or_default() += 1);
    let mut told: Vec<String> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    told.sort();
    format!("0/{machines} nodes are available: {}.", told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_words_are_the_schedulers() {
        let reasons = ["Insufficient cpu", "Insufficient memory", "node(s) were unschedulable", "Insufficient cpu", "Insufficient memory"];
        assert_eq!(
            words(3, reasons.into_iter()),
            "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu, 2 Insufficient memory."
        );
        assert_eq!(words(0, [].into_iter()), "no nodes available to schedule pods");
    }

    #[test]
    fn machines_are_judged_by_the_first_filter_that_refuses() {
        let mut machine = Machine { has: Ask { cpu: 1000, memory: 1 << 30 }, room: 10, ..Machine::default() };
        machine.labels.insert("disk".into(), "ssd".into());
        let (key, ledger) = (Key::new("a", "p"), Ledger::default());
        let fits = |pod: &Value, machine: &Machine| {
            Wish::of(&key, pod, "").fits(&ledger, "n1", machine, None).map_err(|m| m.reasons.join("+"))
        };
        let pod = |spec: Value| json!({"spec": spec});
        let asks = |cpu: &str| pod(json!({"containers": [{"resources": {"requests": {"cpu": cpu}}}]}));
        assert_eq!(fits(&asks("1"), &machine), Ok(()));
        assert_eq!(fits(&asks("1001m"), &machine), Err("Insufficient cpu".into()));
        assert_eq!(fits(&pod(json!({"nodeSelector": {"disk": "ssd"}})), &machine), Ok(()));
        let unmatched = Err("node(s) didn't match Pod's node affinity/selector".into());
        assert_eq!(fits(&pod(json!({"nodeSelector": {"disk": "hdd"}})), &machine), unmatched);
        let required = |term: Value| {
            pod(json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}}))
        };
        let name = |n: &str| required(json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": [n]}]}));
        assert_eq!((fits(&name("n1"), &machine), fits(&name("n2"), &machine)), (Ok(()), unmatched));
        machine.taints = vec![json!({"key": "gpu", "value": "yes", "effect": "NoSchedule"})];
        assert_eq!(fits(&asks("1"), &machine), Err("node(s) had untolerated taint(s)".into()));
        for (toleration, fit) in [
            (json!({"key": "gpu", "operator": "Exists"}), true),
            (json!({"operator": "Exists"}), true),
            (json!({"key": "gpu", "value": "yes", "effect": "NoSchedule"}), true),
            (json!({"key": "gpu", "value": "no"}), false),
            (json!({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}), false),
        ] {
            assert_eq!(fits(&pod(json!({"tolerations": [toleration.clone()]})), &machine).is_ok(), fit, "{toleration}");
        }
        machine.cordoned = true;
        assert_eq!(fits(&asks("1"), &machine), Err("node(s) were unschedulable".into()));
    }
}
