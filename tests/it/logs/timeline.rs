//! The time line of an incident: what happened beside the lines, clusters that are closed and opened again, and clocks that differ.

use super::demo::{clock, deployment, seconds};
use super::screen::{followed, lines, two};
use crate::rig::objects::{object, since};
use crate::rig::person::Person;
use crate::rig::robot::{LARGE, NOW};
use kconsole::model::deed::Key;
use kconsole::model::id::Uid;
use kconsole::model::log::{From, Stamp};
use kconsole::model::msg::Msg;
use kconsole::model::record::{Object, Place, Record, Stage, Touched, Versions};
use kconsole::model::step::Effect;
use kconsole::model::time::Timestamp;
use serde_json::{Value, json};

/// An event about an object of the namespace `shop`, so many seconds ago.
fn event(about: (&str, &str), kind: &str, reason: &str, age: i64, count: u32) -> Value {
    let mut event = object(&format!("shop/{}.{reason}", about.1), age);
    event["type"] = json!(kind);
    event["reason"] = json!(reason);
    event["message"] = json!(format!("{reason}, as it is told"));
    event["count"] = json!(count);
    event["lastTimestamp"] = json!(since(age));
    event["involvedObject"] = json!({"kind": about.0, "namespace": "shop", "name": about.1, "uid": about.1});
    event
}

/// What somebody wrote down of a scaling, when another kconsole ran.
fn scaled(id: &str, cluster: &str, name: &str, age: i64, outcome: Option<&str>) -> Record {
    let path = ["spec", "replicas"].map(|key| Key::Field(key.to_owned())).to_vec();
    let field = Touched { field: "spec.replicas".to_owned(), path, before: Some(2.into()), after: Some(5.into()) };
    Record {
        time: since(age),
        id: id.to_owned(),
        record: if outcome.is_some() { Stage::Outcome } else { Stage::Intent },
        os_user: "ada".to_owned(),
        cluster: Place { name: cluster.to_owned(), ..Place::default() },
        verb: "scale".to_owned(),
        object: Object {
            kind: "deployments.apps".to_owned(),
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            uid: Uid::parse(name).to_string(),
        },
        resource_version: Versions::default(),
        subresource: "scale".to_owned(),
        changes: vec![field],
        rule: "tier dev".to_owned(),
        reason: None,
        outcome: outcome.map(str::to_owned),
        why: None,
    }
}

#[test]
fn events_stand_between_the_lines_at_their_time() {
    let mut robot = two();
    robot.resize(LARGE).press("v");
    robot.list(
        "prod-eu",
        "events",
        &[
            event(("Pod", "web-a1"), "Warning", "BackOff", 1, 7),
            event(("Deployment", "web"), "Normal", "ScalingReplicaSet", 2, 1),
            event(("Pod", "other-c3"), "Warning", "Failed", 1, 1),
        ],
    );
    let shown = lines(&robot);
    assert!(shown[0].contains("event: deployment web ScalingReplicaSet ScalingReplicaSet, as it is told"), "{shown:?}");
    assert!(shown[1].contains("▲ event: pod web-a1 BackOff ×7 BackOff, as it is told") && shown[2].contains("refused"), "{shown:?}");
    robot.misses("other-c3");
    // What is seen again is told again, at its new time.
    let again = event(("Pod", "web-a1"), "Warning", "BackOff", -1, 8);
    robot.deliver("prod-eu", "events", std::slice::from_ref(&again)).deliver("prod-eu", "events", &[again]);
    assert!(lines(&robot).last().is_some_and(|last| last.contains("BackOff ×8")) && lines(&robot).len() == 6, "{:?}", lines(&robot));
    // A filter is about lines: what happened explains what is left of them.
    robot.press("f").text("refused").press("enter").sees("BackOff ×7").misses("started").press("esc");
    robot.press("v").misses("event:").sees("started");
    robot.press("v").sees("BackOff ×8");
    assert_eq!(lines(&robot).len(), 6, "nothing is told twice");
}

