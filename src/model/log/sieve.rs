//! Which lines are shown: the filter language of the tables, for lines.
//!
//! | term | holds for a line where |
//! |---|---|
//! | `text`, `"some text"`, `/regex/` | it says so, in any case |
//! | `~fuzzy` | cluster/namespace/pod/container has these letters in this order |
//! | `level>=warn`, `level=error` | it is as bad: debug, info, warn, error |
//! | `pod:web`, `pod~web` | the name of its pod has the text; also `container`, `namespace`, `cluster` |
//! | `.user.id=42`, `.took>5`, `.err~refused` | the value under that path of its JSON, or of that key of its `key=value`, is so |
//! | `!term` | the term does not hold |

use super::{Level, Seen, Shape};
use crate::model::query::operand::Number;
use crate::model::query::parse::{Dialect, terms};
use crate::model::query::term::Term;
use crate::model::query::{BadTerm, Placed};

/// A filter of lines. The empty one shows every line.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    terms: Vec<Placed>,
}

/// Where a line is from.
#[derive(Copy, Clone, Debug, Default)]
pub struct Origin<'a> {
    /// The cluster.
    pub cluster: &'a str,
    /// The namespace.
    pub namespace: &'a str,
    /// The pod.
    pub pod: &'a str,
    /// The container.
    pub container: &'a str,
}

const LINES: Dialect = Dialect::of_lines(|name, value| name.eq_ignore_ascii_case("level") && Level::named(value).is_some());

impl Sieve {
    /// Reads a filter. The first term that makes no sense is the error.
    pub fn parse(text: &str) -> Result<Self, BadTerm> {
        Ok(Self { terms: terms(text, LINES)? })
    }

    /// True where every line is shown.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// True where a line is to be shown.
    pub fn holds(&self, line: &Seen<'_>, origin: &Origin<'_>) -> bool {
        self.terms.iter().all(|placed| holds(&placed.term, line, origin) != placed.not)
    }
}

fn holds(term: &Term, line: &Seen<'_>, origin: &Origin<'_>) -> bool {
    let text = || String::from_utf8_lossy(line.bytes);
    match term {
        Term::Text(needle) => needle.is_in(&text()),
        Term::Regex(regex) => regex.is_match(&text()),
        Term::Fuzzy(_, letters, _) => {
            let Origin { cluster, namespace, pod, container } = origin;
            let mut name = [cluster, "/", namespace, "/", pod, "/", container].into_iter().flat_map(|part| part.chars());
            letters.iter().all(|letter| name.any(|c| c.to_ascii_lowercase() == *letter))
        }
        Term::Contains { title, needle } => value(title, line, origin).is_some_and(|value| needle.is_in(&value)),
        Term::Equals { name, value: wanted, differs, number } => {
            let equal = match (name.eq_ignore_ascii_case("level"), Level::named(wanted)) {
                (true, Some(level)) => line.level == level,
                _ => value(name, line, origin).is_some_and(|value| {
                    value.eq_ignore_ascii_case(wanted) || Number::read(&value).plain.zip(number.plain).is_some_and(|(a, b)| a == b)
                }),
            };
            equal != *differs
        }
        Term::Compare { title, how, number, value: wanted } => match (title.eq_ignore_ascii_case("level"), Level::named(wanted)) {
            (true, Some(level)) => how.holds(f64::from(line.level as u8), f64::from(level as u8)),
            _ => value(title, line, origin)
                .is_some_and(|value| compares(Number::read(&value), *number).is_some_and(|(a, b)| how.holds(a, b))),
        },
    }
}

/// Both numbers, read alike.
fn compares(theirs: Number, ours: Number) -> Option<(f64, f64)> {
    theirs.plain.zip(ours.plain).or(theirs.seconds.zip(ours.seconds))
}

/// What a name means for a line.
fn value(name: &str, line: &Seen<'_>, origin: &Origin<'_>) -> Option<String> {
    Some(match name.to_ascii_lowercase().as_str() {
        "cluster" | "context" => origin.cluster.to_owned(),
        "namespace" | "ns" => origin.namespace.to_owned(),
        "pod" => origin.pod.to_owned(),
        "container" => origin.container.to_owned(),
        _ => Shape::value(line.bytes, name.strip_prefix('.').unwrap_or(name))?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, Cutter, Ring};
    use super::*;

    fn holds(filter: &str, line: &str) -> bool {
        let mut cutter = Cutter::default();
        cutter.feed(format!("2026-11-27T16:00:00Z {line}\n").as_bytes());
        let mut ring = Ring::new(usize::MAX);
        ring.insert(0, cutter.take().unwrap_or_else(Chunk::default));
        let origin = Origin { cluster: "prod-eu", namespace: "shop", pod: "web-6d5f-x2x9q", container: "app" };
        Sieve::parse(filter).unwrap().holds(&ring.get(0).unwrap(), &origin)
    }

    #[test]
    fn terms_hold_for_lines() {
        let json = r#"{"level":"error","msg":"payment refused","user":{"id":42},"took":"7s"}"#;
        for (filter, line, so) in [
            ("", "x", true),
            ("REFUSED", json, true),
            ("refused !payment", json, false),
            ("/ref[u]sed/", json, true),
            ("level>=warn", json, true),
            ("level>=warn", "level=info msg=x", false),
            ("level=error", "E1127 16:02:01.123456 1 a.go:1] x", true),
            ("level!=debug", "DEBUG x", false),
            ("pod~web", "x", true),
            ("pod:web !container=app", "x", false),
            ("cluster=prod-us", "x", false),
            (".user.id=42", json, true),
            (".user.id>50", json, false),
            (".took>=5s", json, true),
            (".msg~payment", json, true),
            ("status=500", "method=GET status=500", true),
            ("status=500", "status is 500", false),
            ("~eux2app", "x", true),
        ] {
            assert_eq!(holds(filter, line), so, "{filter}: {line}");
        }
        assert!(Sieve::parse("level>=bad").is_err() && Sieve::parse("(\"").is_err());
    }
}
