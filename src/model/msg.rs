//! What the world tells us. The terminal's side of it is in `app`.

use super::apply::Sources;
use super::call::{CallId, Failure, Reply};
use super::catalog::Catalog;
use super::column::Column;
use super::fault::Fault;
use super::forward::Now;
use super::id::{ClusterId, Session, Uid, WatchId};
use super::log::{self, TailId};
use super::record::Record;
use super::row::Row;
use super::step::Notice;
use super::transfer::Progress;
use std::time::Duration;

/// A message from the tasks that talk to clusters.
#[derive(Debug)]
pub enum Msg {
    /// Of a watch.
    Watch(WatchId, News),
    /// Of the logs of a pod.
    Log(TailId, log::News),
    /// All of the logs of a pod was read that was not to be followed, or the pod is gone.
    LogOver(TailId),
    /// Of a cluster, and of which opening of it.
    Cluster(ClusterId, Session, ClusterNews),
    /// What came of a request.
    Answer(CallId, Result<Reply, Failure>),
    /// How a forward goes, by the request that opened it.
    Forward(CallId, Now),
    /// How far a copy is, by the request that began it.
    Copying(CallId, Progress),
    /// A record of the journal, by the id of its deed, is on the disk, or why it is not.
    Journalled(String, Result<(), String>),
    /// What the journal holds, or why it cannot be read.
    Journal(Result<Vec<Record>, String>),
    /// What is to be applied to a cluster, or why it cannot be read.
    Manifests(ClusterId, Result<Sources, String>),
    /// Something to tell the person.
    Told(Notice),
    /// How the demo fleet is from now on; names of actions in braces stand for their keys.
    Demo(Notice),
}

impl Msg {
    /// True for changes of rows and nothing else.
    pub fn is_rows(&self) -> bool {
        matches!(self, Self::Watch(_, News::Delta(delta)) if delta.columns.is_none())
    }
}

/// What a watch has to say.
#[derive(Debug)]
pub enum News {
    /// Rows that came, changed or went.
    Delta(Delta),
    /// How true the table is from now on.
    Sync(Sync),
    /// The wanted object as raw JSON; `None` once it is deleted.
    Object(Option<Vec<u8>>),
}

/// Changes of a table, at most one for each object. A relist arrives as one delta that holds all its differences.
#[derive(Debug, Default)]
pub struct Delta {
    /// The columns of a kind that the server describes itself, when they are new.
    pub columns: Option<Vec<Column>>,
    /// Words that the rows use and the table does not know yet.
    pub words: Vec<Box<str>>,
    /// New and changed rows.
    pub upserts: Vec<Row>,
    /// Rows that are gone.
    pub deletes: Vec<Uid>,
}

impl Delta {
    /// True where nothing would change.
    pub fn is_empty(&self) -> bool {
        self.columns.is_none() && self.upserts.is_empty() && self.deletes.is_empty() && self.words.is_empty()
    }
}

/// How true a table is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// Asked for; no answer yet.
    #[default]
    Connecting,
    /// The first list is coming in. `left` is what the server says it has not sent yet.
    Syncing {
        /// Objects still to come, where the server tells.
        left: Option<u64>,
    },
    /// Shows what the server has, now.
    Live,
    /// The server lets us list but not watch, so the table is as old as the last list.
    Polling {
        /// Time between two lists.
        every: Duration,
        /// Why it is not watched.
        why: Fault,
    },
    /// Not true any more, or never was: the rows are the last known ones.
    Stale {
        /// Why.
        why: Fault,
        /// When it is tried again; `None` where only a person or another event can help.
        retry_in: Option<Duration>,
    },
}

/// What happened to a cluster as a whole.
#[derive(Debug)]
pub enum ClusterNews {
    /// The connection.
    Link(Link),
    /// What the server says it is.
    Server(Server),
    /// The uid of its kube-system namespace, which names the cluster behind all its addresses.
    Identity(Uid),
    /// The name that the server knows us by.
    User(String),
    /// The kinds it serves.
    Catalog(Catalog),
    /// Traffic since it was opened.
    Traffic(Traffic),
}

/// A cluster's connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nobody opened it: nothing is run and nothing connected.
    #[default]
    Closed,
    /// Opened; the credential is fetched or the connection made.
    Connecting,
    /// It answers.
    Up {
        /// Round trip of the last probe.
        latency: Duration,
    },
    /// It does not answer, or refuses us.
    Down {
        /// Why.
        why: Fault,
        /// When it is tried again; `None` where a person is needed.
        retry_in: Option<Duration>,
    },
}

/// What an API server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// `gitVersion`, as `v1.36.3`.
    pub version: String,
    /// EKS, GKE, AKS, kind, k3s, OpenShift and so on, where the server gives itself away.
    pub provider: Option<String>,
}

/// Counted by the transport of one cluster.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent.
    pub requests: u64,
    /// Bytes of bodies read, as they came over the wire.
    pub bytes: u64,
    /// Lists beyond the first of each watch.
    pub relists: u64,
}
