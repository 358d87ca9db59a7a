//! Ingresses.

use super::object::{Meta, Str, each, filled, listed, or_default, or_empty, text};
use super::service::Balanced;
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, IngressFacts};
use crate::model::words::Dictionary;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Ingresses of networking.
pub struct Ingresses;

/// What is read of an ingress.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Ingress<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Balanced<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    ingress_class_name: Option<Str<'a>>,
    #[serde(borrow)]
    default_backend: Option<Backend<'a>>,
    #[serde(borrow)]
    rules: Option<Vec<Rule<'a>>>,
    /// Only counted.
    tls: Option<Vec<IgnoredAny>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Backend<'a> {
    #[serde(borrow)]
    service: Option<Target<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Target<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    port: Port<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Port<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    host: Option<Str<'a>>,
    #[serde(borrow)]
    http: Option<Http<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Http<'a> {
    #[serde(borrow)]
    paths: Option<Vec<Path<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Path<'a> {
    #[serde(borrow)]
    backend: Option<Backend<'a>>,
}

impl<'a> HasMeta<'a> for Ingress<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Ingresses {
    type Object<'a> = Ingress<'a>;

    const NAMES: Names = Names {
        group: "networking.k8s.io",
        version: "v1",
        resource: "ingresses",
        kind: "Ingress",
        singular: "ingress",
        short_names: &["ing"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("CLASS", |i| text(&i.spec.ingress_class_name).map_or(Value::None, |c| Value::Text(Cow::Borrowed(c)))),
        own(col("HOSTS", |i| hosts(i))),
        col("ADDRESS", |i| or_empty(listed(i.status.addresses()))),
        col("PORTS", |i| Value::Text(Cow::Borrowed(if each(&i.spec.tls).next().is_some() { "80, 443" } else { "80" }))),
        age(),
        ours(own(wide("SERVICES", |i| listed(services(i))))),
    ];

    /// Without an address no controller has taken it yet, or one that never says so: nothing to worry about by itself.
    fn health(ingress: &Ingress<'_>) -> Health {
        if ingress.status.addresses().is_empty() { Health::Busy } else { Health::Ok }
    }

    fn facts(ingress: &Ingress<'_>, words: &mut Dictionary) -> Facts {
        Facts::Ingress(Box::new(IngressFacts { services: services(ingress).into_iter().map(|s| words.sym(s)).collect() }))
    }
}

/// A port of this name stands for no service, but for an action that annotations describe to the AWS load balancer controller.
const ACTION: &str = "use-annotation";

/// The services it leads to, each once, in the order of its rules.
fn services<'o>(ingress: &'o Ingress<'_>) -> Vec<&'o str> {
    let paths = each(&ingress.spec.rules).filter_map(|r| r.http.as_ref()).flat_map(|h| each(&h.paths));
    let backends = ingress.spec.default_backend.iter().chain(paths.filter_map(|p| p.backend.as_ref()));
    let mut services = Vec::new();
    let targets = backends.filter_map(|b| b.service.as_ref()).filter(|t| text(&t.port.name) != Some(ACTION));
    for name in targets.filter_map(|t| filled(&t.name)) {
        if !services.contains(&name) {
            services.push(name);
        }
    }
    services
}

/// The first three hosts, and how many more rules there are.
fn hosts<'o>(ingress: &'o Ingress<'_>) -> Value<'o> {
    let rules = || each(&ingress.spec.rules);
    // kubectl stops at three hosts, not at three rules: rules without a host are passed over.
    let named: Vec<(usize, &str)> = rules().enumerate().filter_map(|(i, r)| Some((i, filled(&r.host)?))).take(3).collect();
    let all = rules().count();
    let more = named.get(2).filter(|(third, _)| third + 1 < all).map(|_| all - 3);
    match (listed(named.into_iter().map(|(_, host)| host)), more) {
        (Value::None, _) => Value::Text(Cow::Borrowed("*")),
        (Value::Text(hosts), Some(more)) => Value::Text(Cow::Owned(format!("{hosts} + {more} more..."))),
        (hosts, _) => hosts,
    }
}
