//! HorizontalPodAutoscalers: as many pods as the load asks for. Of the metrics it knows processors and memory, and of `behavior` the
//! windows in which it stays, and `Disabled`; how fast it may go follows the defaults.

mod metric;
#[cfg(test)]
mod tests;

use super::condition;
use super::own::MANAGER;
use super::state::write_status;
use crate::demo::json::{Millis, int, list, set, stamp, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Store};
use crate::demo::write::How;
use metric::{Measured, measure};
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: COMPONENT, wakes, reconcile };

const COMPONENT: &str = "horizontal-pod-autoscaler";
const ID: &str = "horizontalpodautoscalers.autoscaling";
/// How often it looks (`--horizontal-pod-autoscaler-sync-period`).
const PERIOD: Millis = 15_000;
/// How long it stays up after it was needed (`--horizontal-pod-autoscaler-downscale-stabilization`), in seconds.
const STAY_UP: i64 = 300;

fn wakes(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    // Its own words do not wake it: it looks when it is time.
    let old = change.old.as_ref().filter(|_| &*change.kind == ID);
    if &*change.kind == ID && old.is_none_or(|old| change.new.is_none() || asks(old) != change.new.as_ref().and_then(asks)) {
        keys.extend(change.object().map(|o| o.key.clone()));
    }
}

fn asks(object: &Arc<crate::demo::store::Object>) -> Option<Value> {
    object.value().pointer("/spec").cloned()
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let Some(value) = sim.store.table(ID)?.get(key).map(|o| o.value()) else {
        sim.world.advice.remove(key);
        return None;
    };
    let status = value.pointer("/status").cloned().unwrap_or_else(|| json!({}));
    let mut scaler = Scaler { key: key.clone(), status, value };
    scaler.look(sim);
    write_status(sim, ID, &scaler.value, scaler.status);
    // Always at the same instants, so that being woken in between does not start another round.
    let period = if sim.world.unseen { 4 * PERIOD } else { PERIOD };
    Some(period - sim.store.now % period)
}

/// An autoscaler as it is looked at once.
struct Scaler {
    key: Key,
    value: Arc<Value>,
    status: Value,
}

impl Scaler {
    /// Sets a condition, with words that may change while it holds.
    fn set(&mut self, sim: &Sim, new: [&str; 4]) {
        let [sort, ..] = new;
        let new = condition::plain(&self.status, sim.store.now, new);
        condition::replace(&mut self.status, sort, new);
    }

    fn target(&self, sim: &Sim) -> Result<(String, Arc<Value>), String> {
        let word = |place: &str| text(&self.value, place).unwrap_or_default();
        let (api, kind, name) =
            (word("/spec/scaleTargetRef/apiVersion"), word("/spec/scaleTargetRef/kind"), word("/spec/scaleTargetRef/name"));
        let group = api.rsplit_once('/').map_or("", |(group, _)| group);
        let resource = sim.store.tables().iter().map(|t| &t.resource).find(|r| r.kind == kind && r.group == group && r.has("scale"));
        let id = resource.map(|r| r.id()).ok_or_else(|| format!("no matches for kind \"{kind}\" in group \"{group}\""))?;
        let found = sim.store.get(&id, &self.key.namespace, name).map(|o| o.value());
        found.map(|v| (id.clone(), v)).ok_or_else(|| format!("{id} \"{name}\" not found"))
    }

    fn look(&mut self, sim: &mut Sim) {
        let (id, target) = match self.target(sim) {
            Ok(target) => target,
            Err(why) => {
                sim.event(COMPONENT, &self.value, "Warning", "FailedGetScale", &why);
                let told = format!("the HPA controller was unable to get the target's current scale: {why}");
                return self.set(sim, ["AbleToScale", "False", "FailedGetScale", &told]);
            }
        };
        let told = "the HPA controller was able to get the target's current scale";
        self.set(sim, ["AbleToScale", "True", "SucceededGetScale", told]);
        let current = int(&target, "/spec/replicas").unwrap_or(1);
        let least = int(&self.value, "/spec/minReplicas").unwrap_or(1);
        let most = int(&self.value, "/spec/maxReplicas").unwrap_or(least);
        sim.world.advice.entry(self.key.clone()).or_insert_with(|| vec![(sim.store.now, current)]);
        let wanted = match current {
            0 => {
                let told = "scaling is disabled since the replica count of the target is zero";
                self.set(sim, ["ScalingActive", "False", "ScalingDisabled", told]);
                Some((0, String::new()))
            }
            n if n > most => Some((most, "Current number of replicas above Spec.MaxReplicas".to_owned())),
            n if n < least => Some((least, "Current number of replicas below Spec.MinReplicas".to_owned())),
            _ => self.weigh(sim, &target, current, least, most),
        };
        let (wanted, why) = wanted.unwrap_or((current, String::new()));
        let generation = int(&self.value, "/metadata/generation");
        generation.into_iter().for_each(|g| set(&mut self.status, "/observedGeneration", g));
        set(&mut self.status, "/currentReplicas", int(&target, "/status/replicas").unwrap_or_default());
        set(&mut self.status, "/desiredReplicas", wanted);
        if wanted != current {
            self.rescale(sim, &id, &Key::of(&target), wanted, &why);
        }
    }

