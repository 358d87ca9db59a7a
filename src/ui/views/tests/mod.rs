//! A small world to draw: one cluster live, one stale, one that waits for a login, one that nobody opened. Screens are compared as text.

mod clusters;
mod document;
mod keys;

use super::super::theme::Theme;
use super::super::view::View;
use super::clusters::ClustersView;
use super::data::DataView;
use super::document::DocumentView;
use super::edit::EditView;
use super::help::HelpView;
use super::palette::PaletteView;
use crate::keymap::{Keymap, Scope};
use crate::kinds;
use crate::model::catalog::Catalog;
use crate::model::cluster::{Cluster, Tier};
use crate::model::draft::Subject;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid, WatchId};
use crate::model::msg::{Delta, Link, Server, Sync, Traffic};
use crate::model::step::{Form, Motion, Scene};
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::want::{Of, Want};
use crate::model::words::Dictionary;
use crate::model::world::{Whole, World};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) const PROD: ClusterId = ClusterId(0);
pub(super) const EDGE: ClusterId = ClusterId(1);
pub(super) const PARTNER: ClusterId = ClusterId(2);
pub(super) const DEV: ClusterId = ClusterId(3);

pub(super) fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T14:02:10Z").unwrap()
}

fn cluster(id: ClusterId, context: &str, name: &str, server: &str) -> Cluster {
    Cluster { name: name.into(), digit: Some(id.0 as u8 + 1), server: server.into(), open: true, since: now(), ..Cluster::new(id, context) }
}

fn clusters() -> Vec<Cluster> {
    let server = |version: &str, provider: &str| Server { version: version.into(), provider: Some(provider.into()) };
    let unreachable = Fault::new(FaultKind::Unreachable, "10.20.0.9:6443 did not answer within 4 s").hint("is the VPN up?");
    let login = Fault::new(FaultKind::Login("aws sso login --profile partner".into()), "the token has expired");
    vec![
        Cluster {
            group: Some("production".into()),
            tier: Tier::Prod,
            link: Link::Up { latency: Duration::from_millis(23) },
            since: Timestamp(now().0 - 7_200),
            about: server("v1.35.2", "EKS"),
            user: Some("arn:aws:iam::123:user/ada".into()),
            catalog: Some(Catalog::default()),
            traffic: Traffic { requests: 1_204, bytes: 12_998_000, relists: 2 },
            namespace: "shop".into(),
            ..cluster(PROD, "arn:aws:eks:eu-west-1:123:cluster/prod-eu", "prod-eu", "https://ABC.gr7.eu-west-1.eks.amazonaws.com")
        },
        Cluster {
            tier: Tier::Staging,
            link: Link::Down { why: unreachable, retry_in: Some(Duration::from_secs(9)) },
            since: Timestamp(now().0 - 42),
            retry_at: Some(Timestamp(now().0 + 9)),
            about: server("v1.34.1+k3s1", "k3s"),
            user: Some("admin".into()),
            traffic: Traffic { requests: 88, bytes: 70_112, relists: 5 },
            ..cluster(EDGE, "edge", "edge", "https://10.20.0.9:6443")
        },
        Cluster {
            group: Some("production".into()),
            link: Link::Down { why: login, retry_in: None },
            since: Timestamp(now().0 - 300),
            ..cluster(PARTNER, "partner", "partner", "https://k8s.partner.example")
        },
        Cluster { tier: Tier::Dev, open: false, ..cluster(DEV, "kind-dev", "kind-dev", "https://127.0.0.1:36443") },
    ]
}

/// A table of these objects, which is live.
pub(super) fn table(world: &mut World, want: Want, objects: &[Value]) -> WatchId {
    let watch = WatchId(world.tables.len() as u64 + 1);
    let kind = kinds::find(&want.kind).unwrap();
    let mut table = Table::new(watch, want, kind.columns(), Timestamp(now().0 - 7_200));
    let mut words = Dictionary::default();
    let upserts = objects.iter().map(|o| kind.row(o.to_string().as_bytes(), &mut words)).collect();
    table.apply(Delta { words: words.news(), upserts, ..Delta::default() });
    table.set_sync(Sync::Live, Timestamp(now().0 - 7_200));
    world.tables.insert(watch, table);
    watch
}

fn node(name: &str, ready: &str) -> Value {
    json!({ "metadata": { "name": name, "uid": name }, "status": { "conditions": [{ "type": "Ready", "status": ready }] } })
}

pub(super) fn event(name: &str, about: &str, kind: &str, reason: &str, message: &str, seen: &str) -> Value {
    json!({
        "metadata": { "name": name, "uid": name, "namespace": "shop" }, "type": kind, "reason": reason, "message": message, "count": 3,
        "lastTimestamp": seen, "involvedObject": { "kind": "Pod", "name": about, "namespace": "shop", "uid": about },
    })
}

