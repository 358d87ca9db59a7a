//! A pod that has to be removed again, also by a later run where the one that made it cannot.

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Leftover {
    /// The context that it was made with.
    pub context: String,
    /// The cluster behind that: the uid of kube-system, where it is known.
    pub identity: Option<String>,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}
