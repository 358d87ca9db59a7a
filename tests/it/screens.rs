//! What the screen says when not all is well, and that it can be drawn at all: trouble, odd characters, every size.

use crate::rig::objects::{crashing, pod, since};
use crate::rig::robot::{LARGE, Robot};
use crate::robot::{look, pods, two};
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::id::ClusterId;
use kconsole::model::msg::{ClusterNews, Link, Sync};
use serde_json::json;
use std::time::Duration;

fn unreachable() -> Fault {
    Fault::new(FaultKind::Unreachable, "connection refused").hint("nothing listens there: is the cluster running?")
}

#[test]
fn fn1_rows_of_a_cluster_that_does_not_answer_stay_and_are_marked() {
    let mut robot = two();
    robot.wait(2).down("prod-us", &unreachable(), Some(Duration::from_secs(8))).wait(40);
    assert_eq!(robot.names().len(), 5, "its rows stay");
    robot.sees("prod-us: stale for 40s").sees("connection refused");
    look("stale", &mut robot);
    robot.cluster("prod-us", ClusterNews::Link(Link::Up { latency: Duration::from_millis(3) }));
    robot.sync("prod-us", "pods", Sync::Live).misses("stale");
}

#[test]
fn an_error_never_looks_like_an_empty_list() {
    let mut robot = Robot::new(&["live", "forbidden", "login", "gone", "connecting", "-", "closed"], "pods");
    robot.sees("waiting for pods");
    robot.list("live", "pods", &[]);
    let stale = |kind, what: &str| Sync::Stale { why: Fault::new(kind, what), retry_in: None };
    robot.sync("forbidden", "pods", stale(FaultKind::Forbidden, "viewer may not list pods at the cluster scope"));
    robot.down("login", &Fault::new(FaultKind::Login("aws sso login".into()), "the token has expired"), None);
    robot.down("gone", &unreachable(), Some(Duration::from_secs(4)));
    robot.cluster("connecting", ClusterNews::Link(Link::Connecting));
    for told in ["forbidden: forbidden: viewer may not list", "ctrl-r runs aws sso login", "gone: unreachable"] {
        robot.sees(told);
    }
    look("ways-to-have-no-rows", &mut robot);
    let mut nothing = Robot::new(&["-", "prod-eu", "prod-us"], "pods");
    nothing.sees("no cluster is open");
    look("nothing-open", &mut nothing);
    let mut empty = Robot::new(&["live"], "pods");
    empty.list("live", "pods", &[]).sees("no pods").misses("could be read");
}

#[test]
fn twelve_clusters_in_eighty_columns_show_trouble_first() {
    let names: Vec<String> = (1..=12).map(|i| format!("prod-eu-{i}")).collect();
    let mut robot = Robot::new(&names.iter().map(String::as_str).collect::<Vec<_>>(), "pods");
    for name in &names {
        robot.list(name, "pods", &[pod("shop/a", 5)]);
    }
    robot.down("prod-eu-7", &unreachable(), None);
    robot.down("prod-eu-11", &Fault::new(FaultKind::Login("aws sso login".into()), "the token has expired"), None);
    let line = robot.screen().lines().next().unwrap().to_owned();
    let at = |what: &str| line.find(what).unwrap_or_else(|| panic!("no {what} in {line}"));
    assert!(at("prod-eu-7") < at("+") && at("prod-eu-11") < at("+"), "{line}");
    assert!(line.contains(" ok"), "{line}");
    look("twelve-clusters", &mut robot);
}

#[test]
fn fd5_odd_characters_leave_the_columns_straight() {
    let odd =
        ["a-rtl-\u{202e}txt", "b-esc-\u{1b}[31m", "c-日本語", "d-👩‍🚀", &format!("e-{}", "\u{301}".repeat(1_000)), "f-\u{9b}2J", "g-plain"];
    let mut robot = pods(&odd);
    let mut message = crashing("shop/h-message", 60, 3);
    message["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] = json!("日本\u{1b}]0;x\u{7}\u{200b}");
    robot.deliver("prod-eu", "pods", &[message]).resize(LARGE);
    let lines: Vec<String> = robot.screen().lines().map(str::to_owned).collect();
    let column = |line: &str, what: &str| unicode_width::UnicodeWidthStr::width(&line[..line.find(what).unwrap()]);
    let node = column(&lines[2], "NODE");
    for line in lines.iter().filter(|l| l.contains("node-1")) {
        assert_eq!(column(line, "node-1"), node, "{line}");
    }
    assert_eq!(lines.iter().filter(|l| l.contains("node-1")).count(), 8);
    assert!(robot.screen().chars().all(|c| c == '\n' || !c.is_control()));
    robot.sees("⟨U+202E⟩").sees("␛");
    // A cell with a thousand marks in it is nothing to look at.
    look("odd-characters", robot.delete("prod-eu", "pods", &[odd[4]]));
}

