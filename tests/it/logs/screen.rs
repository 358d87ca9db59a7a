//! The screen of logs: keys in, screen out.

use crate::rig::objects::{object, pod};
use crate::rig::robot::{NOW, Robot};
use crate::robot::look;
use kconsole::model::log::{Chunk, From, Kind, Stamp};
use kconsole::model::step::Effect;
use kconsole::model::time::Timestamp;
use serde_json::json;

/// Two clusters with a pod each, that are followed.
pub fn two() -> Robot {
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/web-a1", 3_600)]), ("prod-us", vec![pod("shop/web-b2", 3_600)])]);
    robot.press("space space l");
    robot.log("web-a1", "app", 100, &["started", "level=warn msg=\"slow\" took=7"]);
    robot.log("web-b2", "app", 50, &[r#"{"level":"error","msg":"refused","user":{"id":42}}"#]);
    robot
}

/// The pods that are followed.
pub fn followed(robot: &Robot) -> Vec<&str> {
    robot.tails.values().map(|tail| &*tail.pod).collect()
}

/// The lines on the screen, without what stands before them.
pub fn lines(robot: &Robot) -> Vec<String> {
    let screen = robot.screen();
    let inside = screen.lines().skip(3).take_while(|l| !l.starts_with('╰'));
    inside.map(|l| l.trim_matches(['│', ' ']).to_owned()).filter(|l| !l.is_empty()).collect()
}

#[test]
fn marked_pods_of_several_clusters_are_one_stream_in_the_order_of_time() {
    let mut robot = two();
    assert_eq!(followed(&robot), ["web-a1", "web-b2"]);
    robot.sees("2 pods").sees("following").sees("1 errors in");
    let shown = lines(&robot);
    assert!(shown[0].starts_with("14:02:00.050 prod-us b2 {"), "{shown:?}");
    assert!(shown[1].starts_with("14:02:00.100 prod-eu a1 started"), "{shown:?}");
    look("logs", &mut robot);
}

#[test]
fn what_is_stopped_does_not_move_and_counts_what_comes() {
    let mut robot = two();
    robot.press("space").sees("stopped, 0 new");
    let before = lines(&robot);
    for n in 0..40 {
        robot.log("web-a1", "app", 200 + n, &["more"]);
    }
    robot.sees("stopped, 40 new");
    assert_eq!(lines(&robot)[..before.len()], before[..]);
    robot.press("space").sees("following").sees("more");
    assert!(!robot.screen().contains("started"));
    robot.press("k k").sees("stopped").press("G").sees("following");
    robot.press("g").sees("started");
}

#[test]
fn a_line_that_is_stopped_on_names_its_pod() {
    let mut robot = two();
    for keys in ["y", "d", "e", "o", ": d e l e t e enter", ": e v i c t enter"] {
        robot.press(keys).sees("stop them first").sees("following");
    }
    // What can be done here says so too.
    robot.press("a").sees("the lines are on their way").press("esc");
    robot.resize(crate::rig::robot::LARGE).press("space").sees("on prod-eu web-a1 app").press("k k").sees("on prod-us web-b2 app");
    for (key, shown) in [("y", "YAML"), ("d", "Details"), ("e", "Events"), (": d e l e t e enter", "Delete ─ prod-us ─ shop/web-b2")] {
        robot.press(key).sees(shown).sees("web-b2").press("esc").sees("stopped");
    }
    robot.press("j").press(": d e l e t e enter").sees("Delete ─ prod-eu ─ shop/web-a1").press("esc");
    robot.delete("prod-eu", "pods", &["web-a1"]).press("y").sees("web-a1 is gone");
    robot.press("k c");
    assert!(robot.effects().iter().any(|e| matches!(e, Effect::Copy(text) if text.contains("refused"))));
}

#[test]
fn a_line_leads_to_the_workload_of_its_pod() {
    let mut owned = pod("shop/web-6d5f-x2x9q", 3_600);
    owned["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6d5f", "uid": "rs-web", "controller": true}]);
    let mut robot = Robot::with_pods(&[("prod-eu", vec![owned])]);
    robot.press("l").log("web-6d5f-x2x9q", "app", 100, &["started"]).press("space o").sees("Replicasets");
    let mut owner = object("shop/web-6d5f", 90_000);
    owner["metadata"]["uid"] = json!("rs-web");
    robot.list("prod-eu", "replicasets", &[owner, object("shop/other", 5)]);
    assert_eq!(robot.names(), ["web-6d5f"].map(String::from));
    robot.press("esc").sees("stopped").sees("started");
}

#[test]
fn errors_are_gone_to_and_texts_are_found() {
    let mut robot = two();
    for n in 0..60 {
        robot.log("web-a1", "app", 200 + n, &[&format!("line {n}")]);
    }
    robot.log("web-a1", "app", 400, &["ERROR the second"]);
    robot.press("[");
    assert!(robot.cursor().contains("the second"), "{}", robot.cursor());
    robot.press("[");
    assert!(robot.cursor().contains("refused"), "{}", robot.cursor());
    robot.press("]");
    assert!(robot.cursor().contains("the second"), "{}", robot.cursor());
    robot.press("/").text("LINE 30").press("enter");
    assert!(robot.cursor().contains("line 30"), "{}", robot.cursor());
    assert_eq!(robot.found(), ["line 30"]);
}