/// The world that all these tests draw.
pub(super) fn world() -> World {
    let mut world = World { now: now(), clusters: clusters(), ..World::default() };
    let nodes = GroupResource::new("", "nodes");
    table(&mut world, Want::all(PROD, nodes.clone()), &[node("eu-1", "True"), node("eu-2", "True"), node("eu-3", "False")]);
    let pods = [
        json!({ "metadata": { "name": "web-1", "uid": "web-1", "namespace": "shop" }, "status": { "phase": "Running" } }),
        json!({ "metadata": { "name": "cart-1", "uid": "cart-1", "namespace": "shop" }, "status": { "phase": "Failed" } }),
    ];
    table(&mut world, Want::all(PROD, GroupResource::new("", "pods")), &pods);
    let events = [
        event("a", "cart-1", "Warning", "BackOff", "Back-off restarting failed container", "2026-11-23T14:01:50Z"),
        event("b", "cart-1", "Warning", "Failed", "too long ago", "2026-11-23T12:00:00Z"),
    ];
    table(&mut world, Want::warnings(PROD), &events);
    let edge = table(&mut world, Want::all(EDGE, nodes), &[node("edge-1", "True")]);
    let why = Fault::new(FaultKind::Unreachable, "10.20.0.9:6443 did not answer within 4 s");
    let stale = Sync::Stale { why, retry_in: Some(Duration::from_secs(9)) };
    world.tables.get_mut(&edge).unwrap().set_sync(stale, Timestamp(now().0 - 42));
    world
}

/// Keeps an object whole in the world.
pub(super) fn whole(world: &mut World, object: &ObjectRef, json: &Value, changes: u64) {
    let namespace = (!object.namespace.is_empty()).then(|| object.namespace.clone());
    let want = Want { cluster: object.cluster, kind: object.kind.clone(), namespace, of: Of::Whole(object.name.clone()) };
    let json = Some(json.to_string().into_bytes());
    world.objects.insert(WatchId(900), Whole { want, json, gone: false, sync: Sync::Live, changes });
}

pub(super) fn object(cluster: ClusterId, kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef { cluster, kind: GroupResource::new("", kind), namespace: namespace.into(), name: name.into(), uid: Uid::parse(name) }
}

/// The screen as text, a line each, blanks at the ends left out.
pub(super) fn drawn(view: &mut dyn View, world: &World, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    view.arrange(world, area);
    view.draw(world, &Theme::default(), area, &mut buf);
    let line = |y| -> String {
        let mut line = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buf[(x, y)].symbol();
            line.push_str(symbol);
            x += crate::ui::widgets::text::width(symbol).max(1);
        }
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn ft1_every_screen_draws_in_every_size() {
    let mut world = world();
    let web = object(PROD, "pods", "shop", "web-1");
    whole(&mut world, &web, &json!({ "kind": "Pod", "data": { "a\u{202e}": ["\u{1b}[31m日本\n語", { "b": null }] }, "spec": [[[]]] }), 1);
    let keymap = Keymap::default();
    let mut views: Vec<Box<dyn View>> = vec![
        Box::new(ClustersView::new(&world)),
        Box::new(ClustersView::new(&World::default())),
        Box::new(DocumentView::new(web.clone(), Form::Yaml)),
        Box::new(DataView::new(web.clone())),
        Box::new(EditView::new(Subject::value(web.clone(), "a\u{202e}"), false)),
        Box::new(EditView::new(Subject::whole(web.clone()), false)),
        Box::new(DocumentView::new(web, Form::Details)),
        Box::new(HelpView::new(Scope::Table, &keymap)),
        Box::new(PaletteView::new(Scene::default(), Scope::Table, &keymap)),
    ];
    let motions = [Motion::Down, Motion::Right, Motion::Bottom, Motion::Wide, Motion::Fold, Motion::PageUp, Motion::NextMatch, Motion::Top];
    for view in &mut views {
        for (width, height) in (0..40).flat_map(|w| (0..26).map(move |h| (w, h))).chain([(1000, 300)]) {
            let text = drawn(&mut **view, &world, width, height);
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
            view.act(&world, motions[usize::from(width + height) % motions.len()]);
            view.click(&world, width / 2, height / 2);
        }
    }
}

/// Compares a screen in both sizes with how it is kept.
pub(super) fn snapshots(name: &str, world: &World, mut make: impl FnMut() -> Box<dyn View>) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../tests/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!(format!("{name}_80x24"), drawn(&mut *make(), world, 80, 22));
        insta::assert_snapshot!(format!("{name}_200x60"), drawn(&mut *make(), world, 200, 58));
    });
}
