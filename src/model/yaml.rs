//! A YAML file as a tree that knows its lines, for files that people write: config, keymaps, themes.
//!
//! Reading it as a tree instead of into a struct lets one mistake cost only itself: what is wrong in one line is a [`Problem`], and
//! everything else still holds. Kubernetes' own YAML is not read here.

use super::nearest::hint;
use super::problem::Problem;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};
use std::fmt;

/// A value and the line where it begins, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The line.
    pub line: u64,
    /// What stands there.
    pub value: Yaml,
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Yaml {
    /// Nothing, `~` or `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any other scalar. Numbers are text here: whoever wants one reads it.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the order of the file, repeated keys included.
    Map(Vec<(Key, Node)>),
}

/// A key and its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The line.
    pub line: u64,
    /// The key.
    pub text: String,
}

/// Reads a file. An error means that it is no YAML at all.
pub fn read(file: &str, text: &str) -> Result<Node, Problem> {
    if text.lines().all(|l| l.trim_start().is_empty() || l.trim_start().starts_with('#')) {
        return Ok(Node { line: 1, value: Yaml::Null });
    }
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::PassThrough, strict_booleans: true, leading_zero_numbers_as_strings: true, underscored_numbers_as_strings: true };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| {
        let line = e.location().map_or(1, |l| l.line());
        let said = e.without_snippet().to_string();
        let first = said.lines().next().unwrap_or_default();
        let mut what = first.split(" at line ").next().unwrap_or(first).to_owned();
        // The mistake that patterns invite: YAML takes `*prod` for a reference.
        let written = usize::try_from(line).ok().and_then(|n| text.lines().nth(n.saturating_sub(1))).unwrap_or_default();
        if [": *", "- *", "[*", ", *"].iter().any(|star| written.contains(star)) {
            what.push_str("; a text that begins with * needs quotes");
        }
        Problem { file: file.to_owned(), line, what }
    })
}

impl Yaml {
    /// What sort of thing it is, for messages.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "keys and values",
        }
    }
}

/// Collects the problems of one file.
#[derive(Debug)]
pub struct Report<'a> {
    file: &'a str,
    problems: Vec<Problem>,
    grave: Option<Problem>,
}

impl<'a> Report<'a> {
    /// Nothing wrong yet.
    pub fn new(file: &'a str) -> Self {
        Self { file, problems: Vec::new(), grave: None }
    }

    /// A line of the file, as `FILE:LINE`.
    pub fn place(&self, line: u64) -> String {
        format!("{}:{line}", self.file)
    }

    /// Something is wrong in a line.
    pub fn add(&mut self, line: u64, what: impl Into<String>) {
        self.problems.push(Problem { file: self.file.to_owned(), line, what: what.into() });
    }

