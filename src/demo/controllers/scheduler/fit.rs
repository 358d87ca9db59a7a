//! Whether a pod may run on a machine, and the scheduler's words where it may not: the filters of kube-scheduler in their order
//! (`pkg/scheduler/framework/plugins`), of which the first that refuses is the one that is named.

use crate::demo::controllers::fit;
use crate::demo::json::{entries, list, text};
use crate::demo::world::ledger::{Ask, Ledger, Machine, Sum};
use crate::model::quantity::quantity;
use serde_json::Value;
use std::collections::BTreeMap;

/// Why a machine does not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    reasons: Vec<String>,
    /// True where it would not help to drive other pods out.
    hopeless: bool,
}

/// What a pod wants of a machine.
pub(super) struct Wish<'a> {
    pod: &'a Value,
    owner: &'a str,
    /// What it asks for.
    pub(super) ask: Ask,
    tolerations: &'a [Value],
    alone: bool,
}

impl Misfit {
    fn hopeless(reason: &str) -> Self {
        Self { reasons: vec![reason.to_owned()], hopeless: true }
    }
}

impl<'a> Wish<'a> {
    pub(super) fn of(pod: &'a Value, owner: &'a str) -> Self {
        let apart = list(pod, "/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution");
        let alone = apart.iter().any(|t| text(t, "/topologyKey") == Some("kubernetes.io/hostname"));
        Self { pod, owner, ask: Ask::pod(pod), tolerations: list(pod, "/spec/tolerations"), alone }
    }

    /// Whether the machine takes the pod.
    pub(super) fn fits(&self, name: &str, machine: &Machine, sum: Option<&Sum>) -> Result<(), Misfit> {
        if machine.cordoned && !self.tolerates("node.kubernetes.io/unschedulable", "", "NoSchedule") {
            return Err(Misfit::hopeless("node(s) were unschedulable"));
        }
        if machine.taints.iter().any(|t| !self.bears(t)) {
            return Err(Misfit::hopeless("node(s) had untolerated taint(s)"));
        }
        if !self.likes(name, machine) {
            return Err(Misfit::hopeless("node(s) didn't match Pod's node affinity/selector"));
        }
        let used = sum.map(|s| s.ask).unwrap_or_default();
        let mut misfit = Misfit { reasons: Vec::new(), hopeless: false };
        if sum.map_or(0, |s| s.pods.len()) >= machine.room {
            misfit.reasons.push("Too many pods".to_owned());
        }
        for (what, ask, used, has) in
            [("cpu", self.ask.cpu, used.cpu, machine.has.cpu), ("memory", self.ask.memory, used.memory, machine.has.memory)]
        {
            if ask > 0 && ask > has - used {
                misfit.reasons.push(format!("Insufficient {what}"));
                misfit.hopeless |= ask > has;
            }
        }
        if misfit.reasons.is_empty() && self.alone && sum.is_some_and(|s| s.owners.contains_key(self.owner)) {
            misfit.reasons.push("node(s) didn't match pod anti-affinity rules".to_owned());
        }
        if misfit.reasons.is_empty() { Ok(()) } else { Err(misfit) }
    }

    /// How crowded the machine is for this pod: first by pods of the same owner there, then in its zone, then by what is asked of it.
    pub(super) fn crowded(&self, ledger: &Ledger, name: &str, machine: &Machine) -> u64 {
        const ZONE: &str = "topology.kubernetes.io/zone";
        let of_owner = |node: &str| ledger.sum(node).and_then(|s| s.owners.get(self.owner)).copied().unwrap_or_default() as u64;
        let zone = machine.labels.get(ZONE);
        let near = ledger.machines.iter().filter(|(_, m)| zone.is_some() && m.labels.get(ZONE) == zone);
        let (here, near) = if self.owner.is_empty() { (0, 0) } else { (of_owner(name), near.map(|(n, _)| of_owner(n)).sum()) };
        let used = ledger.sum(name).map(|s| s.ask).unwrap_or_default();
        let percent = |used: i64, has: i64| (used.max(0) * 100 / has.max(1)).min(100) as u64;
        let full = percent(used.cpu, machine.has.cpu).max(percent(used.memory, machine.has.memory));
        here.min(0xffff) << 32 | near.min(0xffff) << 16 | full
    }