#[test]
fn every_screen_survives_every_size() {
    let mut robot = two();
    robot.press("j space");
    for width in 0..40 {
        for height in 0..12 {
            robot.resize((width, height)).press("j k");
        }
    }
    for keys in [":", "/", "q"] {
        robot.press(keys);
        for size in [(0, 0), (1, 1), (3, 2), (5, 4), (9, 300), (1000, 5)] {
            robot.resize(size);
        }
        robot.press("esc");
    }
}

#[test]
fn nothing_is_drawn_anew_where_nothing_changed() {
    let mut robot = two();
    assert!(robot.state.take_dirty() || !robot.state.is_dirty());
    robot.state.take_dirty();
    robot.state.reconcile();
    assert!(!robot.state.is_dirty(), "asking what ought to run changes nothing");
    let id = ClusterId(0);
    let session = |robot: &Robot, i: usize| robot.state.world.clusters[i].session;
    let (first, second) = (session(&robot, 0), session(&robot, 1));
    let up = |ms| kconsole::model::msg::Msg::Cluster(id, first, ClusterNews::Link(Link::Up { latency: Duration::from_millis(ms) }));
    robot.state.message(up(7));
    assert!(!robot.state.is_dirty(), "a probe that goes well is no news");
    robot.cluster("prod-us", ClusterNews::Link(Link::Down { why: unreachable(), retry_in: None }));
    robot.state.take_dirty();
    let other = Fault::new(FaultKind::Forbidden, "no");
    robot.state.message(kconsole::model::msg::Msg::Cluster(
        ClusterId(1),
        second,
        ClusterNews::Link(Link::Down { why: other, retry_in: None }),
    ));
    assert!(robot.state.is_dirty(), "another reason is");
}

/// Nothing happens but that time passes.
#[test]
fn a_filter_that_depends_on_the_time_lets_rows_come_and_go() {
    let young = || Robot::with_pods(&[("prod-eu", vec![pod("shop/a", 60), pod("shop/b", 7_195), pod("shop/c", 60)])]);
    let mut robot = young();
    robot.press("/").text("age<2h").press("enter j j");
    assert_eq!(robot.names(), ["a", "b", "c"].map(String::from));
    assert_eq!(robot.state.next_tick(), 1, "also where no text changes so soon");
    robot.wait(10);
    assert_eq!(robot.names(), ["a", "c"].map(String::from));
    assert!(robot.cursor().contains(" c "), "{}", robot.screen());
    let mut robot = young();
    robot.press("/").text("age<2h").press("enter j").wait(10);
    assert!(robot.cursor().contains(" b ") && robot.cursor().contains("no longer matches"), "{}", robot.screen());
    robot.press("g").misses("no longer matches");
    assert_eq!(robot.names(), ["a", "c"].map(String::from));
    robot.press("esc /").text("age>2h").press("enter");
    assert_eq!(robot.names(), ["b"].map(String::from));
    robot.wait(7_200);
    assert_eq!(robot.names(), ["a", "b", "c"].map(String::from));
    assert!(robot.cursor().contains(" b "), "{}", robot.screen());
    robot.misses("sorting");
}

/// An old object with something recent to tell: the clock waits for the first text that changes, whichever column has it.
#[test]
fn every_age_in_sight_ticks() {
    let old = 20 * 86_400;
    let mut robot = Robot::with_pods(&[("prod-eu", vec![crashing("shop/cart-1", old, 3)])]);
    robot.sees("(40s ago)");
    assert_eq!(robot.state.next_tick(), 1);
    let event = json!({"metadata": {"name": "e", "namespace": "shop", "uid": "e", "creationTimestamp": since(old)}, "type": "Normal",
        "reason": "Pulled", "message": "image is there", "lastTimestamp": since(40), "involvedObject": {"kind": "Pod", "name": "cart-1"}});
    let mut robot = Robot::new(&["prod-eu"], "events");
    robot.list("prod-eu", "events", &[event]).sees(" 40s ");
    assert_eq!(robot.state.next_tick(), 1);
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/cart-1", old)])]);
    assert_eq!(robot.state.next_tick(), 60, "the clock of the first line");
    robot.press("/").text("nothing").press("enter");
    assert_eq!(robot.state.next_tick(), 60);
}
