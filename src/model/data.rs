//! What a ConfigMap or Secret holds, key by key, as people mean it: decoded, and as text where it is text.

use super::deed::{Key, pointer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The kinds that hold keys.
pub const KINDS: &[&str] = &["configmaps", "secrets"];

/// The fields that they may stand in.
const FIELDS: [&str; 2] = ["data", "binaryData"];

/// A key and its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The field that it stands in.
    pub field: &'static str,
    /// Bytes of the value, decoded.
    pub size: usize,
    /// The value, where it is text.
    pub text: Option<String>,
}

/// A key, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// The key.
    pub key: String,
    /// Bytes of its value.
    pub size: usize,
    /// The value is text.
    pub is_text: bool,
}

impl Entry {
    /// Where it stands, as RFC 6901 writes it.
    pub fn pointer(&self) -> String {
        place(self.field, &self.key)
    }
}

/// Where a key of a field stands, as RFC 6901 writes it.
pub fn place(field: &str, key: &str) -> String {
    pointer(&[Key::Field(field.to_owned()), Key::Field(key.to_owned())])
}

/// All keys, in alphabetical order. `secret`: values of `data` are encoded.
pub fn entries(object: &Value, secret: bool) -> Vec<Entry> {
    let of = |field: &'static str| {
        let all = object.get(field).and_then(Value::as_object).into_iter().flatten();
        all.map(move |(key, value)| entry(key, field, value.as_str().unwrap_or_default(), secret))
    };
    let mut all: Vec<Entry> = FIELDS.into_iter().flat_map(of).collect();
    all.sort_by(|a, b| a.key.cmp(&b.key));
    all
}

/// One of them.
pub fn find(object: &Value, secret: bool, key: &str) -> Option<Entry> {
    FIELDS.into_iter().find_map(|field| Some(entry(key, field, object.get(field)?.get(key)?.as_str()?, secret)))
}

fn entry(key: &str, field: &'static str, value: &str, secret: bool) -> Entry {
    let bytes = if is_encoded(field, secret) { STANDARD.decode(value).ok() } else { Some(value.as_bytes().to_vec()) };
    let size = bytes.as_ref().map_or(value.len(), Vec::len);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.chars().any(is_binary));
    Entry { key: key.to_owned(), field, size, text }
}

/// A text as it stands in a field.
pub fn written(field: &str, secret: bool, text: &str) -> Value {
    Value::String(if is_encoded(field, secret) { STANDARD.encode(text) } else { text.to_owned() })
}

/// Nothing of it can be changed any more.
pub fn is_immutable(object: &Value) -> bool {
    object.get("immutable").and_then(Value::as_bool) == Some(true)
}

fn is_encoded(field: &str, secret: bool) -> bool {
    secret || field == "binaryData"
}

/// No text that people write has these.
fn is_binary(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn shown(object: &Value, secret: bool) -> Vec<(String, usize, Option<String>)> {
        entries(object, secret).into_iter().map(|e| (e.key, e.size, e.text)).collect()
    }

    #[test]
    fn values_are_decoded_and_what_is_no_text_has_a_size() {
        let map = json!({"data": {"b": "größe", "a": ""}, "binaryData": {"c": "/wA=", "d": "aGk="}});
        let text = |t: &str| Some(t.to_owned());
        let all = [("a".into(), 0, text("")), ("b".into(), 7, text("größe")), ("c".into(), 2, None), ("d".into(), 2, text("hi"))];
        assert_eq!(shown(&map, false), all);
        let secret = json!({"data": {"password": "aHVudGVyMg==", "key": "AAECAw==", "esc": "G1sxbQ==", "broken": "?"}});
        let all = [("broken".into(), 1, None), ("esc".into(), 4, None), ("key".into(), 4, None), ("password".into(), 7, text("hunter2"))];
        assert_eq!(shown(&secret, true), all);
        assert_eq!(shown(&json!({}), true), []);
        assert_eq!(find(&map, false, "d").map(|e| e.pointer()).as_deref(), Some("/binaryData/d"));
        assert!(find(&map, false, "e").is_none());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[ -~äß\\n\\t\\r]{0,40}", secret: bool, key in "[-._a-zA-Z0-9]{1,9}") {
            for field in FIELDS {
                let object = json!({field: {key.as_str(): written(field, secret, &text)}});
                let entry = find(&object, secret, &key).unwrap();
                prop_assert_eq!(object.pointer(&entry.pointer()), Some(&written(field, secret, &text)));
                prop_assert_eq!((entry.size, entry.text.as_deref()), (text.len(), Some(text.as_str())));
            }
        }
    }
}
