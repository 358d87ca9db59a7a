//! What messages and second readings do to a program, on a runtime that never gets to connect anywhere.

use super::config::Config;
use super::files::{Own, Paths};
use super::program::Program;
use super::reload::Again;
use super::startup::{Setup, cluster, dress};
use crate::actions;
use crate::k8s::connect::Settings;
use crate::k8s::entry::{ClusterEntry, UserEntry};
use crate::k8s::kubeconfig::{self, Context, Kubeconfig, Sources};
use crate::keymap::{KEYMAPS, Key, Keymap};
use crate::model::call::CallId;
use crate::model::cell::Health;
use crate::model::course::ChangeId;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid, WatchId};
use crate::model::msg::{ClusterNews, Delta, Link, Msg, News, Sync};
use crate::model::step::{Effect, Motion, Screen, Step, TableOf};
use crate::model::stream::Shell;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::views::table::TableView;
use futures::FutureExt;
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// A context: its name, its server and whose it is.
fn context(name: &str, server: &str, token: &str) -> Context {
    Context {
        name: name.into(),
        file: "kube".into(),
        cluster: Arc::new(ClusterEntry { server: format!("https://{server}.test"), ..ClusterEntry::default() }),
        user: Arc::new(UserEntry { token: Some(token.into()), ..UserEntry::default() }),
        namespace: None,
        broken: None,
    }
}

fn contexts(names: &[&str]) -> Vec<Context> {
    names.iter().map(|name| context(name, name, "t")).collect()
}

fn own(config: &str) -> Own {
    let names: Vec<&str> = actions::all().map(|a| a.name).collect();
    let config = Config::load("config.yaml", config).unwrap().0;
    Own { config, keymap: Keymap::load(&KEYMAPS[..1], &names).0, theme: Theme::default(), problems: Vec::new() }
}

/// A program with these contexts, of which the first is open.
fn program(contexts: Vec<Context>) -> Program {
    let contexts: Vec<Arc<Context>> = contexts.into_iter().map(Arc::new).collect();
    let mut clusters: Vec<_> = contexts.iter().enumerate().map(|(i, c)| cluster(ClusterId(i as u16), c)).collect();
    dress(&mut clusters, &Config::default(), &[ClusterId(0)], false);
    let chosen = clusters.first().map(|c| c.id).into_iter().collect();
    let world = World { now: Timestamp(1_000), clusters, ..World::default() };
    let setup = Setup {
        flags: Default::default(),
        paths: Paths::default(),
        own: own(""),
        sources: Sources::default(),
        contexts,
        chosen,
        world,
        settings: Arc::new(Settings::default()),
        files: Vec::new(),
        problems: Vec::new(),
        demo: None,
    };
    let mut program = Program::new(setup, |state| Box::new(TableView::new(&state.world, TableOf::all("pods"))));
    assert_eq!(program.perform(), []);
    program
}

fn again(contexts: Vec<Context>, problems: Vec<kubeconfig::Problem>) -> Again {
    let kubeconfig = Kubeconfig { contexts, current: None, problems, files: vec!["kube".into()] };
    Again { own: own(""), kubeconfig, deaf: None }
}

/// The watches that the state has rows of.
fn running(program: &Program) -> Vec<WatchId> {
    program.state.world.tables.keys().copied().collect()
}

fn said(program: &Program) -> String {
    program.state.notice.as_ref().map(|(n, _)| n.text.clone()).unwrap_or_default()
}

fn open(program: &Program) -> Vec<&str> {
    program.state.world.open().map(|c| c.context.as_str()).collect()
}

/// A cluster says something.
fn told(program: &mut Program, id: ClusterId, news: ClusterNews) {
    let session = program.state.world.cluster(id).unwrap().session;
    program.state.message(Msg::Cluster(id, session, news));
}

#[tokio::test]
async fn what_an_ended_watch_still_says_changes_nothing() {
    let mut program = program(contexts(&["red"]));
    let id = running(&program)[0];
    program.state.steps(vec![Step::Do(Effect::Disconnect(ClusterId(0)))]);
    program.perform();
    assert_eq!(running(&program), []);
    program.state.message(Msg::Watch(id, News::Sync(Sync::Live)));
    program.state.message(Msg::Watch(id, News::Delta(Delta::default())));
    told(&mut program, ClusterId(0), ClusterNews::User("late".into()));
    assert_eq!(running(&program), []);
    assert_eq!(program.state.world.clusters[0].user, None);
}

