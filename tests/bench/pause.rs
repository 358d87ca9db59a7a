//! What a pause in typing costs, in the text of a large object: all that the loop does for it, and what goes over the wire.

use crate::live::{line, print};
use kconsole::actions::edit::EDIT;
use kconsole::model::call::Reply;
use kconsole::model::catalog::Resource;
use kconsole::model::cluster::Cluster;
use kconsole::model::draft::Subject;
use kconsole::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
use kconsole::model::manifest;
use kconsole::model::time::Timestamp;
use kconsole::model::world::World;
use kconsole::safety::change::{Ask, Change, ChangeId};
use kconsole::safety::guard::Guard;
use kconsole::safety::item::{Given, Item};
use kconsole::ui::view::View;
use kconsole::ui::views::edit::EditView;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// So often somebody pauses.
const PAUSES: u32 = 20;
/// A key of the object has so many bytes, in lines of about 50.
const VALUE: usize = 5_000;

/// Types into the text of a ConfigMap of so many KiB, and pauses.
pub fn run(kib: usize) {
    let object = settings(kib * 1024 / VALUE);
    let kind = GroupResource::new("", "configmaps");
    let target =
        ObjectRef { cluster: ClusterId(0), kind: kind.clone(), namespace: "shop".into(), name: "web".into(), uid: Uid::parse("u") };
    let resource = resource(kind);
    let text = manifest::written(&object);
    let world = World { now: Timestamp(1_795_442_520), clusters: vec![Cluster::new(ClusterId(0), "eu")], ..World::default() };
    let mut view = EditView::of_new(Subject::whole(target.clone()), text.replacen("a value", "another", 1));
    let (mut typed, mut tried, mut read, mut judged, mut wire) = (Duration::ZERO, Duration::ZERO, Duration::ZERO, Duration::ZERO, 0);
    for n in 0..PAUSES {
        let begin = Instant::now();
        view.paste(&world, "# a remark\n");
        typed += begin.elapsed();
        let later = World { now: Timestamp(world.now.0 + 2), ..World::default() };
        let begin = Instant::now();
        let draft = view.draft(&later).expect("it is tried");
        let item = Item::new(target.clone(), resource.clone(), Given::Text(draft.text, Some(text.clone())), world.now);
        let mut change = Change::new(ChangeId(n.into()), &EDIT, vec![item], "", world.now);
        change.text = Some(Subject::whole(target.clone()));
        let asks = change.next(&world, &Guard::default());
        tried += begin.elapsed();
        let begin = Instant::now();
        for ask in asks {
            let Ask::Call(token, call) = ask else { continue };
            let allowed = json!({"status": {"allowed": true}});
            let reply = if call.path.contains("reviews") { allowed } else { object.clone() };
            wire += call.body.len() + reply.to_string().len();
            change.answer(token, Ok(Reply { object: reply, ..Reply::default() }));
        }
        let asks = change.next(&world, &Guard::default());
        read += begin.elapsed();
        let begin = Instant::now();
        for ask in asks {
            let Ask::Call(token, call) = ask else { continue };
            wire += 2 * call.body.len();
            let stored: Value = serde_json::from_str(&call.body).expect("JSON is sent");
            change.answer(token, Ok(Reply { object: stored, ..Reply::default() }));
        }
        drop(change.next(&world, &Guard::default()));
        assert!(change.is_previewed(), "{:?}", change.items.first().map(|i| &i.plan));
        view.judged(&change);
        judged += begin.elapsed();
    }
    let each = |time: Duration| Some(time.as_secs_f64() * 1e3 / f64::from(PAUSES));
    print(
        &format!("a pause in a text of {kib} KiB"),
        &[
            line("a line that is put in", each(typed), "ms", None),
            line("what was written is taken", each(tried), "ms", None),
            line("read, planned, made ready", each(read), "ms", None),
            line("tried, and told at its lines", each(judged), "ms", None),
            line("all of a pause", each(tried + read + judged), "ms", None),
            line("over the wire", Some(wire as f64 / f64::from(PAUSES) / (1 << 20) as f64), "MiB", None),
        ],
    );
}

fn resource(id: GroupResource) -> Resource {
    Resource {
        id,
        version: "v1".into(),
        kind: "ConfigMap".into(),
        singular: "configmap".into(),
        short_names: [].into(),
        categories: [].into(),
        namespaced: true,
        list: true,
        watch: true,
    }
}

fn settings(keys: usize) -> Value {
    let value = |n: usize| (0..VALUE / 50).map(|i| format!("setting.{n:04}.{i:04} = a value of some words\n")).collect::<String>();
    let data: serde_json::Map<String, Value> = (0..keys).map(|n| (format!("file-{n:04}.properties"), json!(value(n)))).collect();
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": data,
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-11-20T12:00:00Z"},
    })
}
