//! What one term of a filter asks of a row.

use super::RowView;
use crate::model::cell::Value;
use crate::model::column::{Column, Source};
use crate::model::quantity::{quantity, span};
use memchr::memchr2_iter;
use nucleo_matcher::chars::{normalize, to_lower_case};
use regex::Regex;
use std::fmt::{self, Write};

/// A term, its `!` not included.
#[derive(Clone, Debug)]
pub(super) enum Term {
    Text(Needle),
    Regex(Regex),
    /// The letters as typed, as they are compared, and whether accents count.
    Fuzzy(String, Vec<char>, bool),
    Contains {
        title: String,
        needle: Needle,
    },
    Equals {
        name: String,
        value: String,
        differs: bool,
        number: Number,
    },
    Compare {
        title: String,
        how: Compare,
        number: Number,
        value: String,
    },
}

/// How two numbers compare.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Above,
    Below,
    AtLeast,
    AtMost,
}

impl Compare {
    fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Above => a > b,
            Self::Below => a < b,
            Self::AtLeast => a >= b,
            Self::AtMost => a <= b,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::Below => "<",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        }
    }
}

/// A typed number, in every way it can be read: `5m` is five minutes beside an age and five thousandths beside a quantity.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Number {
    plain: Option<f64>,
    seconds: Option<f64>,
}

impl Number {
    pub(super) fn read(text: &str) -> Self {
        Self { plain: quantity(text.strip_suffix('%').unwrap_or(text)), seconds: span(text).map(|s| s as f64) }
    }

    /// True where the text is a number in any way.
    pub(super) fn is_some(self) -> bool {
        self.plain.is_some() || self.seconds.is_some()
    }

    /// The value of a row and this number, read alike.
    fn beside(self, value: &Value<'_>, row: &RowView<'_>) -> Option<(f64, f64)> {
        match value {
            Value::Age(_) | Value::Span(_) => Some((value.number(row.now)?, self.seconds.or(self.plain)?)),
            Value::Text(text) | Value::Status(text, _) => {
                let theirs = Self::read(text);
                theirs.plain.zip(self.plain).or(theirs.seconds.zip(self.seconds))
            }
            _ => value.number(row.now).zip(self.plain),
        }
    }

    /// True where the comparison with a column of this title changes with time. A bare number counts as seconds beside an age, which
    /// only the titles of ages can tell before there is a row.
    fn depends_on_time(self, title: &str) -> bool {
        let title = title.to_ascii_lowercase();
        self.seconds.is_some() || (self.plain.is_some() && ["age", "seen", "duration", "since"].iter().any(|end| title.ends_with(end)))
    }
}

/// A text to find in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needle {
    text: String,
    lower: String,
    /// False where no number, ratio or age can show it, which saves writing them out.
    in_numbers: bool,
}

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        // What `Value::print` writes for values that are not texts; "ago" of restarts, "inf" and "NaN" of fractions.
        let in_numbers = lower.bytes().all(|b| b"0123456789.-+/ ()smhdyagoinf".contains(&b));
        Self { text: text.to_owned(), lower, in_numbers }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    #[cfg(test)]
    pub(super) fn in_numbers(&self) -> bool {
        self.in_numbers
    }

    fn is_in(&self, text: &str) -> bool {
        if !self.lower.is_ascii() {
            return !text.is_ascii() && text.to_lowercase().contains(&self.lower);
        }
        let (hay, needle) = (text.as_bytes(), self.lower.as_bytes());
        let Some(&first) = needle.first() else { return true };
        let fits = |at: usize| hay.get(at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle));
        memchr2_iter(first, first.to_ascii_uppercase(), hay).any(fits)
    }
}

impl Term {
    pub(super) fn fuzzy(letters: &str) -> Self {
        // As in nucleo: `e` finds `é` too, but who types an accent means it.
        let accents = letters.chars().any(|c| normalize(c) != c);
        Self::Fuzzy(letters.to_owned(), letters.chars().map(|c| folded(c, accents)).collect(), accents)
    }

    pub(super) fn equals(name: String, value: String, differs: bool) -> Self {
        let number = Number::read(&value);
        Self::Equals { name, value, differs, number }
    }

    pub(super) fn compare(title: String, how: Compare, value: String) -> Self {
        Self::Compare { title, how, number: Number::read(&value), value }
    }

    /// The title that must be among the columns.
    pub(super) fn needs_column(&self) -> Option<&str> {
        match self {
            Self::Contains { title, .. } | Self::Compare { title, .. } => Some(title),
            _ => None,
        }
    }

    pub(super) fn highlight(&self) -> Option<&str> {
        match self {
            Self::Text(needle) | Self::Contains { needle, .. } => Some(needle.text()),
            _ => None,
        }
    }

