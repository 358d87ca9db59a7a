//! The addresses behind a service, in both forms: Endpoints, and EndpointSlices of at most a hundred each.

#[cfg(test)]
mod tests;

use super::own::{self, MANAGER};
use super::select;
use crate::demo::json::{Millis, entries, instant, int, is_true, list, micro, remove, set, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Object, Store};
use crate::demo::write::{Delete, How};
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: "endpoint-controller", wakes, reconcile };

const ID: &str = "services";
const SLICES: &str = "endpointslices.discovery.k8s.io";
/// Addresses that a slice has at most (`--max-endpoints-per-slice`).
const PER_SLICE: usize = 100;
/// When an Endpoints object was last written because a pod changed.
const TRIGGERED: &str = "endpoints.kubernetes.io/last-change-trigger-time";
/// How long changes are gathered before they are written (`--endpoint-updates-batch-period`).
const BATCH: Millis = 500;

fn wakes(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let matters = |old: &Object, new: &Object| {
        let of = |o: &Object| (o.view().ip.clone(), o.view().ready.is_some(), o.view().deleted.is_some(), o.view().is_over());
        of(old) != of(new)
    };
    select::wake(store, change, ID, matters, keys);
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    // What comes about in the past is counted at its end; whoever ends it wakes this controller.
    if sim.world.past {
        return None;
    }
    let Some(service) = sim.store.table(ID).and_then(|t| t.get(key)).cloned() else {
        // The slices go with their owner; this has none.
        drop(sim.delete("endpoints", key, &Delete::default()));
        return None;
    };
    let value = service.value();
    if text(&value, "/spec/type") == Some("ExternalName") || value.pointer("/spec/selector").is_none_or(Value::is_null) {
        return None;
    }
    let before = sim.store.table("endpoints").and_then(|t| t.get(key)).map(|o| o.value());
    let last = before.as_ref().and_then(|b| instant(b.pointer("/metadata/annotations")?.get(TRIGGERED)?.as_str()?));
    if let Some(wait) = last.map(|at| at + BATCH - sim.store.now).filter(|wait| *wait > 0) {
        return Some(wait);
    }
    let all = select::pods(&sim.store, &service);
    let pods: Vec<Arc<Object>> = all.into_iter().filter(|p| !p.view().ip.is_empty() && !p.view().is_over()).collect();
    let ports = ports(&value, pods.first().map(|p| p.value()).as_deref());
    write_endpoints(sim, &value, before, &pods, &ports);
    write_slices(sim, &value, &pods, &ports);
    None
}

/// The ports of a service as its pods have them: names are looked up in the first pod.
fn ports(service: &Value, pod: Option<&Value>) -> Vec<Value> {
    let number = |port: &Value| match port.get("targetPort") {
        Some(Value::String(name)) => {
            let all = pod.into_iter().flat_map(|p| list(p, "/spec/containers")).flat_map(|c| list(c, "/ports"));
            all.clone().find(|p| text(p, "/name") == Some(name)).and_then(|p| int(p, "/containerPort"))
        }
        Some(Value::Number(n)) if n.as_i64() != Some(0) => n.as_i64(),
        _ => int(port, "/port"),
    };
    let one = |port: &Value| {
        let mut named = json!({});
        text(port, "/name").into_iter().for_each(|n| set(&mut named, "/name", n));
        set(&mut named, "/port", number(port)?);
        set(&mut named, "/protocol", text(port, "/protocol").unwrap_or("TCP"));
        text(port, "/appProtocol").into_iter().for_each(|n| set(&mut named, "/appProtocol", n));
        Some(named)
    };
    list(service, "/spec/ports").iter().filter_map(one).collect()
}

fn is_headless(service: &Value) -> bool {
    matches!(text(service, "/spec/clusterIP"), Some("None" | "") | None)
}

fn target(pod: &Object) -> Value {
    json!({"kind": "Pod", "namespace": pod.key.namespace, "name": pod.key.name, "uid": pod.uid})
}

/// The host name that a pod has in the name of a headless service.
fn hostname<'p>(pod: &'p Object, service: &Value) -> Option<&'p str> {
    let name = &*pod.view().hostname;
    (is_headless(service) && !name.is_empty()).then_some(name)
}

