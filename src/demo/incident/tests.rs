//! Each trouble lasts until it is mended in the way that its name suggests, and then is told to be over.

use super::*;
use crate::demo::controllers::condition;
use crate::demo::fleet::Tokens;
use crate::demo::json::set;
use crate::demo::shop;
use crate::demo::store::Key;
use crate::demo::write::{Delete, How};
use crate::kinds;
use crate::model::cell::Health;
use crate::model::id::GroupResource;
use crate::model::words::Dictionary;
use serde_json::json;
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
    let scene = Scene { here: &members[0].cluster, members: &members, folder: Path::new("/proc/none") };
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

/// How many pods of an app show as bad or in doubt, and how many there are.
fn unwell(sim: &Sim, app: &str) -> (usize, usize) {
    let kind = kinds::find(&GroupResource::new("", "pods")).unwrap();
    let mut words = Dictionary::default();
    let rows = sim.store.list("pods", "shop").filter(|p| p.label("app") == Some(app)).map(|p| kind.row(&p.json, &mut words));
    let all: Vec<Health> = rows.map(|row| row.health).collect();
    (all.iter().filter(|h| matches!(h, Health::Bad | Health::Warn)).count(), all.len())
}

#[test]
fn the_leak_is_seen_at_once_and_again_and_again() {
    let (incident, now) = (INCIDENTS.iter().find(|i| i.name == "memory-leak").unwrap(), 1_795_500_000_000);
    for seed in 1..4 {
        let mut sim = shop::build(incident.cluster, seed, now - incident.lasts, None);
        (incident.begin)(&mut sim);
        sim.advance(now);
        let mut seen = Vec::new();
        for second in 0..600 {
            sim.advance(now + second * 1_000);
            seen.push(unwell(&sim, "recommendation").0);
        }
        assert!(seen[..5].iter().all(|n| *n > 0), "{seen:?}");
        assert!(seen.windows(40).all(|w| w.iter().any(|n| *n > 0)), "{seen:?}");
    }
}

#[test]
fn pods_of_a_lost_machine_stay_in_sight() {
    let incident = INCIDENTS.iter().find(|i| i.name == "lost-node").unwrap();
    let member = member(incident, incident.cluster);
    member.cluster.with(|sim| {
        let kind = kinds::find(&GroupResource::new("", "pods")).unwrap();
        for minutes in [0, 2, 5, 30] {
            sim.advance(sim.store.now + minutes * MINUTE);
            let there = sim.world.ledger.sum(lost_node::LOST).into_iter().flat_map(|s| &s.pods);
            let pods: Vec<_> = there.filter_map(|key| sim.store.table("pods")?.get(key)).collect();
            let mut words = Dictionary::default();
            let rows: Vec<_> = pods.iter().map(|pod| (pod, kind.row(&pod.json, &mut words))).collect();
            let hidden = rows.iter().find(|(_, row)| !matches!(row.health, Health::Bad | Health::Warn));
            assert!(!rows.is_empty() && hidden.is_none(), "after {minutes} minutes: {hidden:?}");
            // All but those of DaemonSets are told to go after five minutes.
            assert_eq!(rows.iter().any(|(_, row)| row.going.is_some()), minutes > 0);
        }
    });
}

#[test]
fn a_quota_and_a_spike_show_in_what_the_api_says() {
    let said = |name: &str, kind: &str, namespace: &str, object: &str, sort: &str| {
        let incident = INCIDENTS.iter().find(|i| i.name == name).unwrap();
        let found = value(&member(incident, incident.cluster).cluster, kind, namespace, object).unwrap();
        let condition = condition::find(&found, sort).unwrap().clone();
        ["status", "reason", "message"].map(|part| condition[part].as_str().unwrap().to_owned())
    };
    let [is, reason, message] = said("quota", "deployments.apps", "payments", "fraud-check", "ReplicaFailure");
    assert_eq!((is.as_str(), reason.as_str()), ("True", "FailedCreate"));
    assert!(message.contains("is forbidden: exceeded quota: payments, requested: pods=1, used: pods=19, limited: pods=19"), "{message}");
    let said = said("traffic-spike", "horizontalpodautoscalers.autoscaling", "shop", "web", "ScalingLimited");
    assert_eq!(said, ["True", "TooManyReplicas", "the desired replica count is more than the maximum replica count"]);
}

/// As somebody who scales too far sees it.
#[test]
fn a_hundred_of_web_are_more_than_prod_has_room_for() {
    // A while before its autoscaler looks at it again and undoes that.
    let now = 1_795_500_001_000;
    let mut sim = shop::build("prod-eu", 1, now, None);
    change(&mut sim, "deployments.apps", "shop", "web", "/spec/replicas", 100);
    sim.advance(now + 8_000);
    let pods: Vec<Value> = sim.store.list("pods", "").map(|p| Value::clone(&p.value())).collect();
    let waits = |pod: &&Value| text(pod, "/spec/nodeName").is_none();
    let waiting: Vec<&Value> = pods.iter().filter(waits).collect();
    assert!((10..90).contains(&waiting.len()), "{} of {}", waiting.len(), pods.len());
    for pod in waiting {
        assert_eq!(text(pod, "/metadata/labels/app"), Some("web"));
        let why = condition::find(pod, "PodScheduled").and_then(|c| text(c, "/message")).unwrap();
        assert!(why.contains("Insufficient cpu") && why.contains("No preemption victims found for incoming pod."), "{why}");
    }
}

const IMAGE: &str = "/spec/template/spec/containers/0/image";

#[test]
fn the_rollout_goes_back() {
    mended("bad-rollout", &[], |sim| change(sim, "deployments.apps", "shop", "checkout", IMAGE, "registry.shop.example/checkout:2.31.0"));
}

#[test]
fn the_rollout_gets_what_it_lacks() {
    let variable = json!([{"name": "PAYMENT_METHODS", "value": "card,invoice"}]);
    mended("bad-rollout", &[], |sim| change(sim, "deployments.apps", "shop", "checkout", "/spec/template/spec/containers/0/env", variable));
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
