//! Typed values. They become text only while something is drawn or printed, and they sort by value.

use super::quantity::quantity;
use super::time::{Timestamp, human};
use super::words::{Dictionary, Sym, Words};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

/// How well an object does, worst last.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Health {
    /// Does what it should.
    #[default]
    Ok,
    /// Has ended as it should, or rests on purpose.
    Done,
    /// On its way; nothing is wrong yet.
    Busy,
    /// Deserves a look.
    Warn,
    /// Is broken.
    Bad,
}

impl Health {
    /// True for what the unhealthy filter shows.
    pub fn is_unhealthy(self) -> bool {
        self >= Self::Warn
    }

    /// What to sort by to have the worst first and all that do well as one.
    pub fn rank(self) -> Value<'static> {
        Value::Count(match self {
            Self::Bad => 0,
            Self::Warn => 1,
            Self::Busy | Self::Done | Self::Ok => 2,
        })
    }
}

/// A value on its way: just decoded, or taken from a row to be drawn, compared or printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// Nothing there; kubectl's `<none>`.
    #[default]
    None,
    /// Words.
    Text(Cow<'a, str>),
    /// A whole number.
    Count(i64),
    /// A number that the server's own Table columns gave with a fraction.
    Number(f64),
    /// So many of so many, as `1/2`. Sorts by what is missing, then by size.
    Ratio(u32, u32),
    /// An instant, shown as its age. The newest sorts first, as the smallest age.
    Age(Timestamp),
    /// A span of seconds.
    Span(i64),
    /// An amount as Kubernetes writes it, as `10Gi`; sorts by what it is worth.
    Quantity(Cow<'a, str>),
    /// A share in percent.
    Percent(u32),
    /// A state in a word, and what to think of it.
    Status(Cow<'a, str>, Health),
    /// How often containers restarted, and when last.
    Restarts(u32, Option<Timestamp>),
    /// So many of so many, drawn as a bar too.
    Gauge(u32, u32),
    /// A number and how it went.
    Trend(Box<Trend>),
}

/// A number and how it went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trend {
    /// As it is told, as `83%/70%`; may be empty.
    pub text: String,
    /// What it is worth, for sorting and filtering.
    pub worth: i64,
    /// What it was, the last one last.
    pub samples: Vec<u32>,
}

impl<'a> Value<'a> {
    /// Text, or nothing where there is none.
    pub fn text(text: Option<&'a str>) -> Self {
        text.filter(|t| !t.is_empty()).map_or(Self::None, |t| Self::Text(Cow::Borrowed(t)))
    }

    /// The age of an instant, or nothing where there is none.
    pub fn age(at: Option<Timestamp>) -> Self {
        at.map_or(Self::None, Self::Age)
    }

    /// Writes what kubectl prints for this value.
    pub fn print(&self, now: Timestamp, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = match self {
            Self::None => write!(out, "<none>"),
            Self::Text(t) | Self::Status(t, _) | Self::Quantity(t) => write!(out, "{t}"),
            Self::Percent(n) => write!(out, "{n}%"),
            Self::Count(n) => write!(out, "{n}"),
            Self::Number(n) => write!(out, "{n}"),
            Self::Ratio(have, want) | Self::Gauge(have, want) => write!(out, "{have}/{want}"),
            Self::Trend(trend) => write!(out, "{}", trend.text),
            Self::Age(at) => {
                human(at.age(now), out);
                Ok(())
            }
            Self::Span(seconds) => {
                human(*seconds, out);
                Ok(())
            }
            Self::Restarts(n, None) => write!(out, "{n}"),
            Self::Restarts(n, Some(last)) => {
                let _ = write!(out, "{n} (");
                human(last.age(now), out);
                write!(out, " ago)")
            }
        };
    }

    /// The text of [`Self::print`]; borrowed where it is text already.
    pub fn shown(&'a self, now: Timestamp) -> Cow<'a, str> {
        match self {
            Self::Text(t) | Self::Status(t, _) | Self::Quantity(t) => Cow::Borrowed(t),
            _ => {
                let mut out = String::new();
                self.print(now, &mut out);
                Cow::Owned(out)
            }
        }
    }

    /// The instant whose age is part of the text.
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Age(at) | Self::Restarts(_, Some(at)) => Some(*at),
            _ => None,
        }
    }

    /// The number to compare with in a filter such as `restarts>5`: seconds for ages and spans, the first part of a ratio.
    pub fn number(&self, now: Timestamp) -> Option<f64> {
        match self {
            Self::Count(n) | Self::Span(n) => Some(*n as f64),
            Self::Number(n) => Some(*n),
            Self::Ratio(n, _) | Self::Gauge(n, _) | Self::Restarts(n, _) | Self::Percent(n) => Some(f64::from(*n)),
            Self::Quantity(t) => quantity(t),
            Self::Trend(trend) => Some(trend.worth as f64),
            Self::Age(at) => Some(at.age(now) as f64),
            Self::Text(t) | Self::Status(t, _) => t.parse().ok(),
            Self::None => None,
        }
    }

    /// The order of a column: by value, nothing last.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a) | Self::Status(a, _), Self::Text(b) | Self::Status(b, _)) => natural(a, b),
            (Self::Count(a) | Self::Span(a), Self::Count(b) | Self::Span(b)) => a.cmp(b),
            (Self::Quantity(a), Self::Quantity(b)) => match (quantity(a), quantity(b)) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => natural(a, b),
            },
            (Self::Percent(a), Self::Percent(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Count(a), Self::Number(b)) => (*a as f64).total_cmp(b),
            (Self::Number(a), Self::Count(b)) => a.total_cmp(&(*b as f64)),
            (Self::Ratio(a, of_a), Self::Ratio(b, of_b)) | (Self::Gauge(a, of_a), Self::Gauge(b, of_b)) => {
                of_a.saturating_sub(*a).cmp(&of_b.saturating_sub(*b)).then(of_a.cmp(of_b)).then(a.cmp(b))
            }
            (Self::Trend(a), Self::Trend(b)) => a.worth.cmp(&b.worth),
            (Self::Age(a), Self::Age(b)) => b.cmp(a),
            (Self::Restarts(a, last_a), Self::Restarts(b, last_b)) => a.cmp(b).then(last_a.cmp(last_b)),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// Orders values of different sorts, which only columns of foreign Tables mix.
    fn rank(&self) -> u8 {
        match self {
            Self::Count(_) | Self::Number(_) | Self::Quantity(_) | Self::Percent(_) => 0,
            Self::Trend(_) => 0,
            Self::Ratio(..) | Self::Gauge(..) => 1,
            Self::Restarts(..) => 2,
            Self::Age(_) => 3,
            Self::Span(_) => 4,
            Self::Text(_) | Self::Status(..) => 5,
            Self::None => 6,
        }
    }

    /// The value by itself, whatever it was read from.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::None => Value::None,
            Self::Text(t) => Value::Text(Cow::Owned(t.into_owned())),
            Self::Status(t, health) => Value::Status(Cow::Owned(t.into_owned()), health),
            Self::Quantity(t) => Value::Quantity(Cow::Owned(t.into_owned())),
            Self::Percent(n) => Value::Percent(n),
            Self::Count(n) => Value::Count(n),
            Self::Number(n) => Value::Number(n),
            Self::Ratio(have, want) => Value::Ratio(have, want),
            Self::Age(at) => Value::Age(at),
            Self::Span(seconds) => Value::Span(seconds),
            Self::Restarts(n, last) => Value::Restarts(n, last),
            Self::Gauge(have, want) => Value::Gauge(have, want),
            Self::Trend(trend) => Value::Trend(trend),
        }
    }

    /// Keeps the value in a row.
    pub fn keep(self, how: Keep, dictionary: &mut Dictionary) -> Cell {
        let mut text = |t: Cow<'_, str>| match how {
            Keep::Shared => Text::Word(dictionary.sym(&t)),
            Keep::Own => Text::Own(t.into()),
        };
        match self {
            Self::None => Cell::None,
            Self::Text(t) => Cell::Text(text(t)),
            Self::Status(t, health) => Cell::Status(text(t), health),
            Self::Quantity(t) => Cell::Quantity(text(t)),
            Self::Percent(n) => Cell::Percent(n),
            Self::Count(n) => Cell::Count(n),
            Self::Number(n) => Cell::Number(n),
            Self::Ratio(have, want) | Self::Gauge(have, want) => Cell::Ratio(have, want),
            Self::Trend(trend) => Cell::Text(text(Cow::Owned(trend.text))),
            Self::Age(at) => Cell::Age(at),
            Self::Span(seconds) => Cell::Span(seconds),
            Self::Restarts(n, last) => Cell::Restarts(n, last),
        }
    }
}

