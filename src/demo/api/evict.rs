//! The `eviction` subresource: a deletion that asks the disruption budgets first.

use super::body::{Body, json as answer_json, object};
use super::request::{Asked, Target};
use super::write::key;
use crate::demo::controllers::{condition, own};
use crate::demo::json::{int, list, set, stamp, text};
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::{Key, Object};
use crate::demo::write::{Delete, How};
use http::Response;
use serde_json::{Value, json};
use std::sync::Arc;

const BUDGETS: &str = "poddisruptionbudgets.policy";

/// Evicts a pod, or says which budget is against it.
pub(super) fn answer(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let eviction = object(&asked.content, body)?;
    let pod = sim.store.get("pods", &target.namespace, &target.name).ok_or_else(|| Refusal::not_found(&target.resource, &target.name))?;
    let pod = Arc::clone(pod);
    let dry_run = asked.dry_run() || list(&eviction, "/deleteOptions/dryRun").iter().any(|v| v == "All");
    if counts(&pod) {
        spend(sim, &pod, dry_run)?;
    }
    let uid = text(&eviction, "/deleteOptions/preconditions/uid").map(str::to_owned);
    let options = Delete { grace: int(&eviction, "/deleteOptions/gracePeriodSeconds"), uid, dry_run, ..Delete::default() };
    sim.delete("pods", &key(target), &options)?;
    Ok(answer_json(201, &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201})))
}

/// Pods that have ended, wait for a node or go anyway are no disruption.
fn counts(pod: &Object) -> bool {
    let value = pod.value();
    text(&value, "/metadata/deletionTimestamp").is_none()
        && !matches!(text(&value, "/status/phase"), Some("Succeeded" | "Failed" | "Pending"))
}

/// Takes one disruption from the budget of a pod, if it has one.
fn spend(sim: &mut Sim, pod: &Object, dry_run: bool) -> Answer<()> {
    let covers = |budget: &&Arc<Object>| budget.view().selector.as_ref().is_some_and(|s| own::fits(s, pod));
    let budgets: Vec<Arc<Value>> = sim.store.list(BUDGETS, &pod.key.namespace).filter(covers).map(|b| b.value()).collect();
    let budget = match budgets.as_slice() {
        [] => return Ok(()),
        [one] => one,
        _ => {
            return Err(Refusal::new(
                500,
                "",
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        }
    };
    let name = text(budget, "/metadata/name").unwrap_or_default();
    let allowed = int(budget, "/status/disruptionsAllowed").unwrap_or_default();
    let ready = condition::holds(&pod.value(), "Ready");
    let (healthy, desired) =
        (int(budget, "/status/currentHealthy").unwrap_or_default(), int(budget, "/status/desiredHealthy").unwrap_or_default());
    if !ready && healthy >= desired && desired > 0 {
        return Ok(()); // what is broken already does not disrupt anybody (IfHealthyBudget)
    }
    if allowed <= 0 {
        let mut refusal = Refusal::new(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
        let why = format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently");
        refusal.details = json!({"causes": [{"reason": "DisruptionBudget", "message": why}]});
        return Err(refusal);
    }
    let (now, key) = (stamp(sim.store.now), Key::new(&pod.key.namespace, name));
    let how = How { dry_run, ..How::status("kube-apiserver") };
    sim.update(BUDGETS, &key, how, |budget| {
        set(budget, "/status/disruptionsAllowed", allowed - 1);
        set(budget, &format!("/status/disruptedPods/{}", crate::demo::json::escape(&pod.key.name)), now);
        Ok(())
    })?;
    Ok(())
}
