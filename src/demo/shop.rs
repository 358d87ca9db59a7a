//! The shop that every demo cluster runs, and how such a cluster comes about: manifests in YAML (`shop/*.yaml`), made to fit the cluster
//! (`variant`), on machines (`machines`), created in a virtual past by the same controllers that let it live afterwards.

pub mod filler;
mod machines;
mod manifests;
mod variant;

use super::controllers::cronjob;
use super::json::{Millis, list, or_set, set, stamp, text};
use super::sim::Sim;
use super::store::Key;
use super::world::image::{Reference, hash};
use super::world::program::Program;
use super::write::How;
use serde_json::{Value, json};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;
/// How old a cluster is.
const AGE: Millis = 41 * DAY;
/// What is lived through in earnest, so that there are events, runs of jobs and the first logs.
const LIVED: Millis = 10 * MINUTE;
/// Controllers that do nothing in the past, and what they look at when it is over.
const IDLE: [(&str, &str); 4] = [
    ("node-controller", "nodes"),
    ("endpoint-controller", "services"),
    ("disruption-controller", "poddisruptionbudgets.policy"),
    ("resourcequota-controller", "resourcequotas"),
];
/// Who delivers: the field manager of what stands in the manifests.
const DELIVERY: &str = "argocd-controller";

/// A cluster of this name as it is at an instant: objects from the past, and ten minutes that it has lived. `nodes` overrides how
/// many machines it has.
pub fn build(name: &str, seed: u64, now: Millis, nodes: Option<usize>) -> Sim {
    let variant = variant::of(name);
    let born = now - AGE;
    let mut sim = Sim::new(name, seed ^ hash(name), born);
    (sim.world.past, sim.world.unseen) = (true, true);
    know_images(&mut sim);
    sim.world.programs = programs();
    let mut objects: Vec<Value> = manifests::all().iter().filter_map(|o| variant.fit(o)).collect();
    machines::make(&mut sim, variant, nodes.unwrap_or(variant.nodes));
    foundations(&mut sim, &mut objects, born);
    workloads(&mut sim, &mut objects, now);
    jump(&mut sim, now - LIVED);
    sim.world.past = false;
    for (controller, kind) in IDLE {
        let all: Vec<Key> = sim.store.list(kind, "").map(|n| n.key.clone()).collect();
        all.into_iter().for_each(|key| sim.wake(controller, key));
    }
    lately(&mut sim, objects, now);
    sim.advance(now);
    sim
}

/// What stands first: everything but what runs. Takes it from the list.
fn foundations(sim: &mut Sim, objects: &mut Vec<Value>, born: Millis) {
    let later = |o: &Value| matches!(kind(o), "Deployment" | "StatefulSet" | "DaemonSet" | "HorizontalPodAutoscaler" | "CronJob");
    let (rest, first) = std::mem::take(objects).into_iter().partition(later);
    *objects = rest;
    for (i, mut object) in Vec::into_iter(first).enumerate() {
        sim.store.now = born + MINUTE + i as Millis * 2_000;
        if kind(&object) == "Service" {
            serve(sim, &mut object);
        }
        create(sim, object);
        // A kind is served once its definition is looked at.
        let at = sim.store.now;
        sim.advance(at);
    }
}

/// What runs, each from its own day on: some with the revisions that came before.
fn workloads(sim: &mut Sim, objects: &mut Vec<Value>, now: Millis) {
    let later = |o: &Value| matches!(kind(o), "HorizontalPodAutoscaler" | "CronJob");
    let (rest, first): (Vec<Value>, Vec<Value>) = std::mem::take(objects).into_iter().partition(later);
    *objects = rest;
    let mut steps: Vec<(Millis, Value)> = first.into_iter().flat_map(|o| releases(o, now)).collect();
    steps.sort_by_key(|(at, _)| *at);
    for (at, object) in steps {
        jump(sim, at);
        release(sim, object);
        sim.advance(at);
    }
}

/// The days of a workload: when it came, and when it got which image. All that came before the last has no pods to be made and thrown away.
fn releases(object: Value, now: Millis) -> Vec<(Millis, Value)> {
    let chance = hash(text(&object, "/metadata/name").unwrap_or_default());
    let last = now - DAY - (chance % (20 * 24 * 60)) as Millis * MINUTE;
    if kind(&object) != "Deployment" {
        return vec![(now - AGE + HOUR + (chance % 3_600_000) as Millis, object)];
    }
    let image = text(&object, "/spec/template/spec/containers/0/image").unwrap_or_default().to_owned();
    // Every third, and what incidents are about, so that there is something to go back to.
    let known = ["checkout", "recommendation", "web", "pricing"].iter().any(|name| image.contains(&format!("/{name}:")));
    let before = match image.starts_with(manifests::REGISTRY) {
        true if known => 2,
        true if chance.is_multiple_of(3) => 1 + chance % 2,
        _ => 0,
    };
    let mut all = Vec::new();
    let mut old = image;
    for back in 1..=before {
        old = earlier(&old);
        let mut release = object.clone();
        set(&mut release, "/spec/template/spec/containers/0/image", old.as_str());
        set(&mut release, "/spec/replicas", 0);
        all.push((last - back as Millis * 4 * DAY - (chance % 7) as Millis * HOUR, release));
    }
    all.push((last, object));
    all
}

