//! What a person is told once.

use super::cell::Health;
use super::id::ClusterId;

/// Something that a person is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Where it happened.
    pub cluster: Option<ClusterId>,
    /// How bad it is.
    pub health: Health,
    /// What, and what to do.
    pub text: String,
}

impl Notice {
    /// Something to know.
    pub fn info(text: impl Into<String>) -> Self {
        Self { cluster: None, health: Health::Ok, text: text.into() }
    }

    /// Something that was not done, and why.
    pub fn warn(text: impl Into<String>) -> Self {
        Self { cluster: None, health: Health::Warn, text: text.into() }
    }

    /// The same, of a cluster.
    pub fn of(mut self, cluster: ClusterId) -> Self {
        self.cluster = Some(cluster);
        self
    }
}
