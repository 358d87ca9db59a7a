//! Logs of a demo server, over real connections.

use crate::rig::person::Person;
use kconsole::demo::fault::Fault;
use serde_json::{Value, json};
use std::time::Duration;

/// A pod that says every second which second it is.
pub fn clock(name: &str) -> Value {
    let script = "while true; do date +%s; sleep 1; done";
    json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "app", "image": "busybox", "command": ["sh", "-c", script]}]}})
}

/// A deployment of one pod with this script.
pub fn deployment(name: &str, script: &str) -> Value {
    let container = json!({"name": "app", "image": "busybox", "command": ["sh", "-c", script]});
    json!({"metadata": {"name": name}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}}})
}

/// The seconds on the screen.
pub fn seconds(person: &Person) -> Vec<i64> {
    let screen = person.screen();
    let last = |line: &str| line.trim_matches(['│', ' ']).rsplit(' ').next().and_then(|word| word.parse::<i64>().ok());
    screen.lines().filter_map(last).filter(|n| *n > 1_000_000_000).collect()
}

/// FL5: connections are reset again and again, and each second is there once.
#[tokio::test(flavor = "multi_thread")]
async fn fl5_resets_lose_and_double_nothing() {
    let mut person = Person::start_in_shop("pods", &[("pods", clock("ticks"))]).await;
    person.press("/").text("ticks").press("enter");
    let runs = |p: &Person| p.screen().lines().any(|l| l.contains("ticks") && l.contains("Running"));
    person.until("it runs", runs).await;
    person.press("l").sees("following").await;
    for resets in 1..=3 {
        person.until("lines have come", |p| seconds(p).len() >= 2 * resets).await;
        person.order(Fault::Reset);
    }
    person.until("lines come again", |p| seconds(p).len() >= 10).await;
    let seen = seconds(&person);
    assert!(seen.windows(2).all(|w| w[1] - w[0] == 1), "{seen:?}\n{}", person.screen());
}

/// FL5: a pod that crashes and one that is rolled out anew stay one stream, which says what happened.
#[tokio::test(flavor = "multi_thread")]
async fn fl5_crashes_and_rollouts_are_told() {
    let deployment = |text: &str| deployment("trier", &format!("echo {text}; sleep 2; exit 3"));
    let mut person = Person::start_in_shop("deployments.apps", &[("deployments.apps", deployment("first words"))]).await;
    person.press("/").text("trier").press("enter").sees("▌  here").await;
    person.press("l").sees("first words").await;
    person.sees("exit 3").await.sees("restarted (1)").await;
    person.other("deployments.apps", "trier", |o| o["spec"]["template"] = deployment("second words")["spec"]["template"].clone());
    person.sees("second words").await.sees("joined").await.sees("2 pods").await;
    tokio::time::timeout(Duration::from_secs(30), person.sees("pod deleted")).await.expect("the old pod goes");
}
