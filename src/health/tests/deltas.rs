//! Whatever comes, changes and goes, in whatever order: what is found is what is found by who looks at everything for the first time.

use super::objects::{conditions, deployment, gone, node, object, pod, running, unready, warning, wide, with};
use super::rig::{Rig, START, at, line};
use crate::health::Limits;
use crate::model::time::Timestamp;
use crate::model::want::Want;
use proptest::prelude::*;
use serde_json::{Value, json};

/// How an object can be: sick or well, in one of these ways.
fn pods(i: usize) -> Vec<Value> {
    let name = format!("web-{i}");
    let on = format!("n{}", i % 3);
    let make = |more: Value| pod(&name, with(json!({"spec": {"nodeName": on}}), more));
    let ended = |reason: &str| json!({"terminated": {"exitCode": 137, "reason": reason, "finishedAt": at(-30)}});
    let waits = |reason: &str| json!({"restartCount": 3, "state": {"running": null, "waiting": {"reason": reason, "message": "why"}}});
    vec![
        make(json!({})),
        make(json!({"spec": {"nodeName": "n9", "containers": [{"name": "app"}]}})),
        make(json!({"metadata": {"labels": {"pod-template-hash": "5b6c"}, "ownerReferences": null}})),
        make(json!({"status": unready(-40, with(waits("CrashLoopBackOff"), json!({"lastState": ended("OOMKilled")})))})),
        make(json!({"status": unready(-40, waits("ImagePullBackOff"))})),
        make(json!({"status": unready(-40, waits("CreateContainerConfigError"))})),
        make(json!({"status": unready(-40, json!({}))})),
        make(json!({"status": {"containerStatuses": [with(running(), json!({"restartCount": 6, "lastState": ended("Error")}))]}})),
        make(json!({"status": unready(-10, json!({"state": {"running": null, "waiting": {"reason": "ContainerCreating"}}}))})),
        make(json!({"spec": {"nodeName": null}, "status": {"phase": "Pending", "containerStatuses": [], "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient cpu.", "lastTransitionTime": at(-5)}]}})),
        make(
            json!({"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory", "conditions": conditions(&[("Ready", "False", -20)])}}),
        ),
        make(json!({"metadata": {"deletionTimestamp": at(-60), "finalizers": ["a/b"]}})),
        make(
            json!({"metadata": {"ownerReferences": null}, "status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory", "conditions": conditions(&[("Ready", "False", -90)])}}),
        ),
    ]
}

fn others() -> Vec<Vec<Value>> {
    let web = |wanted: u32, updated: u32, available: u32| {
        // A rollout says when it last got further.
        let reason = if updated < wanted { "ReplicaSetUpdated" } else { "NewReplicaSetAvailable" };
        let progressing = json!([{"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": at(-7)}]);
        let counts =
            json!({"updatedReplicas": updated, "availableReplicas": available, "replicas": wanted.min(4), "conditions": progressing});
        deployment("web", wanted, json!({"status": counts}))
    };
    let nodes = |name: &str| {
        let lost = json!({"status": {"conditions": conditions(&[("Ready", "Unknown", -15)])}});
        vec![
            node(name, "a", json!({})),
            node(name, "b", json!({})),
            node(name, "a", lost),
            node(name, "b", json!({"spec": {"unschedulable": true}})),
            node(name, "a", json!({"status": {"conditions": conditions(&[("MemoryPressure", "True", -50)])}})),
        ]
    };
    let slice = |pods: &[usize]| {
        let ends: Vec<Value> = pods
            .iter()
            .map(|i| json!({"conditions": {"ready": true}, "targetRef": {"kind": "Pod", "name": format!("web-{i}"), "uid": format!("Pod/web-{i}")}}))
            .collect();
        object("EndpointSlice", "web-x", json!({"metadata": {"labels": {"kubernetes.io/service-name": "web"}}, "endpoints": ends}))
    };
    let told = |i: usize, message: &str, last| warning(&pods(i)[0], "Unhealthy", message, 3, (-60, last));
    vec![
        vec![web(4, 4, 4), web(4, 1, 3), web(6, 4, 4), deployment("web", 2, json!({"spec": {"paused": true}})), web(4, 4, 3)],
        nodes("n0"),
        nodes("n1"),
        nodes("n2"),
        vec![object("Service", "web", json!({"spec": {"selector": {"app": "web"}}})), object("Service", "web", json!({}))],
        vec![slice(&[0, 1]), slice(&[2]), slice(&[])],
        vec![
            told(0, "Readiness probe failed: 503", -5),
            told(0, "Liveness probe failed: timeout", 0),
            told(1, "Liveness probe failed: x", -9),
        ],
        vec![wide("Namespace", "shop", json!({}))],
    ]
}

