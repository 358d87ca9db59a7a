//! ResourceQuotas.

use super::object::{Meta, Pairs, or_default};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, QuotaFacts, QuotaItem};
use crate::model::quantity::{quantity, thousandths};
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// ResourceQuotas, the core kind.
pub struct ResourceQuotas;

/// What is read of a resource quota.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ResourceQuota<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    hard: Pairs<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    used: Pairs<'a>,
}

impl<'a> HasMeta<'a> for ResourceQuota<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for ResourceQuotas {
    type Object<'a> = ResourceQuota<'a>;

    const NAMES: Names = Names {
        group: "",
        version: "v1",
        resource: "resourcequotas",
        kind: "ResourceQuota",
        singular: "resourcequota",
        short_names: &["quota"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        ours(screen("USED", |q| fullest(q).map_or(Value::None, |(_, share)| Value::Percent(share)))),
        ours(screen("FULLEST", |q| Value::text(fullest(q).map(|(resource, _)| resource)))),
        own(col("REQUEST", |q| list(q, false))),
        own(col("LIMIT", |q| list(q, true))),
        age(),
    ];

    fn health(quota: &ResourceQuota<'_>) -> Health {
        // When it is nearly used up is for the rules to say, which have a limit for it; here it takes nothing more.
        if fullest(quota).is_some_and(|(_, share)| share >= 100) { Health::Warn } else { Health::Ok }
    }

    fn facts(quota: &ResourceQuota<'_>, words: &mut Dictionary) -> Facts {
        let item = |(resource, used, hard): (&str, &str, &str)| {
            Some(QuotaItem { used: thousandths(used)?, hard: thousandths(hard)?, resource: words.sym(resource) })
        };
        Facts::Quota(Box::new(QuotaFacts { items: each(quota).into_iter().filter_map(item).collect() }))
    }
}

/// The resources that are limited, by name, with what is used of them and how much there may be.
fn each<'o>(quota: &'o ResourceQuota<'_>) -> Vec<(&'o str, &'o str, &'o str)> {
    let Status { hard, used } = &quota.status;
    let mut all: Vec<_> = hard.0.iter().map(|(resource, hard)| (&**resource, used.get(resource).unwrap_or("0"), &**hard)).collect();
    all.sort_unstable();
    all
}

/// The resource of which the greatest share is used, and that share in percent. What may not be had at all is no share.
fn fullest<'o>(quota: &'o ResourceQuota<'_>) -> Option<(&'o str, u32)> {
    let share = |(resource, used, hard): (&'o str, &str, &str)| {
        let (used, hard) = (quantity(used)?, quantity(hard)?);
        (hard > 0.0).then(|| (resource, (used / hard * 100.0) as u32))
    };
    // Of equal ones the first by name.
    each(quota).into_iter().filter_map(share).rev().max_by_key(|(_, share)| *share)
}

/// REQUEST, or LIMIT: the resources whose names begin with `limits.`
fn list(quota: &ResourceQuota<'_>, limits: bool) -> Value<'static> {
    let those = each(quota).into_iter().filter(|(resource, ..)| resource.starts_with("limits.") == limits);
    let those: Vec<String> = those.map(|(resource, used, hard)| format!("{resource}: {used}/{hard}")).collect();
    Value::Text(Cow::Owned(those.join(", ")))
}
