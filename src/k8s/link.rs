//! The connection of one cluster as its watches see it: up or down, shared by all of them.
//!
//! The session's supervisor makes and judges the connection; everyone else borrows it here, tells the supervisor what looks wrong, and
//! learns at once when it is lost.

use super::fault;
use crate::model::fault::{Fault, FaultKind};
use crate::model::msg::Traffic;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use kube::Client;
use kube::client::Body;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// A connection that can be used.
#[derive(Clone)]
pub struct Up {
    /// Sends requests.
    pub client: Client,
    /// Counts connections, so that a complaint about an old one is not taken for one about this one.
    pub generation: u64,
    /// Counts credentials: another one may have other rights.
    pub credential: u64,
    /// The round trip, or how long it takes at least, where anything is known of it.
    pub latency: Option<Duration>,
}

/// How long a connection may take that is being made.
const OPENING: Duration = Duration::from_secs(10);
/// Round trips of this or more make a link slow: packing then costs less time than it saves.
pub const SLOW: Duration = Duration::from_millis(20);

impl Up {
    /// True where the wire is what takes the time.
    pub fn is_slow(&self) -> bool {
        self.latency.is_some_and(|latency| latency >= SLOW)
    }
}

/// What there is of a connection.
#[derive(Clone)]
pub enum Wire {
    /// Being made; nothing is wrong yet.
    Opening,
    /// Usable, as far as we know.
    Up(Up),
    /// Not usable.
    Down {
        /// Why.
        why: Fault,
        /// When it is tried again.
        retry_in: Option<Duration>,
    },
}

/// What a user of the connection tells the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// A stream broke or a connection failed: have a look now.
    Suspect,
    /// The server answered 401 to this credential, on this connection.
    Unauthorised {
        /// See [`Up`].
        generation: u64,
        /// See [`Up`].
        credential: u64,
    },
}

/// The users' end.
#[derive(Clone)]
pub struct Link {
    wire: watch::Receiver<Wire>,
    complaints: mpsc::Sender<Complaint>,
    shared: Arc<Shared>,
}

/// What all users of a connection share.
#[derive(Default)]
struct Shared {
    requests: AtomicU64,
    bytes: AtomicU64,
    relists: AtomicU64,
    /// How often the server failed to serve a streaming list.
    streaming_failures: AtomicU64,
}

/// The supervisor's end.
pub struct Reins {
    /// To publish what the connection is.
    pub wire: watch::Sender<Wire>,
    /// What its users say.
    pub complaints: mpsc::Receiver<Complaint>,
}

/// Both ends of a new connection.
pub fn link() -> (Link, Reins) {
    let (wire_in, wire) = watch::channel(Wire::Opening);
    // A complaint that finds the box full is one of many that say the same.
    let (complaints, complaints_out) = mpsc::channel(8);
    (Link { wire, complaints, shared: Arc::default() }, Reins { wire: wire_in, complaints: complaints_out })
}

impl Link {
    /// What there is now; `None` once the cluster is closed.
    pub fn now(&self) -> Option<Wire> {
        self.wire.has_changed().ok()?;
        Some(self.wire.borrow().clone())
    }

    /// The connection, once there is one.
    ///
    /// # Errors
    /// Where it is down, or takes too long.
    pub async fn up(&self) -> Result<Up, Fault> {
        let mut wire = self.wire.clone();
        let made = timeout(OPENING, wire.wait_for(|wire| !matches!(wire, Wire::Opening))).await;
        let unreachable = |why: String| Fault::new(FaultKind::Unreachable, why);
        match made.map_err(|_| unreachable(format!("no connection within {} s", OPENING.as_secs())))?.as_deref() {
            Ok(Wire::Up(up)) => Ok(up.clone()),
            Ok(Wire::Down { why, .. }) => Err(why.clone()),
            Ok(Wire::Opening) | Err(_) => Err(unreachable("the cluster was closed".to_owned())),
        }
    }

    /// Waits until the wire is another than the one seen last; `None` once the cluster is closed.
    pub async fn changed(&mut self) -> Option<()> {
        self.wire.changed().await.ok()
    }

    /// True while this generation of the connection is up.
    pub fn holds(&self, generation: u64) -> bool {
        matches!(&*self.wire.borrow(), Wire::Up(up) if up.generation == generation)
    }