    fn bears(&self, taint: &Value) -> bool {
        let part = |place| text(taint, place).unwrap_or_default();
        !matches!(part("/effect"), "NoSchedule" | "NoExecute") || self.tolerates(part("/key"), part("/value"), part("/effect"))
    }

    fn tolerates(&self, key: &str, value: &str, effect: &str) -> bool {
        self.tolerations.iter().any(|t| fit::bears(t, key, value, effect))
    }

    fn likes(&self, name: &str, machine: &Machine) -> bool {
        let wanted = entries(self.pod, "/spec/nodeSelector").all(|(k, v)| machine.labels.get(k).map(String::as_str) == v.as_str());
        let terms = "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
        let named = BTreeMap::from([("metadata.name".to_owned(), name.to_owned())]);
        let term = |t: &Value| {
            let (by_label, by_field) = (list(t, "/matchExpressions"), list(t, "/matchFields"));
            (!by_label.is_empty() || !by_field.is_empty())
                && by_label.iter().all(|e| expression(e, &machine.labels))
                && by_field.iter().all(|e| expression(e, &named))
        };
        wanted && (self.pod.pointer(terms).is_none() || list(self.pod, terms).iter().any(term))
    }
}

/// A requirement of a `NodeSelectorTerm`.
fn expression(e: &Value, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(text(e, "/key").unwrap_or_default());
    let among = || value.is_some_and(|v| list(e, "/values").iter().any(|w| w.as_str() == Some(v)));
    let than = |test: fn(&f64, &f64) -> bool| {
        let (is, limit) = (value.and_then(|v| quantity(v)), list(e, "/values").first().and_then(Value::as_str).and_then(quantity));
        is.zip(limit).is_some_and(|(is, limit)| test(&is, &limit))
    };
    match text(e, "/operator").unwrap_or_default() {
        "In" => among(),
        "NotIn" => !among(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => than(f64::gt),
        "Lt" => than(f64::lt),
        _ => false,
    }
}

/// Why a pod cannot be placed before any machine is looked at.
pub(super) fn before(machines: usize, why: &str) -> String {
    let helpless = if machines == 0 { String::new() } else { format!(" {machines} Preemption is not helpful for scheduling.") };
    format!("0/{machines} nodes are available: {why}. preemption: 0/{machines} nodes are available:{helpless}")
}

/// Why no machine takes a pod, as `FitError` of kube-scheduler says it, with what preemption has to say about it.
pub(super) fn words(misfits: &[Misfit]) -> String {
    let all = misfits.len();
    if all == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let count = |reasons: &mut dyn Iterator<Item = &str>| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        reasons.for_each(|r| *counts.entry(r).or_default() += 1);
        let mut told: Vec<String> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        told.sort();
        format!("0/{all} nodes are available: {}.", told.join(", "))
    };
    let driven = |m: &Misfit| if m.hopeless { "Preemption is not helpful for scheduling" } else { "No preemption victims found for incoming pod" };
    let why = count(&mut misfits.iter().flat_map(|m| m.reasons.iter().map(String::as_str)));
    format!("{why} preemption: {}", count(&mut misfits.iter().map(driven)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_words_are_the_schedulers() {
        let full = Misfit { reasons: vec!["Insufficient cpu".into(), "Insufficient memory".into()], hopeless: false };
        let misfits = [full.clone(), Misfit::hopeless("node(s) were unschedulable"), full];
        assert_eq!(
            words(&misfits),
            "0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu, 2 Insufficient memory. preemption: 0/3 nodes are \
             available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."
        );
        assert_eq!(words(&[]), "no nodes available to schedule pods");
    }

    #[test]
    fn machines_are_judged_by_the_first_filter_that_refuses() {
        let mut machine = Machine { has: Ask { cpu: 1000, memory: 1 << 30 }, room: 10, ..Machine::default() };
        machine.labels.insert("disk".into(), "ssd".into());
        let fits = |pod: &Value, machine: &Machine| Wish::of(pod, "").fits("n1", machine, None).map_err(|m| m.reasons.join("+"));
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
