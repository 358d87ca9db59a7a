//! The defaults of services and of what goes with them.

use super::each;
use crate::demo::json::{list, or_set, remove, set, text};
use serde_json::{Value, json};

/// The first two numbers of the addresses of services, as kubeadm sets them up (10.96.0.0/16 here).
const RANGE: [u8; 2] = [10, 96];
/// The ports of nodes that services get: 30000-32767.
const NODE_PORTS: (u64, u64) = (30_000, 2_768);

/// A service. Addresses and ports follow from its uid, so that it keeps them through every change.
pub(super) fn service(object: &mut Value) {
    or_set(object, "/spec/sessionAffinity", "None");
    or_set(object, "/spec/type", "ClusterIP");
    if text(object, "/spec/sessionAffinity") == Some("ClientIP") {
        or_set(object, "/spec/sessionAffinityConfig/clientIP/timeoutSeconds", 10_800);
    }
    each(object, "/spec/ports", |port| {
        or_set(port, "/protocol", "TCP");
        let number = port.get("port").cloned().unwrap_or_default();
        if port.get("targetPort").is_none_or(|t| t == 0 || t == "") {
            set(port, "/targetPort", number);
        }
    });
    let sort = text(object, "/spec/type").unwrap_or_default().to_owned();
    if sort == "ExternalName" {
        ["/spec/clusterIP", "/spec/clusterIPs", "/spec/ipFamilies", "/spec/ipFamilyPolicy"]
            .iter()
            .for_each(|place| drop(remove(object, place)));
        return;
    }
    or_set(object, "/spec/internalTrafficPolicy", "Cluster");
    exposed(object, &sort);
}

/// The address of a service, and its ports on nodes: also for one that has become of another type.
pub(super) fn allocate(object: &mut Value) {
    let new = text(object, "/metadata/resourceVersion").is_none_or(str::is_empty);
    let sort = text(object, "/spec/type").unwrap_or_default().to_owned();
    if sort == "ExternalName" {
        return;
    }
    or_set(object, "/spec/ipFamilies", json!(["IPv4"]));
    or_set(object, "/spec/ipFamilyPolicy", "SingleStack");
    let seed = hash(&[text(object, "/metadata/uid").unwrap_or_default(), text(object, "/metadata/name").unwrap_or_default()]);
    if text(object, "/spec/clusterIP").unwrap_or_default().is_empty() {
        let [a, b] = RANGE;
        let address = list(object, "/spec/clusterIPs").first().and_then(Value::as_str).map(str::to_owned);
        let address = address.unwrap_or_else(|| format!("{a}.{b}.{}.{}", seed % 255 + 1, (seed >> 16) % 254 + 1));
        set(object, "/spec/clusterIP", address);
    }
    let address = text(object, "/spec/clusterIP").unwrap_or_default().to_owned();
    set(object, "/spec/clusterIPs", json!([address]));
    if sort == "ClusterIP" {
        // It may have been of another type.
        each(object, "/spec/ports", |port| drop(remove(port, "/nodePort")));
        remove(object, "/spec/allocateLoadBalancerNodePorts");
        if !new && list(object, "/spec/externalIPs").is_empty() {
            remove(object, "/spec/externalTrafficPolicy");
        }
        return;
    }
    let mut next = seed;
    each(object, "/spec/ports", |port| {
        next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        or_set(port, "/nodePort", NODE_PORTS.0 + (next >> 33) % NODE_PORTS.1);
    });
}

fn exposed(object: &mut Value, sort: &str) {
    if sort != "ClusterIP" {
        or_set(object, "/spec/externalTrafficPolicy", "Cluster");
    }
    if sort == "LoadBalancer" {
        or_set(object, "/spec/allocateLoadBalancerNodePorts", true);
    }
}

/// FNV-1a.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|p| p.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A policy is about what comes in, and about what goes out if it says so.
pub(super) fn policy(object: &mut Value) {
    let out = object.pointer("/spec/egress").is_some();
    or_set(object, "/spec/policyTypes", if out { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) });
    for rules in ["/spec/ingress", "/spec/egress"] {
        each(object, rules, |rule| each(rule, "/ports", |port| or_set(port, "/protocol", "TCP")));
    }
}

/// A slice of endpoints.
pub(super) fn slice(object: &mut Value) {
    each(object, "/endpoints", |endpoint| or_set(endpoint, "/conditions", json!({})));
    each(object, "/ports", |port| {
        or_set(port, "/name", "");
        or_set(port, "/protocol", "TCP");
    });
}
