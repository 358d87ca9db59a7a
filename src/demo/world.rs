//! What is true of a cluster and stands in none of its objects: its machines, the images in its registry, what its programs do, the load.

/// The world of one cluster.
#[derive(Debug)]
pub struct World {
    /// The name of the cluster.
    pub name: String,
    /// What chance follows from.
    pub seed: u64,
}

impl World {
    /// A world where all is well.
    pub fn new(name: &str, seed: u64) -> Self {
        Self { name: name.to_owned(), seed }
    }
}
