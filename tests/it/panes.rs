//! The overview: panes over all open clusters, side by side where there is room and as tabs where there is not. The clusters are scripted.

use crate::rig::objects::{crashing, object, pod, since};
use crate::rig::robot::{LARGE, Robot, SMALL};
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::layout::{Axis, Layouts, Tree};
use kconsole::model::step::Effect;
use serde_json::{Value, json};
use std::time::Duration;

/// The size of a laptop's terminal.
const MIDDLE: (u16, u16) = (120, 30);

/// What there is of a kind in a cluster.
fn objects(kind: &str, cluster: &str) -> Vec<Value> {
    let on = |node: &str, mut pod: Value| {
        pod["spec"]["nodeName"] = json!(format!("{cluster}-{node}"));
        pod
    };
    match kind {
        "pods" => {
            vec![on("a", pod("shop/cart-1", 7_200)), on("b", crashing("shop/checkout-1", 300, 12)), on("a", pod("web/front-1", 90_000))]
        }
        "nodes" => ["a", "b"].map(|name| node(&format!("{cluster}-{name}"))).to_vec(),
        "deployments" => ["shop/cart", "shop/checkout", "web/front"].map(deployment).to_vec(),
        "events" => vec![about("Pod", "checkout-1"), about("Node", &format!("{cluster}-b")), about("Pod", "front-1")],
        _ => Vec::new(),
    }
}

fn node(name: &str) -> Value {
    let mut node = object(name, 900_000);
    node["status"] = json!({"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.3"}});
    node
}

fn deployment(path: &str) -> Value {
    let mut deployment = object(path, 90_000);
    let name = path.split_once('/').unwrap().1;
    deployment["spec"] = json!({"replicas": 1, "selector": {"matchLabels": {"app": format!("{name}-1")}}});
    deployment["status"] = json!({"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1});
    deployment
}

/// An event; kubelets write the name of their node where its uid belongs.
fn about(kind: &str, name: &str) -> Value {
    json!({"metadata": {"name": format!("{name}.1"), "namespace": "shop", "uid": format!("event-{name}"), "creationTimestamp": since(60)},
        "type": "Warning", "reason": "BackOff", "message": format!("about {name}"), "lastTimestamp": since(40),
        "involvedObject": {"kind": kind, "name": name, "namespace": "shop", "uid": name}})
}

/// Sends the first list of everything that is watched in a cluster.
fn fill(robot: &mut Robot, cluster: &str) {
    let mut kinds = robot.watched(cluster);
    kinds.dedup();
    for kind in kinds {
        let resource = kind.split('.').next().unwrap_or_default();
        robot.list(cluster, resource, &objects(resource, cluster));
    }
}

fn overview(clusters: &[&str]) -> Robot {
    let mut robot = Robot::new(clusters, "overview");
    clusters.iter().for_each(|name| fill(&mut robot, name));
    robot
}

/// Panes of these kinds, one after the other, with the keys on the first.
fn of(kinds: &[&str]) -> Robot {
    let parts = kinds.iter().map(|kind| (1, Tree::Pane((*kind).to_owned()))).collect();
    let layout = Tree::Split(Axis::Rows, parts);
    let mut robot =
        Robot::laid_out(&["prod-eu", "prod-us"], Layouts { named: [("own".to_owned(), layout)].into(), last: Some("own".to_owned()) });
    ["prod-eu", "prod-us"].iter().for_each(|name| fill(&mut robot, name));
    robot.resize(LARGE);
    let first = kinds.iter().position(|kind| *kind == "health").unwrap_or_default();
    robot.press(&"shift-tab ".repeat(first));
    robot
}

/// Keeps what a screen looks like in three sizes.
fn look(name: &str, robot: &mut Robot) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (size, what) in [(SMALL, "80x24"), (MIDDLE, "120x30"), (LARGE, "200x60")] {
            insta::assert_snapshot!(format!("overview-{name}-{what}"), robot.resize(size).screen());
        }
    });
}

/// The titles of the panes in sight, from top to bottom.
fn titles(robot: &Robot) -> Vec<String> {
    let screen = robot.screen();
    let borders = screen.lines().filter(|l| l.contains('╭')).flat_map(|l| l.split('╭').skip(1).collect::<Vec<_>>());
    borders.map(|t| t.trim_matches(['─', '╮', ' ']).split(" ─ ").next().unwrap_or_default().to_owned()).collect()
}

