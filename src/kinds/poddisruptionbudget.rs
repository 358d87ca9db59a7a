//! PodDisruptionBudgets: how many pods may be taken away on purpose.

use super::object::{Amount, Condition, Meta, condition, or_default, text, time};
use super::workload::Selector;
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{BudgetFacts, Facts};
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// PodDisruptionBudgets of policy.
pub struct PodDisruptionBudgets;

/// What is read of a pod disruption budget.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PodDisruptionBudget<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    min_available: Option<Amount<'a>>,
    #[serde(borrow)]
    max_unavailable: Option<Amount<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    selector: Selector<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    disruptions_allowed: Option<u32>,
    current_healthy: Option<u32>,
    desired_healthy: Option<u32>,
    expected_pods: Option<u32>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
}

impl<'a> HasMeta<'a> for PodDisruptionBudget<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for PodDisruptionBudgets {
    type Object<'a> = PodDisruptionBudget<'a>;

    const NAMES: Names = Names {
        group: "policy",
        version: "v1",
        resource: "poddisruptionbudgets",
        kind: "PodDisruptionBudget",
        singular: "poddisruptionbudget",
        short_names: &["pdb"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("MIN AVAILABLE", |p| or_na(&p.spec.min_available)),
        col("MAX UNAVAILABLE", |p| or_na(&p.spec.max_unavailable)),
        col("ALLOWED DISRUPTIONS", |p| Value::Count(p.status.disruptions_allowed.unwrap_or_default().into())),
        ours(screen("HEALTHY", |p| healthy(p))),
        ours(screen("NEEDED", |p| Value::Count(p.status.desired_healthy.unwrap_or_default().into()))),
        age(),
        ours(own(wide("SELECTOR", |p| p.spec.selector.value()))),
    ];

    fn health(budget: &PodDisruptionBudget<'_>) -> Health {
        let status = &budget.status;
        let reason = condition(&status.conditions, "DisruptionAllowed").and_then(|c| text(&c.reason));
        match (reason, status.expected_pods.unwrap_or_default(), status.disruptions_allowed.unwrap_or_default()) {
            // The controller cannot tell what it is about, and then nothing may be taken away.
            (Some("SyncFailed"), ..) => Health::Bad,
            (None, 0, 0) => Health::Busy,
            (_, 0, _) => Health::Done,
            (_, _, 0) => Health::Warn,
            _ => Health::Ok,
        }
    }

    fn facts(budget: &PodDisruptionBudget<'_>, _: &mut Dictionary) -> Facts {
        let status = &budget.status;
        Facts::Budget(Box::new(BudgetFacts {
            selector: budget.spec.selector.keep(),
            allowed: status.disruptions_allowed.unwrap_or_default(),
            healthy: status.current_healthy.unwrap_or_default(),
            desired: status.desired_healthy.unwrap_or_default(),
            expected: status.expected_pods.unwrap_or_default(),
            since: condition(&status.conditions, "DisruptionAllowed").and_then(|c| time(&c.last_transition_time)),
        }))
    }
}

fn healthy(budget: &PodDisruptionBudget<'_>) -> Value<'static> {
    Value::Ratio(budget.status.current_healthy.unwrap_or_default(), budget.status.expected_pods.unwrap_or_default())
}

fn or_na<'o>(amount: &'o Option<Amount<'_>>) -> Value<'o> {
    amount.as_ref().map_or(Value::Text(Cow::Borrowed("N/A")), Amount::value)
}
