//! Changes, from the key to what is stored, with whatever a server may answer in between: scripts on a server that keeps one deployment.

use crate::rig::objects::since;
use crate::rig::robot::Robot;
use crate::rig::writes::{Server, failure, invalid};
use kconsole::model::cluster::Tier;
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::msg::{ClusterNews, Link};
use serde_json::{Value, json};
use std::time::Duration;

const UID: &str = "0c6f4d7e-1b2a-4c3d-8e9f-a0b1c2d3e4f5";

/// A deployment that runs as many pods as it should.
fn web(replicas: u32, version: &str) -> Value {
    json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {"name": "web", "namespace": "shop", "uid": UID, "resourceVersion": version, "generation": 1, "creationTimestamp": since(900)},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}}},
        "status": {"observedGeneration": 1, "replicas": replicas, "readyReplicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas},
    })
}

/// A robot that stands on the deployment, in a cluster of this tier, and its server.
fn stage(tier: Tier) -> (Robot, Server) {
    let mut robot = Robot::new(&["eu"], "deployments");
    robot.state.world.clusters[0].tier = tier;
    robot.list("eu", "deployments", &[web(3, "7")]);
    (robot, Server::new(web(3, "7")))
}

/// Keys, and the answers to what each of them asks.
fn press(robot: &mut Robot, server: &mut Server, keys: &str) {
    for key in keys.split(' ') {
        robot.press(key);
        server.serve(robot);
    }
}

/// The table shows what the server has.
fn seen(robot: &mut Robot, server: &Server) {
    robot.deliver("eu", "deployments", &[server.object.clone().expect("it is there")]);
}

fn replicas(server: &Server) -> u64 {
    server.object.as_ref().and_then(|o| o["spec"]["replicas"].as_u64()).expect("a number")
}

#[test]
fn a_scaling_goes_from_the_key_to_the_table_and_back() {
    let (mut robot, mut server) = stage(Tier::Dev);
    press(&mut robot, &mut server, "S");
    robot.sees("replicas   3").sees("it has 3 already");
    press(&mut robot, &mut server, "1 0");
    robot.sees("spec.replicas  3 → 10").sees("accepted by the server");
    assert!(server.writes().is_empty(), "nothing is written before it is confirmed");
    press(&mut robot, &mut server, "enter");
    assert_eq!(replicas(&server), 10);
    assert_eq!(server.journal, [("scale".to_owned(), false, 1), ("scale".to_owned(), true, 1)], "before and after");
    robot.sees("◐ eu  shop/web  3/3 ready");
    server.change(&json!({"status": {"replicas": 10, "readyReplicas": 10, "updatedReplicas": 10, "availableReplicas": 10}}));
    seen(&mut robot, &server);
    server.serve(&mut robot);
    robot.sees("✔ eu  shop/web  done");
    press(&mut robot, &mut server, "esc U");
    robot.sees("Undo").sees("spec.replicas  10 → 3");
    press(&mut robot, &mut server, "enter");
    assert_eq!(replicas(&server), 3);
}

#[test]
fn the_tier_decides_what_confirms() {
    for (tier, keys, written) in [
        (Tier::Dev, "S 5 enter", 1),
        (Tier::Staging, "S 5 enter enter enter enter", 0),
        (Tier::Staging, "S 5 enter y y y", 0),
        (Tier::Staging, "S 5 enter a y", 0),
        (Tier::Staging, "S 5 enter y a", 1),
        (Tier::Prod, "S 5 enter enter y a enter", 0),
        (Tier::Prod, "S 5 enter e enter", 0),
        (Tier::Prod, "S 5 enter e u enter", 1),
        (Tier::Unset, "S 5 enter u s enter", 0),
        (Tier::Unset, "S 5 enter e u enter", 1),
        (Tier::Dev, "S enter enter enter", 0),
        (Tier::Dev, "S 5 esc enter", 0),
    ] {
        let (mut robot, mut server) = stage(tier);
        press(&mut robot, &mut server, keys);
        assert_eq!(server.writes().len(), written, "{tier:?} {keys}\n{}", robot.screen());
    }
}

