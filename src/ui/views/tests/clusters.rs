//! The screen of clusters.

use super::{DEV, EDGE, PARTNER, PROD, drawn, snapshots, world};
use crate::kinds::KINDS;
use crate::kinds::node::ready_in;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{GroupResource, WatchId};
use crate::model::msg::Sync;
use crate::model::step::Motion;
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::view::View;
use crate::ui::views::clusters::ClustersView;
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn a_small_fleet() {
    let world = world();
    snapshots("clusters", &world, || Box::new(ClustersView::new(&world)));
}

#[test]
fn without_any_context_it_says_where_they_are_looked_for() {
    let world = World::default();
    snapshots("clusters_none", &world, || Box::new(ClustersView::new(&world)));
}

#[test]
fn the_order_is_the_kubeconfigs_group_by_group() {
    let mut world = world();
    let mut view = ClustersView::new(&world);
    let walk = |view: &mut ClustersView, world: &World| {
        view.act(world, Motion::Top);
        let mut seen = Vec::new();
        for _ in 0..5 {
            seen.extend(view.scene(world).cluster);
            view.act(world, Motion::Down);
        }
        seen
    };
    let order = [EDGE, DEV, PROD, PARTNER, PARTNER];
    assert_eq!(walk(&mut view, &world), order);
    world.clusters[0].link = world.clusters[1].link.clone();
    view.refresh(&world);
    assert_eq!(walk(&mut view, &world), order, "trouble moves nothing");
}

#[test]
fn the_cursor_holds_its_cluster_while_the_filter_finds_it() {
    let world = world();
    let mut view = ClustersView::new(&world);
    view.act(&world, Motion::Bottom);
    view.set_filter(&world, "prt").unwrap();
    assert_eq!(view.scene(&world).cluster, Some(PARTNER));
    view.set_filter(&world, "k3s").unwrap();
    let scene = view.scene(&world);
    assert_eq!((scene.cluster, scene.cluster_open), (Some(EDGE), true), "by version");
    view.set_filter(&world, "kind").unwrap();
    let scene = view.scene(&world);
    assert_eq!((scene.cluster, scene.cluster_open), (Some(DEV), false));
    view.set_filter(&world, "zzz").unwrap();
    assert_eq!(view.scene(&world).cluster, None);
    assert!(drawn(&mut view, &world, 80, 22).contains("no cluster matches"));
}

#[test]
fn only_open_clusters_are_asked_and_never_for_their_pods() {
    let world = world();
    let wants = ClustersView::new(&world).wants(&world);
    let nodes = |c| Want::all(c, GroupResource::new("", "nodes"));
    assert_eq!(wants, [nodes(PROD), Want::warnings(PROD), nodes(EDGE), Want::warnings(EDGE), nodes(PARTNER), Want::warnings(PARTNER)]);
}

#[test]
fn a_warning_counts_for_ten_minutes() {
    let mut world = world();
    let mut view = ClustersView::new(&world);
    let mut shown = |world: &World| drawn(&mut view, world, 200, 22).lines().find(|l| l.contains("prod-eu")).unwrap().to_owned();
    assert!(shown(&world).contains("▲ 2/3  ▲ 1        ▲ 1 "));
    world.now = Timestamp(world.now.0 + 700);
    assert!(shown(&world).contains("▲ 2/3  ▲ 1        0 "));
}

/// Ready and healthy are two questions: a node that is cordoned or short of disk is ready, one that has not reported yet is not.
#[test]
fn nodes_are_ready_by_what_their_status_says() {
    let mut world = World { now: super::now(), ..World::default() };
    let node = |name: &str, conditions: Value, unschedulable: bool| json!({ "metadata": { "name": name, "uid": name }, "spec": { "unschedulable": unschedulable }, "status": { "conditions": conditions } });
    let ready = |status: &str| json!({ "type": "Ready", "status": status });
    let nodes = [
        node("well", json!([ready("True")]), false),
        node("cordoned", json!([ready("True")]), true),
        node("short", json!([ready("True"), { "type": "DiskPressure", "status": "True" }]), false),
        node("broken", json!([ready("False")]), false),
        node("lost", json!([ready("Unknown")]), true),
        node("new", json!([]), false),
    ];
    let watch = super::table(&mut world, Want::all(PROD, GroupResource::new("", "nodes")), &nodes);
    assert_eq!((ready_in(&world.tables[&watch]), world.tables[&watch].len()), (3, 6));
}

