//! The defaults of pods and of the templates that they are made from.

use super::each;
use crate::demo::json::{entries, escape, is_true, list, or_set, set, text};
use serde_json::{Value, json};

/// What a pod has that a template has not. Tolerations and the account come from admission, and only at first.
pub(super) fn pod(object: &mut Value, new: bool) {
    spec(object, "/spec");
    or_set(object, "/spec/enableServiceLinks", true);
    let host = is_true(object, "/spec/hostNetwork");
    for place in ["/spec/containers", "/spec/initContainers"] {
        each(object, place, |container| {
            requests(container);
            if host {
                each(container, "/ports", |port| {
                    let number = port.get("containerPort").cloned().unwrap_or_default();
                    or_set(port, "/hostPort", number);
                });
            }
        });
    }
    if new {
        or_set(object, "/status/phase", "Pending");
        let class = quality(object);
        or_set(object, "/status/qosClass", class);
    }
}

/// What the admission plugins DefaultTolerationSeconds, Priority and ServiceAccount add.
pub(super) fn admitted(object: &mut Value) {
    const SECONDS: i64 = 300;
    let mut tolerations = list(object, "/spec/tolerations").to_vec();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let any = |t: &Value| {
            text(t, "/key").is_none_or(|k| k == key || k.is_empty()) && matches!(text(t, "/effect"), None | Some("" | "NoExecute"))
        };
        if !tolerations.iter().any(any) {
            tolerations.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": SECONDS}));
        }
    }
    set(object, "/spec/tolerations", tolerations);
    or_set(object, "/spec/serviceAccountName", "default");
    let account = text(object, "/spec/serviceAccountName").unwrap_or_default().to_owned();
    set(object, "/spec/serviceAccount", account);
}

/// What is limited is requested, if nothing else is.
fn requests(container: &mut Value) {
    let limits: Vec<(String, Value)> = entries(container, "/resources/limits").map(|(k, v)| (k.to_owned(), v.clone())).collect();
    for (name, value) in limits {
        or_set(container, &format!("/resources/requests/{}", escape(&name)), value);
    }
}

/// The class of service that a pod gets.
fn quality(object: &Value) -> &'static str {
    let all = || ["/spec/containers", "/spec/initContainers"].into_iter().flat_map(|place| list(object, place));
    let amount = |c: &Value, sort: &str, name: &str| text(c, &format!("/resources/{sort}/{name}")).map(str::to_owned);
    let counts = |c: &Value| ["cpu", "memory"].iter().any(|n| amount(c, "requests", n).is_some() || amount(c, "limits", n).is_some());
    if !all().any(counts) {
        return "BestEffort";
    }
    let same = |c: &Value| {
        ["cpu", "memory"].iter().all(|n| amount(c, "limits", n).is_some() && amount(c, "limits", n) == amount(c, "requests", n))
    };
    if all().all(same) { "Guaranteed" } else { "Burstable" }
}

/// The defaults of the spec of a pod.
pub(super) fn spec(object: &mut Value, place: &str) {
    let Some(spec) = object.pointer_mut(place).filter(|s| s.is_object()) else { return };
    for (place, value) in [("/restartPolicy", "Always"), ("/dnsPolicy", "ClusterFirst"), ("/schedulerName", "default-scheduler")] {
        or_set(spec, place, value);
    }
    or_set(spec, "/terminationGracePeriodSeconds", 30);
    or_set(spec, "/securityContext", json!({}));
    match (text(spec, "/serviceAccountName"), text(spec, "/serviceAccount")) {
        (Some(name), _) if !name.is_empty() => {
            let name = name.to_owned();
            set(spec, "/serviceAccount", name);
        }
        (_, Some(old)) if !old.is_empty() => {
            let old = old.to_owned();
            set(spec, "/serviceAccountName", old);
        }
        _ => {}
    }
    each(spec, "/volumes", volume);
    for place in ["/initContainers", "/containers", "/ephemeralContainers"] {
        each(spec, place, container);
    }
}

fn container(container: &mut Value) {
    or_set(container, "/resources", json!({}));
    or_set(container, "/terminationMessagePath", "/dev/termination-log");
    or_set(container, "/terminationMessagePolicy", "File");
    let policy = pull_policy(text(container, "/image").unwrap_or_default());
    or_set(container, "/imagePullPolicy", policy);
    each(container, "/ports", |port| or_set(port, "/protocol", "TCP"));
    each(container, "/env", |variable| field_reference(variable, "/valueFrom/fieldRef"));
    for probe in ["/livenessProbe", "/readinessProbe", "/startupProbe"] {
        if let Some(probe) = container.pointer_mut(probe) {
            for (place, value) in [("/timeoutSeconds", 1), ("/periodSeconds", 10), ("/successThreshold", 1), ("/failureThreshold", 3)] {
                or_set(probe, place, value);
            }
            http(probe);
            if probe.get("grpc").is_some() {
                or_set(probe, "/grpc/service", "");
            }
        }
    }
    for handler in ["/lifecycle/postStart", "/lifecycle/preStop"] {
        container.pointer_mut(handler).into_iter().for_each(http);
    }
}

fn http(handler: &mut Value) {
    if handler.get("httpGet").is_some() {
        or_set(handler, "/httpGet/path", "/");
        or_set(handler, "/httpGet/scheme", "HTTP");
    }
}

fn field_reference(object: &mut Value, place: &str) {
    if object.pointer(place).is_some() {
        or_set(object, &format!("{place}/apiVersion"), "v1");
    }
}

/// An image that may change under its name is pulled each time.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or_default();
    let tag = name.split_once(':').map(|(_, tag)| tag);
    if image.contains('@') || tag.is_some_and(|t| t != "latest") { "IfNotPresent" } else { "Always" }
}

fn volume(volume: &mut Value) {
    const MODE: i64 = 0o644;
    let Some(map) = volume.as_object() else { return };
    if !map.keys().any(|k| k != "name") {
        set(volume, "/emptyDir", json!({}));
    }
    for source in ["/configMap", "/secret", "/downwardAPI", "/projected"] {
        if volume.pointer(source).is_some() {
            or_set(volume, &format!("{source}/defaultMode"), MODE);
        }
    }
    if volume.get("hostPath").is_some() {
        or_set(volume, "/hostPath/type", "");
    }
    each(volume, "/downwardAPI/items", |item| field_reference(item, "/fieldRef"));
    each(volume, "/projected/sources", |source| {
        if source.get("serviceAccountToken").is_some() {
            or_set(source, "/serviceAccountToken/expirationSeconds", 3600);
        }
        each(source, "/downwardAPI/items", |item| field_reference(item, "/fieldRef"));
    });
    if volume.pointer("/ephemeral/volumeClaimTemplate").is_some() {
        or_set(volume, "/ephemeral/volumeClaimTemplate/spec/volumeMode", "Filesystem");
    }
}
