//! Events go an hour after they were told last (`--event-ttl` of the API server).

use crate::demo::json::{Millis, instant, text};
use crate::demo::sim::{Controller, Sim};
use crate::demo::store::{Change, Key, Store};

/// The controller.
pub const CONTROLLER: Controller = Controller { name: "kube-apiserver", wakes, reconcile };

const TTL: Millis = 60 * 60 * 1000;

fn wakes(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    // Where it was told again meanwhile, the first look at it sets the next.
    if &*change.kind == "events" && change.old.is_none() {
        keys.extend(change.new.as_ref().map(|o| o.key.clone()));
    }
}

fn reconcile(sim: &mut Sim, key: &Key) -> Option<Millis> {
    let event = sim.store.table("events")?.get(key)?.value();
    let told = ["/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"].iter().find_map(|place| instant(text(&event, place)?));
    let left = told.unwrap_or_default() + TTL - sim.store.now;
    if left > 0 {
        return Some(left);
    }
    sim.store.remove("events", key);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::sim::Sim;
    use serde_json::json;

    #[test]
    fn an_event_lasts_an_hour_from_when_it_was_told_last() {
        let mut sim = Sim::new("test", 1, 0);
        let namespace = json!({"metadata": {"name": "default"}});
        assert!(sim.create("namespaces", namespace, crate::demo::write::How::by("test")).is_ok());
        let node = json!({"kind": "Node", "metadata": {"name": "n", "uid": "u"}});
        let mut left = |at: Millis, tell: bool| {
            sim.advance(at);
            if tell {
                sim.event("kubelet", &node, "Normal", "Starting", "Starting kubelet.");
                sim.advance(at);
            }
            sim.store.list("events", "").count()
        };
        assert_eq!([left(0, true), left(TTL / 2, true), left(TTL + 1, false), left(TTL * 3 / 2, false)], [1, 1, 1, 0]);
    }
}
