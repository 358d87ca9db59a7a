//! The rules about claims and volumes.

use super::objects::{conditions, object, pod, warning, with};
use super::rig::{at, plays};
use serde_json::{Value, json};

fn claim(phase: &str, more: Value) -> Value {
    let status = json!({"spec": {"storageClassName": "fast"}, "status": {"phase": phase}});
    with(object("PersistentVolumeClaim", "data", status), more)
}

/// A pod that uses the claim and is not scheduled, for this reason.
fn waits(message: &str) -> Value {
    let unscheduled =
        json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message, "lastTransitionTime": at(0)}]);
    let volumes = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    let pending = json!({"phase": "Pending", "conditions": unscheduled, "containerStatuses": []});
    pod("db-0", json!({"metadata": {"creationTimestamp": at(0)}, "spec": {"nodeName": null, "volumes": volumes}, "status": pending}))
}

#[test]
fn a_claim_that_a_pod_waits_for_is_told() {
    let said = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.";
    let says = format!(
        "critical persistentvolumeclaims/data: no volume, class fast, pod db-0 waits for it | {said} <persistentvolumeclaims/data>"
    );
    plays("claim-pending", &[claim("Pending", json!({})), waits(said)], &[(59, &[]), (60, &[&says])], &[claim("Bound", json!({}))]);
}

#[test]
fn a_claim_that_is_refused_is_told_in_the_provisioners_words() {
    let sick = claim("Pending", json!({"metadata": {"creationTimestamp": at(0)}, "spec": {"storageClassName": null}}));
    let said = warning(&sick, "ProvisioningFailed", "storageclass.storage.k8s.io \"fsat\" not found", 3, (1, 50));
    let says = "warning persistentvolumeclaims/data: no volume, no storage class | storageclass.storage.k8s.io \"fsat\" not found <persistentvolumeclaims/data>";
    plays("claim-pending", &[sick, said], &[(59, &[]), (60, &[says])], &[claim("Bound", json!({}))]);
}

/// The controller tells of it in a normal event, which nobody watches.
#[test]
fn a_claim_for_which_nobody_makes_a_volume_is_told() {
    let sick = claim("Pending", json!({"metadata": {"creationTimestamp": at(0)}, "spec": {"storageClassName": null}}));
    let says = "warning persistentvolumeclaims/data: no volume, no storage class <persistentvolumeclaims/data>";
    plays("claim-pending", &[sick], &[(59, &[]), (60, &[says])], &[claim("Bound", json!({}))]);
}

#[test]
fn a_claim_that_waits_for_its_first_pod_or_its_pod_for_room_is_no_news() {
    plays("claim-pending", &[claim("Pending", json!({}))], &[(0, &[]), (86_400, &[])], &[]);
    plays(
        "claim-pending",
        &[claim("Pending", json!({})), waits("0/3 nodes are available: 3 Insufficient cpu.")],
        &[(0, &[]), (600, &[])],
        &[],
    );
}

#[test]
fn a_lost_claim_is_told() {
    let lost = claim("Lost", json!({"spec": {"volumeName": "pv-7"}}));
    let said = warning(&lost, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", 1, (-5, -5));
    let says = "critical persistentvolumeclaims/data: its volume pv-7 is lost \
                | Bound claim has lost its PersistentVolume. Data on the volume is lost! <persistentvolumeclaims/data>";
    plays("claim-lost", &[lost, said], &[(0, &[says])], &[claim("Bound", json!({}))]);
}

fn starting() -> Value {
    let app =
        json!({"name": "app", "image": "web:1", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "ContainerCreating"}}});
    let status = json!({"phase": "Pending", "conditions": conditions(&[("PodScheduled", "True", 0), ("Ready", "False", 0)]), "containerStatuses": [app]});
    pod("web-1", json!({"metadata": {"creationTimestamp": at(0)}, "status": status}))
}

#[test]
fn a_volume_that_does_not_come_is_told_until_it_does() {
    let sick = starting();
    let multi = "Multi-Attach error for volume \"pvc-1\" Volume is already used by pod(s) web-0";
    let says = format!("critical pods/web-1: volume pvc-1 does not attach | {multi} <deployments/web>");
    let told = warning(&sick, "FailedAttachVolume", multi, 1, (5, 5));
    plays("volume-mount", &[sick.clone(), told.clone()], &[(59, &[]), (60, &[&says]), (604, &[&says]), (605, &[])], &[]);
    let mount = warning(&sick, "FailedMount", "MountVolume.SetUp failed for volume \"cfg\" : configmap \"web\" not found", 4, (5, 70));
    let says = "critical pods/web-1: volume cfg does not mount | MountVolume.SetUp failed for volume \"cfg\" : configmap \"web\" not found <deployments/web>";
    plays("volume-mount", &[sick, told, mount], &[(80, &[says])], &[pod("web-1", json!({}))]);
}
