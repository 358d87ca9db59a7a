//! What kubelets answer through an API server: logs, exec, attach and forwarded ports of pods.

use super::body::{Body, whole};
use super::request::{Asked, Target};
use crate::demo::cluster::{Cluster, now};
use crate::demo::json::{Millis, is_true, list, text};
use crate::demo::logs::body::{Follower, Look, View, body};
use crate::demo::logs::query::{Query, container, plan};
use crate::demo::logs::{HISTORY, Sickness, spec};
use crate::demo::rbac;
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::Object;
use crate::demo::stream::shell::{Machine, Shell, is_shell};
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
    cluster.look(|sim| reach(sim, &pod, |address| format!("error dialing backend: dial tcp {address}")))?;
    let answer = match target.subresource.as_str() {
        "portforward" => forward(&mut request, &target.name)?,
        "attach" => attach_to(cluster, target, &pod, &query, &mut request)?,
        _ => exec_in(cluster, &pod, exec::Asked::read(&query), &mut request)?,
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
    let (namespace, name) = (&target.namespace, &target.name);
    let url = |address: &str| format!("https://{address}/containerLogs/{namespace}/{name}/{container}");
    cluster.look(|sim| reach(sim, &pod, |address| format!("Get {:?}: dial tcp {address}", url(address))))?;
    let plan = plan(seed, &pod, query, now, cluster.born - HISTORY)?;
    let look = look(cluster, target, &pod, &container);
    let mut answer = Response::new(body(plan, cluster.changes(), look).map_err(|never| match never {}).boxed_unsync());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(answer)
}

/// Refuses what is on a machine that nobody hears from; `failed` says what was tried at its address.
fn reach(sim: &Sim, pod: &Value, failed: impl Fn(&str) -> String) -> Answer<()> {
    let node = text(pod, "/spec/nodeName").unwrap_or_default();
    if !sim.world.lost.contains_key(node) {
        return Ok(());
    }
    let machine = sim.store.get("nodes", "", node).map(|o| o.value()).unwrap_or_default();
    let address =
        list(&machine, "/status/addresses").iter().find(|a| text(a, "/type") == Some("InternalIP")).and_then(|a| text(a, "/address"));
    let address = format!("{}:10250", address.unwrap_or(node));
    Err(Refusal::new(500, "", format!("{}: connect: no route to host", failed(&address))))
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
    let cause = program.needs.map(|name| format!("{name} is not set"));
    Sickness { spans: vec![(program.since, Millis::MAX, level)], cause }
}

fn exec_in(cluster: &Arc<Cluster>, pod: &Value, asked: exec::Asked, request: &mut Request<Incoming>) -> Answer<Response<()>> {
    let container = container(pod, &asked.container)?;
    asked.check()?;
    let shell = match runs(pod, &container) {
        true => {
            let machine = cluster.look(|sim| Machine::of(&sim.store, pod, &container));
            Ok(Shell::new(machine.on(cluster.disk(text(pod, "/metadata/uid").unwrap_or_default(), &container))))
        }
        false => Err(format!("unable to upgrade connection: container not found ({container:?})")),
    };
    exec::exec(request, asked, shell, Box::new(now))
}

fn attach_to(cluster: &Arc<Cluster>, target: &Target, pod: &Value, query: &str, request: &mut Request<Incoming>) -> Answer<Response<()>> {
    let asked = exec::Asked::read(query);
    let container = container(pod, &asked.container)?;
    asked.check()?;
    if let Some(asked) = prompt(pod, &container, &asked) {
        return exec_in(cluster, pod, asked, request);
    }
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

/// What to run for those who attach to a container whose program is a shell that reads what they type, as `kubectl run -it` makes them.
fn prompt(pod: &Value, container: &str, asked: &exec::Asked) -> Option<exec::Asked> {
    let spec = spec(pod, container).filter(|c| asked.stdin && is_true(c, "/stdin"))?;
    let mut words = list(spec, "/command").iter().chain(list(spec, "/args")).filter_map(Value::as_str);
    let program = words.next().filter(|p| is_shell(p) && words.next().is_none())?;
    Some(exec::Asked { command: vec![program.to_owned()], container: container.to_owned(), ..asked.clone() })
}
