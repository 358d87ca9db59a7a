//! The containers of a pod, each with its state beside what it was asked to be.

use super::details::field;
use crate::model::time::Timestamp;
use crate::ui::theme::Role;
use crate::ui::views::outline::{Outline, plain};
use serde_json::Value;

/// How wide the keys of a container are.
const KEYS: u16 = 10;

/// A block for each container, in the order in which they start.
pub(super) fn containers(out: &mut Outline, pod: &Value) {
    for (title, list, statuses) in [
        ("init container", "initContainers", "initContainerStatuses"),
        ("container", "containers", "containerStatuses"),
        ("ephemeral container", "ephemeralContainers", "ephemeralContainerStatuses"),
    ] {
        let each = |of: &str, list: &str| pod.get(of).and_then(|s| s.get(list)).and_then(Value::as_array).cloned().unwrap_or_default();
        let statuses = each("status", statuses);
        for container in each("spec", list) {
            let name = field(&container, "name");
            let status = statuses.iter().find(|s| field(s, "name") == name).unwrap_or(&Value::Null);
            out.heading(title, name);
            block(out, &container, status);
        }
    }
}

fn put(out: &mut Outline, key: &str, text: &str) {
    if !text.is_empty() {
        out.pair(2, KEYS, key, text, Role::Text);
    }
}

fn block(out: &mut Outline, container: &Value, status: &Value) {
    put(out, "image", field(container, "image"));
    let (state, role) = state(out, status.get("state"));
    out.pair(2, KEYS, "state", &state, role);
    if let Some(last) = status.get("lastState").filter(|s| s.as_object().is_some_and(|m| !m.is_empty())) {
        let (last, role) = self::state(out, Some(last));
        out.pair(2, KEYS, "last state", &last, role);
    }
    let ready = status.get("ready").and_then(Value::as_bool).unwrap_or_default();
    put(out, "ready", if ready { "yes" } else { "no" });
    let restarts = status.get("restartCount").and_then(Value::as_i64).unwrap_or_default();
    out.pair(2, KEYS, "restarts", &restarts.to_string(), if restarts > 0 { Role::StatusWarn } else { Role::Text });
    for what in ["requests", "limits"] {
        put(out, what, &amounts(container.pointer(&format!("/resources/{what}"))));
    }
    for what in ["command", "args"] {
        put(out, what, &joined(container.get(what), plain, " "));
    }
    put(out, "ports", &joined(container.get("ports"), port, ", "));
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        put(out, probe.trim_end_matches("Probe"), &container.get(probe).map_or_else(String::new, self::probe));
    }
    let mut key = "env";
    for source in container.get("envFrom").and_then(Value::as_array).into_iter().flatten() {
        put(out, std::mem::take(&mut key), &all_of(source));
    }
    for variable in container.get("env").and_then(Value::as_array).into_iter().flatten() {
        put(out, std::mem::take(&mut key), &self::variable(variable));
    }
    let mut key = "mounts";
    for mount in container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten() {
        let only = if mount.get("readOnly").and_then(Value::as_bool) == Some(true) { ", read only" } else { "" };
        put(out, std::mem::take(&mut key), &format!("{} from {}{only}", field(mount, "mountPath"), field(mount, "name")));
    }
}

/// `running`, `waiting` or `terminated`, with why and since when.
fn state(out: &mut Outline, state: Option<&Value>) -> (String, Role) {
    let Some((name, state)) = state.and_then(Value::as_object).and_then(|m| m.iter().next()) else {
        return ("not started".to_owned(), Role::Dim);
    };
    let mut told = name.clone();
    let mut role = Role::Text;
    let reason = field(state, "reason");
    if !reason.is_empty() {
        told += &format!(": {reason}");
    }
    if let Some(code) = state.get("exitCode").and_then(Value::as_i64) {
        told += &format!(", exit code {code}");
        role = if code == 0 { Role::StatusDone } else { Role::StatusBad };
    }
    if name == "waiting" {
        role = if ["ContainerCreating", "PodInitializing", ""].contains(&reason) { Role::StatusBusy } else { Role::StatusBad };
    }
    if let Some(at) = Timestamp::parse(field(state, "finishedAt")) {
        told += &format!(", {} ago", out.ago(at));
    } else if let Some(at) = Timestamp::parse(field(state, "startedAt")) {
        told += &format!(" for {}", out.ago(at));
    }
    let message = field(state, "message").trim();
    if !message.is_empty() {
        told += &format!("\n{message}");
    }
    (told, role)
}

