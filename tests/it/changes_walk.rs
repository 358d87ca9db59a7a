//! Every verb, walked along the path of a change: no verb skips a stage. And read-only: nothing but reads and access reviews leaves, whatever is
//! asked for and whatever is pressed then. What the server wrote down of its requests is the proof.
//!
//! Nothing here names a verb but for how its words are written: a new one is walked as soon as it is in the list.

use crate::changes_removals::{node, pod};
use crate::changes_verbs::{cronjob, scaler, template, web};
use crate::rig::home::Home;
use crate::rig::person::Person;
use kconsole::actions::apply::APPLY;
use kconsole::actions::edit::EDIT;
use kconsole::actions::{self, VERBS};
use kconsole::demo::fault::Fault;
use kconsole::demo::fault::answer::{Does, On, Rule};
use kconsole::demo::status::Refusal;
use kconsole::demo::store::Key;
use kconsole::demo::write::{Delete, How};
use kconsole::model::cluster::Tier;
use kconsole::safety::verb::{Check, Undo, Verb};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU16, Ordering};

/// What may be sent to a read-only cluster.
const READS: [&str; 3] = ["GET ", "POST /apis/authorization.k8s.io/v1/selfsubject", "POST /apis/authentication.k8s.io/v1/selfsubject"];

/// The tables that verbs are tried in, by the kind that they are for, and the objects there: between them, something for each verb to change.
const TABLES: [(&str, &str, &[&str]); 6] = [
    ("deployments.apps", "deployments", &["web", "halted"]),
    ("cronjobs.batch", "cronjobs", &["night", "halted"]),
    ("jobs.batch", "jobs", &["once"]),
    ("pods", "pods", &["lone"]),
    ("nodes", "nodes", &["n-1", "n-2"]),
    ("horizontalpodautoscalers.autoscaling", "horizontalpodautoscalers", &["web-scaler"]),
];
/// The table of verbs that are for every kind.
const ANY: (&str, &str, &[&str]) = ("configmaps", "configmaps", &["settings", "held"]);

/// What is in a file that is applied.
const APPLIED: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: here, labels: {applied: 'yes'}}}";

/// What is written into whatever asks for something: nothing, a number, a label, an image.
const TEXTS: [&str; 4] = ["", "5", "team=5", "shop/web:5"];
/// Then everything that confirms anything.
const CONFIRM: &[&str] = &["ctrl-s", "enter", "enter", "enter", "y", "a", "p r o d - e u enter", "tab enter", "enter"];
/// Verbs that begin in a screen of their own or at a part of an object, and what opens them.
const OPENED_BY: [(&str, &str); 3] = [("set-key", "add-key k"), ("remove-key", "remove-key a"), ("debug-node", "debug")];
/// What confirms in prod, where the keys are in the form, and where they are at the confirmation.
const IN_PROD: [&[&str]; 2] = [&["ctrl-s", "shift-tab", "p r o d - e u enter"], &["ctrl-s", "p r o d - e u enter"]];

/// A screen for what says all that counts at its lower end.
const LOW: (u16, u16) = (110, 24);

/// Where a verb is walked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Where {
    /// Everything may be done.
    Dev,
    /// The cluster is read-only.
    ReadOnly,
    /// Nobody can tell what one may do.
    WithoutRights,
    /// A cluster that is protected, and the journal cannot be written.
    WithoutJournal,
}

/// What came of it.
struct Walk {
    /// The requests, in their order.
    heard: Vec<String>,
    /// How often it was tried, with one object and text after the other.
    tries: usize,
    /// The last screens of each try.
    screens: String,
    journal: String,
}

fn named(name: &str, mut object: Value) -> Value {
    object["metadata"]["name"] = json!(name);
    object
}

/// A person at the table of a kind, in a cluster that has something of everything.
async fn at(table: &'static str) -> Person {
    let (mut halted, mut stopped) = (named("halted", web()), named("halted", cronjob()));
    halted["spec"]["paused"] = json!(true);
    stopped["spec"]["suspend"] = json!(true);
    let mut held = json!({"metadata": {"name": "held", "finalizers": ["shop.example/cleanup"]}, "data": {"a": "b"}});
    held["metadata"]["labels"] = json!({"team": "shop"});
    let mut once = template("checkout:2.31.0");
    once["spec"]["restartPolicy"] = json!("Never");
    let objects = [
        ("deployments.apps", web()),
        ("deployments.apps", halted),
        ("cronjobs.batch", cronjob()),
        ("cronjobs.batch", stopped),
        ("jobs.batch", json!({"metadata": {"name": "once"}, "spec": {"template": once}})),
        ("horizontalpodautoscalers.autoscaling", scaler()),
        ("configmaps", json!({"metadata": {"name": "settings"}, "data": {"a": "b"}})),
        ("configmaps", held),
    ];
    let person = Person::start(table, &objects).await;
    node(&person, "n-1");
    node(&person, "n-2");
    person.cluster().with(|sim| {
        let cordon = |node: &mut Value| {
            node["spec"]["unschedulable"] = json!(true);
            Ok(())
        };
        sim.update("nodes", &Key::new("", "n-2"), How::by("test"), cordon).expect("a node");
        let key = Key::new("here", "held");
        sim.delete("configmaps", &key, &Delete::default()).expect("it waits for its finalizer");
    });
    person.cluster().with(|sim| {
        // It runs already: what is made in the past has come about long ago.
        sim.world.past = true;
        sim.create("pods", placed("lone"), How::by("test")).expect("a pod");
    });
    person.cluster().with(|sim| sim.world.past = false);
    // A revision to go back to.
    person.other("deployments.apps", "web", |o| o["spec"]["template"] = template("web:2"));
    person
}

