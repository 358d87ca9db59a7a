//! The screens of health and of events, as a person on call uses them: what is wrong and where, why, and what to press next.

use crate::rig::objects::{crashing, object, pod, since};
use crate::rig::robot::{LARGE, Robot, SMALL};
use crate::robot::look;
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::msg::{ClusterNews, Link, Sync};
use kconsole::ui::views::health::{count, worst};
use serde_json::{Value, json};
use std::time::Duration;

/// The screen of health over clusters in which nothing is known yet.
fn health(clusters: &[&str]) -> Robot {
    let mut robot = Robot::new(clusters, "pods");
    robot.press("h");
    robot
}

/// All that health looks at in a cluster has come, and there is nothing of it but these pods.
fn quiet(robot: &mut Robot, cluster: &str, pods: &[Value]) {
    for kind in robot.watched(cluster) {
        let kind = kind.split('.').next().unwrap().to_owned();
        robot.list(cluster, &kind, if kind == "pods" { pods } else { &[] });
    }
}

/// A pod of a deployment: `shop/checkout-6d5f-x2x9q`.
fn of_deployment(mut pod: Value) -> Value {
    let name = pod["metadata"]["name"].as_str().unwrap().to_owned();
    let set = name.rsplit_once('-').unwrap().0;
    pod["metadata"]["labels"]["pod-template-hash"] = json!(set.rsplit_once('-').unwrap().1);
    pod["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": set, "controller": true}]);
    pod
}

/// A pod whose image is not there.
fn imageless(path: &str, image: &str) -> Value {
    let mut pod = pod(path, 360);
    pod["status"]["containerStatuses"] = json!([{"name": "app", "image": image, "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": format!("{image} not found in registry")}}}]);
    pod["status"]["conditions"] = json!([{"type": "Ready", "status": "False"}]);
    pod["status"]["phase"] = json!("Pending");
    of_deployment(pod)
}

fn unreachable() -> Fault {
    Fault::new(FaultKind::Unreachable, "connection refused").hint("nothing listens there: is the cluster running?")
}

/// Three clusters: a bad image and a crash in one, a crash in another.
fn sick() -> Robot {
    let mut robot = health(&["prod-eu", "prod-us", "staging"]);
    let image = "registry.shop.example/checkout:1.9.0";
    let images: Vec<Value> =
        ["x2x9q", "k4d2m", "p7w3z"].iter().map(|hash| imageless(&format!("shop/checkout-6d5f-{hash}"), image)).collect();
    quiet(&mut robot, "prod-eu", &[images, vec![of_deployment(crashing("shop/cart-7f9c-k8s2p", 10_800, 12))]].concat());
    quiet(&mut robot, "prod-us", &[of_deployment(crashing("shop/web-58b7-qqq4d", 900, 4)), pod("shop/api-1", 60)]);
    quiet(&mut robot, "staging", &[pod("shop/api-1", 60)]);
    robot
}

#[test]
fn one_glance_says_what_is_wrong_and_where() {
    let mut robot = sick();
    robot.sees("Health ─ 3").sees("and 2 more").sees("prod-eu").sees("registry.shop.example/checkout:1.9.0 not found");
    look("health", &mut robot);
    assert_eq!(count(&robot.state.world), 3);
    let (line, _) = worst(&robot.state.world).unwrap();
    assert!(line.starts_with("✖ prod-"), "{line}");
    robot.press("1").sees("Health ─ prod-eu ─ 2").misses("web-58b7");
    robot.press("1 /").text("web exit").press("enter").sees("Health ─ 1").sees("prod-us").misses("checkout");
    robot.press("esc").sees("Health ─ 3");
    robot.press("/").text("nosuch").sees("nothing that is wrong matches").misses("all is well").press("esc");
    robot.press(":").text("ns web").press("enter").sees("nothing is wrong").misses("crashes");
}

#[test]
fn enter_explains_and_the_keys_act_on_the_object() {
    let mut robot = sick();
    robot.press("/").text("checkout").press("enter").sees("▌");
    assert!(robot.cursor().contains("checkout"), "{}", robot.screen());
    robot.press("enter").sees("WHAT IT MEANS").sees("3 objects").sees("WHAT USUALLY HELPS").sees("next: d shows");
    look("finding", &mut robot);
    robot.press("G").sees("y as YAML").press("g");
    robot.press("e").sees("about checkout-6d5f-").press("esc d").sees("checkout-6d5f-").press("esc");
    robot.press("enter").sees("checkout-6d5f-").press("esc").sees("WHAT IT MEANS").press("esc").sees("Health ─ 1");
    robot.press("y").sees("checkout-6d5f-").press("esc").press("o").sees("Replicasets");
}

