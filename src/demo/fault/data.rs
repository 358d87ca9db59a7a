//! Objects that no server should have and some do: they go past everything that decides what may be written.

use crate::demo::json::{Millis, stamp};
use crate::demo::sim::Sim;
use crate::demo::store::Object;
use serde_json::{Value, json};
use std::sync::Arc;

/// What drives terminals, turns text round, has no width or two, or looks like something else.
pub const ODD: [&str; 8] = [
    "e\u{301}\u{301}\u{301}",
    "日本語",
    "👩\u{200d}👩\u{200d}👧",
    "\u{202e}txt.exe",
    "zero\u{200b}width\u{feff}",
    "\u{1b}[31mred\u{1b}[2J",
    "\u{9b}2J\u{7}\u{0}",
    "<&>\"'\\ \u{2028}",
];

/// A config map of about so many bytes.
pub fn huge(sim: &mut Sim, bytes: usize) -> Option<Arc<Object>> {
    let object = object(sim, ("v1", "ConfigMap"), "huge", 0);
    plant(sim, "configmaps", object, "/data", json!({"text": "x".repeat(bytes)}))
}

/// Pods with odd characters in their names, labels and messages.
pub fn odd(sim: &mut Sim) {
    for text in ODD {
        let mut pod = object(sim, ("v1", "Pod"), &format!("odd-{text}"), 0);
        crate::demo::json::set(&mut pod, "/metadata/labels", json!({"odd": text}));
        crate::demo::json::set(&mut pod, "/spec", json!({"containers": [{"name": text, "image": text}], "schedulerName": "none"}));
        plant(sim, "pods", pod, "/status", json!({"phase": "Pending", "reason": text, "message": text}));
    }
}

/// A config map that was made so many milliseconds from now: a server whose clock went back has such.
pub fn early(sim: &mut Sim, later: Millis) -> Option<Arc<Object>> {
    let object = object(sim, ("v1", "ConfigMap"), "early", later);
    plant(sim, "configmaps", object, "/data", json!({}))
}

fn object(sim: &mut Sim, (version, kind): (&str, &str), name: &str, later: Millis) -> Value {
    let (uid, made) = (sim.store.uid(), stamp(sim.store.now + later));
    let metadata = json!({"name": name, "namespace": "default", "uid": uid, "creationTimestamp": made});
    json!({"kind": kind, "apiVersion": version, "metadata": metadata})
}

fn plant(sim: &mut Sim, kind: &str, mut object: Value, place: &str, part: Value) -> Option<Arc<Object>> {
    crate::demo::json::set(&mut object, place, part);
    sim.store.put(kind, object)
}
