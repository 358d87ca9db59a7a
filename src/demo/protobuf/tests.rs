//! Bodies and what they are in JSON: those of kubectl, those of upstream's own tests, and bytes that are no bodies.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use super::*;
use proptest::prelude::*;
use std::io::Read;
use std::sync::LazyLock;

/// Takes null away, which we never send.
fn without_null(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|_, v| !v.is_null());
            fields.values_mut().for_each(|v| *v = without_null(v.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|v| *v = without_null(v.take())),
        _ => {}
    }
    value
}

fn bytes(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap()
}

/// Pairs of lines: a body, and its JSON.
static CORPUS: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    flate2::read::GzDecoder::new(&include_bytes!("../../../tests/fixtures/protobuf/corpus.txt.gz")[..]).read_to_string(&mut text).unwrap();
    text
});

/// A body of a kind.
fn body(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let part = |number: u8, bytes: &[u8]| {
        let mut length = bytes.len();
        let mut out = vec![number << 3 | 2];
        while length > 0x7f {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        [&out, bytes].concat()
    };
    let types = [part(1, api_version.as_bytes()), part(2, kind.as_bytes())].concat();
    [MAGIC, &part(1, &types), &part(2, raw)].concat()
}

#[test]
fn kubectl_is_understood() {
    let text = include_str!("../../../tests/fixtures/protobuf/kubectl.txt");
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    assert_eq!(lines.len(), 26 * 3);
    for case in lines.chunks(3) {
        let expected: Value = serde_json::from_str(case[2]).unwrap();
        assert_eq!(without_null(decode(&bytes(case[1])).unwrap()), without_null(expected), "{}", case[0]);
    }
}

/// Every field of every kind, in the order of Go.
#[test]
fn every_field_has_its_name_and_place() {
    let lines: Vec<&str> = CORPUS.lines().collect();
    assert!(lines.len() > 80);
    for pair in lines.chunks(2) {
        let expected: Value = serde_json::from_str(pair[1]).unwrap();
        let read = without_null(decode(&bytes(pair[0])).unwrap());
        assert_eq!(read.to_string(), without_null(expected).to_string());
    }
}

#[test]
fn zero_stays_where_it_says_something() {
    // spec: replicas 0, paused false; metadata: name "", generation 0.
    let deployment = decode(&body("apps/v1", "Deployment", b"\x0a\x04\x0a\0\x38\0\x12\x04\x08\0\x38\0")).unwrap();
    assert_eq!(deployment.pointer("/spec/replicas"), Some(&json!(0)));
    assert_eq!(deployment.pointer("/spec/paused"), None);
    assert_eq!(deployment.pointer("/metadata"), Some(&json!({})));
    let account = decode(&body("v1", "ServiceAccount", b"\x20\0")).unwrap();
    assert_eq!(account, json!({"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {}, "automountServiceAccountToken": false}));
}

#[test]
fn numbers_may_stand_together_and_be_negative() {
    // spec.securityContext.supplementalGroups
    let groups = b"\x22\x0b\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    let spec = [&b"\x72\x0d"[..], groups].concat();
    let pod = decode(&body("v1", "Pod", &[&b"\x12\x0f"[..], &spec].concat())).unwrap();
    assert_eq!(pod.pointer("/spec/securityContext/supplementalGroups"), Some(&json!([1, -1])));
    let apart = decode(&body("v1", "Pod", b"\x12\x06\x72\x04\x20\x01\x20\x02")).unwrap();
    assert_eq!(apart.pointer("/spec/securityContext/supplementalGroups"), Some(&json!([1, 2])));
}

#[test]
fn what_is_wrong_is_told() {
    let of = |body: &[u8]| decode(body).map_err(|r| (r.code, r.message)).unwrap_err();
    let unrecognized = |why: &str| (400, format!("the object provided is unrecognized (must be of type Object): {why}"));
    let prefix = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";
    assert_eq!(of(b"{}"), unrecognized(prefix));
    assert_eq!(of(b"k8s\0\x0a"), unrecognized("unexpected EOF"));
    assert_eq!(of(b"k8s\0"), unrecognized("Object 'Kind' is missing"));
    assert_eq!(of(&body("demo.example/v1", "Widget", b"")).0, 415);
    let cannot = |why: &str| (400, format!("Pod in version \"v1\" cannot be handled as a Pod: {why}"));
    assert_eq!(of(&body("v1", "Pod", b"\x12\x7f")), cannot("unexpected EOF"));
    assert_eq!(of(&body("v1", "Pod", b"\x10\x01")), cannot("proto: wrong wireType for field spec"));
}

/// A schema in a schema in a schema: two bytes each would otherwise take the stack.
#[test]
fn depth_ends() {
    let mut schema = Vec::new();
    for _ in 0..200 {
        // `not`
        let length = schema.len();
        schema = [&[0xe2, 0x01, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8][..], &schema].concat();
    }
    let wrap =
        |number: u8, inner: &[u8]| [&[number << 3 | 2, (inner.len() & 0x7f) as u8 | 0x80, (inner.len() >> 7) as u8][..], inner].concat();
    let raw = wrap(2, &wrap(7, &wrap(4, &wrap(1, &schema))));
    let refusal = decode(&body("apiextensions.k8s.io/v1", "CustomResourceDefinition", &raw)).unwrap_err();
    assert!(refusal.message.ends_with("recursion depth"), "{refusal:?}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..3_usize) {
        let kinds = [("v1", "Pod"), ("apiextensions.k8s.io/v1", "CustomResourceDefinition"), ("v1", "Event")];
        let (version, kind) = kinds[kind];
        for body in [bytes.clone(), [MAGIC, &bytes].concat(), body(version, kind, &bytes)] {
            prop_assert!(decode(&body).map_or_else(|refusal| matches!(refusal.code, 400 | 415), |object| object.is_object()));
        }
    }

    #[test]
    fn broken_bodies_are_read_or_refused(case in 0..45_usize, at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<bool>()) {
        let mut body = bytes(CORPUS.lines().nth(case * 2).unwrap());
        let at = at.index(body.len());
        if cut {
            body.truncate(at);
        } else {
            body[at] = to;
        }
        prop_assert!(decode(&body).map_or_else(|refusal| matches!(refusal.code, 400 | 415), |object| object.is_object()));
    }
}
