//! The one way objects are written, by users and controllers alike: what API machinery does to a request before it reaches the store.

use super::controllers::definition::{self, DEFINITIONS};
use super::json::{at, entries, int, later, list, or_set, remove, set, stamp, text};
use super::managed::{self, Writer};
use super::resource::Resource;
use super::sim::Sim;
use super::status::{Answer, Refusal};
use super::store::{Key, Object};
use super::{admission, defaults, quota, validate};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How something is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct How<'a> {
    /// The field manager.
    pub manager: &'a str,
    /// `status` where that is written; empty for the object itself.
    pub subresource: &'a str,
    /// Everything but the storing.
    pub dry_run: bool,
    /// True for what [`managed::apply`] made: its managed fields are complete.
    pub applied: bool,
}

impl<'a> How<'a> {
    /// A controller writes an object.
    pub fn by(manager: &'a str) -> Self {
        Self { manager, ..Self::default() }
    }

    /// True where more than a part of the object is written; `scale` and `finalize` write what is wanted.
    fn is_whole(&self) -> bool {
        matches!(self.subresource, "" | "scale" | "finalize")
    }

    /// A controller writes the status of an object.
    pub fn status(manager: &'a str) -> Self {
        Self { manager, subresource: "status", ..Self::default() }
    }
}

/// What becomes of the objects that an object owns.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// They go after it.
    #[default]
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// `DeleteOptions`.
#[derive(Clone, Debug, Default)]
pub struct Delete {
    /// Seconds that a pod has; its own where it is none.
    pub grace: Option<i64>,
    /// What becomes of what it owns.
    pub propagation: Propagation,
    /// The uid that it must have.
    pub uid: Option<String>,
    /// The version that it must have.
    pub version: Option<String>,
    /// Everything but the removal.
    pub dry_run: bool,
}

impl Sim {
    /// Creates an object. Its namespace has to be in its metadata.
    ///
    /// # Errors
    /// As a server words them: the name is taken, the namespace is missing or ends, the object is invalid.
    pub fn create(&mut self, id: &str, mut value: Value, how: How<'_>) -> Answer<Arc<Object>> {
        let resource = self.resource(id)?;
        let namespace = text(&value, "/metadata/namespace").unwrap_or_default().to_owned();
        if resource.namespaced {
            self.may_create_in(&resource, &namespace)?;
        }
        if text(&value, "/metadata/name").unwrap_or_default().is_empty() {
            let stem = text(&value, "/metadata/generateName").unwrap_or_default().to_owned();
            if !stem.is_empty() {
                let name = stem + &self.store.suffix(5);
                set(&mut value, "/metadata/name", name);
            }
        }
        let key = Key::of(&value);
        let uid = self.store.uid();
        let fields = remove(&mut value, "/metadata/managedFields").filter(|_| how.applied);
        complete(&resource, &mut value, &uid, &stamp(self.store.now));
        fields.into_iter().for_each(|f| set(&mut value, "/metadata/managedFields", f));
        defaults::fill(&resource, &mut value);
        self.track(&resource, None, &mut value, how);
        admission::complete(self, &resource, &mut value)?;
        self.admit(&resource, None, &mut value, how)?;
        // What could not be stored under any name is refused first.
        if self.store.table(id).is_some_and(|t| t.get(&key).is_some()) {
            return Err(Refusal::exists(&resource, &key.name));
        }
        quota::admit(self, &resource, &value, how.dry_run)?;
        self.finish(&resource, value, how)
    }

