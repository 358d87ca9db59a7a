//! The rules about pods and workloads, each on a table of what it is for: sick objects, what is said of them so many seconds after the start, and
//! what cures them.

use super::objects::{conditions, deployment, gone, node, object, pod, running, unready, warning, with};
use super::rig::{Rig, at, plays};
use crate::model::finding::{Group, Severity};
use serde_json::{Value, json};

const NOTHING: &[&str] = &[];

fn well() -> Value {
    pod("web-1", json!({}))
}

fn waits(reason: &str, message: &str) -> Value {
    json!({"state": {"waiting": {"reason": reason, "message": message}, "running": null}})
}

fn ended(code: i32, reason: &str, message: &str, ago: i64) -> Value {
    json!({"lastState": {"terminated": {"exitCode": code, "reason": reason, "message": message, "finishedAt": at(-ago)}}})
}

/// A pod that was not ready since a minute, with a container that is so.
fn sick(container: Value) -> Value {
    pod("web-1", json!({"status": unready(-60, container)}))
}

/// A ready pod with a container that is so.
fn shaky(container: Value) -> Value {
    pod("web-1", json!({"status": {"containerStatuses": [with(running(), container)]}}))
}

/// An unscheduled pod, for this reason.
fn waiting(name: &str, message: &str, more: Value) -> Value {
    let why =
        json!({"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": at(0)});
    let status = json!({"phase": "Pending", "conditions": [why], "containerStatuses": null});
    pod(name, json!({"spec": {"nodeName": null}, "status": with(status, more)}))
}

#[test]
fn a_crash_loop_is_told_with_how_it_ends() {
    let crash = with(waits("CrashLoopBackOff", "back-off 5m0s restarting failed container"), ended(1, "Error", "no DB_URL\nat main", 20));
    let crash = with(crash, json!({"restartCount": 7}));
    let says = "critical pods/web-1: container app crashes, exit 1 ×7 | no DB_URL <deployments/web>";
    plays("crash-loop", &[sick(crash)], &[(0, &[says]), (900, &[says])], &[well()]);
    // It runs for the moment, as it did before: until the kubelet has forgotten.
    let runs = with(ended(1, "Error", "", 20), json!({"restartCount": 3, "ready": false}));
    let says = "critical pods/web-1: container app crashes, exit 1 ×3 <deployments/web>";
    plays("crash-loop", &[sick(runs)], &[(0, &[says]), (579, &[says]), (580, NOTHING)], &[well()]);
    plays("crash-loop", &[shaky(with(ended(1, "Error", "", 20), json!({"restartCount": 1})))], &[(0, NOTHING)], &[]);
}

/// Without a readiness probe it is ready whenever it runs, and was not for no longer than since it ended last.
#[test]
fn a_crash_loop_is_as_old_as_its_back_off() {
    let runs = shaky(with(ended(1, "Error", "", 20), json!({"restartCount": 4})));
    let message = "Back-off restarting failed container app in pod web-1_shop(5f-6e)";
    let mut rig = Rig::new();
    rig.put_all(&[runs.clone(), warning(&runs, "BackOff", message, 9, (-500, -5))]);
    let found = rig.work(9);
    let told = found.iter().find(|f| f.rule == "crash-loop").unwrap();
    assert_eq!((told.since.0 - super::rig::START, &*told.evidence), (-500, "Back-off restarting failed container app"));
}

