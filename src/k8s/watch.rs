//! Keeps one want true: list, watch, and everything that goes wrong in between.
//!
//! The contract is that of client-go's reflector: what was delivered stays until something newer is known; a list is delivered as its
//! differences once it is complete; a watch that ends is resumed from where it was; history that is lost means a new list. Here is what
//! follows on what; `list` and `stream` read. The reader of a stream never waits for the screen.

mod list;
mod stream;

use super::backoff::Backoff;
use super::intake::Intake;
use super::link::{Doubt, Link, Up, Wire};
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::WatchId;
use crate::model::msg::{Msg, News, Sync};
use http::{HeaderValue, Request, Response, header};
use kube::client::Body;
use std::ops::ControlFlow;
use std::time::Duration;
use stream::Mode;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// For how long nobody asks again whether a kind may be watched.
const DENIED: Duration = Duration::from_secs(60);
/// API servers end a request that has no answer after 60 s. Who is silent for longer does not answer at all.
const ANSWER: Duration = Duration::from_secs(75);
/// History that is lost twice within so long is lost for another reason than that we were away.
const LOST_AGAIN: Duration = Duration::from_secs(120);
/// Rows that are gathered before they are delivered, and for how long.
const BATCH: usize = 512;
const BATCH_FOR: Duration = Duration::from_millis(10);
/// Failures in the middle of streams, one after the other without an event between, after which the watch starts over with a list.
const PATIENCE: u32 = 3;

/// What is watched, as the server is asked for it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The path of the collection.
    pub path: String,
    /// `labelSelector=..&fieldSelector=..`, escaped; empty for none.
    pub query: String,
    /// Whether the server lets anybody watch this kind.
    pub watchable: bool,
    /// How often it is listed where it may not be watched.
    pub every: Duration,
}

/// One watch. [`Watch::run`] it in a task of its own; it ends with its task, its cluster or the program.
pub struct Watch {
    id: WatchId,
    target: Target,
    intake: Box<dyn Intake>,
    link: Link,
    out: mpsc::Sender<Msg>,
    kick: tokio::sync::watch::Receiver<u64>,
    backoff: Backoff,
    reported: Option<Sync>,
    position: Position,
    /// When the last list was complete.
    listed: Option<Instant>,
    /// The next list is an ordinary one, because a streaming one has just failed.
    ordinary: bool,
    /// The server's last refusal to let us watch.
    denied: Option<Denied>,
    /// When the server last told that it cannot go on from our position.
    expired: Option<Instant>,
    /// Failures since the last event.
    stumbles: u32,
}

/// A refusal to let us watch.
struct Denied {
    at: Instant,
    /// Another credential may have other rights.
    credential: u64,
    why: Fault,
}

/// Where the next request starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Position {
    /// Nothing was listed yet, or the server cannot serve what we know: only a consistent list helps.
    Unknown,
    /// The watch can resume here.
    At(String),
    /// A list is needed that is at least as new as this.
    Relist(String),
}

/// Why a stream or list ended.
#[derive(Debug)]
enum End {
    /// As it should; go on.
    Normal,
    /// The server cannot serve the version that we are at.
    Expired(Fault),
    /// No streaming list came of it; an ordinary list may.
    NoStreaming(Doubt),
    /// It broke off in the middle of its work; worth another try at once, and again where it was.
    Broken(Fault),
    /// It went wrong, and the watch can resume where it was.
    Fault(Fault),
    /// It went wrong, and only a list helps.
    Relist(Fault),
    /// Nobody listens any more.
    Over,
}

impl Watch {
    /// A watch that has not begun.
    pub fn new(
        id: WatchId,
        target: Target,
        intake: Box<dyn Intake>,
        link: Link,
        out: mpsc::Sender<Msg>,
        kick: tokio::sync::watch::Receiver<u64>,
    ) -> Self {
        Self {
            id,
            target,
            intake,
            link,
            out,
            kick,
            backoff: Backoff::default(),
            reported: None,
            position: Position::Unknown,
            listed: None,
            ordinary: false,
            denied: None,
            expired: None,
            stumbles: 0,
        }
    }

