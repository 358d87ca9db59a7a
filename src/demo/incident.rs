//! Troubles to practise on.

/// A trouble: how it begins, and when it is over.
#[derive(Debug)]
pub struct Incident {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is, in a line of a list.
    pub about: &'static str,
}

/// All of them; the first is played where none is named.
pub const INCIDENTS: &[Incident] = &[Incident { name: "bad-rollout", about: "a new version that never gets ready" }];
