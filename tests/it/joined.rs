//! Columns that other rows tell: what pods and nodes use, what nodes are asked for. In words of what a person sees.

use crate::rig::objects::{object, pod, since};
use crate::rig::robot::{LARGE, Robot};
use crate::robot::look;
use kconsole::model::catalog::Catalog;
use kconsole::model::msg::ClusterNews;
use serde_json::{Value, json};

/// A pod with what it asks for and may take of memory; `-` for nothing.
fn sized(path: &str, cpu: (&str, &str), memory: (&str, &str)) -> Value {
    let mut pod = pod(path, 7_200);
    for (what, (request, limit)) in [("cpu", cpu), ("memory", memory)] {
        for (key, value) in [("requests", request), ("limits", limit)] {
            if value != "-" {
                pod["spec"]["containers"][0]["resources"][key][what] = json!(value);
            }
        }
    }
    pod
}

/// What a pod uses, as metrics-server tells it.
fn used(path: &str, cpu: &str, memory: &str) -> Value {
    let mut metrics = object(path, 0);
    let metadata = metrics["metadata"].as_object_mut().expect("metadata");
    metadata.remove("uid");
    metadata.remove("resourceVersion");
    let usage = json!({"cpu": cpu, "memory": memory});
    if path.contains('/') {
        metrics["containers"] = json!([{"name": "app", "usage": usage}]);
    } else {
        metrics["usage"] = usage;
    }
    metrics
}

fn node(name: &str) -> Value {
    let mut node = object(name, 90_000);
    node["status"] = json!({"allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"}, "nodeInfo": {"kubeletVersion": "v1.35.2"},
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since(90_000)}]});
    node
}

/// A cluster whose pods are measured.
fn measured() -> Robot {
    let pods = vec![
        sized("shop/api-1", ("100m", "500m"), ("64Mi", "256Mi")),
        sized("shop/burst-1", ("50m", "-"), ("100Mi", "-")),
        sized("shop/cart-1", ("100m", "500m"), ("64Mi", "256Mi")),
        sized("shop/free-1", ("-", "-"), ("-", "-")),
        sized("shop/new-1", ("100m", "500m"), ("64Mi", "256Mi")),
    ];
    let mut robot = Robot::with_pods(&[("prod-eu", pods)]);
    let metrics = [
        used("shop/api-1", "83241972n", "120Mi"),
        used("shop/burst-1", "70m", "40Mi"),
        used("shop/cart-1", "4m", "251Mi"),
        used("shop/free-1", "0", "12Mi"),
    ];
    robot.list("prod-eu", "pods.metrics.k8s.io", &metrics);
    robot
}

/// The line of a pod from AGE on.
fn line(robot: &Robot, name: &str) -> Vec<String> {
    let line = robot.line(&format!(" {name} "));
    let words: Vec<&str> = line.split_whitespace().collect();
    let from = words.iter().position(|w| *w == "120m").expect("an age");
    words[from + 1..].iter().map(|w| (*w).to_owned()).collect()
}

#[test]
fn pods_show_what_they_use_of_what_they_may() {
    let mut robot = measured();
    robot.resize(LARGE);
    for (name, shown) in [
        ("api-1", "84m 16% 120Mi 46%"),
        ("burst-1", "70m 140% 40Mi 40%"),
        ("cart-1", "4m 0% 251Mi ▲ 98%"),
        ("free-1", "0m – 12Mi –"),
        ("new-1", "– – – –"),
    ] {
        assert_eq!(line(&robot, name).join(" "), format!("{shown} node-1 │"), "{name}\n{}", robot.screen());
    }
    look("metrics", &mut robot);
}

#[test]
fn metrics_are_left_out_before_anything_is_cut() {
    let mut robot = measured();
    robot.resize((140, 24)).sees("MEM%").sees("NODE");
    robot.resize((80, 24)).misses("MEM%").sees("NAME").sees("STATUS").sees("NODE");
    robot.deliver("prod-eu", "pods", &[pod("shop/a-name-that-takes-all-the-room-there-is-7c9d8f6b5-x2x9q", 60)]);
    robot.sees("a-name-that-takes").sees("Running").misses("CPU");
}

