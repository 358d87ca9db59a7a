//! Something wrong in a file that a person wrote, told with its place. It costs only itself: the rest of the file holds.

use std::fmt;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Problem {
    /// The file's name, as it is shown.
    pub file: String,
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong, and what to write instead where we know.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}
