//! Changes that were confirmed: the screen that lists them, what one does there, and what can be taken back.

use crate::rig::objects::since;
use crate::rig::person::Person;
use crate::rig::robot::Robot;
use crate::rig::writes::{Server, failure};
use kconsole::model::call::Method;
use kconsole::model::cluster::Tier;
use kconsole::model::deed::Key;
use kconsole::model::fault::FaultKind;
use kconsole::model::msg::Msg;
use kconsole::model::record::{Object, Place, Record, Stage, Touched, Versions};
use kconsole::model::step::Effect;
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
    let why = format!("the quota is used up{}", " and so on".repeat(60));
    server.instead = vec![(false, failure(FaultKind::Invalid, &why, false))];
    press(&mut robot, &mut server, "esc S 5 enter");
    robot.sees("✖ eu  shop/web").sees("the quota is used up").sees("A try again what is not done");
    press(&mut robot, &mut server, "esc : c h a n g e s enter");
    assert!(robot.cursor().contains("✖  0s  scale  eu  shop/web  failed:"), "{}", robot.screen());
    // Its dialog again, and then the same once more: what was filled in is filled in.
    press(&mut robot, &mut server, "enter");
    robot.sees("the quota is used up").resize((80, 8)).sees("more lines, pgdn");
    press(&mut robot, &mut server, "down pgdn");
    robot.sees("lines before, pgup").misses("pgdn").resize((80, 24)).wait(60);
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
    robot.sees("nothing of it is left to be done");
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
    press(&mut robot, &mut server, "esc U enter");
    robot.sees("spec.replicas  4 → 5");
}

#[tokio::test]
async fn only_what_failed_is_tried_again() {
    let mut person = Person::start("deployments", &[(DEPLOYMENTS, one("api")), (DEPLOYMENTS, one("web"))]).await;
    person.other(DEPLOYMENTS, "web", |o| o["spec"]["paused"] = json!(true));
    person.press("space space").act("pause").sees("left out: it is paused already").await.sees("Pause ─ 2 objects").await;
    person.until("it can be confirmed", |p| p.screen().contains("spec.paused")).await;
    person.press("enter").sees("✔ ").await.sees("A try again what is not done").await;
    person.press("esc").act("changes").sees("1 done · 1 failed: it is paused already").await;
    person.other(DEPLOYMENTS, "web", |o| drop(o["spec"].as_object_mut().unwrap().remove("paused")));
    person.press("A").sees("here/web").await.previews("spec.paused  nothing → true").await.confirms(DEPLOYMENTS, "web").await;
    person.press("esc").sees("Changes ─ 2").await.sees("here/web   done").await;
}

#[tokio::test]
async fn what_has_not_begun_is_stopped_and_whoever_leaves_is_asked() {
    let mut person = Person::start("deployments", &[(DEPLOYMENTS, one("api")), (DEPLOYMENTS, one("web"))]).await;
    person.press("space space R").sees("Restart ─ 2 objects").await;
    person.until("both can be confirmed", |p| p.screen().contains("2 changed")).await;
    assert!(person.screen().contains("restartedAt") && person.screen().contains("the same as above: 1 field"), "{}", person.screen());
    person.press("enter").sees("waits for its turn").await.press("esc").act("changes").sees("2 left").await.sees("◐ 1 change ").await;
    person.press("s").sees("1 left, stopping · 1 not begun").await;
    person.press("Q").sees("1 of your changes are not done yet").await.press("n");
    // What would be waited for is wanted no more.
    person.other(DEPLOYMENTS, "api", |o| o["spec"]["replicas"] = json!(0));
    person.sees("1 done · 1 not begun").await;
    // What became of it is on the disk.
    person.until("it is over", |p| !p.screen().contains("◐ 1 change")).await;
    person.press("esc q").sees("Leave kconsole?  y yes").await.press("n");
    assert!(person.has(DEPLOYMENTS, "web").pointer("/spec/template/metadata/annotations").is_none());
    // What never began is what is left to be done.
    person.act("changes").press("A").sees("Restart ─ prod-eu ─ here/web").await.previews("restartedAt").await;
}

