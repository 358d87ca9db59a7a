//! Objects in protobuf, which Go clients prefer for what they send of built-in kinds, read as the JSON that the same client would have sent.
//! Answers are never in protobuf: whoever asks for it takes JSON as well.
//!
//! `protobuf.txt` names the fields of each message; `tests/cluster/protobuf` makes it from the Go types of k8s.io/api and says how it is
//! read. Copyright The Kubernetes Authors, Apache License 2.0.

use super::json::{Millis, micro, stamp};
use super::status::{Answer, Refusal};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The content type of what is read here.
pub const CONTENT_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What stands before each object (k8s.io/apimachinery, runtime/serializer/protobuf).
const MAGIC: &[u8] = b"k8s\0";

static FIELDS: &str = include_str!("protobuf.txt");

type Message = HashMap<u64, Field>;

struct Field {
    name: &'static str,
    many: Many,
    sort: &'static str,
    /// JSON leaves out what is zero.
    skips_zero: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Many {
    One,
    List,
    Map,
}

/// A field on the wire (protobuf.dev, "Encoding").
enum Wire<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// The object in a body.
///
/// # Errors
/// 400 where it is cut off, or of a kind that has no line in the table.
pub fn read(body: &[u8]) -> Answer<Value> {
    envelope(body).ok_or_else(|| Refusal::bad_request("the body of the request is not an object in protobuf that this server knows"))
}

fn envelope(body: &[u8]) -> Option<Value> {
    let (mut api, mut kind, mut raw) = ("", "", [].as_slice());
    for field in Fields(body.strip_prefix(MAGIC)?) {
        match field? {
            (1, Wire::Bytes(bytes)) => [api, kind] = texts(bytes)?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    // Options may be of any group.
    let of = messages().get(format!("{api}.{kind}").as_str()).or_else(|| messages().get(format!("v1.{kind}").as_str()))?;
    let mut object = Map::new();
    object.insert("kind".to_owned(), kind.into());
    object.insert("apiVersion".to_owned(), api.into());
    fill(&mut object, of, raw)?;
    Some(Value::Object(object))
}

/// The first two fields, which are texts.
fn texts(bytes: &[u8]) -> Option<[&str; 2]> {
    let mut found = [""; 2];
    for field in Fields(bytes) {
        if let (number @ 1..=2, Wire::Bytes(text)) = field? {
            *found.get_mut(number as usize - 1)? = std::str::from_utf8(text).ok()?;
        }
    }
    Some(found)
}

fn messages() -> &'static HashMap<&'static str, Message> {
    static MESSAGES: OnceLock<HashMap<&str, Message>> = OnceLock::new();
    let line = |line: &'static str| {
        let (name, fields) = line.split_once(' ').unwrap_or((line, ""));
        (name, fields.split(' ').filter_map(field).collect())
    };
    MESSAGES.get_or_init(|| FIELDS.lines().map(line).collect())
}

/// `name=2*type?`.
fn field(text: &'static str) -> Option<(u64, Field)> {
    let (name, rest) = text.split_once('=')?;
    let (sort, skips_zero) = rest.strip_suffix('?').map_or((rest, false), |sort| (sort, true));
    let digits = sort.len() - sort.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, sort) = sort.split_at_checked(digits)?;
    let list = sort.strip_prefix('*').map(|sort| (Many::List, sort));
    let (many, sort) = list.or_else(|| sort.strip_prefix('%').map(|sort| (Many::Map, sort))).unwrap_or((Many::One, sort));
    Some((number.parse().ok()?, Field { name, many, sort, skips_zero }))
}

/// Reads the fields of a message into an object. `None` where the bytes are no such message.
fn fill(object: &mut Map<String, Value>, of: &Message, bytes: &[u8]) -> Option<()> {
    for found in Fields(bytes) {
        let (number, wire) = found?;
        let Some(field) = of.get(&number) else { continue }; // newer than the table
        match (field.many, &wire) {
            (Many::One, Wire::Bytes(bytes)) if field.name.is_empty() => fill(object, messages().get(field.sort)?, bytes)?,
            (Many::One, _) => one(object, field, &wire)?,
            (Many::List, _) => {
                let items = object.entry(field.name).or_insert_with(|| json!([])).as_array_mut()?;
                items.push(value(field.sort, &wire)?);
            }
            (Many::Map, Wire::Bytes(bytes)) => {
                let entries = object.entry(field.name).or_insert_with(|| json!({})).as_object_mut()?;
                entry(entries, field.sort, bytes)?;
            }
            (Many::Map, Wire::Number(_)) => return None,
        }
    }
    Some(())
}

fn one(object: &mut Map<String, Value>, field: &Field, wire: &Wire<'_>) -> Option<()> {
    let value = value(field.sort, wire)?;
    let is_zero = value == json!("") || value == json!(0) || value == json!(false);
    // A time that is not set is null in JSON.
    if !value.is_null() && !(field.skips_zero && is_zero) {
        object.insert(field.name.to_owned(), value);
    }
    Some(())
}

/// An entry of a map: key and value, either of which may be missing where it is empty.
fn entry(entries: &mut Map<String, Value>, sort: &str, bytes: &[u8]) -> Option<()> {
    let (mut key, mut held) = (String::new(), value(sort, &Wire::Bytes(&[]))?);
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Bytes(text)) => key = String::from_utf8(text.to_vec()).ok()?,
            (2, wire) => held = value(sort, &wire)?,
            _ => {}
        }
    }
    entries.insert(key, held);
    Some(())
}

