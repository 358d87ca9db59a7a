//! Rows and time move while somebody looks: what the cursor holds, and what the clock alone changes.

use super::{look, pods};
use crate::rig::robot::{Robot, crashing, pod, since};
use kconsole::model::step::Effect;
use serde_json::json;

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
