//! What a line is made of, where it has a form that programs write: an object of JSON, `key=value` (logfmt), or klog. Only lines that are looked at are
//! taken apart.

use serde_json::Value;

/// A line taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// What it says; may be empty.
    pub message: String,
    /// The word for how bad it is, as it was written; may be empty.
    pub level: String,
    /// Everything else but the time, as keys and values, in the order in which they were written. Keys within others are joined by dots.
    pub fields: Vec<(String, String)>,
}

/// Keys of what a line says, of its level and of its time.
const MESSAGES: &[&str] = &["msg", "message", "@message", "event"];
const LEVELS: &[&str] = &["level", "lvl", "severity", "loglevel", "log.level"];
const TIMES: &[&str] = &["time", "ts", "timestamp", "@timestamp", "t", "datetime"];

impl Shape {
    /// The parts of a line; `None` where it is only a text.
    pub fn of(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?.trim();
        let pairs = match text.as_bytes().first()? {
            b'{' => json(text)?,
            b'I' | b'W' | b'E' | b'F'
                if text
                    .as_bytes()
                    .get(1..6)
                    .is_some_and(|d| matches!(d, [a, b, c, d, b' '] if [a, b, c, d].iter().all(|d| d.is_ascii_digit()))) =>
            {
                return klog(text);
            }
            _ => logfmt(text)?,
        };
        let mut shape = Self::default();
        for (key, value) in pairs {
            let is = |names: &[&str]| names.iter().any(|name| key.eq_ignore_ascii_case(name));
            if is(TIMES) {
                continue;
            }
            if is(MESSAGES) && shape.message.is_empty() {
                shape.message = value;
            } else if is(LEVELS) && shape.level.is_empty() {
                shape.level = value;
            } else {
                shape.fields.push((key, value));
            }
        }
        Some(shape)
    }

    /// The value of a key of a line.
    pub fn value(line: &[u8], key: &str) -> Option<String> {
        let text = std::str::from_utf8(line).ok()?.trim();
        let pairs = match text.as_bytes().first()? {
            b'{' => json(text)?,
            _ => logfmt(text).or_else(|| klog(text).map(|shape| shape.fields))?,
        };
        pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }
}

/// The values of an object, those within others under the path to them.
fn json(text: &str) -> Option<Vec<(String, String)>> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(text).ok()?;
    let mut out = Vec::new();
    flatten("", object, &mut out);
    Some(out)
}

fn flatten(path: &str, object: serde_json::Map<String, Value>, out: &mut Vec<(String, String)>) {
    for (key, value) in object {
        let key = if path.is_empty() { key } else { format!("{path}.{key}") };
        match value {
            Value::Object(inner) if !inner.is_empty() => flatten(&key, inner, out),
            Value::String(text) => out.push((key, text)),
            other => out.push((key, other.to_string())),
        }
    }
}

/// Pairs, if the line consists of them: two at least, and nothing that is none before the second.
fn logfmt(text: &str) -> Option<Vec<(String, String)>> {
    let (mut pairs, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let Some((pair, after)) = pair(rest) else {
            // A word alone is a key without a value, but not before it is sure that there are keys.
            let (_, after) = rest.split_once(' ').filter(|_| pairs.len() >= 2)?;
            rest = after.trim_start();
            continue;
        };
        pairs.push(pair);
        rest = after.trim_start();
    }
    (pairs.len() >= 2).then_some(pairs)
}

/// `key=value` or `key="a value"` at the beginning, and what follows.
fn pair(text: &str) -> Option<((String, String), &str)> {
    let (key, rest) = text.split_once('=')?;
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-@/".contains(&b));
    if !is_key {
        return None;
    }
    let Some(quoted) = rest.strip_prefix('"') else {
        let (value, after) = rest.split_once(' ').unwrap_or((rest, ""));
        return Some(((key.to_owned(), value.to_owned()), after));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if std::mem::take(&mut escaped) => value.push(if c == 'n' { '\n' } else { c }),
            '\\' => escaped = true,
            '"' => return Some(((key.to_owned(), value), quoted.get(at + 1..)?)),
            _ => value.push(c),
        }
    }
    None
}

/// `I1127 16:02:01.123456       1 main.go:12] "Starting" version="1"`
fn klog(text: &str) -> Option<Shape> {
    let (head, said) = text.split_once("] ")?;
    let level = match text.as_bytes().first()? {
        b'I' => "INFO",
        b'W' => "WARN",
        b'E' => "ERROR",
        _ => "FATAL",
    };
    let at = head.rsplit(' ').next()?.to_owned();
    let mut fields = vec![("at".to_owned(), at)];
    let (message, rest) = match said.strip_prefix('"').and_then(|s| s.split_once('"')) {
        Some((message, rest)) => (message, rest.trim_start()),
        None => (said, ""),
    };
    let mut rest = rest;
    while let Some((pair, after)) = pair(rest) {
        fields.push(pair);
        rest = after.trim_start();
    }
    Some(Shape { message: message.to_owned(), level: level.to_owned(), fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_are_recognised() {
        let fields = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        for (line, level, message, pairs) in [
            (
                r#"{"time":"x","level":"error","msg":"no","user":{"id":42},"ok":true}"#,
                "error",
                "no",
                fields(&[("user.id", "42"), ("ok", "true")]),
            ),
            (r#"ts=1 level=info msg="Server is \"up\"" port=80"#, "info", "Server is \"up\"", fields(&[("port", "80")])),
            (
                r#"E1127 16:02:01.123456       1 main.go:12] "Failed" err="no such pod" n=3"#,
                "ERROR",
                "Failed",
                fields(&[("at", "main.go:12"), ("err", "no such pod"), ("n", "3")]),
            ),
        ] {
            assert_eq!(Shape::of(line.as_bytes()), Some(Shape { message: message.into(), level: level.into(), fields: pairs }), "{line}");
        }
        for line in ["", "hello", "a = b", "GET /x?a=1 200", "[1,2]", "{not json", "key=value", "E112 no"] {
            assert_eq!(Shape::of(line.as_bytes()), None, "{line}");
        }
        assert_eq!(Shape::value(br#"{"a":{"b":7}}"#, "a.b").as_deref(), Some("7"));
        assert_eq!(Shape::value(b"a=1 B=2", "b").as_deref(), Some("2"));
    }

    proptest! {
        #[test]
        fn anything_is_read_or_not(line in prop::collection::vec(any::<u8>(), 0..80), text in "[EI][0-9 ]{0,8}[a-z=\"\\\\\\] ]{0,30}") {
            let _ = (Shape::of(&line), Shape::of(text.as_bytes()));
        }
    }
}
