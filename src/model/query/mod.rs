//! The filter language: terms separated by spaces, all of which must hold for a row to be shown.
//!
//! | term | holds for a row where |
//! |---|---|
//! | `text`, `"some text"` | any column of its own shows it, in any case |
//! | `/regex/` | any column of its own fits it, in any case; ends at a `/` before a space, so it may hold spaces |
//! | `~fuzzy` | cluster/namespace/name has these letters in this order |
//! | `status:crash` | that column shows the text |
//! | `restarts>5` `age<2h` `cpu>=500m` | that column's value compares so; also `<=` |
//! | `app=web`, `app==web` | that column's text (in any case) or number is the value, or else that label (case counts) |
//! | `app!=web` | the opposite of `app=web`, so also where the label is missing |
//! | `!term` | the term does not hold |
//!
//! Where the view has a column of that title, `=` means the column and never the label: the same for every row, and what one sees.
//! Titles are taken in any case, with `-` for a space (`last-seen`). A value that is not there has no text for plain terms and the
//! text `<none>` for a column's own. Quotes make any text plain (`"nginx:1.25"`), also behind an operator.

pub(in crate::model) mod operand;
pub(in crate::model) mod parse;
pub(in crate::model) mod term;

use super::column::Column;
use super::nearest::hint;
use super::row::Row;
use super::table::Table;
use super::time::Timestamp;
use super::world::World;
use std::fmt;
use std::ops::Range;
use term::{Term, find};

/// A filter. The empty one shows every row.
#[derive(Clone, Debug, Default)]
pub struct Query {
    text: String,
    terms: Vec<Placed>,
}

/// A term, and where it stands in the text.
#[derive(Clone, Debug)]
pub(in crate::model) struct Placed {
    pub(in crate::model) at: Range<usize>,
    pub(in crate::model) not: bool,
    pub(in crate::model) term: Term,
}

/// Why a filter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTerm {
    /// The bytes of the text that are to blame.
    pub at: Range<usize>,
    /// What is wrong with them, and what to write instead.
    pub why: String,
}

impl fmt::Display for BadTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// A row, and what it needs to be shown.
#[derive(Copy, Clone, Debug)]
pub struct RowView<'a> {
    /// What joined columns read.
    pub world: &'a World,
    /// The table of the row.
    pub table: &'a Table,
    /// The row.
    pub row: &'a Row,
    /// The name of its cluster.
    pub cluster: &'a str,
    /// All columns that the view knows for the table, CLUSTER and NAMESPACE included.
    pub columns: &'a [Column],
    /// The time that ages count to.
    pub now: Timestamp,
}

impl Query {
    /// Reads a filter. The first term that makes no sense is the error; which columns there are is for [`Self::check`].
    pub fn parse(text: &str) -> Result<Self, BadTerm> {
        Ok(Self { text: text.to_owned(), terms: parse::terms(text, parse::ROWS)? })
    }

    /// True where every row is shown.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True where the row is to be shown. A comparison with a column that the table lacks never holds.
    pub fn matches(&self, row: &RowView<'_>) -> bool {
        let mut buffer = String::new();
        self.terms.iter().all(|t| t.term.holds(row, &mut buffer) != t.not)
    }

    /// True where a row may come or go merely because time passes. Sometimes true without need, never false in error for terms that
    /// compare columns whose title ends as those of ages do.
    pub fn depends_on_time(&self) -> bool {
        self.terms.iter().any(|t| t.term.depends_on_time())
    }

    /// The texts whose places in a column of this title explain why rows are shown; to be found in any case.
    pub fn highlights(&self, title: &str) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|t| !t.not).filter_map(move |t| t.term.highlight(title))
    }

    /// True where a term names a column of this title.
    pub fn asks(&self, title: &str) -> bool {
        self.terms.iter().any(|t| t.term.names(title))
    }

    /// The first term that names a column which is not among `columns`.
    pub fn check(&self, columns: &[Column]) -> Result<(), BadTerm> {
        let unknown = |t: &&Placed| t.term.needs_column().is_some_and(|title| find(columns, title).is_none());
        let Some(bad) = self.terms.iter().find(unknown) else { return Ok(()) };
        let title = bad.term.needs_column().unwrap_or_default();
        let titles: Vec<String> = columns.iter().map(|c| c.title.to_lowercase().replace(' ', "-")).collect();
        let hint = hint(&title.replace(' ', "-"), titles.iter().map(String::as_str));
        let instead = if hint.is_empty() { "; quote the term to search for it as text" } else { hint.as_str() };
        Err(BadTerm { at: bad.at.clone(), why: format!("there is no column {title}{instead}") })
    }
}

/// The terms in one spelling: what is equal in meaning to the text, without what is superfluous in it.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, Placed { not, term, .. }) in self.terms.iter().enumerate() {
            write!(f, "{}{}{term}", if i > 0 { " " } else { "" }, if *not { "!" } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
