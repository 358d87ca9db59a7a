//! ResourceQuotas: what their namespaces use, counted anew when something goes. What comes is counted where it is let in.

#[cfg(test)]
mod tests;

use super::state::write_status;
use crate::demo::json::Millis;
use crate::demo::quota::used;
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Store};
use serde_json::{Value, json};
use std::sync::Arc;

/// See the module.
pub const CONTROLLER: Controller = Controller { name: "resourcequota-controller", wakes, reconcile };

const ID: &str = "resourcequotas";

fn wakes(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let Some(object) = change.object() else { return };
    if &*change.kind == ID {
        keys.push(object.key.clone());
    }
    let mut quotas = store.list(ID, &object.key.namespace).peekable();
    if object.key.namespace.is_empty() || quotas.peek().is_none() {
        return;
    }
    let ended = || &*change.kind == "pods" && change.old.as_ref().is_some_and(|old| old.view().is_over() != object.view().is_over());
    if change.new.is_none() || ended() {
        keys.extend(quotas.map(|o| o.key.clone()));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    // What comes about in the past is counted at its end; whoever ends it wakes this controller.
    if sim.world.past {
        return None;
    }
    let quota = Arc::clone(sim.store.table(ID)?.get(key)?);
    let value = quota.value();
    let hard = value.pointer("/spec/hard").cloned().unwrap_or_else(|| json!({}));
    let status = json!({"hard": hard, "used": Value::Object(used(sim, &quota))});
    write_status(sim, ID, &value, status);
    None
}
