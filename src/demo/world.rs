//! What is true of a cluster and stands in none of its objects: its machines, the images in its registry, what its programs do, the load.

pub mod image;
pub mod ledger;
pub mod life;
pub mod program;

use super::shop::filler::Filler;
use super::store::Key;
use ledger::Ledger;
use life::Life;
use program::Program;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The world of one cluster.
#[derive(Debug)]
pub struct World {
    /// The name of the cluster.
    pub name: String,
    /// What chance follows from.
    pub seed: u64,
    /// True while the past is made: what is scheduled runs at once, and nothing is told in events.
    pub past: bool,
    /// True until somebody can look: what only shows how things go needs no telling so often.
    pub unseen: bool,
    /// What is asked of the machines.
    pub ledger: Ledger,
    /// The lives of pods on machines.
    pub lives: HashMap<Key, Life>,
    /// Images that machines have fetched, by machine and reference.
    pub fetched: BTreeSet<(Box<str>, Box<str>)>,
    /// Machines that nobody hears from, and since when.
    pub lost: BTreeMap<Box<str>, super::json::Millis>,
    /// Pods that bear what is said of their machine for a while, by machine, and since when they do.
    pub shunned: BTreeMap<Box<str>, BTreeMap<Key, super::json::Millis>>,
    /// When machines are to be heard from next.
    pub beats: BTreeMap<Box<str>, super::json::Millis>,
    /// How much more than usual is asked of a workload, by `NAMESPACE/NAME`; 1 is usual.
    pub load: BTreeMap<String, f64>,
    /// What autoscalers have found lately, and when: they go down only to the highest of it.
    pub advice: BTreeMap<Key, Vec<(super::json::Millis, i64)>>,
    /// The names of events, by a hash of what they tell and of whom.
    pub told: HashMap<u64, Box<str>>,
    /// Pods that only take room.
    pub filler: Filler,
    /// Images of our own registry: repository and tags. Others are judged by their looks.
    pub images: BTreeMap<String, BTreeSet<String>>,
    /// What programs do that is not ordinary, by the beginning of the image.
    pub programs: Vec<(String, Program)>,
}

impl World {
    /// A world where all is well.
    pub fn new(name: &str, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            seed,
            past: false,
            unseen: false,
            ledger: Ledger::default(),
            lives: HashMap::new(),
            fetched: BTreeSet::new(),
            lost: BTreeMap::new(),
            shunned: BTreeMap::new(),
            load: BTreeMap::new(),
            advice: BTreeMap::new(),
            told: HashMap::new(),
            filler: Filler::default(),
            beats: BTreeMap::new(),
            images: BTreeMap::new(),
            programs: Vec::new(),
        }
    }

    /// Bytes of memory that a pod takes.
    pub fn memory(&self, pod: &Key, now: super::json::Millis) -> i64 {
        self.lives.get(pod).map_or(0, |life| life.memory(now))
    }
}
