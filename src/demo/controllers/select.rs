//! Who selects which pods, for what has a selector and is no workload: services and disruption budgets.

use super::own::fits;
use crate::demo::store::{Change, Key, Object, Store};
use std::sync::Arc;

/// Wakes for an object of the kind `id`, and for those that select a pod that has come, gone, or changed in a way that `matters`.
pub fn wake(store: &Store, change: &Change, id: &str, matters: fn(&Object, &Object) -> bool, keys: &mut Vec<Key>) {
    if &*change.kind == id {
        keys.extend(change.object().map(|o| o.key.clone()));
        return;
    }
    let Some(pod) = change.object().filter(|_| &*change.kind == "pods") else { return };
    let selects = |o: &&Arc<Object>| {
        let selector = o.view().selector.as_ref();
        let old = change.old.as_ref().filter(|old| old.labels != pod.labels);
        selector.is_some_and(|s| fits(s, pod) || old.is_some_and(|old| fits(s, old)))
    };
    let mut all = store.list(id, &pod.key.namespace).filter(selects).peekable();
    // Pods that nobody selects are many, and need no closer look.
    if all.peek().is_none() {
        return;
    }
    let same = change.old.as_ref().zip(change.new.as_ref()).is_some_and(|(old, new)| old.labels == new.labels && !matters(old, new));
    if !same {
        keys.extend(all.map(|o| o.key.clone()));
    }
}

/// The pods that an object selects.
pub fn pods(store: &Store, object: &Object) -> Vec<Arc<Object>> {
    let Some(selector) = &object.view().selector else { return Vec::new() };
    store.list("pods", &object.key.namespace).filter(|p| fits(selector, p)).cloned().collect()
}
