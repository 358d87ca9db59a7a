//! One request to an API server and its answer, by value.

use super::fault::Fault;
use super::id::ClusterId;
use super::stream::Ended;
use serde_json::Value;

/// Tells an answer from others. Never used twice in a run.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// To whom.
    pub cluster: ClusterId,
    /// What is done there.
    pub method: Method,
    /// The path, as `/apis/apps/v1/namespaces/shop/deployments/web`, not encoded yet.
    pub path: String,
    /// The query, name and value, not encoded yet.
    pub query: Vec<(&'static str, String)>,
    /// The body, in the format of the method.
    pub body: String,
}

/// What is done. The content type follows from it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Ask what we may do, or who we are: a POST that changes nothing.
    Review,
    /// POST, JSON.
    Create,
    /// PUT, YAML (of which JSON is a part).
    ReplaceYaml,
    /// PATCH, RFC 7386.
    Merge,
    /// PATCH, Kubernetes' own: lists of named elements are merged.
    Strategic,
    /// PATCH, RFC 6902.
    Json,
    /// PATCH, a configuration that is applied (YAML, of which JSON is a part).
    Apply,
    /// DELETE, JSON.
    Delete,
    /// A stream both ways (admission calls it CONNECT), with the options in the body that go into the query. The answer comes when it has ended.
    Connect,
    /// The same for a port: many connections, for as long as nobody ends it. Its path is that of the object which was named.
    Forward,
    /// Many of these one after the other, by which files are copied. Its path is that of the first of them.
    Copy,
}

impl Method {
    /// True where it may change something.
    pub fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::Review)
    }
}

/// An answer that is a success.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// What the server says: an object, mostly.
    pub object: Value,
    /// What it warns of, in headers.
    pub warnings: Vec<String>,
    /// How a stream ended, where that was asked for.
    pub ended: Option<Ended>,
}

/// An answer that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why, without the values that the server quotes: they may be secret.
    pub fault: Fault,
    /// What is wrong with which field.
    pub causes: Vec<Cause>,
    /// The request may have been carried out: it was on its way when the connection was lost, or the server gave up on it.
    pub in_doubt: bool,
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// The field, as the server writes it; may be empty.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl Failure {
    /// A request that never left.
    pub fn unsent(fault: Fault) -> Self {
        Self { fault, causes: Vec::new(), in_doubt: false }
    }
}
