//! The clusters of the fleet as they come about.
#![allow(clippy::print_stderr, reason = "figures to look at")]

use super::*;
use std::collections::BTreeMap;
use std::time::Instant;

const NOW: Millis = 1_795_500_000_000;
const FLEET: [&str; 6] = ["prod-eu", "prod-us", "staging", "dev", "edge", "partner"];

/// How pods stand that are not well.
fn unwell(sim: &Sim) -> Vec<String> {
    let mut all = Vec::new();
    for pod in sim.store.list("pods", "") {
        let value = pod.value();
        let ready = list(&value, "/status/containerStatuses").iter().all(|c| c["ready"] == true);
        if text(&value, "/status/phase") != Some("Succeeded") && !(ready && text(&value, "/status/phase") == Some("Running")) {
            all.push(format!("{:?} {}", pod.key, value["status"]));
        }
    }
    all
}

/// A cluster that nothing was done to stays well for good.
#[test]
fn no_program_of_the_shop_takes_more_and_more() {
    assert!(programs().iter().all(|(_, program)| program.leak == 0), "{:?}", programs());
    for name in FLEET {
        let sim = build(name, 1, NOW, None);
        assert!(sim.world.lives.values().flat_map(|life| life.all()).all(|run| run.takes.1 == 0), "{name}");
    }
}

#[test]
fn cronjobs_ran_for_the_last_time_when_their_schedules_say() {
    let sim = build("prod-eu", 1, NOW, None);
    let all: Vec<_> = sim.store.list("cronjobs.batch", "").map(|o| o.value()).collect();
    assert!(all.len() > 3);
    for cronjob in &all {
        let at = text(cronjob, "/status/lastScheduleTime").and_then(crate::demo::json::instant).expect("it ran");
        assert_eq!(cronjob::last(cronjob, at - 1, at), Some(at), "{}", cronjob["metadata"]["name"]);
    }
}

#[test]
fn the_fleet_is_well_and_of_the_right_size() {
    let mut total = 0;
    for name in FLEET {
        let begin = Instant::now();
        let sim = build(name, 1, NOW, None);
        let pods = sim.store.table("pods").map_or(0, |t| t.len());
        total += pods;
        let kinds: BTreeMap<String, usize> =
            sim.store.tables().iter().filter(|t| !t.is_empty()).map(|t| (t.resource.plural.clone(), t.len())).collect();
        eprintln!("{name}: {pods} pods, version {}, {:?}, {kinds:?}", sim.store.version(), begin.elapsed());
        assert!(unwell(&sim).is_empty(), "{name}: {:#?}", unwell(&sim));
        if name.starts_with("prod") {
            assert!((150..=250).contains(&pods), "{name}: {pods}");
        }
    }
    assert!((400..1_500).contains(&total), "{total}");
}

#[test]
fn the_same_seed_makes_the_same_cluster() {
    let all = |seed| {
        let sim = build("dev", seed, NOW, None);
        sim.store.tables().iter().flat_map(|t| t.list("", None)).map(|o| o.json.clone()).collect::<Vec<_>>()
    };
    assert!(all(5) == all(5));
    assert!(all(5) != all(6));
}

#[test]
fn the_past_is_old_and_what_happened_lately_is_told() {
    let sim = build("prod-eu", 1, NOW, None);
    let age = |id: &str, namespace: &str, name: &str| {
        let created = sim.store.get(id, namespace, name).map(|o| o.value()["metadata"]["creationTimestamp"].clone()).unwrap();
        NOW - crate::demo::json::instant(created.as_str().unwrap()).unwrap()
    };
    assert!(age("namespaces", "", "shop") > 40 * DAY && age("deployments.apps", "shop", "checkout") > DAY);
    let revisions = sim.store.list("replicasets.apps", "shop").filter(|r| r.label("app") == Some("checkout")).count();
    assert!((2..5).contains(&revisions), "{revisions}");
    for event in sim.store.list("events", "") {
        let value = event.value();
        assert!(text(&value, "/firstTimestamp").is_some_and(|t| *t >= *stamp(NOW - LIVED)), "{value:#}");
    }
}

#[test]
fn releases_count_down() {
    for (image, before) in [("r/a:2.31.3", "r/a:2.31.2"), ("r/a:v1", "r/a:v1")] {
        assert_eq!(earlier(image), before);
    }
    assert!(earlier("r/a:2.31.0").starts_with("r/a:2.30."));
}

#[test]
fn every_manifest_is_accepted() {
    let mut sim = build("prod-eu", 1, NOW, None);
    for object in manifests::all() {
        let find = |t: &&crate::demo::store::Table| {
            t.resource.kind == kind(object) && Some(t.resource.api_version().as_str()) == text(object, "/apiVersion")
        };
        let Some(id) = sim.store.tables().iter().find(find).map(|t| t.resource.id()) else { panic!("nobody serves {}", kind(object)) };
        if sim.store.table(&id).is_some_and(|t| t.get(&Key::of(object)).is_none()) {
            panic!("{}: {:?}", kind(object), sim.create(&id, object.clone(), How::by("test")).map(|o| o.key.clone()));
        }
    }
}
