//! Scripts: keys in, screen out, without a terminal, a network or a clock. What they hold is what a person relies on; the screens in
//! `tests/snapshots` are looked at when they change.

use crate::rig::objects::{crashing, object, pod};
use crate::rig::robot::{LARGE, Robot, SMALL};
use kconsole::model::step::Effect;
use serde_json::{Value, json};

/// Two clusters, five pods: one of them crashes.
pub fn two() -> Robot {
    let eu = vec![pod("shop/cart-1", 7_200), crashing("shop/checkout-1", 300, 12), pod("web/front-1", 90_000)];
    let us = vec![pod("shop/cart-1", 3_600), pod("web/front-2", 400_000)];
    Robot::with_pods(&[("prod-eu", eu), ("prod-us", us)])
}

/// One cluster with pods of these names in one namespace.
pub fn pods(names: &[&str]) -> Robot {
    Robot::with_pods(&[("prod-eu", names.iter().map(|n| pod(&format!("shop/{n}"), 3_600)).collect())])
}

/// Keeps what a screen looks like in both sizes.
pub fn look(name: &str, robot: &mut Robot) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (size, what) in [(SMALL, "80x24"), (LARGE, "200x60")] {
            insta::assert_snapshot!(format!("{name}-{what}"), robot.resize(size).screen());
        }
    });
    robot.resize(SMALL);
}

#[test]
fn rows_of_two_clusters_are_one_table() {
    let mut robot = two();
    assert_eq!(
        robot.header()[..3],
        ["CLUSTER", "NAMESPACE", "NAME ↑"].map(|t| if t == "NAME ↑" { robot.header()[2].clone() } else { t.to_owned() })
    );
    robot.sees("Pods ─ 5");
    assert_eq!(robot.names().len(), 5);
    look("pods-of-two-clusters", &mut robot);
}

#[test]
fn columns_that_would_say_the_same_on_every_row_are_not_there() {
    let mut robot = two();
    robot.press("1");
    assert_eq!(robot.header()[0], "NAMESPACE", "one cluster is looked at");
    assert_eq!(robot.names().len(), 3);
    robot.press("1");
    assert_eq!((robot.header()[0].as_str(), robot.names().len()), ("CLUSTER", 5), "the same digit again is all");
    robot.press(":").text("ns shop").press("enter");
    assert_eq!(robot.header()[..2], ["CLUSTER", robot.header()[1].as_str()]);
    assert!(robot.header()[1].starts_with("NAME") && robot.header()[1] != "NAMESPACE", "{:?}", robot.header());
    assert_eq!(robot.names(), ["cart-1", "cart-1", "checkout-1"].map(String::from));
    robot.press(":").text("ns all").press("enter");
    assert_eq!(robot.names().len(), 5);
}

#[test]
fn the_cursor_stays_on_its_object_whatever_moves() {
    let mut robot = pods(&["b", "d", "f"]);
    robot.press("j");
    assert!(robot.cursor().contains(" d "));
    robot.deliver("prod-eu", "pods", &[pod("shop/a", 5), pod("shop/c", 5), pod("shop/e", 5)]);
    assert!(robot.cursor().contains(" d "), "rows came above\n{}", robot.screen());
    assert_eq!(robot.names(), ["a", "b", "c", "d", "e", "f"].map(String::from));
    robot.press("i");
    assert_eq!(robot.names(), ["f", "e", "d", "c", "b", "a"].map(String::from));
    assert!(robot.cursor().contains(" d "), "another order");
    robot.press("/").text("!a").press("enter");
    assert!(robot.cursor().contains(" d "), "other rows went");
    robot.press("esc").press("!").press("!");
    assert!(robot.cursor().contains(" d "), "it was hidden for a while\n{}", robot.screen());
}

