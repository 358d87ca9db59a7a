//! APIServices: parts of the API, and whether those that other servers answer for do.

use super::object::{Condition, Meta, Reference, condition, filled, or_default, text};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{ApiServiceFacts, Facts};
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// APIServices of apiregistration.
pub struct ApiServices;

/// What is read of an API service.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ApiService<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    #[serde(borrow)]
    service: Option<Reference<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
}

impl<'a> HasMeta<'a> for ApiService<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for ApiServices {
    type Object<'a> = ApiService<'a>;

    const NAMES: Names = Names {
        group: "apiregistration.k8s.io",
        version: "v1",
        resource: "apiservices",
        kind: "APIService",
        singular: "apiservice",
        short_names: &[],
        namespaced: false,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("SERVICE", |a| service(a)),
        col("AVAILABLE", |a| Value::Status(available(a), Self::health(a))),
        age(),
        ours(own(wide("MESSAGE", |a| Value::text(message(a))))),
    ];

    fn health(service: &ApiService<'_>) -> Health {
        match &*available(service) {
            "True" => Health::Ok,
            word if word.starts_with("False") => Health::Bad,
            _ => Health::Busy,
        }
    }

    fn facts(api: &ApiService<'_>, words: &mut Dictionary) -> Facts {
        Facts::ApiService(Box::new(ApiServiceFacts {
            service: api.spec.service.as_ref().map(|s| s.path(words)).unwrap_or_default(),
            unavailable: unavailable(api).map(|c| Box::new(c.keep(words))),
        }))
    }
}

/// The service that answers; `Local` is the API server itself.
fn service(api: &ApiService<'_>) -> Value<'static> {
    api.spec.service.as_ref().map_or(Value::Text(Cow::Borrowed("Local")), Reference::shown)
}

fn available<'o>(api: &'o ApiService<'_>) -> Cow<'o, str> {
    let Some(condition) = condition(&api.status.conditions, "Available") else { return Cow::Borrowed("Unknown") };
    let status = text(&condition.status).unwrap_or_default();
    match filled(&condition.reason) {
        Some(reason) if status != "True" => Cow::Owned(format!("{status} ({reason})")),
        _ => Cow::Borrowed(status),
    }
}

/// What the API server says of one that does not answer.
fn message<'o>(api: &'o ApiService<'_>) -> Option<&'o str> {
    filled(&unavailable(api)?.message)
}

/// The condition Available, where it is not True.
fn unavailable<'o, 'a>(api: &'o ApiService<'a>) -> Option<&'o Condition<'a>> {
    condition(&api.status.conditions, "Available").filter(|c| text(&c.status) != Some("True"))
}
