//! YAML as a tree in which every key and value knows where it stands, and what the API server would read there.

use super::scalar::{resolve, surprise};
use super::{Flaw, Flaws};
use granit_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};
use serde_json::Value;
use std::collections::HashMap;

/// A place in a text: line and column in characters, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

/// Values that may come of aliases. More is no text of a person but one that is meant to fill the memory.
const MOST: usize = 100_000;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) what: What,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Place, String, Node)>),
}

impl Node {
    /// How many values it has, itself included.
    fn count(&self) -> usize {
        1 + match &self.what {
            What::Scalar(_) => 0,
            What::List(items) => items.iter().map(Self::count).sum(),
            What::Map(pairs) => pairs.iter().map(|(.., node)| node.count()).sum(),
        }
    }

    /// The same without places.
    pub(super) fn value(&self) -> Value {
        match &self.what {
            What::Scalar(value) => value.clone(),
            What::List(items) => items.iter().map(Self::value).collect(),
            What::Map(pairs) => pairs.iter().map(|(_, key, node)| (key.clone(), node.value())).collect(),
        }
    }
}

/// Reads one document. What is wrong goes to `flaws`; `None` where it is no YAML at all.
pub(super) fn read(text: &str, flaws: &mut Flaws) -> Option<Node> {
    let events = Parser::new_from_str_with_options(text, granit_parser::options! { emit_comments: false });
    let mut reader = Reader { events, anchors: HashMap::new(), copied: 0, flaws };
    match reader.document() {
        Ok(node) => node,
        Err(Flaw { place, what }) => {
            let what = broken(text, place, &what);
            flaws.errors.push(Flaw { place, what });
            None
        }
    }
}

/// What a parser complains of, said for people: its own words are about tokens.
fn broken(text: &str, at: Place, said: &str) -> String {
    let index = usize::try_from(at.line).unwrap_or_default().saturating_sub(1);
    let near = || text.lines().skip(index.saturating_sub(1)).take(2);
    if near().any(|line| line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t')) {
        return "a tab indents a line here; YAML takes only blanks".to_owned();
    }
    let hint = if near().any(|line| [": *", "- *", "[*", ", *"].iter().any(|star| line.contains(star))) {
        "; a text that begins with * needs quotes"
    } else if near().any(|line| line.matches(": ").count() > 1 && !line.contains(['"', '\'', '{'])) {
        "; a text that holds a colon and a blank needs quotes"
    } else {
        ""
    };
    format!("no valid YAML: {said}{hint}")
}

/// Makes values of the events of a parser.
struct Reader<'t, 'f> {
    events: Parser<'t, StrInput<'t>>,
    /// What aliases stand for.
    anchors: HashMap<usize, Node>,
    /// Values that came of aliases.
    copied: usize,
    flaws: &'f mut Flaws,
}

/// The key of a pair as it was read.
struct Key {
    text: String,
    /// It is `<<` without quotes: what it has is merged into the mapping.
    merges: bool,
}

