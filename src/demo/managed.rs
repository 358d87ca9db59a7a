//! Who has set which field (`metadata.managedFields`), and server-side apply, which follows from it: the rules of
//! sigs.k8s.io/structured-merge-diff. Objects of one version only, since the demo serves each kind in one.

mod apply;
mod compare;
mod fields;

pub use apply::apply;

use super::json::{Millis, list, remove, set, stamp, text};
use super::resource::Resource;
use compare::compare;
use fields::Fields;
use serde_json::{Value, json};

/// Who writes, and how.
#[derive(Clone, Debug)]
pub struct Writer<'a> {
    /// The field manager.
    pub manager: &'a str,
    /// `status` or `scale` where that is written; empty for the object itself.
    pub subresource: &'a str,
    /// When.
    pub now: Millis,
}

const PLACE: &str = "/metadata/managedFields";

/// Writes down who has set what, after an update from `old` (none: a creation) to `new`.
pub fn track(resource: &Resource, old: Option<&Value>, new: &mut Value, writer: &Writer<'_>) {
    let given = match new.pointer_mut(PLACE).map(Value::take) {
        Some(Value::Array(given)) => given,
        _ => Vec::new(),
    };
    let reset = given.len() == 1 && given.iter().all(|e| e.as_object().is_some_and(serde_json::Map::is_empty));
    // A client that leaves them out does not know of them.
    let mut entries = if given.is_empty() { old.map(|o| list(o, PLACE).to_vec()).unwrap_or_default() } else { given };
    if reset || old.is_some() && entries.is_empty() {
        remove(new, PLACE);
        return;
    }
    let nothing = json!({});
    let found = compare(resource, old.unwrap_or(&nothing), new);
    let mut changed = found.changed;
    own_part(resource, writer.subresource, &mut changed);
    if !changed.is_empty() || !found.removed.is_empty() {
        let mut own = false;
        entries.retain_mut(|entry| {
            let is_own = is(entry, "Update", writer) && text(entry, "/apiVersion") == Some(&resource.api_version());
            own |= is_own;
            if is_own { gain(entry, &changed, &found.removed, writer.now) } else { lose(entry, &changed, &found.removed) }
        });
        if !own && !changed.is_empty() {
            entries.push(entry(resource, "Update", writer, &changed));
        }
        sort(&mut entries);
    }
    if entries.is_empty() {
        remove(new, PLACE);
    } else {
        set(new, PLACE, entries);
    }
}

/// Leaves out what a write of this subresource cannot set.
fn own_part(resource: &Resource, subresource: &str, fields: &mut Fields) {
    if subresource == "status" {
        fields.take("f:spec");
    } else if resource.has("status") {
        fields.take("f:status");
    }
}

fn is(entry: &Value, operation: &str, writer: &Writer<'_>) -> bool {
    text(entry, "/operation") == Some(operation)
        && text(entry, "/manager") == Some(writer.manager)
        && text(entry, "/subresource").unwrap_or_default() == writer.subresource
}

fn entry(resource: &Resource, operation: &str, writer: &Writer<'_>, fields: &Fields) -> Value {
    let mut entry = json!({
        "manager": writer.manager, "operation": operation, "apiVersion": resource.api_version(), "time": stamp(writer.now),
        "fieldsType": "FieldsV1", "fieldsV1": fields.to_value(),
    });
    if !writer.subresource.is_empty() {
        set(&mut entry, "/subresource", writer.subresource);
    }
    entry
}

/// The fields of an entry.
fn of(entry: &Value) -> &Value {
    entry.get("fieldsV1").unwrap_or(&Value::Null)
}

/// The writer owns what it has changed. False where nothing is left. Most writes change what the writer owns already: then only the time is new.
fn gain(entry: &mut Value, changed: &Fields, removed: &Fields, now: Millis) -> bool {
    let (known, touched) = (changed.within(of(entry)), removed.meets(of(entry)));
    if !changed.is_empty() {
        set(entry, "/time", stamp(now));
    }
    if known && !touched {
        return true;
    }
    let mut fields = Fields::from_value(of(entry));
    fields.subtract(removed);
    fields.add(changed);
    set(entry, "/fieldsV1", fields.to_value());
    !fields.is_empty()
}

/// Everybody else owns it no longer. False where nothing is left.
fn lose(entry: &mut Value, changed: &Fields, removed: &Fields) -> bool {
    if !changed.meets(of(entry)) && !removed.meets(of(entry)) {
        return true;
    }
    let mut fields = Fields::from_value(of(entry));
    fields.subtract(changed);
    fields.subtract(removed);
    set(entry, "/fieldsV1", fields.to_value());
    !fields.is_empty()
}

/// Those who apply come first, then by time and name.
fn sort(entries: &mut [Value]) {
    entries.sort_by(|a, b| {
        let key = |e| ["/operation", "/time", "/manager", "/apiVersion", "/subresource"].map(|place| text(e, place).unwrap_or_default());
        key(a).cmp(&key(b))
    });
}

#[cfg(test)]
mod tests;
