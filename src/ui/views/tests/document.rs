//! Documents: what is shown of a pod and of a Secret, and what never is.

use super::{EDGE, PROD, event, object, snapshots, table, whole, world};
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{GroupResource, WatchId};
use crate::model::msg::Sync;
use crate::model::step::{Form, Motion};
use crate::model::want::{Of, Want};
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::views::document::DocumentView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};

fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "cart-1", "namespace": "shop", "uid": "cart-1", "resourceVersion": "8123", "creationTimestamp": "2026-11-23T11:01:10Z",
            "labels": { "app": "cart", "tier": "backend" },
            "annotations": { "prometheus.io/scrape": "true", "kubectl.kubernetes.io/last-applied-configuration": "{\"kind\":\"Pod\"}\n" },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "cart-7f9c", "uid": "rs-1", "controller": true }],
            "managedFields": [{ "manager": "kubectl", "operation": "Apply", "fieldsV1": { "f:spec": {} } }, { "manager": "kubelet" }],
        },
        "spec": {
            "nodeName": "eu-3", "restartPolicy": "Always", "priority": 0,
            "tolerations": [{ "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 }],
            "containers": [{
                "name": "app", "image": "registry.example/cart:1.9.0", "args": ["--port=8080", "-v"],
                "ports": [{ "name": "http", "containerPort": 8080, "protocol": "TCP" }],
                "resources": { "requests": { "cpu": "100m", "memory": "128Mi" }, "limits": { "memory": "256Mi" } },
                "env": [
                    { "name": "MODE", "value": "fast" },
                    { "name": "PASSWORD", "valueFrom": { "secretKeyRef": { "name": "db", "key": "password" } } },
                ],
                "readinessProbe": { "httpGet": { "path": "/ready", "port": "http" }, "periodSeconds": 5 },
                "volumeMounts": [{ "name": "config", "mountPath": "/etc/cart", "readOnly": true }],
            }],
            "volumes": [{ "name": "config", "configMap": { "name": "cart", "defaultMode": 420 } }],
        },
        "status": {
            "phase": "Running", "podIP": "10.1.2.3", "startTime": "2026-11-23T11:01:12Z",
            "conditions": [
                { "type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-23T11:01:10Z" },
                { "type": "Ready", "status": "False", "lastTransitionTime": "2026-11-23T14:01:30Z", "reason": "ContainersNotReady",
                  "message": "containers with unready status: [app]" },
            ],
            "containerStatuses": [{
                "name": "app", "ready": false, "restartCount": 12,
                "state": { "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=app pod=cart-1_shop" } },
                "lastState": { "terminated": { "exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-23T14:01:30Z" } },
            }],
        },
    })
}

fn with_pod() -> World {
    let mut world = world();
    let cart = object(PROD, "pods", "shop", "cart-1");
    let fields = format!("involvedObject.uid={}", cart.uid);
    let of = Of::Selected { labels: "".into(), fields: fields.into() };
    let want = Want { cluster: PROD, kind: GroupResource::new("", "events"), namespace: Some("shop".into()), of };
    let events = [
        event(
            "e1",
            "cart-1",
            "Normal",
            "Pulled",
            "Container image \"registry.example/cart:1.9.0\" already present on machine",
            "2026-11-23T13:58:00Z",
        ),
        event(
            "e2",
            "cart-1",
            "Warning",
            "BackOff",
            "Back-off restarting failed container app in pod cart-1_shop(cart-1)",
            "2026-11-23T14:01:50Z",
        ),
    ];
    table(&mut world, want, &events);
    whole(&mut world, &cart, &pod(), 1);
    world
}

fn view(form: Form) -> Box<dyn View> {
    Box::new(DocumentView::new(object(PROD, "pods", "shop", "cart-1"), form))
}

#[test]
fn a_pod_as_yaml() {
    snapshots("document_yaml", &with_pod(), || {
        let mut view = view(Form::Yaml);
        view.set_filter(&World::default(), "cart").unwrap();
        view
    });
}

#[test]
fn a_pod_in_plain_words() {
    snapshots("document_details", &with_pod(), || view(Form::Details));
}

#[test]
fn a_pod_in_plain_words_at_its_end() {
    let world = with_pod();
    let mut view = view(Form::Details);
    super::drawn(&mut *view, &world, 80, 22);
    view.act(&world, Motion::Bottom);
    let text = super::drawn(&mut *view, &world, 80, 22);
    assert!(text.contains("BackOff") && text.find("BackOff") < text.find("Pulled"), "the newest event comes first:\n{text}");
}

#[test]
fn managed_fields_fold_and_the_place_is_kept_over_changes() {
    let mut world = with_pod();
    let mut view = view(Form::Yaml);
    let folded = super::drawn(&mut *view, &world, 80, 40);
    assert!(folded.contains("managedFields: … 2 entries (m unfolds)"), "{folded}");
    assert!(!view.scene(&world).copyable.unwrap().contains("managedFields"));
    super::drawn(&mut *view, &world, 80, 22);
    view.act(&world, Motion::PageDown);
    let before = super::drawn(&mut *view, &world, 80, 22);
    let first = before.lines().nth(1).unwrap().to_owned();
    let mut changed = pod();
    changed["metadata"]["labels"]["new"] = json!("label");
    whole(&mut world, &object(PROD, "pods", "shop", "cart-1"), &changed, 2);
    let after = super::drawn(&mut *view, &world, 80, 22);
    assert_eq!(after.lines().nth(1).unwrap(), first);
    assert!(after.contains("changed once") && !before.contains("changed once"), "{after}");
    view.act(&world, Motion::Top);
    view.act(&world, Motion::Fold);
    assert!(super::drawn(&mut *view, &world, 80, 30).contains("- manager: kubectl"));
}