fn release(sim: &mut Sim, mut object: Value) {
    let id = format!("{}.apps", kind(&object).to_lowercase() + "s");
    if kind(&object) == "Deployment" {
        let tag = text(&object, "/spec/template/spec/containers/0/image").and_then(|i| i.rsplit(':').next()).unwrap_or_default().to_owned();
        set(&mut object, "/metadata/annotations", json!({"kubernetes.io/change-cause": format!("release {tag}")}));
    }
    let key = Key::of(&object);
    if sim.store.table(&id).is_some_and(|t| t.get(&key).is_some()) {
        let change = |live: &mut Value| {
            for place in ["/spec", "/metadata/annotations/kubernetes.io~1change-cause"] {
                if let Some(new) = object.pointer(place) {
                    merge(live, place, new);
                }
            }
            Ok(())
        };
        // It stands already; what differs is written over.
        drop(sim.update(&id, &key, How::by(DELIVERY), change));
    } else {
        create(sim, object);
    }
}

/// Writes what a manifest says over what is there, and leaves the rest: defaults that were filled in stay.
fn merge(live: &mut Value, place: &str, new: &Value) {
    match (live.pointer_mut(place), new) {
        (Some(Value::Object(_)), Value::Object(map)) => {
            map.iter().for_each(|(key, value)| merge(live, &format!("{place}/{}", super::json::escape(key)), value));
        }
        (Some(Value::Array(old)), Value::Array(items)) if old.len() == items.len() => {
            items.iter().enumerate().for_each(|(i, value)| merge(live, &format!("{place}/{i}"), value));
        }
        _ => set(live, place, new.clone()),
    }
}

/// What acts by the clock comes last, as if it had been there for long.
fn lately(sim: &mut Sim, objects: Vec<Value>, now: Millis) {
    let start = sim.store.now;
    for mut object in objects {
        let chance = hash(text(&object, "/metadata/name").unwrap_or_default());
        set(&mut object, "/metadata/creationTimestamp", stamp(now - 20 * DAY - (chance % 999) as Millis * MINUTE));
        if kind(&object) == "CronJob"
            && let Some(at) = cronjob::last(&object, start - 40 * DAY, start)
        {
            set(&mut object, "/status/lastScheduleTime", stamp(at));
            set(&mut object, "/status/lastSuccessfulTime", stamp(at + MINUTE / 2));
        }
        create(sim, object);
    }
}

fn kind(object: &Value) -> &str {
    text(object, "/kind").unwrap_or_default()
}

fn create(sim: &mut Sim, object: Value) {
    let Some(api) = text(&object, "/apiVersion") else { return };
    let found = sim.store.tables().iter().find(|t| t.resource.kind == kind(&object) && t.resource.api_version() == api);
    if let Some(id) = found.map(|t| t.resource.id()) {
        drop(sim.create(&id, object, How::by(DELIVERY)));
    }
}

/// Lets the cluster be at a later instant; what is due before comes about at its time.
fn jump(sim: &mut Sim, to: Millis) {
    sim.advance(to);
}

/// Gives a service what its cluster gives it: an address, and one outside where it asks for that.
fn serve(sim: &Sim, service: &mut Value) {
    let whole =
        format!("{}/{}", text(service, "/metadata/namespace").unwrap_or_default(), text(service, "/metadata/name").unwrap_or_default());
    let n = hash(&whole);
    or_set(service, "/spec/clusterIP", format!("10.96.{}.{}", 1 + n % 250, 2 + n / 250 % 250));
    let address = text(service, "/spec/clusterIP").unwrap_or_default().to_owned();
    or_set(service, "/spec/clusterIPs", json!([address]));
    if text(service, "/spec/type") == Some("LoadBalancer") {
        for (i, port) in service.pointer_mut("/spec/ports").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
            or_set(port, "/nodePort", 31_000 + (n % 900) + i as u64);
        }
        let host = format!("lb-{:08x}.{}.provider.example", n as u32, sim.world.name);
        set(service, "/status/loadBalancer/ingress", json!([{"hostname": host}]));
    }
}

/// The release before this one: `2.31.0` comes after `2.30.2`.
fn earlier(image: &str) -> String {
    let Some((repository, tag)) = image.rsplit_once(':') else { return image.to_owned() };
    let parts: Vec<u64> = tag.split('.').filter_map(|p| p.parse().ok()).collect();
    match *parts.as_slice() {
        [major, minor, patch] if patch > 0 => format!("{repository}:{major}.{minor}.{}", patch - 1),
        [major, minor, _] if minor > 0 => format!("{repository}:{major}.{}.{}", minor - 1, 1 + hash(tag) % 4),
        _ => image.to_owned(),
    }
}

/// The registry of the shop has what any cluster runs or has run.
fn know_images(sim: &mut Sim) {
    let mut know = |image: &str| {
        if let Ok(reference) = Reference::parse(image) {
            sim.world.images.entry(reference.repository).or_default().insert(reference.tag);
        }
    };
    for object in manifests::all() {
        for place in ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"] {
            for part in ["containers", "initContainers"] {
                for container in list(object, &format!("{place}/{part}")) {
                    let mut image = text(container, "/image").unwrap_or_default().to_owned();
                    for _ in 0..4 {
                        if image.starts_with(manifests::REGISTRY) {
                            know(&image);
                        }
                        image = earlier(&image);
                    }
                }
            }
        }
    }
    variant::images().for_each(|image| know(&image));
}

/// Programs with habits: one that gives up every few days. None leaks, however slowly: a cluster that nothing was done to stays well.
fn programs() -> Vec<(String, Program)> {
    let image = |name: &str| format!("{}/{name}:", manifests::REGISTRY);
    vec![
        (image("mailer"), Program { ends: Some((61 * HOUR, 1)), ..Program::service(700) }),
        (image("suggest"), Program { memory: Some(180 << 20), ..Program::service(600) }),
        (image("inventory"), Program { memory: Some(400 << 20), ..Program::service(1_100) }),
    ]
}

#[cfg(test)]
mod tests;
