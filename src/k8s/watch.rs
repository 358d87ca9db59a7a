//! Keeps one want true: list, watch, and everything that goes wrong in between.
//!
//! The contract is that of client-go's reflector: what was delivered stays until something newer is known; a list is delivered as its
//! differences once it is complete; a watch that ends is resumed from where it was; history that is lost means a new list. The reader
//! never waits for the screen: changes gather by uid in the intake until the inbox has room.

use super::backoff::{Backoff, jitter};
use super::fault;
use super::framer::{Items, Lines, Part};
use super::intake::{Intake, Line, Meaning};
use super::link::{Complaint, Doubt, Link, Up, Wire};
use crate::kinds::decode::Status;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::WatchId;
use crate::model::msg::{Msg, News, Sync};
use http::{HeaderValue, Request, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use kube::client::Body;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// client-go asks for 5 to 10 minutes, at random, so that the watches of a fleet do not end together.
const WATCH_FOR: Duration = Duration::from_secs(300);
/// A streaming list that sends nothing for so long is not one (KEP-3157 servers send at once; others ignore the flag).
const SILENCE: Duration = Duration::from_secs(10);
/// A list that sends nothing for so long has stopped. There is no limit on the whole: a large list on a slow link takes minutes.
const NO_PROGRESS: Duration = Duration::from_secs(30);
/// How often a kind is listed that may not be watched.
const POLL: Duration = Duration::from_secs(30);
/// A watch that ends sooner without any event was refused in disguise.
const TOO_SHORT: Duration = Duration::from_secs(1);
/// Rows of a list that are gathered before they are delivered, and for how long.
const BATCH: usize = 512;
const BATCH_FOR: Duration = Duration::from_millis(10);
/// A list may run this far ahead of the screen before it waits.
const AHEAD: usize = 8 * BATCH;
/// Objects on a page where the link is slow; on a fast one the server's cache answers in one piece.
const PAGE: usize = 1_000;
/// Round trips longer than this make a link slow.
const SLOW: Duration = Duration::from_millis(20);
/// InternalError events in a row after which the watch starts over with a list.
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
}

/// One watch. [`Watch::run`] it in a task of its own; it ends with its task or with the program.
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
    internal_errors: u32,
    lists: u64,
}

/// Where the next request starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Position {
    /// Nothing was listed yet, or history is lost: only a consistent list helps.
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
    /// The server's history does not reach back far enough.
    Expired,
    /// No streaming list came of it; an ordinary list may.
    NoStreaming(Doubt),
    /// It broke off in the middle of its work; worth another try at once.
    Broken(Fault),
    /// It went wrong, and the watch can resume where it was.
    Fault(Fault),
    /// It went wrong, and only a list helps.
    Relist(Fault),
    /// Nobody listens any more.
    Over,
}