#[tokio::test]
async fn what_is_due_waits_for_no_message() {
    let mut program = program(Vec::new());
    assert!(program.listen().now_or_never().is_none(), "nobody says anything");
    program.state.steps(vec![Step::Do(Effect::Retry(ClusterId(0)))]);
    assert!(program.listen().now_or_never().is_some());
    program.perform();
    assert!(program.listen().now_or_never().is_none());
}

#[tokio::test]
async fn fc4_contexts_that_are_the_same_keep_their_watches() {
    let mut program = program(contexts(&["red", "blue"]));
    let before = running(&program);
    assert_eq!(before.len(), 1);
    // A newcomer in front, another namespace: no reason to touch what runs.
    let mut new = contexts(&["green", "blue", "red"]);
    new[2].namespace = Some("shop".into());
    program.reread(again(new, Vec::new()));
    assert_eq!(program.perform(), []);
    assert_eq!(running(&program), before);
    let clusters = &program.state.world.clusters;
    let told: Vec<_> = clusters.iter().map(|c| (c.context.as_str(), c.digit, c.namespace.as_str())).collect();
    assert_eq!(told, [("red", Some(1), "shop"), ("blue", Some(2), "default"), ("green", Some(3), "default")]);
    assert_eq!(said(&program), "read again: the kubeconfig");
}

#[tokio::test]
async fn fc4_a_context_that_changed_is_connected_anew() {
    let mut program = program(contexts(&["red", "blue"]));
    let before = running(&program);
    program.state.steps(vec![Step::Focus(Some(ClusterId(0)))]);
    told(&mut program, ClusterId(0), ClusterNews::User("me".into()));
    let old = program.state.world.clusters[0].session;
    program.reread(again(vec![context("red", "red", "another"), context("blue", "blue", "t")], Vec::new()));
    program.perform();
    assert_eq!(open(&program), ["red"]);
    // What the old connection had said already is not of the new one.
    program.state.message(Msg::Cluster(ClusterId(0), old, ClusterNews::User("late".into())));
    assert_eq!(program.state.world.clusters[0].user, None, "who we are now is not known");
    assert_eq!(program.state.world.focus, Some(ClusterId(0)));
    assert!(running(&program).len() == 1 && running(&program) != before);
}

#[tokio::test]
async fn fc4_what_is_gone_stays_until_the_end_and_what_is_broken_holds() {
    let mut program = program(contexts(&["red", "blue"]));
    let before = running(&program);
    let flaw = kubeconfig::Problem { file: PathBuf::from("kube"), line: Some(3), what: "invalid YAML".into() };
    program.reread(again(Vec::new(), vec![flaw.clone()]));
    assert_eq!(said(&program), "kube:3: invalid YAML");
    assert!(program.state.world.clusters.iter().all(|c| c.broken.is_none()));
    let mut broken = contexts(&["red", "blue"]);
    broken[0].broken = Some(Fault::new(FaultKind::Config, "no certificate"));
    program.reread(again(broken, vec![flaw]));
    assert!(program.state.world.clusters.iter().all(|c| c.broken.is_none()));
    program.reread(again(Vec::new(), Vec::new()));
    program.perform();
    assert!(program.state.world.clusters.iter().all(|c| c.broken.as_ref().is_some_and(|f| f.what == "no longer in the kubeconfig")));
    assert_eq!((open(&program), running(&program)), (vec!["red"], before.clone()));
    program.reread(again(contexts(&["blue", "red"]), Vec::new()));
    program.perform();
    assert!(program.state.world.clusters.iter().all(|c| c.broken.is_none()));
    assert_eq!(running(&program), before, "it never stopped");
}

#[tokio::test]
async fn one_cluster_is_open_under_one_name() {
    let mut program = program(vec![context("red", "one", "a"), context("viewer", "one", "b"), context("tunnel", "two", "a")]);
    program.state.steps(vec![Step::Focus(Some(ClusterId(1)))]);
    assert_eq!(program.perform(), []);
    assert!(said(&program).starts_with("is the same cluster as red"), "{}", said(&program));
    assert_eq!((open(&program), program.state.world.focus), (vec!["red"], None));
    // What only the servers can tell.
    program.state.steps(vec![Step::Do(Effect::Connect(ClusterId(2)))]);
    assert_eq!(open(&program), ["red", "tunnel"]);
    let uid = Uid::parse("2e3c5a6e-0000-4000-8000-000000000001");
    for id in [ClusterId(0), ClusterId(2)] {
        told(&mut program, id, ClusterNews::Identity(uid));
    }
    assert_eq!(open(&program), ["red"]);
    // Once the first is closed the other may be opened.
    program.state.steps(vec![Step::Do(Effect::Disconnect(ClusterId(0))), Step::Focus(Some(ClusterId(1)))]);
    assert_eq!(open(&program), ["viewer"]);
}

