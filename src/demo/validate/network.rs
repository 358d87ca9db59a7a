//! Services and ingresses.

use super::errors::Errors;
use super::{format, labels};
use crate::demo::json::{int, list, text};
use serde_json::{Value, json};

/// A service.
pub(super) fn service(new: &Value, errors: &mut Errors) {
    let sort = text(new, "/spec/type").unwrap_or_default();
    let address = text(new, "/spec/clusterIP").unwrap_or_default();
    let ports = list(new, "/spec/ports");
    if ports.is_empty() && address != "None" && sort != "ExternalName" {
        errors.required("spec.ports", "");
    }
    let mut names = Vec::new();
    for (i, port) in ports.iter().enumerate() {
        service_port(port, &format!("spec.ports[{i}]"), ports.len() > 1, &mut names, errors);
    }
    labels(new, "/spec/selector", "spec.selector", errors);
    errors.one_of(new, "/spec/sessionAffinity", "spec.sessionAffinity", &["ClientIP", "None"]);
    errors.one_of(new, "/spec/type", "spec.type", &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
    if sort == "ExternalName" && text(new, "/spec/externalName").unwrap_or_default().is_empty() {
        errors.required("spec.externalName", "");
    }
    let policy = text(new, "/spec/externalTrafficPolicy").unwrap_or_default();
    if sort == "ClusterIP" && !policy.is_empty() && list(new, "/spec/externalIPs").is_empty() {
        errors.invalid("spec.externalTrafficPolicy", policy, "may only be set for externally-accessible services");
    }
    if !["", "None"].contains(&address) {
        match address.parse::<std::net::IpAddr>() {
            Err(_) => errors.invalid("spec.clusterIPs[0]", address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
            Ok(_) if !address.starts_with("10.96.") => {
                let why = format!("failed to allocate IP {address}: the provided network does not match the current range");
                errors.invalid("spec.clusterIPs", json!([address]), &why);
            }
            Ok(_) => {}
        }
    }
}

fn service_port<'v>(port: &'v Value, field: &str, many: bool, names: &mut Vec<&'v str>, errors: &mut Errors) {
    let at = |name: &str| format!("{field}.{name}");
    let name = text(port, "/name").unwrap_or_default();
    if name.is_empty() && many {
        errors.required(&at("name"), "");
    } else if !name.is_empty() {
        format::label(name).iter().for_each(|why| errors.invalid(&at("name"), name, why));
        if names.contains(&name) {
            errors.duplicate(&at("name"), name);
        }
        names.push(name);
    }
    errors.port(int(port, "/port").unwrap_or_default(), &at("port"));
    errors.one_of(port, "/protocol", &at("protocol"), &["SCTP", "TCP", "UDP"]);
    match port.get("targetPort") {
        Some(Value::String(name)) => format::port_name(name).iter().for_each(|why| errors.invalid(&at("targetPort"), name.as_str(), why)),
        Some(Value::Number(n)) => errors.port(n.as_i64().unwrap_or_default(), &at("targetPort")),
        _ => {}
    }
    if let Some(n) = int(port, "/nodePort").filter(|n| !(30_000..=32_767).contains(n)) {
        let why = "provided port is not in the valid range. The range of valid ports is 30000-32767";
        errors.invalid(&at("nodePort"), n, why);
    }
}

/// An ingress.
pub(super) fn ingress(new: &Value, errors: &mut Errors) {
    let rules = list(new, "/spec/rules");
    if rules.is_empty() && new.pointer("/spec/defaultBackend").is_none() {
        errors.invalid("spec", Value::Null, "either `defaultBackend` or `rules` must be specified");
    }
    for (i, rule) in rules.iter().enumerate() {
        if let Some(host) = text(rule, "/host").filter(|h| !h.is_empty() && !h.starts_with("*.")) {
            format::subdomain(host).iter().for_each(|why| errors.invalid(&format!("spec.rules[{i}].host"), host, why));
        }
        for (j, path) in list(rule, "/http/paths").iter().enumerate() {
            let field = format!("spec.rules[{i}].http.paths[{j}]");
            match (text(path, "/pathType"), text(path, "/path").unwrap_or_default()) {
                (None, _) => errors.required(&format!("{field}.pathType"), "pathType must be specified"),
                (Some("Exact" | "Prefix"), p) if !p.starts_with('/') => {
                    errors.invalid(&format!("{field}.path"), p, "must be an absolute path");
                }
                _ => errors.one_of(path, "/pathType", &format!("{field}.pathType"), &["Exact", "ImplementationSpecific", "Prefix"]),
            }
            backend(path, &format!("{field}.backend"), errors);
        }
    }
}

fn backend(path: &Value, field: &str, errors: &mut Errors) {
    match (path.pointer("/backend/service"), path.pointer("/backend/resource")) {
        (None, None) => errors.invalid(field, "", "resource or service backend is required"),
        (Some(service), _) if text(service, "/name").unwrap_or_default().is_empty() => {
            errors.required(&format!("{field}.service.name"), "")
        }
        _ => {}
    }
}
