//! The pictures of the themes in the README: one scene, drawn by the program. `UPDATE=1 cargo test --test it gallery` draws them anew.

use crate::rig::objects::{crashing, pod};
use crate::rig::robot::Robot;
use crate::rig::source::root;
use crate::rig::svg::svg;
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::layout::{Axis, Layouts, Tree};
use kconsole::ui::theme::{Depth, THEMES, Theme};
use serde_json::{Value, json};
use std::time::Duration;

/// Columns and rows of a picture.
const SIZE: (u16, u16) = (100, 27);
/// More bytes than this are no small picture.
const MOST: usize = 60_000;

/// Where the picture of a theme is.
pub fn picture(theme: &str) -> String {
    format!("tests/pictures/theme-{theme}.svg")
}

/// The colours of the terminal that a theme is made for.
fn own(theme: &str) -> (&'static str, &'static str) {
    match theme {
        "light" => ("#24292f", "#ffffff"),
        "high-contrast" => ("#ffffff", "#000000"),
        _ => ("#d4d8de", "#1e1e24"),
    }
}

/// A pod whose container waits.
fn waiting(path: &str, age: i64, reason: &str) -> Value {
    let mut pod = pod(path, age);
    pod["status"] = json!({"phase": "Pending", "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": reason}}}]});
    pod
}

/// A pod that has ended well.
fn completed(path: &str, age: i64) -> Value {
    let mut pod = pod(path, age);
    pod["status"] = json!({"phase": "Succeeded", "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0,
        "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}]});
    pod
}

/// The overview with two of its panes, one above the other, so that it can be read where it is small: findings, every state of pods and
/// clusters, marks, and the cursor on what is broken.
fn scene(theme: Theme) -> Robot {
    let panes = ["health", "pods"].iter().zip([9, 14]).map(|(kind, part)| (part, Tree::Pane((*kind).to_owned()))).collect();
    let layout = Tree::Split(Axis::Rows, panes);
    let clusters = ["prod-eu", "prod-us", "staging", "edge", "partner", "-", "dev"];
    let mut robot = Robot::laid_out(&clusters, Layouts { named: [("own".to_owned(), layout)].into(), last: Some("own".to_owned()) });
    robot.state.theme = theme;
    let names = ["api-6d5f", "cart-7f9c", "ledger-0", "mail-5b8d", "search-66c4", "web-58b7", "web-9x2k"];
    let running = |prefix: &str| -> Vec<Value> { names.iter().zip(1..).map(|(n, i)| pod(&format!("{prefix}/{n}"), i * 9_000)).collect() };
    let mut eu = running("shop");
    eu.extend([
        crashing("shop/checkout-x2x9q", 1_260, 12),
        waiting("shop/fraud-k8s2p", 95, "ImagePullBackOff"),
        completed("shop/report-29312", 5_400),
    ]);
    for cluster in clusters.into_iter().filter(|name| *name != "-") {
        for kind in robot.watched(cluster) {
            let resource = kind.split('.').next().unwrap_or_default();
            robot.list(cluster, resource, &[]);
        }
    }
    robot.list("prod-eu", "pods", &eu).list("prod-us", "pods", &running("shop")[..4]);
    robot.list("staging", "pods", &[waiting("pay/fraud-8d7k", 4, "ContainerCreating")]).list("edge", "pods", &running("store")[2..5]);
    robot.down("edge", &Fault::new(FaultKind::Unreachable, "connection refused"), Some(Duration::from_secs(8)));
    robot.down("partner", &Fault::new(FaultKind::Login("aws sso login".into()), "the token has expired"), None);
    robot.resize(SIZE).wait(42).press("tab g j space space j j");
    robot
}

#[test]
fn the_pictures_of_the_themes_are_what_is_drawn() {
    let mut stale = Vec::new();
    for (name, text) in THEMES {
        let depth = if *name == "mono" { Depth::Mono } else { Depth::True };
        let made = svg(scene(Theme::load(&[(name, text)]).0.at(depth)).cells(), own(name));
        assert!(made.len() < MOST, "{name}: {} bytes", made.len());
        let path = root().join(picture(name));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &made).unwrap();
        } else if std::fs::read_to_string(&path).ok().as_ref() != Some(&made) {
            stale.push(*name);
        }
    }
    assert!(stale.is_empty(), "not as drawn: {stale:?}; UPDATE=1 cargo test --test it gallery, then look at them");
}
