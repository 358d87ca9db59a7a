//! Where a forward leads: to whichever pod of an object is fit, and to the number that its port has there.

use super::super::link::{Link, Up};
use super::super::watch::escape;
use super::pod::{created, get, rank, selector_of};
use crate::model::fault::{Fault, FaultKind};
use crate::model::forward::Port;
use crate::model::id::GroupResource;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What was seen so recently still holds: many connections come at once.
const FRESH: Duration = Duration::from_secs(1);
/// A pod that runs and does not go, whether it is ready or not.
const FIT: u8 = 3;
/// One that is ready too.
const READY: u8 = 4;

/// Where a forward leads.
pub struct Target {
    /// The namespace.
    pub namespace: Box<str>,
    kind: GroupResource,
    /// The path of the object that was named.
    path: String,
    port: Port,
    seen: Mutex<Seen>,
    doubted: std::sync::Mutex<Option<Box<str>>>,
}

/// What is known of it.
#[derive(Default)]
struct Seen {
    /// Which pods there are, and which port of them is meant.
    pods: Option<(Pods, Port)>,
    /// The pod that was fit, its port, and when.
    last: Option<(Box<str>, u16, Instant)>,
}

/// Which pods a forward may lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pods {
    /// The one of this name, which somebody else may have by then: whoever is one of a set is waited for.
    Named(Box<str>),
    /// Any that these labels select.
    Selected(String),
}

impl Target {
    /// The port of an object, by the path at which that is read.
    pub fn new(kind: GroupResource, namespace: Box<str>, path: &str, port: Port) -> Self {
        let path = path.split('/').map(escape).collect::<Vec<_>>().join("/");
        Self { namespace, kind, path, port, seen: Mutex::default(), doubted: std::sync::Mutex::default() }
    }

    /// The pod that a connection goes to now, and the number of its port.
    ///
    /// # Errors
    /// Where there is none, or nothing can be asked.
    pub(super) async fn pod(&self, link: &Link) -> Result<(Box<str>, u16), Fault> {
        let mut seen = self.seen.lock().await;
        let doubted = self.doubted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some((pod, port, at)) = seen.last.as_ref().filter(|_| doubted.is_none())
            && at.elapsed() < FRESH
        {
            return Ok((pod.clone(), *port));
        }
        let up = link.up().await?;
        // A service may lead elsewhere by now; whoever else is one of a set stays that.
        if seen.pods.is_none() || *self.kind.resource == *"services" {
            let pods = self.pods(link, &up).await?;
            if seen.pods.as_ref() != Some(&pods) {
                (seen.pods, seen.last) = (Some(pods), None);
            }
        }
        let Some((pods, port)) = &seen.pods else { return Err(Fault::new(FaultKind::Gone, "there are no pods")) };
        let before = seen.last.as_ref().map(|(pod, ..)| pod.clone()).filter(|pod| Some(pod) != doubted.as_ref());
        let pod = self.fit(link, &up, pods, before.as_deref(), doubted.as_deref()).await?;
        let (found, number): (Box<str>, u16) = (name(&pod).into(), number(&pod, port)?);
        seen.last = Some((found.clone(), number, Instant::now()));
        Ok((found, number))
    }

    /// The pod that was found last does not answer: another one is better.
    pub(super) fn doubt(&self) {
        let last = self.seen.try_lock().ok().and_then(|seen| seen.last.as_ref().map(|(pod, ..)| pod.clone()));
        *self.doubted.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = last;
    }

    /// Which pods there are behind the object, and which port of them is meant.
    async fn pods(&self, link: &Link, up: &Up) -> Result<(Pods, Port), Fault> {
        let object = get(link, up, &self.path).await?;
        if *self.kind.resource == *"pods" {
            return Ok((self.beside(link, up, &object).await?, self.port.clone()));
        }
        let selector =
            selector_of(&self.kind, &object).ok_or_else(|| Fault::new(FaultKind::Gone, format!("{} selects no pods", self.kind)))?;
        let port = if *self.kind.resource == *"services" { target_port(&object, &self.port)? } else { self.port.clone() };
        Ok((Pods::Selected(selector), port))
    }

    /// A pod, and those that can stand in for it: of a Deployment any can, of everything else each is somebody.
    async fn beside(&self, link: &Link, up: &Up, pod: &Value) -> Result<Pods, Fault> {
        let owner = |object: &Value, kind: &str| {
            let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
            let is = |o: &&Value| o.get("controller") == Some(&Value::Bool(true)) && o.get("kind").and_then(Value::as_str) == Some(kind);
            owners.into_iter().flatten().find(is).and_then(|o| o.get("name")?.as_str().map(str::to_owned))
        };
        let at = |resource: &str, name: &str| format!("/apis/apps/v1/namespaces/{}/{resource}/{}", escape(&self.namespace), escape(name));
        let named = Pods::Named(name(pod).into());
        let Some(set) = owner(pod, "ReplicaSet") else { return Ok(named) };
        // Who may not read them gets this pod and no other.
        let Ok(set) = get(link, up, &at("replicasets", &set)).await else { return Ok(named) };
        let above = match owner(&set, "Deployment") {
            Some(deployment) => get(link, up, &at("deployments", &deployment)).await.unwrap_or(set),
            None => set,
        };
        Ok(selector_of(&GroupResource::new("apps", "deployments"), &above).map_or(named, Pods::Selected))
    }