#[test]
fn an_image_that_is_not_there_is_told_in_the_registrys_words() {
    let sick = sick(with(waits("ImagePullBackOff", "Back-off pulling image \"web:2\""), json!({"image": "web:2"})));
    let told = warning(&sick, "Failed", "Failed to pull image \"web:2\": not found", 3, (-50, -5));
    let echo = warning(&sick, "Failed", "Error: ImagePullBackOff", 9, (-49, -1));
    let says = "critical pods/web-1: image web:2 cannot be pulled | not found <image web:2>";
    plays("image-pull", &[sick.clone(), told, echo.clone()], &[(0, &[says])], &[gone(&sick)]);
    let chain = "failed to pull and unpack image \"docker.io/library/web:2\": failed to resolve reference \"docker.io/library/web:2\": ";
    for head in ["", "rpc error: code = NotFound desc = "] {
        let message = format!("Failed to pull image \"web:2\": {head}{chain}docker.io/library/web:2: not found");
        let told = warning(&sick, "Failed", &message, 3, (-50, -5));
        let says = "critical pods/web-1: image web:2 cannot be pulled | docker.io/library/web:2: not found <image web:2>";
        plays("image-pull", &[sick.clone(), told, echo.clone()], &[(0, &[says])], &[gone(&sick)]);
    }
}

#[test]
fn a_rollout_that_hangs_has_the_cause_of_its_pods() {
    let through = json!({"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastTransitionTime": at(-9_000), "lastUpdateTime": at(-30)});
    let status = json!({"replicas": 11, "updatedReplicas": 1, "readyReplicas": 9, "availableReplicas": 9, "conditions": [through]});
    let rolling = deployment("web", 10, json!({"status": status}));
    let sick = sick(with(waits("ErrImagePull", "not found"), json!({"image": "web:2"})));
    let says = "critical deployments/web: rollout stuck, 9/10 available | image web:2 cannot be pulled: not found <image web:2>";
    plays("rollout-stuck", &[sick.clone(), rolling.clone()], &[(0, &[says])], &[gone(&sick), deployment("web", 10, json!({}))]);
    // Nothing moves, and nobody says why.
    let says = "warning deployments/web: rollout stuck, 9/10 available <deployments/web>";
    plays("rollout-stuck", std::slice::from_ref(&rolling), &[(269, NOTHING), (270, &[says])], &[deployment("web", 10, json!({}))]);
    // Its own deadline was earlier.
    let late = json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "ReplicaSet has timed out progressing.", "lastTransitionTime": at(-1)});
    let says = "warning deployments/web: rollout stuck, 9/10 available | ReplicaSet has timed out progressing. <deployments/web>";
    plays(
        "rollout-stuck",
        &[with(rolling, json!({"status": {"conditions": [late]}}))],
        &[(0, &[says])],
        &[deployment("web", 10, json!({}))],
    );
    // More of the same is no rollout.
    let grows = deployment("web", 10, json!({"status": {"replicas": 4, "updatedReplicas": 4, "readyReplicas": 4, "availableReplicas": 4}}));
    plays("rollout-stuck", &[grows], &[(0, NOTHING), (9_000, NOTHING)], &[]);
}

#[test]
fn a_rollout_is_as_old_as_it_is_and_not_as_the_one_before() {
    let began = |conditions: Value| {
        let status = json!({"replicas": 3, "updatedReplicas": 0, "readyReplicas": 3, "availableReplicas": 3, "conditions": conditions});
        deployment("web", 3, json!({"status": status}))
    };
    let progressing = |reason: &str, updated: i64| json!([{"type": "Progressing", "status": "True", "reason": reason, "lastTransitionTime": at(-90_000), "lastUpdateTime": at(updated)}]);
    let says = "warning deployments/web: rollout stuck, 3/3 available <deployments/web>";
    let old = pod("web-1", json!({}));
    let cured = [deployment("web", 3, json!({}))];
    // The pods and the condition are those of the rollout before; then the controller says that it has begun; or there is no deadline.
    for conditions in [progressing("NewReplicaSetAvailable", -80_000), progressing("NewReplicaSetCreated", 0), json!([])] {
        let times: &[(i64, &[&str])] = &[(0, NOTHING), (299, NOTHING), (300, &[says])];
        plays("rollout-stuck", &[old.clone(), began(conditions)], times, &cured);
    }
}

