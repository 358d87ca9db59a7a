//! In what the clusters differ: one entry each. What has no entry of its own is like the last.

use super::manifests::REGISTRY;
use crate::demo::json::{int, list, set, text};
use serde_json::{Value, json};

/// Where an ingress of the shop says what leads where.
const PATHS: &str = "/spec/rules/0/http/paths";

/// A cluster, as against prod.
#[derive(Debug)]
pub(super) struct Variant {
    name: &'static str,
    /// Percent of the replicas in the manifests.
    scale: i64,
    /// How many machines.
    pub(super) nodes: usize,
    /// Where they stand.
    pub(super) region: &'static str,
    /// What they are, with how many cores, and memory in Gi.
    pub(super) machine: (&'static str, i64, i64),
    /// Namespaces, or `namespace/name`, that it does without.
    without: &'static [&'static str],
    /// Tags of images of the shop that differ.
    tags: &'static [(&'static str, &'static str)],
}

const CLUSTERS: &[Variant] = &[
    Variant { name: "prod-eu", scale: 100, nodes: 8, region: "eu-central-1", machine: ("m7i.2xlarge", 8, 32), without: &[], tags: &[] },
    Variant { name: "prod-us", scale: 100, nodes: 8, region: "us-east-1", machine: ("m7i.2xlarge", 8, 32), without: &[], tags: &[] },
    Variant {
        name: "staging",
        scale: 34,
        nodes: 6,
        region: "eu-central-1",
        machine: ("m7i.xlarge", 4, 16),
        without: &["shop/gift-cards", "payments/payouts"],
        tags: &[("catalog", "4.8.0"), ("search-api", "3.16.0"), ("search-indexer", "3.16.0"), ("web", "5.13.0"), ("auth", "7.3.0")],
    },
    Variant {
        name: "dev",
        scale: 20,
        nodes: 6,
        region: "eu-west-1",
        machine: ("t4.xlarge", 4, 16),
        without: &["argocd", "shop/gift-cards", "shop/image-proxy", "payments/payouts", "payments/fraud-check", "data/kafka-ui"],
        tags: &[("web", "5.14.0"), ("catalog", "4.9.0"), ("cart", "1.19.0"), ("orders", "5.6.0"), ("recommendation", "1.9.0")],
    },
    Variant {
        name: "edge",
        scale: 50,
        nodes: 6,
        region: "ap-south-1",
        machine: ("c7i.xlarge", 4, 8),
        without: &[
            "payments",
            "search",
            "accounts",
            "logistics",
            "argocd",
            "data/kafka",
            "data/kafka-ui",
            "data/etl-api",
            "data/postgres",
            "data/pgbouncer",
            "data/postgres-backup",
            "shop/checkout",
            "shop/pricing",
            "shop/inventory",
            "shop/recommendation",
            "shop/promotions",
            "shop/gift-cards",
            "shop/price-import",
            "monitoring/grafana",
        ],
        tags: &[("image-proxy", "0.13.8")],
    },
    Variant {
        name: "partner",
        scale: 40,
        nodes: 6,
        region: "eu-north-1",
        machine: ("m7i.xlarge", 4, 16),
        without: &["search", "argocd", "shop/recommendation", "shop/reviews", "shop/wishlist", "shop/gift-cards", "logistics/warehouse"],
        tags: &[("payments-api", "6.3.4"), ("checkout", "2.30.4")],
    },
    Variant { name: "", scale: 34, nodes: 6, region: "us-west-2", machine: ("m7i.xlarge", 4, 16), without: &["argocd"], tags: &[] },
];

/// The entry of a cluster.
pub(super) fn of(name: &str) -> &'static Variant {
    const LAST: &Variant = match CLUSTERS.split_last() {
        Some((last, _)) => last,
        None => unreachable!(),
    };
    CLUSTERS.iter().find(|v| v.name == name).unwrap_or(LAST)
}

/// Images that only some clusters have.
pub(super) fn images() -> impl Iterator<Item = String> {
    CLUSTERS.iter().flat_map(|v| v.tags).map(|(name, tag)| format!("{REGISTRY}/{name}:{tag}"))
}

impl Variant {
    /// A manifest as this cluster has it; none where it does without.
    pub(super) fn fit(&self, object: &Value) -> Option<Value> {
        let part = |place| text(object, place).unwrap_or_default();
        let (kind, name) = (part("/kind"), part("/metadata/name"));
        let namespace = if kind == "Namespace" { name } else { part("/metadata/namespace") };
        // What belongs to a workload has its name.
        let whole = format!("{namespace}/{name}");
        if self.without.iter().any(|w| *w == namespace || *w == whole) {
            return None;
        }
        let mut object = object.clone();
        match kind {
            "Deployment" | "StatefulSet" => self.scale(&mut object, "/spec/replicas", 1),
            "HorizontalPodAutoscaler" => {
                self.scale(&mut object, "/spec/minReplicas", 1);
                self.scale(&mut object, "/spec/maxReplicas", 3);
            }
            "PodDisruptionBudget" if self.scale < 100 => {
                let selector = object.pointer("/spec/selector").cloned().unwrap_or_default();
                set(&mut object, "/spec", json!({"maxUnavailable": 1, "selector": selector}));
            }
            // It leads nowhere that is not there.
            "Ingress" => {
                let service = |path: &Value| format!("{namespace}/{}", text(path, "/backend/service/name").unwrap_or_default());
                let is_here = |path: &&Value| !self.without.contains(&service(path).as_str());
                let paths: Vec<Value> = list(&object, PATHS).iter().filter(is_here).cloned().collect();
                set(&mut object, PATHS, paths);
            }
            _ => {}
        }
        for (image, tag) in self.tags {
            let place = "/spec/template/spec/containers/0/image";
            if text(&object, place).and_then(|i| i.strip_prefix(REGISTRY)?.strip_prefix('/')?.split(':').next()) == Some(image) {
                set(&mut object, place, format!("{REGISTRY}/{image}:{tag}"));
            }
        }
        Some(object)
    }

    fn scale(&self, object: &mut Value, place: &str, least: i64) {
        if let Some(n) = int(object, place) {
            set(object, place, ((n * self.scale + 50) / 100).max(least));
        }
    }
}
