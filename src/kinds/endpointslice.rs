//! EndpointSlices: where the traffic of a service goes.

use super::object::{Meta, Reference, Str, each, plain, text};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen};
use crate::model::cell::{Health, Value};
use crate::model::facts::{EndpointsFacts, Facts};
use crate::model::id::Uid;
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// EndpointSlices of discovery.
pub struct EndpointSlices;

/// What is read of an endpoint slice.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointSlice<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow)]
    address_type: Option<Str<'a>>,
    #[serde(borrow)]
    ports: Option<Vec<Port<'a>>>,
    #[serde(borrow)]
    endpoints: Option<Vec<Endpoint<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Port<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    port: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Endpoint<'a> {
    #[serde(borrow)]
    addresses: Option<Vec<Str<'a>>>,
    conditions: Option<Conditions>,
    #[serde(borrow)]
    target_ref: Option<Reference<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Conditions {
    ready: Option<bool>,
    terminating: Option<bool>,
}

impl<'a> HasMeta<'a> for EndpointSlice<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for EndpointSlices {
    type Object<'a> = EndpointSlice<'a>;

    const NAMES: Names = Names {
        group: "discovery.k8s.io",
        version: "v1",
        resource: "endpointslices",
        kind: "EndpointSlice",
        singular: "endpointslice",
        short_names: &[],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        ours(own(screen("SERVICE", |s| Value::text(service(s))))),
        ours(screen("READY", |s| ready(s))),
        col("ADDRESSTYPE", |s| plain(&s.address_type)),
        col("PORTS", |s| ports(s)),
        own(col("ENDPOINTS", |s| addresses(s))),
        age(),
    ];

    fn health(slice: &EndpointSlice<'_>) -> Health {
        match count(slice) {
            (_, 0) => Health::Done,
            (0, _) => Health::Warn,
            _ => Health::Ok,
        }
    }

    fn facts(slice: &EndpointSlice<'_>, words: &mut Dictionary) -> Facts {
        let (ready, all) = count(slice);
        let pods = each(&slice.endpoints).filter_map(|e| e.target_ref.as_ref()).filter(|r| text(&r.kind) == Some("Pod"));
        Facts::Endpoints(Box::new(EndpointsFacts {
            service: words.sym(service(slice).unwrap_or_default()),
            ready,
            unready: all.saturating_sub(ready),
            pods: pods.filter_map(|r| text(&r.uid)).map(Uid::parse).collect(),
            untouched: slice.metadata.generation == Some(1),
        }))
    }
}

/// The service that it is a part of.
fn service<'o>(slice: &'o EndpointSlice<'_>) -> Option<&'o str> {
    slice.metadata.labels.as_ref()?.get("kubernetes.io/service-name")
}

fn ready(slice: &EndpointSlice<'_>) -> Value<'static> {
    let (ready, all) = count(slice);
    Value::Ratio(ready, all)
}

/// Endpoints that are ready, and all but those that are on their way out. What says nothing is ready, as the API has it.
fn count(slice: &EndpointSlice<'_>) -> (u32, u32) {
    let said = |e: &Endpoint<'_>, of: fn(&Conditions) -> Option<bool>| e.conditions.as_ref().and_then(of);
    let ready = each(&slice.endpoints).filter(|e| said(e, |c| c.ready) != Some(false)).count();
    let leaving = each(&slice.endpoints).filter(|e| said(e, |c| c.ready) == Some(false) && said(e, |c| c.terminating) == Some(true));
    (ready as u32, (each(&slice.endpoints).count() - leaving.count()) as u32)
}

fn ports(slice: &EndpointSlice<'_>) -> Value<'static> {
    let port = |p: &Port<'_>| p.port.map_or_else(|| text(&p.name).unwrap_or("*").to_owned(), |n| n.to_string());
    first_three(each(&slice.ports).map(port).collect())
}

fn addresses(slice: &EndpointSlice<'_>) -> Value<'static> {
    first_three(each(&slice.endpoints).flat_map(|e| each(&e.addresses)).map(|a| (**a).to_owned()).collect())
}

/// The first three, and how many more there are.
fn first_three(mut all: Vec<String>) -> Value<'static> {
    let more = all.len().saturating_sub(3);
    all.truncate(3);
    let first = all.join(",");
    Value::Text(match (&*first, more) {
        ("", 0) => Cow::Borrowed("<unset>"),
        (_, 0) => Cow::Owned(first),
        _ => Cow::Owned(format!("{first} + {more} more...")),
    })
}