/// What an earlier run wrote down of a scaling.
fn scaled(id: &str, from: u32, to: u32, after: &str) -> Record {
    let path = ["spec", "replicas"].map(|key| Key::Field(key.to_owned())).to_vec();
    Record {
        time: "2026-11-23T13:00:00Z".to_owned(),
        id: id.to_owned(),
        record: Stage::Outcome,
        os_user: "ada".to_owned(),
        cluster: Place { name: "eu".to_owned(), ..Place::default() },
        verb: "scale".to_owned(),
        object: Object {
            kind: DEPLOYMENTS.to_owned(),
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            uid: kconsole::model::id::Uid::parse("web").to_string(),
        },
        resource_version: Versions { before: Some("1".to_owned()), after: Some(after.to_owned()) },
        subresource: "scale".to_owned(),
        changes: vec![Touched { field: "spec.replicas".to_owned(), path, before: Some(from.into()), after: Some(to.into()) }],
        rule: "tier dev".to_owned(),
        reason: None,
        outcome: Some("done".to_owned()),
        why: None,
    }
}

#[test]
fn several_things_can_be_taken_back_and_what_has_moved_on_is_shown() {
    let (mut robot, mut server) = stage();
    let mut ours = String::new();
    for keys in ["S 5 enter", "S 8 enter"] {
        press(&mut robot, &mut server, keys);
        ours = server.object.as_ref().and_then(|o| o["metadata"]["resourceVersion"].as_str()).expect("a version").to_owned();
        settle(&mut robot, &mut server);
        press(&mut robot, &mut server, "esc");
    }
    // What this run did is known from the journal too, and is one thing.
    server.written = Ok(vec![scaled("a-1-0", 1, 3, "7"), scaled("b-1-0", 5, 8, &ours)]);
    press(&mut robot, &mut server, "U");
    let lines: Vec<String> = robot.screen().lines().filter(|l| l.contains("spec.replicas")).map(str::to_owned).collect();
    assert!(lines[0].contains("this run  spec.replicas: 5 → 8") && lines[1].contains("spec.replicas: 3 → 5"), "{lines:?}");
    assert_eq!(lines.len(), 3, "{lines:?}");
    robot.sees("enter take it").sees("Undo ─ eu ─ shop/web").sees("62m  scale     ada").sees("rollback            go back to a revision");
    press(&mut robot, &mut server, "j enter");
    robot.sees("it has moved on: spec.replicas was set to 5 and is now 8");
    for line in ["field      spec.replicas", "  was      3", "  set to   5", "  is now   8"] {
        robot.sees(line);
    }
    press(&mut robot, &mut server, "enter esc");
    assert_eq!(server.writes().len(), 2);
    // The newest is taken back; it and what took it back are one step then.
    press(&mut robot, &mut server, "U enter");
    robot.sees("spec.replicas  8 → 5");
    press(&mut robot, &mut server, "enter");
    settle(&mut robot, &mut server);
    press(&mut robot, &mut server, "esc U");
    robot.sees("undo      this run  spec.replicas: 8 → 5").misses("spec.replicas: 5 → 8");
}

#[test]
fn what_an_earlier_run_did_is_taken_back_and_what_cannot_be_says_why() {
    let (mut robot, mut server) = stage();
    server.written = Ok(vec![scaled("a-1-0", 1, 3, "7")]);
    press(&mut robot, &mut server, "U");
    robot.sees("Undo ─ eu ─ shop/web").sees("spec.replicas  3 → 1").sees("accepted by the server");
    press(&mut robot, &mut server, "enter");
    assert!(server.writes()[0].path.ends_with("/web/scale"), "as it was done: {:?}", server.writes());

    let of = |change: &dyn Fn(&mut Record)| {
        let mut record = scaled("a-1-0", 1, 3, "7");
        change(&mut record);
        record
    };
    let refused = of(&|r| r.outcome = Some("refused".to_owned()));
    let other = of(&|r| r.object.uid = "0c6f4d7e-1b2a-4c3d-8e9f-a0b1c2d3e4f5".to_owned());
    for written in [Ok(vec![refused, other]), Ok(Vec::new()), Err("the disk is gone".to_owned())] {
        let (mut robot, mut server) = stage();
        server.written = written;
        press(&mut robot, &mut server, "U");
        // A deployment has revisions to go back to.
        robot.sees("Roll back ─ eu ─ shop/web");
    }
}

