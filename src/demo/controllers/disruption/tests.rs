//! What budgets say.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use serde_json::json;

#[test]
fn a_budget_says_how_many_may_go() {
    for (spec, want) in [
        (json!({"minAvailable": 3}), [4, 3, 4, 1]),
        (json!({"minAvailable": "50%"}), [4, 2, 4, 2]),
        (json!({"maxUnavailable": 1}), [4, 3, 4, 1]),
        (json!({"maxUnavailable": "30%"}), [4, 2, 4, 2]),
        (json!({"minAvailable": 5}), [4, 5, 4, 0]),
    ] {
        let mut sim = cluster();
        make(&mut sim, "deployments.apps", workload("web", 4, "a"));
        let mut budget = json!({"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}});
        for (k, v) in spec.as_object().unwrap() {
            budget["spec"][k] = v.clone();
        }
        make(&mut sim, "poddisruptionbudgets.policy", budget);
        live(&mut sim, 1_000);
        let status = get(&sim, "poddisruptionbudgets.policy", "web")["status"].clone();
        let told = ["currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed"].map(|f| status[f].as_i64().unwrap());
        assert_eq!(told, want, "{spec}");
        let reason = if want[3] > 0 { "SufficientPods" } else { "InsufficientPods" };
        assert_eq!(status["conditions"][0]["reason"], reason, "{spec}");
        edit(&mut sim, "deployments.apps", "web", IMAGE, "bad");
        edit(&mut sim, "deployments.apps", "web", "/spec/strategy", json!({"type": "Recreate"}));
        live(&mut sim, 1_000);
        let status = get(&sim, "poddisruptionbudgets.policy", "web")["status"].clone();
        assert_eq!((status["currentHealthy"].clone(), status["disruptionsAllowed"].clone()), (json!(0), json!(0)), "{spec}");
    }
}