/// Compares texts so that `node-10` comes after `node-9`: runs of digits compare as numbers.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(&x), Some(&y)) = (a.first(), b.first()) else { return a.len().cmp(&b.len()) };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (digits_a, digits_b) = (digits(&mut a), digits(&mut b));
            // Without leading zeros the longer number is the larger one.
            match digits_a.len().cmp(&digits_b.len()).then_with(|| digits_a.cmp(digits_b)) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
        } else if x == y {
            (a, b) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
        } else {
            return x.cmp(&y);
        }
    }
}

/// Takes a run of digits off the front, and returns it without leading zeros.
fn digits<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let end = text.iter().position(|c| !c.is_ascii_digit()).unwrap_or(text.len());
    let (run, rest) = text.split_at(end);
    *text = rest;
    let zeros = run.iter().position(|&c| c != b'0').unwrap_or(run.len());
    run.get(zeros..).unwrap_or_default()
}

/// How a column's texts are kept: a word of the dictionary where few values are shared by many rows, else in the row itself.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Few values, many rows: nodes, reasons, images.
    Shared,
    /// As many values as rows: addresses, messages.
    Own,
}

/// A text as a row keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// The row's own.
    Own(Box<str>),
    /// A word of the table.
    Word(Sym),
}

impl Text {
    /// The text itself.
    pub fn get<'a>(&'a self, words: &'a Words) -> &'a str {
        match self {
            Self::Own(text) => text,
            Self::Word(sym) => words.get(*sym),
        }
    }
}

