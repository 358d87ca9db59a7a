//! Reads the terms of a filter.

use super::operand::{Compare, Needle, Number};
use super::term::Term;
use super::{BadTerm, Placed};
use regex::RegexBuilder;
use std::ops::Range;

/// What differs between what is filtered.
#[derive(Copy, Clone)]
pub(in crate::model) struct Dialect {
    /// The operators, longer ones first.
    operators: &'static [(&'static str, Operator)],
    /// What may be compared, beside numbers: a name and a value.
    compares: fn(&str, &str) -> bool,
}

/// The filters of tables.
pub(super) const ROWS: Dialect = Dialect { operators: &OPERATORS, compares: |_, _| false };

impl Dialect {
    /// The same with `~` for what contains a text, and with more that may be compared.
    pub(in crate::model) const fn of_lines(compares: fn(&str, &str) -> bool) -> Self {
        Self { operators: &LINE_OPERATORS, compares }
    }
}

/// All terms of the text.
pub(in crate::model) fn terms(text: &str, dialect: Dialect) -> Result<Vec<Placed>, BadTerm> {
    let mut reader = Reader { text, at: 0, dialect };
    let mut terms = Vec::new();
    while reader.skip_spaces() {
        let from = reader.at;
        let not = reader.nots()?;
        let term = reader.term()?;
        terms.push(Placed { at: from..reader.at, not, term });
    }
    Ok(terms)
}

/// The operators, longer ones first.
const OPERATORS: [(&str, Operator); 8] = [
    ("!=", Operator::Differs),
    ("==", Operator::Equals),
    (">=", Operator::Compare(Compare::AtLeast)),
    ("<=", Operator::Compare(Compare::AtMost)),
    (">", Operator::Compare(Compare::Above)),
    ("<", Operator::Compare(Compare::Below)),
    ("=", Operator::Equals),
    (":", Operator::Contains),
];

/// The same for lines.
const LINE_OPERATORS: [(&str, Operator); 9] = {
    let [a, b, c, d, e, f, g, h] = OPERATORS;
    [a, b, c, d, e, f, g, h, ("~", Operator::Contains)]
};

#[derive(Copy, Clone)]
enum Operator {
    Equals,
    Differs,
    Contains,
    Compare(Compare),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn bad<T>(&self, at: Range<usize>, why: impl Into<String>) -> Result<T, BadTerm> {
        Err(BadTerm { at, why: why.into() })
    }

    /// Moves to the next term; false at the end.
    fn skip_spaces(&mut self) -> bool {
        self.at = self.text.len() - self.rest().trim_start().len();
        self.at < self.text.len()
    }

    /// Takes `!`s; true for an odd number of them.
    fn nots(&mut self) -> Result<bool, BadTerm> {
        let from = self.at;
        self.at = self.text.len() - self.rest().trim_start_matches('!').len();
        match self.rest().chars().next() {
            None => self.bad(from..self.at, "a term belongs after the !"),
            Some(c) if c.is_whitespace() => self.bad(from..self.at, "a term belongs after the !, without a space"),
            Some(_) => Ok((self.at - from) % 2 == 1),
        }
    }

    fn term(&mut self) -> Result<Term, BadTerm> {
        match self.rest().chars().next() {
            Some('/') => self.regex(),
            Some('~') => self.fuzzy(),
            _ => self.named(),
        }
    }

    /// Takes a text up to a space or to where `ends` says of what is left. A quoted part may hold anything, with `\"` and `\\`.
    fn word(&mut self, ends: impl Fn(&str) -> bool) -> Result<String, BadTerm> {
        let (mut out, mut quote) = (String::new(), None);
        while let Some(c) = self.rest().chars().next() {
            if quote.is_none() && (c.is_whitespace() || ends(self.rest())) {
                break;
            }
            let start = self.at;
            self.at += c.len_utf8();
            match (c, quote) {
                ('"', None) => quote = Some(start),
                ('"', Some(_)) => quote = None,
                ('\\', Some(_)) if self.rest().starts_with(['"', '\\']) => {
                    out.extend(self.rest().chars().next());
                    self.at += 1;
                }
                _ => out.push(c),
            }
        }
        match quote {
            Some(open) => self.bad(open..self.at, "the quote is not closed"),
            None => Ok(out),
        }
    }

    fn fuzzy(&mut self) -> Result<Term, BadTerm> {
        let from = self.at;
        self.at += 1;
        let letters = self.word(|_| false)?;
        if letters.is_empty() { self.bad(from..self.at, "letters belong after the ~") } else { Ok(Term::fuzzy(&letters)) }
    }

    fn regex(&mut self) -> Result<Term, BadTerm> {
        let (from, inside) = (self.at, self.at + 1);
        let mut escaped = false;
        let closes = |(i, c): (usize, char)| {
            let next = self.text.get(inside + i + 1..).unwrap_or_default().chars().next();
            let found = c == '/' && !escaped && next.is_none_or(char::is_whitespace);
            escaped = c == '\\' && !escaped;
            found.then_some(inside + i)
        };
        let Some(end) = self.text.get(inside..).unwrap_or_default().char_indices().find_map(closes) else {
            self.at = self.text.len();
            return self.bad(from..self.at, "the expression is not closed: a / belongs at its end; quote the text if it is no expression");
        };
        self.at = end + 1;
        let source = self.text.get(inside..end).unwrap_or_default();
        if source.is_empty() {
            return self.bad(from..self.at, "there is nothing between the slashes");
        }
        match RegexBuilder::new(source).case_insensitive(true).build() {
            Ok(regex) => Ok(Term::Regex(regex)),
            Err(e) => self.bad(from..self.at, format!("this is no regular expression: {}", reason(&e))),
        }
    }

    /// A term with an operator, or else a plain text.
    fn named(&mut self) -> Result<Term, BadTerm> {
        let Dialect { operators, compares } = self.dialect;
        let operator = |rest: &str| operators.iter().find(|(sign, _)| rest.starts_with(sign)).copied();
        let from = self.at;
        let name = self.word(|rest| operator(rest).is_some())?;
        let Some((sign, operator)) = operator(self.rest()) else {
            return if name.is_empty() {
                self.bad(from..self.at, "there is nothing between the quotes")
            } else {
                Ok(Term::Text(Needle::new(&name)))
            };
        };
        self.at += sign.len();
        if name.is_empty() {
            self.word(|_| false)?;
            return self.bad(from..self.at, format!("a column belongs before the {sign}; quote the term to search for it as text"));
        }
        let value_at = self.at;
        let value = self.word(|_| false)?;
        match operator {
            Operator::Equals | Operator::Differs => Ok(Term::equals(name, value, matches!(operator, Operator::Differs))),
            _ if value.is_empty() => self.bad(from..self.at, format!("a value belongs after {name}{sign}")),
            Operator::Contains => Ok(Term::Contains { title: name, needle: Needle::new(&value) }),
            Operator::Compare(how) if Number::read(&value).is_some() || compares(&name, &value) => Ok(Term::compare(name, how, value)),
            Operator::Compare(_) => self.bad(
                value_at..self.at,
                format!("{value} is neither a number (5), nor an age (30s, 5m, 2h, 3d, 1w), nor a quantity (500m, 1Gi)"),
            ),
        }
    }
}

/// The last line of what the regex crate says, which is the reason; the lines before point into the expression.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}