/// FL7: a line that comes late stands at its place and is ticked; a clock that is ahead is named.
#[test]
fn fl7_late_lines_and_clocks_that_are_ahead() {
    let mut robot = two();
    robot.log("web-a1", "app", 900, &["in time"]).log("web-b2", "app", 500, &["too late"]);
    let (late, time) = (robot.line("too late"), robot.line("in time"));
    assert!(late.starts_with("│~14:02:00.500") && time.starts_with("│ 14:02:00.900"), "{late}\n{time}");
    let screen = robot.screen();
    assert!(screen.find("too late") < screen.find("in time"), "{screen}");
    robot.resize(crate::rig::robot::LARGE).log("web-b2", "app", 60_000, &["tomorrow"]).sees("the clock of web-b2 is 60s ahead");
}

#[test]
fn what_is_not_there_is_said() {
    let mut robot = two();
    robot.press("]").sees("no error after this").press("k");
    assert!(!robot.screen().contains("no error"));
    robot.press("/").text("nowhere").sees("not found").press("esc");
    assert!(!robot.screen().contains("not found"));
}

#[test]
fn a_filter_shows_what_fits_and_marks_with_it() {
    let mut robot = two();
    robot.tell("web-a1", "app", Chunk::mark(Stamp::of(Timestamp(NOW + 1)), Kind::Mark, "ended: exit 1".to_owned()));
    robot.press("f").text("level>=warn pod~a1").press("enter").sees("[level>=warn] ─ [pod~a1]");
    let shown = lines(&robot);
    assert!(shown.len() == 2 && shown[0].contains("slow") && shown[1].contains("a1 ─── ended: exit 1 ───"), "{shown:?}");
    robot.log("web-a1", "app", 2_000, &["fine", "ERROR late"]);
    assert!(lines(&robot).len() == 3 && !robot.screen().contains("fine"));
    robot.press("f ctrl-u").text(".user.id=42").press("enter").sees("refused");
    assert!(!robot.screen().contains("late"));
    robot.press("f ctrl-u").text("level>=bad").sees("bad is neither").press("esc").sees("[.user.id=42]");
    robot.press("esc").sees("fine").sees("late");
}

#[test]
fn terms_of_a_filter_are_switched_one_by_one() {
    let mut robot = two();
    robot.resize(crate::rig::robot::LARGE);
    robot.press("f").text("level>=warn pod~a1").press("enter").sees("[level>=warn] ─ [pod~a1]");
    assert_eq!(lines(&robot).len(), 1);
    robot.press("F 1").sees("(level>=warn) ─ [pod~a1]").sees("started").misses("refused");
    robot.press("F 2").sees("(level>=warn) ─ (pod~a1)").sees("refused");
    robot.press("F 1").sees("[level>=warn] ─ (pod~a1)").sees("refused").misses("started");
    robot.press("F 3").sees("the filter has no such term");
    // What is off stays so while the filter is written further.
    robot.press("f").text(" !slow").press("enter").sees("[level>=warn] ─ (pod~a1) ─ [!slow]").sees("refused").misses("took=7");
    robot.press("F 0").sees("[level>=warn] ─ [pod~a1] ─ [!slow]").misses("refused");
    robot.press(":").text("term x").press("enter").sees("from 1 on");
}

/// What a pod wrote around a line tells more than what others wrote at that time.
#[test]
fn lines_around_those_that_fit() {
    let mut robot = two();
    for n in 0..9 {
        robot.log("web-a1", "app", 200 + n * 10, &[&format!("step {n}")]).log("web-b2", "app", 205 + n * 10, &["other"]);
    }
    robot.log("web-a1", "app", 300, &["ERROR it broke"]);
    robot.press("f").text("broke").press("enter");
    assert_eq!(lines(&robot).len(), 1);
    let steps = |robot: &Robot| lines(robot).iter().filter(|line| line.contains("step")).count();
    robot.press("+").sees("±1").misses("other");
    assert_eq!((steps(&robot), lines(&robot).len()), (1, 2));
    robot.press("+").sees("±3");
    assert_eq!((steps(&robot), lines(&robot).len()), (3, 4));
    // It goes on behind the line, and no further.
    robot.log("web-a1", "app", 400, &["after 1", "after 2"]).log("web-a1", "app", 410, &["after 3", "after 4"]);
    robot.sees("after 3").misses("after 4").misses("other");
    robot.press("-").sees("after 1").misses("after 2").press("-").misses("±").misses("after 1");
    robot.press(":").text("around 7").press("enter").sees("±7").sees("after 4").sees("step 2").misses("step 1");
    robot.press(":").text("around many").press("enter").sees("more, fewer or a number");
}