#[test]
fn changes_of_earlier_runs_stand_there_too() {
    let mut robot = two();
    robot.resize(LARGE).press("v");
    assert!(robot.effects().contains(&Effect::ReadJournal));
    let records = vec![
        scaled("a-1-0", "prod-eu", "web", 3 * 86_400, Some("done")),
        scaled("a-2-0", "prod-eu", "web", 3_000, Some("done")),
        scaled("a-3-0", "prod-us", "web", 2_000, Some("refused")),
        scaled("a-4-0", "prod-eu", "other", 1_000, Some("done")),
        scaled("a-5-0", "staging", "web", 1_000, Some("done")),
        scaled("b-1-0", "prod-eu", "web", -1, None),
    ];
    robot.message(Msg::Journal(Ok(records)));
    let told: Vec<String> = lines(&robot).into_iter().filter(|line| line.contains("change:")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("13:12:00.000 prod-eu") && told[0].contains("change: scale of web by ada, done: spec.replicas: 2 → 5"),
        "{told:?}"
    );
    assert!(told[1].starts_with("13:28:40.000 prod-us") && told[1].contains("scale of web by ada, refused"), "{told:?}");
    // Once it is over, it is told; what was told is not told again.
    robot.message(Msg::Journal(Ok(vec![
        scaled("a-2-0", "prod-eu", "web", 3_000, Some("done")),
        scaled("b-1-0", "prod-eu", "web", -1, Some("done")),
    ])));
    assert_eq!(lines(&robot).iter().filter(|line| line.contains("change:")).count(), 3, "{}", robot.screen());
}

/// What was done in this run is told once, though the journal has it too; the next run has it from there.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_told_once() {
    let kind = "deployments.apps";
    let mut person = Person::start_in_shop(kind, &[(kind, deployment("trier", "while true; do date +%s; sleep 1; done"))]).await;
    let look = async |person: &mut Person| {
        person.press("/").text("trier").press("enter").sees("▌  here").await;
    };
    look(&mut person).await;
    person.press("R").sees("accepted by the server").await.press("enter").sees("✔").await.settles().await.press("esc esc esc");
    look(&mut person).await;
    person.press("l").sees("following").await.press("v").sees("change: restart of trier").await;
    person.until("lines come", |p| seconds(p).len() >= 2).await;
    assert_eq!(person.screen().matches("restart of trier").count(), 1, "{}", person.screen());
    person.restarts(kind).await;
    look(&mut person).await;
    person.press("l").sees("following").await.press("v").sees("restart of trier by ").await;
    assert_eq!(person.screen().matches("restart of trier").count(), 1, "{}", person.screen());
}

/// What is followed goes on behind the last line that came.
#[test]
fn a_cluster_that_was_closed_is_read_on_from_there() {
    let mut robot = two();
    robot.press("C j space esc");
    assert_eq!(followed(&robot), ["web-a1"]);
    robot.press("C j space esc");
    robot.list("prod-us", "pods", &[crate::rig::objects::pod("shop/web-b2", 3_600)]);
    assert_eq!(followed(&robot), ["web-a1", "web-b2"]);
    let last = Stamp(Stamp::of(Timestamp(NOW)).0 + 50_000_000);
    let from = robot.tails.values().find(|tail| &*tail.pod == "web-b2").map(|tail| tail.from);
    assert_eq!(from, Some(From::After(last)));
    robot.log("web-b2", "app", 700, &["here again"]);
    assert!(lines(&robot).len() == 4 && robot.screen().contains("refused"), "{}", robot.screen());
}

/// FL5: closed and opened again and again, and each second is there once.
#[tokio::test(flavor = "multi_thread")]
async fn fl5_closed_and_opened_nothing_is_lost_or_doubled() {
    let mut person = Person::start_in_shop("pods", &[("pods", clock("ticks"))]).await;
    person.press("/").text("ticks").press("enter");
    person.until("it runs", |p| p.screen().lines().any(|l| l.contains("ticks") && l.contains("Running"))).await;
    person.press("l").sees("following").await;
    for round in 1..=3 {
        person.until("lines have come", |p| seconds(p).len() >= 3 * round).await;
        person.press("C space").sees("not opened").await.press("space esc");
    }
    person.until("lines come again", |p| seconds(p).len() >= 12).await;
    let seen = seconds(&person);
    assert!(seen.windows(2).all(|w| w[1] - w[0] == 1), "{seen:?}\n{}", person.screen());
}

/// FL7: the clock of a cluster that is ahead of ours is named.
#[tokio::test(flavor = "multi_thread")]
async fn fl7_a_cluster_whose_clock_is_ahead() {
    let mut person = Person::start_in_shop("pods", &[("pods", clock("ticks"))]).await;
    person.press("/").text("ticks").press("enter");
    person.until("it runs", |p| p.screen().lines().any(|l| l.contains("ticks") && l.contains("Running"))).await;
    // Ours is behind by so many seconds.
    person.wait(-90).press("l").sees("following").await;
    person.until("lines have come", |p| seconds(p).len() >= 2).await;
    // Ninety seconds and what it took to get here.
    person.sees("the clock of ticks is 9").await;
}
