//! Every incident breaks its cluster, shows it, and is over once somebody does the right thing.

use super::*;
use crate::demo::json::list;
use crate::demo::shop;
use crate::demo::write::Delete;
use std::collections::BTreeSet;

const NOW: Millis = 1_795_500_000_000;

fn play(name: &str) -> (Sim, Play) {
    let incident = INCIDENTS.iter().find(|i| i.name == name).unwrap();
    let mut sim = shop::build(incident.cluster, 1, NOW - incident.since, None);
    let mut play = Play::begin(incident, &mut sim);
    sim.advance(NOW);
    assert_eq!(play.look(&mut sim, NOW), None, "{name} is under way");
    (sim, play)
}

/// Lets time pass until it is over; how long that was.
fn heals(sim: &mut Sim, play: &mut Play) -> Millis {
    let begin = sim.store.now;
    for _ in 0..120 {
        let to = sim.store.now + 5_000;
        sim.advance(to);
        if let Some(news) = play.look(sim, begin) {
            assert!(news.starts_with(&format!("{}: healthy again after ", play.incident.cluster)), "{news}");
            return sim.store.now - begin;
        }
    }
    panic!("{} does not heal", play.incident.name);
}

fn reasons(sim: &Sim, namespace: &str, app: &str) -> BTreeSet<String> {
    let pods = sim.store.list("pods", namespace).filter(|p| p.label("app") == Some(app));
    let reason = |pod: Value| {
        let waits = list(&pod, "/status/initContainerStatuses").iter().chain(list(&pod, "/status/containerStatuses"));
        waits
            .filter_map(|c| text(c, "/state/waiting/reason").map(str::to_owned))
            .chain(text(&pod, "/status/reason").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    pods.flat_map(|p| reason(p.value())).collect()
}

#[test]
fn names_are_words_and_clusters_exist() {
    let names: BTreeSet<&str> = INCIDENTS.iter().map(|i| i.name).collect();
    assert_eq!((INCIDENTS.first().map(|i| i.name), names.len()), (Some("bad-rollout"), INCIDENTS.len()));
    for incident in INCIDENTS {
        assert!(incident.hint.starts_with(&format!("{}: ", incident.cluster)), "{}", incident.hint);
    }
}

#[test]
fn a_rollback_mends_the_bad_rollout() {
    let (mut sim, mut play) = play("bad-rollout");
    assert!(reasons(&sim, "shop", "checkout").contains("ImagePullBackOff"), "{:?}", reasons(&sim, "shop", "checkout"));
    let whole = deployment(&sim, "shop", "checkout").unwrap();
    assert!(int(&whole, "/status/availableReplicas").unwrap() >= 4, "what ran before still serves: {}", whole["status"]);
    release(&mut sim, "shop", "checkout", "2.31.0");
    assert!(heals(&mut sim, &mut play) < 30_000);
    assert!(!sim.world.programs.iter().any(|(_, p)| p.errors > 0.0));
}

#[test]
fn a_rollback_mends_the_leak() {
    let (mut sim, mut play) = play("memory-leak");
    let pods = sim.store.list("pods", "shop").filter(|p| p.label("app") == Some("recommendation"));
    let killed = pods
        .map(|p| p.value())
        .filter(|p| list(p, "/status/containerStatuses").iter().any(|c| text(c, "/lastState/terminated/reason") == Some("OOMKilled")));
    assert!(killed.count() > 0);
    release(&mut sim, "shop", "recommendation", "1.7.4");
    heals(&mut sim, &mut play);
}

#[test]
fn a_limit_mends_the_full_node() {
    let (mut sim, mut play) = play("full-node");
    assert!(reasons(&sim, "data", "report-export").contains("Evicted"), "{:?}", reasons(&sim, "data", "report-export"));
    sim.delete("deployments.apps", &Key::new("data", "report-export"), &Delete::default()).unwrap();
    let _ = heals(&mut sim, &mut play);
}

#[test]
fn deleting_the_lost_node_mends_it() {
    let (mut sim, mut play) = play("lost-node");
    let lost = sim.world.lost.keys().next().unwrap().clone();
    let stuck = |sim: &Sim| sim.store.list("pods", "").filter(|p| p.fields.first() == Some(&lost)).count();
    assert!(stuck(&sim) > 0);
    sim.delete("nodes", &Key::new("", &lost), &Delete::default()).unwrap();
    heals(&mut sim, &mut play);
    assert_eq!(stuck(&sim), 0, "pods of a machine that is gone go too");
}

#[test]
fn going_back_ends_the_drift() {
    let (mut sim, mut play) = play("drift");
    release(&mut sim, "shop", "pricing", "2.2.0");
    heals(&mut sim, &mut play);
}