fn write_endpoints(sim: &mut Sim, service: &Value, before: Option<Arc<Value>>, pods: &[Arc<Object>], ports: &[Value]) {
    let early = is_true(service, "/spec/publishNotReadyAddresses");
    let address = |pod: &&Arc<Object>| {
        let mut address = json!({"ip": pod.view().ip});
        hostname(pod, service).into_iter().for_each(|h| set(&mut address, "/hostname", h));
        set(&mut address, "/nodeName", &*pod.view().node);
        set(&mut address, "/targetRef", target(pod));
        address
    };
    let staying = pods.iter().filter(|p| p.view().deleted.is_none() || early);
    let (ready, rest): (Vec<_>, Vec<_>) = staying.partition(|p| p.view().ready.is_some() || early);
    let mut subset = json!({});
    for (place, pods) in [("/addresses", ready), ("/notReadyAddresses", rest)] {
        if !pods.is_empty() {
            set(&mut subset, place, pods.iter().map(address).collect::<Vec<_>>());
        }
    }
    let mut subsets = Vec::new();
    if subset.as_object().is_some_and(|s| !s.is_empty()) {
        set(&mut subset, "/ports", ports.to_vec());
        subsets.push(subset);
    }
    let mut labels = service.pointer("/metadata/labels").cloned().unwrap_or_else(|| json!({}));
    set(&mut labels, "/endpoints.kubernetes.io~1managed-by", "endpoint-controller");
    if is_headless(service) {
        set(&mut labels, "/service.kubernetes.io~1headless", "");
    }
    let is_new = before.is_none();
    if before.as_ref().is_some_and(|b| list(b, "/subsets") == subsets && b.pointer("/metadata/labels") == Some(&labels)) {
        return;
    }
    let name = || text(service, "/metadata/name").unwrap_or_default();
    let mut new = before.map_or_else(|| json!({"metadata": metadata(sim, service, "name", name())}), Arc::unwrap_or_clone);
    set(&mut new, "/metadata/labels", labels);
    set(&mut new, &format!("/metadata/annotations/{}", crate::demo::json::escape(TRIGGERED)), micro(sim.store.now));
    match subsets.is_empty() {
        true => drop(remove(&mut new, "/subsets")),
        false => set(&mut new, "/subsets", subsets),
    }
    store(sim, "endpoints", is_new, new);
}

/// The metadata of what is made for a service. What it had in the past is as old as it is.
fn metadata(sim: &Sim, service: &Value, named: &str, name: &str) -> Value {
    let mut metadata = json!({named: name, "namespace": text(service, "/metadata/namespace")});
    if let Some(created) = service.pointer("/metadata/creationTimestamp").filter(|_| sim.world.unseen) {
        set(&mut metadata, "/creationTimestamp", created.clone());
    }
    metadata
}

/// What a namespace that ends refuses is not missed there.
fn store(sim: &mut Sim, id: &str, is_new: bool, object: Value) {
    if is_new {
        drop(sim.create(id, object, How::by(MANAGER)));
    } else {
        drop(sim.update(id, &Key::of(&object), How::by(MANAGER), |o| {
            *o = object;
            Ok(())
        }));
    }
}

fn write_slices(sim: &mut Sim, service: &Value, pods: &[Arc<Object>], ports: &[Value]) {
    let uid = text(service, "/metadata/uid").unwrap_or_default();
    let endpoints: Vec<Value> = pods.iter().map(|p| endpoint(sim, service, p)).collect();
    let mut old: Vec<Arc<Value>> = sim.store.owned(SLICES, uid).map(|o| o.value()).collect();
    old.reverse();
    let mut chunks: Vec<&[Value]> = endpoints.chunks(PER_SLICE).collect();
    // A service without pods has an empty slice.
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    let name = text(service, "/metadata/name").unwrap_or_default();
    for chunk in chunks {
        let before = old.pop();
        let is_new = before.is_none();
        let first = || json!({"metadata": metadata(sim, service, "generateName", &format!("{name}-")), "addressType": "IPv4"});
        let mut slice = before.map_or_else(first, Arc::unwrap_or_clone);
        set(&mut slice, "/metadata/labels", slice_labels(service, name));
        set(&mut slice, "/metadata/ownerReferences", json!([own::reference(service)]));
        set(&mut slice, "/endpoints", chunk.to_vec());
        set(&mut slice, "/ports", ports.to_vec());
        store(sim, SLICES, is_new, slice);
    }
    old.iter().for_each(|slice| drop(sim.delete(SLICES, &Key::of(slice), &Delete::default())));
}

fn slice_labels(service: &Value, name: &str) -> Value {
    let mut labels: serde_json::Map<String, Value> = entries(service, "/metadata/labels").map(|(k, v)| (k.to_owned(), v.clone())).collect();
    labels.insert("endpointslice.kubernetes.io/managed-by".to_owned(), "endpointslice-controller.k8s.io".into());
    labels.insert("kubernetes.io/service-name".to_owned(), name.into());
    if is_headless(service) {
        labels.insert("service.kubernetes.io/headless".to_owned(), "".into());
    }
    Value::Object(labels)
}

fn endpoint(sim: &Sim, service: &Value, pod: &Object) -> Value {
    let view = pod.view();
    let (ready, ends) = (view.ready.is_some(), view.deleted.is_some());
    let early = is_true(service, "/spec/publishNotReadyAddresses");
    let mut endpoint = json!({
        "addresses": [view.ip], "conditions": {"ready": early || ready && !ends, "serving": ready, "terminating": ends},
    });
    hostname(pod, service).into_iter().for_each(|h| set(&mut endpoint, "/hostname", h));
    set(&mut endpoint, "/targetRef", target(pod));
    set(&mut endpoint, "/nodeName", &*view.node);
    let node = sim.store.get("nodes", "", &view.node);
    let zone = node.and_then(|n| n.label("topology.kubernetes.io/zone"));
    zone.into_iter().for_each(|z| set(&mut endpoint, "/zone", z));
    endpoint
}
