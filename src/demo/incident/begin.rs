//! How troubles begin: what somebody has done to a cluster, or what has happened to it.

use crate::demo::json::set;
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::world::image::Reference;
use crate::demo::world::program::Program;
use crate::demo::write::How;
use serde_json::{Value, json};

/// Who delivers, and who changes things by hand, as field managers.
const DELIVERY: &str = "argocd-controller";
const BY_HAND: &str = "kubectl-edit";

/// The machine that is lost.
pub(super) const LOST: &str = "prod-us-b2";
/// The program that takes all memory.
pub(super) const GREEDY: &str = "registry.shop.example/report-export:0.9.0";

/// The new release of checkout wants a setting that nobody made.
pub(super) fn bad_rollout(sim: &mut Sim) {
    let image = "registry.shop.example/checkout:2.32.0";
    program(sim, image, Program { ends: Some((3_200, 1)), ready: false, errors: 1.0, ..Program::service(60_000) });
    release(sim, "shop", "checkout", image);
}

/// The new release of recommendation keeps what it was asked.
pub(super) fn memory_leak(sim: &mut Sim) {
    let image = "registry.shop.example/recommendation:1.8.0";
    program(sim, image, Program { memory: Some(420 << 20), leak: 130 << 20, ..Program::service(900) });
    release(sim, "shop", "recommendation", image);
}

/// Somebody tries a program that takes what it gets.
pub(super) fn full_node(sim: &mut Sim) {
    program(sim, GREEDY, Program { memory: Some(2 << 30), leak: 22 << 30, ..Program::service(800) });
    let labels = json!({"app": "report-export", "team": "data"});
    let container = json!({"name": "report-export", "image": GREEDY, "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "report-export", "namespace": "data", "labels": labels},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "report-export"}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    });
    // The namespace is there, and the name is free.
    drop(sim.create("deployments.apps", deployment, How::by("kubectl-create")));
}

/// A machine loses its power.
pub(super) fn lost_node(sim: &mut Sim) {
    let now = sim.store.now;
    sim.world.lost.insert(LOST.into(), now);
    sim.wake("node-controller", Key::new("", LOST));
}

/// The quota is taken down to what is used, and then somebody wants more.
pub(super) fn quota(sim: &mut Sim) {
    change(sim, "resourcequotas", "payments", "payments", BY_HAND, |quota| set(quota, "/spec/hard/pods", "19"));
    change(sim, "deployments.apps", "payments", "payments-api", DELIVERY, |deployment| set(deployment, "/spec/replicas", 8));
}

/// Somebody goes back to an old image without telling.
pub(super) fn drift(sim: &mut Sim) {
    let image = "registry.shop.example/pricing:2.1.9-hotfix";
    know(sim, image);
    change(sim, "deployments.apps", "shop", "pricing", BY_HAND, |deployment| {
        set(deployment, "/spec/template/spec/containers/0/image", image);
        set(deployment, "/spec/replicas", 2);
    });
}

/// What the program of an image does.
fn program(sim: &mut Sim, image: &str, program: Program) {
    know(sim, image);
    sim.world.programs.insert(0, (image.to_owned(), program));
}

/// The registry has an image.
fn know(sim: &mut Sim, image: &str) {
    if let Ok(reference) = Reference::parse(image) {
        sim.world.images.entry(reference.repository).or_default().insert(reference.tag);
    }
}

/// Rolls out an image, as a delivery does.
fn release(sim: &mut Sim, namespace: &str, name: &str, image: &str) {
    let tag = image.rsplit(':').next().unwrap_or_default();
    change(sim, "deployments.apps", namespace, name, DELIVERY, |deployment| {
        set(deployment, "/metadata/annotations/kubernetes.io~1change-cause", format!("release {tag}"));
        set(deployment, "/spec/template/spec/containers/0/image", image);
    });
}

fn change(sim: &mut Sim, kind: &str, namespace: &str, name: &str, who: &str, change: impl FnOnce(&mut Value)) {
    let key = Key::new(namespace, name);
    let changed = sim.update(kind, &key, How::by(who), |object| {
        change(object);
        Ok(())
    });
    // A cluster without it has no trouble with it.
    drop(changed);
}
