//! What workloads have in common: pods made from templates, owners, and the words of the events about both.

use crate::demo::json::{list, remove, set, text};
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::{Change, Key, Object};
use crate::demo::view;
use crate::demo::write::{Delete, How};
use crate::model::selector::Selector;
use serde_json::{Value, json};
use std::sync::Arc;

/// The field manager of all that the controller manager writes.
pub const MANAGER: &str = "kube-controller-manager";

/// Wakes for an object of the kind `id`, and for what objects of the kind `owner` own.
pub fn wake(change: &Change, id: &str, owner: &str, keys: &mut Vec<Key>) {
    if &*change.kind == id {
        keys.extend(change.object().map(|o| o.key.clone()));
        return;
    }
    // What changes its owner matters to both.
    for object in change.old.iter().chain(&change.new) {
        if let Some(owner) = object.controller(owner) {
            let key = Key::new(&object.key.namespace, &owner.name);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
}

/// The reference that makes this object the controller of another.
pub fn reference(owner: &Value) -> Value {
    let field = |place: &str| owner.pointer(place).cloned().unwrap_or_default();
    json!({
        "apiVersion": field("/apiVersion"), "kind": field("/kind"), "name": field("/metadata/name"), "uid": field("/metadata/uid"),
        "controller": true, "blockOwnerDeletion": true,
    })
}

/// The pod that a template describes, for an owner. It is named after the owner by the server.
pub fn pod(template: &Value, owner: &Value) -> Value {
    let field = |place: &str| owner.pointer(place).cloned().unwrap_or_default();
    let stem = format!("{}-", text(owner, "/metadata/name").unwrap_or_default());
    let mut pod = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"generateName": stem, "namespace": field("/metadata/namespace")}});
    for part in ["labels", "annotations", "finalizers"] {
        let place = format!("/metadata/{part}");
        template.pointer(&place).into_iter().for_each(|v| set(&mut pod, &place, v.clone()));
    }
    set(&mut pod, "/metadata/ownerReferences", json!([reference(owner)]));
    set(&mut pod, "/spec", template.pointer("/spec").cloned().unwrap_or_default());
    pod
}

/// Creates a pod, and says so in an event about its owner.
///
/// # Errors
/// Those of [`Sim::create`].
pub fn create_pod(sim: &mut Sim, component: &str, owner: &Value, pod: Value) -> Answer<Arc<Object>> {
    let made = sim.create("pods", pod, How::by(MANAGER));
    match &made {
        Ok(pod) => sim.event(component, owner, "Normal", "SuccessfulCreate", &format!("Created pod: {}", pod.key.name)),
        Err(why) if is_ending(why) => {}
        Err(why) => sim.event(component, owner, "Warning", "FailedCreate", &format!("Error creating: {}", why.message)),
    }
    made
}

/// True where nothing can be made because the namespace is ending: then nobody complains.
pub fn is_ending(why: &Refusal) -> bool {
    why.message.ends_with("because it is being terminated")
}

/// Deletes a pod, and says so in an event about its owner.
pub fn delete_pod(sim: &mut Sim, component: &str, owner: &Value, pod: &Object) {
    match sim.delete("pods", &pod.key, &Delete::default()) {
        Ok(_) => sim.event(component, owner, "Normal", "SuccessfulDelete", &format!("Deleted pod: {}", pod.key.name)),
        Err(why) if why.code == 404 => {}
        Err(why) => sim.event(component, owner, "Warning", "FailedDelete", &format!("Error deleting: {}", why.message)),
    }
}

/// The selector at a place, as `metav1.LabelSelector` has it. None where there is none, which selects nothing.
pub fn selector(value: &Value, place: &str) -> Option<Selector> {
    view::selector(value.pointer(place)?)
}

/// True where the labels of an object fit.
pub fn fits(selector: &Selector, object: &Object) -> bool {
    selector.matches(|key| object.label(key))
}

/// Takes a finalizer away, with which the object goes if it was the last and is being deleted.
pub fn unhold(sim: &mut Sim, id: &str, key: &Key, finalizer: &str) {
    // One that is gone is held by nothing.
    drop(sim.update(id, key, How::by(MANAGER), |object| {
        let rest: Vec<Value> = list(object, "/metadata/finalizers").iter().filter(|f| *f != finalizer).cloned().collect();
        match rest.is_empty() {
            true => drop(remove(object, "/metadata/finalizers")),
            false => set(object, "/metadata/finalizers", rest),
        }
        Ok(())
    }));
}

/// Makes a workload the owner of what it should own and has no owner, and lets go what no longer fits its selector. Looking for what has
/// no owner takes a look at the whole namespace: it is done once for a workload, when it is new.
pub fn claim(sim: &mut Sim, id: &str, owner: &Value, selector: &Selector, is_new: bool) {
    let uid = text(owner, "/metadata/uid").unwrap_or_default();
    let namespace = text(owner, "/metadata/namespace").unwrap_or_default();
    let strays: Vec<Key> = sim.store.owned(id, uid).filter(|o| *o.owner == *uid && !fits(selector, o)).map(|o| o.key.clone()).collect();
    for key in strays {
        let let_go = |object: &mut Value| {
            let mut owners = list(object, "/metadata/ownerReferences").to_vec();
            owners.retain(|o| text(o, "/uid") != Some(uid));
            match owners.is_empty() {
                true => drop(remove(object, "/metadata/ownerReferences")),
                false => set(object, "/metadata/ownerReferences", owners),
            }
            Ok(())
        };
        // What is gone in the meantime needs no letting go.
        drop(sim.update(id, &key, How::by(MANAGER), let_go));
    }
    if !is_new {
        return;
    }
    let ends = |o: &Object| text(&o.value(), "/metadata/deletionTimestamp").is_some();
    let orphans = sim.store.list(id, namespace).filter(|o| o.owner.is_empty() && fits(selector, o) && !ends(o));
    let orphans: Vec<Key> = orphans.filter(|o| id != "pods" || o.view().is_active()).map(|o| o.key.clone()).collect();
    for key in orphans {
        let adopt = |object: &mut Value| {
            let mut owners = list(object, "/metadata/ownerReferences").to_vec();
            owners.push(reference(owner));
            set(object, "/metadata/ownerReferences", owners);
            Ok(())
        };
        drop(sim.update(id, &key, How::by(MANAGER), adopt));
    }
}
