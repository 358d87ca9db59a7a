//! LimitRanges. The API server prints only their names and, as for all kinds without columns, when they were made.

use super::object::{Meta, Pairs, Str, each, listed, or_default, text};
use super::{HasMeta, Names, Own, Project, age, name, ours, screen, wide};
use crate::model::cell::Value;
use serde::Deserialize;

/// LimitRanges, the core kind.
pub struct LimitRanges;

/// What is read of a limit range.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LimitRange<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    #[serde(borrow)]
    limits: Option<Vec<Limit<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Limit<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(borrow)]
    default: Option<Pairs<'a>>,
    #[serde(borrow)]
    default_request: Option<Pairs<'a>>,
    #[serde(borrow)]
    min: Option<Pairs<'a>>,
    #[serde(borrow)]
    max: Option<Pairs<'a>>,
}

impl<'a> HasMeta<'a> for LimitRange<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for LimitRanges {
    type Object<'a> = LimitRange<'a>;

    const NAMES: Names = Names {
        group: "",
        version: "v1",
        resource: "limitranges",
        kind: "LimitRange",
        singular: "limitrange",
        short_names: &["limits"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        ours(screen("TYPES", |l| listed(each(&l.spec.limits).filter_map(|l| text(&l.kind))))),
        ours(screen("DEFAULT REQUEST", |l| container(l, |l| &l.default_request))),
        ours(screen("DEFAULT LIMIT", |l| container(l, |l| &l.default))),
        ours(wide("MIN", |l| container(l, |l| &l.min))),
        ours(wide("MAX", |l| container(l, |l| &l.max))),
        age(),
    ];
}

/// What it says of containers, the only ones that have defaults.
fn container(range: &LimitRange<'_>, of: for<'o, 'a> fn(&'o Limit<'a>) -> &'o Option<Pairs<'a>>) -> Value<'static> {
    let limit = each(&range.spec.limits).find(|l| text(&l.kind) == Some("Container"));
    limit.and_then(|l| of(l).as_ref()).map_or(Value::None, Pairs::value)
}