#[test]
fn nothing_confirms_what_was_not_seen() {
    let (mut robot, mut server) = stage(Tier::Dev);
    press(&mut robot, &mut server, "S");
    // The answer to the dry run has not come yet.
    robot.press("5 enter").sees("still trying");
    server.serve(&mut robot);
    // A paste, and a key that was on its way when the preview changed.
    robot.press_every(Duration::from_millis(5), "enter enter");
    server.serve(&mut robot);
    assert!(server.writes().is_empty(), "{}", robot.screen());
    press(&mut robot, &mut server, "enter");
    assert_eq!(server.writes().len(), 1);
}

#[test]
fn what_one_may_not_do_is_named() {
    let (mut robot, mut server) = stage(Tier::Dev);
    server.forbidden = true;
    press(&mut robot, &mut server, "S 5 enter enter");
    robot.sees("you may not patch deployments.apps/scale in namespace shop");
    assert!(server.writes().is_empty());
}

#[test]
fn a_status_that_moves_is_no_conflict_and_a_field_that_moves_is() {
    let (mut robot, mut server) = stage(Tier::Dev);
    server.others = vec![json!({"status": {"readyReplicas": 2}}), json!({"status": {"readyReplicas": 1}})];
    press(&mut robot, &mut server, "S 5 enter");
    assert_eq!(replicas(&server), 5);

    let (mut robot, mut server) = stage(Tier::Dev);
    server.others = vec![json!({"spec": {"replicas": 8}})];
    press(&mut robot, &mut server, "S 5 enter");
    robot.sees("somebody else has just changed spec.replicas");
    assert_eq!(replicas(&server), 8);
}

#[test]
fn fw3_what_a_webhook_says_is_told_in_its_words() {
    let (mut robot, mut server) = stage(Tier::Dev);
    server.untried = vec![failure(FaultKind::Invalid, "admission webhook \"policy.example.com\" denied the request: at most 4", false)];
    press(&mut robot, &mut server, "S 5 enter enter");
    robot.sees("policy.example.com\" denied the").sees("request: at most 4");
    assert!(server.writes().is_empty());
}

#[test]
fn fw2_what_is_wrong_is_told_field_by_field() {
    let (mut robot, mut server) = stage(Tier::Dev);
    server.untried = vec![invalid(&[("spec.replicas", "must be less"), ("spec.template", "is immutable")])];
    press(&mut robot, &mut server, "S 5 enter");
    robot.sees("spec.replicas: must be less").sees("spec.template: is immutable");
}

#[test]
fn fw4_a_webhook_that_cannot_be_tried_is_named_and_the_choice_is_a_persons() {
    let (mut robot, mut server) = stage(Tier::Dev);
    let words = "admission webhook \"audit.example.com\" does not support dry run";
    server.untried = vec![failure(FaultKind::Invalid, words, false)];
    press(&mut robot, &mut server, "S 5");
    robot.sees("cannot be tried").sees("audit.example.com").sees("spec.replicas  3 → 5").sees("worked out here");
    press(&mut robot, &mut server, "enter enter enter");
    assert!(server.writes().is_empty(), "enter goes through the form, and sends nothing that was not tried");
    robot.sees("no server has tried it").sees("y confirms");
    press(&mut robot, &mut server, "y");
    assert_eq!(replicas(&server), 5);

    let (mut robot, mut server) = stage(Tier::Dev);
    server.untried = vec![failure(FaultKind::Invalid, words, false)];
    press(&mut robot, &mut server, "D");
    robot.sees("audit.example.com");
    press(&mut robot, &mut server, "enter enter");
    assert!(server.object.is_some());
    press(&mut robot, &mut server, "y");
    assert!(server.object.is_none());
}

#[test]
fn fw3_a_webhook_that_does_not_answer_is_named_and_warnings_are_shown() {
    let (mut robot, mut server) = stage(Tier::Dev);
    let late = "Internal error occurred: failed calling webhook \"policy.example.com\": context deadline exceeded";
    server.untried = vec![failure(FaultKind::Server, late, false)];
    press(&mut robot, &mut server, "S 5 enter enter");
    robot.sees("policy.example.com").sees("context deadline exceeded");
    assert!(server.writes().is_empty());

    let (mut robot, mut server) = stage(Tier::Dev);
    server.warnings = vec!["replicas above 4 cost \u{1b}[31mmoney".to_owned()];
    server.instead = vec![(false, failure(FaultKind::Server, late, false))];
    press(&mut robot, &mut server, "S 5");
    robot.sees("warning").sees("replicas above 4 cost").misses("\u{1b}");
    press(&mut robot, &mut server, "enter");
    robot.sees("✖ eu  shop/web").sees("policy.example.com");
    assert_eq!((server.writes().len(), replicas(&server)), (1, 3), "it may be late another time: a person decides");
}