/// A pod on a node, with a port that no other of these tests has.
fn placed(name: &str) -> Value {
    static PORT: AtomicU16 = AtomicU16::new(20_000);
    let mut pod = pod(name);
    pod["metadata"]["namespace"] = json!("here");
    pod["spec"]["nodeName"] = json!("n-1");
    pod["spec"]["containers"][0]["ports"] = json!([{"name": "http", "containerPort": PORT.fetch_add(1, Ordering::Relaxed)}]);
    pod
}

/// The cursor goes to an object, and to no other.
async fn choose(person: &mut Person, name: &str) {
    person.press("/ ctrl-u").text(&format!("name:{name}")).press("enter");
    person.until(name, |p| p.screen().lines().any(|l| l.contains('▌') && l.contains(name))).await;
}

/// Asks for a verb, writes something into what it asks for, and does all that may get it through. What the screens said meanwhile.
async fn insist(person: &mut Person, verb: &Verb, text: &str, confirm: &[&str]) -> String {
    let home = Home::new();
    let opens = OPENED_BY.iter().find(|(name, _)| *name == verb.name).map_or(verb.name, |(_, action)| action);
    if verb.name == APPLY.name {
        let file = home.write("a.yaml", APPLIED);
        person.act(&format!("apply {}", file.display())).sees("Apply ─").await;
    } else {
        person.act(opens);
    }
    person.settles().await;
    if verb.name == EDIT.name {
        person.sees("apiVersion").await.press("ctrl-f").text("a: b").press("enter end").text(text).wait(2);
    } else {
        person.text(text).wait(2);
    }
    person.settles().await;
    let mut screens = person.look();
    for keys in confirm {
        person.press(keys).settles().await;
        screens += &person.screen();
    }
    leave(person);
    screens
}

/// Back to the table, whatever is open.
fn leave(person: &mut Person) {
    for _ in 0..4 {
        person.press("esc");
        if person.screen().contains("Throw away") {
            person.press("y");
        }
    }
}

fn is_read(line: &str) -> bool {
    // A WebSocket is asked for as if it were read.
    READS.iter().any(|read| line.starts_with(read)) && !["/exec?", "/attach?", "/portforward?"].iter().any(|stream| line.contains(stream))
}

fn is_dry(line: &str) -> bool {
    line.contains("dryRun=All")
}

/// Walks a verb where it is to be stopped: with the objects and texts that get it through elsewhere.
async fn stopped(verb: &Verb, at_where: Where) -> Walk {
    let through = walk(verb, Where::Dev, usize::MAX).await;
    walk(verb, at_where, through.tries).await
}

/// Walks a verb over the objects that it may be for, so many tries, until it got through.
async fn walk(verb: &Verb, at_where: Where, most: usize) -> Walk {
    let of = |id: &str| TABLES.iter().chain([&ANY]).find(|t| t.0 == id || (id == "*" && t.0 == ANY.0));
    let of_it = verb.to.iter().find_map(|id| of(id));
    let (_, table, names) = of_it.unwrap_or_else(|| panic!("{} is for {:?}: give this test one of these", verb.name, verb.to));
    let mut person = at(table).await;
    for name in *names {
        // Something to take back.
        choose(&mut person, name).await;
        person.act("label before=this").sees("accepted by the server").await.press("enter").sees("✔").await.press("esc").settles().await;
    }
    let from = person.heard().len();
    let deny =
        Rule { on: On::Write, path: "selfsubjectaccessreviews".to_owned(), times: usize::MAX, does: Does::Refuse(Refusal::no_such_path()) };
    match at_where {
        Where::Dev => {}
        // Why nothing is done stands at the lower end of a dialog.
        Where::ReadOnly => drop(person.resize(LOW).readonly(true)),
        Where::WithoutRights => person.order(Fault::Answer(deny)),
        Where::WithoutJournal => {
            person.tier(Tier::Prod);
            person.lose_journal();
        }
    }
    let confirm = if at_where == Where::WithoutJournal { IN_PROD[usize::from(verb.removes)] } else { CONFIRM };
    let (mut screens, mut tries) = (String::new(), 0);
    for (name, text) in names.iter().flat_map(|name| TEXTS.map(|text| (name, text))).take(most) {
        tries += 1;
        choose(&mut person, name).await;
        screens += &insist(&mut person, verb, text, confirm).await;
        if person.heard()[from..].iter().any(|line| !is_read(line) && !is_dry(line)) || screens.contains("not sent, since") {
            break;
        }
    }
    person.hangs_up().await;
    Walk { heard: person.heard().split_off(from), tries, screens, journal: person.journal() }
}