#[test]
fn the_way_back_is_named_where_there_is_one() {
    let revision = |n: &str| json!({"deployment.kubernetes.io/revision": n});
    for (generation, annotations, is_named) in
        [(1, json!({}), false), (4, revision("1"), false), (2, revision("2"), true), (3, json!({}), true)]
    {
        let status = json!({"observedGeneration": generation, "replicas": 3, "updatedReplicas": 0, "readyReplicas": 3, "conditions": null});
        let metadata = json!({"generation": generation, "annotations": annotations});
        let mut rig = Rig::new();
        rig.put(&deployment("web", 3, json!({"metadata": metadata, "status": status})));
        rig.found();
        rig.pass(301);
        let found = rig.work(usize::MAX).into_iter().find(|f| f.rule == "rollout-stuck").expect("it is stuck");
        assert_eq!(found.next.contains("{undo} goes back"), is_named, "{}", found.next);
    }
}

#[test]
fn out_of_memory_says_the_limit_and_is_over_after_an_hour() {
    let shot = with(ended(137, "OOMKilled", "", 100), json!({"restartCount": 4}));
    let says = ["critical", "warning", "info"]
        .map(|how| format!("{how} pods/web-1: container app out of memory, limit 256Mi ×4 <deployments/web>"));
    let [often, once, calm] = says.each_ref().map(String::as_str);
    plays(
        "oom-killed",
        &[shaky(shot.clone())],
        &[(0, &[often]), (499, &[often]), (500, &[calm]), (3_499, &[calm]), (3_500, NOTHING)],
        &[well()],
    );
    let twice = with(shot.clone(), json!({"restartCount": 2}));
    let once = once.replace("×4", "×2");
    plays("oom-killed", &[shaky(twice)], &[(0, &[&once])], &[well()]);
    // It is not told as a crash or as restarts besides.
    for rule in ["crash-loop", "restarts"] {
        let down = with(waits("CrashLoopBackOff", "back-off"), with(shot.clone(), json!({"restartCount": 9})));
        plays(rule, &[sick(down)], &[(0, NOTHING)], &[]);
        plays(rule, &[shaky(with(shot.clone(), json!({"restartCount": 9})))], &[(0, NOTHING), (700, NOTHING)], &[]);
    }
    let down = sick(with(waits("CrashLoopBackOff", "back-off"), shot));
    let down = with(down, json!({"spec": {"containers": [{"name": "app", "image": "web:1"}]}}));
    plays(
        "oom-killed",
        &[down],
        &[(0, &["critical pods/web-1: container app out of memory, no limit of its own ×4 <deployments/web>"])],
        &[well()],
    );
    plays("oom-killed", &[shaky(ended(137, "Error", "", 100))], &[(0, NOTHING)], &[]);
}

#[test]
fn pods_without_room_have_one_cause() {
    let words = "0/7 nodes are available: 3 Insufficient cpu, 4 node(s) had untolerated taint {a: b}.";
    let long = format!("{words} preemption: 0/7 nodes are available: 7 No preemption victims found for incoming pod.");
    let other = "0/7 nodes are available: 7 Insufficient cpu.";
    let newer =
        format!("{other} no new claims to deallocate, preemption: 0/7 nodes are available: 7 Preemption is not helpful for scheduling.");
    let objects = [waiting("web-1", &long, json!({})), waiting("web-2", &newer, json!({}))];
    let says = [
        format!(
            "warning pods/web-1: no node takes it: Insufficient cpu, node(s) had untolerated taint {{a: b}} | {words} <room Insufficient cpu>"
        ),
        format!("warning pods/web-2: no node takes it: Insufficient cpu | {other} <room Insufficient cpu>"),
    ];
    let says: Vec<&str> = says.iter().map(String::as_str).collect();
    plays("unschedulable", &objects, &[(19, NOTHING), (20, &says)], &[well(), pod("web-2", json!({}))]);
    let claim = "0/3 nodes are available: persistentvolumeclaim \"data\" not found.";
    let says = format!("warning pods/web-1: no node takes it: persistentvolumeclaim \"data\" not found | {claim} <deployments/web>");
    plays("unschedulable", &[waiting("web-1", claim, json!({}))], &[(20, &[&says])], &[well()]);
    let nominated = waiting("web-1", other, json!({"nominatedNodeName": "n1"}));
    plays("unschedulable", &[nominated], &[(250, NOTHING)], &[well()]);
}

