//! The spec of a pod, also within a template.

use super::errors::Errors;
use super::{format, labels};
use crate::demo::json::{entries, int, list, text};
use crate::model::quantity::quantity;
use serde_json::Value;

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// The spec at a place of an object, which messages call `field`.
pub(super) fn spec(object: &Value, place: &str, field: &str, errors: &mut Errors) {
    let Some(spec) = object.pointer(place) else { return errors.required(&format!("{field}.containers"), "") };
    let at = |name: &str| format!("{field}.{name}");
    let mut volumes = volumes(spec, &at("volumes"), errors);
    volumes.extend(list(object, "/spec/volumeClaimTemplates").iter().filter_map(|claim| text(claim, "/metadata/name")));
    let mut names: Vec<&str> = Vec::new();
    if list(spec, "/containers").is_empty() {
        errors.required(&at("containers"), "");
    }
    for sort in ["containers", "initContainers"] {
        for (i, one) in list(spec, &format!("/{sort}")).iter().enumerate() {
            let field = at(&format!("{sort}[{i}]"));
            let name = text(one, "/name").unwrap_or_default();
            named(name, &mut names, &format!("{field}.name"), errors);
            container(one, &field, &volumes, errors);
        }
    }
    errors.one_of(spec, "/restartPolicy", &at("restartPolicy"), &["Always", "OnFailure", "Never"]);
    errors.one_of(spec, "/dnsPolicy", &at("dnsPolicy"), &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    labels(spec, "/nodeSelector", &at("nodeSelector"), errors);
    if let Some(n) = int(spec, "/activeDeadlineSeconds").filter(|n| *n < 1) {
        errors.invalid(&at("activeDeadlineSeconds"), n, "must be between 1 and 2147483647, inclusive");
    }
    for (place, name) in [("/serviceAccountName", "serviceAccountName"), ("/nodeName", "nodeName")] {
        let value = text(spec, place).unwrap_or_default();
        if !value.is_empty() {
            format::subdomain(value).iter().for_each(|why| errors.invalid(&at(name), value, why));
        }
    }
    if let Some(name) = text(spec, "/hostname").filter(|n| !n.is_empty()) {
        format::label(name).iter().for_each(|why| errors.invalid(&at("hostname"), name, why));
    }
    for (i, toleration) in list(spec, "/tolerations").iter().enumerate() {
        tolerates(toleration, &at(&format!("tolerations[{i}]")), errors);
    }
}

/// A name that has to be a label and the only one of its sort.
fn named<'v>(name: &'v str, known: &mut Vec<&'v str>, field: &str, errors: &mut Errors) {
    if name.is_empty() {
        return errors.required(field, "");
    }
    format::label(name).iter().for_each(|why| errors.invalid(field, name, why));
    if known.contains(&name) {
        errors.duplicate(field, name);
    }
    known.push(name);
}

fn volumes<'v>(spec: &'v Value, field: &str, errors: &mut Errors) -> Vec<&'v str> {
    let mut names = Vec::new();
    for (i, volume) in list(spec, "/volumes").iter().enumerate() {
        let field = format!("{field}[{i}]");
        let sources = entries(volume, "").map(|(k, _)| k).filter(|k| *k != "name").collect::<Vec<_>>();
        // In the order of the fields of the struct, the first one counts.
        let mut sources: Vec<&str> = sources;
        sources.sort_by_key(|s| SOURCES.iter().position(|k| k == s));
        sources.iter().skip(1).for_each(|s| errors.forbidden(&format!("{field}.{s}"), "may not specify more than 1 volume type"));
        named(text(volume, "/name").unwrap_or_default(), &mut names, &format!("{field}.name"), errors);
    }
    names
}

const SOURCES: [&str; 10] =
    ["emptyDir", "hostPath", "secret", "nfs", "persistentVolumeClaim", "downwardAPI", "configMap", "csi", "projected", "ephemeral"];

fn container(container: &Value, field: &str, volumes: &[&str], errors: &mut Errors) {
    let at = |name: &str| format!("{field}.{name}");
    if text(container, "/image").unwrap_or_default().is_empty() {
        errors.required(&at("image"), "");
    }
    ports(container, &at("ports"), errors);
    variables(container, &at("env"), errors);
    mounts(container, &at("volumeMounts"), volumes, errors);
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(value) = container.get(probe) {
            check_probe(value, &at(probe), probe != "readinessProbe", errors);
        }
    }
    errors.one_of(container, "/terminationMessagePolicy", &at("terminationMessagePolicy"), &["File", "FallbackToLogsOnError"]);
    errors.one_of(container, "/imagePullPolicy", &at("imagePullPolicy"), &["Always", "IfNotPresent", "Never"]);
    resources(container, &at("resources"), errors);
}

fn ports(container: &Value, field: &str, errors: &mut Errors) {
    let mut names = Vec::new();
    for (i, port) in list(container, "/ports").iter().enumerate() {
        let at = |name: &str| format!("{field}[{i}].{name}");
        if let Some(name) = text(port, "/name").filter(|n| !n.is_empty()) {
            let wrong = format::port_name(name);
            wrong.iter().for_each(|why| errors.invalid(&at("name"), name, why));
            if wrong.is_empty() && names.contains(&name) {
                errors.duplicate(&at("name"), name);
            }
            names.push(name);
        }
        match int(port, "/containerPort").unwrap_or_default() {
            0 => errors.required(&at("containerPort"), ""),
            number => errors.port(number, &at("containerPort")),
        }
        if let Some(number) = int(port, "/hostPort").filter(|n| *n != 0) {
            errors.port(number, &at("hostPort"));
        }
        errors.one_of(port, "/protocol", &at("protocol"), &PROTOCOLS);
    }
}