    /// How many pods the metrics ask for, within what is allowed, and why. None where that cannot be said.
    fn weigh(&mut self, sim: &mut Sim, target: &Value, current: i64, least: i64, most: i64) -> Option<(i64, String)> {
        let metrics = list(&self.value, "/spec/metrics").to_vec();
        let (mut good, mut bad): (Vec<Measured>, Vec<String>) = (Vec::new(), Vec::new());
        for metric in &metrics {
            match measure(sim, target, metric, current) {
                Ok(measured) => good.push(measured),
                Err(why) => bad.push(why),
            }
        }
        let shown: Vec<Value> = good.iter().map(|m| m.shown.clone()).collect();
        if !shown.is_empty() {
            set(&mut self.status, "/currentMetrics", shown);
        }
        let best = good.into_iter().reduce(|a, b| if b.wanted > a.wanted { b } else { a });
        let Some(best) = best.filter(|b| bad.is_empty() || b.wanted > current) else {
            let why = bad.first()?;
            sim.event(COMPONENT, &self.value, "Warning", "FailedGetResourceMetric", why);
            let all = format!("invalid metrics ({} invalid out of {}), first error is: {why}", bad.len(), metrics.len());
            sim.event(COMPONENT, &self.value, "Warning", "FailedComputeMetricsReplicas", &all);
            let told = format!("the HPA was unable to compute the replica count: {why}");
            self.set(sim, ["ScalingActive", "False", "FailedGetResourceMetric", &told]);
            return None;
        };
        let told = format!("the HPA was able to successfully calculate a replica count from {}", best.name);
        self.set(sim, ["ScalingActive", "True", "ValidMetricFound", &told]);
        let stable = self.stabilise(sim, best.wanted, current);
        if stable == best.wanted {
            self.set(sim, ["AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size"]);
        } else {
            let told = "recent recommendations were higher than current one, applying the highest recent recommendation";
            self.set(sim, ["AbleToScale", "True", "ScaleDownStabilized", told]);
        }
        let wanted = self.bound(sim, current, stable, least, most);
        let why = if best.wanted > current { format!("{} above target", best.name) } else { "All metrics below target".to_owned() };
        Some((wanted, why))
    }

    fn behaviour(&self, way: &str, field: &str) -> Option<&Value> {
        self.value.pointer("/spec/behavior")?.get(way)?.get(field)
    }

    /// The highest of the recommendations of the last minutes: what was needed just now may be needed again.
    fn stabilise(&self, sim: &mut Sim, wanted: i64, current: i64) -> i64 {
        let window = |way: &str, otherwise| {
            self.behaviour(way, "stabilizationWindowSeconds").and_then(Value::as_i64).unwrap_or(otherwise).saturating_mul(1_000)
        };
        let (up, down, now) = (window("scaleUp", 0), window("scaleDown", STAY_UP), sim.store.now);
        let advice = sim.world.advice.entry(self.key.clone()).or_default();
        advice.retain(|(at, _)| *at >= now - up.max(down));
        advice.push((now, wanted));
        let of = |window: Millis| advice.iter().filter(move |(at, _)| *at >= now - window).map(|(_, n)| *n);
        let floor = of(up).min().unwrap_or(wanted);
        let ceiling = of(down).max().unwrap_or(wanted);
        current.max(floor).min(ceiling)
    }

    /// Keeps the number within the limits, and says which one it met.
    fn bound(&mut self, sim: &Sim, current: i64, wanted: i64, least: i64, most: i64) -> i64 {
        let fixed = |way: &str| self.behaviour(way, "selectPolicy").is_some_and(|p| p == "Disabled");
        if wanted > current && fixed("scaleUp") || wanted < current && fixed("scaleDown") {
            return current;
        }
        // As many again, but always four (`calculateScaleUpLimit` of the controller).
        let fast = (current * 2).max(4);
        let (limit, reason, why) = match fast < most {
            true => (fast, "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"),
            false => (most, "TooManyReplicas", "the desired replica count is more than the maximum replica count"),
        };
        if wanted < least {
            let why = "the desired replica count is less than the minimum replica count";
            self.set(sim, ["ScalingLimited", "True", "TooFewReplicas", why]);
        } else if wanted > limit {
            self.set(sim, ["ScalingLimited", "True", reason, why]);
        } else {
            self.set(sim, ["ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range"]);
        }
        wanted.min(limit).max(least)
    }

    fn rescale(&mut self, sim: &mut Sim, id: &str, target: &Key, size: i64, why: &str) {
        let done = sim.update(id, target, How::by(MANAGER), |o| {
            set(o, "/spec/replicas", size);
            Ok(())
        });
        match done {
            Ok(_) => {
                let told = format!("the HPA controller was able to update the target scale to {size}");
                self.set(sim, ["AbleToScale", "True", "SucceededRescale", &told]);
                set(&mut self.status, "/lastScaleTime", stamp(sim.store.now));
                sim.event(COMPONENT, &self.value, "Normal", "SuccessfulRescale", &format!("New size: {size}; reason: {why}"));
            }
            Err(refused) => {
                let told = format!("the HPA controller was unable to update the target scale: {}", refused.message);
                self.set(sim, ["AbleToScale", "False", "FailedUpdateScale", &told]);
                let told = format!("New size: {size}; reason: {why}; error: {}", refused.message);
                sim.event(COMPONENT, &self.value, "Warning", "FailedRescale", &told);
            }
        }
    }
}