#[test]
fn a_broken_entry_of_the_kubeconfig_tells_its_fault_in_full() {
    let mut world = world();
    world.clusters[3].broken =
        Some(Fault::new(FaultKind::Config, "user kind-dev is not in ~/.kube/config:12").hint("add it, or remove the context"));
    let mut view = ClustersView::new(&world);
    view.act(&world, Motion::Down);
    let text = drawn(&mut view, &world, 80, 22);
    assert!(text.contains("✖ not usable") && text.contains("user kind-dev is not in ~/.kube/config:12 (add it"), "{text}");
}

#[test]
fn what_is_forbidden_and_what_is_stale_are_told_apart() {
    let mut world = world();
    let forbidden = Sync::Stale { why: Fault::new(FaultKind::Forbidden, "no"), retry_in: None };
    let (pods, services) = (GroupResource::new("", "pods"), GroupResource::new("", "services"));
    let watch = world.tables.values().find(|t| t.want == Want::all(PROD, pods.clone())).unwrap().watch;
    world.tables.get_mut(&watch).unwrap().set_sync(forbidden.clone(), world.now);
    let mut never = Table::new(WatchId(77), Want::all(PROD, services), Vec::new(), world.now);
    never.set_sync(forbidden, world.now);
    world.tables.insert(WatchId(77), never);
    let text = drawn(&mut ClustersView::new(&world), &world, 200, 22);
    assert!(text.contains("● live 23 ms, 1 stale, 1 forbidden"), "{text}");
}

/// Where a cluster is watched for more than a small screen has lines, paging brings them all, and the cursor stays where it is.
#[test]
fn all_that_is_told_of_a_cluster_can_be_reached() {
    let mut world = world();
    world.clusters.iter_mut().filter(|c| c.id == PROD).for_each(|c| c.file = "~/.kube/config".to_owned());
    for kind in KINDS {
        super::table(&mut world, Want::all(PROD, kind.id()), &[]);
    }
    let polled = world.tables.values().find(|t| &*t.want.kind.group == "metrics.k8s.io").unwrap().watch;
    let why = Fault::new(FaultKind::Invalid, "the server offers no watch for this kind");
    world.tables.get_mut(&polled).unwrap().set_sync(Sync::Polling { every: Duration::from_secs(15), why }, world.now);
    let mut view = ClustersView::on(&world, Some(PROD));
    let mut seen = drawn(&mut view, &world, 80, 22);
    assert!(seen.contains("kubeconfig ~/.kube/config") && seen.contains("more lines: "), "{seen}");
    let mut last = String::new();
    while view.scene(&world).cluster == Some(PROD) {
        seen += &last;
        view.act(&world, Motion::PageDown);
        last = drawn(&mut view, &world, 80, 22);
    }
    let missing = KINDS.iter().find(|kind| !seen.contains(&format!("│ {}", kind.names.resource)));
    assert!(missing.is_none(), "{:?}: {seen}", missing.map(|k| k.id()));
    assert!(seen.contains("polled every 15 s: ") && !seen.contains(" old,"), "{seen}");
    assert!(seen.contains("lines above: ") && last.contains("state "), "{seen}{last}");
}

#[test]
fn a_click_goes_to_the_cluster_of_the_line() {
    let world = world();
    let mut view = ClustersView::new(&world);
    let text = drawn(&mut view, &world, 80, 22);
    let y = text.lines().position(|l| l.contains(" partner ")).unwrap();
    view.click(&world, 10, y as u16);
    assert_eq!(view.scene(&world).cluster, Some(PARTNER));
}