/// A node that is lost has hundreds of pods: what to do comes before them, and each can be seen.
#[test]
fn advice_comes_before_what_it_is_about_and_all_of_that_can_be_seen() {
    let mut robot = health(&["prod-eu"]);
    let pods: Vec<Value> = (10..50).map(|i| imageless(&format!("shop/checkout-6d5f-{i}"), "registry.shop.example/checkout:1.9.0")).collect();
    quiet(&mut robot, "prod-eu", &pods);
    robot.resize(LARGE).press("enter").sees("40 objects").sees("checkout-6d5f-14 ").misses("checkout-6d5f-15 ").sees("and 35 more: m shows all");
    let place = |robot: &Robot, what: &str| robot.screen().find(what).unwrap_or_else(|| panic!("{what}: {}", robot.screen()));
    let order = ["not found in registry", "next: ", "WHAT IT MEANS", "WHAT USUALLY HELPS", "THE FACTS", "THE NEXT KEYS"].map(|what| place(&robot, what));
    assert!(order.is_sorted(), "{}", robot.screen());
    robot.press("m").misses("and 35 more").sees("checkout-6d5f-15 ").press("G").sees("checkout-6d5f-49 ").sees("m folds them again");
    robot.press("m").sees("and 35 more: m shows all").press("g").resize(SMALL).sees("WHAT USUALLY HELPS");
}

#[test]
fn what_is_cured_stays_under_the_cursor_until_it_moves() {
    let mut robot = sick();
    robot.press("/").text("cart").press("enter").press("enter").sees("crashes").misses("cured");
    let well = |path: &str| {
        let mut well = of_deployment(pod(path, 10_800));
        well["metadata"]["resourceVersion"] = json!("2");
        well
    };
    robot.deliver("prod-eu", "pods", &[well("shop/cart-7f9c-k8s2p")]).sees("cured").sees("WHAT IT MEANS");
    robot.press("esc");
    assert!(robot.cursor().contains("cart") && robot.cursor().contains("cured"), "{}", robot.screen());
    robot.press("enter").sees("is cured").press("d").sees("is cured");
    robot.press("esc").sees("Health ─ 2");
    let mut robot = sick();
    robot.press("j j");
    let before = robot.cursor();
    robot.deliver("prod-us", "pods", &[well("shop/web-58b7-qqq4d")]).deliver("prod-eu", "pods", &[well("shop/cart-7f9c-k8s2p")]);
    let (name, rest) = (before.split_whitespace().nth(3).unwrap(), robot.cursor());
    assert!(rest.contains(name), "{before}\n{}", robot.screen());
    look("health-cured", &mut robot);
    robot.press("k").misses("cured").sees("Health ─ 1");
}

/// What is cured is no news for long, has nothing next, and stays for nobody who is elsewhere.
#[test]
fn what_is_cured_goes_after_a_while() {
    let well = || {
        let mut well = of_deployment(pod("shop/web-58b7-qqq4d", 900));
        well["metadata"]["resourceVersion"] = json!("2");
        well
    };
    let mut robot = sick();
    robot.press("/").text("web").press("enter").sees("next: ");
    robot.deliver("prod-us", "pods", &[well()]).sees("cured").misses("next: ");
    robot.wait(9).sees("cured").wait(1).misses("cured").sees("nothing that is wrong matches");
    let mut robot = Robot::new(&["prod-us"], "overview");
    quiet(&mut robot, "prod-us", &[of_deployment(crashing("shop/web-58b7-qqq4d", 900, 4))]);
    robot.resize(LARGE).sees("crashes").press("tab");
    robot.deliver("prod-us", "pods", &[well()]).misses("cured").misses("crashes").sees("all is well");
}

