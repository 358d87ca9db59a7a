//! When Jobs are started, and which are kept.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::json::set;
use crate::demo::sim::Sim;
use serde_json::{Value, json};

const C: &str = "cronjobs.batch";
const J: &str = "jobs.batch";
const MINUTE: i64 = 60_000;

fn cron(image: &str, spec: Value) -> Value {
    let pod = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}});
    let mut cron = json!({"metadata": {"name": "tick"}, "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"backoffLimit": 0, "template": pod}}}});
    for (k, v) in spec.as_object().unwrap() {
        set(&mut cron, &format!("/spec/{k}"), v.clone());
    }
    cron
}

fn status(sim: &Sim) -> Value {
    get(sim, C, "tick")["status"].clone()
}

#[test]
fn jobs_come_every_minute_and_three_are_kept() {
    let mut sim = cluster();
    make(&mut sim, C, cron("done", json!({})));
    live(&mut sim, 6 * MINUTE);
    assert_eq!(names(&sim, J).len(), 3);
    let last = START / MINUTE + 6;
    assert_eq!(*names(&sim, J).last().unwrap(), format!("tick-{last}"));
    let told = status(&sim);
    assert_eq!(told["lastScheduleTime"], crate::demo::json::stamp(last * MINUTE));
    assert!(told["lastSuccessfulTime"].is_string() && told.get("active").is_none(), "{told}");
    let told = events(&sim, "tick");
    assert_eq!(told[0], format!("cronjob-controller SuccessfulCreate Created job tick-{}", START / MINUTE + 1));
    assert!(
        told.contains(&format!("cronjob-controller SawCompletedJob Saw completed job: tick-{}, condition: Complete", START / MINUTE + 1))
    );
    assert!(told.contains(&format!("cronjob-controller SuccessfulDelete Deleted job tick-{}", START / MINUTE + 1)));
}

#[test]
fn policies_say_what_happens_to_a_job_that_still_runs() {
    for (policy, many, active) in [("Allow", 3, 3), ("Forbid", 1, 1), ("Replace", 1, 1)] {
        let mut sim = cluster();
        make(&mut sim, C, cron("a", json!({"concurrencyPolicy": policy})));
        live(&mut sim, 3 * MINUTE);
        assert_eq!(names(&sim, J).len(), many, "{policy}");
        assert_eq!(status(&sim)["active"].as_array().unwrap().len(), active, "{policy}");
        let newest = if policy == "Forbid" { 1 } else { 3 };
        assert_eq!(*names(&sim, J).last().unwrap(), format!("tick-{}", START / MINUTE + newest), "{policy}");
    }
}

#[test]
fn a_suspended_one_starts_nothing_and_afterwards_only_the_last_that_it_missed() {
    let mut sim = cluster();
    make(&mut sim, C, cron("done", json!({"suspend": true})));
    live(&mut sim, 3 * MINUTE);
    assert!(names(&sim, J).is_empty());
    edit(&mut sim, C, "tick", "/spec/suspend", false);
    sim.advance(sim.store.now);
    assert_eq!(names(&sim, J), [format!("tick-{}", START / MINUTE + 3)]);
}