    pub(super) fn depends_on_time(&self) -> bool {
        match self {
            Self::Text(needle) | Self::Contains { needle, .. } => needle.in_numbers,
            // An expression may fit the text of an age; to find out costs more than to look again.
            Self::Regex(_) => true,
            Self::Fuzzy(..) => false,
            Self::Equals { name, number, .. } => number.depends_on_time(name),
            Self::Compare { title, number, .. } => number.depends_on_time(title),
        }
    }

    /// True where the row is as the term says. `buffer` is for texts that must be written out.
    pub(super) fn holds(&self, row: &RowView<'_>, buffer: &mut String) -> bool {
        match self {
            Self::Text(needle) => row.columns.iter().any(|c| shows(row, c.source, needle, buffer)),
            Self::Regex(regex) => row.columns.iter().any(|c| match value(row, c.source) {
                Value::None => false,
                value => regex.is_match(shown(&value, row, buffer)),
            }),
            Self::Fuzzy(_, letters, accents) => is_fuzzy(letters, *accents, row),
            Self::Contains { title, needle } => {
                find(row.columns, title).is_some_and(|c| needle.is_in(shown(&value(row, c.source), row, buffer)))
            }
            Self::Equals { name, value: wanted, differs, number } => {
                let equal = match find(row.columns, name) {
                    Some(column) => {
                        let value = value(row, column.source);
                        shown(&value, row, buffer).eq_ignore_ascii_case(wanted) || number.beside(&value, row).is_some_and(|(a, b)| a == b)
                    }
                    None => row.row.label(name, row.table.words()) == Some(wanted),
                };
                equal != *differs
            }
            Self::Compare { title, how, number, .. } => {
                let pair = |c: &Column| number.beside(&value(row, c.source), row);
                find(row.columns, title).and_then(pair).is_some_and(|(a, b)| how.holds(a, b))
            }
        }
    }
}

/// The column of a title, as people type titles.
pub(super) fn find<'a>(columns: &'a [Column], title: &str) -> Option<&'a Column> {
    let fold = |b: u8| if b == b'-' { b' ' } else { b.to_ascii_lowercase() };
    columns.iter().find(|c| c.title.bytes().map(fold).eq(title.bytes().map(fold)))
}

fn value<'a>(row: &RowView<'a>, source: Source) -> Value<'a> {
    match source {
        Source::Cluster => Value::text(Some(row.cluster)),
        source => row.table.value(row.row, source),
    }
}

/// The text of a value, written into the buffer unless it is a text already.
fn shown<'a>(value: &'a Value<'_>, row: &RowView<'_>, buffer: &'a mut String) -> &'a str {
    match value {
        Value::Text(text) | Value::Status(text, _) => text,
        _ => {
            buffer.clear();
            value.print(row.now, buffer);
            buffer
        }
    }
}

/// True where a column shows the text.
fn shows(row: &RowView<'_>, source: Source, needle: &Needle, buffer: &mut String) -> bool {
    match value(row, source) {
        Value::None => false,
        Value::Text(text) | Value::Status(text, _) => needle.is_in(&text),
        value => needle.in_numbers && needle.is_in(shown(&value, row, buffer)),
    }
}

/// A letter as nucleo compares it.
fn folded(c: char, accents: bool) -> char {
    to_lower_case(if accents { c } else { normalize(c) })
}

/// True where nucleo finds a match. It does so for every text that has the letters in order; what it adds is a score, which a filter
/// has no use for and which costs 100 KiB of scratch memory.
fn is_fuzzy(letters: &[char], accents: bool, row: &RowView<'_>) -> bool {
    let namespace = row.table.words().get(row.row.namespace);
    let mut text = [row.cluster, "/", namespace, "/", &row.row.name].into_iter().flat_map(str::chars).map(|c| folded(c, accents));
    letters.iter().all(|letter| text.any(|c| c == *letter))
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(needle) => word(f, &needle.text),
            Self::Regex(regex) => write!(f, "/{regex}/"),
            Self::Fuzzy(letters, ..) => {
                f.write_char('~')?;
                word(f, letters)
            }
            Self::Contains { title, needle } => named(f, title, ":", &needle.text),
            Self::Equals { name, value, differs, .. } => named(f, name, if *differs { "!=" } else { "=" }, value),
            Self::Compare { title, how, value, .. } => named(f, title, how.sign(), value),
        }
    }
}

fn named(f: &mut fmt::Formatter<'_>, name: &str, sign: &str, value: &str) -> fmt::Result {
    word(f, name)?;
    f.write_str(sign)?;
    word(f, value)
}

/// A text, quoted where it would be read as something else.
fn word(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let special = |c: char| c.is_whitespace() || "\"=<>:!\\".contains(c);
    if text.is_empty() || text.starts_with(['/', '~']) || text.contains(special) {
        write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        f.write_str(text)
    }
}
