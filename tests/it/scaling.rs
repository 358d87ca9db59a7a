//! Everything that scales, in one table.

use crate::rig::objects::{object, pod, since};
use crate::rig::robot::{LARGE, Robot};
use crate::robot::look;
use kconsole::model::finding::{Cause, Finding, Severity};
use kconsole::model::id::{GroupResource, ObjectRef, Uid};
use kconsole::model::time::Timestamp;
use serde_json::{Value, json};

/// A workload with pods that it wants and has ready.
fn workload(path: &str, wanted: u32, ready: u32) -> Value {
    let mut of = object(path, 90_000);
    let name = of["metadata"]["name"].clone();
    of["spec"] = json!({"replicas": wanted, "selector": {"matchLabels": {"app": name}}});
    of["status"] = json!({"replicas": wanted, "readyReplicas": ready, "updatedReplicas": wanted, "availableReplicas": ready});
    of
}

/// An autoscaler of a Deployment.
fn autoscaler(path: &str, (min, max): (u32, u32), current: u32, cpu: u32) -> Value {
    let mut of = object(path, 90_000);
    let (uid, name) = (format!("hpa-{}", of["metadata"]["name"].as_str().expect("a name")), of["metadata"]["name"].clone());
    of["metadata"]["uid"] = json!(uid);
    let target = json!({"type": "Utilization", "averageUtilization": 70});
    of["spec"] = json!({"minReplicas": min, "maxReplicas": max, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]});
    let limited = json!({"type": "ScalingLimited", "status": if current == max { "True" } else { "False" }, "reason": "TooManyReplicas",
        "lastTransitionTime": since(60), "message": "the desired replica count is more than the maximum replica count"});
    of["status"] = json!({"currentReplicas": current, "desiredReplicas": current, "conditions": [limited],
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": cpu, "averageValue": "1"}}}]});
    of
}

fn scaling() -> Robot {
    let mut robot = Robot::new(&["prod-eu", "prod-us"], "scaling");
    let mut checkout = workload("shop/checkout", 10, 9);
    checkout["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "lastTransitionTime": since(60),
        "message": "pods \"checkout-x\" is forbidden: exceeded quota: team, requested: cpu=1, used: cpu=8, limited: cpu=8"}]);
    robot.list("prod-eu", "deployments", &[workload("shop/web", 10, 10), checkout]);
    robot.list("prod-eu", "statefulsets", &[workload("shop/db", 3, 2)]);
    let mut owned = workload("shop/web-7c9d", 10, 10);
    owned["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "web", "controller": true}]);
    robot.list("prod-eu", "replicasets", &[owned, workload("shop/by-hand", 2, 2)]);
    robot.list("prod-eu", "horizontalpodautoscalers", &[autoscaler("shop/web", (4, 10), 10, 61)]);
    robot.list("prod-us", "deployments", &[workload("shop/web", 6, 6), workload("shop/off", 0, 0)]);
    for resource in ["statefulsets", "replicasets"] {
        robot.list("prod-us", resource, &[]);
    }
    robot.list("prod-us", "horizontalpodautoscalers", &[autoscaler("shop/web", (4, 10), 6, 61)]);
    robot
}

/// The words of a row, without its borders.
fn line(robot: &Robot, cluster: &str, name: &str) -> String {
    let screen = robot.screen();
    let is_it = |l: &&str| l.contains(cluster) && l.split_whitespace().any(|w| w == name);
    let line = screen.lines().skip(2).find(is_it).unwrap_or_else(|| panic!("no {name} of {cluster}:\n{screen}"));
    line.split_whitespace().filter(|w| !["│▌", "│", "▌"].contains(w)).collect::<Vec<_>>().join(" ")
}

#[test]
fn everything_that_scales_is_one_table() {
    let mut robot = scaling();
    robot.resize(LARGE).sees("Scaling ─ 6");
    for cpu in [72, 75, 83] {
        robot.deliver("prod-eu", "horizontalpodautoscalers", &[autoscaler("shop/web", (4, 10), 10, cpu)]);
    }
    assert_eq!(line(&robot, "prod-eu", "web"), "prod-eu shop web Deployment ████████ 10/10 – 10 10 4–10 max 83%/70% ▆▇▇█ ▲ HPA");
    assert_eq!(line(&robot, "prod-us", "web"), "prod-us shop web Deployment ████████ 6/6 – 6 6 4–10 61%/70% –");
    assert_eq!(line(&robot, "prod-eu", "checkout"), "prod-eu shop checkout Deployment ███████▏ 9/10 – 10 9 – – ✖ quota");
    assert_eq!(line(&robot, "prod-eu", "db"), "prod-eu shop db StatefulSet █████▎▒▒ 2/3 – 3 2 – – –");
    assert_eq!(line(&robot, "prod-eu", "by-hand"), "prod-eu shop by-hand ReplicaSet ████████ 2/2 – 2 2 – – –");
    robot.misses("web-7c9d");
    look("scaling", &mut robot);
}

