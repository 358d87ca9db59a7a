//! Changes that were confirmed: the screen that lists them, what one does there, and what can be taken back.

use crate::rig::objects::since;
use crate::rig::person::Person;
use crate::rig::robot::Robot;
use crate::rig::writes::{Server, failure};
use kconsole::model::cluster::Tier;
use kconsole::model::fault::FaultKind;
use serde_json::{Value, json};

const DEPLOYMENTS: &str = "deployments.apps";

/// A deployment that runs as many pods as it should.
fn settled(replicas: u32, version: &str) -> Value {
    json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {"name": "web", "namespace": "shop", "uid": "web", "resourceVersion": version, "generation": 1, "creationTimestamp": since(900)},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}}},
        "status": {"observedGeneration": 1, "replicas": replicas, "readyReplicas": replicas, "updatedReplicas": replicas, "availableReplicas": replicas},
    })
}

fn stage() -> (Robot, Server) {
    let mut robot = Robot::new(&["eu"], "deployments");
    robot.state.world.clusters[0].tier = Tier::Dev;
    robot.list("eu", "deployments", &[settled(3, "7")]);
    (robot, Server::new(settled(3, "7")))
}

fn press(robot: &mut Robot, server: &mut Server, keys: &str) {
    for key in keys.split(' ') {
        robot.press(key);
        server.serve(robot);
    }
}

/// The controller has done what was asked of it, and the table shows that.
fn settle(robot: &mut Robot, server: &mut Server) {
    let wanted = server.object.as_ref().and_then(|o| o["spec"]["replicas"].as_u64()).expect("a number");
    server
        .change(&json!({"status": {"replicas": wanted, "readyReplicas": wanted, "updatedReplicas": wanted, "availableReplicas": wanted}}));
    robot.deliver("eu", "deployments", &[server.object.clone().expect("it is there")]);
    server.serve(robot);
}

/// A deployment of one pod that is there at once.
fn one(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": "registry.shop.example/web:1"}]}}}})
}

#[test]
fn what_failed_is_kept_with_its_reason_and_tried_again_on_a_key() {
    let (mut robot, mut server) = stage();
    press(&mut robot, &mut server, ": c h a n g e s enter");
    robot.sees("Changes ─ 0").sees("nothing was changed in this run");
    server.instead = vec![(false, failure(FaultKind::Invalid, "the quota is used up", false))];
    press(&mut robot, &mut server, "esc S 5 enter");
    robot.sees("✖ eu  shop/web").sees("the quota is used up").sees("A try what failed again");
    press(&mut robot, &mut server, "esc : c h a n g e s enter");
    assert!(robot.cursor().contains("✖  0s  scale  eu  shop/web  failed:"), "{}", robot.screen());
    // Its dialog again, and then the same once more: what was filled in is filled in.
    press(&mut robot, &mut server, "enter");
    robot.sees("the quota is used up").wait(60);
    press(&mut robot, &mut server, "A");
    robot.sees("replicas   5").sees("spec.replicas  3 → 5").sees("accepted by the server");
    assert_eq!(server.writes().len(), 1, "it has the whole path before it");
    press(&mut robot, &mut server, "enter");
    assert_eq!(server.writes().len(), 2);
    robot.sees("◐ 1 change ");
    settle(&mut robot, &mut server);
    press(&mut robot, &mut server, "esc");
    robot.misses("◐ 1 change ").sees("Changes ─ 2");
    let lines: Vec<String> = robot.screen().lines().filter(|l| l.contains("scale")).map(str::to_owned).collect();
    assert!(lines[0].contains("✔  0s ") && lines[0].contains("done") && lines[1].contains("✖  60s"), "the newest first: {lines:?}");
    // The cursor is where it was, and there is nothing to try again of what is done.
    assert!(robot.cursor().contains("✖  60s"), "{}", robot.screen());
    press(&mut robot, &mut server, "g A");
    robot.sees("nothing of it has failed");
}

#[test]
fn a_hundred_that_are_over_are_kept_and_the_last_can_still_be_taken_back() {
    let (mut robot, mut server) = stage();
    for n in 0..103 {
        press(&mut robot, &mut server, if n % 2 == 0 { "S 4 enter" } else { "S 5 enter" });
        settle(&mut robot, &mut server);
        press(&mut robot, &mut server, "esc");
    }
    press(&mut robot, &mut server, ": c h a n g e s enter");
    robot.sees("Changes ─ 100 ");
    press(&mut robot, &mut server, "esc U");
    robot.sees("spec.replicas  4 → 5");
}

#[tokio::test]
async fn only_what_failed_is_tried_again() {
    let mut person = Person::start("deployments", &[(DEPLOYMENTS, one("api")), (DEPLOYMENTS, one("web"))]).await;
    person.other(DEPLOYMENTS, "web", |o| o["spec"]["paused"] = json!(true));
    person.press("space space").act("pause").sees("left out: it is paused already").await.sees("Pause ─ 2 objects").await;
    person.until("it can be confirmed", |p| p.screen().contains("spec.paused")).await;
    person.press("enter").sees("✔ ").await.sees("A try what failed again").await;
    person.press("esc").act("changes").sees("1 done · 1 failed: it is paused already").await;
    person.other(DEPLOYMENTS, "web", |o| drop(o["spec"].as_object_mut().unwrap().remove("paused")));
    person.press("A").sees("here/web").await.previews("spec.paused  nothing → true").await.confirms(DEPLOYMENTS, "web").await;
    person.press("esc").sees("Changes ─ 2").await.sees("here/web   done").await;
}

#[tokio::test]
async fn what_has_not_begun_is_stopped_and_whoever_leaves_is_asked() {
    let mut person = Person::start("deployments", &[(DEPLOYMENTS, one("api")), (DEPLOYMENTS, one("web"))]).await;
    person.press("space space R").sees("Restart ─ 2 objects").await;
    person.until("it can be confirmed", |p| p.screen().contains("restartedAt")).await;
    person.press("enter").sees("waits for its turn").await.press("esc").act("changes").sees("2 left").await.sees("◐ 1 change ").await;
    person.press("s").sees("1 left, stopping · 1 not begun").await;
    person.press("Q").sees("1 of your changes are not done yet").await.press("n");
    // What would be waited for is wanted no more.
    person.other(DEPLOYMENTS, "api", |o| o["spec"]["replicas"] = json!(0));
    person.sees("1 done · 1 not begun").await.press("esc q").sees("Leave kconsole?  y yes").await;
    assert!(person.has(DEPLOYMENTS, "web").pointer("/spec/template/metadata/annotations").is_none());
}