#[tokio::test]
async fn a_context_that_became_another_of_an_open_cluster_is_not_looked_at() {
    let mut program = program(vec![context("red", "one", "a"), context("blue", "two", "a")]);
    program.state.steps(vec![Step::Focus(Some(ClusterId(1)))]);
    program.perform();
    assert_eq!((open(&program), program.state.world.focus), (vec!["red", "blue"], Some(ClusterId(1))));
    program.reread(again(vec![context("red", "one", "a"), context("blue", "one", "a")], Vec::new()));
    program.perform();
    assert_eq!((open(&program), program.state.world.focus), (vec!["red"], None), "nothing is to be seen of one that is closed");
}

#[tokio::test]
async fn a_question_is_answered_once_and_by_any_key() {
    for (key, left) in [("y", "k9s"), ("x", "default"), ("esc", "default"), ("ctrl-c", "default")] {
        let mut program = program(contexts(&["red"]));
        let keys = |name: &str| Step::Do(Effect::Keymap(name.into()));
        program.state.question(super::state::Dialog { text: "?".into(), yes: keys("k9s"), no: Some(keys("default")) });
        program.state.key(key.parse::<Key>().unwrap());
        assert_eq!(program.perform(), [Effect::Keymap(left.into())], "{key}");
        program.state.key("x".parse::<Key>().unwrap());
        assert_eq!(program.perform(), []);
    }
}

#[tokio::test]
async fn a_login_names_the_command_that_the_config_has_for_it() {
    let mut program = program(contexts(&["red"]));
    for (config, names) in [("", "plugin"), ("clusters: [{match: red, login: sso red}]", "sso red")] {
        program.state.config = own(config).config;
        let why = Fault::new(FaultKind::Login("plugin".into()), "the token has expired");
        told(&mut program, ClusterId(0), ClusterNews::Link(Link::Down { why, retry_in: None }));
        let fault = program.state.world.clusters[0].fault().cloned();
        assert_eq!(fault.map(|f| f.kind), Some(FaultKind::Login(names.into())));
    }
}

#[tokio::test]
async fn a_cluster_that_is_down_keeps_its_rows_and_says_why() {
    let mut program = program(contexts(&["red"]));
    let before = running(&program);
    let why = Fault::new(FaultKind::Unreachable, "no route");
    let link = |program: &mut Program, now: i64, link: Link| {
        program.state.tick(Timestamp(now));
        told(program, ClusterId(0), ClusterNews::Link(link));
    };
    let down = Link::Down { why: why.clone(), retry_in: None };
    link(&mut program, 2_000, down.clone());
    link(&mut program, 3_000, Link::Connecting);
    program.perform();
    assert_eq!(running(&program), before);
    assert_eq!(program.state.world.clusters[0].fault(), Some(&why), "while it is tried again, the reason stays");
    link(&mut program, 4_000, down);
    assert_eq!(program.state.world.clusters[0].since, Timestamp(2_000), "trying again does not begin the outage anew");
    link(&mut program, 5_000, Link::Up { latency: Default::default() });
    assert_eq!(program.state.world.clusters[0].since, Timestamp(5_000));
}

#[tokio::test]
async fn where_all_is_forbidden_the_named_namespaces_are_looked_into() {
    for (named, looked) in [(&[][..], &["default"][..]), (&["shop", "bank"], &["bank", "shop"])] {
        let mut program = program(contexts(&["red"]));
        program.state.world.fallback = named.iter().map(|n| (*n).into()).collect();
        let why = Fault::new(FaultKind::Forbidden, "no");
        program.state.message(Msg::Watch(running(&program)[0], News::Sync(Sync::Stale { why, retry_in: None })));
        program.perform();
        let tables = program.state.world.tables.values();
        let mut namespaces: Vec<&str> = tables.filter_map(|t| t.want.namespace.as_deref()).collect();
        namespaces.sort_unstable();
        assert_eq!(namespaces, looked);
    }
}

