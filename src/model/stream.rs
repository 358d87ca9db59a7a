//! Streams into containers: what is run there, and how it ended.

use super::call::CallId;
use super::course::ChangeId;
use super::id::ObjectRef;
use super::time::Timestamp;
use std::fmt;

/// A command that is run in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The container; the pod's own choice where none is named.
    pub container: Option<String>,
    /// The program and its arguments.
    pub words: Vec<String>,
    /// It gets a terminal.
    pub terminal: bool,
}

/// The key that leaves a shell, which stays open.
pub const LEAVE: &str = "ctrl-]";

/// A shell that is open, or has ended while nobody was in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell {
    /// The change that it is.
    pub change: ChangeId,
    /// The request that opened it.
    pub id: CallId,
    /// The pod.
    pub object: ObjectRef,
    /// The container of it.
    pub container: Box<str>,
    /// Since when it is open.
    pub since: Timestamp,
    /// How it ended, if it has.
    pub ended: Option<String>,
}

/// How a stream ended that had begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub end: End,
    /// Bytes that went into it.
    pub sent: u64,
    /// Bytes that came out of it.
    pub received: u64,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The command did, with this exit code.
    Exit(i32),
    /// A person ended it.
    Closed,
    /// It did what was asked, in these words.
    Done(String),
    /// It did not, or not all of it.
    Failed(String),
    /// It broke off: the connection did, or the pod went.
    Broken(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "exit {code}"),
            Self::Closed => f.write_str("closed"),
            Self::Done(what) => f.write_str(what),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Broken(why) => write!(f, "broken off: {why}"),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} bytes in, {} bytes out", self.end, self.sent, self.received)
    }
}
