//! Which lines are shown: the filter language of the tables, for lines.
//!
//! | term | holds for a line where |
//! |---|---|
//! | `text`, `"some text"`, `/regex/` | it says so, in any case |
//! | `~fuzzy` | cluster/namespace/pod/container has these letters in this order |
//! | `level>=warn`, `level=error` | it is as bad: debug, info, warn, error |
//! | `age<10m` | it is not older than that, at the time when the filter is set |
//! | `pod:web`, `pod~web` | the name of its pod has the text; also `container`, `namespace`, `cluster` |
//! | `.user.id=42`, `.took>5`, `.err~refused` | the value under that path of its JSON, or of that key of its `key=value`, is so |
//! | `!term` | the term does not hold |

use super::{Level, Seen, Shape};
use crate::model::query::operand::Number;
use crate::model::query::parse::{Dialect, terms};
use crate::model::query::term::Term;
use crate::model::query::{BadTerm, Placed};
use crate::model::time::Timestamp;

/// A filter of lines. The empty one shows every line.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    text: String,
    terms: Vec<Part>,
    /// When it was written: what ages count to.
    now: Timestamp,
}

/// A term of a filter, that may be switched off.
#[derive(Clone, Debug)]
struct Part {
    placed: Placed,
    is_off: bool,
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
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, BadTerm> {
        let terms = terms(text, LINES)?.into_iter().map(|placed| Part { placed, is_off: false }).collect();
        Ok(Self { text: text.to_owned(), terms, now })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its terms as they were written, and whether each is off.
    pub fn terms(&self) -> impl Iterator<Item = (&str, bool)> {
        self.terms.iter().map(|part| (self.text.get(part.placed.at.clone()).unwrap_or_default(), part.is_off))
    }

    /// Switches a term off, or on again. False where there is none at this place.
    pub fn switch(&mut self, place: usize) -> bool {
        let part = self.terms.get_mut(place);
        part.map(|part| part.is_off = !part.is_off).is_some()
    }

    /// Switches off what is off in another one.
    pub fn switch_as(&mut self, other: &Self) {
        let off: Vec<&str> = other.terms().filter(|(_, is_off)| *is_off).map(|(text, _)| text).collect();
        for part in &mut self.terms {
            part.is_off = self.text.get(part.placed.at.clone()).is_some_and(|text| off.contains(&text));
        }
    }

    /// True where every line is shown.
    pub fn is_empty(&self) -> bool {
        self.terms.iter().all(|part| part.is_off)
    }

    /// True where a line is to be shown.
    pub fn holds(&self, line: &Seen<'_>, origin: &Origin<'_>) -> bool {
        let holds = |placed: &Placed| holds(&placed.term, line, origin, self.now) != placed.not;
        self.terms.iter().all(|part| part.is_off || holds(&part.placed))
    }
}

fn holds(term: &Term, line: &Seen<'_>, origin: &Origin<'_>, now: Timestamp) -> bool {
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
            _ if title.eq_ignore_ascii_case("age") => {
                number.seconds.or(number.plain).is_some_and(|age| how.holds((now.0 - line.spot.at.second().0) as f64, age))
            }
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

    /// A minute after the line.
    const NOW: Timestamp = Timestamp(1_795_795_260);

    fn holds(filter: &str, line: &str) -> bool {
        passes(&Sieve::parse(filter, NOW).unwrap(), line)
    }

    fn passes(sieve: &Sieve, line: &str) -> bool {
        let mut cutter = Cutter::default();
        cutter.feed(format!("2026-11-27T16:00:00Z {line}\n").as_bytes());
        let mut ring = Ring::new(usize::MAX);
        ring.insert(0, cutter.take().unwrap_or_else(Chunk::default));
        let origin = Origin { cluster: "prod-eu", namespace: "shop", pod: "web-6d5f-x2x9q", container: "app" };
        sieve.holds(&ring.get(0).unwrap(), &origin)
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
            ("age<2m", "x", true),
            ("age<30s", "x", false),
        ] {
            assert_eq!(holds(filter, line), so, "{filter}: {line}");
        }
        assert!(Sieve::parse("level>=bad", NOW).is_err() && Sieve::parse("(\"", NOW).is_err());
    }

    #[test]
    fn terms_are_switched_one_by_one() {
        let mut sieve = Sieve::parse("level>=warn  !\"not this\"", NOW).unwrap();
        assert!(!passes(&sieve, "info") && !sieve.switch(2));
        assert!(sieve.switch(0) && passes(&sieve, "info") && !passes(&sieve, "not this") && !sieve.is_empty());
        assert_eq!(sieve.terms().collect::<Vec<_>>(), [("level>=warn", true), ("!\"not this\"", false)]);
        let mut other = Sieve::parse("more level>=warn", NOW).unwrap();
        other.switch_as(&sieve);
        assert_eq!(other.terms().collect::<Vec<_>>(), [("more", false), ("level>=warn", true)]);
        assert!(sieve.switch(1) && sieve.is_empty() && passes(&sieve, "not this"));
        assert!(sieve.switch(0) && !passes(&sieve, "info"));
    }
}