#[test]
fn fw5_an_object_that_was_made_anew_is_left_alone() {
    let (mut robot, mut server) = stage(Tier::Dev);
    press(&mut robot, &mut server, "S 5");
    server.object = Some(
        json!({"kind": "Deployment", "metadata": {"name": "web", "uid": "another", "resourceVersion": "900"}, "spec": {"replicas": 1}}),
    );
    press(&mut robot, &mut server, "enter");
    robot.sees("another object has its name now");
    assert_eq!(replicas(&server), 1);
}

#[test]
fn fw6_an_answer_that_is_lost_is_read_back() {
    for (done, told) in [(true, "◐ eu  shop/web"), (false, "before the server did it")] {
        let (mut robot, mut server) = stage(Tier::Dev);
        server.instead = vec![(done, failure(FaultKind::Unreachable, "connection reset", true))];
        press(&mut robot, &mut server, "S 5 enter");
        robot.sees(told);
        assert_eq!((server.writes().len(), replicas(&server)), (1, if done { 5 } else { 3 }), "it is never sent twice");
    }
}

/// The link goes with the answer: it is waited for, and then read back.
#[test]
fn fw6_an_answer_that_is_lost_with_the_link_is_read_back_once_that_is_there_again() {
    for (done, told) in [(true, "◐ eu  shop/web"), (false, "before the server did it")] {
        let (mut robot, mut server) = lost(done);
        let asked = server.asked.len();
        for _ in 0..9 {
            robot.wait(60);
            server.serve(&mut robot);
        }
        assert_eq!(server.asked.len(), asked, "nobody is asked where nobody answers");
        robot.sees("it is read back once eu can be reached");
        press(&mut robot, &mut server, "esc : c h a n g e s enter");
        robot.sees("under way: answer lost: waits for the link").press("enter");
        robot.cluster("eu", ClusterNews::Link(Link::Up { latency: Duration::from_millis(3) })).wait(1);
        server.serve(&mut robot);
        robot.sees(told);
        assert_eq!((server.writes().len(), replicas(&server)), (1, if done { 5 } else { 3 }), "it is never sent twice");
    }
}

#[test]
fn fw6_a_cluster_that_stays_away_is_not_waited_for_for_ever_nor_where_somebody_stops() {
    for (keys, seconds, told) in
        [("s", 0, "eu was not waited for"), ("x", 599, "can be reached"), ("x", 600, "not be reached for 10 minutes")]
    {
        let (mut robot, mut server) = lost(true);
        press(&mut robot, &mut server, keys);
        robot.wait(seconds);
        server.serve(&mut robot);
        robot.sees(told);
        let is_over = seconds != 599;
        assert_eq!(server.journal.len(), 1 + usize::from(is_over), "{told}: what is not known is written down");
        if is_over {
            robot.sees("? eu  shop/web");
        }
    }
}

/// A server that says nothing of the object is asked once a second, and no more.
#[test]
fn fw6_what_cannot_be_read_back_yet_is_asked_for_again() {
    let (mut robot, mut server) = lost(true);
    robot.cluster("eu", ClusterNews::Link(Link::Up { latency: Duration::from_millis(3) }));
    server.unread = 3;
    let asked = server.asked.len();
    for n in 1..=3 {
        robot.wait(1);
        server.serve(&mut robot);
        assert_eq!(server.asked.len(), asked + n, "{}", robot.screen());
    }
    robot.sees("it is read back once eu can be reached").wait(1);
    server.serve(&mut robot);
    robot.sees("◐ eu  shop/web  3/3 ready");
}

