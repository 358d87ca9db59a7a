//! What a server fills in where an object says nothing.

use super::resource::Resource;
use serde_json::Value;

/// Fills in the defaults of a kind.
pub fn fill(_resource: &Resource, _object: &mut Value) {}