fn value(sort: &str, wire: &Wire<'_>) -> Option<Value> {
    Some(match (sort, wire) {
        ("i", Wire::Number(number)) => number.cast_signed().into(),
        ("b", Wire::Number(number)) => (*number != 0).into(),
        ("s", Wire::Bytes(text)) => std::str::from_utf8(text).ok()?.into(),
        ("y", Wire::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        ("q", Wire::Bytes(bytes)) => texts(bytes)?[0].into(),
        ("x", Wire::Bytes(bytes)) => int_or_string(bytes)?,
        ("t" | "u", Wire::Bytes(bytes)) => time(sort, bytes)?,
        ("r", Wire::Bytes(bytes)) => raw(bytes)?,
        ("l", Wire::Bytes(bytes)) => strings(bytes)?,
        (message, Wire::Bytes(bytes)) => {
            let mut object = Map::new();
            fill(&mut object, messages().get(message)?, bytes)?;
            Value::Object(object)
        }
        _ => return None,
    })
}

fn int_or_string(bytes: &[u8]) -> Option<Value> {
    let (mut is_text, mut number, mut text) = (false, 0, "");
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Number(sort)) => is_text = sort == 1,
            (2, Wire::Number(n)) => number = n.cast_signed(),
            (3, Wire::Bytes(bytes)) => text = std::str::from_utf8(bytes).ok()?,
            _ => {}
        }
    }
    Some(if is_text { text.into() } else { number.into() })
}

fn time(sort: &str, bytes: &[u8]) -> Option<Value> {
    let (mut seconds, mut nanos): (Millis, Millis) = (0, 0);
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Number(n)) => seconds = n.cast_signed(),
            (2, Wire::Number(n)) => nanos = n.cast_signed(),
            _ => {}
        }
    }
    let at = seconds.checked_mul(1000)?.checked_add(nanos / 1_000_000)?;
    Some(match (at, sort) {
        (0, _) => Value::Null,
        (_, "u") => micro(at).into(),
        _ => stamp(at).into(),
    })
}

fn raw(bytes: &[u8]) -> Option<Value> {
    let mut found = Value::Null;
    for field in Fields(bytes) {
        if let (1, Wire::Bytes(text)) = field? {
            found = serde_json::from_slice(text).ok()?;
        }
    }
    Some(found)
}