#[test]
fn what_is_gone_stays_and_says_so_and_cannot_be_acted_on() {
    let mut world = with_pod();
    let mut view = view(Form::Yaml);
    super::drawn(&mut *view, &world, 80, 22);
    assert!(view.scene(&world).cursor.is_some_and(|c| c.owner.is_some()));
    let entry = world.objects.get_mut(&WatchId(900)).unwrap();
    (entry.gone, entry.json) = (true, None);
    let text = super::drawn(&mut *view, &world, 80, 22);
    assert!(text.contains("name: cart-1") && text.contains("─ gone ─") && text.contains("last seen"), "{text}");
    let scene = view.scene(&world);
    assert!(scene.cursor.is_none() && scene.lost.as_deref() == Some("cart-1 is gone"));
}

#[test]
fn what_cannot_be_read_says_why() {
    let mut world = world();
    let mut view = DocumentView::new(object(EDGE, "nodes", "", "edge-1"), Form::Yaml);
    assert!(super::drawn(&mut view, &world, 80, 22).contains("waiting for edge-1 of edge…"));
    whole(&mut world, &object(EDGE, "nodes", "", "edge-1"), &json!({}), 1);
    let entry = world.objects.get_mut(&WatchId(900)).unwrap();
    entry.json = None;
    entry.sync = Sync::Stale { why: Fault::new(FaultKind::Forbidden, "user admin cannot get nodes"), retry_in: None };
    let text = super::drawn(&mut view, &world, 80, 22);
    assert!(text.contains("stale for 42s") && text.contains("forbidden: user admin cannot get nodes"), "{text}");
}

#[test]
fn fields_without_spec_stand_together_and_long_texts_below_their_key() {
    let config = json!({ "apiVersion": "v1", "kind": "ConfigMap", "immutable": true, "data": { "app.conf": "a = 1\n  b = 2\n", "mode": "fast" },
        "metadata": { "name": "cart", "namespace": "shop" } });
    let mut world = world();
    let cart = object(PROD, "configmaps", "shop", "cart");
    whole(&mut world, &cart, &config, 1);
    let text = super::drawn(&mut DocumentView::new(cart, Form::Details), &world, 60, 24);
    let lines: Vec<&str> = text.lines().map(|l| l.trim_matches(['│', ' '])).filter(|l| !l.is_empty()).collect();
    assert!(lines.windows(3).any(|w| w == ["FIELDS", "immutable  true", "DATA"]), "{text}");
    assert!(
        text.contains("   app.conf   ") && text.contains("     a = 1 ") && text.contains("       b = 2 ") && text.contains("mode  fast"),
        "{text}"
    );
}

/// Each part of a line has the role that themes have for it.
#[test]
fn yaml_is_drawn_in_its_own_roles() {
    let mut world = world();
    let pod = object(PROD, "pods", "shop", "web-1");
    let manager = json!({ "manager": "kubectl" });
    let json = json!({ "kind": "Pod", "metadata": { "name": "web-1", "generation": 7, "managedFields": [manager] } });
    whole(&mut world, &pod, &json, 1);
    let mut view = DocumentView::new(pod, Form::Yaml);
    let (area, theme) = (Rect::new(0, 0, 60, 12), Theme::default());
    let mut buf = Buffer::empty(area);
    view.arrange(&world, area);
    view.draw(&world, &theme, area, &mut buf);
    let colour = |text: &str| {
        let line = |y| (0..area.width).map(|x| buf[(x, y)].symbol()).collect::<String>();
        let (x, y) = (1..area.height).find_map(|y| Some((line(y).split_once(text)?.0.chars().count(), y))).unwrap();
        Some(buf[(x as u16, y)].fg)
    };
    for (text, role) in [("kind", Role::YamlKey), ("Pod", Role::YamlText), ("7", Role::YamlNumber), ("… 1 entry", Role::YamlFolded)] {
        assert_eq!(colour(text), theme.style(role).fg, "{text}");
    }
}

#[test]
fn a_secret_is_neither_drawn_nor_copied() {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": { "password": "aHVudGVyMg==" },
        "metadata": { "name": "db", "namespace": "shop",
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"password\":\"aHVudGVyMg==\"}}" } },
    });
    let mut world = world();
    let db = object(PROD, "secrets", "shop", "db");
    whole(&mut world, &db, &secret, 1);
    for form in [Form::Yaml, Form::Details] {
        let mut view = DocumentView::new(db.clone(), form);
        let text = super::drawn(&mut view, &world, 120, 40);
        let copied = view.scene(&world).copyable.unwrap();
        for shown in [&text, &copied] {
            assert!(shown.contains("••••• (7 bytes)") && !shown.contains("aHVu") && !shown.contains("hunter2"), "{shown}");
        }
    }
}