/// The title of the pane that has the keys: it has the strong bar.
fn here(robot: &Robot) -> String {
    let screen = robot.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let bar = lines.iter().position(|l| l.contains('▌')).unwrap_or_else(|| panic!("no cursor:\n{screen}"));
    let column = lines[bar].chars().position(|c| c == '▌').unwrap_or_default();
    let top = lines[..bar].iter().rev().find(|l| l.chars().nth(column.saturating_sub(1)) == Some('╭')).expect("a border");
    let title: String = top.chars().skip(column).collect();
    title.trim_start_matches(['─', ' ']).split(" ─").next().unwrap_or_default().to_owned()
}

#[test]
fn one_glance_over_two_clusters() {
    look("two", &mut overview(&["prod-eu", "prod-us"]));
    look("one", &mut overview(&["prod-eu"]));
}

#[test]
fn one_glance_over_twelve_clusters_of_which_one_is_dead() {
    let names: Vec<String> = (1..=12).map(|i| format!("prod-eu-{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut robot = overview(&names);
    look("twelve", &mut robot);
    let why = Fault::new(FaultKind::Unreachable, "connection refused");
    robot.wait(2).down("prod-eu-7", &why, Some(Duration::from_secs(8))).wait(40);
    look("twelve-one-dead", &mut robot);
    robot.resize(LARGE);
    assert_eq!(robot.screen().matches("connection refused").count(), 1, "one pane tells why\n{}", robot.screen());
    robot.resize(SMALL);
    robot.press("tab");
    assert_eq!(here(&robot), "Scaling");
    assert_eq!(robot.screen().matches("prod-eu-7: stale").count(), 1, "once, however many kinds it is made of\n{}", robot.screen());
}

#[test]
fn keys_go_to_one_pane_and_the_others_stay_as_they_are() {
    let mut robot = of(&["pods", "nodes", "events"]);
    assert_eq!((titles(&robot), here(&robot)), (vec!["Pods".into(), "Nodes".into(), "Events".into()], "Pods".into()));
    robot.press("tab");
    assert_eq!(here(&robot), "Nodes");
    robot.press("/").text("us-a").press("enter").sees("Nodes ─ 1").sees("Pods ─ 6").sees("Events ─ 6");
    robot.press("tab tab");
    assert_eq!(here(&robot), "Pods", "round and round");
    robot.press("shift-tab");
    assert_eq!(here(&robot), "Events");
    robot.press("shift-tab esc").sees("Nodes ─ 4");
    robot.press("enter").sees("on node prod-eu-a");
    assert_eq!(titles(&robot), ["Pods"], "what is drilled into is over all panes");
    robot.press("esc");
    assert_eq!((titles(&robot).len(), here(&robot)), (3, "Nodes".into()));
    robot.press("q").sees("Leave kconsole?").press("n");
    robot.press(":").text("deploy").press("enter");
    assert_eq!(titles(&robot), ["Deployments"]);
    robot.press("tab").sees("there are no panes here");
    robot.press(":").text("overview").press("enter");
    assert_eq!(titles(&robot).len(), 3, "the overview is there already");
    robot.press("q").sees("Leave kconsole?");
}

#[test]
fn a_pane_that_is_zoomed_has_the_screen_to_itself() {
    let mut robot = overview(&["prod-eu", "prod-us"]);
    robot.resize(LARGE).press("tab tab");
    let all = robot.screen();
    robot.press("z");
    assert_eq!(titles(&robot), ["Pods"]);
    assert!(robot.footer().starts_with("z all panes"), "{}", robot.footer());
    look("zoomed", &mut robot);
    for key in ["z", "esc", "q"] {
        robot.press(key);
        assert_eq!(robot.screen(), all, "{key}");
        robot.press("z");
    }
}

#[test]
fn narrow_terminals_have_tabs() {
    let mut robot = overview(&["prod-eu", "prod-us"]);
    assert_eq!((titles(&robot).len(), here(&robot)), (1, "Health".into()), "it says where to go");
    robot.sees("│ Pods 6 ▲2 │ Nodes 4 │ Events 4").press("tab tab tab");
    assert_eq!(here(&robot), "Nodes");
    robot.click_line(1, "Events");
    assert_eq!(here(&robot), "Events");
    look("tabs", &mut robot);
    // However many there are, the one that has the keys is among those in sight.
    robot.resize((30, 12));
    for _ in 0..6 {
        robot.press("tab");
        let (title, tabs) = (here(&robot), robot.screen().lines().nth(1).unwrap_or_default().to_owned());
        assert!(tabs.contains(&title), "{title} in {tabs:?}");
    }
}

#[test]
fn panes_split_and_close_down_to_the_last() {
    let mut robot = of(&["pods", "nodes"]);
    robot.press(":").text("split events").press("enter");
    fill(&mut robot, "prod-eu");
    assert_eq!((titles(&robot), here(&robot)), (vec!["Pods".into(), "Events".into(), "Nodes".into()], "Events".into()));
    robot.press(":").text("split deploy below").press("enter");
    fill(&mut robot, "prod-us");
    assert_eq!(here(&robot), "Deployments");
    robot
        .press(":")
        .text("pane namespaces /sh")
        .press("enter")
        .sees("Namespaces ─ 0 ─ /sh")
        .press(":")
        .text("pane nosuch")
        .press("enter")
        .sees("no open cluster serves a kind called nosuch");
    look("split", &mut robot);
    for left in (1..4).rev() {
        robot.press(":").text("close-pane").press("enter");
        assert_eq!(titles(&robot).len(), left);
    }
    robot.press(":").text("close-pane").press("enter").sees("this is the only pane");
    robot.press("tab").sees("this is the only pane").resize(SMALL);
    assert_eq!(titles(&robot).len(), 1, "no tab where there is one pane");
}

/// Panes side by side stay so: a new one that has no room beside another stands below, or is refused.
#[test]
fn a_split_never_makes_tabs_of_panes() {
    let mut robot = overview(&["prod-eu", "prod-us"]);
    let split = |robot: &mut Robot| {
        robot.press(":").text("split events").press("enter");
    };
    robot.resize(LARGE);
    split(&mut robot);
    robot.sees("the new pane is below");
    assert_eq!(titles(&robot).len(), 6);
    for _ in 0..9 {
        split(&mut robot);
        assert!(titles(&robot).len() > 5, "{}", robot.screen());
    }
    robot.sees("there is no room for another pane here").sees(":close-pane takes a pane away");
    robot.resize(SMALL);
    let tabs = robot.screen().lines().nth(1).unwrap_or_default().matches('│').count();
    split(&mut robot);
    robot.misses("there is no room").resize((200, 24));
    assert!(
        robot.screen().lines().nth(1).unwrap_or_default().matches('│').count() > tabs,
        "where they are tabs anyway, there is room for one more"
    );
}

/// A kind that nobody serves is told at once, also where a cluster waits for a login: it takes no pane's place, and nobody waits for it.
#[test]
fn a_slip_is_told_while_a_cluster_is_silent() {
    let mut robot = overview(&["prod-eu", "partner"]);
    robot.down("partner", &Fault::new(FaultKind::Login("aws sso login".into()), "nobody is logged in"), None);
    let partner = robot.state.world.clusters.iter_mut().find(|c| c.name == "partner").expect("partner");
    partner.catalog = None;
    robot.resize(LARGE);
    let panes = titles(&robot);
    for line in ["nosuch", "pane nosuch", "split nosuch"] {
        robot
            .press(":")
            .text(line)
            .press("enter")
            .sees("no open cluster serves a kind called nosuch; partner has not answered")
            .press("esc");
        assert_eq!(titles(&robot), panes, "{line}");
    }
    robot.state.world.clusters.iter_mut().for_each(|c| c.catalog = None);
    robot.press(":").text("pane nosuch").press("enter").sees("asking the clusters what nosuch is");
    assert_eq!(titles(&robot), panes);
}

#[test]
fn layouts_are_saved_brought_back_and_reset() {
    let mut robot = of(&["pods", "nodes"]);
    robot.press("/").text("cart").press("enter :").text("layout save team-a").press("enter").sees("saved");
    let Some(Effect::SaveLayout(name, layout)) = robot.effects().pop() else { panic!("it is kept") };
    assert_eq!(
        (name.as_str(), layout),
        ("team-a", Tree::Split(Axis::Rows, ["pods /cart", "nodes"].map(|p| (1, Tree::Pane(p.to_owned()))).to_vec()))
    );
    robot.press(":").text("layout reset").press("enter");
    assert_eq!((titles(&robot).len(), robot.effects()), (5, vec![Effect::UseLayout(None)]));
    robot.press(":").text("layout t").press("tab enter").sees("Pods ─ 2 ─ /cart");
    assert_eq!((titles(&robot).len(), robot.effects()), (2, vec![Effect::UseLayout(Some("team-a".into()))]));
    robot.press(":").text("layout").press("enter").sees("layouts: own, team-a (in use)");
    robot.press(":").text("layout team-b").press("enter").sees("no layout called team-b; did you mean team-a?");
}

/// A pane has room for a few rows: those that are not well are among them, and the cursor stays with what it was put on.
#[test]
fn the_sick_come_first_in_a_pane() {
    let mut robot = of(&["pods", "nodes"]);
    assert_eq!(robot.names()[..3], ["checkout-1", "checkout-1", "cart-1"], "{}", robot.screen());
    robot.press("j j j");
    let before = robot.cursor();
    assert!(before.contains("prod-us") && before.contains("cart-1"), "{before}");
    let mut front = crashing("web/front-1", 90_000, 4);
    front["metadata"]["resourceVersion"] = json!("2");
    robot.deliver("prod-us", "pods", &[front]);
    assert_eq!((robot.names()[2].as_str(), robot.cursor()), ("front-1", before), "{}", robot.screen());
    // Whoever asks for an order gets it; and a kind that is opened alone has that of its names.
    robot.click("NAME");
    assert_eq!(robot.names()[..3], ["cart-1", "cart-1", "checkout-1"], "{}", robot.screen());
    robot.press(":").text("pods").press("enter");
    assert_eq!(robot.names()[..3], ["cart-1", "cart-1", "checkout-1"], "{}", robot.screen());
}

#[test]
fn what_the_cursor_is_on_narrows_the_other_panes() {
    let mut robot = of(&["nodes", "pods", "events", "deployments"]);
    let watched = robot.watched("prod-eu");
    robot.press("s").sees("Pods ─ prod-eu on node prod-eu-a ─ 2").sees("Nodes ─ 4").sees("Deployments ─ 6");
    robot.press("j").sees("Pods ─ prod-eu on node prod-eu-b ─ 1").sees("Events ─ prod-eu about prod-eu-b ─ 1");
    look("linked", &mut robot);
    robot.press("j").sees("Pods ─ prod-us on node prod-us-a ─ 2");
    // A deployment: its pods; the nodes are all there again.
    robot.press("shift-tab").sees("shop/cart of deployments.apps ─ 1").sees("Nodes ─ 4").sees("Deployments ─ 6");
    robot.press("tab tab").sees("Pods ─ 6").sees("about checkout-1 ─ 1");
    robot.deliver("prod-eu", "pods", &[pod("shop/a-1", 5)]).sees("Pods ─ 7");
    robot.press("s").sees("Pods ─ 7").sees("Events ─ 6").sees("Deployments ─ 6");
    assert_eq!(robot.watched("prod-eu"), watched, "nothing was asked of the server");
}

#[test]
fn a_cluster_under_the_cursor_is_what_the_other_panes_show() {
    let mut robot = of(&["clusters", "pods", "nodes"]);
    robot.press(":").text("link").press("enter").sees("Pods ─ prod-eu ─ 3").sees("Nodes ─ prod-eu ─ 2");
    robot.press("j").sees("Pods ─ prod-us ─ 3");
}

#[test]
fn the_mouse_reaches_the_pane_under_it() {
    let mut robot = of(&["pods", "nodes", "events"]);
    robot.click("prod-us-b  Ready");
    assert_eq!(here(&robot), "Nodes");
    assert!(robot.cursor().contains("prod-us-b"), "{}", robot.screen());
    // The wheel turns what is under it, and the keys stay where they are.
    let pods = robot.screen().lines().position(|l| l.contains("Pods ─")).expect("the pods");
    robot.state.wheel(5, pods as u16 + 3, 2);
    robot.press("j");
    assert_eq!(here(&robot), "Nodes");
    let weak = robot.line("│▏");
    assert!(weak.contains("prod-eu") && weak.contains("cart-1"), "two rows down: {weak}\n{}", robot.screen());
    // While a filter is typed, the keys do not go elsewhere.
    robot.press("/").click(" cart-1 ").text("us").press("enter").sees("Nodes ─ 2").sees("Pods ─ 6");
}

/// A want of one pane is served by the watch of another, and what is closed stays live for a while.
#[test]
fn panes_of_a_kind_share_their_watches() {
    let mut robot = of(&["pods", "pods", "pods"]);
    let watches = |robot: &Robot| robot.watched("prod-eu").iter().filter(|kind| *kind == "pods").count();
    assert_eq!(watches(&robot), 1);
    robot.press(":").text("close-pane").press("enter");
    assert_eq!(watches(&robot), 1);
    robot.deliver("prod-eu", "pods", &[pod("shop/new", 5)]);
    assert_eq!(robot.screen().matches("Pods ─ 7").count(), 2, "a change reaches every pane\n{}", robot.screen());
}

#[test]
fn panes_survive_every_size() {
    let mut robot = overview(&["prod-eu", "prod-us"]);
    robot.press(":").text("split events").press("enter").press("s");
    for (width, height) in (0..40).flat_map(|n| [(n * 5, n * 2), (n, 60 - n), (200 - n * 3, n)]) {
        robot.resize((width, height)).press("tab j z").press("z");
    }
}