/// A value as a row keeps it: 24 bytes, and the text if it is the row's own. The variants are those of [`Value`].
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub enum Cell {
    #[default]
    None,
    Text(Text),
    Count(i64),
    Number(f64),
    Ratio(u32, u32),
    Age(Timestamp),
    Span(i64),
    Quantity(Text),
    Percent(u32),
    Status(Text, Health),
    Restarts(u32, Option<Timestamp>),
}

impl Cell {
    /// The value, its words resolved.
    pub fn value<'a>(&'a self, words: &'a Words) -> Value<'a> {
        match self {
            Self::None => Value::None,
            Self::Text(t) => Value::Text(Cow::Borrowed(t.get(words))),
            Self::Status(t, health) => Value::Status(Cow::Borrowed(t.get(words)), *health),
            Self::Quantity(t) => Value::Quantity(Cow::Borrowed(t.get(words))),
            Self::Percent(n) => Value::Percent(*n),
            Self::Count(n) => Value::Count(*n),
            Self::Number(n) => Value::Number(*n),
            Self::Ratio(have, want) => Value::Ratio(*have, *want),
            Self::Age(at) => Value::Age(*at),
            Self::Span(seconds) => Value::Span(*seconds),
            Self::Restarts(n, last) => Value::Restarts(*n, *last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_small() {
        assert!(size_of::<Cell>() <= 32, "{}", size_of::<Cell>());
        assert_eq!(size_of::<Text>(), 16);
    }

    #[test]
    fn columns_sort_by_value() {
        let sorted = |mut values: Vec<Value<'static>>| {
            values.sort_by(Value::order);
            values.iter().map(|v| v.shown(Timestamp(1_000)).into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            sorted(vec![Value::text(Some("node-10")), Value::None, Value::text(Some("node-9")), Value::text(Some("node-09a"))]),
            "node-9 node-09a node-10 <none>"
        );
        assert_eq!(sorted(vec![Value::Age(Timestamp(0)), Value::Age(Timestamp(990)), Value::None]), "10s 16m <none>");
        assert_eq!(sorted(vec![Value::Ratio(3, 3), Value::Ratio(1, 3), Value::Ratio(1, 1), Value::Ratio(0, 1)]), "1/1 3/3 0/1 1/3");
        assert_eq!(sorted(vec![Value::Restarts(12, Some(Timestamp(960))), Value::Restarts(2, None)]), "2 12 (40s ago)");
        assert_eq!(sorted(vec![Value::Count(10), Value::Number(9.5), Value::Count(9)]), "9 9.5 10");
        let quantities = ["10Gi", "1Ti", "500Mi", "odd"].map(|t| Value::Quantity(t.into()));
        assert_eq!(sorted(quantities.to_vec()), "500Mi 10Gi 1Ti odd");
        assert_eq!(sorted(vec![Value::Percent(100), Value::Percent(9)]), "9% 100%");
    }
}
