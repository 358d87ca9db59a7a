//! Ports of pods that are reached by ports of this machine.

use super::call::CallId;
use super::course::ChangeId;
use super::id::{GroupResource, ObjectRef};
use super::time::Timestamp;
use std::collections::BTreeMap;
use std::fmt;

/// A port, as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// By its number.
    Number(u16),
    /// By the name that an object gives it.
    Name(Box<str>),
}

impl Port {
    /// Reads a number or a name; nothing where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let named = || text.bytes().any(|b| b.is_ascii_lowercase()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match text.parse::<u16>() {
            Ok(0) => None,
            Ok(number) => Some(Self::Number(number)),
            Err(_) => named().then(|| Self::Name(text.into())),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// A forward, and how it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The change that it is, as long as it is open.
    pub change: ChangeId,
    /// The request that opened it.
    pub id: CallId,
    /// What was asked for: a pod, or what pods stand behind.
    pub object: ObjectRef,
    /// The port of it.
    pub port: Port,
    /// How it goes.
    pub now: Now,
    /// Since when it is open.
    pub since: Timestamp,
}

/// The forwards that are kept for later runs, by the names that a person gave them.
pub type Kept = BTreeMap<String, Saved>;

/// A forward that is kept. It is none of an object: a later run opens it to what has that name then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The context of its cluster.
    pub context: String,
    /// The kind of what it leads to.
    pub kind: GroupResource,
    /// The namespace of that.
    pub namespace: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// The port of it.
    pub port: Port,
    /// The port of this machine.
    pub local: u16,
}

impl Saved {
    /// What it takes to open a forward again, to a cluster of this context.
    pub fn of(forward: &Forward, context: &str) -> Self {
        let Forward { object, port, now, .. } = forward;
        Self {
            context: context.to_owned(),
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            port: port.clone(),
            local: now.local,
        }
    }
}

/// How a forward goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The port of this machine; 0 until one is taken.
    pub local: u16,
    /// The pod that the next connection goes to, and its port; nothing before the first.
    pub pod: Option<(Box<str>, u16)>,
    /// Connections that are open.
    pub open: u32,
    /// All that were.
    pub all: u32,
    /// Bytes that went into pods.
    pub sent: u64,
    /// Bytes that came out of them.
    pub received: u64,
    /// Connections that failed.
    pub failed: u32,
    /// Why the last one did, until another one does not.
    pub why: Option<String>,
}
