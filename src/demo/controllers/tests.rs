//! What holds of all controllers together.
#![allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]

use super::rig::*;
use crate::demo::json::set;
use crate::demo::sim::Sim;
use crate::demo::write::Delete;
use proptest::prelude::*;
use serde_json::{Value, json};

const D: &str = "deployments.apps";

/// A bit of everything, with a life.
fn play(steps: &[(u8, i64, u16)]) -> Sim {
    let mut sim = cluster();
    make(&mut sim, "nodes", json!({"metadata": {"name": "n1"}, "spec": {}}));
    let mut web = workload("web", 3, "a");
    set(&mut web, "/spec/template/spec/containers/0/resources", json!({"requests": {"cpu": "100m"}}));
    make(&mut sim, D, web);
    let mut db = workload("db", 2, "a");
    set(&mut db, "/spec/serviceName", "db");
    make(&mut sim, "statefulsets.apps", db);
    make(&mut sim, "services", json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}));
    let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}});
    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"});
    make(
        &mut sim,
        "horizontalpodautoscalers.autoscaling",
        json!({"metadata": {"name": "web"}, "spec": {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 6, "metrics": [metric]}}),
    );
    make(
        &mut sim,
        "poddisruptionbudgets.policy",
        json!({"metadata": {"name": "web"}, "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}}),
    );
    make(&mut sim, "resourcequotas", json!({"metadata": {"name": "q"}, "spec": {"hard": {"pods": "9"}}}));
    for (what, number, pause) in steps {
        match what % 4 {
            0 => edit(&mut sim, D, "web", "/spec/replicas", number % 8),
            1 => edit(&mut sim, D, "web", IMAGE, if number % 3 == 0 { "bad".to_owned() } else { format!("v{}", number % 3) }),
            2 => edit(&mut sim, "statefulsets.apps", "db", "/spec/replicas", number % 4),
            _ => {
                if let Some(pod) = names(&sim, "pods").into_iter().nth(*number as usize % 3) {
                    delete(&mut sim, "pods", &pod, &Delete::default());
                }
            }
        }
        live(&mut sim, i64::from(*pause));
    }
    sim
}

/// All bytes that a cluster stores.
fn bytes(sim: &Sim) -> Vec<bytes::Bytes> {
    sim.store.tables().iter().flat_map(|t| t.list("", None).map(|o| o.json.clone()).collect::<Vec<_>>()).collect()
}

/// What a quota says is used is what there is.
fn quota_is_true(sim: &Sim) -> bool {
    get(sim, "resourcequotas", "q").pointer("/status/used/pods") == Some(&Value::from(names(sim, "pods").len().to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn whatever_happens_it_happens_again_and_comes_to_rest(steps in proptest::collection::vec((0u8..4, 0i64..100, 0u16..2_500), 0..8)) {
        let mut sim = play(&steps);
        prop_assert_eq!(bytes(&sim), bytes(&play(&steps)));
        edit(&mut sim, D, "web", IMAGE, "good");
        live(&mut sim, 30_000);
        prop_assert!(quota_is_true(&sim));
        let status = get(&sim, D, "web");
        prop_assert_eq!(status.pointer("/status/updatedReplicas"), status.pointer("/status/replicas"));
    }
}
