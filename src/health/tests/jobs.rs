//! The rules about jobs and cronjobs.

use super::objects::{gone, object, pod, warning, with};
use super::rig::{START, at, plays};
use serde_json::{Value, json};

fn job(name: &str, more: Value) -> Value {
    with(object("Job", name, json!({"spec": {"backoffLimit": 3}, "status": {"active": 1}})), more)
}

fn failed(name: &str, since: i64, more: Value) -> Value {
    let condition = json!({
        "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit\nand more",
        "lastTransitionTime": at(since),
    });
    with(job(name, json!({"status": {"active": null, "failed": 4, "conditions": [condition]}})), more)
}

fn cronjob(name: &str, schedule: &str, more: Value) -> Value {
    with(object("CronJob", name, json!({"spec": {"schedule": schedule}, "status": {}})), more)
}

#[test]
fn a_job_that_failed_is_told_with_how_its_last_container_ended() {
    let sick = failed("load", -600, json!({}));
    let ended = json!({"name": "app", "restartCount": 0, "ready": false, "state": {"terminated": {"exitCode": 3, "reason": "Error", "finishedAt": at(-610)}}});
    let of = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": "load", "uid": "Job/load", "controller": true}]);
    let its = pod("load-1", json!({"metadata": {"ownerReferences": of}, "status": {"phase": "Failed", "containerStatuses": [ended]}}));
    let says = "warning jobs/load: failed: BackoffLimitExceeded, exit 3 | Job has reached the specified backoff limit <jobs/load>";
    plays("job-failed", &[sick.clone(), its], &[(0, &[says]), (86_400, &[says])], &[gone(&sick)]);
}

#[test]
fn a_later_run_that_ends_well_makes_up_for_a_failed_one() {
    let of = json!({"metadata": {"ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "night", "uid": "CronJob/night", "controller": true}]}});
    let sick = failed("night-1", -600, of);
    let before = cronjob("night", "0 3 * * *", json!({"spec": {"suspend": true}, "status": {"lastSuccessfulTime": at(-90_000)}}));
    let after = with(before.clone(), json!({"status": {"lastSuccessfulTime": at(-60)}}));
    let says = "warning jobs/night-1: failed: BackoffLimitExceeded, of cronjob night | Job has reached the specified backoff limit <cronjobs/night>";
    plays("job-failed", &[sick, before], &[(0, &[says])], &[after]);
}

#[test]
fn a_cronjob_that_is_late_is_told_at_its_limit() {
    assert_eq!(START % 3_600, 0, "tests begin at a full hour");
    let hourly = cronjob("tick", "0 * * * *", json!({"status": {"lastScheduleTime": at(0)}}));
    let first = "warning cronjobs/tick: missed its time <cronjobs/tick>";
    let more = "warning cronjobs/tick: missed its time 3 times <cronjobs/tick>";
    let twice = more.replace("3 times", "2 times");
    let cured = with(hourly.clone(), json!({"status": {"lastScheduleTime": at(10_800)}}));
    plays(
        "cronjob-missed",
        &[hourly],
        &[(0, &[]), (3_899, &[]), (3_900, &[first]), (10_799, &[&twice]), (10_800, &[more])],
        std::slice::from_ref(&cured),
    );
    let hourly = cronjob("tick", "0 * * * *", json!({"status": {"lastScheduleTime": at(0), "active": [{"name": "tick-1"}]}}));
    let why = warning(&hourly, "JobAlreadyActive", "Not starting job because prior execution is running", 3, (1_200, 8_000));
    let more = more
        .replace("3 times", "3 times: the run before is not over")
        .replace(" <", " | Not starting job because prior execution is running <");
    plays("cronjob-missed", &[hourly, why], &[(10_800, &[&more])], &[cured]);
}

#[test]
fn what_is_not_known_to_be_late_is_no_news() {
    let late = json!({"status": {"lastScheduleTime": at(-86_400)}});
    let says = "warning cronjobs/x: missed its time 24 times <cronjobs/x>";
    plays(
        "cronjob-missed",
        &[cronjob("x", "0 * * * *", late.clone())],
        &[(0, &[says])],
        &[cronjob("x", "0 * * * *", with(late.clone(), json!({"spec": {"suspend": true}})))],
    );
    for (schedule, zone) in [("0 * * * *", Some("Europe/Berlin")), ("no schedule", None), ("30 * * * *", None)] {
        // Nobody knows the zone; it is no schedule; it was another when it last ran.
        plays(
            "cronjob-missed",
            &[cronjob("x", schedule, with(late.clone(), json!({"spec": {"timeZone": zone}})))],
            &[(0, &[]), (90_000, &[])],
            &[],
        );
    }
}

#[test]
fn a_new_cronjob_has_not_missed_what_was_before_it() {
    let new = cronjob("new", "*/30 * * * *", json!({"metadata": {"creationTimestamp": at(0)}}));
    let says = "warning cronjobs/new: missed its time <cronjobs/new>";
    plays("cronjob-missed", std::slice::from_ref(&new), &[(0, &[]), (2_099, &[]), (2_100, &[says])], &[gone(&new)]);
}

/// Nothing of the job itself says so: its events do.
#[test]
fn a_job_whose_pods_are_refused_is_told() {
    let load = job("load", json!({"status": {"active": null}}));
    let why = "Error creating: pods \"load-x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=9, limited: pods=9";
    let refused = warning(&load, "FailedCreate", why, 4, (-90, -1));
    let says = format!("warning jobs/load: its pods are refused, so it does not run | {why} <quota shop>");
    let runs = with(load.clone(), json!({"status": {"active": 1}}));
    plays("pods-refused", &[load, refused.clone()], &[(0, &[&says]), (598, &[&says]), (599, &[])], std::slice::from_ref(&runs));
    plays("pods-refused", &[runs, refused], &[(0, &[])], &[]);
}
