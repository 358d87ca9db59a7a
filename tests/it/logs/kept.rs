//! What is kept of the lines in files: at once, and as they come.

use super::screen::two;
use crate::rig::person::Person;
use crate::rig::robot::Robot;
use kconsole::model::step::{Effect, Pour};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

/// FL3: what is saved is what was received, byte for byte; as JSON with exactly the keys that are promised.
#[test]
fn fl3_what_is_saved_is_what_came() {
    let mut robot = two();
    robot.press("s");
    let effects = robot.effects();
    let Some(Effect::Save(name, bytes)) = effects.iter().find(|e| matches!(e, Effect::Save(..))) else { panic!("{effects:?}") };
    assert_eq!(name, "web.log");
    let text = "{\"level\":\"error\",\"msg\":\"refused\",\"user\":{\"id\":42}}\nstarted\nlevel=warn msg=\"slow\" took=7\n";
    assert_eq!(String::from_utf8_lossy(bytes), text);
    robot.press(":").text("save json").press("enter");
    let effects = robot.effects();
    let Some(Effect::Save(_, bytes)) = effects.iter().find(|e| matches!(e, Effect::Save(..))) else { panic!("{effects:?}") };
    let second: Value = serde_json::from_slice(bytes.split(|b| *b == b'\n').nth(1).unwrap()).unwrap();
    let wanted = json!({"cluster": "prod-eu", "namespace": "shop", "pod": "web-a1", "container": "app",
        "time": "2026-11-23T14:02:00.100000000Z", "message": "started"});
    assert_eq!(second, wanted);
}

/// What is to be kept since this was asked last.
fn poured(robot: &mut Robot) -> String {
    let more = |effect| if let Effect::Tee(_, Pour::More(bytes)) = effect { Some(String::from_utf8(bytes).unwrap()) } else { None };
    robot.effects().into_iter().filter_map(more).collect()
}

/// In the order of time, though pods do not deliver in it: what is held is first, then what comes.
#[test]
fn what_comes_is_kept_as_it_comes() {
    let mut robot = two();
    robot.press(":").text("tee").press("enter");
    let effects = robot.effects();
    let into = |effect: &Effect| matches!(effect, Effect::Tee(_, Pour::Into { file: None, name }) if name == "web.log");
    assert!(effects.iter().any(into), "{effects:?}");
    robot.sees("tee 0 B");
    robot.wait(1).wait(1);
    let text = poured(&mut robot);
    assert!(text.starts_with("{\"level\"") && text.lines().count() == 3, "{text}");
    // A filter is how one looks at them.
    robot.press("f").text("nothing").press("enter");
    robot.log("web-b2", "app", 3_000, &["second"]).wait(1).log("web-a1", "app", 2_900, &["first"]).log("web-a1", "app", 3_100, &["third"]);
    assert_eq!(poured(&mut robot), "");
    robot.wait(1);
    assert_eq!(poured(&mut robot), "first\nsecond\n");
    // Whoever leaves has all of it.
    robot.press("esc esc");
    assert_eq!(poured(&mut robot), "third\n");
}

#[test]
fn it_ends_when_that_is_asked_for() {
    let mut robot = two();
    robot.press(":").text("tee off").press("enter").sees("nothing is being kept");
    robot.press(":").text("tee web.jsonl").press("enter");
    robot.press(":").text("tee off").press("enter").misses("tee");
    let effects: Vec<Effect> = robot.effects().into_iter().filter(|effect| matches!(effect, Effect::Tee(..))).collect();
    let [Effect::Tee(_, Pour::Into { file: Some(file), .. }), Effect::Tee(_, Pour::More(bytes)), Effect::Tee(_, Pour::End)] =
        effects.as_slice()
    else {
        panic!("{effects:?}");
    };
    let objects: Vec<Value> = String::from_utf8_lossy(bytes).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(file == "web.jsonl" && objects.len() == 3 && objects[1]["message"] == "started", "{objects:?}");
    robot.log("web-a1", "app", 500, &["more"]).wait(1).wait(1);
    assert_eq!(poured(&mut robot), "");
    let mut robot = Robot::with_pods(&[]);
    robot.press(":").text("tee").press("enter").sees("there are no lines to keep here");
}

/// A line that is cut says so there too.
#[test]
fn fl2_what_was_cut_is_said_in_the_file() {
    let mut robot = two();
    robot.press(":").text("tee").press("enter");
    robot.log("web-a1", "app", 500, &[&"y".repeat((1 << 20) + 1_000)]).wait(1).wait(1);
    let text = poured(&mut robot);
    let line = text.lines().last().unwrap();
    assert!(line.starts_with("yyy") && line.ends_with("y … +1000 bytes were not kept"), "{}", &line[line.len() - 60..]);
}

/// The file itself: new, ours alone, and whole once it is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_lines_go_into() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ticks.log");
    let tee = format!("tee {}", path.display());
    let mut person = Person::start_in_shop("pods", &[("pods", super::demo::clock("ticks"))]).await;
    person.press("/").text("ticks").press("enter");
    person.until("it runs", |p| p.screen().lines().any(|l| l.contains("ticks") && l.contains("Running"))).await;
    person.press("l").sees("following").await;
    person.act(&tee).sees("what comes is kept in").await;
    person.until("lines have come", |p| super::demo::seconds(p).len() >= 4).await;
    person.act("tee off").sees(" kept in ").await;
    let text = std::fs::read_to_string(&path).unwrap();
    let seconds: Vec<i64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(seconds.len() >= 4 && seconds.windows(2).all(|w| w[1] == w[0] + 1), "{text}");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // It is there now, and is left alone.
    person.act(&tee).sees("nothing is kept").await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}