/// The entries of a list, each in a word.
fn joined(list: Option<&Value>, told: impl Fn(&Value) -> String, between: &str) -> String {
    list.and_then(Value::as_array).into_iter().flatten().map(told).collect::<Vec<_>>().join(between)
}

fn amounts(map: Option<&Value>) -> String {
    let amounts = map.and_then(Value::as_object).into_iter().flatten();
    amounts.map(|(what, much)| format!("{what} {}", plain(much))).collect::<Vec<_>>().join(", ")
}

fn port(port: &Value) -> String {
    let number = port.get("containerPort").map_or_else(String::new, plain);
    let protocol = Some(field(port, "protocol")).filter(|p| !p.is_empty()).unwrap_or("TCP");
    let host = port.get("hostPort").map_or_else(String::new, |h| format!(" on host port {h}"));
    format!("{} {number}/{protocol}{host}", field(port, "name")).trim().to_owned()
}

/// A variable and where its value comes from. Values of Secrets stay where they are.
fn variable(variable: &Value) -> String {
    let name = field(variable, "name");
    let Some((source, from)) = variable.get("valueFrom").and_then(Value::as_object).and_then(|m| m.iter().next()) else {
        return format!("{name} = {}", field(variable, "value"));
    };
    let from = match source.as_str() {
        "secretKeyRef" => format!("Secret {}, key {}", field(from, "name"), field(from, "key")),
        "configMapKeyRef" => format!("ConfigMap {}, key {}", field(from, "name"), field(from, "key")),
        "fieldRef" => format!("field {}", field(from, "fieldPath")),
        "resourceFieldRef" => format!("resource {}", field(from, "resource")),
        other => other.to_owned(),
    };
    format!("{name} from {from}")
}

fn all_of(source: &Value) -> String {
    let named = |kind: &str, field_name: &str| source.get(field_name).map(|r| format!("all of {kind} {}", field(r, "name")));
    let of = named("ConfigMap", "configMapRef").or_else(|| named("Secret", "secretRef")).unwrap_or_default();
    let prefix = field(source, "prefix");
    if prefix.is_empty() { of } else { format!("{of}, as {prefix}…") }
}

fn probe(probe: &Value) -> String {
    let text = |of: &Value, name: &str| of.get(name).map_or_else(String::new, plain);
    let what = if let Some(http) = probe.get("httpGet") {
        format!("http GET :{}{}", text(http, "port"), field(http, "path"))
    } else if let Some(tcp) = probe.get("tcpSocket") {
        format!("tcp :{}", text(tcp, "port"))
    } else if let Some(grpc) = probe.get("grpc") {
        format!("grpc :{} {}", text(grpc, "port"), field(grpc, "service")).trim_end().to_owned()
    } else {
        format!("exec {}", joined(probe.pointer("/exec/command"), plain, " "))
    };
    let number = |name: &str, otherwise: i64| probe.get(name).and_then(Value::as_i64).unwrap_or(otherwise);
    let first = match number("initialDelaySeconds", 0) {
        0 => String::new(),
        delay => format!(", first after {delay} s"),
    };
    let (every, timeout, failures) = (number("periodSeconds", 10), number("timeoutSeconds", 1), number("failureThreshold", 3));
    format!("{what} every {every} s{first}, timeout {timeout} s, fails after {failures}")
}