/// FD8: a name that comes back is another object.
#[test]
fn fd8_what_is_gone_stays_under_the_cursor_and_refuses() {
    let mut robot = pods(&["a", "b", "c"]);
    robot.press("j").delete("prod-eu", "pods", &["b"]);
    assert!(robot.cursor().contains(" b ") && robot.cursor().contains("gone"), "{}", robot.screen());
    robot.sees("Pods ─ 2");
    look("gone", &mut robot);
    robot.press("enter").sees("b is gone");
    robot.press("c");
    assert_eq!(robot.effects().iter().filter(|e| matches!(e, Effect::Copy(_))).count(), 0, "nothing is copied of it");
    let mut again = pod("shop/b", 1);
    again["metadata"]["uid"] = json!("b-2");
    robot.deliver("prod-eu", "pods", &[again]);
    assert!(robot.cursor().contains("gone"), "the new b is another one\n{}", robot.screen());
    assert_eq!(robot.names(), ["a", "b", "b", "c"].map(String::from));
    robot.press("j");
    assert!(!robot.cursor().contains("gone"));
    robot.misses("gone").sees("Pods ─ 3");
}

#[test]
fn the_cursor_never_slides_to_a_neighbour() {
    for at in 0..3 {
        let mut robot = pods(&["a", "b", "c"]);
        robot.press(&"j ".repeat(at));
        let name = ["a", "b", "c"][at];
        robot.delete("prod-eu", "pods", &[name]);
        assert!(robot.cursor().contains(&format!(" {name} ")) && robot.cursor().contains("gone"), "{}", robot.screen());
    }
}

/// While a list is on its way the cursor is on the first row, whichever that is: what a key acts on is what was drawn.
#[test]
fn fd8_a_key_never_acts_on_an_object_that_was_not_seen() {
    let mut robot = Robot::new(&["prod-eu"], "pods");
    robot.deliver("prod-eu", "pods", &[pod("shop/b", 5), pod("shop/c", 5)]);
    assert!(robot.cursor().contains(" b "), "{}", robot.screen());
    robot.deliver("prod-eu", "pods", &[pod("shop/a", 5)]);
    assert!(robot.cursor().contains(" a "), "{}", robot.screen());
    robot.send("prod-eu", "pods", &[pod("shop/0", 5)], &["a"]).press("c");
    assert!(!robot.effects().iter().any(|e| matches!(e, Effect::Copy(_))), "neither the newcomer nor what is gone");
    robot.sees("a is gone");
    robot.press("c");
    let copied = robot.effects().into_iter().find_map(|e| if let Effect::Copy(text) = e { Some(text) } else { None });
    assert_eq!(copied.as_deref(), Some("0"), "now it was seen\n{}", robot.screen());
}

#[test]
fn marks_hold_objects_and_hidden_ones_are_counted_not_used() {
    let mut robot = two();
    robot.press("space space").sees("marked 2");
    look("marked", &mut robot);
    robot.press("g /").text("front").press("enter").sees("2 not in sight");
    robot.press("c");
    let copied = robot.effects().into_iter().find_map(|e| if let Effect::Copy(text) = e { Some(text) } else { None });
    assert_eq!(copied.as_deref(), Some("front-1"), "hidden marks are not acted on");
    robot.press("esc").sees("marked 2").misses("not in sight");
    robot.press("2");
    robot.sees("not in sight");
    robot.press("0 V").misses("marked");
}

#[test]
fn a_filter_holds_as_it_is_typed() {
    let mut robot = two();
    robot.press("/").text("cart");
    assert_eq!(robot.names(), ["cart-1", "cart-1"].map(String::from), "before enter");
    robot.press("esc");
    assert_eq!(robot.names().len(), 5, "esc takes it back");
    robot.press("/").text("cart").press("enter").press("/").text("x");
    assert_eq!(robot.names().len(), 0);
    robot.sees("no pods match").press("esc");
    assert_eq!(robot.names().len(), 2, "esc brings the one before back");
    robot.sees("/cart").press("esc");
    assert_eq!(robot.names().len(), 5, "esc again: none");
    robot.press("/").text("restarts>5");
    assert_eq!(robot.names(), ["checkout-1"].map(String::from));
    robot.press("ctrl-u").text("nosuch>5");
    look("bad-filter", &mut robot);
    robot.press("enter").sees("nosuch");
    assert!(robot.screen().lines().last().unwrap().starts_with('/'), "a bad term keeps the line open\n{}", robot.screen());
}