/// In the order of the path. That the same keys get every verb through here is what the tests below rest on: what they show is not for want of
/// trying.
#[tokio::test]
async fn no_verb_skips_a_stage() {
    for verb in VERBS {
        let walk = walk(verb, Where::Dev, usize::MAX).await;
        let heard = walk.heard.join("\n");
        let sent = walk
            .heard
            .iter()
            .position(|line| !is_read(line) && !is_dry(line))
            .unwrap_or_else(|| panic!("{} sends nothing:\n{heard}\n{}", verb.name, walk.screens));
        let before = &walk.heard[..sent];
        let (method, path) = walk.heard[sent].split_once(' ').expect("a method and a path");
        let path = path.split('?').next().unwrap_or_default();
        let first = |what: &str, is: &dyn Fn(&str) -> bool| {
            before.iter().position(|l| is(l)).unwrap_or_else(|| panic!("{}: no {what}:\n{heard}", verb.name))
        };
        let right = first("rights", &|l| l.contains("selfsubjectaccessreviews"));
        let read = first("read", &|l| l.starts_with("GET /api") && !l.contains("watch=") && !l.contains("limit="));
        match verb.check {
            Check::Server => {
                let tried = first("dry run", &|l| l.starts_with(&format!("{method} {path}")) && is_dry(l));
                assert!(right < tried && read < tried, "{}:\n{heard}", verb.name);
            }
            Check::None(why) => assert!(walk.screens.contains(why), "{}: why it cannot be tried is not told\n{}", verb.name, walk.screens),
        }
        if let Undo::No(_) = verb.undo {
            assert!(walk.screens.contains("cannot be undone"), "{}: that it cannot be undone is not told\n{}", verb.name, walk.screens);
        }
        let records = walk.journal.matches(&format!("\"verb\":\"{}\"", verb.name)).count();
        assert!(records >= 2, "{}: {records} records, which are to be one before and one after\n{}", verb.name, walk.journal);
    }
}

/// Not even a dry run: a server may do more for one than one likes.
#[tokio::test]
async fn fw10_no_verb_sends_anything_but_reads_and_reviews_to_a_read_only_cluster() {
    for verb in VERBS {
        let walk = stopped(verb, Where::ReadOnly).await;
        assert_eq!(walk.heard.iter().filter(|l| !is_read(l)).collect::<Vec<_>>(), [""; 0], "{}", verb.name);
        assert!(walk.screens.contains("is read-only"), "{}: why is not told\n{}", verb.name, walk.screens);
    }
}

#[tokio::test]
async fn no_verb_is_even_tried_without_rights() {
    for verb in VERBS {
        let walk = stopped(verb, Where::WithoutRights).await;
        assert_eq!(walk.heard.iter().filter(|l| !is_read(l)).collect::<Vec<_>>(), [""; 0], "{}", verb.name);
        assert!(walk.screens.contains("whether you may cannot be asked"), "{}: why is not told\n{}", verb.name, walk.screens);
    }
}

#[tokio::test]
async fn no_verb_sends_what_cannot_be_written_down_where_it_must_be() {
    for verb in VERBS {
        let walk = walk(verb, Where::WithoutJournal, usize::MAX).await;
        assert_eq!(walk.heard.iter().filter(|l| !is_read(l) && !is_dry(l)).collect::<Vec<_>>(), [""; 0], "{}", verb.name);
        assert!(
            walk.screens.contains("not sent, since"),
            "{}: it was not for the journal that nothing was sent\n{}",
            verb.name,
            walk.screens
        );
    }
}

/// Every action that there is, also those that are no verb yet.
#[tokio::test]
async fn fw10_no_action_sends_anything_but_reads_and_reviews_to_a_read_only_cluster() {
    for (_, table, names) in TABLES.iter().chain([&ANY]) {
        let mut person = at(table).await;
        let from = person.heard().len();
        person.resize(LOW).readonly(true);
        for action in actions::all() {
            choose(&mut person, names[0]).await;
            person.act(action.name).settles().await;
            for keys in CONFIRM {
                person.press(keys);
            }
            leave(person.settles().await);
            // At the root ctrl-c asks, and the next key is the answer.
            person.press("esc ctrl-c esc").press(":").text(table).press("enter");
        }
        assert_eq!(person.heard()[from..].iter().filter(|l| !is_read(l)).collect::<Vec<_>>(), [""; 0], "{table}");
    }
}