/// Everything that can be there, each in its ways.
fn all() -> Vec<Vec<Value>> {
    (0..4).map(pods).chain(others()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    /// This one comes or is another.
    Put(usize, usize),
    /// It goes.
    Gone(usize),
    /// A list says that only these are there.
    Relist(usize, Vec<usize>),
    /// A watch of its kind ends.
    End(usize),
    /// It begins again, and tells of the same.
    Begin,
    Pass(i64),
    /// So many are judged.
    Work(usize),
    Limit(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let one = 0..all().len();
    prop_oneof![
        8 => (one.clone(), 0..13usize).prop_map(|(i, way)| Step::Put(i, way)),
        2 => one.clone().prop_map(Step::Gone),
        1 => (one.clone(), prop::collection::vec(0..13usize, 0..4)).prop_map(|(i, ways)| Step::Relist(i, ways)),
        1 => one.prop_map(Step::End),
        1 => Just(Step::Begin),
        3 => prop_oneof![1..70i64, 200..700i64, Just(4_000)].prop_map(Step::Pass),
        3 => (1..6usize).prop_map(Step::Work),
        1 => (1..90i64).prop_map(Step::Limit),
    ]
}

struct Player {
    rig: Rig,
    all: Vec<Vec<Value>>,
    ended: Vec<Want>,
}

impl Player {
    fn way(&self, i: usize, way: usize) -> &Value {
        &self.all[i][way % self.all[i].len()]
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Put(i, way) => {
                let object = self.way(*i, *way).clone();
                self.rig.put(&object);
            }
            Step::Gone(i) => {
                let object = gone(self.way(*i, 0));
                self.rig.put(&object);
            }
            Step::Relist(i, ways) => {
                let kind = self.way(*i, 0)["kind"].clone();
                let of_kind: Vec<usize> = (0..self.all.len()).filter(|j| self.way(*j, 0)["kind"] == kind).collect();
                let objects: Vec<Value> = of_kind.iter().zip(ways).map(|(j, way)| self.way(*j, *way).clone()).collect();
                self.rig.relist(kind.as_str().unwrap(), &objects);
            }
            Step::End(i) => {
                let kind = self.way(*i, 0)["kind"].as_str().unwrap().to_owned();
                self.ended.extend(self.rig.end(&kind));
            }
            Step::Begin => self.ended.pop().into_iter().for_each(|want| self.rig.begin(want)),
            Step::Pass(seconds) => self.rig.pass(*seconds),
            Step::Work(most) => drop(self.rig.board.work(&mut self.rig.world, *most)),
            Step::Limit(seconds) => self.rig.limit(Limits { not_ready: *seconds, unscheduled: *seconds, ..Limits::default() }),
        }
    }
}

fn sorted(findings: Vec<crate::model::finding::Finding>) -> Vec<String> {
    // What nobody tells the age of is remembered, which a fresh look cannot.
    let told = findings.iter().filter(|f| !["no-endpoints", "node-cordoned"].contains(&f.rule));
    let mut lines: Vec<String> = told.map(|f| format!("{} since {}, next {}", line(f), f.since.0 - START, f.next)).collect();
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn what_is_found_is_what_is_found_afresh(steps in prop::collection::vec(step(), 1..40), slice in 1..4usize) {
        let mut player = Player { rig: Rig::new(), all: all(), ended: Vec::new() };
        for step in &steps {
            player.play(step);
        }
        let rig = &mut player.rig;
        let found = sorted(rig.work(slice));
        prop_assert_eq!(&found, &sorted(rig.afresh()));
        // The clock alone changes nothing before the board says so.
        if let Some(due) = rig.board.next_tick() {
            rig.go(Timestamp(due.0 - 1));
            prop_assert_eq!(&found, &sorted(rig.work(slice)));
            prop_assert_eq!(&found, &sorted(rig.afresh()), "before {}", due.0 - START);
        }
        for object in player.all.iter().map(|ways| ways[0]["kind"].as_str().unwrap()) {
            rig.end(object);
        }
        prop_assert_eq!(rig.found(), [] as [&str; 0], "without a watch nothing is found");
        prop_assert!(rig.board.is_at_rest(), "without a watch nothing is kept: {:?}", rig.board);
    }
}

/// The worlds above have something to find.
#[test]
fn each_way_of_being_sick_is_found() {
    let mut rules: Vec<String> = Vec::new();
    for (i, ways) in all().iter().enumerate() {
        for way in ways {
            let mut rig = Rig::new();
            for (j, others) in all().iter().enumerate().filter(|(j, _)| *j != i) {
                rig.put(&others[if j == 4 { 0 } else { usize::from(j == 5) }]);
            }
            rig.put(way);
            rig.pass(400);
            rules.extend(rig.work(9).iter().map(|f| f.rule.to_owned()));
        }
    }
    rules.sort();
    rules.dedup();
    assert!(rules.len() >= 12, "{rules:?}");
}