    /// The pod that is fit: the one before as long as it is, unless it is doubted.
    async fn fit(&self, link: &Link, up: &Up, pods: &Pods, before: Option<&str>, doubted: Option<&str>) -> Result<Value, Fault> {
        let all = format!("/api/v1/namespaces/{}/pods", escape(&self.namespace));
        let none = |why: String| Fault::new(FaultKind::Gone, why);
        let one = if let Pods::Named(name) = pods { Some(&**name) } else { before };
        if let Some(one) = one {
            match get(link, up, &format!("{all}/{}", escape(one))).await {
                Ok(pod) if rank(&pod) == READY => return Ok(pod),
                Ok(pod) if matches!(pods, Pods::Named(_)) && rank(&pod) >= FIT => return Ok(pod),
                Ok(_) if matches!(pods, Pods::Named(_)) => return Err(none(format!("pod {one} does not run"))),
                Err(why) if why.kind != FaultKind::Gone || matches!(pods, Pods::Named(_)) => return Err(why),
                _ => {}
            }
        }
        let Pods::Selected(selector) = pods else { return Err(none("there is no such pod".to_owned())) };
        let list = get(link, up, &format!("{all}?labelSelector={}", escape(selector))).await?;
        let pods = list.get("items").and_then(Value::as_array).into_iter().flatten().filter(|pod| rank(pod) >= FIT);
        let best = pods.max_by(|a, b| {
            let fitness = |pod: &Value| (rank(pod), Some(name(pod)) != doubted);
            fitness(a).cmp(&fitness(b)).then_with(|| created(b).cmp(created(a)))
        });
        best.cloned().ok_or_else(|| none(format!("no pod with {selector} runs")))
    }
}

fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

/// The port of the pods that is behind a port of their service.
fn target_port(service: &Value, port: &Port) -> Result<Port, Fault> {
    let ports = || service.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten();
    let is = |entry: &&Value| match port {
        Port::Number(number) => entry.get("port").and_then(Value::as_u64) == Some(u64::from(*number)),
        Port::Name(name) => entry.get("name").and_then(Value::as_str) == Some(name),
    };
    let found = ports().find(is);
    let target = found.and_then(|entry| entry.get("targetPort").or_else(|| entry.get("port")));
    let read = |target: &Value| match target {
        Value::String(name) => Port::parse(name),
        other => other.as_u64().and_then(|n| u16::try_from(n).ok()).map(Port::Number),
    };
    target.and_then(read).ok_or_else(|| {
        let one = |entry: &Value| {
            let number = entry.get("port").map(Value::to_string).unwrap_or_default();
            entry.get("name").and_then(Value::as_str).map_or(number.clone(), |name| format!("{name} ({number})"))
        };
        let known: Vec<String> = ports().map(one).collect();
        Fault::new(FaultKind::Invalid, format!("service {} has no port {port}; there are {}", name(service), known.join(", ")))
    })
}

/// The number of a port in a pod.
fn number(pod: &Value, port: &Port) -> Result<u16, Fault> {
    let wanted = match port {
        Port::Number(number) => return Ok(*number),
        Port::Name(wanted) => wanted,
    };
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let mut ports = containers.filter_map(|c| c.get("ports")?.as_array()).flatten();
    let found = ports.find(|p| p.get("name").and_then(Value::as_str) == Some(wanted)).and_then(|p| p.get("containerPort")?.as_u64());
    let none = || Fault::new(FaultKind::Invalid, format!("pod {} has no port called {wanted}", name(pod)));
    found.and_then(|n| u16::try_from(n).ok()).ok_or_else(none)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_port_of_a_service_is_one_of_its_pods() {
        let service = json!({"metadata": {"name": "web"}, "spec": {"ports": [
            {"name": "http", "port": 80, "targetPort": "web"}, {"name": "admin", "port": 9000, "targetPort": 9001}, {"port": 53}]}});
        let pod = json!({"metadata": {"name": "web-1"}, "spec": {"containers": [{"name": "a"}, {"ports": [{"name": "web", "containerPort": 8080}]}]}});
        for (asked, wanted) in [
            ("80", Ok(8080)),
            ("http", Ok(8080)),
            ("9000", Ok(9001)),
            ("admin", Ok(9001)),
            ("53", Ok(53)),
            ("81", Err("service web has no port 81; there are http (80), admin (9000), 53")),
            ("web", Err("service web has no port web; there are http (80), admin (9000), 53")),
        ] {
            let found = target_port(&service, &Port::parse(asked).unwrap()).and_then(|port| number(&pod, &port));
            assert_eq!(found.map_err(|fault| fault.what), wanted.map_err(str::to_owned), "{asked}");
        }
        let none = number(&pod, &Port::Name("grpc".into()));
        assert_eq!(none.map_err(|fault| fault.what), Err("pod web-1 has no port called grpc".to_owned()));
    }
}