    /// Waits for a connection with another credential. Never returns once the cluster is closed.
    pub async fn renewed(&self, credential: u64) {
        let mut wire = self.wire.clone();
        let other = |w: &Wire| matches!(w, Wire::Up(up) if up.credential != credential);
        if wire.wait_for(other).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until this generation of the connection is not up any more, and returns why. Never returns while it is up.
    pub async fn lost(&self, generation: u64) -> Fault {
        let mut wire = self.wire.clone();
        let gone = |w: &Wire| !matches!(w, Wire::Up(up) if up.generation == generation);
        match wire.wait_for(gone).await.as_deref() {
            Ok(Wire::Down { why, .. }) => why.clone(),
            Ok(Wire::Opening | Wire::Up(_)) => Fault::new(FaultKind::Unreachable, "the connection is being made anew"),
            Err(_) => Fault::new(FaultKind::Unreachable, "the cluster was closed"),
        }
    }

    /// Sends a request and returns an answer that is a success. Gives up when the connection is lost meanwhile.
    pub async fn send(&self, up: &Up, request: Request<Body>) -> Result<Response<Body>, Fault> {
        tokio::select! {
            biased;
            answer = self.try_send(up, request) => answer,
            why = self.lost(up.generation) => Err(why),
        }
    }

    /// Sends a request and returns the whole answer, if it is a success. Works on a connection that is not lent out yet.
    pub async fn ask(&self, up: &Up, request: Request<Body>) -> Result<Vec<u8>, Fault> {
        let body = http_body_util::Limited::new(self.try_send(up, request).await?.into_body(), ANSWER);
        let bytes = http_body_util::BodyExt::collect(body).await.map_err(|e| fault::of_transport(&*e))?.to_bytes();
        self.count(bytes.len());
        Ok(bytes.into())
    }

    /// Sends a request and returns the answer whatever it says, read to its end. Where there is none: why, and whether the request may have
    /// reached the server.
    pub async fn exchange(&self, up: &Up, request: Request<Body>) -> Result<Response<Bytes>, (Fault, bool)> {
        tokio::select! {
            biased;
            answer = self.try_exchange(up, request) => answer,
            why = self.lost(up.generation) => Err((why, true)),
        }
    }

    async fn try_exchange(&self, up: &Up, request: Request<Body>) -> Result<Response<Bytes>, (Fault, bool)> {
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let answer = up.client.send(request).await.map_err(|error| {
            self.complain(Complaint::Suspect);
            (fault::of_transport(&error), !fault::is_before_sending(&error))
        })?;
        let (head, body) = answer.into_parts();
        if head.status == StatusCode::UNAUTHORIZED {
            self.complain(Complaint::Unauthorised { generation: up.generation, credential: up.credential });
        }
        let body = http_body_util::BodyExt::collect(http_body_util::Limited::new(body, ANSWER)).await;
        let body = body.map_err(|e| (fault::of_transport(&*e), true))?.to_bytes();
        self.count(body.len());
        Ok(Response::from_parts(head, body))
    }

    /// Every answer that is no success is a fault, and the supervisor hears of those that are about the connection.
    async fn try_send(&self, up: &Up, request: Request<Body>) -> Result<Response<Body>, Fault> {
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let answer = match up.client.send(request).await {
            // To switch protocols is the success of whoever asked for that, and of nobody else.
            Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => return Ok(answer),
            Ok(answer) if answer.status().is_success() && !is_page(answer.headers()) => return Ok(answer),
            Ok(answer) => answer,
            Err(error) => {
                self.complain(Complaint::Suspect);
                return Err(fault::of_transport(&error));
            }
        };
        let (head, body) = answer.into_parts();
        let body = http_body_util::Limited::new(body, ERROR_BODY);
        let body = http_body_util::BodyExt::collect(body).await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let fault = fault::of_status(head.status, &head.headers, &body);
        if fault.kind == FaultKind::Unauthorised {
            self.complain(Complaint::Unauthorised { generation: up.generation, credential: up.credential });
        }
        Err(fault)
    }

    /// Tells the supervisor that something looks wrong.
    pub fn complain(&self, complaint: Complaint) {
        // Full means that it has been told; closed, that nobody is left to hear.
        let _ = self.complaints.try_send(complaint);
    }

    /// Counts bytes that came in.
    pub fn count(&self, bytes: usize) {
        self.shared.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts a list beyond the first of a watch, where that is not what its kind is read by.
    pub fn count_relist(&self) {
        self.shared.relists.fetch_add(1, Ordering::Relaxed);
    }

    /// What was counted.
    pub fn traffic(&self) -> Traffic {
        let read = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Traffic { requests: read(&self.shared.requests), bytes: read(&self.shared.bytes), relists: read(&self.shared.relists) }
    }

    /// False once the server has shown that it cannot serve streaming lists.
    pub fn has_streaming(&self) -> bool {
        self.shared.streaming_failures.load(Ordering::Relaxed) < FAILURES
    }

    /// Remembers that a streaming list came to nothing.
    pub fn doubt_streaming(&self, doubt: Doubt) {
        let weight = if doubt == Doubt::None { FAILURES } else { 1 };
        self.shared.streaming_failures.fetch_add(weight, Ordering::Relaxed);
    }
}

/// Login pages come with 200.
fn is_page(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// How sure it is that a server cannot serve streaming lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It may have been a passing failure.
    Some,
    /// It said so.
    None,
}

/// After so many failures that may have been passing, a server is not asked for streaming lists any more.
const FAILURES: u64 = 2;

/// A Status is small; a login page need not be read to its end.
const ERROR_BODY: usize = 256 << 10;

/// Discovery of a cluster with thousands of definitions has a few megabytes.
const ANSWER: usize = 64 << 20;
