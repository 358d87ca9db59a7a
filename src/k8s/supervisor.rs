//! Makes the connection of one cluster, judges it, and makes it anew.
//!
//! One probe every 4 seconds is the only thing that asks a healthy cluster how it is. A connection that hangs is therefore found
//! within 8 seconds, and one that is closed at once, because whoever sees it complains. While a cluster is down the probe is the only
//! thing that tries; its success wakes everything else.

use super::describe;
use super::link::{Complaint, Link, Reins, SLOW, Up, Wire};
use super::teller::Teller;
use crate::model::fault::{Fault, FaultKind};
use crate::model::msg::{self, ClusterNews};
use futures::future::BoxFuture;
use http::Request;
use kube::Client;
use kube::client::Body;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Time between two probes, and how long one may take.
const PROBE: Duration = Duration::from_secs(4);
/// Round trips until a new connection has answered its first request: TCP, TLS, and the request, with something for the name.
const COLD: u32 = 4;
/// Complaints are many when a connection breaks; one look serves them all.
const AT_MOST: Duration = Duration::from_secs(1);
/// What needs a person is not tried more often than this by itself.
const REFUSED: Duration = Duration::from_secs(60);

/// Makes connections to one cluster.
pub trait Connector: Send + Sync + 'static {
    /// A new connection. `renew` asks the credential again first, because the server refused it.
    fn connect(&self, renew: bool) -> BoxFuture<'_, Result<Client, Fault>>;

    /// A client with the credential as it is by now, if it is another than the last client's. Quick where nothing is due.
    fn refresh(&self) -> BoxFuture<'_, Option<Client>>;

    /// One more connection like the last one, for streams that may stand still.
    fn beside(&self) -> BoxFuture<'_, Result<Client, Fault>> {
        self.connect(false)
    }

    /// One like the last one whose connections can be switched to another protocol: one for each stream both ways.
    fn upright(&self) -> BoxFuture<'_, Result<Client, Fault>> {
        self.connect(false)
    }
}

/// The keeper of one cluster's connection. [`Supervisor::run`] it in a task of its own.
pub struct Supervisor {
    teller: Teller,
    connector: Arc<dyn Connector>,
    reins: Reins,
    link: Link,
    kick: watch::Receiver<u64>,
    generation: u64,
    credential: u64,
    /// When the credential was last renewed without anybody asking for it.
    renewed: Option<Instant>,
    described: bool,
}

/// What goes on beside a connection, and ends with it.
#[derive(Default)]
struct Beside {
    describing: JoinSet<()>,
    refreshing: JoinSet<Option<Client>>,
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
    pub fn new(teller: Teller, connector: Arc<dyn Connector>, (link, reins): (Link, Reins), kick: watch::Receiver<u64>) -> Self {
        Self { teller, connector, reins, link, kick, generation: 0, credential: 0, renewed: None, described: false }
    }

    /// Keeps the connection until the cluster is closed.
    pub async fn run(mut self) {
        // The first connection is used before it has proved itself, if that takes long: rows come a round trip sooner.
        let (mut proven, mut renew) = (false, false);
        if self.tell(msg::Link::Connecting).await.is_none() {
            return;
        }
        loop {
            if renew {
                self.renewed = Some(Instant::now());
                self.credential += 1;
            }
            let lost = match self.connect(renew).await {
                Ok(client) => self.tend(client, proven).await,
                Err(lost) => lost,
            };
            proven = true;
            // A credential that was just renewed and is refused again needs a person, not another try.
            renew = matches!(lost, Lost::Refused) && self.renewed.is_none_or(|at| at.elapsed() >= REFUSED);
            let told = match lost {
                Lost::Closed => return,
                Lost::Kicked => {
                    self.renewed = None;
                    self.tell(msg::Link::Connecting).await
                }
                Lost::Refused if renew => {
                    self.reins.wire.send_replace(Wire::Opening);
                    self.tell(msg::Link::Connecting).await
                }
                Lost::Refused => self.down(refused()).await,
                Lost::Down(why) => self.down(why).await,
            };
            if told.is_none() {
                return;
            }
        }
    }

    /// Has a connection made. A program that fetches the credential may take its time, but not hold up whoever asks for another try.
    async fn connect(&mut self, renew: bool) -> Result<Client, Lost> {
        let connector = Arc::clone(&self.connector);
        tokio::select! {
            made = connector.connect(renew) => made.map_err(Lost::Down),
            lost = self.ended() => Err(lost),
        }
    }

