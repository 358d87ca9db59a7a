//! For the tests of controllers: a cluster in which only these work, with a node agent of a few lines that makes pods run.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use super::{
    autoscaler, cronjob, daemonset, deployment, disruption, endpoints, garbage, job, namespace, quota, replicaset, statefulset, volumes,
};
use crate::demo::json::{Millis, list, set, stamp, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::Key;
use crate::demo::write::{Delete, How};
use serde_json::{Value, json};

/// What the controller manager does.
const MANAGER: &[Controller] = &[
    replicaset::CONTROLLER,
    statefulset::CONTROLLER,
    daemonset::CONTROLLER,
    job::CONTROLLER,
    cronjob::CONTROLLER,
    endpoints::CONTROLLER,
    disruption::CONTROLLER,
    quota::CONTROLLER,
    volumes::CONTROLLER,
    autoscaler::CONTROLLER,
    garbage::CONTROLLER,
    namespace::CONTROLLER,
    deployment::CONTROLLER,
];

/// When tests begin.
pub(super) const START: Millis = 1_700_000_000_000;
/// The namespace of tests.
pub(super) const SHOP: &str = "shop";

/// A cluster with a namespace.
pub(super) fn cluster() -> Sim {
    let mut sim = Sim::with(MANAGER, "test", 7, START);
    make(&mut sim, "namespaces", json!({"metadata": {"name": SHOP}}));
    sim
}

/// Creates an object as a user.
pub(super) fn make(sim: &mut Sim, id: &str, mut value: Value) -> Value {
    if sim.resource(id).unwrap().namespaced {
        set(&mut value, "/metadata/namespace", SHOP);
    }
    sim.create(id, value, How::by("kubectl")).unwrap().value().as_ref().clone()
}

/// Changes a place of an object as a user.
pub(super) fn edit(sim: &mut Sim, id: &str, name: &str, place: &str, new: impl Into<Value>) {
    let new = new.into();
    let key = key(sim, id, name);
    sim.update(id, &key, How::by("kubectl"), |o| {
        set(o, place, new);
        Ok(())
    })
    .unwrap();
}

pub(super) fn key(sim: &Sim, id: &str, name: &str) -> Key {
    Key::new(if sim.resource(id).unwrap().namespaced { SHOP } else { "" }, name)
}

pub(super) fn get(sim: &Sim, id: &str, name: &str) -> Value {
    find(sim, id, name).unwrap_or_else(|| panic!("there is no {id} {name}"))
}

pub(super) fn find(sim: &Sim, id: &str, name: &str) -> Option<Value> {
    sim.store.table(id)?.get(&key(sim, id, name)).map(|o| Value::clone(&o.value()))
}

pub(super) fn delete(sim: &mut Sim, id: &str, name: &str, how: &Delete) {
    let key = key(sim, id, name);
    sim.delete(id, &key, how).unwrap();
}

/// All objects of a kind in the namespace.
pub(super) fn all(sim: &Sim, id: &str) -> Vec<Value> {
    sim.store.list(id, SHOP).map(|o| Value::clone(&o.value())).collect()
}

pub(super) fn names(sim: &Sim, id: &str) -> Vec<String> {
    sim.store.list(id, SHOP).map(|o| o.key.name.to_string()).collect()
}

/// The reasons and messages of all events about an object, each with its component.
pub(super) fn events(sim: &Sim, about: &str) -> Vec<String> {
    let mut all: Vec<(u64, String)> = sim
        .store
        .list("events", SHOP)
        .map(|o| (o.version, o.value()))
        .filter(|(_, e)| text(e, "/involvedObject/name") == Some(about))
        .map(|(v, e)| {
            (
                v,
                format!(
                    "{} {} {}",
                    e["source"]["component"].as_str().unwrap(),
                    e["reason"].as_str().unwrap(),
                    e["message"].as_str().unwrap()
                ),
            )
        })
        .collect();
    all.sort();
    all.into_iter().map(|(_, e)| e).collect()
}

/// One pass of the node agent: pods that end are gone; the others get a node and run, and are ready unless their image is `bad`. Pods that
/// run to an end do so when their image is `done` or `fail`.
pub(super) fn agent(sim: &mut Sim) {
    let pods: Vec<Value> = sim.store.list("pods", "").map(|o| Value::clone(&o.value())).collect();
    for pod in pods {
        let key = Key::of(&pod);
        if text(&pod, "/metadata/deletionTimestamp").is_some() {
            drop(sim.delete("pods", &key, &Delete { grace: Some(0), ..Delete::default() }));
            continue;
        }
        if text(&pod, "/spec/nodeName").is_none() {
            let pinned = sim.store.table("pods").and_then(|t| t.get(&key)).map(|p| p.view().pinned.to_string());
            let node = pinned.filter(|n| !n.is_empty()).unwrap_or_else(|| "n1".to_owned());
            sim.update("pods", &key, How { subresource: "binding", ..How::by("scheduler") }, |p| {
                set(p, "/spec/nodeName", node);
                Ok(())
            })
            .unwrap();
        }
        if text(&pod, "/status/phase").is_none_or(|p| p == "Pending") {
            let image = pod["spec"]["containers"][0]["image"].as_str().unwrap_or_default().to_owned();
            run(sim, &key, &image);
        }
    }
}

fn run(sim: &mut Sim, key: &Key, image: &str) {
    let now = stamp(sim.store.now);
    let phase = match image {
        "done" => "Succeeded",
        "fail" => "Failed",
        "bad" => "Pending",
        _ => "Running",
    };
    let ready = if phase == "Running" { "True" } else { "False" };
    let ip = format!("10.0.{}.{}", sim.store.version() / 250 % 250, sim.store.version() % 250);
    sim.update("pods", key, How::status("kubelet"), |p| {
        if list(p, "/status/conditions").is_empty() {
            set(p, "/status/podIP", ip);
        }
        set(p, "/status/phase", phase);
        set(p, "/status/conditions", json!([{"type": "Ready", "status": ready, "lastTransitionTime": now}]));
        Ok(())
    })
    .unwrap();
}

/// Lets time pass, with a pass of the agent every 100 ms.
pub(super) fn live(sim: &mut Sim, millis: Millis) {
    watch(sim, millis, |_| {});
}

/// The same, with a look at every step.
pub(super) fn watch(sim: &mut Sim, millis: Millis, mut look: impl FnMut(&Sim)) {
    let end = sim.store.now + millis;
    loop {
        let now = sim.store.now;
        sim.advance(now);
        look(sim);
        if now >= end {
            return;
        }
        agent(sim);
        sim.advance(now);
        look(sim);
        sim.advance(now + 100);
    }
}

/// A deployment, statefulset or the like with one container.
pub(super) fn workload(name: &str, replicas: i64, image: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "main", "image": image}]}},
        },
    })
}

/// Where the image stands.
pub(super) const IMAGE: &str = "/spec/template/spec/containers/0/image";