/// Never zero, which would be a lie.
#[test]
fn where_nobody_measures_it_says_so() {
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/api-1", 7_200)])]);
    assert!(robot.watched("prod-eu").contains(&"pods.metrics.k8s.io".to_owned()));
    let kinds = kconsole::kinds::KINDS.iter().map(kconsole::kinds::Kind::resource);
    let resources = kinds.filter(|r| &*r.id.group != "metrics.k8s.io").collect();
    robot.cluster("prod-eu", ClusterNews::Catalog(Catalog { resources, stale_groups: Vec::new() })).resize(LARGE);
    assert_eq!(line(&robot, "api-1").join(" "), "n/a n/a n/a n/a node-1 │");
    assert!(!robot.watched("prod-eu").contains(&"pods.metrics.k8s.io".to_owned()), "and nobody asks for it");
}

#[test]
fn rows_are_sorted_and_filtered_by_what_they_use() {
    let mut robot = measured();
    robot.resize(LARGE).click("MEM%").press("i");
    assert_eq!(robot.names()[2..], ["cart-1", "api-1", "burst-1"].map(String::from), "{}", robot.screen());
    robot.press("i");
    assert_eq!(robot.names()[..3], ["burst-1", "api-1", "cart-1"].map(String::from));
    // What is used changes, and the rows are where they were until the clock moves on.
    robot.deliver("prod-eu", "pods.metrics.k8s.io", &[used("shop/burst-1", "70m", "99Mi"), used("shop/new-1", "1m", "1Mi")]);
    assert_eq!(robot.names()[..3], ["burst-1", "api-1", "cart-1"].map(String::from));
    robot.sees("99Mi").wait(1);
    assert_eq!(robot.names()[..4], ["new-1", "api-1", "cart-1", "burst-1"].map(String::from), "{}", robot.screen());
    robot.press("/").text("cpu>50m").press("enter");
    assert_eq!(robot.names(), ["api-1", "burst-1"].map(String::from));
    robot.deliver("prod-eu", "pods.metrics.k8s.io", &[used("shop/api-1", "7m", "120Mi")]).wait(1);
    assert_eq!(robot.names()[1..], ["burst-1"].map(String::from), "the cursor was on the other\n{}", robot.screen());
    robot.press("esc /").text("mem%>=98").press("enter");
    assert_eq!(robot.names(), ["burst-1", "cart-1"].map(String::from).into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn nodes_show_what_they_are_asked_for_and_what_they_use() {
    let mut robot = Robot::new(&["prod-eu"], "nodes");
    robot.list("prod-eu", "nodes", &[node("node-1"), node("node-2")]).resize(LARGE);
    robot.sees("– ").misses("0/110");
    let mut ended = sized("shop/done-1", ("1", "-"), ("1Gi", "-"));
    ended["status"]["phase"] = json!("Succeeded");
    let pods = [sized("shop/api-1", ("500m", "1"), ("4Gi", "4Gi")), sized("shop/cart-1", ("1", "2"), ("4Gi", "4Gi")), ended];
    robot.list("prod-eu", "pods", &pods);
    robot.list("prod-eu", "nodes.metrics.k8s.io", &[used("node-1", "2500m", "15Gi")]);
    let line = |robot: &Robot, name: &str| robot.line(name).split_whitespace().skip(4).collect::<Vec<_>>().join(" ");
    robot.sees("PODS");
    assert_eq!(line(&robot, "node-1 "), "25h v1.35.2 2/110 62% ▲ 93% 37% 50% 2500m 15360Mi 0 – – │", "{}", robot.screen());
    assert!(robot.line("node-2 ").contains("0/110"), "{}", robot.screen());
    robot.delete("prod-eu", "pods", &["cart-1"]);
    assert!(robot.line("node-1 ").contains("1/110"), "{}", robot.screen());
    look("nodes-in-use", &mut robot);
}