#[test]
fn a_cluster_that_is_down_stands_below_what_was_found_and_leads_to_its_state() {
    let mut robot = sick();
    robot.wait(2).down("prod-us", &unreachable(), Some(Duration::from_secs(8))).wait(40);
    robot.down("staging", &Fault::new(FaultKind::Login("aws sso login".into()), "the token has expired"), None);
    robot.sees("Health ─ 5").sees("stale for 40s").sees("connection refused").sees("ctrl-r runs aws sso login");
    look("health-down", &mut robot);
    let screen = robot.screen();
    assert!(screen.find("stale for").unwrap() > screen.rfind("crashes").unwrap(), "{screen}");
    let (line, _) = worst(&robot.state.world).unwrap();
    assert!(line.starts_with("✖ prod-"), "the header tells of clusters: {line}");
    robot.press("G");
    assert!(robot.cursor().contains("stale for") || robot.cursor().contains("login needed"), "{}", robot.screen());
    let name = robot.cursor().split_whitespace().find(|w| ["prod-us", "staging"].contains(w)).unwrap().to_owned();
    robot.press("enter").sees("Clusters");
    assert!(robot.cursor().contains(&name), "{}", robot.screen());
    robot.press("esc").sees("Health ─ 5");
    robot.cluster("prod-us", ClusterNews::Link(Link::Up { latency: Duration::from_millis(3) }));
    for kind in ["pods", "nodes", "deployments", "events"] {
        robot.sync("prod-us", kind, Sync::Live);
    }
    robot.misses("connection refused").sees("Health ─ 4");
}

#[test]
fn all_is_well_only_where_all_is_seen() {
    let mut robot = health(&["prod-eu", "prod-us"]);
    robot.misses("all is well").sees("waiting for prod-eu; prod-us");
    quiet(&mut robot, "prod-eu", &[pod("shop/a", 60)]);
    robot.misses("all is well").sees("waiting for prod-us");
    quiet(&mut robot, "prod-us", &[]);
    robot.sees("● all is well: nothing is wrong in 2 clusters").sees("Health ─ 0");
    look("health-well", &mut robot);
    assert_eq!((count(&robot.state.world), worst(&robot.state.world)), (0, None));
    let mut robot = health(&["prod-eu"]);
    quiet(&mut robot, "prod-eu", &[]);
    let mut robot2 = health(&["prod-eu"]);
    let stale = |kind, what: &str| Sync::Stale { why: Fault::new(kind, what), retry_in: None };
    robot2.sync("prod-eu", "nodes", stale(FaultKind::Forbidden, "viewer may not list nodes"));
    for kind in robot2.watched("prod-eu").iter().filter(|k| *k != "nodes") {
        robot2.list("prod-eu", kind.split('.').next().unwrap(), &[]);
    }
    robot2.misses("all is well").sees("forbidden, so nothing is known of them: nodes").sees("nothing found in what can be seen");
    robot.sync("prod-eu", "pods", stale(FaultKind::Server, "etcd is slow")).misses("all is well").sees("pods: stale").sees("etcd is slow");
    Robot::new(&["-", "prod-eu"], "pods").press("h").sees("no cluster is open");
}

#[test]
fn three_hundred_findings_scroll_and_nothing_of_the_name_is_cut() {
    let mut robot = health(&["prod-eu"]);
    let pods: Vec<Value> = (0..300).map(|i| crashing(&format!("shop/worker-{i:03}"), 7_200 + i, 4)).collect();
    quiet(&mut robot, "prod-eu", &pods);
    robot.sees("Health ─ 300");
    let mut seen = Vec::new();
    for _ in 0..300 {
        let cursor = robot.cursor();
        seen.push(cursor.split_whitespace().find(|w| w.starts_with("shop/")).unwrap_or_else(|| panic!("{cursor}")).to_owned());
        robot.press("j");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 300, "each was under the cursor, and in sight");
    let last = robot.cursor();
    robot.press("G");
    assert_eq!(robot.cursor(), last);
    robot.press("pgup k g").press("pgdn pgdn");
    robot.resize((44, 12));
    assert!(robot.cursor().contains("✖ prod-eu  shop/worker-"), "{}", robot.screen());
    look("health-many", robot.resize(SMALL));
    for width in 0..44 {
        robot.resize((width, 9)).resize((width, 3));
    }
}

#[test]
fn the_cursor_stays_where_it_was_put_whatever_comes() {
    let mut robot = sick();
    robot.press("j");
    let name = |line: String| line.split_whitespace().find(|w| w.starts_with("shop/")).unwrap().to_owned();
    let before = name(robot.cursor());
    robot.deliver("staging", "pods", &[of_deployment(crashing("shop/new-1-1", 5, 9))]);
    assert_eq!(name(robot.cursor()), before, "{}", robot.screen());
    robot.sees("Health ─ 4");
    let finding = robot.line("shop/new-1-1");
    robot.click("shop/new-1-1");
    assert_eq!(robot.cursor().replace('▌', " "), finding);
}