#[tokio::test]
async fn the_first_screen_is_any_line_that_can_be_typed() {
    let state = program(contexts(&["red"])).state;
    let aliases = [("broken".to_owned(), "pods -A !".to_owned())].into();
    for (line, kind, filter, steps) in [
        ("pods", "pods", "", vec![]),
        ("broken", "pods", "", vec![Step::Namespaces(Vec::new()), Step::Move(Motion::Unhealthy)]),
        ("dp shop /web", "deployments", "web", vec![Step::Namespaces(vec!["shop".into()])]),
        ("widgets.example.com", "widgets.example.com", "", vec![]),
        ("overview", "", "", vec![]),
        ("clusters", "", "", vec![Step::Open(Screen::Clusters(None))]),
        ("copy", "copy", "", vec![]),
    ] {
        let (screen, more) = super::goto::first(&state.world, &aliases, line);
        let of = if let Screen::Table(of) = screen { of } else { TableOf::all("") };
        assert_eq!((&*of.kind, of.filter.as_str(), more), (kind, filter, steps), "{line}");
    }
    let bad = super::goto::read(&state.world, &aliases, "pods /restarts>x");
    assert!(bad.is_err(), "a bad term is explained, never ignored: {bad:?}");
}

#[test]
fn two_clusters_never_share_a_name_or_a_digit() {
    let dressed = |names: &[&str], config: &str| {
        let contexts = contexts(names);
        let mut clusters: Vec<_> = contexts.iter().enumerate().map(|(i, c)| cluster(ClusterId(i as u16), c)).collect();
        let problems = dress(&mut clusters, &Config::load("config.yaml", config).unwrap().0, &[], false);
        (clusters.into_iter().map(|c| (c.name, c.digit)).collect::<Vec<_>>(), problems)
    };
    let (named, problems) = dressed(&["x/prod", "y/test", "z/eu"], "clusters:\n- {match: '*', alias: prod, key: 2}\n");
    assert_eq!(named, [("prod".into(), Some(2)), ("test".into(), Some(1)), ("eu".into(), Some(3))]);
    assert_eq!(problems[0], "config.yaml:2: the alias prod would give y/test the name of x/prod; y/test keeps its own");
    // Whoever has an alias leaves its own name to others.
    let (named, problems) = dressed(&["a/prod", "b"], "clusters: [{match: b, alias: prod}, {match: a/*, alias: old}]\n");
    assert_eq!((named[0].0.as_str(), named[1].0.as_str(), problems.len()), ("old", "prod", 0));
}

#[tokio::test]
async fn what_a_shell_did_not_take_is_said_whether_it_goes_on_or_has_ended() {
    let mut program = program(contexts(&["red"]));
    let kind = GroupResource::new("", "pods");
    let object = ObjectRef { cluster: ClusterId(0), kind, namespace: "shop".into(), name: "web".into(), uid: Uid::parse("a") };
    let (change, id, container) = (ChangeId(1), CallId(1), "app".into());
    program.state.world.shells.push(Shell { change, id, object, container, since: Timestamp(0), ended: None });
    for (goes_on, untaken, wanted) in [
        (false, 0, ""),
        (true, 0, "the shell in shop/web stays open; :shells goes back to it"),
        (true, 1, "the shell in shop/web stays open; :shells goes back to it; 1 byte that you typed was not taken there, and let go of"),
        (false, 300, "the shell in shop/web has ended; 300 bytes that you typed were not taken there, and let go of"),
    ] {
        program.state.left_shell(id, goes_on, untaken);
        let is_warning = program.state.notice.as_ref().is_some_and(|(notice, _)| notice.health != Health::Ok);
        assert_eq!((said(&program).as_str(), is_warning), (wanted, untaken > 0));
    }
}

proptest! {
    #[test]
    fn names_and_digits_are_unique_whatever_the_config_says(
        names in prop::collection::btree_set("[a-c]{1,2}(/[a-c])?", 1..8),
        rules in prop::collection::vec(("[a-c*]{1,2}", "[a-c](/[a-c])?", 1u8..9), 0..4),
    ) {
        let entries: Vec<String> = rules.iter().map(|(fits, alias, key)| format!("- {{match: '{fits}', alias: {alias}, key: {key}}}\n")).collect();
        let config = Config::load("f", &format!("clusters:\n{}", entries.concat())).unwrap().0;
        let contexts: Vec<Context> = names.iter().map(|n| context(n, n, "t")).collect();
        let mut clusters: Vec<_> = contexts.iter().enumerate().map(|(i, c)| cluster(ClusterId(i as u16), c)).collect();
        dress(&mut clusters, &config, &[], false);
        let digits: Vec<_> = clusters.iter().map(|c| c.digit).collect();
        for (i, a) in clusters.iter().enumerate() {
            for b in &clusters[..i] {
                prop_assert!(a.name != b.name && (a.digit.is_none() || a.digit != b.digit), "{:?} {:?}", a.name, b.name);
            }
        }
        // Given once, they stay.
        dress(&mut clusters, &Config::default(), &[ClusterId(3)], false);
        prop_assert_eq!(clusters.iter().map(|c| c.digit).collect::<Vec<_>>(), digits);
    }
}
