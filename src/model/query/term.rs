//! What one term of a filter asks of a row.

use super::RowView;
use super::operand::{Compare, Needle, Number};
use crate::model::cell::Value;
use crate::model::column::{Column, Source};
use nucleo_matcher::chars::{normalize, to_lower_case};
use regex::Regex;
use std::fmt::{self, Write};

/// A term, its `!` not included.
#[derive(Clone, Debug)]
pub(in crate::model) enum Term {
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

    /// True where the term is about a column of this title.
    pub(super) fn names(&self, column: &str) -> bool {
        match self {
            Self::Contains { title, .. } | Self::Compare { title, .. } | Self::Equals { name: title, .. } => is_called(column, title),
            _ => false,
        }
    }

    pub(super) fn highlight(&self, column: &str) -> Option<&str> {
        match self {
            Self::Text(needle) => Some(&needle.text),
            Self::Contains { title, needle } => is_called(column, title).then_some(&needle.text),
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
            Self::Text(needle) => plain(row).any(|c| shows(row, c.source, needle, buffer)),
            Self::Regex(regex) => plain(row).any(|c| match value(row, c.source) {
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

/// The columns that terms without a column look at: joined ones are made anew for each row, which only who names them asks for.
fn plain<'a>(row: &RowView<'a>) -> impl Iterator<Item = &'a Column> {
    row.columns.iter().filter(|c| c.joint().is_none())
}

/// The column of a title, as people type titles.
pub(super) fn find<'a>(columns: &'a [Column], title: &str) -> Option<&'a Column> {
    columns.iter().find(|c| is_called(&c.title, title))
}

/// Whether a column of this title is meant.
fn is_called(column: &str, title: &str) -> bool {
    let fold = |b: u8| if b == b'-' { b' ' } else { b.to_ascii_lowercase() };
    column.bytes().map(fold).eq(title.bytes().map(fold))
}

fn value<'a>(row: &RowView<'a>, source: Source) -> Value<'a> {
    match source {
        Source::Cluster => Value::text(Some(row.cluster)),
        source => row.world.value(row.table, row.row, source),
    }
}

/// The text of a value, written into the buffer unless it is a text already.
fn shown<'a>(value: &'a Value<'_>, row: &RowView<'_>, buffer: &'a mut String) -> &'a str {
    match value {
        Value::Text(text) | Value::Status(text, _) | Value::Quantity(text) => text,
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
        Value::Text(text) | Value::Status(text, _) | Value::Quantity(text) => needle.is_in(&text),
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
