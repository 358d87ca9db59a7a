//! That files are to be applied to a cluster, what they say, and that something new is to be written for it.

use super::unlock::Which;

/// That files are to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apply {
    /// The path of a file or folder, as a person writes it.
    pub path: String,
    /// To which cluster; the only one that is open where nobody said.
    pub cluster: Option<Which>,
}

/// A text of objects, and what it is called in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name: a file's path.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What a file or folder has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// The texts, in the order of their names.
    pub texts: Vec<Source>,
    /// So many folders are in it, which are not looked into.
    pub folders: usize,
}

/// That something new is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// What it is called: the name of a template.
    pub name: &'static str,
    /// What its text begins with; the word `NAMESPACE` stands for the namespace that is looked at.
    pub text: &'static str,
    /// For which cluster; the only one that is open where nobody said.
    pub cluster: Option<Which>,
}
