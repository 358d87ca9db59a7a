//! Services.

use super::object::{Meta, Pairs, Str, each, filled, listed, or_default, plain, text};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, ServiceFacts};
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Services, the core kind.
pub struct Services;

/// What is read of a service.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Service<'a> {
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
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(borrow, rename = "clusterIPs")]
    cluster_ips: Option<Vec<Str<'a>>>,
    #[serde(borrow, rename = "externalIPs")]
    external_ips: Option<Vec<Str<'a>>>,
    #[serde(borrow)]
    external_name: Option<Str<'a>>,
    #[serde(borrow)]
    selector: Option<Pairs<'a>>,
    #[serde(borrow)]
    ports: Option<Vec<Port<'a>>>,
    #[serde(borrow)]
    external_traffic_policy: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Port<'a> {
    port: Option<u16>,
    node_port: Option<u16>,
    #[serde(borrow)]
    protocol: Option<Str<'a>>,
}

/// `status` of a service or an ingress.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Balanced<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    load_balancer: Balancer<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Balancer<'a> {
    #[serde(borrow)]
    ingress: Option<Vec<Point<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Point<'a> {
    #[serde(borrow)]
    ip: Option<Str<'a>>,
    #[serde(borrow)]
    hostname: Option<Str<'a>>,
}

impl Balanced<'_> {
    /// Where the load balancer is reached, each address once.
    pub(super) fn addresses(&self) -> BTreeSet<&str> {
        each(&self.load_balancer.ingress).filter_map(|p| filled(&p.ip).or_else(|| filled(&p.hostname))).collect()
    }
}

impl<'a> HasMeta<'a> for Service<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Services {
    type Object<'a> = Service<'a>;

    const NAMES: Names = Names {
        group: "",
        version: "v1",
        resource: "services",
        kind: "Service",
        singular: "service",
        short_names: &["svc"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("TYPE", |s| plain(&s.spec.kind)),
        own(col("CLUSTER-IP", |s| each(&s.spec.cluster_ips).next().map_or(Value::None, |ip| Value::Text(Cow::Borrowed(ip))))),
        own(col("EXTERNAL-IP", |s| external(s))),
        col("PORT(S)", |s| ports(s)),
        age(),
        own(wide("SELECTOR", |s| s.spec.selector.as_ref().map_or(Value::None, Pairs::value))),
        ours(wide("TRAFFIC POLICY", |s| Value::text(text(&s.spec.external_traffic_policy)))),
    ];

    fn health(service: &Service<'_>) -> Health {
        let waits = text(&service.spec.kind) == Some("LoadBalancer") && service.status.addresses().is_empty();
        if waits { Health::Busy } else { Health::Ok }
    }

    fn facts(service: &Service<'_>, _: &mut Dictionary) -> Facts {
        let external = text(&service.spec.kind) == Some("ExternalName");
        let selector = service.spec.selector.as_ref().filter(|_| !external).and_then(Pairs::selector);
        let headless = each(&service.spec.cluster_ips).next().is_some_and(|ip| &**ip == "None");
        Facts::Service(Box::new(ServiceFacts { selector, external, headless }))
    }
}

fn external<'o>(service: &'o Service<'_>) -> Value<'o> {
    let spec = &service.spec;
    let mut addresses: Vec<&str> = Vec::new();
    match text(&spec.kind) {
        Some("ExternalName") => return plain(&spec.external_name),
        Some("LoadBalancer") => addresses.extend(service.status.addresses()),
        Some("ClusterIP" | "NodePort") => {}
        _ => return Value::Text(Cow::Borrowed("<unknown>")),
    }
    addresses.extend(each(&spec.external_ips).map(|ip| &**ip));
    if addresses.is_empty() && text(&spec.kind) == Some("LoadBalancer") {
        return Value::Text(Cow::Borrowed("<pending>"));
    }
    listed(addresses)
}

/// As `80/TCP,443:30443/TCP`: after the colon the port on every node.
fn ports(service: &Service<'_>) -> Value<'static> {
    let mut out = String::new();
    for port in each(&service.spec.ports) {
        let comma = if out.is_empty() { "" } else { "," };
        let node = port.node_port.filter(|&n| n > 0).map_or_else(String::new, |n| format!(":{n}"));
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}{}{node}/{}", port.port.unwrap_or_default(), text(&port.protocol).unwrap_or("TCP"));
    }
    if out.is_empty() { Value::None } else { Value::Text(Cow::Owned(out)) }
}
