//! Claims and the volumes behind them: a claim gets a volume once a pod that uses it has a machine, or at once where its class says so, and
//! takes it along when it goes (`reclaimPolicy`). What a provisioner and the volume binder do in a real cluster.

use crate::demo::json::{Millis, list, set, stamp, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Store};
use crate::demo::write::{Delete, How};
use serde_json::{Value, json};

/// What provides volumes.
pub const CONTROLLER: Controller = Controller { name: "persistentvolume-controller", wakes, reconcile };

const CLAIMS: &str = "persistentvolumeclaims";
const VOLUMES: &str = "persistentvolumes";

fn wakes(_store: &Store, change: &Change, keys: &mut Vec<Key>) {
    if &*change.kind == CLAIMS {
        keys.extend(change.object().map(|o| o.key.clone()));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let Some(claim) = sim.store.table(CLAIMS).and_then(|t| t.get(key)).map(|c| c.value()) else {
        released(sim, key);
        return None;
    };
    if text(&claim, "/spec/volumeName").is_none_or(str::is_empty) {
        let class = class(sim, &claim)?;
        if text(&class, "/volumeBindingMode") != Some("WaitForFirstConsumer") {
            provide(sim, key, &claim, &class, None);
        } else if text(&claim, "/status/phase").is_none() {
            let message = "waiting for first consumer to be created before binding";
            pending(sim, key);
            sim.event(CONTROLLER.name, &claim, "Normal", "WaitForFirstConsumer", message);
        }
    }
    None
}

/// Gives the claims of a pod their volumes, now that it has a machine.
pub(super) fn bind(sim: &mut Sim, pod: &Value, node: &str) {
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    for volume in list(pod, "/spec/volumes") {
        let Some(name) = text(volume, "/persistentVolumeClaim/claimName") else { continue };
        let key = Key::new(namespace, name);
        let Some(claim) = sim.store.table(CLAIMS).and_then(|t| t.get(&key)).map(|c| c.value()) else { continue };
        if text(&claim, "/spec/volumeName").is_none_or(str::is_empty) {
            if let Some(class) = class(sim, &claim) {
                provide(sim, &key, &claim, &class, Some(node));
            }
        }
    }
}

/// The name of the first claim of a pod that is not there.
pub(super) fn missing(sim: &Sim, pod: &Value) -> Option<String> {
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    let names = list(pod, "/spec/volumes").iter().filter_map(|v| text(v, "/persistentVolumeClaim/claimName"));
    names.into_iter().find(|name| sim.store.get(CLAIMS, namespace, name).is_none()).map(str::to_owned)
}

/// The class of a claim; where it names none, the default one.
fn class(sim: &Sim, claim: &Value) -> Option<Value> {
    const CLASSES: &str = "storageclasses.storage.k8s.io";
    const DEFAULT: &str = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";
    match text(claim, "/spec/storageClassName") {
        Some(name) => sim.store.get(CLASSES, "", name).map(|c| c.value()),
        None => sim.store.list(CLASSES, "").map(|c| c.value()).find(|c| text(c, DEFAULT) == Some("true")),
    }
}

fn pending(sim: &mut Sim, key: &Key) {
    // A claim that is gone waits for nothing.
    drop(sim.update(CLAIMS, key, How::status("kube-controller-manager"), |claim| {
        set(claim, "/status/phase", "Pending");
        Ok(())
    }));
}

fn provide(sim: &mut Sim, key: &Key, claim: &Value, class: &Value, node: Option<&str>) {
    let part = |place| text(claim, place).unwrap_or_default();
    let name = format!("pvc-{}", part("/metadata/uid"));
    let provisioner = text(class, "/provisioner").unwrap_or_default().to_owned();
    let size = claim.pointer("/spec/resources/requests/storage").cloned().unwrap_or_else(|| "1Gi".into());
    let modes = claim.pointer("/spec/accessModes").cloned().unwrap_or_default();
    let mut volume = json!({
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": provisioner},
            "finalizers": ["kubernetes.io/pv-protection"],
        },
        "spec": {
            "capacity": {"storage": size},
            "csi": {"driver": provisioner, "volumeHandle": format!("vol-{:.17}", part("/metadata/uid").replace('-', ""))},
            "accessModes": modes,
            "claimRef": {
                "kind": "PersistentVolumeClaim", "namespace": key.namespace, "name": key.name, "uid": part("/metadata/uid"),
                "apiVersion": "v1", "resourceVersion": part("/metadata/resourceVersion"),
            },
            "persistentVolumeReclaimPolicy": text(class, "/reclaimPolicy").unwrap_or("Delete"),
            "storageClassName": text(class, "/metadata/name"),
            "volumeMode": "Filesystem",
        },
        "status": {"phase": "Bound", "lastPhaseTransitionTime": stamp(sim.store.now)},
    });
    let zone = node.and_then(|n| sim.world.ledger.machines.get(n)?.labels.get("topology.kubernetes.io/zone").cloned());
    if let Some(zone) = zone {
        let term = json!([{"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]);
        set(&mut volume, "/spec/nodeAffinity/required/nodeSelectorTerms", term);
    }
    let provisioning = format!("External provisioner is provisioning volume for claim \"{}/{}\"", key.namespace, key.name);
    sim.event(&provisioner, claim, "Normal", "Provisioning", &provisioning);
    if sim.create(VOLUMES, volume, How::by("kube-controller-manager")).is_err() {
        return;
    }
    bound(sim, key, &name, node, &provisioner, &size, &modes);
    sim.event(&provisioner, claim, "Normal", "ProvisioningSucceeded", &format!("Successfully provisioned volume {name}"));
}

fn bound(sim: &mut Sim, key: &Key, volume: &str, node: Option<&str>, provisioner: &str, size: &Value, modes: &Value) {
    let spec = |claim: &mut Value| {
        set(claim, "/spec/volumeName", volume);
        for (name, value) in [("bind-completed", "yes"), ("bound-by-controller", "yes")] {
            set(claim, &format!("/metadata/annotations/pv.kubernetes.io~1{name}"), value);
        }
        set(claim, "/metadata/annotations/volume.kubernetes.io~1storage-provisioner", provisioner);
        if let Some(node) = node {
            set(claim, "/metadata/annotations/volume.kubernetes.io~1selected-node", node);
        }
        Ok(())
    };
    let status = |claim: &mut Value| {
        set(claim, "/status", json!({"phase": "Bound", "accessModes": modes, "capacity": {"storage": size}}));
        Ok(())
    };
    // A claim that went meanwhile leaves its volume released.
    let how = "kube-controller-manager";
    drop(sim.update(CLAIMS, key, How::by(how), spec).and_then(|_| sim.update(CLAIMS, key, How::status(how), status)));
}

/// A claim is gone: its volume goes too, or stays as released.
fn released(sim: &mut Sim, key: &Key) {
    let of = |volume: &Value| text(volume, "/spec/claimRef/namespace") == Some(&key.namespace) && text(volume, "/spec/claimRef/name") == Some(&key.name);
    let found = sim.store.list(VOLUMES, "").map(|v| (v.key.clone(), v.value())).find(|(_, v)| of(v));
    let Some((volume, value)) = found else { return };
    if text(&value, "/spec/persistentVolumeReclaimPolicy") == Some("Delete") {
        let free = |volume: &mut Value| {
            super::super::json::remove(volume, "/metadata/finalizers");
            Ok(())
        };
        drop(sim.update(VOLUMES, &volume, How::by("kube-controller-manager"), free));
        drop(sim.delete(VOLUMES, &volume, &Delete::default()));
    } else {
        let free = |volume: &mut Value| {
            set(volume, "/status/phase", "Released");
            Ok(())
        };
        drop(sim.update(VOLUMES, &volume, How::status("kube-controller-manager"), free));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::controllers::bed::{cluster, pass, pod, see, stands};

    #[test]
    fn a_claim_waits_for_its_pod_and_takes_its_volume_along() {
        let mut sim = cluster(1);
        let class = json!({
            "metadata": {"name": "fast", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "csi.example", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
        });
        sim.create("storageclasses.storage.k8s.io", class, How::by("test")).unwrap();
        let web = pod(&mut sim, "web", json!({}), json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}));
        pass(&mut sim, 3_000);
        assert!(see(&sim, "pods", &web)["status"]["conditions"][0]["message"].as_str().unwrap().contains("persistentvolumeclaim \"data\" not found"));
        let claim = json!({
            "metadata": {"name": "data", "namespace": "shop"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}},
        });
        sim.create(CLAIMS, claim, How::by("test")).unwrap();
        pass(&mut sim, 3_000);
        assert_eq!(stands(&sim, &web), "Running - 1/1 0");
        let key = Key::new("shop", "data");
        let claim = see(&sim, CLAIMS, &key);
        assert_eq!((text(&claim, "/status/phase"), text(&claim, "/status/capacity/storage")), (Some("Bound"), Some("5Gi")));
        assert_eq!(sim.store.list(VOLUMES, "").count(), 1);
        sim.delete(CLAIMS, &key, &Delete::default()).unwrap();
        pass(&mut sim, 1_000);
        assert_eq!(sim.store.list(VOLUMES, "").count(), 0);
    }
}