#[test]
fn what_a_filter_found_is_marked() {
    let mut robot = pods(&["checkout-1", "日本-CHECK", "cart"]);
    assert_eq!(robot.found(), [""; 0]);
    robot.press("/").text("check").press("enter");
    assert_eq!(robot.found(), ["check", "CHECK"]);
    robot.press("esc /").text("name:ar status:run !check").press("enter");
    assert_eq!(robot.found(), ["ar", "Run"], "each in its own column");
}

#[test]
fn only_what_is_unhealthy() {
    let mut robot = two();
    robot.press("!");
    assert_eq!(robot.names(), ["checkout-1"].map(String::from));
    robot.sees("only unhealthy").press("!");
    assert_eq!(robot.names().len(), 5);
}

#[test]
fn sorting_by_keys_and_by_the_mouse() {
    let mut robot = two();
    robot.click("RESTARTS");
    assert!(robot.line("CLUSTER").contains("RESTARTS ↑"), "{}", robot.screen());
    robot.click("RESTARTS");
    assert!(robot.line("CLUSTER").contains("RESTARTS ↓"));
    assert_eq!(robot.names()[0], "checkout-1", "by value, the most first");
    robot.press(">");
    assert!(robot.line("CLUSTER").contains("AGE ↑"));
    assert_eq!(robot.names()[0], "checkout-1", "the youngest");
    robot.press("i");
    assert_eq!(robot.names()[0], "front-2", "the oldest");
    robot.press("<");
    assert!(robot.line("CLUSTER").contains("RESTARTS"));
    let (before, row) = (robot.cursor(), robot.names()[3].clone());
    robot.click(&row);
    assert!(robot.cursor() != before, "a click on a row moves the cursor");
}

#[test]
fn wide_and_sideways() {
    let mut robot = two();
    robot.press("w").resize(LARGE).sees(" IP ");
    robot.resize(SMALL).press("right right right right").sees("CLUSTER").sees("NODE");
    robot.press("left left left left w").misses(" IP ");
}

fn deployment(path: &str) -> Value {
    let mut deployment = object(path, 90_000);
    let name = path.split_once('/').unwrap().1;
    deployment["spec"] = json!({"replicas": 2, "selector": {"matchLabels": {"app": name}}});
    deployment["status"] = json!({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 1, "availableReplicas": 1});
    deployment
}

#[test]
fn enter_goes_in_and_esc_comes_back_to_the_same_row() {
    let mut robot = Robot::new(&["prod-eu", "prod-us"], "deployments");
    robot.list("prod-eu", "deployments", &[deployment("shop/cart"), deployment("shop/web")]);
    robot.list("prod-us", "deployments", &[deployment("shop/web")]);
    look("deployments", &mut robot);
    robot.press("j");
    let before = robot.cursor();
    robot.press("enter").sees("prod-eu").sees("shop/web");
    let mut mine = pod("shop/web-1", 60);
    mine["metadata"]["labels"] = json!({"app": "web"});
    robot.list("prod-eu", "pods", &[mine, pod("shop/other", 60)]);
    assert_eq!(robot.names(), ["web-1"].map(String::from));
    look("pods-of-a-deployment", &mut robot);
    robot.press("esc");
    assert_eq!(robot.cursor(), before);
}