    /// Changes an object. `change` gets it as it is.
    ///
    /// # Errors
    /// As a server words them, and what `change` answers.
    pub fn update(&mut self, id: &str, key: &Key, how: How<'_>, change: impl FnOnce(&mut Value) -> Answer<()>) -> Answer<Arc<Object>> {
        let resource = self.resource(id)?;
        let live = self.store.table(id).and_then(|t| t.get(key)).ok_or_else(|| Refusal::not_found(&resource, &key.name))?;
        let (live, old) = (Arc::clone(live), live.value());
        let mut new = Value::clone(&old);
        change(&mut new)?;
        if text(&new, "/metadata/resourceVersion").is_some_and(|v| !v.is_empty() && v != live.version.to_string()) {
            return Err(Refusal::modified(&resource, &key.name));
        }
        keep(&old, &mut new, how.subresource, resource.has("status"));
        defaults::fill(&resource, &mut new);
        if new == *old {
            return Ok(live);
        }
        if how.is_whole() && old.pointer("/metadata/generation").is_some() && is_next(&resource, &old, &new) {
            set(&mut new, "/metadata/generation", int(&old, "/metadata/generation").unwrap_or_default() + 1);
        }
        self.track(&resource, Some(&old), &mut new, how);
        if how.is_whole() {
            defaults::complete(&resource, &mut new);
        }
        self.admit(&resource, Some(&old), &mut new, how)?;
        let stored = self.finish(&resource, new, how)?;
        if !how.dry_run && text(&old, "/metadata/deletionTimestamp").is_some() {
            self.end(id, key);
        }
        Ok(stored)
    }

    /// Deletes an object, or begins to: pods have their grace, and finalizers keep it until they are gone. What it is, or was at last.
    ///
    /// # Errors
    /// There is none, or it does not meet the preconditions.
    pub fn delete(&mut self, id: &str, key: &Key, how: &Delete) -> Answer<Arc<Object>> {
        let resource = self.resource(id)?;
        let live = self.store.table(id).and_then(|t| t.get(key)).ok_or_else(|| Refusal::not_found(&resource, &key.name))?;
        let live = Arc::clone(live);
        meets(&resource, &live, how)?;
        if id == "namespaces" && IMMORTAL.contains(&&*key.name) {
            return Err(Refusal::forbidden(&resource, &key.name, "this namespace may not be deleted"));
        }
        if how.dry_run {
            return Ok(live);
        }
        let before = live.value();
        let mut value = Value::clone(&before);
        let pod = id == "pods" && !matches!(text(&value, "/status/phase"), Some("Succeeded" | "Failed"));
        let placed = text(&value, "/spec/nodeName").is_some_and(|n| !n.is_empty());
        let own = int(&value, "/spec/terminationGracePeriodSeconds").unwrap_or(30);
        let grace = if pod && placed { how.grace.unwrap_or(own) } else { 0 };
        match how.propagation {
            Propagation::Foreground => finalizer(&mut value, "foregroundDeletion"),
            Propagation::Orphan => finalizer(&mut value, "orphan"),
            Propagation::Background => {}
        }
        match id {
            "namespaces" => set(&mut value, "/status/phase", "Terminating"),
            DEFINITIONS => definition::begin_to_end(&mut value, self.store.now),
            _ => {}
        }
        // Who asks again can only have it sooner.
        if int(&value, "/metadata/deletionGracePeriodSeconds").is_none_or(|g| g > grace) {
            set(&mut value, "/metadata/deletionTimestamp", stamp(later(self.store.now, grace)));
            set(&mut value, "/metadata/deletionGracePeriodSeconds", grace);
        }
        let generation = int(&value, "/metadata/generation").unwrap_or_default() + 1;
        if int(&value, "/metadata/generation").is_some() && text(&before, "/metadata/deletionTimestamp").is_none() {
            set(&mut value, "/metadata/generation", generation);
        }
        let stays = grace > 0 || !list(&value, "/metadata/finalizers").is_empty() || !list(&value, "/spec/finalizers").is_empty();
        if !stays {
            return self.store.remove(id, key).ok_or_else(|| Refusal::not_found(&resource, &key.name));
        }
        if value == *before {
            return Ok(live);
        }
        self.store.put(id, value).ok_or_else(|| Refusal::not_found(&resource, &key.name))
    }