    /// Waits until somebody wants another connection, or none.
    async fn ended(&mut self) -> Lost {
        tokio::select! {
            kicked = self.kick.changed() => if kicked.is_ok() { Lost::Kicked } else { Lost::Closed },
            () = self.teller.closed() => Lost::Closed,
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
                kicked = self.kick.changed() => {
                    // Whoever asks may have logged in.
                    self.renewed = None;
                    return kicked.ok();
                }
                // Nobody can have news about a connection that is down.
                complaint = self.reins.complaints.recv() => drop(complaint?),
                () = self.teller.closed() => return None,
            }
        }
    }

    /// Lends a connection out and probes it until it is lost. `prove` holds it back until the first probe succeeded.
    async fn tend(&mut self, client: Client, prove: bool) -> Lost {
        self.generation += 1;
        let mut up = Up { client, generation: self.generation, credential: self.credential, latency: None };
        let mut beside = Beside::default();
        let (mut first, mut cold) = (true, true);
        loop {
            let probed = Instant::now();
            let version = match self.probe(&mut up, first && !prove).await {
                Ok(version) => version,
                Err(lost) => return lost,
            };
            let (was_slow, latency) = (up.is_slow(), probed.elapsed() / if cold { COLD } else { 1 });
            up.latency = Some(latency);
            if first || up.is_slow() != was_slow {
                self.reins.wire.send_replace(Wire::Up(up.clone()));
            }
            if std::mem::take(&mut first) {
                self.describe(&version, &mut beside.describing).await;
            }
            if self.tell(msg::Link::Up { latency }).await.is_none() {
                return Lost::Closed;
            }
            let credential = up.credential;
            if let Some(lost) = self.wait(&mut up, probed, &mut beside).await {
                return lost;
            }
            cold = up.credential != credential;
        }
    }

    /// Probes a connection. One that may be lent unproven is lent as soon as it shows to be slow.
    async fn probe(&mut self, up: &mut Up, mut lend: bool) -> Result<Vec<u8>, Lost> {
        let (link, asked) = (self.link.clone(), up.clone());
        let answer = version(&link, &asked);
        tokio::pin!(answer);
        loop {
            tokio::select! {
                answer = &mut answer => return answer.map_err(|why| match why.kind {
                    FaultKind::Unauthorised => Lost::Refused,
                    _ => Lost::Down(why),
                }),
                lost = self.ended() => return Err(lost),
                () = sleep(SLOW * COLD), if lend => {
                    lend = false;
                    up.latency = Some(SLOW);
                    self.reins.wire.send_replace(Wire::Up(up.clone()));
                }
            }
        }
    }

    /// Waits until it is time for the next probe, or until the connection is lost. Asks meanwhile whether the credential is another now.
    async fn wait(&mut self, up: &mut Up, probed: Instant, Beside { describing, refreshing }: &mut Beside) -> Option<Lost> {
        let mut due = probed + PROBE;
        if refreshing.is_empty() {
            let connector = Arc::clone(&self.connector);
            refreshing.spawn(async move { connector.refresh().await });
        }
        loop {
            let (reins, kick, teller) = (&mut self.reins, &mut self.kick, &self.teller);
            tokio::select! {
                () = sleep_until(due) => return None,
                kicked = kick.changed() => return Some(if kicked.is_ok() { Lost::Kicked } else { Lost::Closed }),
                () = teller.closed() => return Some(Lost::Closed),
                Some(done) = describing.join_next() => self.described |= done.is_ok(),
                Some(done) = refreshing.join_next() => if let Ok(Some(client)) = done {
                    self.exchange(up, client);
                },
                complaint = reins.complaints.recv() => match complaint {
                    Some(Complaint::Unauthorised { generation, credential }) if (generation, credential) == (up.generation, up.credential) => {
                        return Some(Lost::Refused);
                    }
                    // Whoever asks next asks with another credential.
                    Some(Complaint::Unauthorised { .. }) => {}
                    Some(Complaint::Suspect) => due = due.min(probed + AT_MOST),
                    None => return Some(Lost::Closed),
                },
            }
        }
    }

    /// Lends another client of the same connection out, whose credential is newer. Streams that run go on with the old one.
    fn exchange(&mut self, up: &mut Up, client: Client) {
        self.credential += 1;
        (up.client, up.credential) = (client, self.credential);
        self.reins.wire.send_replace(Wire::Up(up.clone()));
    }

    /// Has everything else about the server asked in the background.
    async fn describe(&self, version: &[u8], describing: &mut JoinSet<()>) {
        let news = ClusterNews::Server(describe::server(version));
        // Whoever does not listen any more will be noticed by the next message.
        let _ = self.teller.tell(news).await;
        describing.spawn(describe::describe(self.link.clone(), self.teller.clone(), self.described));
    }

    async fn tell(&self, link: msg::Link) -> Option<()> {
        self.teller.tell(ClusterNews::Traffic(self.link.traffic())).await?;
        self.teller.tell(ClusterNews::Link(link)).await
    }
}

/// Asks the server for its version, which every user may know.
async fn version(link: &Link, up: &Up) -> Result<Vec<u8>, Fault> {
    let request = Request::get("/version").body(Body::empty()).map_err(|e| Fault::new(FaultKind::Config, e.to_string()))?;
    match timeout(PROBE, link.ask(up, request)).await {
        // Who refuses is there. Some proxies do not know the path, and a server with too much to do would not be helped by our coming anew.
        Ok(Err(Fault { kind: FaultKind::Forbidden | FaultKind::Throttled | FaultKind::Gone | FaultKind::Invalid, .. })) => Ok(Vec::new()),
        Ok(answer) => answer,
        Err(_) => Err(Fault::new(FaultKind::Unreachable, format!("no answer for {} s", PROBE.as_secs()))),
    }
}

fn refused() -> Fault {
    Fault::new(FaultKind::Unauthorised, "the server refuses the credential, also after it was renewed")
}
