//! Which pod a stream leads to, and what became of it when a stream broke.

use super::super::link::{Link, Up, Wire};
use super::super::watch::escape;
use super::pulse::Fate;
use crate::model::catalog::Resource;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::GroupResource;
use crate::model::selector;
use http::Request;
use kube::client::Body;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// What has gone wrong with a pod is not waited for longer than this.
const LOOK: Duration = Duration::from_secs(3);

/// The pod of this name, or the one that is meant by something else: the ready one that is oldest, or else the one that is furthest on.
///
/// # Errors
/// Where there is none, or nothing can be asked.
pub async fn find(link: &Link, resource: &Resource, namespace: &str, name: &str) -> Result<Value, Fault> {
    let (up, object) = (link.up().await?, read(link, resource, namespace, name).await?);
    if &*resource.id.resource == "pods" {
        return Ok(object);
    }
    let told = |why: &str| Fault::new(FaultKind::Gone, format!("{} {name} {why}", resource.singular));
    let selector = selector_of(&resource.id, &object).ok_or_else(|| told("selects no pods"))?;
    let list = get(link, &up, &format!("/api/v1/namespaces/{}/pods?labelSelector={}", escape(namespace), escape(&selector))).await?;
    let pods = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    pods.into_iter().max_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| created(b).cmp(created(a)))).ok_or_else(|| told("has no pods"))
}

/// An object.
///
/// # Errors
/// Where it is not there, or nothing can be asked.
pub async fn read(link: &Link, resource: &Resource, namespace: &str, name: &str) -> Result<Value, Fault> {
    get(link, &link.up().await?, &format!("{}/{}", resource.path(Some(namespace)), escape(name))).await
}

/// What selects the pods of an object.
pub(super) fn selector_of(kind: &GroupResource, object: &Value) -> Option<String> {
    let spec = object.pointer("/spec/selector")?;
    // Services, and what was there before selectors had operators, name labels alone.
    let written = if kind.group.is_empty() { selector::written(&json!({"matchLabels": spec})) } else { selector::written(spec) };
    written.filter(|selector| !selector.is_empty())
}

pub(super) fn created(pod: &Value) -> &str {
    pod.pointer("/metadata/creationTimestamp").and_then(Value::as_str).unwrap_or_default()
}

/// How fit a pod is to be talked to.
pub(super) fn rank(pod: &Value) -> u8 {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    let goes = pod.pointer("/metadata/deletionTimestamp").is_some();
    match (phase, goes) {
        ("Running", false) if is_ready(pod) => 4,
        ("Running", false) => 3,
        ("Running", true) => 2,
        ("Pending", _) => 1,
        _ => 0,
    }
}

/// True where a pod says that it is ready.
fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let is = |c: &Value, key: &str, value: &str| c.get(key).and_then(Value::as_str) == Some(value);
    conditions.into_iter().flatten().any(|c| is(c, "type", "Ready") && is(c, "status", "True"))
}

/// Why a stream to a pod broke, as far as the pod tells; the path is that of the stream.
pub(super) async fn fate(link: &Link, up: &Up, path: &str) -> Option<String> {
    let (pod, _) = path.rsplit_once('/')?;
    let uri: Vec<String> = pod.split('/').map(escape).collect();
    match timeout(LOOK, get(link, up, &uri.join("/"))).await.ok()? {
        Err(why) if why.kind == FaultKind::Gone => Some("the pod is gone".to_owned()),
        Err(_) => None,
        Ok(pod) if pod.pointer("/metadata/deletionTimestamp").is_some() => Some("the pod is being deleted".to_owned()),
        Ok(pod) => ended(&pod),
    }
}

/// The way of a stream to its pod.
pub(super) struct Way {
    pub(super) link: Link,
    pub(super) up: Up,
    /// The path of the stream.
    pub(super) path: String,
}

impl Fate for Way {
    async fn over(&self) -> Option<String> {
        if matches!(self.link.now(), None | Some(Wire::Down { .. })) {
            return Some("the connection to the cluster is lost".to_owned());
        }
        fate(&self.link, &self.up, &self.path).await
    }
}

/// How the pod's container ended, if it did.
fn ended(pod: &Value) -> Option<String> {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str)?;
    let reason = pod.pointer("/status/reason").and_then(Value::as_str);
    matches!(phase, "Failed" | "Succeeded")
        .then(|| reason.map_or_else(|| format!("the pod has ended: {phase}"), |r| format!("the pod has ended: {r}")))
}

pub(super) async fn get(link: &Link, up: &Up, uri: &str) -> Result<Value, Fault> {
    let request = Request::get(uri).body(Body::empty()).map_err(|e| Fault::new(FaultKind::Invalid, e.to_string()))?;
    let answer = link.ask(up, request).await?;
    serde_json::from_slice(&answer).map_err(|e| Fault::new(FaultKind::Garbled, e.to_string()))
}
