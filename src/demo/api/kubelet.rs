//! What kubelets answer through an API server: logs, exec, attach and forwarded ports of pods.

use super::body::{Body, whole};
use super::request::{Asked, Target};
use crate::demo::cluster::{Cluster, now};
use crate::demo::json::{Millis, list, text};
use crate::demo::logs::body::{Follower, Look, View, body};
use crate::demo::logs::query::{Query, container, plan};
use crate::demo::logs::{HISTORY, Sickness, spec};
use crate::demo::rbac;
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::Object;
use crate::demo::stream::shell::{Machine, Shell};
use crate::demo::stream::{attach, exec, forward, placed, runs};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use std::sync::Arc;

/// True for what is answered here.
pub(super) fn is_asked(target: &Target) -> bool {
    target.resource.id() == "pods" && matches!(target.subresource.as_str(), "log" | "exec" | "attach" | "portforward")
}

/// Answers a request about a pod that its kubelet would answer.
pub(super) fn answer(cluster: &Arc<Cluster>, target: &Target, asked: &Asked, mut request: Request<Incoming>) -> Answer<Response<Body>> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    if target.subresource == "log" {
        return log(cluster, target, &query);
    }
    // Whoever may only get has no business in there (`AuthorizePodWebsocketUpgradeCreatePermission`).
    let create = rbac::Attributes { verb: "create", ..asked.attributes(target) };
    cluster.look(|sim| rbac::check(&sim.store, &asked.user, &create))?;
    let pod = cluster.with(|sim| find(sim, target))?.value();
    placed(&pod)?;
    let answer = match target.subresource.as_str() {
        "portforward" => forward(&mut request, &target.name)?,
        "attach" => attach_to(cluster, target, &pod, &query, &mut request)?,
        _ => exec_in(cluster, &pod, &query, &mut request)?,
    };
    Ok(answer.map(|()| whole(Bytes::new())))
}

fn find(sim: &Sim, target: &Target) -> Answer<Arc<Object>> {
    let found = sim.store.get("pods", &target.namespace, &target.name).cloned();
    found.ok_or_else(|| Refusal::not_found(&target.resource, &target.name))
}

fn log(cluster: &Arc<Cluster>, target: &Target, query: &str) -> Answer<Response<Body>> {
    let query = Query::read(&target.name, query)?;
    let (pod, seed, now) = cluster.with(|sim| find(sim, target).map(|o| (o, sim.world.seed, sim.store.now)))?;
    let pod = pod.value();
    let container = container(&pod, &query.container)?;
    cluster.look(|sim| reach(sim, &pod, &container))?;
    let plan = plan(seed, &pod, query, now, cluster.born - HISTORY)?;
    let look = look(cluster, target, &pod, &container);
    let mut answer = Response::new(body(plan, cluster.changes(), look).map_err(|never| match never {}).boxed_unsync());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(answer)
}

/// Refuses what is on a machine that nobody hears from.
fn reach(sim: &Sim, pod: &Value, container: &str) -> Answer<()> {
    let node = text(pod, "/spec/nodeName").unwrap_or_default();
    if !sim.world.lost.contains_key(node) {
        return Ok(());
    }
    let machine = sim.store.get("nodes", "", node).map(|o| o.value()).unwrap_or_default();
    let address =
        list(&machine, "/status/addresses").iter().find(|a| text(a, "/type") == Some("InternalIP")).and_then(|a| text(a, "/address"));
    let address = address.unwrap_or(node);
    let (namespace, name) = (text(pod, "/metadata/namespace").unwrap_or_default(), text(pod, "/metadata/name").unwrap_or_default());
    let url = format!("https://{address}:10250/containerLogs/{namespace}/{name}/{container}");
    Err(Refusal::new(500, "", format!("Get {url:?}: dial tcp {address}:10250: connect: no route to host")))
}

/// Looks at a pod as long as it is the same one.
fn look(cluster: &Arc<Cluster>, target: &Target, pod: &Value, container: &str) -> Look {
    let cluster = Arc::downgrade(cluster);
    let (namespace, name, container) = (target.namespace.clone(), target.name.clone(), container.to_owned());
    let uid = text(pod, "/metadata/uid").unwrap_or_default().to_owned();
    Box::new(move || {
        cluster.upgrade()?.with(|sim| {
            let pod = sim.store.get("pods", &namespace, &name).filter(|o| *o.uid == *uid).cloned()?;
            let sick = sickness(sim, &pod.value(), &container);
            Some(View { pod, now: sim.store.now, sick })
        })
    })
}

/// How ill a container is: as many of its requests fail as its program says, and more where it does not get ready.
fn sickness(sim: &Sim, pod: &Value, container: &str) -> Sickness {
    let Some(spec) = spec(pod, container) else { return Sickness::default() };
    let program = sim.world.program(pod, spec);
    let level = if program.ready { program.errors } else { program.errors.max(0.6) };
    Sickness(vec![(Millis::MIN, Millis::MAX, level)])
}

fn exec_in(cluster: &Arc<Cluster>, pod: &Value, query: &str, request: &mut Request<Incoming>) -> Answer<Response<()>> {
    let asked = exec::Asked::read(query);
    let container = container(pod, &asked.container)?;
    asked.check()?;
    let shell = match runs(pod, &container) {
        true => Ok(Shell::new(cluster.look(|sim| Machine::of(&sim.store, pod, &container)))),
        false => Err(format!("unable to upgrade connection: container not found ({container:?})")),
    };
    exec::exec(request, asked, shell, Box::new(now))
}

fn attach_to(cluster: &Arc<Cluster>, target: &Target, pod: &Value, query: &str, request: &mut Request<Incoming>) -> Answer<Response<()>> {
    let asked = exec::Asked::read(query);
    let container = container(pod, &asked.container)?;
    asked.check()?;
    let log = if runs(pod, &container) {
        let (seed, now) = cluster.look(|sim| (sim.world.seed, sim.store.now));
        let query = Query { container: container.clone(), follow: true, since: Some(now), ..Query::default() };
        let plan = plan(seed, pod, query, now, cluster.born - HISTORY)?;
        Ok(Follower::new(plan, cluster.changes(), look(cluster, target, pod, &container)))
    } else {
        let (name, namespace) = (text(pod, "/metadata/name").unwrap_or_default(), text(pod, "/metadata/namespace").unwrap_or_default());
        Err(format!("unable to upgrade connection: container {container} not found in pod {name}_{namespace}"))
    };
    attach::attach(request, asked, log)
}