/// An event of a pod.
fn event(name: &str, pod: &str, kind: &str, reason: &str, message: &str, age: i64, count: u32) -> Value {
    let mut event = object(&format!("shop/{name}"), age);
    event["type"] = json!(kind);
    event["reason"] = json!(reason);
    event["message"] = json!(message);
    event["count"] = json!(count);
    event["lastTimestamp"] = json!(since(age));
    event["firstTimestamp"] = json!(since(age + 600));
    event["involvedObject"] = json!({"kind": "Pod", "namespace": "shop", "name": pod, "uid": pod});
    event
}

fn warnings() -> Robot {
    let mut robot = Robot::new(&["prod-eu", "prod-us"], "pods");
    robot.list("prod-eu", "pods", &[of_deployment(pod("shop/checkout-6d5f-x2x9q", 60))]).press("W").sees("waiting for warnings");
    let failed =
        |name: &str, pod: &str, age, count| event(name, pod, "Warning", "Failed", &format!("Error: ErrImagePull of {pod}"), age, count);
    let eu = [
        failed("e1", "checkout-6d5f-x2x9q", 12, 31),
        failed("e2", "checkout-6d5f-k4d2m", 40, 9),
        event("e3", "cart-1", "Warning", "Unhealthy", "Readiness probe failed: HTTP 503", 100, 1),
        event("e4", "old-1", "Warning", "BackOff", "Back-off restarting failed container", 3_000, 7),
    ];
    robot.list("prod-eu", "events", &eu);
    robot.list("prod-us", "events", &[event("e5", "web-1", "Warning", "Unhealthy", "Readiness probe failed: HTTP 503", 20, 2)]);
    robot
}

#[test]
fn warnings_of_all_clusters_are_one_stream_and_what_repeats_is_one_line() {
    let mut robot = warnings();
    robot.sees("warnings 3 in 10m").sees("Failed ×40").sees(" +1  Failed").sees("14:01:48");
    look("warnings", &mut robot);
    // What an event says is what it is for; where room is short its cluster stands there by its key.
    robot.resize(SMALL).sees("1  shop/").sees("Error: ErrImagePull of ").sees("Readiness probe failed: HT").misses("prod-eu  shop");
    robot.resize(LARGE).sees("prod-eu  shop").resize(SMALL);
    let lines = |robot: &Robot| robot.screen().lines().filter(|l| l.contains("▲ ") && l.starts_with('│')).count();
    assert_eq!(lines(&robot), 4);
    robot.press("/").text("object:web").press("enter");
    assert_eq!(lines(&robot), 1, "{}", robot.screen());
    robot.press("esc 1");
    assert_eq!(lines(&robot), 3);
    robot.press("1").wait(530).sees("warnings 2 in 10m");
}

#[test]
fn what_happens_comes_in_at_the_top_and_the_cursor_stays_with_its_line() {
    let mut robot = warnings();
    assert!(robot.cursor().contains("Failed"), "{}", robot.screen());
    robot.deliver("prod-us", "events", &[event("e6", "new-1", "Warning", "Evicted", "The node was low on memory", 1, 1)]);
    assert!(robot.cursor().contains("Evicted"), "from the first line one sees what happens\n{}", robot.screen());
    robot.press("j j");
    let before = robot.cursor();
    robot.deliver("prod-us", "events", &[event("e7", "new-2", "Warning", "FailedMount", "no such secret", 0, 1)]);
    assert_eq!(robot.cursor(), before);
    robot.press("enter").sees("web-1").press("esc");
    assert_eq!(robot.cursor(), before, "{}", robot.screen());
    robot.send("prod-us", "events", &[], &["e5"]).press("enter");
    robot.sees("this event is over");
}

#[test]
fn normal_events_are_those_since_the_program_was_started() {
    let mut robot = warnings();
    robot.press("!").sees("Failed").sees("all 3 in 10m");
    let normal = |name: &str, age| event(name, "cart-1", "Normal", &format!("Pulled-{name}"), "image is there", age, 1);
    let failed = event("e1", "checkout-6d5f-x2x9q", "Warning", "Failed", "Error: ErrImagePull", 12, 31);
    robot.wait(10).list("prod-eu", "events", &[normal("n1", 30), normal("n2", -5), failed]);
    robot.sees("Pulled-n2").misses("Pulled-n1").sees("normal ones since 14:02:00").sees("Failed").sees("Unhealthy");
    robot.resize(LARGE).press("!").resize(SMALL).misses("Pulled");
    let stale = Sync::Stale { why: Fault::new(FaultKind::Forbidden, "viewer may not list events"), retry_in: None };
    let mut robot = Robot::new(&["prod-eu"], "pods");
    robot.press("W").sync("prod-eu", "events", stale).sees("no warnings could be read").sees("viewer may not list events");
}
