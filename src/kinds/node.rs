//! Nodes, as kubectl prints them.

use super::object::{Condition, Meta, Str, condition, each, filled, has, or_default, text, time};
use super::resources::Quantities;
use super::{HasMeta, Names, Own, Project, age, col, joined, name, ours, own, spare, usage, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, NodeFacts};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Conditions that should not be True.
const PRESSURES: &[&str] = &["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];

/// Labels that name the pool of a node: EKS, Karpenter, GKE, AKS and its older ones.
const POOLS: &[&str] = &[
    "eks.amazonaws.com/nodegroup",
    "karpenter.sh/nodepool",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "agentpool",
];

/// The label that says where a node is.
const ZONE: &str = "topology.kubernetes.io/zone";

/// Nodes, the core kind.
pub struct Nodes;

/// What is read of a node.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Node<'a> {
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
    unschedulable: Option<bool>,
    #[serde(borrow)]
    taints: Option<Vec<Taint<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Taint<'a> {
    #[serde(borrow)]
    key: Option<Str<'a>>,
    #[serde(borrow)]
    value: Option<Str<'a>>,
    #[serde(borrow)]
    effect: Option<Str<'a>>,
    #[serde(borrow)]
    time_added: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
    #[serde(borrow)]
    addresses: Option<Vec<Address<'a>>>,
    #[serde(borrow, deserialize_with = "or_default")]
    allocatable: Quantities<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    node_info: Info<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Address<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(borrow)]
    address: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Info<'a> {
    #[serde(borrow)]
    kubelet_version: Option<Str<'a>>,
    #[serde(borrow)]
    os_image: Option<Str<'a>>,
    #[serde(borrow)]
    kernel_version: Option<Str<'a>>,
    #[serde(borrow)]
    architecture: Option<Str<'a>>,
    #[serde(borrow)]
    container_runtime_version: Option<Str<'a>>,
}

impl<'a> HasMeta<'a> for Node<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Nodes {
    type Object<'a> = Node<'a>;

    const NAMES: Names =
        Names { group: "", version: "v1", resource: "nodes", kind: "Node", singular: "node", short_names: &["no"], namespaced: false };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("STATUS", |n| Value::Status(status(n), Self::health(n))),
        col("ROLES", |n| roles(n)),
        age(),
        col("VERSION", |n| Value::Text(Cow::Borrowed(text(&n.status.node_info.kubelet_version).unwrap_or_default()))),
        joined("PODS", &usage::NODE_PODS),
        joined("CPU%", &usage::NODE_CPU_SHARE),
        joined("MEM%", &usage::NODE_MEMORY_SHARE),
        joined("CPU REQ", &usage::NODE_CPU_REQUESTS),
        joined("MEM REQ", &usage::NODE_MEMORY_REQUESTS),
        joined("CPU", &usage::NODE_CPU),
        joined("MEM", &usage::NODE_MEMORY),
        ours(spare("TAINTS", |n| Value::Count(each(&n.spec.taints).count() as i64))),
        ours(spare("POOL", |n| Value::text(POOLS.iter().find_map(|key| label(n, key))))),
        ours(spare("ZONE", |n| Value::text(label(n, ZONE)))),
        ours(wide("INSTANCE-TYPE", |n| Value::text(label(n, "node.kubernetes.io/instance-type")))),
        ours(wide("FIRST TAINT", |n| each(&n.spec.taints).next().map_or(Value::None, taint))),
        own(wide("INTERNAL-IP", |n| address(n, "InternalIP"))),
        own(wide("EXTERNAL-IP", |n| address(n, "ExternalIP"))),
        wide("OS-IMAGE", |n| Value::Text(known(&n.status.node_info.os_image))),
        wide("KERNEL-VERSION", |n| kernel(n)),
        wide("CONTAINER-RUNTIME", |n| Value::Text(known(&n.status.node_info.container_runtime_version))),
    ];

    fn health(node: &Node<'_>) -> Health {
        let pressed = |kind| has(&node.status.conditions, kind, "True");
        match ready(node) {
            // Registered, and its kubelet has not reported yet; if it never does, the node controller says so.
            None => Health::Busy,
            Some(false) => Health::Bad,
            Some(true) if PRESSURES.iter().copied().any(pressed) => Health::Warn,
            Some(true) if node.spec.unschedulable == Some(true) => Health::Done,
            Some(true) => Health::Ok,
        }
    }

    fn facts(node: &Node<'_>, words: &mut Dictionary) -> Facts {
        let conditions = &node.status.conditions;
        let pressures = PRESSURES.iter().filter(|kind| has(conditions, kind, "True"));
        let cordon = each(&node.spec.taints).find(|t| text(&t.key) == Some("node.kubernetes.io/unschedulable"));
        Facts::Node(Box::new(NodeFacts {
            ready: condition(conditions, "Ready").map(|c| c.keep(words)),
            pressures: pressures.filter_map(|kind| condition(conditions, kind)).map(|c| c.keep(words)).collect(),
            cordoned: node.spec.unschedulable == Some(true),
            cordoned_since: cordon.and_then(|t| time(&t.time_added)),
            allocatable: node.status.allocatable.amounts(),
            pods: node.status.allocatable.pods(),
            version: words.sym(text(&node.status.node_info.kubelet_version).unwrap_or_default()),
            zone: words.sym(label(node, ZONE).unwrap_or_default()),
            taints: each(&node.spec.taints).map(parts).filter(|[.., effect]| effect.starts_with("No")).map(|t| t.map(|p| words.sym(p))).collect(),
        }))
    }
}

