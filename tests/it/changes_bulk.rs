//! FW7: five hundred objects at once, of which some fail, while the link drops: what became of each is known, and nothing waits for long.
#![allow(clippy::result_large_err, reason = "scripts answer a handful of requests")]

use crate::rig::objects::object;
use crate::rig::robot::{LARGE, Robot, SMALL};
use crate::rig::writes::{failure, is_dry};
use kconsole::model::call::{Call, CallId, Failure, Method, Reply};
use kconsole::model::cluster::Tier;
use kconsole::model::fault::FaultKind;
use kconsole::model::msg::Msg;
use kconsole::model::step::Effect;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

const OBJECTS: usize = 500;
/// One in so many is refused: about 3 %.
const REFUSED: usize = 33;
/// Requests in earnest that may be under way at once.
const MOST: usize = 10;

/// A server that has many widgets, and asks to be answered one request at a time.
struct Server {
    widgets: BTreeMap<String, Value>,
    waiting: VecDeque<(CallId, Call)>,
    /// Requests in earnest that were received.
    sent: usize,
    /// Outcomes that were written down, by widget.
    outcomes: BTreeMap<String, String>,
    /// The link drops with the request of this number, and the next ones, so many.
    drops: std::ops::Range<usize>,
}

impl Server {
    /// Takes in what is asked; never too much of it at once.
    fn take(&mut self, robot: &mut Robot) {
        let mut asked = VecDeque::from(robot.effects());
        asked.extend(robot.state.take_effects());
        while let Some(effect) = asked.pop_front() {
            match effect {
                Effect::Call(id, call) => self.waiting.push_back((id, call)),
                Effect::Journal(deed) => {
                    if let Some(outcome) = &deed.outcome {
                        let name = deed.object.name.to_string();
                        assert_eq!(self.outcomes.insert(name, format!("{outcome:?}")), None, "one outcome for each");
                    }
                    robot.state.message(Msg::Journalled(deed.id.clone(), Ok(())));
                    asked.extend(robot.state.take_effects());
                }
                _ => {}
            }
        }
        let earnest = self.waiting.iter().filter(|(_, c)| c.method.writes() && !is_dry(c)).count();
        assert!(earnest <= MOST, "{earnest} requests at once");
    }

    /// Answers until nothing is asked any more, or as long as this holds.
    fn serve(&mut self, robot: &mut Robot, goes_on: impl Fn(&Self) -> bool) {
        self.take(robot);
        while goes_on(self)
            && let Some((id, call)) = self.waiting.pop_front()
        {
            let answer = self.answer(&call);
            // Nobody looks at each of thousands of answers.
            robot.state.message(Msg::Answer(id, answer));
            self.take(robot);
        }
        robot.wait(0);
    }

    fn answer(&mut self, call: &Call) -> Result<Reply, Failure> {
        let reply = |object: Value| Ok(Reply { object, ..Reply::default() });
        let name = call.path.rsplit('/').next().unwrap_or_default().to_owned();
        let gone = || failure(FaultKind::Gone, "not found", false);
        match call.method {
            Method::Review => reply(json!({"status": {"allowed": true}})),
            Method::Get if name.starts_with("widget-") => self.widgets.get(&name).cloned().ok_or_else(gone).and_then(reply),
            Method::Get => reply(json!({"items": []})),
            _ if is_dry(call) => self.widgets.get(&name).cloned().ok_or_else(gone).and_then(reply),
            _ => self.delete(&name, reply),
        }
    }

    fn delete(&mut self, name: &str, reply: impl Fn(Value) -> Result<Reply, Failure>) -> Result<Reply, Failure> {
        self.sent += 1;
        if self.drops.contains(&self.sent) {
            // Half of what is on its way arrives.
            if self.sent.is_multiple_of(2) {
                self.widgets.remove(name);
            }
            return Err(failure(FaultKind::Unreachable, "connection reset", true));
        }
        if number(name).is_multiple_of(REFUSED) {
            return Err(failure(FaultKind::Forbidden, "admission webhook \"keep.example.com\" denied the request: kept", false));
        }
        self.widgets.remove(name);
        reply(json!({"kind": "Status", "status": "Success"}))
    }