fn variables(container: &Value, field: &str, errors: &mut Errors) {
    for (i, variable) in list(container, "/env").iter().enumerate() {
        let at = |name: &str| format!("{field}[{i}].{name}");
        let name = text(variable, "/name").unwrap_or_default();
        if name.is_empty() {
            errors.required(&at("name"), "");
        } else if !name.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=') {
            let why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
            errors.invalid(&at("name"), name, why);
        }
        let value = text(variable, "/value").unwrap_or_default();
        if !value.is_empty() && variable.get("valueFrom").is_some() {
            errors.invalid(&at("valueFrom"), "", "may not be specified when `value` is not empty");
        }
        if let Some(path) =
            text(variable, "/valueFrom/fieldRef/fieldPath").filter(|p| !["metadata.", "spec.", "status."].iter().any(|s| p.starts_with(s)))
        {
            errors.invalid(
                &at("valueFrom.fieldRef.fieldPath"),
                path,
                &format!("error converting fieldPath: field label not supported: {path}"),
            );
        }
    }
}

fn mounts(container: &Value, field: &str, volumes: &[&str], errors: &mut Errors) {
    let mut paths = Vec::new();
    for (i, mount) in list(container, "/volumeMounts").iter().enumerate() {
        let at = |name: &str| format!("{field}[{i}].{name}");
        let (name, path) = (text(mount, "/name").unwrap_or_default(), text(mount, "/mountPath").unwrap_or_default());
        if name.is_empty() {
            errors.required(&at("name"), "");
        } else if !volumes.contains(&name) {
            errors.not_found(&at("name"), name);
        }
        if path.is_empty() {
            errors.required(&at("mountPath"), "");
        }
        if paths.contains(&path) {
            errors.invalid(&at("mountPath"), path, "must be unique");
        }
        paths.push(path);
    }
}

fn check_probe(probe: &Value, field: &str, once: bool, errors: &mut Errors) {
    let handlers: Vec<&str> = ["exec", "httpGet", "tcpSocket", "grpc"].into_iter().filter(|h| probe.get(h).is_some()).collect();
    if handlers.is_empty() {
        errors.required(field, "must specify a handler type");
    }
    handlers.iter().skip(1).for_each(|h| errors.forbidden(&format!("{field}.{h}"), "may not specify more than 1 handler type"));
    for handler in ["httpGet", "tcpSocket"] {
        if let Some(number) = int(probe, &format!("/{handler}/port")) {
            errors.port(number, &format!("{field}.{handler}.port"));
        }
    }
    for name in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        errors.not_negative(probe, &format!("/{name}"), &format!("{field}.{name}"));
    }
    if let Some(n) = int(probe, "/successThreshold").filter(|n| once && *n != 1) {
        errors.invalid(&format!("{field}.successThreshold"), n, "must be 1");
    }
}

/// Requests and limits of a container.
fn resources(container: &Value, field: &str, errors: &mut Errors) {
    for sort in ["limits", "requests"] {
        for (name, value) in entries(container, &format!("/resources/{sort}")) {
            let field = format!("{field}.{sort}[{name}]");
            let standard = ["cpu", "memory", "ephemeral-storage"].contains(&name) || name.starts_with("hugepages-");
            if !standard && !name.contains('/') {
                errors.invalid(&field, name, "must be a standard resource type or fully qualified");
                errors.invalid(&field, name, "must be a standard resource for containers");
            }
            amount(value, &field, !standard, errors);
        }
    }
    for (name, limit) in entries(container, "/resources/limits") {
        let request = text(container, &format!("/resources/requests/{}", crate::demo::json::escape(name)));
        let (Some(request), Some(limit)) = (request, limit.as_str()) else { continue };
        let (Some(wanted), Some(most)) = (quantity(request), quantity(limit)) else { continue };
        if name.contains('/') && (wanted - most).abs() > f64::EPSILON {
            errors.invalid(&format!("{field}.requests"), request, &format!("must be equal to {name} limit of {limit}"));
        } else if wanted > most {
            errors.invalid(&format!("{field}.requests"), request, &format!("must be less than or equal to {name} limit of {limit}"));
        }
    }
}

/// An amount of a resource: not below zero, and whole where it is counted.
pub(super) fn amount(value: &Value, field: &str, whole: bool, errors: &mut Errors) {
    let Some((text, number)) = value.as_str().and_then(|t| Some((t, quantity(t)?))) else { return };
    if number < 0.0 {
        errors.invalid(field, text, "must be greater than or equal to 0");
    }
    if whole && number.fract() != 0.0 {
        errors.invalid(field, text, "must be an integer");
    }
}

fn tolerates(toleration: &Value, field: &str, errors: &mut Errors) {
    let part = |name: &str| toleration.get(name).and_then(Value::as_str).unwrap_or_default();
    let at = |name: &str| format!("{field}.{name}");
    let (key, operator, effect) = (part("key"), part("operator"), part("effect"));
    if !key.is_empty() {
        format::qualified(key).iter().for_each(|why| errors.invalid(&at("key"), key, why));
    } else if operator != "Exists" {
        let why = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        errors.invalid(&at("operator"), operator, why);
    }
    if toleration.get("tolerationSeconds").is_some() && effect != "NoExecute" {
        errors.invalid(&at("effect"), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    match operator {
        "" | "Equal" => format::label_value(part("value")).iter().for_each(|why| errors.invalid(&at("operator"), part("value"), why)),
        "Exists" if !part("value").is_empty() => {
            errors.invalid(&at("operator"), part("value"), "value must be empty when `operator` is 'Exists'")
        }
        "Exists" => {}
        other => errors.unsupported(&at("operator"), other, &["Equal", "Exists"]),
    }
    if !effect.is_empty() {
        errors.one_of(toleration, "/effect", &at("effect"), &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    }
}
