//! Custom resource definitions: what they define is served as soon as they are there, and no longer when they are gone.

use super::condition;
use super::own::unhold;
use super::state::is_deleted;
use crate::demo::json::{Millis, int, list, set, text};
use crate::demo::resource::{Printed, Resource};
use crate::demo::schema::Schema;
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Store};
use crate::demo::write::{Delete, How, finalizer};
use serde_json::{Value, json};
use std::sync::Arc;

/// The controller.
pub const CONTROLLER: Controller = Controller { name: "kube-apiserver", wakes, reconcile };

/// What definitions are called.
pub const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";
/// What keeps a definition until its objects are gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";
/// How long a kind is still served once its last object is gone, so that who watches it hears of that.
const LINGERS: Millis = 500;

fn wakes(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    if &*change.kind == DEFINITIONS {
        keys.extend(change.object().map(|o| o.key.clone()));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let Some(definition) = sim.store.table(DEFINITIONS).and_then(|t| t.get(key)).map(|o| o.value()) else {
        if sim.store.table(&key.name).is_some_and(|t| t.resource.custom) {
            sim.store.unserve(&key.name);
        }
        return None;
    };
    if is_deleted(&definition) {
        return end(sim, key);
    }
    let resource = served(&definition)?;
    if sim.store.table(&key.name).is_none_or(|t| t.resource.custom && *t.resource != resource) {
        sim.store.serve(resource);
    }
    if list(&definition, "/status/conditions").is_empty() {
        let now = sim.store.now;
        let condition = |sort: &str, reason: &str, message: &str| condition::plain(&Value::Null, now, [sort, "True", reason, message]);
        let conditions = [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ];
        // Whoever deleted it meanwhile needs no status.
        let _ = sim.update(DEFINITIONS, key, How::status(CONTROLLER.name), |definition| {
            let names = definition.pointer("/spec/names").cloned().unwrap_or_default();
            let stored: Vec<Value> = list(definition, "/spec/versions").iter().filter_map(|v| v.get("name").cloned()).collect();
            set(definition, "/status", json!({"conditions": conditions, "acceptedNames": names, "storedVersions": stored}));
            Ok(())
        });
    }
    None
}

/// What is written into a definition when somebody deletes it: it stays until its objects are gone.
pub fn begin_to_end(definition: &mut Value, now: Millis) {
    finalizer(definition, CLEANUP);
    let message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    condition::settle(definition, now, ["Terminating", "True", "InstanceDeletionPending", message]);
}

/// Deletes the objects of a definition that ends, and lets it go when there are none any more.
fn end(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let all: Vec<Key> = sim.store.list(&key.name, "").map(|o| o.key.clone()).collect();
    if all.is_empty() {
        unhold(sim, DEFINITIONS, key, CLEANUP);
        return None;
    }
    // One that is held by somebody else stays until it is let go.
    all.iter().for_each(|object| drop(sim.delete(&key.name, object, &Delete::default())));
    Some(LINGERS)
}

/// The kind that a definition defines, in its first version that is served.
fn served(definition: &Value) -> Option<Resource> {
    let version = list(definition, "/spec/versions").iter().find(|v| v.get("served") != Some(&Value::Bool(false)))?;
    let word = |place: &str| text(definition, place).unwrap_or_default().to_owned();
    let words = |place: &str| list(definition, place).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let parts = ["status", "scale"].into_iter().filter(|part| version.pointer(&format!("/subresources/{part}")).is_some());
    let column = |c: &Value| {
        let of = |place: &str| text(c, place).unwrap_or_default().to_owned();
        Printed { title: of("/name"), kind: of("/type"), path: of("/jsonPath"), is_wide: int(c, "/priority").unwrap_or_default() > 0 }
    };
    let place = |name: &str| text(version, &format!("/subresources/scale/{name}")).unwrap_or_default().replace('.', "/");
    Some(Resource {
        group: word("/spec/group"),
        version: text(version, "/name")?.to_owned(),
        plural: word("/spec/names/plural"),
        kind: word("/spec/names/kind"),
        short: words("/spec/names/shortNames"),
        categories: words("/spec/names/categories"),
        namespaced: text(definition, "/spec/scope") != Some("Cluster"),
        subresources: parts.map(str::to_owned).collect(),
        fields: Vec::new(),
        columns: list(version, "/additionalPrinterColumns").iter().map(column).collect(),
        scaled: ["specReplicasPath", "statusReplicasPath"].map(place),
        custom: true,
        schema: version.pointer("/schema/openAPIV3Schema").map(|given| Arc::new(Schema::custom(given))),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[test]
    fn what_is_defined_is_served_while_it_is() {
        let mut sim = Sim::new("test", 1, 0);
        let definition = json!({
            "metadata": {"name": "certificates.example.com"},
            "spec": {
                "group": "example.com", "scope": "Cluster", "names": {"plural": "certificates", "kind": "Certificate"},
                "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}}],
            },
        });
        sim.create(DEFINITIONS, definition, How::by("test")).unwrap();
        sim.advance(1);
        let table = sim.store.table("certificates.example.com").unwrap();
        assert_eq!((table.resource.api_version().as_str(), table.resource.has("status")), ("example.com/v1", true));
        let made = json!({"metadata": {"name": "web"}, "spec": {"host": "example.com"}});
        sim.create("certificates.example.com", made, How::by("test")).unwrap();
        let definition = sim.store.get(DEFINITIONS, "", "certificates.example.com").unwrap().value();
        assert_eq!(text(&definition, "/status/conditions/1/type"), Some("Established"));
        sim.delete(DEFINITIONS, &Key::new("", "certificates.example.com"), &Delete::default()).unwrap();
        sim.advance(2);
        let told = sim.store.table("certificates.example.com").unwrap().since(sim.store.version() - 1, 9).unwrap();
        assert!(matches!(told.as_slice(), [change] if change.new.is_none()), "who watches hears that it is gone");
        assert!(sim.store.get(DEFINITIONS, "", "certificates.example.com").is_some());
        sim.advance(2 + LINGERS);
        assert!(sim.store.get(DEFINITIONS, "", "certificates.example.com").is_none());
        assert!(sim.store.table("certificates.example.com").is_none());
    }
}