/// No node of its kind would help: what it asks for has to be less, and nobody is told of nodes that may come.
#[test]
fn what_is_larger_than_any_node_has_to_ask_for_less() {
    let words = "0/2 nodes are available: 2 Insufficient memory.";
    let of = |memory: &str| {
        let asks = json!([{"name": "app", "image": "web:1", "resources": {"requests": {"cpu": "100m", "memory": memory}}}]);
        with(waiting("web-1", words, json!({})), json!({"spec": {"containers": asks}}))
    };
    let mut rig = Rig::new();
    rig.put_all([&node("n1", "a", json!({})), &node("n2", "a", json!({})), &deployment("cluster-autoscaler", 1, json!({})), &of("17Gi")]);
    rig.pass(20);
    let says = format!("warning pods/web-1: no node is large enough: Insufficient memory | {words} <deployments/web>");
    assert_eq!(rig.of("unschedulable"), [says]);
    let next = |rig: &mut Rig| rig.work(usize::MAX).into_iter().find(|f| f.rule == "unschedulable").unwrap().next;
    assert_eq!(next(&mut rig), "{owner} twice leads to its Deployment: {edit} lowers what it asks for, {goto}nodes shows what each has");
    rig.put(&of("16Gi"));
    assert!(rig.of("unschedulable")[0].contains("no node takes it"));
}

/// What is found of memory and of quotas names the keys that mend it.
#[test]
fn what_is_next_names_the_key_that_mends() {
    let next = |objects: &[Value], rule: &str| {
        let mut rig = Rig::new();
        rig.put_all(objects);
        rig.work(usize::MAX).into_iter().find(|f| f.rule == rule).unwrap_or_else(|| panic!("{rule}")).next
    };
    let killed = || shaky(ended(137, "OOMKilled", "", 100));
    assert_eq!(next(&[killed()], "oom-killed"), "{owner} twice leads to its Deployment: {edit} raises the limit, {undo} goes back");
    let bare = with(killed(), json!({"metadata": {"ownerReferences": null}}));
    assert_eq!(next(&[bare], "oom-killed"), "{details} shows how it ended and what it may take");
    let message = "pods \"web-x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=9, limited: pods=9";
    let refused = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message, "lastTransitionTime": at(-60)}]);
    let short = deployment("web", 3, json!({"status": {"replicas": 2, "availableReplicas": 2, "updatedReplicas": 2, "conditions": refused}}));
    let mends = "{edit} in {goto}quota raises it, if that is yours to do; {scale} asks for fewer pods";
    assert_eq!(next(&[short], "pods-refused"), mends);
}

#[test]
fn who_adds_nodes_is_named() {
    let mut rig = Rig::new();
    let scaler = with(deployment("cluster-autoscaler", 1, json!({})), json!({"metadata": {"namespace": "kube-system"}}));
    rig.put_all(&[scaler, waiting("web-1", "0/1 nodes are available: 1 Too many pods.", json!({}))]);
    rig.pass(30);
    let found = rig.work(9);
    assert!(found[0].next.ends_with("; the cluster autoscaler may add nodes"), "{found:?}");
}

#[test]
fn a_container_that_cannot_be_made_is_told_in_the_kubelets_words() {
    let sick = sick(waits("CreateContainerConfigError", "configmap \"settings\" not found"));
    let says = "critical pods/web-1: container app cannot be started | configmap \"settings\" not found <deployments/web>";
    plays("container-config", &[sick], &[(0, &[says])], &[well()]);
}

