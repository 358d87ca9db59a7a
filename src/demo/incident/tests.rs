//! Each trouble lasts until it is mended in the way that its name suggests, and then is told to be over.

use super::*;
use crate::demo::fleet::Tokens;
use crate::demo::json::set;
use crate::demo::shop;
use crate::demo::store::Key;
use crate::demo::write::{Delete, How};
use std::sync::Arc;

/// A machine or a rollout needs no longer than this to be well again.
const LATER: Millis = 8 * MINUTE;

fn member(incident: &Incident, name: &str) -> Member {
    let now = crate::demo::cluster::now();
    let mut sim = shop::build(name, 1, now - incident.lasts, None);
    if incident.cluster == name {
        (incident.begin)(&mut sim);
    }
    sim.advance(now);
    let none = String::new;
    let tokens = Tokens { admin: none(), viewer: none(), nobody: none(), expired: none() };
    Member { cluster: Cluster::new(sim), server: none(), tokens, faults: Arc::default() }
}

/// Plays a trouble, mends it, and looks whether it is over before and after.
fn mended(name: &str, others: &[&str], mend: impl FnOnce(&mut Sim)) {
    let incident = INCIDENTS.iter().find(|i| i.name == name).unwrap();
    let members: Vec<Member> = [incident.cluster].iter().chain(others).map(|name| member(incident, name)).collect();
    let scene = Scene { here: &members[0].cluster, members: &members, folder: Path::new("/nonexistent") };
    let is_over = |later: Millis| {
        scene.here.with(|sim| sim.advance(sim.store.now + later));
        (incident.over)(&scene)
    };
    assert!(!is_over(0) && !is_over(MINUTE), "{name} has begun, and lasts");
    scene.here.with(mend);
    assert!(is_over(LATER), "{name} is over once it is mended");
}

fn change(sim: &mut Sim, kind: &str, namespace: &str, name: &str, place: &str, new: impl Into<Value>) {
    sim.update(kind, &Key::new(namespace, name), How::by("test"), |object| {
        set(object, place, new);
        Ok(())
    })
    .unwrap();
}

const IMAGE: &str = "/spec/template/spec/containers/0/image";

#[test]
fn the_rollout_goes_back() {
    mended("bad-rollout", &[], |sim| change(sim, "deployments.apps", "shop", "checkout", IMAGE, "registry.shop.example/checkout:2.31.0"));
}

#[test]
fn the_leak_goes_with_its_release() {
    let old = "registry.shop.example/recommendation:1.7.4";
    mended("memory-leak", &[], |sim| change(sim, "deployments.apps", "shop", "recommendation", IMAGE, old));
}

#[test]
fn the_greedy_one_is_scaled_down() {
    mended("full-node", &[], |sim| change(sim, "deployments.apps", "data", "report-export", "/spec/replicas", 0));
}

#[test]
fn the_lost_pods_are_given_up() {
    mended("lost-node", &[], |sim| {
        let pods: Vec<Key> = sim.world.ledger.sum(lost_node::LOST).into_iter().flat_map(|s| s.pods.iter().cloned()).collect();
        assert!(!pods.is_empty());
        for pod in pods {
            sim.delete("pods", &pod, &Delete { grace: Some(0), ..Delete::default() }).unwrap();
        }
    });
}

#[test]
fn the_autoscaler_may_make_more() {
    mended("traffic-spike", &[], |sim| change(sim, "horizontalpodautoscalers.autoscaling", "shop", "web", "/spec/maxReplicas", 30));
}

#[test]
fn the_quota_is_raised() {
    mended("quota", &[], |sim| change(sim, "resourcequotas", "payments", "payments", "/spec/hard/pods", "60"));
}

#[test]
fn the_image_is_that_of_staging_again() {
    let image = "registry.shop.example/pricing:2.2.0";
    mended("drift", &["staging"], |sim| change(sim, "deployments.apps", "shop", "pricing", IMAGE, image));
}

#[test]
fn names_are_words_and_lines_fit() {
    for incident in INCIDENTS {
        assert!(incident.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", incident.name);
        // With keys in place of the names of actions, and the sign before it, on 80 columns.
        let shown = incident.told.split(['{', '}']).enumerate().map(|(i, part)| if i % 2 == 1 { 1 } else { part.chars().count() });
        assert!(shown.sum::<usize>() <= 76, "{}", incident.told);
    }
}
