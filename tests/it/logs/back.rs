//! How far back logs are read.

use super::demo::deployment;
use super::screen::{lines, two};
use crate::rig::person::Person;
use crate::rig::robot::{NOW, Robot};
use kconsole::model::log::{From, TailId};
use kconsole::model::time::Timestamp;

fn since(robot: &mut Robot, back: &str) -> Vec<(TailId, From)> {
    robot.press(":").text(&format!("since {back}")).press("enter");
    robot.tails.iter().map(|(id, tail)| (*id, tail.from)).collect()
}

#[test]
fn each_time_all_are_read_anew_from_there() {
    let mut robot = two();
    robot.press("g").sees("the last 200 lines of each container; :since reads further back");
    let mut before = since(&mut robot, "15m");
    assert!(before.iter().all(|(_, from)| *from == From::Since(Timestamp(NOW - 900))), "{before:?}");
    robot.sees("since 15m ago").sees("nothing was written yet").sees("0 errors");
    for (back, from) in [
        ("500", From::Last(500)),
        ("", From::Last(5_000)),
        ("", From::Last(50_000)),
        ("", From::Start),
        ("1h", From::Since(Timestamp(NOW - 3_600))),
        ("all", From::Start),
    ] {
        let after = since(&mut robot, back);
        // Other readers: what those before have under way is nobody's.
        assert!(after.len() == 2 && after.iter().all(|a| a.1 == from && before.iter().all(|b| a.0 > b.0)), "{back}: {after:?}");
        before = after;
    }
    robot.log("web-a1", "app", 10, &["from the first"]).sees("from the first line");
    assert_eq!(lines(&robot).len(), 1);
    robot.press("<");
    assert!(lines(&robot)[0].contains("nothing was written yet"));
    robot.press(":").text("since yesterday").press("enter").sees("since takes how long, as 15m, a number of lines, or all");
}

/// What cannot be read a second time is not thrown away for the sake of what can.
#[test]
fn lines_of_pods_that_are_gone_stay() {
    let mut robot = two();
    robot.press("space b");
    robot.delete("prod-us", "pods", &["web-b2"]).read_out("web-b2");
    let followed: Vec<TailId> = robot.tails.keys().copied().collect();
    robot.press(":").text("since all").press("enter");
    let shown = lines(&robot);
    assert!(shown.len() == 1 && shown[0].contains("refused"), "{shown:?}");
    assert_eq!(robot.tails.keys().filter(|id| followed.contains(id)).count(), 1, "only the one that is there is read anew");
    robot.log("web-a1", "app", 20, &["earlier", "and more"]).sees("following");
    assert!(lines(&robot)[0].contains("earlier") && lines(&robot).len() == 3);
}

/// A file would have what is read anew twice.
#[test]
fn not_while_a_file_is_kept() {
    let mut robot = two();
    robot.press(":").text("tee").press("enter");
    let before = lines(&robot);
    robot.press("<").sees("tee off first");
    assert_eq!(lines(&robot), before);
    robot.press(":").text("tee off").press("enter").press("<").sees("nothing was written yet");
}

/// Over a real connection: of what a container wrote before somebody looked, first the last lines, then all, each once.
#[tokio::test(flavor = "multi_thread")]
async fn fl1_all_that_was_written_before_is_to_be_had() {
    let mut person = Person::start_in_shop("deployments.apps", &[("deployments.apps", deployment("numbers", "seq 300; sleep 1000"))]).await;
    person.press("/").text("numbers").press("enter").sees("▌  here").await;
    // What comes in the second of the opening would be read from its first line.
    person.until("it runs", |p| p.screen().lines().any(|l| l.contains("numbers") && l.contains("1/1"))).await;
    person.wait(2);
    let numbers = |person: &Person| -> Vec<i64> {
        let last = |line: &str| line.trim_matches(['│', ' ']).rsplit(' ').next().and_then(|word| word.parse().ok());
        person.screen().lines().skip(3).filter_map(last).collect()
    };
    person.press("l").sees("following").await;
    person.until("the last lines", |p| numbers(p).last() == Some(&300)).await;
    person.press("g").sees("the last 200 lines").await;
    assert_eq!(numbers(&person).first(), Some(&101), "{}", person.screen());
    person.press("<").until("they are read anew", |p| numbers(p).last() == Some(&300)).await;
    person.press("g").sees("last 2,000").await;
    assert!(numbers(&person).iter().copied().eq(1..=numbers(&person).len() as i64), "{}", person.screen());
}