impl<'t> Reader<'t, '_> {
    fn event(&mut self) -> Result<(Event<'t>, Place), Flaw> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, place(&span.start))),
            Some(Err(error)) => Err(Flaw { place: place(error.marker()), what: error.info() }),
            None => Ok((Event::StreamEnd, Place { line: 1, column: 1 })),
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Flaw> {
        loop {
            match self.event()? {
                (Event::StreamEnd, _) => return Ok(None),
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (event, at) => break self.node(event, at, "").map(Some),
            }
        }
    }

    fn node(&mut self, event: Event<'t>, at: Place, key: &str) -> Result<Node, Flaw> {
        let (what, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (What::Scalar(self.scalar(&text, style, tag.as_deref(), key, at)), anchor),
            Event::SequenceStart(_, anchor, _) => (What::List(self.list(key)?), anchor),
            Event::MappingStart(_, anchor, _) => (What::Map(self.map()?), anchor),
            Event::Alias(anchor) => return self.alias(anchor, at),
            _ => (What::Scalar(Value::Null), 0),
        };
        let node = Node { place: at, what };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, at: Place) -> Result<Node, Flaw> {
        let known = self.anchors.get(&anchor).cloned();
        let node = known.ok_or_else(|| Flaw { place: at, what: "a reference to what it stands in".to_owned() })?;
        self.copied += node.count();
        if self.copied > MOST {
            return Err(Flaw { place: at, what: format!("references make more than {MOST} values") });
        }
        Ok(Node { place: at, ..node })
    }

    fn list(&mut self, key: &str) -> Result<Vec<Node>, Flaw> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(items),
                (event, at) => items.push(self.node(event, at, key)?),
            }
        }
    }

    fn map(&mut self) -> Result<Vec<(Place, String, Node)>, Flaw> {
        let mut seen: HashMap<String, u64> = HashMap::new();
        let (mut pairs, mut merged) = (Vec::new(), Vec::new());
        loop {
            let (event, at) = match self.event()? {
                (Event::MappingEnd | Event::StreamEnd, _) => break,
                next => next,
            };
            let key = self.key(event, at)?;
            let (event, begin) = self.event()?;
            let value = self.node(event, begin, &key.text)?;
            if key.merges {
                self.merge(at, value, &mut merged);
                continue;
            }
            match seen.get(&key.text) {
                Some(line) => self.flaws.errors.push(Flaw { place: at, what: format!("{} stands in line {line} already", key.text) }),
                None => drop(seen.insert(key.text.clone(), at.line)),
            }
            pairs.push((at, key.text, value));
        }
        // What stands there comes before what is merged in, and what is merged in first before the rest.
        for (at, key, value) in merged {
            if seen.insert(key.clone(), 0).is_none() {
                pairs.push((at, key, value));
            }
        }
        Ok(pairs)
    }

    fn merge(&mut self, at: Place, value: Node, merged: &mut Vec<(Place, String, Node)>) {
        match value.what {
            What::Map(pairs) => merged.extend(pairs.into_iter().map(|(_, key, node)| (at, key, node))),
            What::List(items) if items.iter().all(|i| matches!(i.what, What::Map(_))) => {
                items.into_iter().for_each(|item| self.merge(at, item, merged));
            }
            _ => self.flaws.errors.push(Flaw { place: at, what: "<< takes keys and values".to_owned() }),
        }
    }

    /// A word as the API server reads it; a text in quotes, of several lines, or with a tag, as it was parsed.
    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, key: &str, at: Place) -> Value {
        if style != ScalarStyle::Plain || tag.is_some_and(|t| t.suffix() == "str") {
            return Value::String(text.to_owned());
        }
        match resolve(text) {
            Ok(value) => {
                self.flaws.warnings.extend(surprise(key, text, &value).map(|what| Flaw { place: at, what }));
                value
            }
            Err(what) => {
                self.flaws.errors.push(Flaw { place: at, what });
                Value::Null
            }
        }
    }

    /// A key as the API server reads it: it becomes a text after it was read as a word.
    fn key(&mut self, event: Event<'t>, at: Place) -> Result<Key, Flaw> {
        let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, _, None));
        let written = if let Event::Scalar(text, ..) = &event { text.to_string() } else { String::new() };
        if plain && written == "<<" {
            return Ok(Key { text: written, merges: true });
        }
        let told = self.flaws.warnings.len();
        let node = self.node(event, at, "")?;
        self.flaws.warnings.truncate(told);
        let text = match node.what {
            What::Scalar(Value::String(text)) => text,
            What::Scalar(Value::Bool(b)) => b.to_string(),
            What::Scalar(Value::Number(n)) => n.to_string(),
            _ => {
                let what = if plain { format!("{written} is no key; put it in quotes") } else { "a key has to be a text".to_owned() };
                self.flaws.errors.push(Flaw { place: at, what });
                written.clone()
            }
        };
        if plain && text != written {
            let what = format!("the key {written} is read as {text}; write \"{written}\" if the text is meant");
            self.flaws.warnings.push(Flaw { place: at, what });
        }
        Ok(Key { text, merges: false })
    }
}

fn place(mark: &Marker) -> Place {
    Place { line: mark.line().max(1) as u64, column: mark.col() as u64 + 1 }
}
