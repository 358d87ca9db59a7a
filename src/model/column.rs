//! What a table shows of its rows.

use super::cell::Value;
use super::row::Row;
use super::table::Table;
use super::world::World;
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

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
    /// How it does, the worst first. No column shows it: rows are sorted by it.
    Health,
    /// The cell at this place in the row.
    Cell(u16),
    /// What other rows tell of this one; made where it is looked at, since it changes without the row.
    Joined(&'static Joint),
}

/// How a joined column comes by its values. It is made for the rows in sight, for a filter that names it, and as the key of a sort.
pub struct Joint {
    /// Tells it from all others.
    pub name: &'static str,
    /// The kinds it reads beside its own, as group and plural: a view that shows it wants them too.
    pub reads: &'static [(&'static str, &'static str)],
    /// Makes the value of a row of a table.
    pub value: for<'a> fn(&'a Row, &'a Table, &'a World) -> Value<'a>,
}

impl PartialEq for Joint {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Joint {}

impl Hash for Joint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Debug for Joint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Column {
    /// True where a row has the value, wherever it is looked at: what can be printed without watching anything else.
    pub fn is_own(&self) -> bool {
        self.joint().is_none_or(|j| j.reads.is_empty())
    }

    /// The joint of a joined column.
    pub fn joint(&self) -> Option<&'static Joint> {
        if let Source::Joined(joint) = self.source { Some(joint) } else { None }
    }
}

/// When a column is shown.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Show {
    /// Everywhere.
    Always,
    /// On the screen, and in wide output as in kubectl.
    Screen,
    /// On the screen, where there is room for it beside the others in full.
    Spare,
    /// Only where wide was asked for.
    Wide,
}