#[test]
fn nodes_namespaces_and_definitions_go_to_what_they_hold() {
    let mut robot = Robot::new(&["prod-eu"], "nodes");
    let mut node = object("node-1", 900_000);
    node["status"] = json!({"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.3"}});
    robot.list("prod-eu", "nodes", &[node]).press("enter");
    robot.list("prod-eu", "pods", &[pod("shop/a", 5)]).sees("on node node-1");
    assert_eq!(robot.names(), ["a"].map(String::from));
    robot.press("esc n");
    let mut namespace = object("shop", 900_000);
    namespace["status"] = json!({"phase": "Active"});
    robot.list("prod-eu", "namespaces", &[namespace]).press("enter");
    robot.list("prod-eu", "pods", &[pod("shop/a", 5), pod("web/b", 5)]);
    assert_eq!(robot.names(), ["a"].map(String::from));
    robot.press("q :").text("crd").press("enter");
    robot.list("prod-eu", "customresourcedefinitions", &[object("widgets.example.com", 900_000)]).press("enter");
    robot.list("prod-eu", "widgets", &[object("shop/w-1", 5)]).sees("Widgets ─ 1");
    look("widgets", &mut robot);
}

#[test]
fn the_owner_of_a_row() {
    let mut robot = pods(&["web-1"]);
    let mut owned = pod("shop/web-2", 5);
    owned["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "rs-web", "controller": true}]);
    robot.deliver("prod-eu", "pods", &[owned]).press("o").sees("nothing owns web-1");
    robot.press("j o");
    let mut owner = object("shop/web", 90_000);
    owner["metadata"]["uid"] = json!("rs-web");
    robot.list("prod-eu", "replicasets", &[owner, object("shop/other", 5)]);
    assert_eq!(robot.names(), ["web"].map(String::from));
    robot.press("esc");
    assert!(robot.cursor().contains("web-2"));
}

#[test]
fn the_line_for_going_places() {
    let mut robot = two();
    robot.press(":").text("dep");
    look("goto", &mut robot);
    robot.press("enter").sees("Deployments");
    robot.press("esc :").text("po /cart").press("enter").sees("/cart");
    assert_eq!(robot.names().len(), 2);
    robot.press("q :").text("no").press("down").press("enter");
    assert!(robot.title().contains("Nodes") || robot.title().contains("Namespaces"), "{}", robot.screen());
    robot.press("q :").text("depl").press("tab");
    assert!(robot.footer().contains(":deployments"), "{}", robot.footer());
    robot.press("esc :").text("@prod-us").press("enter");
    assert_eq!(robot.names(), ["cart-1", "front-2"].map(String::from));
    robot.press("0 :").text("ctx prod-eu").press("enter");
    assert_eq!(robot.names().len(), 3);
    robot.press("0 :").text("po shop").press("enter");
    assert_eq!(robot.names(), ["cart-1", "cart-1", "checkout-1"].map(String::from));
    robot.press("q :").text("nonsense").press("enter").sees("no open cluster serves");
    robot.press("ctrl-c");
    assert!(!robot.footer().starts_with(':'), "{}", robot.footer());
}

#[test]
fn a_key_that_does_nothing_here_names_the_one_that_would() {
    let mut robot = two();
    robot.press("Y");
    assert!(robot.footer().contains("Y does nothing; ? shows the keys"), "{}", robot.footer());
    robot.press("m");
    assert!(robot.footer().contains("m does nothing here"), "{}", robot.footer());
}

#[test]
fn leaving_is_asked_and_only_y_leaves() {
    for key in ["n", "enter", "esc", "x", "space", "ctrl-c", "1", "q", "j"] {
        let mut robot = two();
        robot.press("q");
        assert!(robot.footer().contains("Leave kconsole?"), "{}", robot.footer());
        robot.press(key);
        assert!(!robot.state.is_over(), "{key} stays");
        robot.misses("Leave kconsole?");
        assert_eq!(robot.names().len(), 5, "{key} does nothing else");
    }
    look("leave", two().press("q"));
    assert!(two().press("q y").state.is_over());
    assert!(two().press("ctrl-c y").state.is_over());
    assert!(two().press("Q").state.is_over());
}

#[test]
fn ctrl_c_closes_what_is_open() {
    let mut robot = two();
    robot.press(":").text("no").press("enter").sees("Nodes").press("ctrl-c").sees("Pods ─ 5");
    robot.press("/").text("cart").press("ctrl-c");
    assert_eq!(robot.names().len(), 5);
    assert!(!robot.state.is_over());
}