    /// Reads something where a mistake puts more at risk than itself: the first one is remembered.
    pub fn strictly<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.problems.len();
        let read = read(self);
        self.grave = self.grave.take().or_else(|| self.problems.get(before).cloned());
        read
    }

    /// The first mistake that puts more at risk than itself.
    pub fn grave(&self) -> Option<&Problem> {
        self.grave.as_ref()
    }

    /// A key or name is none of those we know.
    pub fn unknown<'k>(&mut self, line: u64, what: &str, word: &str, known: impl IntoIterator<Item = &'k str>) {
        self.add(line, format!("unknown {what} {word}{}", hint(word, known)));
    }

    /// Something else stands where `wanted` should.
    pub fn wrong(&mut self, node: &Node, key: &str, wanted: &str) {
        self.add(node.line, format!("{key} should be {wanted}, not {}", node.value.sort()));
    }

    /// The text of a node.
    pub fn text(&mut self, node: &Node, key: &str) -> Option<String> {
        if let Yaml::Text(text) = &node.value {
            return Some(text.clone());
        }
        self.wrong(node, key, "a text");
        None
    }

    /// The truth of a node. Only here do `yes` and `no` mean truth: a cluster may be called `no`.
    pub fn bool(&mut self, node: &Node, key: &str) -> Option<bool> {
        let truth = match &node.value {
            Yaml::Bool(b) => Some(*b),
            Yaml::Text(t) if ["yes", "on"].contains(&t.as_str()) => Some(true),
            Yaml::Text(t) if ["no", "off"].contains(&t.as_str()) => Some(false),
            _ => None,
        };
        if truth.is_none() {
            self.wrong(node, key, "true or false");
        }
        truth
    }

    /// The keys and values of a node; none of nothing.
    pub fn map<'n>(&mut self, node: &'n Node, key: &str) -> &'n [(Key, Node)] {
        match &node.value {
            Yaml::Map(pairs) => pairs,
            Yaml::Null => &[],
            _ => {
                self.wrong(node, key, "keys and values");
                &[]
            }
        }
    }

    /// As [`Self::map`], without repetitions: the first value of a key holds.
    pub fn keys<'n>(&mut self, node: &'n Node, key: &str) -> Vec<&'n (Key, Node)> {
        let mut seen: Vec<&(Key, Node)> = Vec::new();
        for pair in self.map(node, key) {
            match seen.iter().find(|(k, _)| k.text == pair.0.text) {
                Some((first, _)) => self.add(pair.0.line, format!("{} is set in line {} already; that one holds", first.text, first.line)),
                None => seen.push(pair),
            }
        }
        seen
    }

    /// The entries of a node; none of nothing.
    pub fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        match &node.value {
            Yaml::List(entries) => entries,
            Yaml::Null => &[],
            _ => {
                self.wrong(node, key, "a list");
                &[]
            }
        }
    }

    /// What was found wrong, line by line.
    pub fn problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|p| p.line);
        self.problems
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, referenced, .. } = Spanned::deserialize(deserializer)?;
        Ok(Self { line: referenced.line(), value })
    }
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }

    fn visit_unit<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Yaml, E> {
        Ok(Yaml::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Yaml, E> {
        Ok(Yaml::Text(v.to_string()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Yaml, E> {
        Ok(Yaml::Text(v.to_string()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Yaml, E> {
        Ok(Yaml::Text(v.to_string()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Yaml, E> {
        Ok(Yaml::Text(v.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Yaml, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = seq.next_element()? {
            entries.push(entry);
        }
        Ok(Yaml::List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Yaml, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let key = Key { line: key.referenced.line(), text: key.value };
            pairs.push((key, map.next_value()?));
        }
        Ok(Yaml::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_and_repeated_keys_are_kept() {
        let node = read("f", "# head\na: 1\nb:\n  - x\n  - {y: true}\na: \"#fff\"\n0: ~\ny: no\n\"g g\": 007\n").unwrap();
        let Yaml::Map(pairs) = &node.value else { panic!("{node:?}") };
        let told: Vec<_> = pairs.iter().map(|(k, v)| (k.line, k.text.as_str(), v.line, v.value.clone())).collect();
        let text = |t: &str| Yaml::Text(t.to_owned());
        let y = (Key { line: 5, text: "y".into() }, Node { line: 5, value: Yaml::Bool(true) });
        let list = Yaml::List(vec![Node { line: 4, value: text("x") }, Node { line: 5, value: Yaml::Map(vec![y]) }]);
        assert_eq!(
            told,
            [
                (2, "a", 2, text("1")),
                (3, "b", 4, list),
                (6, "a", 6, text("#fff")),
                (7, "0", 7, Yaml::Null),
                (8, "y", 8, text("no")),
                (9, "g g", 9, text("007")),
            ]
        );
    }

    #[test]
    fn what_is_no_yaml_has_a_line() {
        let problem = read("themes/x.yaml", "a: 1\nb: [1,\nc: }\n").unwrap_err();
        assert_eq!(problem.file, "themes/x.yaml");
        assert!(problem.line >= 2 && !problem.what.is_empty(), "{problem}");
        assert_eq!(read("f", "# nothing\n").unwrap().value, Yaml::Null);
        assert_eq!(read("f", "").unwrap().value, Yaml::Null);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-c:#\\[\\]{}\n \"'-]{0,40}") {
            let _ = read("f", &text);
        }
    }
}