#[tokio::test]
async fn what_an_earlier_run_did_is_in_the_journal_but_for_secrets() {
    let labels = json!({"team": "shop"});
    let map = json!({"metadata": {"name": "settings", "labels": labels.clone()}, "data": {"a": "b"}});
    let key = json!({"metadata": {"name": "key", "labels": labels.clone()}, "data": {"password": "aHVudGVyMg=="}});
    let mut person = Person::start("configmaps", &[("configmaps", map), ("secrets", key)]).await;
    person.press("/").text("settings").press("enter");
    person.act("label tier=front team-").confirms("configmaps", "settings").await;
    person.restarts("secrets").await;
    person.press("U").sees("neither this run nor the journal has a change of key").await;
    person.act("label tier=front").confirms("secrets", "key").await;
    person.press("esc U").previews("metadata.labels.tier  front → nothing").await.press("esc");
    person.restarts("secrets").await;
    person.press("U").sees("the journal has only hashes of what key held").await;
    person.restarts("configmaps").await;
    person.press("/").text("settings").press("enter U").confirms("configmaps", "settings").await;
    assert_eq!(person.has("configmaps", "settings")["metadata"]["labels"], labels);
}

/// The line of an action in the list of actions, which is open.
fn listed(robot: &mut Robot, action: &str) -> String {
    robot.resize((160, 120)).line(&format!(" {action} "))
}

fn reviews(server: &Server) -> usize {
    server.asked.iter().filter(|c| c.method == Method::Review).count()
}

#[test]
fn what_one_may_not_do_is_grey_and_says_which_right_is_missing() {
    let (mut robot, mut server) = stage();
    press(&mut robot, &mut server, "a");
    assert!(!listed(&mut robot, "restart").contains("may not"), "{}", robot.screen());
    let asked = reviews(&server);
    assert!((1..20).contains(&asked), "{asked}");
    press(&mut robot, &mut server, "esc a");
    assert_eq!(reviews(&server), asked, "it is not asked again for a while");
    // Later the rights are others.
    server.forbidden = true;
    press(&mut robot, &mut server, "esc");
    robot.wait(301);
    press(&mut robot, &mut server, "a");
    assert!(listed(&mut robot, "restart").contains("you may not patch deployments.apps in namespace shop"), "{}", robot.screen());
    assert!(listed(&mut robot, "scale").contains("you may not patch deployments.apps/scale in namespace shop"), "{}", robot.screen());
    assert!(listed(&mut robot, "yaml").contains("This object as YAML"), "what changes nothing needs no right");
    let names: Vec<bool> = server.asked.iter().skip(asked).map(|c| c.body.contains("\"name\":\"web\"")).collect();
    assert!(names.contains(&true), "a role may name single objects: {names:?}");
}

#[test]
fn a_question_that_fails_greys_nothing_and_is_not_asked_over_and_over() {
    let (mut robot, mut server) = stage();
    robot.press("a");
    let mut asked = 0;
    loop {
        let calls: Vec<_> = robot.effects().into_iter().filter_map(|e| if let Effect::Call(id, _) = e { Some(id) } else { None }).collect();
        if calls.is_empty() {
            break;
        }
        assert!(calls.len() <= 10, "{}", calls.len());
        asked += calls.len();
        for id in calls {
            robot.message(Msg::Answer(id, Err(failure(FaultKind::Unreachable, "connection refused", false))));
        }
    }
    assert!((1..20).contains(&asked) && !listed(&mut robot, "restart").contains("may not"), "{asked}\n{}", robot.screen());
    press(&mut robot, &mut server, "esc R");
    robot.sees("accepted by the server");
}

#[test]
fn what_the_guard_refuses_is_grey_with_its_rule_and_no_server_is_asked() {
    let (mut robot, mut server) = stage();
    robot.state.world.clusters[0].readonly = true;
    press(&mut robot, &mut server, "a");
    assert!(listed(&mut robot, "restart").contains("eu is read-only; :unlock eu 15m REASON lifts that for a while (read-only cluster)"));
    assert_eq!(server.asked, []);
}
