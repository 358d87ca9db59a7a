//! That a read-only cluster may be changed for a while.

use super::id::ClusterId;

/// A cluster, as a person means it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that is looked at.
    Cluster(ClusterId),
    /// The one of this name.
    Called(String),
}

/// That a read-only cluster may be changed for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlock {
    /// Where.
    pub cluster: Which,
    /// For how long.
    pub seconds: i64,
    /// Why.
    pub reason: String,
}