/// What others change before it or meanwhile is not ours: neither written down as such, nor taken back with it.
#[test]
fn what_others_change_meanwhile_does_not_count_as_ours() {
    let theirs = json!({"metadata": {"labels": {"team": "other"}}});
    // Somebody is faster, then the answer is lost; or somebody comes between that and the reading back.
    for between in [false, true] {
        let (mut robot, mut server) = stage(Tier::Dev);
        press(&mut robot, &mut server, "S 5");
        server.others = if between { vec![] } else { vec![theirs.clone()] };
        let conflict = (false, failure(FaultKind::Conflict, "the object has been modified", false));
        let lost = (true, failure(FaultKind::Unreachable, "connection reset", true));
        server.instead = if between { vec![lost] } else { vec![conflict, lost] };
        robot.press("enter").down("eu", &Fault::new(FaultKind::Unreachable, "connection refused"), None);
        server.serve(&mut robot);
        if between {
            server.change(&theirs);
        }
        robot.cluster("eu", ClusterNews::Link(Link::Up { latency: Duration::from_millis(3) })).wait(1);
        server.serve(&mut robot);
        robot.sees("◐ eu  shop/web");
        assert_eq!(server.journal, [("scale".to_owned(), false, 1), ("scale".to_owned(), true, 1)], "one field is ours");
        seen(&mut robot, &server);
        press(&mut robot, &mut server, "esc U");
        robot.sees("spec.replicas  5 → 3").misses("metadata");
        press(&mut robot, &mut server, "enter");
        let object = server.object.as_ref().unwrap();
        assert_eq!((&object["spec"]["replicas"], &object["metadata"]["labels"]["team"]), (&json!(3), &json!("other")));
    }
}

/// A scaling whose answer was lost, and with it the link.
fn lost(done: bool) -> (Robot, Server) {
    let (mut robot, mut server) = stage(Tier::Dev);
    press(&mut robot, &mut server, "S 5");
    server.instead = vec![(done, failure(FaultKind::Unreachable, "connection reset", true))];
    robot.press("enter").down("eu", &Fault::new(FaultKind::Unreachable, "connection refused"), Some(Duration::from_secs(5)));
    server.serve(&mut robot);
    (robot, server)
}

#[test]
fn fw6_a_deletion_whose_answer_is_lost_is_looked_up() {
    for (done, told) in [(true, "✔ eu  shop/web"), (false, "before the server did it")] {
        let (mut robot, mut server) = stage(Tier::Dev);
        server.instead = vec![(done, failure(FaultKind::Unreachable, "connection reset", true))];
        press(&mut robot, &mut server, "D y");
        robot.sees(told);
        assert_eq!((server.writes().len(), server.object.is_none()), (1, done), "it is never sent twice");
    }
}

#[test]
fn a_protected_cluster_takes_no_change_that_cannot_be_written_down() {
    for (tier, keys, written) in [(Tier::Prod, "S 5 enter e u enter", 0), (Tier::Dev, "S 5 enter", 1)] {
        let (mut robot, mut server) = stage(tier);
        server.disk = Some("the journal cannot be written: no space left".to_owned());
        press(&mut robot, &mut server, keys);
        robot.sees("no space left");
        assert_eq!(server.writes().len(), written, "{tier:?}");
    }
}

#[test]
fn what_changes_underneath_is_shown_and_has_to_be_confirmed_anew() {
    let (mut robot, mut server) = stage(Tier::Dev);
    press(&mut robot, &mut server, "S 5");
    server.change(&json!({"spec": {"replicas": 4}}));
    seen(&mut robot, &server);
    robot.wait(1);
    server.serve(&mut robot);
    robot.sees("somebody else has just changed spec.replicas").sees("spec.replicas  4 → 5");
    robot.press_every(Duration::from_millis(100), "enter");
    assert!(server.writes().is_empty(), "the preview has just changed");
}

#[test]
fn an_undo_refuses_what_has_moved_on() {
    let (mut robot, mut server) = stage(Tier::Dev);
    press(&mut robot, &mut server, "S 5 enter");
    server.change(&json!({"spec": {"replicas": 9}}));
    seen(&mut robot, &server);
    press(&mut robot, &mut server, "esc U");
    robot.sees("it has moved on: spec.replicas was set to 5 and is now 9");
    press(&mut robot, &mut server, "enter");
    assert_eq!(replicas(&server), 9);
}
