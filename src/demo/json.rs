//! Reading and writing places of a JSON document by pointers such as `/spec/replicas` (RFC 6901), and its bytes as Go writes them.

use bytes::Bytes;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::io;

/// Milliseconds since 1970: the clock of a simulated cluster.
pub type Millis = i64;

/// What is at a place. Most places need no unescaping, which [`Value::pointer`] does with two new strings a step.
pub fn at<'v>(value: &'v Value, place: &str) -> Option<&'v Value> {
    place.split('/').skip(1).try_fold(value, |at, step| match at {
        Value::Object(map) => map.get(&*unescape(step)),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The text at a place.
pub fn text<'v>(value: &'v Value, place: &str) -> Option<&'v str> {
    at(value, place)?.as_str()
}

/// The whole number at a place.
pub fn int(value: &Value, place: &str) -> Option<i64> {
    at(value, place)?.as_i64()
}

/// True where there is `true`.
pub fn is_true(value: &Value, place: &str) -> bool {
    at(value, place).and_then(Value::as_bool).unwrap_or_default()
}

/// The items at a place; none where there is no list.
pub fn list<'v>(value: &'v Value, place: &str) -> &'v [Value] {
    at(value, place).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The entries at a place; none where there is no object.
pub fn entries<'v>(value: &'v Value, place: &str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    at(value, place).and_then(Value::as_object).into_iter().flatten().map(|(k, v)| (k.as_str(), v))
}

/// Puts a value at a place and makes the objects above it. A place within something that is no object is left alone.
pub fn set(value: &mut Value, place: &str, new: impl Into<Value>) {
    let Some((parents, last)) = place.rsplit_once('/') else { return };
    let mut at = value;
    for key in parents.split('/').skip(1).map(unescape) {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        at = match at {
            Value::Object(map) => map.entry(key.into_owned()).or_insert(Value::Null),
            Value::Array(items) => match key.parse().ok().and_then(|i: usize| items.get_mut(i)) {
                Some(item) => item,
                None => return,
            },
            _ => return,
        };
    }
    if at.is_null() {
        *at = Value::Object(Map::new());
    }
    match at {
        Value::Object(map) => {
            map.insert(unescape(last).into_owned(), new.into());
        }
        Value::Array(items) => {
            if let Some(item) = last.parse().ok().and_then(|i: usize| items.get_mut(i)) {
                *item = new.into();
            }
        }
        _ => {}
    }
}

/// Puts a value at a place where there is none.
pub fn or_set(value: &mut Value, place: &str, new: impl Into<Value>) {
    if at(value, place).is_none_or(Value::is_null) {
        set(value, place, new);
    }
}

/// Takes what is at a place of an object away.
pub fn remove(value: &mut Value, place: &str) -> Option<Value> {
    let (parent, last) = place.rsplit_once('/')?;
    value.pointer_mut(parent)?.as_object_mut()?.shift_remove(&*unescape(last))
}

/// A key as a step of a place.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn unescape(step: &str) -> Cow<'_, str> {
    if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() }
}

/// An instant as `metadata.creationTimestamp` has it; what is later than can be written is the last one that can.
pub fn stamp(at: Millis) -> String {
    let seconds = at.div_euclid(1000).min(jiff::Timestamp::MAX.as_second());
    jiff::Timestamp::from_second(seconds).map(|t| t.to_string()).unwrap_or_default()
}

/// An instant as `MicroTime` has it.
pub fn micro(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map(|t| format!("{t:.6}")).unwrap_or_default()
}

/// So many seconds after an instant. People may write more than there will ever be: then it is the end of time.
pub fn later(at: Millis, seconds: i64) -> Millis {
    at.saturating_add(seconds.saturating_mul(1_000))
}

/// The instant of a stamp.
pub fn instant(text: &str) -> Option<Millis> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// The bytes, as Go's encoder writes them.
pub fn encode(value: &impl Serialize) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    let mut to = Serializer::with_formatter(&mut out, AsGo(CompactFormatter));
    // Writing to memory cannot fail, nor can a Value.
    let _ = value.serialize(&mut to);
    Bytes::from(out)
}

/// Go escapes what HTML could mistake, and two separators of lines that JavaScript could.
struct AsGo(CompactFormatter);

impl Formatter for AsGo {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        let mut from = 0;
        for (i, c) in fragment.char_indices() {
            if matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
                to.write_all(fragment.get(from..i).unwrap_or_default().as_bytes())?;
                write!(to, "\\u{:04x}", u32::from(c))?;
                from = i + c.len_utf8();
            }
        }
        to.write_all(fragment.get(from..).unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_are_made_and_left_alone() {
        let mut value = json!({"a": [{"b": 1}], "s": "text"});
        set(&mut value, "/a/0/c", 2);
        set(&mut value, "/new/x~1y", "z");
        set(&mut value, "/s/t", 1);
        set(&mut value, "/a/7/c", 1);
        or_set(&mut value, "/a/0/b", 9);
        assert_eq!(value, json!({"a": [{"b": 1, "c": 2}], "s": "text", "new": {"x/y": "z"}}));
        for place in ["", "/a/0/b", "/new/x~1y", "/a/1", "/a/b", "/s/t", "/none/b"] {
            assert_eq!(at(&value, place), value.pointer(place), "{place}");
        }
        assert_eq!(remove(&mut value, "/new/x~1y"), Some(json!("z")));
        assert_eq!((text(&value, "/s"), int(&value, "/a/0/c"), list(&value, "/none")), (Some("text"), Some(2), [].as_slice()));
    }

    #[test]
    fn bytes_are_those_of_go() {
        assert_eq!(encode(&json!({"a": "<b> & \u{2028} \"ü\" \u{1}"})), r#"{"a":"\u003cb\u003e \u0026 \u2028 \"ü\" \u0001"}"#);
    }

    #[test]
    fn instants_have_the_forms_of_the_api() {
        let at = 1_700_000_000_123;
        assert_eq!((stamp(at).as_str(), micro(at).as_str()), ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20.123000Z"));
        assert_eq!(instant(&micro(at)), Some(at));
        assert_eq!((stamp(later(at, i64::MAX)).as_str(), stamp(later(at, 1)).as_str()), ("9999-12-30T22:00:00Z", "2023-11-14T22:13:21Z"));
    }
}
