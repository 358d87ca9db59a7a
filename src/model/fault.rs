//! What went wrong with the world, in the few ways that a person can do something about.

use std::fmt;
use std::time::Duration;

/// A failure of a cluster, of one of its tables or of one request. Only `k8s::fault` makes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What can be done about it.
    pub kind: FaultKind,
    /// What happened, for people; as received, so it passes the sanitiser before it is drawn.
    pub what: String,
    /// What to do next, where we know.
    pub hint: Option<String>,
    /// The server's Retry-After.
    pub retry_after: Option<Duration>,
    /// The token by which the server goes on with a list whose own token has expired.
    pub resume: Option<String>,
}

/// The ways to fail, by what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// No connection, or one that hangs. Passes by itself or needs a network.
    Unreachable,
    /// The server does not know us (401), and asking the credential again did not help.
    Unauthorised,
    /// Only a person can log in, with this command; it is to be shown and not to be run, since secrets are left out of it.
    Login(String),
    /// The server knows us and says no (403).
    Forbidden,
    /// The kind or object is not there (404), or no longer.
    Gone,
    /// The server's history does not reach back to our resourceVersion (410), or not up to it yet (504, ResourceVersionTooLarge).
    Expired,
    /// The server has too much to do (429).
    Throttled,
    /// Somebody else changed the object (409).
    Conflict,
    /// The server does not accept what we sent (400, 405, 415, 422).
    Invalid,
    /// The server failed (5xx).
    Server,
    /// The answer is not Kubernetes: a proxy's or a login page, or cut off.
    Garbled,
    /// The kubeconfig, or a file or program that it names, is not usable.
    Config,
}

impl Fault {
    /// A fault without hint.
    pub fn new(kind: FaultKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hint: None, retry_after: None, resume: None }
    }

    /// The same with what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl FaultKind {
    /// In a word or two.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Unauthorised => "unauthorised",
            Self::Login(_) => "login needed",
            Self::Forbidden => "forbidden",
            Self::Gone => "not found",
            Self::Expired => "history expired",
            Self::Throttled => "throttled",
            Self::Conflict => "conflict",
            Self::Invalid => "refused",
            Self::Server => "server error",
            Self::Garbled => "not a Kubernetes answer",
            Self::Config => "not usable",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.word(), self.what)?;
        match (&self.kind, &self.hint) {
            (FaultKind::Login(command), None) => write!(f, " (run: {command})"),
            (_, Some(hint)) => write!(f, " ({hint})"),
            (_, None) => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}
