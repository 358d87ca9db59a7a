//! Which claims get which volumes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use crate::demo::controllers::rig::*;
use crate::demo::json::set;
use crate::demo::write::Delete;
use serde_json::{Value, json};

const CLAIMS: &str = "persistentvolumeclaims";
const VOLUMES: &str = "persistentvolumes";

fn class(policy: &str) -> Value {
    let default = json!({"storageclass.kubernetes.io/is-default-class": "true"});
    json!({"metadata": {"name": "fast", "annotations": default}, "provisioner": "disk.example.org", "reclaimPolicy": policy})
}

fn claim(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}}})
}

#[test]
fn a_claim_gets_a_volume_that_goes_with_it() {
    for (policy, left) in [("Delete", None), ("Retain", Some("Released"))] {
        let mut sim = cluster();
        make(&mut sim, "storageclasses.storage.k8s.io", class(policy));
        let made = make(&mut sim, CLAIMS, claim("data"));
        live(&mut sim, 500);
        assert_eq!(get(&sim, CLAIMS, "data")["status"]["phase"], "Pending");
        live(&mut sim, 2_000);
        let data = get(&sim, CLAIMS, "data");
        let name = format!("pvc-{}", made["metadata"]["uid"].as_str().unwrap());
        assert_eq!((&data["status"]["phase"], &data["spec"]["volumeName"], &data["spec"]["storageClassName"]), (&json!("Bound"), &json!(name), &json!("fast")));
        assert_eq!(data["status"]["capacity"]["storage"], "5Gi");
        assert_eq!(get(&sim, VOLUMES, &name)["status"]["phase"], "Bound");
        assert!(events(&sim, "data").contains(&format!("disk.example.org ProvisioningSucceeded Successfully provisioned volume {name}")));
        delete(&mut sim, CLAIMS, "data", &Delete::default());
        live(&mut sim, 100);
        assert_eq!(find(&sim, VOLUMES, &name).map(|v| v["status"]["phase"].clone()), left.map(Value::from), "{policy}");
    }
}

#[test]
fn what_is_there_is_taken_and_what_is_missing_is_told() {
    let mut sim = cluster();
    let volume = |name: &str, size: &str| {
        let spec = json!({"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/d"}});
        json!({"metadata": {"name": name}, "spec": spec})
    };
    for (name, size) in [("large", "50Gi"), ("right", "6Gi"), ("small", "1Gi")] {
        make(&mut sim, VOLUMES, volume(name, size));
    }
    make(&mut sim, CLAIMS, claim("one"));
    live(&mut sim, 100);
    assert_eq!(get(&sim, CLAIMS, "one")["spec"]["volumeName"], "right");
    assert_eq!(get(&sim, VOLUMES, "large")["status"]["phase"], "Available");
    let mut two = claim("two");
    set(&mut two, "/spec/storageClassName", "none");
    make(&mut sim, CLAIMS, two);
    live(&mut sim, 100);
    assert_eq!(events(&sim, "two"), ["persistentvolume-controller ProvisioningFailed storageclass.storage.k8s.io \"none\" not found"]);
}
