//! Streams of events: streaming lists, and the watch that follows on a list.

use super::super::backoff::jitter;
use super::super::fault;
use super::super::framer::Lines;
use super::super::intake::{Line, Meaning};
use super::super::link::{Complaint, Doubt, Up};
use super::{BATCH, BATCH_FOR, End, PATIENCE, Position, Watch, cut, escape, garbled};
use crate::kinds::decode::Status;
use crate::model::fault::{Fault, FaultKind};
use crate::model::msg::{Msg, News, Sync};
use http_body_util::BodyExt;
use kube::client::Body;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// client-go asks for 5 to 10 minutes, at random, so that the watches of a fleet do not end together.
const WATCH_FOR: Duration = Duration::from_secs(300);
/// A stream that lives so much longer than it was asked for has lost its server without a word.
const OVERTIME: Duration = Duration::from_secs(15);
/// A streaming list that brings nothing for so long is not one (KEP-3157 servers send at once; others ignore the flag).
const SILENCE: Duration = Duration::from_secs(10);
/// A stream that ends sooner is a failure, however politely it ends. One that lived so long may be opened again at once.
const LIVED: Duration = Duration::from_secs(10);
/// A list may run this far ahead of the screen before it waits.
const AHEAD: usize = 8 * BATCH;

/// What a stream of events is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// To list by way of the stream, then to go on.
    List,
    /// To go on from a list.
    Follow,
}

/// A stream that is being read.
struct Stream {
    mode: Mode,
    opened: Instant,
    /// When the server should have ended it.
    overdue: Instant,
    /// When it last brought an object.
    heard: Instant,
    /// When something of it was last delivered.
    delivered: Instant,
    /// When what waits is to be delivered.
    due: Option<Instant>,
}

impl Watch {
    /// Opens a stream of events and reads it to its end.
    pub(super) async fn stream(&mut self, up: &Up, mode: Mode) -> End {
        let span = WATCH_FOR + jitter(WATCH_FOR);
        let initial = if mode == Mode::List { "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan" } else { "" };
        let since = match &self.position {
            Position::At(version) | Position::Relist(version) => format!("&resourceVersion={}", escape(version)),
            Position::Unknown => String::new(),
        };
        let query = format!("watch=1&allowWatchBookmarks=true&timeoutSeconds={}{initial}{since}", span.as_secs());
        let body = match self.get(up, &query, "identity").await {
            Ok(answer) => answer.into_body(),
            Err(why) => return self.refused(why, mode),
        };
        self.denied = None;
        if mode == Mode::Follow && self.report(Sync::Live).await.is_none() {
            return End::Over;
        }
        let now = Instant::now();
        let mut stream = Stream { mode, opened: now, overdue: now + span + OVERTIME, heard: now, delivered: now, due: None };
        let end = self.read(up, body, &mut stream).await;
        if stream.opened.elapsed() >= LIVED {
            self.backoff.reset();
        }
        end
    }

