//! Events: what components tell about objects, and how often.

use super::json::{int, remove, set, stamp, text};
use super::sim::Sim;
use super::store::{Key, Table};
use super::write::How;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

impl Sim {
    /// Writes an event about an object, or counts one more of the same, as `client-go/tools/record` does.
    /// Of what happens while the past is made, nobody remembers events.
    pub fn event(&mut self, component: &str, about: &Value, sort: &str, reason: &str, message: &str) {
        if self.world.past {
            return;
        }
        let namespace = text(about, "/metadata/namespace").unwrap_or("default").to_owned();
        let about_name = text(about, "/metadata/name").unwrap_or_default();
        let uid = text(about, "/metadata/uid").unwrap_or_default();
        let now = stamp(self.store.now);
        // What is told again is found by what it is about; names follow the time, so that lists are in the order of telling.
        let mut matter = DefaultHasher::new();
        (uid, sort, reason, message, component).hash(&mut matter);
        let matter = matter.finish();
        let known = self.world.told.get(&matter).map(|name| Key::new(&namespace, name));
        let known = known.filter(|key| self.store.table("events").is_some_and(|t| t.get(key).is_some()));
        let told = known.is_some();
        let nanos = self.store.now.unsigned_abs() * 1_000_000 + self.store.version() % 1_000_000;
        let key = known.unwrap_or_else(|| Key::new(&namespace, &format!("{about_name}.{nanos:x}")));
        let name = key.name.to_string();
        let how = How::by(component);
        let done = if told {
            self.update("events", &key, how, |event| {
                let count = int(event, "/count").unwrap_or(1) + 1;
                set(event, "/count", count);
                set(event, "/lastTimestamp", now);
                Ok(())
            })
        } else {
            let field = |place: &str| about.pointer(place).cloned().unwrap_or_default();
            let mut event = json!({
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": {
                    "kind": field("/kind"), "namespace": field("/metadata/namespace"), "name": about_name, "uid": uid,
                    "apiVersion": field("/apiVersion"), "resourceVersion": field("/metadata/resourceVersion"),
                },
                "reason": reason, "message": message, "source": {"component": component},
                "firstTimestamp": now, "lastTimestamp": now, "count": 1, "type": sort,
                "eventTime": null, "reportingComponent": component, "reportingInstance": "",
            });
            if field("/metadata/namespace").is_null() {
                remove(&mut event, "/involvedObject/namespace");
            }
            if let Some(node) = text(about, "/spec/nodeName").filter(|_| component == "kubelet") {
                set(&mut event, "/source/host", node);
                set(&mut event, "/reportingInstance", node);
            }
            self.remember(matter, &name);
            self.create("events", event, how)
        };
        // A namespace that ends takes no events.
        drop(done);
    }

    /// Notes under which name something was told, and forgets now and then what is no longer among the events.
    fn remember(&mut self, matter: u64, name: &str) {
        let events = self.store.table("events").map_or(0, Table::len);
        if self.world.told.len() > 2 * events + 1_000 {
            let live: HashSet<&str> = self.store.list("events", "").map(|o| &*o.key.name).collect();
            self.world.told.retain(|_, name| live.contains(&**name));
        }
        self.world.told.insert(matter, name.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_again_is_counted_and_lists_are_in_the_order_of_telling() {
        let mut sim = Sim::with(&[], "test", 1, 1_700_000_000_000);
        sim.store.put("namespaces", json!({"metadata": {"name": "default"}}));
        let about = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p", "namespace": "default", "uid": "u"}});
        for (message, pause) in [("z", 0), ("a", 0), ("m", 5_000), ("z", 5_000), ("a", 0)] {
            sim.store.now += pause;
            sim.event("tester", &about, "Normal", "Told", message);
        }
        let all: Vec<Value> = sim.store.list("events", "default").map(|o| Value::clone(&o.value())).collect();
        let told: Vec<(&str, i64)> = all.iter().filter_map(|e| Some((text(e, "/message")?, int(e, "/count")?))).collect();
        assert_eq!(told, [("z", 2), ("a", 2), ("m", 1)]);
        assert_eq!(text(all.first().unwrap_or(&Value::Null), "/lastTimestamp"), Some("2023-11-14T22:13:30Z"));
    }
}
