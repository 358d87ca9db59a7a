//! The claims of pods that are placed: a pod without them waits, and those that wait for their first pod are told its machine.

use crate::demo::controllers::volumes::MACHINE;
use crate::demo::json::{list, or_set, text};
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::write::How;
use serde_json::Value;

const CLAIMS: &str = "persistentvolumeclaims";

fn named(pod: &Value) -> Vec<Key> {
    let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
    let claim = |volume: &Value| text(volume, "/persistentVolumeClaim/claimName").map(|name| Key::new(namespace, name));
    list(pod, "/spec/volumes").iter().filter_map(claim).collect()
}

/// The name of the first claim of a pod that is not there.
pub(super) fn missing(sim: &Sim, pod: &Value) -> Option<Box<str>> {
    named(pod).into_iter().find(|key| sim.store.table(CLAIMS).is_none_or(|t| t.get(key).is_none())).map(|key| key.name)
}

/// Tells claims without a volume which machine their pod has.
pub(super) fn choose(sim: &mut Sim, pod: &Value, node: &str) {
    for key in named(pod) {
        let tell = |claim: &mut Value| {
            if text(claim, "/spec/volumeName").is_none_or(str::is_empty) {
                or_set(claim, MACHINE, node);
            }
            Ok(())
        };
        // A claim that went meanwhile needs no machine.
        drop(sim.update(CLAIMS, &key, How::by("kube-scheduler"), tell));
    }
}