    /// Reads a stream of events to its end.
    async fn read(&mut self, up: &Up, mut body: Body, stream: &mut Stream) -> End {
        let mut lines = Lines::default();
        let (link, out) = (self.link.clone(), self.out.clone());
        let lost = link.lost(up.generation);
        tokio::pin!(lost);
        loop {
            let (now, listing) = (Instant::now(), stream.mode == Mode::List);
            let held_up = listing && self.intake.waiting() > AHEAD;
            let frame = tokio::select! {
                biased;
                why = &mut lost => return End::Fault(why),
                permit = out.reserve(), if stream.due.is_some_and(|at| at <= now) => {
                    let Ok(permit) = permit else { return End::Over };
                    self.deliver(permit);
                    stream.has_delivered();
                    continue;
                }
                frame = body.frame(), if !held_up => frame,
                () = sleep_until(stream.due.unwrap_or(now)), if stream.due.is_some_and(|at| at > now) => continue,
                () = sleep_until(stream.heard + SILENCE), if listing && !held_up => return End::NoStreaming(Doubt::None),
                () = sleep_until(stream.overdue) => return End::Broken(cut("the server did not end the watch in time")),
            };
            let data = match frame {
                None => {
                    // Seen with API servers that have just started or have much to do: the next streaming list ends as early, an ordinary
                    // one does not.
                    self.ordinary |= stream.mode == Mode::List;
                    return stream.ended();
                }
                Some(Err(error)) => {
                    self.link.complain(Complaint::Suspect);
                    return End::Broken(fault::of_transport(&error));
                }
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            self.link.count(data.len());
            match lines.feed(&data, |line| self.line(line, stream)) {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(_) => return self.stumble(garbled("a line of the watch is longer than any object can be")),
            }
            // The end of a list: the rest of it, then the word that it is true.
            if stream.mode == Mode::Follow
                && self.reported != Some(Sync::Live)
                && (self.flush().await, self.report(Sync::Live).await) != (Some(()), Some(()))
            {
                return End::Over;
            }
            stream.gather(self.intake.waiting());
        }
    }

    /// Takes one line in.
    fn line(&mut self, line: &[u8], stream: &mut Stream) -> ControlFlow<End> {
        if line.trim_ascii().is_empty() {
            return ControlFlow::Continue(());
        }
        let Line { version, meaning } = match self.intake.line(line) {
            Ok(line) => line,
            Err(error) => return ControlFlow::Break(self.stumble(garbled(&format!("a line of the watch cannot be read: {error}")))),
        };
        let listing = stream.mode == Mode::List;
        match meaning {
            Meaning::Error(status) => return ControlFlow::Break(self.error(&status, stream.mode)),
            Meaning::Columns => {
                // As a position that is no good any more: a list at once, but not again and again should servers differ.
                return ControlFlow::Break(End::Expired(Fault::new(FaultKind::Expired, "this kind has other columns now")));
            }
            Meaning::Bookmark { initial_end: true } if listing => {
                self.complete();
                stream.mode = Mode::Follow;
            }
            // Servers that list by stream send nothing between the last object and the end of the list.
            Meaning::Bookmark { .. } if listing && stream.opened.elapsed() > SILENCE => {
                return ControlFlow::Break(End::NoStreaming(Doubt::Some));
            }
            Meaning::Bookmark { .. } => {}
            Meaning::Change => stream.heard = Instant::now(),
        }
        self.stumbles = 0;
        // While a list streams in, its versions are those of the objects and say nothing about the list.
        if stream.mode == Mode::Follow
            && let Some(version) = version.filter(|version| !version.is_empty())
        {
            self.position = Position::At(version.into_owned());
        }
        ControlFlow::Continue(())
    }

    /// What an ERROR event means.
    fn error(&mut self, status: &Status, mode: Mode) -> End {
        let why = fault::of_object(status, None);
        match why.kind {
            FaultKind::Expired => End::Expired(why),
            FaultKind::Throttled => End::Fault(why),
            // Seen with an old etcd: the stream opens, then says that it cannot.
            _ if mode == Mode::List => End::NoStreaming(Doubt::Some),
            FaultKind::Server => self.stumble(why),
            _ => End::Relist(why),
        }
    }

    /// What an HTTP error at the start of a stream means.
    fn refused(&mut self, why: Fault, mode: Mode) -> End {
        match (&why.kind, mode) {
            (FaultKind::Expired, Mode::List) if self.position == Position::Unknown => End::NoStreaming(Doubt::Some),
            (FaultKind::Expired, _) => End::Expired(why),
            // 1.33 answers 422, others 400: they do not know sendInitialEvents.
            (FaultKind::Invalid, Mode::List) => End::NoStreaming(Doubt::None),
            (FaultKind::Server, Mode::List) if why.retry_after.is_none() => End::NoStreaming(Doubt::Some),
            (_, Mode::List) | (FaultKind::Unreachable | FaultKind::Throttled | FaultKind::Unauthorised, _) => End::Fault(why),
            (FaultKind::Server | FaultKind::Garbled, _) => self.stumble(why),
            _ => End::Relist(why),
        }
    }

    /// Resumes where the watch was, a few times; then starts over: it may be the position that the server stumbles over. A list that
    /// stumbles is better read as an ordinary one.
    fn stumble(&mut self, why: Fault) -> End {
        if !matches!(self.position, Position::At(_)) {
            return End::NoStreaming(Doubt::Some);
        }
        self.stumbles += 1;
        if self.stumbles > PATIENCE { End::Relist(why) } else { End::Fault(why) }
    }

    fn deliver(&mut self, permit: mpsc::Permit<'_, Msg>) {
        if let Some(news) = self.intake.deliver() {
            permit.send(Msg::Watch(self.id, news));
        }
        let syncing = Sync::Syncing { left: None };
        let first = self.listed.is_none() && !matches!(self.reported, Some(Sync::Syncing { .. }));
        if first && self.out.try_send(Msg::Watch(self.id, News::Sync(syncing.clone()))).is_ok() {
            self.reported = Some(syncing);
        }
    }
}

impl Stream {
    /// Decides when what waits is delivered: at once where nothing was for a while, else with what comes meanwhile.
    fn gather(&mut self, waiting: usize) {
        let now = Instant::now();
        self.due = match waiting {
            0 => None,
            1..BATCH => self.due.or(Some(now.max(self.delivered + BATCH_FOR))),
            _ => Some(now),
        };
    }

    /// A screen that took its time is not a server that was silent.
    fn has_delivered(&mut self) {
        let now = Instant::now();
        (self.due, self.delivered, self.heard) = (None, now, now);
    }

    /// What it means that the server has ended it without a word.
    fn ended(&self) -> End {
        match self.mode {
            Mode::List => End::Fault(cut("the server ended the list before it was complete")),
            Mode::Follow if self.opened.elapsed() < LIVED => End::Broken(cut("the server ends the watch as soon as it is open")),
            Mode::Follow => End::Normal,
        }
    }
}
