//! What health costs: the rules over many pods, of which one after the other changes.

use crate::live::{line, print};
use kconsole::health::board::Board;
use kconsole::kinds;
use kconsole::model::id::{ClusterId, GroupResource, WatchId};
use kconsole::model::msg::Delta;
use kconsole::model::table::Table;
use kconsole::model::time::Timestamp;
use kconsole::model::want::Want;
use kconsole::model::words::Dictionary;
use kconsole::model::world::World;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const WATCH: WatchId = WatchId(1);
/// Pods in a delta, as a busy watch sends them.
const BATCH: usize = 32;
const CHANGES: usize = 20_000;

/// Judges this many pods, and then 20,000 changes of them.
pub fn run(pods: usize) {
    let kind = kinds::named("pods").expect("pods are a kind");
    let (mut world, mut words, mut board) =
        (World { now: Timestamp(1_795_442_520), ..World::default() }, Dictionary::default(), Board::default());
    world.begin(WATCH, Want::all(ClusterId(0), GroupResource::new("", "pods")), kind.columns());
    let mut rows = |pods: &mut dyn Iterator<Item = (usize, bool)>| {
        let upserts = pods.map(|(i, sick)| kind.row(pod(i, sick).to_string().as_bytes(), &mut words)).collect();
        Delta { words: words.news(), upserts, ..Delta::default() }
    };
    let first = rows(&mut (0..pods).map(|i| (i, i % 100 == 99)));
    let whole = take(&mut world, &mut board, first);
    let mut spent = Duration::ZERO;
    for batch in 0..CHANGES / BATCH {
        let delta = rows(&mut (0..BATCH).map(|n| (((batch * BATCH + n) * 7_919) % pods, n % 8 == 0)));
        spent += take(&mut world, &mut board, delta);
    }
    let each = spent.as_secs_f64() / (CHANGES / BATCH * BATCH) as f64;
    print(
        &format!("rules over {pods} pods"),
        &[
            line("the first look at all", Some(whole.as_secs_f64() * 1e3), "ms", None),
            line("a change", Some(each * 1e6), "µs", None),
            line("1,000 changes a second", Some(each * 1_000.0 * 100.0), "% of a core", Some(5.0)),
            line("findings, in groups", Some(world.findings.groups().len() as f64), "", None),
        ],
    );
}

/// Takes a delta in as the program does; the time that health took.
fn take(world: &mut World, board: &mut Board, delta: Delta) -> Duration {
    let touched = world.tables.get(&WATCH).map(|t: &Table| t.touched_by(&delta)).unwrap_or_default();
    let begin = Instant::now();
    board.before(world, WATCH, &touched);
    let before = begin.elapsed();
    let changed = world.tables.get_mut(&WATCH).map(|t| t.apply(delta)).unwrap_or_default();
    let begin = Instant::now();
    board.after(world, WATCH, &changed);
    while !board.work(world, 2_000) {}
    world.findings.settle();
    before + begin.elapsed()
}

fn pod(i: usize, sick: bool) -> Value {
    let state = if sick { json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}) } else { json!({"running": {}}) };
    let status = if sick { "False" } else { "True" };
    json!({
        "metadata": {
            "name": format!("web-{i:06}"), "namespace": format!("ns-{}", i % 20), "uid": format!("{i:032x}"), "resourceVersion": "1",
            "creationTimestamp": "2026-11-20T12:00:00Z", "labels": {"app": "web", "pod-template-hash": "58b7"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("web-{}-58b7", i / 50), "uid": format!("{:032x}", i / 50), "controller": true}],
        },
        "spec": {"nodeName": format!("node-{}", i % 200), "containers": [{"name": "web", "readinessProbe": {}}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": status, "lastTransitionTime": "2026-11-23T12:00:00Z"}],
            "containerStatuses": [{
                "name": "web", "ready": !sick, "restartCount": if sick { 12 } else { 0 }, "state": state,
                "lastState": if sick { json!({"terminated": {"exitCode": 1, "finishedAt": "2026-11-23T13:59:00Z"}}) } else { json!({}) },
            }],
        },
    })
}