    /// Takes an object out whose deletion nothing holds up any more.
    fn end(&mut self, id: &str, key: &Key) {
        let Some(object) = self.store.table(id).and_then(|t| t.get(key)) else { return };
        let value = object.value();
        let held = !list(&value, "/metadata/finalizers").is_empty() || !list(&value, "/spec/finalizers").is_empty();
        let graceful = id == "pods" && int(&value, "/metadata/deletionGracePeriodSeconds").unwrap_or_default() > 0;
        if !held && !graceful {
            self.store.remove(id, key);
        }
    }

    /// The kind of this id.
    ///
    /// # Errors
    /// 404 where it is not served.
    pub fn resource(&self, id: &str) -> Answer<Arc<Resource>> {
        self.store.table(id).map(|t| Arc::clone(&t.resource)).ok_or_else(Refusal::no_such_path)
    }

    fn may_create_in(&self, resource: &Resource, namespace: &str) -> Answer<()> {
        let Some(found) = self.store.get("namespaces", "", namespace) else {
            let namespaces = self.resource("namespaces")?;
            return Err(Refusal::not_found(&namespaces, namespace));
        };
        let ends = text(&found.value(), "/status/phase") == Some("Terminating");
        // Events still tell of the end.
        if ends && resource.id() != "events" {
            let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
            return Err(Refusal::forbidden(resource, "", &why));
        }
        Ok(())
    }

    fn admit(&mut self, resource: &Resource, old: Option<&Value>, new: &mut Value, how: How<'_>) -> Answer<()> {
        // Subresources come from the parts of the cluster itself, very often, and touch little.
        let causes = if how.is_whole() { validate::check(resource, old, new) } else { Vec::new() };
        if causes.is_empty() { Ok(()) } else { Err(Refusal::invalid(resource, text(new, "/metadata/name").unwrap_or_default(), &causes)) }
    }

    fn track(&self, resource: &Resource, old: Option<&Value>, new: &mut Value, how: How<'_>) {
        let writer = Writer { manager: how.manager, subresource: how.subresource, now: self.store.now };
        if !how.applied && how.subresource != "binding" {
            managed::track(resource, old, new, &writer);
        }
    }

    fn finish(&mut self, resource: &Resource, mut new: Value, how: How<'_>) -> Answer<Arc<Object>> {
        if how.dry_run {
            if text(&new, "/metadata/resourceVersion") == Some("") {
                remove(&mut new, "/metadata/resourceVersion");
            }
            return Ok(Arc::new(Object::encode(resource, &new)));
        }
        self.store.put(&resource.id(), new).ok_or_else(Refusal::no_such_path)
    }
}

/// Namespaces that no one can delete (the admission plugin NamespaceLifecycle).
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Built-in kinds whose changes of what is wanted are counted.
const GENERATIONS: [&str; 15] = [
    "pods",
    "replicationcontrollers",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
    "poddisruptionbudgets",
    "ingresses",
    "ingressclasses",
    "networkpolicies",
    "endpointslices",
    "priorityclasses",
    "customresourcedefinitions",
];

/// Gives a new object what every object has, in the order of the API's types.
fn complete(resource: &Resource, value: &mut Value, uid: &str, now: &str) {
    set(value, "/metadata/uid", uid);
    or_set(value, "/metadata/creationTimestamp", now);
    // Its place among the others; the store has the value.
    set(value, "/metadata/resourceVersion", "");
    for place in ["/metadata/deletionTimestamp", "/metadata/managedFields", "/metadata/selfLink"] {
        remove(value, place);
    }
    if resource.custom || GENERATIONS.contains(&resource.plural.as_str()) {
        set(value, "/metadata/generation", 1);
    }
    let mut whole = json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": ordered(value)});
    for (key, part) in entries(value, "").filter(|(k, _)| !["kind", "apiVersion", "metadata"].contains(k)) {
        if let Some(map) = whole.as_object_mut() {
            map.insert(key.to_owned(), part.clone());
        }
    }
    if resource.has("status") && !resource.custom {
        or_set(&mut whole, "/status", json!({}));
    }
    *value = whole;
}

