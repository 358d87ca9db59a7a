//! What a rule may be about beside the changes that are a [`Verb`](crate::safety::verb::Verb) of their own: each with whether something goes away.

/// The verb that a least number of replicas is about.
pub const SCALE: &str = "scale";

/// Verbs by name.
pub const OTHERS: &[(&str, bool)] = &[
    // Into a container, and past the API server.
    ("plugin", false),
];
