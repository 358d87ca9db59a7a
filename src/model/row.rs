//! One object as the tables know it: a few hundred bytes instead of the object.

use super::cell::{Cell, Health, Text};
pub use super::facts::Facts;
use super::id::{Uid, Version};
use super::time::Timestamp;
use super::words::{Sym, Words};

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is, through all its changes.
    pub uid: Uid,
    /// The namespace; the empty word for objects of the whole cluster.
    pub namespace: Sym,
    /// How it does.
    pub health: Health,
    /// The name, as received.
    pub name: Box<str>,
    /// Tells one state of the object from another.
    pub version: Version,
    /// `metadata.creationTimestamp`.
    pub created: Option<Timestamp>,
    /// It is going, and what it waits for.
    pub going: Option<Box<Going>>,
    /// `metadata.labels`, as pairs.
    pub labels: Box<[(Sym, Sym)]>,
    /// The owner that controls it, or else the first one.
    pub owner: Option<Box<Owner>>,
    /// The values of the kind's own columns, in their order.
    pub cells: Box<[Cell]>,
    /// What drilling, health and actions need and no column shows.
    pub facts: Facts,
}

impl Row {
    /// The value of a label.
    pub fn label<'a>(&self, key: &str, words: &'a Words) -> Option<&'a str> {
        self.labels.iter().find(|(k, _)| words.get(*k) == key).map(|(_, v)| words.get(*v))
    }

    /// Bytes held, the row itself included: what the memory page and the budget test count.
    pub fn bytes(&self) -> usize {
        let own = |t: &Text| if let Text::Own(t) = t { t.len() } else { 0 };
        let cell = |c: &Cell| size_of::<Cell>() + if let Cell::Text(t) | Cell::Status(t, _) | Cell::Quantity(t) = c { own(t) } else { 0 };
        size_of::<Self>()
            + self.name.len()
            + size_of_val(&*self.labels)
            + self.owner.as_ref().map_or(0, |_| size_of::<Owner>())
            + self.cells.iter().map(cell).sum::<usize>()
            + self.facts.bytes()
    }
}

/// One entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its group and version, as `apps/v1`.
    pub api: Sym,
    /// Its kind, as `ReplicaSet`.
    pub kind: Sym,
    /// Its name.
    pub name: Sym,
    /// Its uid.
    pub uid: Uid,
}

/// An object that is to be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Going {
    /// `metadata.deletionTimestamp`: when its time is up, grace included.
    pub at: Timestamp,
    /// Who has to be done with it before it goes.
    pub finalizers: Box<[Sym]>,
}
