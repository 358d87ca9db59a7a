//! How Jobs end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::controllers::condition;
use crate::demo::json::{int, remove, set};
use crate::demo::sim::Sim;
use serde_json::{Value, json};

const J: &str = "jobs.batch";

fn job(image: &str, spec: Value) -> Value {
    let mut job = workload("once", 1, image);
    remove(&mut job, "/spec/replicas");
    remove(&mut job, "/spec/selector");
    set(&mut job, "/spec/template/spec/restartPolicy", "Never");
    for (k, v) in spec.as_object().unwrap() {
        set(&mut job, &format!("/spec/{k}"), v.clone());
    }
    job
}

fn status(sim: &Sim) -> Value {
    get(sim, J, "once")["status"].clone()
}

fn why(sim: &Sim, sort: &str) -> Option<String> {
    let c = condition::find(&status(sim), sort)?.clone();
    Some(format!("{} {}", c["reason"].as_str().unwrap(), c["message"].as_str().unwrap()))
}

#[test]
fn a_job_completes() {
    let mut sim = cluster();
    make(&mut sim, J, job("done", json!({"completions": 5, "parallelism": 2})));
    watch(&mut sim, 3_000, |sim| {
        assert!(sim.store.list("pods", SHOP).filter(|p| p.view().is_active()).count() <= 2);
    });
    let told = status(&sim);
    assert_eq!((int(&told, "/succeeded"), told.get("active"), int(&told, "/ready")), (Some(5), None, Some(0)));
    assert!(told["completionTime"].is_string() && told["startTime"].is_string());
    assert_eq!(why(&sim, "Complete").unwrap(), "CompletionsReached Reached expected number of succeeded pods");
    assert!(events(&sim, "once").contains(&"job-controller Completed Job completed".to_owned()));
    assert!(all(&sim, "pods").iter().all(|p| p["metadata"].get("finalizers").is_none() && p["metadata"]["labels"]["job-name"] == "once"));
    assert_eq!(names(&sim, "pods").len(), 5);
}

#[test]
fn failures_are_tried_again_ever_later_until_there_are_too_many() {
    let mut sim = cluster();
    make(&mut sim, J, job("fail", json!({"backoffLimit": 2})));
    let mut seen = Vec::new();
    watch(&mut sim, 60_000, |sim| {
        let many = names(sim, "pods").len();
        if seen.last().is_none_or(|(n, _)| *n != many) {
            seen.push((many, (sim.store.now - START) / 1_000));
        }
    });
    assert_eq!(seen.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 2, 3]);
    assert!((10..12).contains(&seen[1].1) && (30..33).contains(&seen[2].1), "{seen:?}");
    assert_eq!(why(&sim, "Failed").unwrap(), "BackoffLimitExceeded Job has reached the specified backoff limit");
    assert_eq!(int(&status(&sim), "/failed"), Some(3));
    assert!(events(&sim, "once").contains(&"job-controller BackoffLimitExceeded Job has reached the specified backoff limit".to_owned()));
}

#[test]
fn a_job_has_its_time_and_is_gone_some_time_after() {
    let mut sim = cluster();
    make(&mut sim, J, job("a", json!({"activeDeadlineSeconds": 20, "ttlSecondsAfterFinished": 30})));
    live(&mut sim, 19_000);
    assert_eq!(int(&status(&sim), "/active"), Some(1));
    live(&mut sim, 3_000);
    assert_eq!(why(&sim, "Failed").unwrap(), "DeadlineExceeded Job was active longer than specified deadline");
    assert_eq!(int(&status(&sim), "/failed"), Some(1));
    assert!(names(&sim, "pods").is_empty());
    live(&mut sim, 30_000);
    assert!(find(&sim, J, "once").is_none_or(|j| j["metadata"]["deletionTimestamp"].is_string()));
}

#[test]
fn a_suspended_job_has_no_pods() {
    let mut sim = cluster();
    make(&mut sim, J, job("a", json!({"parallelism": 3, "completions": 3})));
    live(&mut sim, 1_000);
    edit(&mut sim, J, "once", "/spec/suspend", true);
    live(&mut sim, 1_000);
    assert!(names(&sim, "pods").is_empty());
    assert_eq!(why(&sim, "Suspended").unwrap(), "JobSuspended Job suspended");
    edit(&mut sim, J, "once", "/spec/suspend", false);
    live(&mut sim, 31_000);
    assert_eq!(int(&status(&sim), "/active"), Some(3));
    assert_eq!(why(&sim, "Suspended").unwrap(), "JobResumed Job resumed");
}
