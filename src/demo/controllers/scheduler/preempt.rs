//! Drives pods out for one that matters more and fits nowhere: on the machine where that costs least, and no more of them than it takes
//! (`pkg/scheduler/framework/preemption` of kube-scheduler).

use super::NAME;
use super::fit::{Misfit, Wish, words};
use crate::demo::controllers::{condition, own};
use crate::demo::json::{Millis, int, text};
use crate::demo::sim::Sim;
use crate::demo::store::{Key, Object};
use crate::demo::world::ledger::Placed;
use crate::demo::write::{Delete, How};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

const NO_VICTIMS: &str = "No preemption victims found for incoming pod";
const BUDGETS: &str = "poddisruptionbudgets.policy";

/// Who has to go from a machine.
struct Plan {
    node: Box<str>,
    victims: Vec<Victim>,
}

/// A pod that could go.
struct Victim {
    key: Key,
    pod: Arc<Object>,
    placed: Placed,
    /// True where a budget is against it.
    breaks: bool,
}

/// The machine that others were driven from for a pod.
pub(super) fn nominated(pod: &Value) -> Option<&str> {
    text(pod, "/status/nominatedNodeName").filter(|n| !n.is_empty())
}

/// Makes room for a pod, and says on which machine.
///
/// # Errors
/// Why that is not possible, in the scheduler's words.
pub(super) fn preempt(sim: &mut Sim, key: &Key, pod: &Value, wish: &Wish<'_>, misfits: &[(Box<str>, Misfit)]) -> Result<Box<str>, String> {
    if text(pod, "/spec/preemptionPolicy") == Some("Never") {
        return Err("not eligible due to preemptionPolicy=Never.".to_owned());
    }
    if nominated(pod).is_some_and(|node| is_clearing(sim, node, wish.priority)) {
        return Err("not eligible due to a terminating pod on the nominated node.".to_owned());
    }
    sim.world.ledger.renounce(key);
    let (mut plans, mut reasons) = (Vec::new(), Vec::new());
    for (node, misfit) in misfits {
        match plan(sim, wish, node, misfit) {
            Ok(plan) => plans.push(plan),
            Err(more) => reasons.extend(more),
        }
    }
    let Some(plan) = plans.into_iter().min_by_key(Plan::cost) else {
        return Err(words(misfits.len(), reasons.iter().map(String::as_str)));
    };
    plan.victims.iter().for_each(|victim| drive_out(sim, victim, pod, &plan.node));
    sim.world.ledger.nominate(key, &plan.node, wish.ask, wish.priority);
    Ok(plan.node)
}

/// True while pods that were driven out are still ending on a machine.
fn is_clearing(sim: &Sim, node: &str, priority: i64) -> bool {
    let pods = sim.world.ledger.sum(node).into_iter().flat_map(|sum| &sum.pods);
    let lesser = pods.filter(|pod| sim.world.ledger.placed(pod).is_some_and(|p| p.priority < priority));
    let mut ending = lesser.filter_map(|pod| sim.store.table("pods")?.get(pod)).filter(|pod| pod.view().deleted.is_some());
    ending.any(|pod| condition::find(&pod.value(), "DisruptionTarget").and_then(|c| text(c, "/reason")) == Some("PreemptionByScheduler"))
}

/// Who has to go from a machine for the pod to fit: first all who matter less are taken away in thought, then as many as can are spared, the
/// most important ones first, and before these those that a budget protects.
fn plan(sim: &Sim, wish: &Wish<'_>, node: &str, misfit: &Misfit) -> Result<Plan, Vec<String>> {
    if misfit.hopeless {
        return Err(vec!["Preemption is not helpful for scheduling".to_owned()]);
    }
    let ledger = &sim.world.ledger;
    let lesser = if ledger.least().is_some_and(|least| least < wish.priority) { lesser(sim, wish, node) } else { Vec::new() };
    let (Some(machine), Some(mut rest)) = (ledger.machines.get(node), ledger.sum(node).cloned().filter(|_| !lesser.is_empty())) else {
        return Err(vec![NO_VICTIMS.to_owned()]);
    };
    lesser.iter().for_each(|v| rest.take(&v.key, &v.placed));
    wish.fits(ledger, node, machine, Some(&rest)).map_err(|misfit| misfit.reasons)?;
    let mut victims = Vec::new();
    for candidate in lesser {
        rest.add(&candidate.key, &candidate.placed);
        if wish.fits(ledger, node, machine, Some(&rest)).is_err() {
            rest.take(&candidate.key, &candidate.placed);
            victims.push(candidate);
        }
    }
    Ok(Plan { node: node.into(), victims })
}

/// The pods of a machine that matter less, in the order in which they are spared.
fn lesser(sim: &Sim, wish: &Wish<'_>, node: &str) -> Vec<Victim> {
    let ledger = &sim.world.ledger;
    let mut all: Vec<Victim> = ledger
        .sum(node)
        .into_iter()
        .flat_map(|sum| &sum.pods)
        .filter_map(|key| Some((key, ledger.placed(key).filter(|p| p.priority < wish.priority)?)))
        .filter_map(|(key, placed)| {
            let pod = Arc::clone(sim.store.table("pods")?.get(key)?);
            Some(Victim { key: key.clone(), pod, placed: placed.clone(), breaks: false })
        })
        .collect();
    all.sort_by_key(|v| (Reverse(v.placed.priority), v.pod.view().created));
    // Each takes from what the budgets of its namespace still allow.
    let mut allowed: HashMap<Key, i64> = HashMap::new();
    for victim in &mut all {
        for budget in sim.store.list(BUDGETS, &victim.key.namespace) {
            if budget.view().selector.as_ref().is_some_and(|s| own::fits(s, &victim.pod)) {
                let left = || int(&budget.value(), "/status/disruptionsAllowed").unwrap_or_default();
                let left = allowed.entry(budget.key.clone()).or_insert_with(left);
                *left -= 1;
                victim.breaks |= *left < 0;
            }
        }
    }
    all.sort_by_key(|v| !v.breaks);
    all
}

impl Plan {
    /// What it costs: budgets broken, the most important victim, the sum of what they matter, how many; and it is better when the
    /// most important ones have not been there for long.
    fn cost(&self) -> (usize, i64, i64, usize, Reverse<Millis>) {
        let priorities = || self.victims.iter().map(|v| v.placed.priority);
        let most = priorities().max().unwrap_or(i64::MIN);
        let oldest = self.victims.iter().filter(|v| v.placed.priority == most).map(|v| v.pod.view().created).min();
        // Raised, so that more victims of a negative priority do not cost less.
        let sum = priorities().map(|p| p + i64::from(i32::MAX) + 1).sum();
        (self.victims.iter().filter(|v| v.breaks).count(), most, sum, self.victims.len(), Reverse(oldest.unwrap_or_default()))
    }
}

fn drive_out(sim: &mut Sim, victim: &Victim, by: &Value, node: &str) {
    let now = sim.store.now;
    let message = format!("{NAME}: preempting to accommodate a higher priority pod");
    let told = |pod: &mut Value| {
        condition::put(pod, now, "DisruptionTarget", "True", "PreemptionByScheduler", &message);
        Ok(())
    };
    // It may have gone by itself.
    drop(sim.update("pods", &victim.key, How::status("kube-scheduler"), told));
    drop(sim.delete("pods", &victim.key, &Delete::default()));
    let uid = text(by, "/metadata/uid").unwrap_or_default();
    sim.event(NAME, &victim.pod.value(), "Normal", "Preempted", &format!("Preempted by pod {uid} on node {node}"));
}