    /// Keeps the want true until nobody listens or the cluster is closed.
    pub async fn run(mut self) {
        while let Some(up) = self.connected().await {
            let end = match &self.position {
                Position::At(_) => self.follow(&up).await,
                Position::Unknown | Position::Relist(_) => self.list(&up).await,
            };
            if self.settle(end, &up).await.is_break() {
                return;
            }
        }
    }

    /// Waits for a connection, and says meanwhile why there is none. `None` once the cluster is closed.
    async fn connected(&mut self) -> Option<Up> {
        loop {
            match self.link.now()? {
                Wire::Up(up) => return Some(up),
                Wire::Opening if self.reported.is_none() => self.report(Sync::Connecting).await?,
                Wire::Opening => {}
                Wire::Down { why, retry_in } => self.report(Sync::Stale { why, retry_in }).await?,
            }
            self.link.changed().await?;
        }
    }

    /// Gets everything there is: as a streaming list where the server can, else as a list, which on slow links comes packed.
    async fn list(&mut self, up: &Up) -> End {
        self.intake.begin();
        self.denied.take_if(|denied| denied.credential != up.credential);
        let streams = self.target.watchable && self.link.has_streaming() && !up.is_slow();
        if !streams || self.ordinary || self.denied.is_some() {
            return self.pages(up).await;
        }
        match self.stream(up, Mode::List).await {
            // Whoever may list need not be allowed to watch.
            End::Fault(why) if why.kind == FaultKind::Forbidden => {
                self.denied = Some(Denied { at: Instant::now(), credential: up.credential, why });
                End::Normal
            }
            end => end,
        }
    }

    /// Follows on from a list; where that is not allowed, lists again and again.
    async fn follow(&mut self, up: &Up) -> End {
        let why = match &self.denied {
            _ if !self.target.watchable => Fault::new(FaultKind::Invalid, "the server offers no watch for this kind"),
            _ if self.position == Position::At(String::new()) => Fault::new(FaultKind::Invalid, "the list has no version to watch from"),
            Some(denied) if denied.credential == up.credential && denied.at.elapsed() < DENIED => denied.why.clone(),
            _ => match self.stream(up, Mode::Follow).await {
                End::Fault(why) | End::Relist(why) if matches!(why.kind, FaultKind::Forbidden | FaultKind::Invalid) => {
                    self.denied = Some(Denied { at: Instant::now(), credential: up.credential, why: why.clone() });
                    why
                }
                end => return end,
            },
        };
        self.poll(up, why).await
    }

    /// Waits until it is time for the next list.
    async fn poll(&mut self, up: &Up, why: Fault) -> End {
        let Some(due) = self.listed.map(|at| at + self.target.every).filter(|due| *due > Instant::now()) else {
            self.relist();
            return End::Normal;
        };
        if self.report(Sync::Polling { every: self.target.every, why }).await.is_none() {
            return End::Over;
        }
        tokio::select! {
            () = sleep_until(due) => {}
            kicked = self.kick.changed() => {
                if kicked.is_err() {
                    return End::Over;
                }
                self.denied = None;
            }
            why = self.link.lost(up.generation) => return End::Relist(why),
        }
        self.relist();
        End::Normal
    }

    /// From here on only a list helps.
    fn relist(&mut self) {
        if let Position::At(version) = &self.position {
            // Nothing is newer than a list without version.
            self.position = if version.is_empty() { Position::Unknown } else { Position::Relist(version.clone()) };
        }
    }

    /// Decides what follows on the end of a stream or list.
    async fn settle(&mut self, end: End, up: &Up) -> ControlFlow<()> {
        if self.flush().await.is_none() {
            return ControlFlow::Break(());
        }
        let (fault, at_once) = match end {
            End::Over => return ControlFlow::Break(()),
            End::Normal => return ControlFlow::Continue(()),
            End::NoStreaming(doubt) => {
                self.link.doubt_streaming(doubt);
                self.ordinary = true;
                return ControlFlow::Continue(());
            }
            End::Expired(why) => (why, self.step_back()),
            End::Broken(why) => (why, self.backoff.spares()),
            End::Fault(why) => (why, false),
            End::Relist(why) => {
                self.relist();
                self.stumbles = 0;
                (why, false)
            }
        };
        if at_once {
            return self.stale(fault, Some(Duration::ZERO)).await;
        }
        if !self.link.holds(up.generation) {
            // The supervisor mends it, and its success is the time to go on.
            self.backoff.reset();
            return self.stale(fault, None).await;
        }
        self.rest(fault, up).await
    }