/// The metadata, in the order of `metav1.ObjectMeta`.
fn ordered(value: &Value) -> Value {
    const ORDER: [&str; 12] = [
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "labels",
        "annotations",
        "ownerReferences",
        "finalizers",
        "managedFields",
    ];
    let known = ORDER.iter().filter_map(|k| Some((*k, value.pointer("/metadata")?.get(k)?)));
    Value::Object(known.map(|(k, v)| (k.to_owned(), v.clone())).collect())
}

/// Puts back what a write of this subresource must not touch.
fn keep(old: &Value, new: &mut Value, subresource: &str, has_status: bool) {
    const METADATA: [&str; 9] = [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "resourceVersion",
        "generateName",
    ];
    if subresource == "status" {
        let status = new.pointer_mut("/status").map(Value::take);
        let managed = new.pointer_mut("/metadata/managedFields").map(Value::take);
        // A Deployment's number is written with its status.
        let notes = new.pointer("/metadata/annotations").filter(|_| text(old, "/kind") == Some("Deployment")).cloned();
        *new = old.clone();
        notes.into_iter().for_each(|n| set(new, "/metadata/annotations", n));
        status.into_iter().for_each(|s| set(new, "/status", s));
        managed.into_iter().for_each(|m| set(new, "/metadata/managedFields", m));
        return;
    }
    if subresource == "ephemeralcontainers" {
        let added = new.pointer_mut("/spec/ephemeralContainers").map(Value::take);
        let managed = new.pointer_mut("/metadata/managedFields").map(Value::take);
        *new = old.clone();
        added.into_iter().for_each(|a| set(new, "/spec/ephemeralContainers", a));
        managed.into_iter().for_each(|m| set(new, "/metadata/managedFields", m));
        return;
    }
    for name in METADATA {
        put_back(old, new, &format!("/metadata/{name}"));
    }
    // What holds a namespace is let go in one way only, and that is all there is to its spec.
    if text(old, "/kind") == Some("Namespace") && subresource != "finalize" {
        set(new, "/spec", old.pointer("/spec").cloned().unwrap_or_else(|| json!({})));
    }
    // Binding a pod sets its machine and a condition at once.
    if has_status && subresource != "binding" {
        put_back(old, new, "/status");
    }
}

/// Puts back what is at a place, where that is not there any more.
fn put_back(old: &Value, new: &mut Value, place: &str) {
    match at(old, place) {
        was if was == at(new, place) => {}
        Some(was) => set(new, place, was.clone()),
        None => drop(remove(new, place)),
    }
}

/// True where a change makes a new generation. For deployments also annotations do.
fn is_next<'v>(resource: &Resource, old: &'v Value, new: &'v Value) -> bool {
    let annotations = |of: &'v Value| at(of, "/metadata/annotations");
    let noted = resource.plural == "deployments" && annotations(old) != annotations(new);
    let counts = |(part, _): &(&str, &Value)| *part != "metadata" && (*part != "status" || !resource.has("status"));
    let parts = |of: &'v Value| entries(of, "").filter(counts).collect::<BTreeMap<_, _>>();
    noted || parts(old) != parts(new)
}

fn meets(resource: &Resource, live: &Object, how: &Delete) -> Answer<()> {
    let version = live.version.to_string();
    for (what, want, is) in [("UID", &how.uid, &*live.uid), ("ResourceVersion", &how.version, &*version)] {
        if let Some(want) = want.as_deref().filter(|w| *w != is) {
            let mut kind = resource.clone();
            kind.plural = resource.kind.clone(); // as `BeforeDelete` of k8s.io/apiserver names it
            let past = if what == "UID" { "deleted and then recreated" } else { "modified" };
            let why = format!(
                "the {what} in the precondition ({want}) does not match the {what} in record ({is}). The object might have been {past}"
            );
            return Err(Refusal::conflict(&kind, &live.key.name, &why));
        }
    }
    Ok(())
}

/// Has a finalizer keep an object.
pub(super) fn finalizer(value: &mut Value, name: &str) {
    let mut all = list(value, "/metadata/finalizers").to_vec();
    if !all.iter().any(|f| f == name) {
        all.push(name.into());
        set(value, "/metadata/finalizers", all);
    }
}
