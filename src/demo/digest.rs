//! The state of a kind as one number: the oracle for "the table equals the server".

use super::cluster::Cluster;
use crate::model::id::{Uid, Version};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The number for these objects, in whatever order they come.
pub fn digest(objects: impl Iterator<Item = (Uid, Version)>) -> u64 {
    let one = |object: (Uid, Version)| {
        let mut hasher = DefaultHasher::new();
        object.hash(&mut hasher);
        hasher.finish()
    };
    objects.map(one).fold(0, u64::wrapping_add)
}

impl Cluster {
    /// The number for the objects of a kind (as `pods` or `deployments.apps`) in all namespaces, as they are now.
    pub fn digest(&self, kind: &str) -> u64 {
        let number = |version: u64| Version::parse(&version.to_string());
        self.look(|sim| digest(sim.store.list(kind, "").map(|object| (Uid::parse(&object.uid), number(object.version)))))
    }
}