/// The kubelet tries in turns, and backs off in between as from a crash: one trouble with one name.
#[test]
fn a_command_that_is_not_there_is_no_crash() {
    let message = "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start \
                   container process: exec: \"slep\": executable file not found in $PATH: unknown";
    let never = with(ended(128, "StartError", message, 20), json!({"restartCount": 4}));
    let says = "critical pods/web-1: container app cannot be started | exec: \"slep\": executable file not found in $PATH: unknown <deployments/web>";
    for waiting in [waits("CrashLoopBackOff", "back-off"), waits("RunContainerError", message)] {
        let sick = sick(with(waiting, never.clone()));
        plays("container-config", std::slice::from_ref(&sick), &[(0, &[says])], &[well()]);
        plays("crash-loop", &[sick], &[(0, NOTHING)], &[]);
    }
}

#[test]
fn a_pod_that_says_that_it_cannot_serve_gets_no_traffic() {
    let mute = sick(json!({}));
    let told = warning(&mute, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503\n", 8, (-50, 0));
    let other = warning(&mute, "Unhealthy", "Liveness probe failed: x", 8, (-49, 0));
    let says = "warning pods/web-1: gets no traffic: container app is not ready | Readiness probe failed: HTTP probe failed with statuscode: 503 <deployments/web>";
    plays("readiness", &[mute, told, other], &[(0, &[says])], &[well()]);
    // It has just been started, or asks for time with a startup probe.
    let young = sick(json!({"state": {"running": {"startedAt": at(-5)}}}));
    plays(
        "readiness",
        &[young],
        &[(54, NOTHING), (55, &["warning pods/web-1: gets no traffic: container app is not ready <deployments/web>"])],
        &[well()],
    );
    plays("readiness", &[sick(json!({"started": false}))], &[(900, NOTHING)], &[]);
    plays("readiness", &[with(sick(json!({})), json!({"metadata": {"deletionTimestamp": at(20)}}))], &[(900, NOTHING)], &[]);
}

#[test]
fn a_pod_that_its_probe_kills_is_told_with_the_probes_words() {
    let again = shaky(with(ended(137, "Error", "", 20), json!({"restartCount": 2})));
    let told = warning(&again, "Unhealthy", "Liveness probe failed: Get \"http://10.0.0.1/\": context deadline exceeded", 6, (-90, -20));
    let says = "warning pods/web-1: is killed by its liveness probe ×2 | Liveness probe failed: Get \"http://10.0.0.1/\": context deadline exceeded <deployments/web>";
    plays("liveness", &[again.clone(), told.clone()], &[(0, &[says]), (579, &[says]), (580, NOTHING)], &[]);
    plays("liveness", &[well(), told.clone()], &[(0, NOTHING)], &[]);
    // The kubelet backs off from what it has killed itself: that is no crash, but an end of the program's own is.
    let down = |code| sick(with(waits("CrashLoopBackOff", "back-off"), with(ended(code, "Error", "", 20), json!({"restartCount": 5}))));
    plays("crash-loop", &[down(137), told.clone()], &[(0, NOTHING)], &[]);
    let says_crash = "critical pods/web-1: container app crashes, exit 2 ×5 | back-off <deployments/web>";
    plays("crash-loop", &[down(2), told.clone()], &[(0, &[says_crash])], &[well()]);
    plays("liveness", &[again, told.clone()], &[(0, &[says])], &[gone(&told)]);
}

#[test]
fn a_pod_that_does_not_get_started_is_told_with_its_newest_warning() {
    let starts = sick(json!({"state": {"waiting": {"reason": "ContainerCreating"}, "running": null}, "started": false}));
    let told = warning(&starts, "FailedMount", "MountVolume.SetUp failed for volume \"keys\" : secret \"keys\" not found", 8, (-50, 0));
    let says = "warning pods/web-1: does not get started | MountVolume.SetUp failed for volume \"keys\" : secret \"keys\" not found <deployments/web>";
    plays("not-ready", &[starts.clone(), told], &[(239, NOTHING), (240, &[says])], &[well()]);
    let job = json!({"metadata": {"ownerReferences": [{"kind": "Job", "name": "j", "uid": "j", "controller": true}]}});
    plays("not-ready", &[with(starts, job)], &[(900, NOTHING)], &[]);
}

#[test]
fn pods_of_a_lost_node_have_its_cause() {
    let lost = node("n1", "a", json!({"status": {"conditions": conditions(&[("Ready", "Unknown", -5)])}}));
    let says = "warning pods/web-1: not ready: its node is not heard from <node n1>";
    let unready = pod("web-1", json!({"status": {"conditions": conditions(&[("Ready", "False", -5)])}}));
    plays("not-ready", &[unready, lost], &[(0, &[says])], &[node("n1", "a", json!({}))]);
}

#[test]
fn restarts_are_told_while_the_last_is_not_long_ago() {
    let often = with(ended(143, "Error", "", 600), json!({"restartCount": 5}));
    let says = "warning pods/web-1: restarts often ×5, last exit 143 <deployments/web>";
    plays("restarts", &[shaky(often.clone())], &[(0, &[says]), (2_999, &[says]), (3_000, NOTHING)], &[well()]);
    plays("restarts", &[shaky(with(often, json!({"restartCount": 4})))], &[(0, NOTHING)], &[]);
}

#[test]
fn evicted_pods_are_told_together_while_their_like_is_wanted() {
    let out = |name: &str, on: &str, hash: &str, ago: i64| {
        let failed = json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory.", "conditions": conditions(&[("Ready", "False", -ago)])});
        let owner = json!([{"kind": "ReplicaSet", "name": format!("web-{hash}"), "uid": hash, "controller": true}]);
        pod(
            name,
            json!({"metadata": {"labels": {"pod-template-hash": hash}, "ownerReferences": owner}, "spec": {"nodeName": on}, "status": failed}),
        )
    };
    let live = with(out("web-1", "n1", "7d9f", 0), json!({"status": {"phase": "Running", "reason": null}}));
    let web = deployment("web", 1, json!({}));
    let says = |where_: &str| format!("warning deployments/web: evicted ×2 by {where_}, low on memory | The node was low on resource: memory. <deployments/web>");
    let (both, twice) = (says("node n2"), says("2 nodes"));
    let objects = [web.clone(), live.clone(), out("web-2", "n2", "7d9f", 90), out("web-3", "n2", "7d9f", 30)];
    plays("evicted", &objects, &[(0, &[&both]), (569, &[&both]), (570, NOTHING)], &[]);
    plays("evicted", &objects, &[(0, &[&both])], &[gone(&live)]);
    // The clock begins with the first of them, wherever they were.
    let apart =
        [web.clone(), live.clone(), out("web-2", "n3", "7d9f", 500), out("web-3", "n2", "7d9f", 30), out("web-4", "n3", "7d9f", 5_000)];
    plays("evicted", &apart, &[(0, &[&twice])], &[gone(&live)]);
    let mut rig = Rig::new();
    rig.put_all(&apart);
    assert_eq!(rig.work(usize::MAX).iter().find(|f| f.rule == "evicted").map(|f| f.since.0 - super::rig::START), Some(-500));
    let old = [web, live, out("web-2", "n2", "5555", 90)];
    plays("evicted", &old, &[(0, NOTHING)], &[]);
    let bare = with(out("web-2", "n2", "", 90), json!({"metadata": {"ownerReferences": null}}));
    plays(
        "evicted",
        std::slice::from_ref(&bare),
        &[(0, &["warning pods/web-2: evicted by node n2, low on memory | The node was low on resource: memory. <pods/web-2>"])],
        &[gone(&bare)],
    );
}

/// A program that fills one node after the other is one trouble wherever it is; a node that drives out many is one too.
#[test]
fn whoever_alone_is_driven_out_is_why_and_else_its_node() {
    let out = |name: &str, app: &str, on: &str, ago: i64| {
        let failed = json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory.", "conditions": conditions(&[("Ready", "False", -ago)])});
        let owner = json!([{"kind": "ReplicaSet", "name": format!("{app}-7d9f"), "uid": app, "controller": true}]);
        pod(name, json!({"metadata": {"ownerReferences": owner}, "spec": {"nodeName": on}, "status": failed}))
    };
    let lives = |name: &str, app: &str| with(out(name, app, "n3", 0), json!({"status": {"phase": "Running", "reason": null}}));
    let short = |name: &str| node(name, "a", json!({"status": {"conditions": conditions(&[("MemoryPressure", "True", -40)])}}));
    let mut rig = Rig::new();
    rig.put_all([&deployment("web", 1, json!({})), &deployment("api", 1, json!({})), &lives("web-1", "web"), &lives("api-1", "api")]);
    rig.put_all([&short("n1"), &short("n2"), &out("web-2", "web", "n1", 60), &out("web-3", "web", "n2", 30)]);
    let groups = |rig: &mut Rig| {
        rig.work(usize::MAX);
        let told = |g: &Group| format!("{}: {}", g.head.object.name, g.findings.iter().map(|f| &*f.object.name).collect::<Vec<_>>().join(" "));
        let mut all: Vec<String> = rig.world.findings.groups().iter().filter(|g| g.head.severity > Severity::Info).map(told).collect();
        all.sort();
        all
    };
    assert_eq!(groups(&mut rig), ["web: web n1 n2"]);
    rig.put(&out("api-2", "api", "n2", 20));
    assert_eq!(groups(&mut rig), ["n1: n1", "n2: n2 web api"], "n2 is short of memory for more than one");
    rig.put(&out("web-4", "web", "n1", 10));
    assert_eq!(groups(&mut rig), ["n2: n2 api", "web: web n1"]);
}

#[test]
fn what_does_not_go_is_told_with_its_finalizers() {
    let going = json!({"metadata": {"deletionTimestamp": at(-100), "finalizers": ["shop.example/a", "shop.example/b"]}});
    let claim = object("PersistentVolumeClaim", "data", going);
    let says = "warning persistentvolumeclaims/data: was to be gone: waits for finalizer shop.example/a and 1 more | shop.example/a, shop.example/b <persistentvolumeclaims/data>";
    plays("terminating", std::slice::from_ref(&claim), &[(19, NOTHING), (20, &[says])], &[gone(&claim)]);
    let stuck = pod("web-1", json!({"metadata": {"deletionTimestamp": at(0)}}));
    let lost = node("n1", "a", json!({"status": {"conditions": conditions(&[("Ready", "Unknown", -5)])}}));
    let says = "warning pods/web-1: was to be gone: its containers do not end <node n1>";
    plays("terminating", &[stuck.clone(), lost], &[(120, &[says])], &[gone(&stuck)]);
}

#[test]
fn pods_that_are_refused_are_told_with_who_refuses() {
    let refused = |message: &str| {
        let failure =
            json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message, "lastTransitionTime": at(-4)});
        let through = json!({"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"});
        deployment(
            "web",
            8,
            json!({"status": {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2, "conditions": [through, failure]}}),
        )
    };
    let quota = "pods \"web-x\" is forbidden: exceeded quota: payments, requested: pods=1, used: pods=19, limited: pods=19";
    let says = format!("warning deployments/web: pods are refused, 2/8 available | {quota} <quota shop>");
    plays("pods-refused", &[refused(quota)], &[(0, &[&says])], &[deployment("web", 8, json!({}))]);
    let hook = "Internal error occurred: failed calling webhook \"pods.example.com\": failed to call webhook: connection refused";
    plays("pods-refused", &[refused(hook)], &[(0, NOTHING)], &[]); // webhook-down speaks of it
    let why = "admission webhook \"pods.example.com\" denied the request: no owner label";
    let says = format!("warning deployments/web: pods are refused, 2/8 available | {why} <server pods.example.com>");
    plays("pods-refused", &[refused(why)], &[(0, &[&says])], &[deployment("web", 8, json!({}))]);
}