#[test]
fn forms_times_and_wrapping() {
    let mut robot = two();
    robot.press("J").sees("ERROR refused user.id=42").sees("compact");
    robot.press("J").sees("    user.id: 42").sees("pretty");
    robot.press("J t").sees("14:02:00.100Z").press("t").sees("0s").press("t");
    assert!(!robot.screen().contains("14:02:00."));
    let long = "x".repeat(100) + "end";
    robot.log("web-a1", "app", 300, &[&long]);
    assert!(!robot.screen().contains("end"));
    robot.press("w").sees("xxend");
}

#[test]
fn stack_traces_fold_and_pods_are_muted() {
    let mut robot = two();
    robot.log("web-a1", "app", 300, &["ERROR it broke", "\tat a.b(C.java:1)", "Caused by: x", "next"]);
    robot.press("m").sees("folded").sees("it broke").sees("next");
    assert!(!robot.screen().contains("C.java") && !robot.screen().contains("Caused"));
    robot.press("m").sees("C.java");
    robot.press("space x").sees("1 muted").sees("refused");
    assert!(!robot.screen().contains("it broke"));
    robot.press("V").sees("it broke");
}

/// FL4: whatever a container writes, the screen shows it and a terminal obeys none of it.
#[test]
fn fl4_nothing_that_is_obeyed_reaches_the_screen() {
    let mut robot = two();
    robot.log("web-a1", "app", 300, &["\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07 \x1b[2J \u{9b}5m \u{202e}abc"]);
    robot.sees("red ␛]52;c;aGk=␇ ␛[2J ⟨U+009B⟩5m ⟨U+202E⟩abc");
}

/// FL2: of a line of a mebibyte as much is shown as there is room for.
#[test]
fn fl2_a_long_line_is_told_by_its_size() {
    let mut robot = two();
    robot.log("web-a1", "app", 300, &[&"y".repeat(1 << 20)]);
    robot.sees("yyy").press("w").sees("+960.0 KiB");
}

#[test]
fn the_same_workload_everywhere() {
    let mut robot =
        Robot::with_pods(&[("prod-eu", vec![pod("shop/web", 3_600)]), ("prod-us", vec![pod("shop/web", 60), pod("shop/other", 9)])]);
    robot.press("j L").sees("pod shop/web in all clusters");
    assert_eq!(followed(&robot), ["web", "web"]);
}

#[test]
fn what_is_marked_is_handed_over() {
    let mut robot = two();
    robot.press("space g b");
    robot.press(":").text("handover").press("enter");
    let effects = robot.effects();
    let Some(Effect::Save(name, bytes)) = effects.iter().find(|e| matches!(e, Effect::Save(..))) else { panic!("{effects:?}") };
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(name, "handover.md");
    assert!(text.starts_with("# Incident, as of 2026-11-23T14:02:") && text.contains("Clusters: prod-eu, prod-us"), "{text}");
    assert!(text.contains("2026-11-23T14:02:00.050000000Z prod-us shop/web-b2 app: {\"level\":\"error\""), "{text}");
}

/// FL6: no more streams than a server bears, the unhealthy first, and it is said.
#[test]
fn fl6_more_pods_than_streams() {
    let mut pods: Vec<_> = (0..600).map(|n| pod(&format!("shop/web-{n}"), 3_600)).collect();
    pods.push(crate::rig::objects::crashing("shop/zzz-sick", 300, 12));
    let mut robot = Robot::with_pods(&[("prod-eu", pods)]);
    robot.press("space G v l").sees("of 601 pods");
    assert!(followed(&robot).len() <= 512 && followed(&robot).contains(&"zzz-sick"));
}

/// FL5: a pod that comes in the second in which the screen was opened is read from its first line, one that was there before is not.
#[test]
fn fl5_a_pod_that_comes_at_once_is_read_from_its_first_line() {
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/web-1", 1), pod("shop/web-2", 0)])]);
    robot.press("space space l");
    let whole = |pod: &str| robot.tails.values().any(|tail| &*tail.pod == pod && tail.from == From::Start);
    assert_eq!((followed(&robot).len(), whole("web-1"), whole("web-2")), (2, false, true));
}

/// FL5: a reader that waits for its pod to change hears that it is gone.
#[test]
fn fl5_a_pod_that_goes_is_looked_at_once_more() {
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/web-1", 3_600)])]);
    let looks = |robot: &Robot| robot.tails.values().map(|tail| tail.state).collect::<Vec<_>>();
    let uid = pod("shop/web-1", 3_600)["metadata"]["uid"].as_str().expect("it has one").to_owned();
    let before = looks(robot.press("l"));
    let after = looks(robot.delete("prod-eu", "pods", &[&uid]));
    assert!(before.len() == 1 && after.len() == 1 && after[0] > before[0], "{before:?}, then {after:?}");
}

#[test]
fn from_a_finding_the_pods_that_it_is_about_are_followed() {
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/web-1", 3_600), crate::rig::objects::crashing("shop/web-2", 300, 12)])]);
    robot.press("h").sees("crash");
    robot.list("prod-eu", "pods", &[pod("shop/web-1", 3_600), crate::rig::objects::crashing("shop/web-2", 300, 12)]);
    robot.press("l").sees("Logs");
    assert_eq!(followed(&robot), ["web-2"]);
}
