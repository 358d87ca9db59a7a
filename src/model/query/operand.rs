//! What terms compare with: texts in any case, and numbers in every way they can be read.

use super::RowView;
use crate::model::cell::Value;
use crate::model::quantity::{quantity, span};
use memchr::memchr2_iter;

/// How two numbers compare.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(in crate::model) enum Compare {
    Above,
    Below,
    AtLeast,
    AtMost,
}

impl Compare {
    pub(in crate::model) fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Above => a > b,
            Self::Below => a < b,
            Self::AtLeast => a >= b,
            Self::AtMost => a <= b,
        }
    }

    pub(super) fn sign(self) -> &'static str {
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
pub(in crate::model) struct Number {
    pub(in crate::model) plain: Option<f64>,
    pub(in crate::model) seconds: Option<f64>,
}

impl Number {
    pub(in crate::model) fn read(text: &str) -> Self {
        Self { plain: quantity(text.strip_suffix('%').unwrap_or(text)), seconds: span(text).map(|s| s as f64) }
    }

    /// True where the text is a number in any way.
    pub(super) fn is_some(self) -> bool {
        self.plain.is_some() || self.seconds.is_some()
    }

    /// The value of a row and this number, read alike.
    pub(super) fn beside(self, value: &Value<'_>, row: &RowView<'_>) -> Option<(f64, f64)> {
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
    pub(super) fn depends_on_time(self, title: &str) -> bool {
        let title = title.to_ascii_lowercase();
        self.seconds.is_some()
            || (self.plain.is_some()
                && ["age", "seen", "duration", "since", "schedule", "success", "scale"].iter().any(|end| title.ends_with(end)))
    }
}

/// A text to find in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::model) struct Needle {
    pub(in crate::model) text: String,
    lower: String,
    /// False where no number, ratio or age can show it, which saves writing them out.
    pub(super) in_numbers: bool,
}

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        // What `Value::print` writes for values that are not texts; "ago" of restarts, "inf" and "NaN" of fractions.
        let in_numbers = lower.bytes().all(|b| b"0123456789.-+/% ()smhdyagoinf".contains(&b));
        Self { text: text.to_owned(), lower, in_numbers }
    }

    pub(in crate::model) fn is_in(&self, text: &str) -> bool {
        if !self.lower.is_ascii() {
            return !text.is_ascii() && text.to_lowercase().contains(&self.lower);
        }
        let (hay, needle) = (text.as_bytes(), self.lower.as_bytes());
        let Some(&first) = needle.first() else { return true };
        let fits = |at: usize| hay.get(at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle));
        memchr2_iter(first, first.to_ascii_uppercase(), hay).any(fits)
    }
}