#[test]
fn pods_that_were_lost_are_missing_after_a_while() {
    let web = deployment("web", 3, json!({"status": {"readyReplicas": 2, "availableReplicas": 2}}));
    let says = "warning deployments/web: pods are missing, 2/3 available | gets no traffic: container app is not ready <deployments/web>";
    plays("replicas-missing", &[web, sick(json!({}))], &[(59, NOTHING), (60, &[says])], &[well(), deployment("web", 3, json!({}))]);
}

#[test]
fn a_paused_rollout_is_told_after_an_hour() {
    let why = json!({"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused", "lastTransitionTime": at(0)});
    let web = deployment("web", 3, json!({"spec": {"paused": true}, "status": {"updatedReplicas": 1, "conditions": [why]}}));
    let says = "warning deployments/web: rollout paused, 1/3 updated <deployments/web>";
    plays("paused", std::slice::from_ref(&web), &[(3_599, NOTHING), (3_600, &[says])], &[deployment("web", 3, json!({}))]);
    plays("rollout-stuck", &[web], &[(3_600, NOTHING)], &[]);
}

#[test]
fn a_service_of_pods_that_nobody_asks_is_told() {
    let service = object("Service", "front", json!({"spec": {"selector": {"app": "web"}}}));
    let labels = json!({"kubernetes.io/service-name": "front"});
    let to = json!([{"conditions": {"ready": true}, "targetRef": {"kind": "Pod", "name": "web-1", "uid": "Pod/web-1"}}]);
    let slice = object("EndpointSlice", "front-x", json!({"metadata": {"labels": labels}, "endpoints": to}));
    let bare = with(well(), json!({"spec": {"containers": [{"name": "app"}]}}));
    let says = "info services/front: sends traffic to pods of web that have no readiness probe <all unprobed>";
    plays("unprobed", &[service.clone(), slice.clone(), bare.clone()], &[(0, &[says])], &[gone(&bare)]);
    // In the order of arrival that watches like best.
    plays("unprobed", &[bare.clone(), slice, service], &[(0, &[says])], &[well()]);
}