    /// Makes the position one that asks less of the server's history. False where there is none, or where that was no help.
    fn step_back(&mut self) -> bool {
        match self.position {
            Position::At(_) => {
                self.relist();
                self.expired.replace(Instant::now()).is_none_or(|last| last.elapsed() > LOST_AGAIN)
            }
            Position::Relist(_) => {
                self.position = Position::Unknown;
                true
            }
            Position::Unknown => false,
        }
    }

    /// Says what is wrong, and waits until it is time for the next try: after the backoff, when the connection is made anew, or when
    /// somebody asks for it.
    async fn rest(&mut self, fault: Fault, up: &Up) -> ControlFlow<()> {
        let connection = matches!(fault.kind, FaultKind::Unreachable | FaultKind::Unauthorised | FaultKind::Login(_));
        let rights = fault.kind == FaultKind::Forbidden;
        let wait = self.backoff.after(&fault);
        self.stale(fault, Some(wait)).await?;
        tokio::select! {
            () = sleep(wait) => {}
            _ = self.link.lost(up.generation), if connection => self.backoff.reset(),
            () = self.link.renewed(up.credential), if rights => {}
            kicked = self.kick.changed() => {
                if kicked.is_err() {
                    return ControlFlow::Break(());
                }
                self.denied = None;
                self.backoff.reset();
            }
        }
        ControlFlow::Continue(())
    }

    /// Tells that the table is not true any more.
    async fn stale(&mut self, why: Fault, retry_in: Option<Duration>) -> ControlFlow<()> {
        match self.report(Sync::Stale { why, retry_in }).await {
            Some(()) => ControlFlow::Continue(()),
            None => ControlFlow::Break(()),
        }
    }

    /// Tells how true the table is, if that is news. `None` once nobody listens.
    async fn report(&mut self, sync: Sync) -> Option<()> {
        if self.reported.as_ref() != Some(&sync) {
            self.reported = Some(sync.clone());
            self.out.send(Msg::Watch(self.id, News::Sync(sync))).await.ok()?;
        }
        Some(())
    }

    /// Delivers what waits. `None` once nobody listens.
    async fn flush(&mut self) -> Option<()> {
        if let Some(news) = self.intake.deliver() {
            self.out.send(Msg::Watch(self.id, news)).await.ok()?;
        }
        Some(())
    }

    /// A list is complete: what it did not have is gone.
    fn complete(&mut self) {
        self.intake.end();
        let is_polled = matches!(self.reported, Some(Sync::Polling { .. }));
        if self.listed.replace(Instant::now()).is_some() && !is_polled {
            self.link.count_relist();
        }
        self.ordinary = false;
    }

    /// Sends a request for the collection.
    async fn get(&mut self, up: &Up, query: &str, encoding: &'static str) -> Result<Response<Body>, Fault> {
        let Target { path, query: selectors, .. } = &self.target;
        let uri = [query, selectors].into_iter().filter(|q| !q.is_empty()).collect::<Vec<_>>().join("&");
        let request = Request::get(format!("{path}?{uri}"))
            .header(header::ACCEPT, HeaderValue::from_static(self.intake.accept()))
            .header(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding))
            .body(Body::empty())
            .map_err(|e| Fault::new(FaultKind::Invalid, format!("the request cannot be made: {e}")))?;
        match timeout(ANSWER, self.link.send(up, request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Fault::new(FaultKind::Unreachable, format!("no answer for {} s", ANSWER.as_secs()))),
        }
    }
}

fn cut(what: &str) -> Fault {
    Fault::new(FaultKind::Unreachable, what)
}

fn garbled(what: &str) -> Fault {
    Fault::new(FaultKind::Garbled, what)
}

/// Escapes a value for a query string.
pub fn escape(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    value.bytes().fold(String::with_capacity(value.len()), |mut out, b| {
        if plain(b) {
            out.push(char::from(b))
        } else {
            out.push_str(&format!("%{b:02X}"))
        }
        out
    })
}
