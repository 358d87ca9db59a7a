//! What the API says of its own types: fields, the keys by which lists are merged, who may set what.

use serde_json::{Value, json};

/// `components.schemas` of the document of a group and version.
pub fn document(_group: &str, _version: &str) -> Value {
    json!({})
}

/// The fields of an object that its kind does not have, in the words of strict decoding; for a custom kind by the schema of its definition.
pub fn unknown(_custom: Option<&Value>, _resource: &super::resource::Resource, _value: &Value) -> Vec<String> {
    Vec::new()
}