#[test]
fn all_pods_in_one_place_are_told_where_there_is_another() {
    let on = |name: &str, node: &str| pod(name, json!({"spec": {"nodeName": node}}));
    let nodes = [node("n1", "a", json!({})), node("n2", "a", json!({})), node("n3", "b", json!({}))];
    let play = |pods: [Value; 2], says: &[&str], cured: &[Value]| {
        let objects: Vec<Value> = nodes.iter().cloned().chain(pods).chain([deployment("web", 2, json!({}))]).collect();
        plays("spread", &objects, &[(0, says)], cured);
    };
    let says = "info deployments/web: all 2 pods are in one place: node n1 <deployments/web>";
    play([on("web-1", "n1"), on("web-2", "n1")], &[says], &[on("web-2", "n3")]);
    let says = "info deployments/web: all 2 pods are in one place: zone a <deployments/web>";
    play([on("web-1", "n1"), on("web-2", "n2")], &[says], &[gone(&nodes[2])]);
    play([on("web-1", "n1"), on("web-2", "n3")], &[], &[]);
    // Nowhere else to be.
    let objects = [nodes[0].clone(), on("web-1", "n1"), on("web-2", "n1"), deployment("web", 2, json!({}))];
    plays("spread", &objects, &[(0, NOTHING)], &[]);
}
