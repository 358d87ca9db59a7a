//! What the messages are: `messages.txt`, read once. Its head says how it is written.

use std::collections::HashMap;
use std::sync::LazyLock;

/// All messages.
pub(super) struct Table {
    messages: Vec<Message>,
    /// By API version and name, as `apps/v1.Deployment`.
    names: HashMap<String, usize>,
}

/// A message.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// True for what can be a body.
    pub(super) is_kind: bool,
    /// True where JSON has the one field that is set in place of the message.
    pub(super) is_either: bool,
    /// In the order of JSON.
    pub(super) fields: Vec<Field>,
}

/// A field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// In JSON; empty where JSON has its fields in those of the message.
    pub(super) name: &'static str,
    /// On the wire.
    pub(super) number: u64,
    /// How many, and whether zero is something.
    pub(super) form: Form,
    /// What.
    pub(super) base: Base,
}

/// How a field holds its values.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// One, always there.
    Plain,
    /// One, which JSON leaves out where it is zero.
    NonZero,
    /// One, or none.
    Pointer,
    /// Many.
    List,
    /// Many, by texts.
    Map,
}

/// What a value is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Bool,
    Int,
    Float,
    Text,
    Bytes,
    Quantity,
    Time,
    MicroTime,
    /// Bytes that are JSON.
    Json,
    /// A message, by its place in the table.
    Message(usize),
}

/// The table.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("messages.txt")));

impl Table {
    fn parse(text: &'static str) -> Self {
        let mut version = "";
        let mut lines = Vec::new();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            match line.strip_prefix("= ") {
                Some(next) => version = next,
                None => lines.push((version, line)),
            }
        }
        let name = |line: &'static str| line.split(' ').next().unwrap_or_default().trim_start_matches(['+', '|']);
        let names = lines.iter().enumerate().map(|(i, (version, line))| (format!("{version}.{}", name(line)), i)).collect();
        let messages = lines
            .iter()
            .map(|(version, line)| Message {
                is_kind: line.starts_with('+'),
                is_either: line.starts_with('|'),
                fields: line.split(' ').skip(1).filter_map(|word| Field::parse(word, version, &names)).collect(),
            })
            .collect();
        Self { messages, names }
    }

    /// The message of a kind.
    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<&Message> {
        // Every API version has the options of requests.
        let api_version = if kind == "DeleteOptions" { "meta.k8s.io/v1" } else { api_version };
        self.message(*self.names.get(&format!("{api_version}.{kind}"))?).filter(|m| m.is_kind)
    }

    /// The message at a place.
    pub(super) fn message(&self, place: usize) -> Option<&Message> {
        self.messages.get(place)
    }
}

impl Field {
    fn parse(word: &'static str, version: &str, names: &HashMap<String, usize>) -> Option<Self> {
        let mut parts = word.splitn(3, ':');
        let (name, number, form) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let (form, base) = match (form.strip_prefix('*'), form.strip_prefix("[]"), form.strip_prefix("{}"), form.strip_suffix('?')) {
            (Some(base), ..) => (Form::Pointer, base),
            (_, Some(base), ..) => (Form::List, base),
            (.., Some(base), _) => (Form::Map, base),
            (.., Some(base)) => (Form::NonZero, base),
            _ => (Form::Plain, form),
        };
        let base = match base {
            "bool" => Base::Bool,
            "int" => Base::Int,
            "float" => Base::Float,
            "string" => Base::Text,
            "bytes" => Base::Bytes,
            "quantity" => Base::Quantity,
            "time" => Base::Time,
            "microtime" => Base::MicroTime,
            "json" => Base::Json,
            other => Base::Message(*names.get(&format!("{version}.{other}")).or_else(|| names.get(other))?),
        };
        Some(Self { name, number, form, base })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::demo::resource::Resource;

    #[test]
    fn every_field_is_understood() {
        let words = include_str!("messages.txt").lines().filter(|l| !l.starts_with(['#', '='])).map(|l| l.split(' ').count() - 1);
        let fields: Vec<usize> = TABLE.messages.iter().map(|m| m.fields.len()).collect();
        assert_eq!(fields, words.collect::<Vec<_>>());
        assert!(fields.len() > 300);
    }

    #[test]
    fn every_kind_that_is_served_can_be_read() {
        for resource in Resource::served() {
            let message = TABLE.kind(&resource.api_version(), &resource.kind);
            assert_eq!(message.unwrap().fields.first().map(|f| (f.name, f.number)), Some(("metadata", 1)), "{resource:?}");
        }
    }

    #[test]
    fn only_kinds_are_bodies() {
        assert!(TABLE.kind("v1", "PodSpec").is_none());
        assert!(TABLE.kind("apps/v2", "Deployment").is_none());
        assert!(TABLE.kind("policy/v1", "DeleteOptions").is_some());
    }
}
