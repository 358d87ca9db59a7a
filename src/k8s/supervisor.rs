//! Makes the connection of one cluster, judges it, and makes it anew.
//!
//! One probe every 4 seconds is the only thing that asks a healthy cluster how it is. A connection that hangs is therefore found
//! within 8 seconds, and one that is closed at once, because whoever sees it complains. While a cluster is down the probe is the only
//! thing that tries; its success wakes everything else.

use super::describe;
use super::link::{Complaint, Link, Reins, Up, Wire};
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::ClusterId;
use crate::model::msg::{self, ClusterNews, Msg};
use futures::future::BoxFuture;
use http::Request;
use kube::Client;
use kube::client::Body;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Time between two probes, and how long one may take.
const PROBE: Duration = Duration::from_secs(4);
/// Complaints are many when a connection breaks; one look serves them all.
const AT_MOST: Duration = Duration::from_secs(1);
/// What needs a person is not tried more often than this by itself.
const REFUSED: Duration = Duration::from_secs(60);

/// Makes connections to one cluster.
pub trait Connector: Send + Sync + 'static {
    /// A new connection. `renew` asks the credential again first, because the server refused it.
    fn connect(&self, renew: bool) -> BoxFuture<'_, Result<Client, Fault>>;
}

/// The keeper of one cluster's connection. [`Supervisor::run`] it in a task of its own.
pub struct Supervisor {
    cluster: ClusterId,
    connector: Arc<dyn Connector>,
    reins: Reins,
    link: Link,
    out: mpsc::Sender<Msg>,
    kick: watch::Receiver<u64>,
    generation: u64,
    described: bool,
}

/// Why a connection is given up.
enum Lost {
    /// It does not work.
    Down(Fault),
    /// The server refused the credential.
    Refused,
    /// Somebody asked for a new one.
    Kicked,
    /// The cluster was closed.
    Closed,
}

impl Supervisor {
    /// A supervisor that has not begun.
    pub fn new(
        cluster: ClusterId,
        connector: Arc<dyn Connector>,
        (link, reins): (Link, Reins),
        out: mpsc::Sender<Msg>,
        kick: watch::Receiver<u64>,
    ) -> Self {
        Self { cluster, connector, reins, link, out, kick, generation: 0, described: false }
    }

    /// Keeps the connection until the cluster is closed.
    pub async fn run(mut self) {
        // The first connection is used before it has proved itself: rows come a round trip sooner.
        let (mut proven, mut renew) = (false, false);
        loop {
            if self.tell(msg::Link::Connecting).await.is_none() {
                return;
            }
            let lost = match self.connector.connect(renew).await {
                Ok(client) => self.tend(client, proven || renew).await,
                Err(fault) => Lost::Down(fault),
            };
            proven = true;
            renew = match lost {
                Lost::Closed => return,
                Lost::Refused if !renew => {
                    self.reins.wire.send_replace(Wire::Opening);
                    true
                }
                Lost::Kicked => false,
                // A credential that was just renewed and is refused again needs a person, not another try.
                Lost::Refused | Lost::Down(_) => {
                    let why = if let Lost::Down(fault) = lost { fault } else { refused() };
                    if self.down(why).await.is_none() {
                        return;
                    }
                    false
                }
            };
        }
    }

    /// Says that the cluster is down, and waits for the next try. `None` once the cluster is closed.
    async fn down(&mut self, why: Fault) -> Option<()> {
        let person = matches!(why.kind, FaultKind::Login(_) | FaultKind::Unauthorised | FaultKind::Config);
        let wait = if person { REFUSED } else { PROBE };
        let retry_in = (!matches!(why.kind, FaultKind::Login(_))).then_some(wait);
        self.reins.wire.send_replace(Wire::Down { why: why.clone(), retry_in });
        self.tell(msg::Link::Down { why, retry_in }).await?;
        let started = Instant::now();
        loop {
            tokio::select! {
                () = sleep_until(started + wait), if retry_in.is_some() => return Some(()),
                kicked = self.kick.changed() => return kicked.ok(),
                // Nobody can have news about a connection that is down.
                complaint = self.reins.complaints.recv() => drop(complaint?),
                () = self.out.closed() => return None,
            }
        }
    }

    /// Lends a connection out and probes it until it is lost. `prove` holds it back until the first probe succeeded.
    async fn tend(&mut self, client: Client, prove: bool) -> Lost {
        self.generation += 1;
        let mut up = Up { client, generation: self.generation, latency: None };
        if !prove {
            self.reins.wire.send_replace(Wire::Up(up.clone()));
        }
        let mut first = true;
        loop {
            let probed = Instant::now();
            match self.probe(&up).await {
                Ok(body) => {
                    let latency = probed.elapsed();
                    up.latency = Some(latency);
                    if first {
                        first = false;
                        self.reins.wire.send_replace(Wire::Up(up.clone()));
                        self.describe(&up, &body).await;
                    }
                    if self.tell(msg::Link::Up { latency }).await.is_none() {
                        return Lost::Closed;
                    }
                }
                Err(fault) if fault.kind == FaultKind::Unauthorised => return Lost::Refused,
                Err(fault) => return Lost::Down(fault),
            }
            tokio::select! {
                () = sleep_until(probed + PROBE) => {}
                kicked = self.kick.changed() => return if kicked.is_ok() { Lost::Kicked } else { Lost::Closed },
                () = self.out.closed() => return Lost::Closed,
                complaint = self.reins.complaints.recv() => match complaint {
                    Some(Complaint::Unauthorised(generation)) if generation == up.generation => return Lost::Refused,
                    Some(_) => sleep((probed + AT_MOST).saturating_duration_since(Instant::now())).await,
                    None => return Lost::Closed,
                },
            }
        }
    }

    /// Asks the server for its version, which every user may know.
    async fn probe(&self, up: &Up) -> Result<Vec<u8>, Fault> {
        let request = Request::get("/version").body(Body::empty()).map_err(|e| Fault::new(FaultKind::Config, e.to_string()))?;
        match timeout(PROBE, self.link.ask(up, request)).await {
            Ok(Err(fault)) if fault.kind == FaultKind::Forbidden => Ok(Vec::new()),
            Ok(answer) => answer,
            Err(_) => Err(Fault::new(FaultKind::Unreachable, format!("no answer for {} s", PROBE.as_secs()))),
        }
    }

    /// Has everything else about the server asked in the background.
    async fn describe(&mut self, up: &Up, version: &[u8]) {
        let news = ClusterNews::Server(describe::server(version));
        // Whoever does not listen any more will be noticed by the next message.
        let _ = self.out.send(Msg::Cluster(self.cluster, news)).await;
        let again = std::mem::replace(&mut self.described, true);
        tokio::spawn(describe::describe(self.cluster, self.link.clone(), up.clone(), self.out.clone(), again));
    }

    async fn tell(&self, link: msg::Link) -> Option<()> {
        let traffic = ClusterNews::Traffic(self.link.traffic());
        self.out.send(Msg::Cluster(self.cluster, traffic)).await.ok()?;
        self.out.send(Msg::Cluster(self.cluster, ClusterNews::Link(link))).await.ok()
    }
}

fn refused() -> Fault {
    Fault::new(FaultKind::Unauthorised, "the server refuses the credential, also after it was renewed")
}