/// Whether its kubelet says that it is ready; `None` if it never said anything.
fn ready(node: &Node<'_>) -> Option<bool> {
    condition(&node.status.conditions, "Ready").map(|c| text(&c.status) == Some("True"))
}

/// The value of a label.
fn label<'o>(node: &'o Node<'_>, key: &str) -> Option<&'o str> {
    node.metadata.labels.as_ref()?.get(key)
}

/// Key, value and effect.
fn parts<'o>(taint: &'o Taint<'_>) -> [&'o str; 3] {
    [&taint.key, &taint.value, &taint.effect].map(|t| text(t).unwrap_or_default())
}

/// As kubectl writes taints: `dedicated=gpu:NoSchedule`.
fn taint(taint: &Taint<'_>) -> Value<'static> {
    let [key, value, effect] = parts(taint);
    let equals = if value.is_empty() { "" } else { "=" };
    Value::Text(Cow::Owned(format!("{key}{equals}{value}:{effect}")))
}

/// How many nodes of a table are ready, also those that take no new pods: `Ready,SchedulingDisabled`.
pub fn ready_in(table: &Table) -> usize {
    let Some(status) = table.column("STATUS") else { return 0 };
    let is_ready = |row: &&Row| match table.value(row, status.source) {
        Value::Status(word, _) => word.split(',').any(|w| w == "Ready"),
        _ => false,
    };
    table.rows().filter(is_ready).count()
}

fn status(node: &Node<'_>) -> Cow<'static, str> {
    Cow::Borrowed(match (ready(node), node.spec.unschedulable == Some(true)) {
        (Some(true), false) => "Ready",
        (Some(true), true) => "Ready,SchedulingDisabled",
        (Some(false), false) => "NotReady",
        (Some(false), true) => "NotReady,SchedulingDisabled",
        (None, false) => "Unknown",
        (None, true) => "Unknown,SchedulingDisabled",
    })
}

/// From the labels `node-role.kubernetes.io/ROLE` and `kubernetes.io/role=ROLE`.
fn roles<'o>(node: &'o Node<'_>) -> Value<'o> {
    let labels = node.metadata.labels.iter().flat_map(|l| &l.0);
    let role = |(key, value)| -> Option<&'o str> {
        let (key, value): (&'o Str<'_>, &'o Str<'_>) = (key, value);
        key.strip_prefix("node-role.kubernetes.io/").or_else(|| (&**key == "kubernetes.io/role").then_some(value))
    };
    let roles: BTreeSet<&str> = labels.map(|(k, v)| (k, v)).filter_map(role).filter(|r| !r.is_empty()).collect();
    let roles: Vec<&str> = roles.into_iter().collect();
    if roles.is_empty() { Value::None } else { Value::Text(Cow::Owned(roles.join(","))) }
}

fn address<'o>(node: &'o Node<'_>, kind: &str) -> Value<'o> {
    Value::text(each(&node.status.addresses).find(|a| text(&a.kind) == Some(kind)).and_then(|a| text(&a.address)))
}

fn known<'o>(field: &'o Option<Str<'_>>) -> Cow<'o, str> {
    Cow::Borrowed(filled(field).unwrap_or("<unknown>"))
}

fn kernel<'o>(node: &'o Node<'_>) -> Value<'o> {
    let info = &node.status.node_info;
    let version = known(&info.kernel_version);
    Value::Text(match filled(&info.architecture) {
        Some(architecture) => Cow::Owned(format!("{version} ({architecture})")),
        None => version,
    })
}
