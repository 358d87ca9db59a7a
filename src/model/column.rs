//! What a table shows of its rows.

use std::borrow::Cow;

/// A column: its title and where its values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// In capitals, as kubectl has it.
    pub title: Cow<'static, str>,
    /// Where its values come from.
    pub source: Source,
    /// When it is shown.
    pub show: Show,
}

/// Where a column's values come from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The display name of the row's cluster.
    Cluster,
    /// The namespace.
    Namespace,
    /// The name.
    Name,
    /// The age since creation.
    Age,
    /// The cell at this place in the row.
    Cell(u16),
}

/// When a column is shown.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Show {
    /// Everywhere.
    Always,
    /// On the screen, and in wide output as in kubectl.
    Screen,
    /// Only where wide was asked for.
    Wide,
}