#[test]
fn what_scaled_shows_how_it_went() {
    let mut robot = scaling();
    robot.resize(LARGE);
    for wanted in [6, 2, 3] {
        robot.deliver("prod-eu", "statefulsets", &[workload("shop/db", wanted, wanted)]);
    }
    assert!(line(&robot, "prod-eu", "db").ends_with("3/3 ▅█▃▅ 3 3 – – –"), "{}", robot.screen());
    robot.deliver("prod-eu", "statefulsets", &[workload("shop/db", 3, 1)]);
    assert!(line(&robot, "prod-eu", "db").ends_with("1/3 ▅█▃▅ 3 1 – – –"), "what is ready is no scaling\n{}", robot.screen());
}

/// The cursor, marks, sorting, filters and what enter opens: as in any table.
#[test]
fn it_is_a_table_like_any() {
    let mut robot = scaling();
    robot.resize(LARGE).click("READY").press("i");
    assert_eq!(robot.names()[..2].iter().collect::<std::collections::BTreeSet<_>>().len(), 2, "{}", robot.screen());
    assert!(robot.names()[..2].contains(&"checkout".to_owned()) && robot.names()[..2].contains(&"db".to_owned()), "{}", robot.screen());
    robot.press("/").text("kind:state").press("enter");
    assert_eq!(robot.names(), ["db"].map(String::from), "{}", robot.screen());
    robot.press("esc /").text("cpu>50").press("enter").sees("Scaling ─ 2");
    robot.press("esc /").text("by-hand").press("enter g space").sees("marked 1").press("enter");
    robot.sees("by-hand of replicasets");
    robot.list("prod-eu", "pods", &[pod("shop/by-hand", 60)]);
    assert_eq!(robot.names(), ["by-hand"].map(String::from));
    robot.press("esc").sees("Scaling").press("esc :").text("scaling").press("enter").sees("Scaling ─ 6");
}

/// What health found says why; the conditions alone do not.
#[test]
fn where_no_room_is_left_and_nodes_may_come_it_says_so() {
    let mut robot = scaling();
    robot.resize(LARGE);
    let table = robot.state.world.tables.values().find(|t| t.named("shop", "checkout").is_some()).expect("deployments");
    let object = table.object(table.named("shop", "checkout").expect("checkout"));
    let mut find = |cause: Cause| {
        let found = Finding {
            rule: "test",
            severity: Severity::Warning,
            object: object.clone(),
            since: Timestamp(0),
            at_least: false,
            what: String::new(),
            evidence: String::new(),
            next: String::new(),
            cause,
        };
        robot.state.world.findings.put(object.cluster, object.uid, vec![found]);
        robot.deliver("prod-us", "deployments", &[]);
        line(&robot, "prod-eu", "checkout").split("– – ").nth(1).unwrap_or_default().to_owned()
    };
    assert_eq!(find(Cause::Image("checkout:1.9.0".into())), "✖ image");
    assert_eq!(find(Cause::Quota("shop".into())), "✖ quota");
    assert_eq!(find(Cause::Room("Insufficient cpu".into())), "✖ no room");
    robot.deliver("prod-eu", "deployments", &[workload("kube-system/cluster-autoscaler", 1, 1)]);
    assert!(line(&robot, "prod-eu", "checkout").ends_with("▲ no room, nodes may be added"), "{}", robot.screen());
    robot.delete("prod-eu", "deployments", &["cluster-autoscaler"]);
    assert!(line(&robot, "prod-eu", "checkout").ends_with("✖ no room"), "{}", robot.screen());
}

/// The number in the title, what the key shows and what has a limit are one thing; a crash of its pods is a limit too, by its deepest cause.
#[test]
fn what_is_unhealthy_here_is_what_has_a_limit() {
    let mut robot = scaling();
    robot.resize(LARGE).sees("unhealthy 2").press("!").sees("only unhealthy").sees("Scaling ─ 2");
    let mut names = robot.names();
    names.sort();
    assert_eq!(names, ["checkout", "web"].map(String::from), "{}", robot.screen());
    let table = robot.state.world.tables.values().find(|t| t.named("shop", "db").is_some()).expect("statefulsets");
    let db = table.object(table.named("shop", "db").expect("db"));
    let pod = |name: &str| ObjectRef { kind: GroupResource::new("", "pods"), name: name.into(), uid: Uid::parse(name), ..db.clone() };
    let found = |rule: &'static str, name: &str, severity| Finding {
        rule,
        severity,
        object: pod(name),
        since: Timestamp(0),
        at_least: false,
        what: rule.to_owned(),
        evidence: String::new(),
        next: String::new(),
        cause: Cause::itself(&db),
    };
    for (rule, name, severity, says) in [
        ("unprobed", "db-3", Severity::Info, "–"),
        ("rollout-stuck", "db-2", Severity::Warning, "✖ rollout"),
        ("crash-loop", "db-0", Severity::Critical, "✖ crash"),
        ("oom-killed", "db-1", Severity::Warning, "✖ OOM"),
    ] {
        robot.state.world.findings.put(db.cluster, Uid::parse(name), vec![found(rule, name, severity)]);
        robot.state.world.findings.settle();
        robot.wait(1).press("!");
        assert!(line(&robot, "prod-eu", "db").ends_with(says), "{rule}\n{}", robot.screen());
        let limited = if says == "–" { 2 } else { 3 };
        robot.sees(&format!("unhealthy {limited}")).press("!").sees(&format!("Scaling ─ {limited}"));
    }
}
