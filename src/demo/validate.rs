//! What a server refuses to store.

use super::resource::Resource;
use super::status::Cause;
use serde_json::Value;

/// What is wrong with an object that is to be stored, in place of `old` if there is one.
pub fn check(_resource: &Resource, _old: Option<&Value>, _new: &Value) -> Vec<Cause> {
    Vec::new()
}
