//! PersistentVolumeClaims are bound to volumes that their storage class makes, and volumes go with their claims, as the class says. Volumes
//! that an administrator has made beforehand are taken first. Which pod uses a volume where is not looked at.

#[cfg(test)]
mod tests;

use super::own::MANAGER;
use super::state::{is_deleted, write_status};
use crate::demo::json::{Millis, instant, list, or_set, set, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::status::Answer;
use crate::demo::store::{Change, Key, Store};
use crate::demo::write::{Delete, How};
use crate::model::quantity::quantity;
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: COMPONENT, wakes, reconcile };

const COMPONENT: &str = "persistentvolume-controller";
const CLAIMS: &str = "persistentvolumeclaims";
const VOLUMES: &str = "persistentvolumes";
const CLASSES: &str = "storageclasses.storage.k8s.io";
/// How long a provisioner takes to make a volume.
const MAKING: Millis = 1_500;
/// The machine that a claim's first pod has: what a class with `WaitForFirstConsumer` waits for. The scheduler writes it.
pub(super) const MACHINE: &str = "/metadata/annotations/volume.kubernetes.io~1selected-node";
const IS_DEFAULT: &str = "storageclass.kubernetes.io/is-default-class";

/// Keys are claims, and volumes under the empty namespace.
fn wakes(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    match &*change.kind {
        CLAIMS => {
            keys.extend(change.object().map(|o| o.key.clone()));
            let volume = change.old.as_ref().filter(|_| change.new.is_none()).map(|o| o.value());
            keys.extend(volume.and_then(|v| Some(Key::new("", text(&v, "/spec/volumeName")?))));
        }
        VOLUMES => keys.extend(change.object().map(|o| o.key.clone())),
        CLASSES => keys.extend(store.list(CLAIMS, "").map(|o| o.key.clone())),
        _ => {}
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    if key.namespace.is_empty() { keep(sim, key) } else { bind(sim, key) }
}

/// The class that a claim names, or the default one.
fn class(sim: &Sim, claim: &Value) -> Option<Arc<Value>> {
    match text(claim, "/spec/storageClassName") {
        Some("") => None,
        Some(name) => sim.store.get(CLASSES, "", name).map(|o| o.value()),
        None => {
            let default = |c: &Arc<Value>| c.pointer("/metadata/annotations").and_then(|a| a.get(IS_DEFAULT)) == Some(&json!("true"));
            sim.store.list(CLASSES, "").map(|o| o.value()).find(default)
        }
    }
}

fn bind(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let claim = sim.store.table(CLAIMS)?.get(key)?.value();
    if is_deleted(&claim) || text(&claim, "/status/phase") == Some("Bound") {
        return None;
    }
    if let Some(volume) = free_volume(sim, &claim) {
        // What changed in the meantime wakes again.
        drop(tie(sim, &claim, &volume));
        return None;
    }
    write_phase(sim, CLAIMS, &claim, "Pending");
    let Some(class) = class(sim, &claim) else {
        let named = text(&claim, "/spec/storageClassName").filter(|n| !n.is_empty());
        match named {
            Some(name) => {
                let told = format!("storageclass.storage.k8s.io \"{name}\" not found");
                sim.event(COMPONENT, &claim, "Warning", "ProvisioningFailed", &told);
            }
            None => {
                let told = "no persistent volumes available for this claim and no storage class is set";
                sim.event(COMPONENT, &claim, "Normal", "FailedBinding", told);
            }
        }
        return None;
    };
    if text(&class, "/volumeBindingMode") == Some("WaitForFirstConsumer") && text(&claim, MACHINE).is_none() {
        sim.event(COMPONENT, &claim, "Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
        return None;
    }
    let provisioner = text(&class, "/provisioner").unwrap_or_default();
    let ready = instant(text(&claim, "/metadata/creationTimestamp")?)? + MAKING;
    if ready > sim.store.now {
        let told = format!(
            "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If \
             volume creation is delayed, please verify that the provisioner is running and correctly registered."
        );
        sim.event(COMPONENT, &claim, "Normal", "ExternalProvisioning", &told);
        return Some(ready - sim.store.now);
    }
    let volume = volume(&claim, &class);
    let name = text(&volume, "/metadata/name").unwrap_or_default().to_owned();
    if let Ok(volume) = sim.create(VOLUMES, volume, How::by("csi-provisioner")) {
        sim.event(provisioner, &claim, "Normal", "ProvisioningSucceeded", &format!("Successfully provisioned volume {name}"));
        drop(tie(sim, &claim, &volume.value()));
    }
    None
}

/// The smallest volume without a claim that is large enough, or the one that was made for this claim.
fn free_volume(sim: &Sim, claim: &Value) -> Option<Arc<Value>> {
    let size = |v: &Value, place: &str| text(v, place).and_then(quantity).unwrap_or_default();
    let (uid, wanted) = (text(claim, "/metadata/uid"), size(claim, "/spec/resources/requests/storage"));
    let class = |v: &Value| text(v, "/spec/storageClassName").unwrap_or_default().to_owned();
    let mine = |v: &Value| v.pointer("/spec/claimRef/uid").is_some_and(|u| u.as_str() == uid);
    let free = |v: &Value| {
        v.pointer("/spec/claimRef").is_none()
            && class(v) == class(claim)
            && size(v, "/spec/capacity/storage") >= wanted
            && list(claim, "/spec/accessModes").iter().all(|m| list(v, "/spec/accessModes").contains(m))
            && text(claim, "/spec/volumeName").is_none_or(|n| text(v, "/metadata/name") == Some(n))
    };
    let mut all: Vec<Arc<Value>> = sim.store.list(VOLUMES, "").map(|o| o.value()).filter(|v| mine(v) || free(v)).collect();
    all.sort_by(|a, b| mine(b).cmp(&mine(a)).then(size(a, "/spec/capacity/storage").total_cmp(&size(b, "/spec/capacity/storage"))));
    all.into_iter().next()
}

fn claim_ref(claim: &Value) -> Value {
    let field = |place: &str| claim.pointer(place).cloned().unwrap_or_default();
    json!({
        "kind": "PersistentVolumeClaim", "namespace": field("/metadata/namespace"), "name": field("/metadata/name"),
        "uid": field("/metadata/uid"), "apiVersion": "v1", "resourceVersion": field("/metadata/resourceVersion"),
    })
}

/// Binds a volume and a claim to each other.
fn tie(sim: &mut Sim, claim: &Value, volume: &Value) -> Answer<()> {
    let name = text(volume, "/metadata/name").unwrap_or_default();
    let to = claim_ref(claim);
    let bound = sim.update(VOLUMES, &Key::new("", name), How::by(MANAGER), |v| {
        or_set(v, "/spec/claimRef", to);
        Ok(())
    })?;
    write_phase(sim, VOLUMES, &bound.value(), "Bound");
    let class = text(volume, "/spec/storageClassName").map(str::to_owned);
    let stored = sim.update(CLAIMS, &Key::of(claim), How::by(MANAGER), |c| {
        set(c, "/spec/volumeName", name);
        set(c, "/metadata/annotations/pv.kubernetes.io~1bind-completed", "yes");
        set(c, "/metadata/annotations/pv.kubernetes.io~1bound-by-controller", "yes");
        class.into_iter().for_each(|class| or_set(c, "/spec/storageClassName", class));
        Ok(())
    })?;
    let status = json!({
        "phase": "Bound", "accessModes": volume.pointer("/spec/accessModes"), "capacity": volume.pointer("/spec/capacity"),
    });
    write_status(sim, CLAIMS, &stored.value(), status);
    Ok(())
}

fn write_phase(sim: &mut Sim, id: &str, object: &Value, phase: &str) {
    let mut status = object.pointer("/status").cloned().unwrap_or_else(|| json!({}));
    set(&mut status, "/phase", phase);
    write_status(sim, id, object, status);
}

/// The volume that a class makes for a claim.
fn volume(claim: &Value, class: &Value) -> Value {
    let field = |place: &str| claim.pointer(place).cloned().unwrap_or_default();
    let name = format!("pvc-{}", text(claim, "/metadata/uid").unwrap_or_default());
    let provisioner = text(class, "/provisioner").unwrap_or_default();
    json!({
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": provisioner}},
        "spec": {
            "capacity": {"storage": field("/spec/resources/requests/storage")},
            "csi": {"driver": provisioner, "volumeHandle": name, "fsType": "ext4"},
            "accessModes": field("/spec/accessModes"), "claimRef": claim_ref(claim),
            "persistentVolumeReclaimPolicy": text(class, "/reclaimPolicy").unwrap_or("Delete"),
            "storageClassName": class.pointer("/metadata/name"),
            "volumeMode": text(claim, "/spec/volumeMode").unwrap_or("Filesystem"),
        },
    })
}

/// Says what a volume is, and what becomes of one whose claim is gone.
fn keep(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let value = sim.store.table(VOLUMES)?.get(key)?.value();
    let Some(to) = value.pointer("/spec/claimRef") else {
        write_phase(sim, VOLUMES, &value, "Available");
        return None;
    };
    let at = (text(to, "/namespace").unwrap_or_default(), text(to, "/name").unwrap_or_default());
    let lives = sim.store.get(CLAIMS, at.0, at.1).is_some_and(|c| text(to, "/uid").is_none_or(|uid| *c.uid == *uid));
    match text(&value, "/spec/persistentVolumeReclaimPolicy") {
        _ if lives => {}
        Some("Delete") => drop(sim.delete(VOLUMES, key, &Delete::default())),
        _ => write_phase(sim, VOLUMES, &value, "Released"),
    }
    None
}
