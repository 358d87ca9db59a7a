//! ReplicaSets keep so many pods of one template.

use super::own::{self, claim, create_pod, delete_pod};
use super::condition;
use super::state::{counts, is_deleted, write_status};
use crate::demo::json::{Millis, instant, int, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::status::Refusal;
use crate::demo::store::{Change, Key, Object, Store};
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: COMPONENT, wakes, reconcile };

const COMPONENT: &str = "replicaset-controller";
const ID: &str = "replicasets.apps";
/// Pods that one look makes or takes away at most (`BurstReplicas` of the controller).
const BURST: usize = 500;

fn wakes(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    if matches!(&*change.kind, ID | "pods") {
        own::wake(change, ID, "ReplicaSet", keys);
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let rs = sim.store.table(ID)?.get(key)?.value();
    let selector = own::selector(&rs, "/spec/selector")?;
    claim(sim, "pods", &rs, &selector, int(&rs, "/status/observedGeneration").is_none());
    let uid = text(&rs, "/metadata/uid")?;
    let refused = if is_deleted(&rs) { None } else { manage(sim, &rs, uid) };
    let pods: Vec<Arc<Object>> = sim.store.owned("pods", uid).filter(|p| *p.owner == *uid).cloned().collect();
    let again = look_again(sim, &rs, &pods, refused.as_ref());
    let status = status(sim, &rs, &pods, refused.as_ref());
    write_status(sim, ID, &rs, status);
    again
}

/// Makes pods or takes pods away. Why that did not go on, if it did not.
fn manage(sim: &mut Sim, rs: &Value, uid: &str) -> Option<Refusal> {
    let wanted = usize::try_from(int(rs, "/spec/replicas").unwrap_or(1)).unwrap_or_default();
    let mut active: Vec<Arc<Object>> = sim.store.owned("pods", uid).filter(|p| *p.owner == *uid && p.view().is_active()).cloned().collect();
    if active.len() < wanted {
        return create(sim, rs, (wanted - active.len()).min(BURST));
    }
    let surplus = (active.len() - wanted).min(BURST);
    if surplus > 0 {
        let ranks = neighbours(sim, rs);
        active.sort_by_cached_key(|pod| order(pod, &ranks, sim.store.now));
        for pod in active.iter().take(surplus) {
            delete_pod(sim, COMPONENT, rs, pod);
        }
    }
    None
}

/// Makes pods in batches that double, so that what is refused once is not asked for a hundred times.
fn create(sim: &mut Sim, rs: &Value, missing: usize) -> Option<Refusal> {
    let template = rs.pointer("/spec/template")?;
    let (mut left, mut batch) = (missing, 1);
    while left > 0 {
        let now = batch.min(left);
        let made = (0..now).map(|_| create_pod(sim, COMPONENT, rs, own::pod(template, rs)));
        if let Some(why) = made.filter_map(Result::err).last() {
            return (!own::is_ending(&why)).then_some(why);
        }
        left -= now;
        batch *= 2;
    }
    None
}

/// How many active pods each node has of all the ReplicaSets that share an owner with this one.
fn neighbours(sim: &Sim, rs: &Value) -> HashMap<Box<str>, i64> {
    let uid = text(rs, "/metadata/uid").unwrap_or_default();
    let owner = crate::demo::json::list(rs, "/metadata/ownerReferences").first().and_then(|o| text(o, "/uid"));
    let mut sets: Vec<&str> = owner.into_iter().flat_map(|o| sim.store.owned(ID, o)).map(|set| &*set.uid).collect();
    if !sets.contains(&uid) {
        sets.push(uid);
    }
    let mut on = HashMap::new();
    for pod in sets.iter().flat_map(|set| sim.store.owned("pods", set)).filter(|p| p.view().is_active()) {
        *on.entry(pod.view().node.clone()).or_default() += 1;
    }
    on
}

/// What sorts pods by who goes first.
type Order = (bool, u8, bool, i64, Reverse<i64>, u32, Reverse<i64>, u32, Box<str>);

/// Who goes first, as `ActivePodsWithRanks` of `pkg/controller` compares: without a node, pending, not ready, cheaper, more on its node,
/// ready for less long, restarted more often, younger. Ages count by their powers of two, and uids decide among those of about an age.
fn order(pod: &Object, on_node: &HashMap<Box<str>, i64>, now: Millis) -> Order {
    let view = pod.view();
    let phase = match &*view.phase {
        "Pending" | "" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    let age = |since: Millis| ((now - since).max(0) / 1_000 + 1).ilog2();
    let (rank, ready) = (on_node.get(&view.node).copied().unwrap_or_default(), view.ready.map_or(0, age));
    let (cost, restarts) = (view.cost, Reverse(view.restarts));
    (!view.node.is_empty(), phase, view.ready.is_some(), cost, Reverse(rank), ready, restarts, age(view.created), pod.uid.clone())
}

fn status(sim: &Sim, rs: &Value, pods: &[Arc<Object>], refused: Option<&Refusal>) -> Value {
    let min_ready = int(rs, "/spec/minReadySeconds").unwrap_or_default();
    let labels: Vec<(&str, &Value)> = crate::demo::json::entries(rs, "/spec/template/metadata/labels").collect();
    let (mut active, mut labelled, mut ready, mut available, mut ending) = (0, 0, 0, 0, 0);
    for pod in pods {
        let view = pod.view();
        if !view.is_active() {
            ending += i64::from(view.deleted.is_some() && !view.is_over());
            continue;
        }
        active += 1;
        labelled += i64::from(labels.iter().all(|(k, v)| pod.label(k) == v.as_str()));
        ready += i64::from(view.ready.is_some());
        available += i64::from(view.available_at(min_ready).is_some_and(|at| at <= sim.store.now));
    }
    let mut status = counts(&[
        ("replicas!", active),
        ("fullyLabeledReplicas", labelled),
        ("readyReplicas", ready),
        ("availableReplicas", available),
        ("terminatingReplicas!", ending),
        ("observedGeneration", int(rs, "/metadata/generation").unwrap_or_default()),
    ]);
    condition::keep(rs, &mut status);
    match refused {
        Some(why) if condition::find(&status, "ReplicaFailure").is_none() => {
            condition::settle(&mut status, sim.store.now, ["ReplicaFailure", "True", "FailedCreate", &why.message]);
        }
        Some(_) => {}
        None => condition::take(&mut status, "ReplicaFailure"),
    }
    status
}

/// When a pod that is ready will have been for long enough; or when to ask again for what was refused.
fn look_again(sim: &Sim, rs: &Value, pods: &[Arc<Object>], refused: Option<&Refusal>) -> Option<Millis> {
    if refused.is_some() {
        let since = condition::find(rs.pointer("/status")?, "ReplicaFailure").and_then(|c| instant(text(c, "/lastTransitionTime")?));
        return Some(patience(sim.store.now - since.unwrap_or(sim.store.now)));
    }
    let min_ready = int(rs, "/spec/minReadySeconds").filter(|s| *s > 0)?;
    let next = pods.iter().filter(|p| p.view().is_active()).filter_map(|p| p.view().available_at(min_ready));
    next.filter(|at| *at > sim.store.now).min().map(|at| at - sim.store.now)
}

/// How long to wait before asking again for what has been refused for so long: it doubles from one second to fifteen, always to the same
/// instants, so that being woken in between does not start another round.
fn patience(refused_for: Millis) -> Millis {
    let next = [1_000, 2_000, 4_000, 8_000].into_iter().find(|at| *at > refused_for);
    next.unwrap_or_else(|| (refused_for / 15_000 + 1) * 15_000) - refused_for
}
