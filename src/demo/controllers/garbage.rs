//! What an owner leaves behind: its dependents go after it, go before it, or stay, as its deletion was asked for.

#[cfg(test)]
mod tests;

use super::own::{self, MANAGER};
use crate::demo::json::{Millis, list, remove, set, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Object, Owner, Store};
use crate::demo::write::{Delete, How, Propagation};
use memchr::memmem;
use serde_json::Value;
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: "garbage-collector", wakes, reconcile };

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// Keys here are owners: `KIND/NAMESPACE/NAME` and the uid, because an owner may be gone and another have its name.
fn owner_key(id: &str, key: &Key, uid: &str) -> Key {
    Key::new(&format!("{id}/{}/{}", key.namespace, key.name), uid)
}

/// The key of the owner that an object names. None where its kind is not served.
fn named(store: &Store, object: &Object, owner: &Owner) -> Option<(String, Key)> {
    let group = owner.api.rsplit_once('/').map_or("", |(group, _)| group);
    let resource = store.tables().iter().map(|t| &t.resource).find(|r| *r.kind == *owner.kind && r.group == group)?;
    let namespace = if resource.namespaced { &*object.key.namespace } else { "" };
    Some((resource.id(), Key::new(namespace, &owner.name)))
}

fn wakes(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let (old, new) = (change.old.as_deref(), change.new.as_deref());
    // Dependents that came may have come too late, and one that went may be what its owner waits for.
    if let Some(object) = old.or(new).filter(|_| old.is_none() || new.is_none()) {
        for owner in &object.owners {
            keys.extend(named(store, object, owner).map(|(id, key)| owner_key(&id, &key, &owner.uid)));
        }
    }
    let ends = match new {
        None => true,
        Some(new) => {
            memmem::find(&new.json, b"\"deletionTimestamp\":").is_some()
                && new.view().finalizers.iter().any(|f| [FOREGROUND, ORPHAN].contains(&&**f))
        }
    };
    if let Some(object) = old.or(new).filter(|_| ends) {
        keys.push(owner_key(&change.kind, &object.key, &object.uid));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let mut parts = key.namespace.splitn(3, '/');
    let (id, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    let uid = &*key.name;
    let at = Key::new(namespace, name);
    match sim.store.table(id).and_then(|t| t.get(&at)).filter(|o| *o.uid == *uid).cloned() {
        None => bury(sim, uid),
        Some(owner) if owner.view().deleted.is_none() => {}
        Some(owner) if has(&owner, ORPHAN) => {
            dependents(sim, uid).iter().for_each(|(kind, object)| disown(sim, kind, &object.key, &|o| text(o, "/uid") == Some(uid)));
            own::unhold(sim, id, &at, ORPHAN);
        }
        Some(owner) if has(&owner, FOREGROUND) => wait(sim, id, &owner),
        Some(_) => {}
    }
    None
}

fn has(object: &Object, finalizer: &str) -> bool {
    object.view().finalizers.iter().any(|f| **f == *finalizer)
}

/// All that name this uid among their owners, with their kinds.
fn dependents(sim: &Sim, uid: &str) -> Vec<(String, Arc<Object>)> {
    let of = |t: &crate::demo::store::Table| t.owned(uid).map(|o| (t.resource.id(), Arc::clone(o))).collect::<Vec<_>>();
    sim.store.tables().iter().flat_map(of).collect()
}

/// Deletes what an owner that is gone has left. What has another owner stays with that one.
fn bury(sim: &mut Sim, uid: &str) {
    for (kind, object) in dependents(sim, uid) {
        let lives = |owner: &Owner| {
            let found = named(&sim.store, &object, owner).and_then(|(id, key)| sim.store.table(&id)?.get(&key).cloned());
            found.is_some_and(|o| o.uid == owner.uid && !has(&o, FOREGROUND))
        };
        let living: Vec<&str> = object.owners.iter().filter(|o| lives(o)).map(|o| &*o.uid).collect();
        if living.is_empty() {
            delete(sim, &kind, &object, false);
        } else {
            disown(sim, &kind, &object.key, &|o| !text(o, "/uid").is_some_and(|uid| living.contains(&uid)));
        }
    }
}

/// Deletes what has to go before an owner, and lets the owner go when all of it is gone.
fn wait(sim: &mut Sim, id: &str, owner: &Object) {
    let all = dependents(sim, &owner.uid);
    let mut blocking = all.iter().filter(|(_, o)| o.owners.iter().any(|o| o.uid == owner.uid && o.blocks)).peekable();
    if blocking.peek().is_none() {
        return own::unhold(sim, id, &owner.key, FOREGROUND);
    }
    for (kind, object) in blocking {
        let others = |o: &Owner| {
            let found = named(&sim.store, object, o).and_then(|(id, key)| sim.store.table(&id)?.get(&key).cloned());
            o.uid != owner.uid && found.is_some_and(|f| f.uid == o.uid && !has(&f, FOREGROUND))
        };
        if object.owners.iter().any(others) {
            disown(sim, kind, &object.key, &|o| text(o, "/uid") == Some(&*owner.uid));
        } else {
            delete(sim, kind, object, true);
        }
    }
}

/// Deletes a dependent: in the foreground if it has dependents itself and its owner waits, else as it was asked for before.
fn delete(sim: &mut Sim, kind: &str, object: &Object, owner_waits: bool) {
    if object.view().deleted.is_some() {
        return;
    }
    let propagation = match () {
        () if owner_waits && !dependents(sim, &object.uid).is_empty() => Propagation::Foreground,
        () if has(object, ORPHAN) => Propagation::Orphan,
        () if has(object, FOREGROUND) => Propagation::Foreground,
        () => Propagation::Background,
    };
    // One that is gone is deleted.
    drop(sim.delete(kind, &object.key, &Delete { propagation, uid: Some(object.uid.to_string()), ..Delete::default() }));
}

/// Takes owners away from an object.
fn disown(sim: &mut Sim, kind: &str, key: &Key, which: &dyn Fn(&Value) -> bool) {
    drop(sim.update(kind, key, How::by(MANAGER), |object| {
        let rest: Vec<Value> = list(object, "/metadata/ownerReferences").iter().filter(|o| !which(o)).cloned().collect();
        match rest.is_empty() {
            true => drop(remove(object, "/metadata/ownerReferences")),
            false => set(object, "/metadata/ownerReferences", rest),
        }
        Ok(())
    }));
}