    /// The tables show what is left.
    fn show(&self, robot: &mut Robot) {
        let gone: Vec<String> = (0..OBJECTS).map(|n| format!("widget-{n:03}")).filter(|name| !self.widgets.contains_key(name)).collect();
        robot.delete("eu", "widgets", &gone.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

fn number(name: &str) -> usize {
    name.trim_start_matches("widget-").parse().expect("a number")
}

/// Five hundred widgets, all marked, and the dialog that would delete them, previewed.
fn stage(drops: std::ops::Range<usize>) -> (Robot, Server) {
    let widgets: Vec<Value> = (0..OBJECTS).map(|n| object(&format!("shop/widget-{n:03}"), 900)).collect();
    let mut robot = Robot::new(&["eu"], "widgets");
    robot.state.world.clusters[0].tier = Tier::Dev;
    robot.list("eu", "widgets", &widgets);
    let name = |widget: &Value| widget["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let widgets = widgets.iter().map(|widget| (name(widget), widget.clone())).collect();
    let mut server = Server { widgets, waiting: VecDeque::new(), sent: 0, outcomes: BTreeMap::new(), drops };
    robot.press("home space end v D").sees("500 objects");
    server.serve(&mut robot, |_| true);
    robot.sees("y confirms");
    assert_eq!(server.sent, 0, "what is only tried deletes nothing");
    (robot, server)
}

#[test]
fn fw7_of_five_hundred_it_is_known_what_became_of_each() {
    let (mut robot, mut server) = stage(250..260);
    robot.press("y");
    server.serve(&mut robot, |_| true);
    server.show(&mut robot);
    server.serve(&mut robot, |_| true);
    robot.resize(LARGE).sees("500 of 500");
    assert_eq!((server.sent, server.outcomes.len()), (OBJECTS, OBJECTS), "each once: nothing is sent twice, and nothing is forgotten");
    for (name, outcome) in &server.outcomes {
        assert_eq!(outcome == "Done", !server.widgets.contains_key(name), "{name}: {outcome}");
    }
    let refused = server.outcomes.values().filter(|o| o.contains("keep.example.com")).count();
    let lost = server.outcomes.values().filter(|o| o.contains("before the server did it")).count();
    assert!(refused >= 14 && lost == 5, "{refused} refused, {lost} lost");
    // What failed is what one sees first, by name and with the reason.
    robot.sees("✖ eu  widgets shop/widget-000").sees("keep.example.com");
    // What is left is deleted by doing the same again: it is all that is still marked.
    let left = server.widgets.len();
    server.outcomes.clear();
    robot.resize(SMALL).press("esc D").sees(&format!("{left} objects"));
    server.serve(&mut robot, |_| true);
    robot.press("y");
    server.serve(&mut robot, |_| true);
    assert_eq!((server.widgets.len(), server.outcomes.len()), (refused, left), "what was lost is gone now");
}

#[test]
fn fw7_what_has_not_begun_is_cancelled_at_once() {
    let (mut robot, mut server) = stage(0..0);
    robot.press("y");
    server.serve(&mut robot, |s| s.sent < 100);
    robot.press("s");
    let sent = server.sent;
    server.serve(&mut robot, |_| true);
    assert!(server.sent <= sent + MOST, "only what was on its way: {} after {sent}", server.sent);
    server.show(&mut robot);
    server.serve(&mut robot, |_| true);
    robot.sees("500 of 500").sees("not begun");
    assert_eq!(
        (server.outcomes.len(), server.outcomes.values().filter(|o| *o == "Done").count()),
        (server.sent, OBJECTS - server.widgets.len())
    );
}
