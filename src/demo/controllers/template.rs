//! When two pod templates are the same, and the hash that tells them apart in names.

use serde_json::{Map, Value};

/// The label whose value tells the pods of one ReplicaSet from those of another of the same Deployment.
pub const HASH_LABEL: &str = "pod-template-hash";

/// True where two templates ask for the same pods; the label that a controller adds does not count, nor does what says nothing.
pub fn same(one: &Value, other: &Value) -> bool {
    one == other || plain(one, HASH_LABEL) == plain(other, HASH_LABEL)
}

/// The hash of a template, as it stands in names: the digits of a number in the alphabet of `rand.SafeEncodeString` of apimachinery. It
/// is not the number that Kubernetes would get, which hashes the memory of Go.
pub fn hash(template: &Value, collisions: i64) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut hash = Fnv(0x811c_9dc5);
    plain(template, HASH_LABEL).iter().for_each(|v| hash.value(v));
    if collisions > 0 {
        hash.bytes(&collisions.to_le_bytes());
    }
    let safe = |digit: u8| ALPHABET.get(usize::from(digit) % ALPHABET.len()).map_or('x', |c| char::from(*c));
    hash.0.to_string().bytes().map(safe).collect()
}

/// A value without what says nothing (null, and empty objects and lists) and without the entry of this name. None where nothing is left.
fn plain(value: &Value, without: &str) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(map) => {
            let kept = map.iter().filter(|(k, _)| *k != without).filter_map(|(k, v)| Some((k.clone(), plain(v, without)?)));
            let kept: Map<String, Value> = kept.collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            (!items.is_empty()).then(|| Value::Array(items.iter().map(|v| plain(v, without).unwrap_or(Value::Null)).collect()))
        }
        other => Some(other.clone()),
    }
}

/// FNV-1a of 32 bits (Fowler, Noll and Vo), over a value with the keys of its objects in order.
struct Fnv(u32);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193));
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.sort();
                for key in keys {
                    self.bytes(key.as_bytes());
                    self.bytes(b":");
                    map.get(key).into_iter().for_each(|v| self.value(v));
                }
                self.bytes(b"}");
            }
            Value::Array(items) => {
                items.iter().for_each(|v| self.value(v));
                self.bytes(b"]");
            }
            other => self.bytes(other.to_string().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_asks_for_the_same_pods_is_the_same() {
        let one = json!({"metadata": {"labels": {"a": "b"}, "creationTimestamp": null}, "spec": {"x": [{"n": 1}], "securityContext": {}}});
        let two = json!({"spec": {"x": [{"n": 1}]}, "metadata": {"labels": {"pod-template-hash": "z", "a": "b"}}});
        let other = json!({"spec": {"x": [{"n": 2}]}, "metadata": {"labels": {"a": "b"}}});
        assert!(same(&one, &two) && !same(&one, &other));
        assert_eq!(hash(&one, 0), hash(&two, 0));
        assert_ne!(hash(&one, 0), hash(&other, 0));
        assert_ne!(hash(&one, 0), hash(&one, 1));
        assert!(hash(&one, 0).chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c)));
    }
}
