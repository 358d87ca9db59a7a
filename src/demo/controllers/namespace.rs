//! Namespaces: what is in each from the start (the `default` service account, the certificate of the cluster's authority), and how one
//! ends: everything in it goes, then it goes itself.

#[cfg(test)]
mod tests;

use super::own::MANAGER;
use super::condition;
use super::state::write_status;
use crate::demo::json::{Millis, list, set, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Store};
use crate::demo::write::{Delete, How};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: "namespace-controller", wakes, reconcile };

const ID: &str = "namespaces";
/// What keeps a namespace until it is empty: in `spec.finalizers`, unlike those of other objects.
const FINALIZER: &str = "kubernetes";
const ACCOUNT: (&str, &str) = ("serviceaccounts", "default");
const AUTHORITY: (&str, &str) = ("configmaps", "kube-root-ca.crt");
/// Stands for the certificate: nothing in a simulated cluster reads it.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
/// How long to wait for pods that still end.
const PATIENCE: Millis = 1_000;

fn wakes(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let Some(object) = change.object() else { return };
    if &*change.kind == ID {
        keys.push(object.key.clone());
    } else if change.new.is_none() && !object.key.namespace.is_empty() {
        let made = [ACCOUNT, AUTHORITY].contains(&(&*change.kind, &*object.key.name));
        let ends = || store.get(ID, "", &object.key.namespace).is_some_and(|n| n.view().deleted.is_some());
        if made || ends() {
            keys.push(Key::new("", &object.key.namespace));
        }
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let value = sim.store.table(ID)?.get(key)?.value();
    if text(&value, "/metadata/deletionTimestamp").is_some() {
        return empty(sim, key, &value);
    }
    if list(&value, "/spec/finalizers").is_empty() {
        // It was just there, and nobody else changes this.
        drop(sim.update(ID, key, finalize(), |n| {
            set(n, "/spec/finalizers", json!([FINALIZER]));
            Ok(())
        }));
    }
    let name = &*key.name;
    let (account, authority) = (json!({"metadata": {"name": ACCOUNT.1, "namespace": name}}), authority(name));
    for ((id, of), object) in [(ACCOUNT, account), (AUTHORITY, authority)] {
        if sim.store.get(id, name, of).is_none() {
            drop(sim.create(id, object, How::by(MANAGER)));
        }
    }
    None
}

fn finalize() -> How<'static> {
    How { subresource: "finalize", ..How::by(MANAGER) }
}

fn authority(namespace: &str) -> Value {
    let about = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service \
                 IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
    json!({
        "metadata": {"name": AUTHORITY.1, "namespace": namespace, "annotations": {"kubernetes.io/description": about}},
        "data": {"ca.crt": CERTIFICATE},
    })
}

/// Deletes what is in a namespace, says what is left, and lets the namespace go when nothing is.
fn empty(sim: &mut Sim, key: &Key, value: &Value) -> Option<Millis> {
    let kinds: Vec<String> = sim.store.tables().iter().filter(|t| t.resource.namespaced).map(|t| t.resource.id()).collect();
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    let mut finalizers: BTreeMap<String, usize> = BTreeMap::new();
    for kind in &kinds {
        let all: Vec<Key> = sim.store.list(kind, &key.name).map(|o| o.key.clone()).collect();
        for object in &all {
            // One that is gone is deleted, and one that is being deleted stays as it is.
            drop(sim.delete(kind, object, &Delete::default()));
        }
        let rest: Vec<_> = sim.store.list(kind, &key.name).collect();
        if rest.is_empty() {
            continue;
        }
        rest.iter().flat_map(|o| o.view().finalizers.iter()).for_each(|f| *finalizers.entry(f.to_string()).or_default() += 1);
        let resource = sim.resource(kind).ok()?;
        // The core group has no name, but its point is there.
        left.insert(format!("{}.{}", resource.plural, resource.group), rest.len());
    }
    if !left.is_empty() {
        tell(sim, value, &left, &finalizers);
        return Some(PATIENCE - sim.store.now % PATIENCE);
    }
    // The last finalizer takes the namespace with it.
    drop(sim.update(ID, key, finalize(), |n| {
        let rest: Vec<Value> = list(n, "/spec/finalizers").iter().filter(|f| *f != FINALIZER).cloned().collect();
        set(n, "/spec/finalizers", rest);
        Ok(())
    }));
    None
}

/// Writes the conditions of a namespace that ends, in the words of `pkg/controller/namespace/deletion/status_condition_utils.go`.
fn tell(sim: &mut Sim, value: &Value, left: &BTreeMap<String, usize>, finalizers: &BTreeMap<String, usize>) {
    let counted = |all: &BTreeMap<String, usize>, what: &str| {
        all.iter().map(|(of, n)| format!("{of} {what} {n} resource instances")).collect::<Vec<_>>().join(", ")
    };
    let content = format!("Some resources are remaining: {}", counted(left, "has"));
    let held = format!("Some content in the namespace has finalizers remaining: {}", counted(finalizers, "in"));
    let conditions = [
        ["NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"],
        ["NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"],
        ["NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
        ["NamespaceContentRemaining", "True", "SomeResourcesRemain", &content],
        match finalizers.is_empty() {
            true => ["NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", "All content-preserving finalizers finished"],
            false => ["NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", &held],
        },
    ];
    let mut status = value.pointer("/status").cloned().unwrap_or_else(|| json!({}));
    for [sort, is, reason, message] in conditions {
        let new = condition::plain(&status, sim.store.now, [sort, is, reason, message]);
        condition::renew(&mut status, sort, new);
    }
    write_status(sim, ID, value, status);
}