/// What a stream of events is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// To list by way of the stream, then to go on.
    List,
    /// To go on from a list.
    Follow,
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
            internal_errors: 0,
            lists: 0,
        }
    }

    /// Keeps the want true until nobody listens.
    pub async fn run(mut self) {
        while let Some(up) = self.connected().await {
            let end = match &self.position {
                Position::At(_) => self.stream(&up, Mode::Follow).await,
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
            match self.link.now() {
                Wire::Up(up) => return Some(up),
                Wire::Opening if self.lists == 0 => self.report(Sync::Connecting).await?,
                Wire::Opening => {}
                Wire::Down { why, retry_in } => self.report(Sync::Stale { why, retry_in }).await?,
            }
            if !self.link.changed().await {
                return None;
            }
        }
    }

    /// Decides what follows on the end of a stream or list.
    async fn settle(&mut self, end: End, up: &Up) -> ControlFlow<()> {
        if self.flush().await.is_none() {
            return ControlFlow::Break(());
        }
        let fault = match end {
            End::Over => return ControlFlow::Break(()),
            End::Normal => return ControlFlow::Continue(()),
            End::Expired => {
                self.position = Position::Unknown;
                return ControlFlow::Continue(());
            }
            End::NoStreaming(doubt) => {
                self.link.doubt_streaming(doubt);
                return ControlFlow::Continue(());
            }
            End::Broken(why) => {
                return match self.report(Sync::Stale { why, retry_in: Some(Duration::ZERO) }).await {
                    Some(()) => ControlFlow::Continue(()),
                    None => ControlFlow::Break(()),
                };
            }
            End::Fault(fault) => fault,
            End::Relist(fault) => {
                if let Position::At(version) = &self.position {
                    self.position = Position::Relist(version.clone());
                }
                fault
            }
        };
        self.rest(fault, up).await
    }

    /// Says what is wrong, and waits until it is time for the next try: after the backoff, when the connection is made anew, or when
    /// somebody asks for it.
    async fn rest(&mut self, fault: Fault, up: &Up) -> ControlFlow<()> {
        let connection = matches!(fault.kind, FaultKind::Unreachable | FaultKind::Unauthorised | FaultKind::Login(_));
        let wait = self.backoff.after(&fault);
        if self.report(Sync::Stale { why: fault, retry_in: Some(wait) }).await.is_none() {
            return ControlFlow::Break(());
        }
        tokio::select! {
            () = sleep(wait) => {}
            _ = self.link.lost(up.generation), if connection => {}
            kicked = self.kick.changed() => {
                if kicked.is_err() {
                    return ControlFlow::Break(());
                }
                self.backoff.reset();
            }
        }
        ControlFlow::Continue(())
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

    /// Gets everything there is: as a streaming list where the server can, else as a list, and then follows.
    async fn list(&mut self, up: &Up) -> End {
        self.intake.begin();
        self.lists += 1;
        if self.lists > 1 {
            self.link.count_relist();
        }
        if self.target.watchable && self.link.has_streaming() {
            match self.stream(up, Mode::List).await {
                End::NoStreaming(doubt) => {
                    self.link.doubt_streaming(doubt);
                    self.intake.begin();
                }
                // Whoever may list need not be allowed to watch.
                End::Fault(fault) if fault.kind == FaultKind::Forbidden => self.intake.begin(),
                end => return end,
            }
        }
        let mut end = self.pages(up).await;
        if matches!(end, End::Normal) {
            end = self.after_list(up).await;
        }
        end
    }

    /// Follows on from a list; where that is not allowed, polls.
    async fn after_list(&mut self, up: &Up) -> End {
        let why = if self.target.watchable {
            match self.stream(up, Mode::Follow).await {
                End::Fault(fault) | End::Relist(fault) if matches!(fault.kind, FaultKind::Forbidden | FaultKind::Invalid) => fault,
                end => return end,
            }
        } else {
            Fault::new(FaultKind::Invalid, "the server offers no watch for this kind")
        };
        if self.report(Sync::Polling { every: POLL, why }).await.is_none() {
            return End::Over;
        }
        tokio::select! {
            () = sleep(POLL) => {}
            _ = self.kick.changed() => {}
            why = self.link.lost(up.generation) => return End::Relist(why),
        }
        if let Position::At(version) = &self.position {
            self.position = Position::Relist(version.clone());
        }
        End::Normal
    }

    /// Opens a stream of events and reads it to its end.
    async fn stream(&mut self, up: &Up, mode: Mode) -> End {
        let seconds = (WATCH_FOR + jitter(WATCH_FOR)).as_secs();
        let initial = if mode == Mode::List { "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan" } else { "" };
        let since = match &self.position {
            Position::At(version) | Position::Relist(version) => format!("&resourceVersion={version}"),
            Position::Unknown => String::new(),
        };
        let query = format!("watch=1&allowWatchBookmarks=true&timeoutSeconds={seconds}{initial}{since}");
        let body = match self.get(up, &query).await {
            Ok(body) => body,
            Err(fault) => return refused(fault, mode),
        };
        if mode == Mode::Follow && self.report(Sync::Live).await.is_none() {
            return End::Over;
        }
        self.read(up, body, mode).await
    }

    /// Reads a stream of events to its end.
    async fn read(&mut self, up: &Up, mut body: Body, mut mode: Mode) -> End {
        let (opened, mut events) = (Instant::now(), 0u64);
        let (mut lines, mut silent_until) = (Lines::default(), opened + SILENCE);
        let mut due: Option<Instant> = (self.intake.waiting() > 0).then_some(opened);
        let (link, out) = (self.link.clone(), self.out.clone());
        let lost = link.lost(up.generation);
        tokio::pin!(lost);
        loop {
            let held_up = self.intake.waiting() > AHEAD && mode == Mode::List;
            let frame = tokio::select! {
                biased;
                why = &mut lost => return End::Fault(why),
                permit = out.reserve(), if due.is_some_and(|at| at <= Instant::now()) => {
                    let Ok(permit) = permit else { return End::Over };
                    due = None;
                    self.deliver(permit);
                    continue;
                }
                frame = body.frame(), if !held_up => frame,
                () = sleep_until(due.unwrap_or(opened)), if due.is_some_and(|at| at > Instant::now()) => continue,
                () = sleep_until(silent_until), if mode == Mode::List && events == 0 => return End::NoStreaming(Doubt::Some),
            };
            let data = match frame {
                None if mode == Mode::List => return cut("the server ended the list before it was complete"),
                None if events == 0 && opened.elapsed() < TOO_SHORT => return cut("the server ends the watch as soon as it is opened"),
                None => return End::Normal,
                Some(Err(error)) => {
                    self.link.complain(Complaint::Suspect);
                    let why = fault::of_transport(&error);
                    return if events > 0 || opened.elapsed() > TOO_SHORT { End::Broken(why) } else { End::Fault(why) };
                }
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            self.link.count(data.len());
            let before = events;
            match lines.feed(&data, |line| self.line(line, &mut mode, &mut events)) {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(_) => return garbled("a line of the watch is longer than any object can be"),
            }
            if events > before {
                silent_until = Instant::now() + SILENCE;
            }
            if mode == Mode::Follow && self.reported != Some(Sync::Live) && self.complete().await.is_none() {
                return End::Over;
            }
            if self.intake.waiting() > 0 {
                let soon = if mode == Mode::List && self.intake.waiting() < BATCH { BATCH_FOR } else { Duration::ZERO };
                due = due.or(Some(Instant::now() + soon)).map(|at| at.min(Instant::now() + soon));
            }
        }
    }

    /// Takes one line in.
    fn line(&mut self, line: &[u8], mode: &mut Mode, events: &mut u64) -> ControlFlow<End> {
        if line.is_empty() {
            return ControlFlow::Continue(());
        }
        let Line { version, meaning } = match self.intake.line(line) {
            Ok(line) => line,
            Err(error) => return ControlFlow::Break(garbled(&format!("a line of the watch cannot be read: {error}"))),
        };
        *events += 1;
        match meaning {
            Meaning::Error(status) => return ControlFlow::Break(self.error(&status, *mode)),
            Meaning::Bookmark { initial_end: true } if *mode == Mode::List => {
                self.intake.end();
                *mode = Mode::Follow;
            }
            Meaning::Change | Meaning::Bookmark { .. } => self.internal_errors = 0,
        }
        // While a list streams in, its versions are those of the objects and say nothing about the list.
        if *mode == Mode::Follow
            && let Some(version) = version
        {
            self.position = Position::At(version.into_owned());
        }
        ControlFlow::Continue(())
    }

    /// What an ERROR event means.
    fn error(&mut self, status: &Status, mode: Mode) -> End {
        let fault = fault::of_object(status, None);
        match fault.kind {
            FaultKind::Expired => End::Expired,
            FaultKind::Throttled => End::Fault(fault),
            // Seen with an old etcd: the stream opens, then says that it cannot.
            _ if mode == Mode::List => End::NoStreaming(Doubt::Some),
            FaultKind::Server if self.internal_errors < PATIENCE => {
                self.internal_errors += 1;
                End::Fault(fault)
            }
            _ => End::Relist(fault),
        }
    }

    /// The list is complete: delivers the rest of it, then says so.
    async fn complete(&mut self) -> Option<()> {
        self.backoff.reset();
        self.flush().await?;
        self.report(Sync::Live).await
    }

    fn deliver(&mut self, permit: mpsc::Permit<'_, Msg>) {
        if let Some(news) = self.intake.deliver() {
            permit.send(Msg::Watch(self.id, news));
        }
        let syncing = Sync::Syncing { left: None };
        let first = !matches!(self.reported, Some(Sync::Live | Sync::Syncing { .. })) && self.lists == 1;
        if first && self.out.try_send(Msg::Watch(self.id, News::Sync(syncing.clone()))).is_ok() {
            self.reported = Some(syncing);
        }
    }

    /// Lists, page by page on slow links.
    async fn pages(&mut self, up: &Up) -> End {
        let slow = up.latency.is_some_and(|l| l > SLOW);
        let mut from = match &self.position {
            Position::Unknown if slow => format!("limit={PAGE}"),
            Position::Unknown if self.lists == 1 => "resourceVersion=0".to_owned(),
            Position::Unknown => String::new(),
            Position::At(version) | Position::Relist(version) => format!("resourceVersionMatch=NotOlderThan&resourceVersion={version}"),
        };
        loop {
            let page = match self.get(up, &from).await {
                Ok(body) => self.page(up, body).await,
                Err(fault) if fault.kind == FaultKind::Expired => return End::Expired,
                Err(fault) => return End::Fault(fault),
            };
            match page {
                Ok(ListMeta { next: Some(token), .. }) if !token.is_empty() => from = format!("limit={PAGE}&continue={}", escape(&token)),
                Ok(ListMeta { version, .. }) => {
                    self.intake.end();
                    self.position = Position::At(version.unwrap_or_default());
                    return if self.flush().await.is_some() { End::Normal } else { End::Over };
                }
                Err(end) => return end,
            }
        }
    }

    /// Reads one page, delivering as it comes.
    async fn page(&mut self, up: &Up, mut body: Body) -> Result<ListMeta, End> {
        let mut items = Items::new(self.intake.array());
        let mut delivered = Instant::now();
        let link = self.link.clone();
        let lost = link.lost(up.generation);
        tokio::pin!(lost);
        while !body.is_end_stream() {
            let frame = tokio::select! {
                biased;
                why = &mut lost => return Err(End::Fault(why)),
                frame = timeout(NO_PROGRESS, body.frame()) => frame,
            };
            let data = match frame {
                Err(_) => {
                    return Err(End::Fault(Fault::new(
                        FaultKind::Unreachable,
                        format!("the list stopped for {} s", NO_PROGRESS.as_secs()),
                    )));
                }
                Ok(None) => break,
                Ok(Some(Err(error))) => {
                    self.link.complain(Complaint::Suspect);
                    return Err(End::Fault(fault::of_transport(&error)));
                }
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            };
            self.link.count(data.len());
            let mut left = None;
            let taken = items.feed(&data, |part| {
                if let Part::Head(head) = part {
                    left = meta(head).left;
                }
                self.intake.part(part);
            });
            if taken.is_err() {
                return Err(garbled("an item of the list is longer than any object can be"));
            }
            if self.reported != Some(Sync::Live) && left.is_some() {
                self.report(Sync::Syncing { left }).await.ok_or(End::Over)?;
            }
            if self.intake.waiting() >= BATCH || (self.intake.waiting() > 0 && delivered.elapsed() >= BATCH_FOR) {
                self.flush().await.ok_or(End::Over)?;
                delivered = Instant::now();
            }
        }
        if items.is_complete() { Ok(meta(items.rest())) } else { Err(cut("the server ended the list before it was complete")) }
    }

    /// Sends a request for the collection.
    async fn get(&mut self, up: &Up, query: &str) -> Result<Body, Fault> {
        let Target { path, query: selectors, .. } = &self.target;
        let uri = [query, selectors].into_iter().filter(|q| !q.is_empty()).collect::<Vec<_>>().join("&");
        let request = Request::get(format!("{path}?{uri}"))
            .header(header::ACCEPT, HeaderValue::from_static(self.intake.accept()))
            .body(Body::empty())
            .map_err(|e| Fault::new(FaultKind::Invalid, format!("the request cannot be made: {e}")))?;
        self.link.send(up, request).await.map(http::Response::into_body)
    }
}

/// What an HTTP error at the start of a stream means.
fn refused(fault: Fault, mode: Mode) -> End {
    match (&fault.kind, mode) {
        (FaultKind::Expired, _) => End::Expired,
        // 1.33 answers 422, others 400: they do not know sendInitialEvents.
        (FaultKind::Invalid, Mode::List) => End::NoStreaming(Doubt::None),
        (FaultKind::Server, Mode::List) => End::NoStreaming(Doubt::Some),
        (_, Mode::List) | (FaultKind::Unreachable | FaultKind::Throttled | FaultKind::Unauthorised, _) => End::Fault(fault),
        _ => End::Relist(fault),
    }
}

fn cut(what: &str) -> End {
    End::Fault(Fault::new(FaultKind::Unreachable, what))
}

fn garbled(what: &str) -> End {
    End::Relist(Fault::new(FaultKind::Garbled, what))
}

/// What a list says of itself.
#[derive(Default)]
struct ListMeta {
    version: Option<String>,
    next: Option<String>,
    left: Option<u64>,
}

/// Reads a list's metadata; nothing of it is needed to show what did arrive.
fn meta(json: &[u8]) -> ListMeta {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Head {
        metadata: Option<Fields>,
    }
    #[derive(Default, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Fields {
        resource_version: Option<String>,
        r#continue: Option<String>,
        remaining_item_count: Option<u64>,
    }
    let fields = serde_json::from_slice::<Head>(json).unwrap_or_default().metadata.unwrap_or_default();
    ListMeta { version: fields.resource_version, next: fields.r#continue, left: fields.remaining_item_count }
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
