//! The rules about pods and workloads, each on a table of what it is for.

use super::objects::{deployment, gone, pod, unready, warning};
use super::rig::plays;
use serde_json::json;

#[test]
fn a_crash_loop_is_told_with_how_it_ends() {
    let crash = json!({"restartCount": 7, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "no DB_URL\nat main", "finishedAt": super::rig::at(-20)}}});
    let sick = pod("web-1", json!({"status": unready(-60, crash)}));
    let says = "critical pods/web-1: container app crashes, exit 1 ×7 | no DB_URL <deployments/web>";
    plays("crash-loop", &[sick], &[(0, &[says]), (900, &[says])], &[pod("web-1", json!({}))]);
}

#[test]
fn an_image_that_is_not_there_is_told_in_the_registrys_words() {
    let waits = json!({"image": "web:2", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"web:2\""}}});
    let sick = pod("web-1", json!({"status": unready(-60, waits)}));
    let told = warning(&sick, "Failed", "Failed to pull image \"web:2\": not found", 3, (-50, -5));
    let says = "critical pods/web-1: image web:2 cannot be pulled | Failed to pull image \"web:2\": not found <image web:2>";
    plays("image-pull", &[sick.clone(), told], &[(0, &[says])], &[gone(&sick)]);
}

#[test]
fn a_rollout_that_hangs_has_the_cause_of_its_pods() {
    let status = json!({"replicas": 11, "updatedReplicas": 1, "readyReplicas": 9, "availableReplicas": 9});
    let waits = json!({"image": "web:2", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}});
    let sick = pod("web-1", json!({"status": unready(-60, waits)}));
    let says = "critical deployments/web: rollout stuck, 9/10 available | image web:2 cannot be pulled: Back-off pulling image <image web:2>";
    let cured = [gone(&sick), deployment("web", 10, json!({}))];
    plays("rollout-stuck", &[sick.clone(), deployment("web", 10, json!({"status": status}))], &[(0, &[says])], &cured);
}
