//! YAML as a tree in which every value knows its line: what people wrote is read entry by entry, so that one wrong
//! entry costs only itself. It is untyped on purpose; what the fields mean stands in [`super::entry`].

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use serde_saphyr::options::DuplicateKeyPolicy;
use std::fmt;

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    /// Its line, from 1.
    pub(super) line: u64,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Null,
    /// A scalar, as it was written: `1.10` stays `1.10`, `yes` stays `yes`.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Where, if anywhere in particular.
    pub(super) line: Option<u64>,
    /// What, for people; never the value itself, which may be a secret.
    pub(super) what: String,
}

/// Reads the first document, and says whether there are more.
pub(super) fn parse(source: &str) -> Result<(Node, bool), Flaw> {
    let source = source.trim_start_matches('\u{feff}');
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::LastWins, with_snippet: false };
    match serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(source, options) {
        Ok(trees) => {
            let more = trees.len() > 1;
            let first = trees.into_iter().next().map(|tree| node(tree, source));
            Ok((first.unwrap_or(Node { line: 1, value: Value::Null }), more))
        }
        Err(error) => {
            let line = error.location().map(|l| l.line()).filter(|&line| line > 0);
            Err(Flaw { line, what: format!("invalid YAML: {}", error.without_snippet()) })
        }
    }
}

impl Node {
    /// The field of that name; none where it is null. Of two the last counts, as with kubectl.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(fields) = &self.value else { return None };
        fields.iter().rev().find(|(name, _)| name == key).map(|(_, node)| node).filter(|node| !node.is_null())
    }

    /// True for null, and for an empty document.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Result<&str, Flaw> {
        match &self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.flaw("must be text")),
        }
    }

    /// The members of a list; null is an empty one.
    pub(super) fn items(&self) -> Result<&[Self], Flaw> {
        match &self.value {
            Value::List(items) => Ok(items),
            Value::Null => Ok(&[]),
            _ => Err(self.flaw("must be a list")),
        }
    }

    /// The fields of a map; null is an empty one.
    pub(super) fn fields(&self) -> Result<&[(String, Self)], Flaw> {
        match &self.value {
            Value::Map(fields) => Ok(fields),
            Value::Null => Ok(&[]),
            _ => Err(self.flaw("must be a map")),
        }
    }

    /// The text of a field, none where it is missing, null or empty.
    pub(super) fn opt(&self, key: &str) -> Result<Option<String>, Flaw> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let text = node.text().map_err(|flaw| flaw.of(key))?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// A field that is true or false; false where it is missing.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Flaw> {
        let Some(node) = self.get(key) else { return Ok(false) };
        match node.text().map_err(|flaw| flaw.of(key))?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" | "" => Ok(false),
            _ => Err(node.flaw("must be true or false").of(key)),
        }
    }

    /// A field that is a list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, Flaw> {
        let Some(node) = self.get(key) else { return Ok(Vec::new()) };
        let read = || node.items()?.iter().map(|item| item.text().map(str::to_owned)).collect::<Result<_, Flaw>>();
        read().map_err(|flaw| flaw.of(key))
    }

    /// The same as JSON; all scalars are text.
    pub(super) fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Map(fields) => fields.iter().map(|(key, node)| (key.clone(), node.json())).collect(),
        }
    }

    /// A flaw at this place.
    pub(super) fn flaw(&self, what: impl Into<String>) -> Flaw {
        Flaw { line: Some(self.line), what: what.into() }
    }
}

impl Flaw {
    /// Says whose flaw it is.
    pub(super) fn of(self, name: &str) -> Self {
        Self { what: format!("{name} {}", self.what), ..self }
    }
}

/// What the parser hands over; scalars that are not text are taken from the source later.
enum Raw {
    Null,
    Plain(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(String, Spanned<Raw>)>),
}

fn node(raw: Spanned<Raw>, source: &str) -> Node {
    let place = raw.defined;
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(text) => Value::Text(text),
        Raw::Plain(text) => {
            let span = place.span();
            let at = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok());
            let written = at(span.byte_offset()).zip(at(span.byte_len())).and_then(|(start, len)| source.get(start..start + len));
            Value::Text(written.map_or(text, |w| w.trim().to_owned()))
        }
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, source)).collect()),
        Raw::Map(fields) => Value::Map(fields.into_iter().map(|(key, value)| (key, node(value, source))).collect()),
    };
    Node { line: raw.referenced.line(), value }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Raw::Map(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_stay_as_written_and_know_their_line() {
        let tree =
            parse("\u{feff}# head\na: 1.10\nb: yes\nc: 0123\nd:\n- x\n- '7'\ne: ~\nf: 99999999999999999999999999\ng: 'größe'\nh: 1e3\n")
                .unwrap()
                .0;
        for (key, text, line) in
            [("a", "1.10", 2), ("b", "yes", 3), ("c", "0123", 4), ("f", "99999999999999999999999999", 9), ("h", "1e3", 11)]
        {
            let node = tree.get(key).unwrap();
            assert_eq!((node.text().unwrap(), node.line), (text, line));
        }
        assert_eq!(tree.texts("d").unwrap(), ["x", "7"]);
        assert!(tree.get("e").is_none() && tree.flag("b").unwrap() && tree.flag("a").is_err());
        assert!(parse("").unwrap().0.is_null());
        assert_eq!(parse("a: [1\nb: 2\n").unwrap_err().line.map(|l| l > 0), Some(true));
    }

    #[test]
    fn anchors_merges_and_repeated_keys_read_as_kubectl_reads_them() {
        let tree = parse("base: &b {server: x}\nc:\n  <<: *b\n  name: n\nd: 1\nd: 2\n").unwrap().0;
        assert_eq!(tree.get("c").unwrap().opt("server").unwrap().as_deref(), Some("x"));
        assert_eq!(tree.opt("d").unwrap().as_deref(), Some("2"));
    }
}