fn strings(bytes: &[u8]) -> Option<Value> {
    let item = |field: Option<(u64, Wire<'_>)>| value("s", &field?.1);
    Fields(bytes).map(item).collect()
}

/// The fields of a message; `None` and then nothing where the bytes end too soon.
struct Fields<'b>(&'b [u8]);

impl<'b> Iterator for Fields<'b> {
    type Item = Option<(u64, Wire<'b>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'b> Fields<'b> {
    fn field(&mut self) -> Option<(u64, Wire<'b>)> {
        let tag = self.varint()?;
        let wire = match tag & 7 {
            0 => Wire::Number(self.varint()?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Wire::Bytes(bytes)
            }
            _ => return None, // no type of the API has numbers of fixed width
        };
        Some((tag >> 3, wire))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A field of bytes.
    fn bytes(number: u8, held: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, held.len() as u8], held].concat()
    }

    fn sent(api: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let types = [bytes(1, api.as_bytes()), bytes(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), bytes(1, &types), bytes(2, raw), bytes(3, b""), bytes(4, b"")].concat()
    }

    #[test]
    fn a_namespace_as_kubectl_sends_it() {
        let raw = b"\n\x11\n\x01x\x12\0\x1a\0\"\0*\x002\x008\0B\0\x12\0\x1a\x02\n\0";
        let wanted = json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "x"}, "spec": {}, "status": {}});
        assert_eq!(read(&sent("v1", "Namespace", raw)).unwrap(), wanted);
    }

    #[test]
    fn each_sort_of_field_is_read() {
        let probe = [bytes(1, &bytes(2, &[bytes(1, b"/ready"), bytes(2, &[8, 0, 16, 80, 26, 0])].concat())), vec![16, 5]].concat();
        let resources = bytes(1, &[bytes(1, b"cpu"), bytes(2, &bytes(1, b"50m"))].concat());
        let container = [bytes(1, b"main"), bytes(8, &resources), bytes(11, &probe)].concat();
        let spec = [bytes(2, &container), vec![32, 0], bytes(7, &[bytes(1, b"k"), bytes(2, b"")].concat())].concat();
        let metadata = [bytes(8, &[8, 1]), bytes(14, b"a"), bytes(14, b"b")].concat();
        let pod = read(&sent("v1", "Pod", &[bytes(1, &metadata), bytes(2, &spec)].concat())).unwrap();
        assert_eq!(pod["metadata"], json!({"creationTimestamp": "1970-01-01T00:00:01Z", "finalizers": ["a", "b"]}));
        let main = json!({
            "name": "main",
            "resources": {"limits": {"cpu": "50m"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": 80}, "initialDelaySeconds": 5},
        });
        assert_eq!(pod["spec"], json!({"containers": [main], "terminationGracePeriodSeconds": 0, "nodeSelector": {"k": ""}}));
        let secret = read(&sent("v1", "Secret", &bytes(2, &[bytes(1, b"p"), bytes(2, b"hunter2")].concat()))).unwrap();
        assert_eq!(secret["data"], json!({"p": "aHVudGVyMg=="}));
        let options = read(&sent("apps/v1", "DeleteOptions", &bytes(4, b"Orphan"))).unwrap();
        assert_eq!(options["propagationPolicy"], "Orphan");
    }

    #[test]
    fn every_type_in_the_table_is_one_that_is_read() {
        for (name, message) in messages() {
            for field in message.values() {
                let known = "sibyqxtulr".contains(field.sort) || messages().contains_key(field.sort);
                assert!(known && !field.sort.is_empty(), "{name}: {}: {}", field.name, field.sort);
            }
        }
        assert!(messages().len() > 300);
    }

    proptest! {
        #[test]
        fn bytes_of_all_sorts_are_read_or_refused(raw in prop::collection::vec(any::<u8>(), 0..100), pod in any::<bool>()) {
            let _ = read(&sent("v1", if pod { "Pod" } else { "Service" }, &raw));
            let _ = read(&raw);
        }
    }
}
