//! The reader of one container: of all that come one after the other under its name.

mod take;

use super::pod::Status;
use super::{Logs, Over};
use crate::k8s::backoff::Backoff;
use crate::k8s::lanes::Seat;
use crate::k8s::link::Up;
use crate::k8s::watch::escape;
use crate::model::fault::{Fault, FaultKind};
use crate::model::log::{Chunk, Cutter, From, Kind, News, Stamp};
use crate::model::msg::Msg;
use crate::model::time::Timestamp;
use kube::client::Body;
use std::time::Duration;
use take::{STILL, Taken};

/// The reader of one container.
pub(super) struct Reader {
    logs: Logs,
    container: Box<str>,
    cutter: Cutter,
    /// Where the container that is read next is read from; those that follow on it are read whole.
    from: From,
    current: Option<Current>,
    backoff: Backoff,
    /// After so long without a word a stream that may stand still is opened again.
    still: Duration,
    /// What was said last of why there is nothing to read.
    told: Option<String>,
}

/// The container that is read, of those that come one after the other under the same name.
#[derive(Clone, Debug)]
struct Current {
    id: String,
    restarts: u32,
    /// Everything that it wrote was read.
    is_read: bool,
    /// The last stream ended as streams end, or had nothing more to say, and did not break off.
    is_whole: bool,
}

/// Whose log is read.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Of {
    /// The container's that runs, or had ended when it was asked for.
    This { ended: bool },
    /// That of the one before it.
    Previous,
}

/// What came of a stream.
enum Read {
    /// It ended.
    Whole,
    /// It is of another container.
    Other,
    /// It says nothing more, and whether there is more is not known.
    Still,
    /// It broke off, or was refused.
    Failed(Box<Up>, Fault),
}

impl Reader {
    pub(super) fn new(logs: Logs, container: String) -> Self {
        let from = logs.tail.from;
        let cutter = if let From::After(past) = from { Cutter::after(past) } else { Cutter::default() };
        Self { logs, container: container.into(), cutter, from, current: None, backoff: Backoff::default(), still: STILL, told: None }
    }

    pub(super) async fn run(mut self) {
        // That it is over is all there is to it.
        let _ = self.follow().await;
    }

    async fn follow(&mut self) -> Result<(), Over> {
        loop {
            let status = match self.logs.status(&mut self.backoff, &self.container).await {
                Ok(status) => status,
                Err(Over::Closed) => return Err(Over::Closed),
                Err(Over::Gone | Over::Replaced) => return self.gone().await,
            };
            let Some(id) = status.id().map(str::to_owned) else {
                self.tell(status.waits(), Kind::Mark).await?;
                self.wait().await?;
                continue;
            };
            let is_this = match self.current.clone() {
                None => self.begin(&id, &status).await?,
                Some(before) if before.id != id => self.succeed(&before, &id, &status).await?,
                Some(_) => true,
            };
            if !is_this {
                continue;
            }
            if self.current.as_ref().is_some_and(|c| c.is_read) {
                self.wait().await?;
                continue;
            }
            self.read_on(&id, &status).await?;
        }
    }

    /// Waits until the pod has changed, if it is followed.
    async fn wait(&mut self) -> Result<(), Over> {
        if self.logs.tail.follow { self.logs.changed().await } else { Err(Over::Closed) }
    }

    /// Reads on in the container that runs, or has run last.
    async fn read_on(&mut self, id: &str, status: &Status) -> Result<(), Over> {
        let had_ended = status.ended(id).cloned();
        let seen = self.cutter.seen();
        let read = self.read(id, Of::This { ended: had_ended.is_some() }).await?;
        if self.cutter.seen() > seen {
            self.backoff.reset();
        }
        if let Some(current) = &mut self.current {
            current.is_whole = matches!(read, Read::Whole | Read::Still);
            current.is_read = matches!(read, Read::Whole) && (had_ended.is_some() || !self.logs.tail.follow);
        }
        match (read, had_ended) {
            (Read::Whole, Some(end)) => self.mark(Kind::Mark, end.at(), format!("ended: {}", end.told())).await,
            (Read::Whole, None) if !self.logs.tail.follow => Ok(()),
            // It ends in this moment, and its pod does not say so yet; or the server goes.
            (Read::Whole, None) => {
                let up = self.logs.connected().await?;
                let ended = Fault::new(FaultKind::Server, "the stream ended");
                self.logs.pause(&up, &mut self.backoff, &ended).await
            }
            (Read::Other | Read::Still, _) => Ok(()),
            (Read::Failed(up, why), _) => self.failed(&up, &why).await,
        }
    }

    /// The first container that is read. If it was restarted, what the one before it wrote last is what one looks for. False where it is yet
    /// another one by now.
    async fn begin(&mut self, id: &str, status: &Status) -> Result<bool, Over> {
        if self.from == From::Start {
            self.mark(Kind::Mark, status.started(), "joined".to_owned()).await?;
        }
        if status.restarts() > 0 && status.last_end().is_some() {
            match self.read(id, Of::Previous).await? {
                Read::Whole => {}
                Read::Other => return Ok(false),
                // It was not followed: nobody misses it.
                Read::Still | Read::Failed(..) => {}
            }
            self.restarted(id, status).await?;
        } else {
            self.current = Some(Current { id: id.to_owned(), restarts: status.restarts(), is_read: false, is_whole: false });
        }
        Ok(true)
    }

    /// Another container has come in the place of the one that was read: what that wrote last is read first. False where it is yet another one.
    async fn succeed(&mut self, before: &Current, id: &str, status: &Status) -> Result<bool, Over> {
        let missed = status.restarts().saturating_sub(before.restarts).saturating_sub(1);
        if missed > 0 {
            let what = format!("it was restarted {} times since it was read last: lines may be missing here", missed + 1);
            self.mark(Kind::Gap, None, what).await?;
            self.cutter.restart();
            self.from = From::Start;
        }
        if (missed > 0 || !before.is_read) && !self.read_previous(id).await? {
            return Ok(false);
        }
        self.restarted(id, status).await?;
        self.from = From::Start;
        Ok(true)
    }

    /// Reads what the container before this one wrote last, as far as it is to be had. False where it is yet another one.
    async fn read_previous(&mut self, id: &str) -> Result<bool, Over> {
        loop {
            match self.read(id, Of::Previous).await? {
                Read::Whole | Read::Still => return Ok(true),
                Read::Other => return Ok(false),
                Read::Failed(_, why) if is_final(&why.kind) => {
                    self.mark(Kind::Gap, None, format!("what it wrote last is not to be had: {}", why.what)).await?;
                    return Ok(true);
                }
                Read::Failed(up, why) => self.logs.pause(&up, &mut self.backoff, &why).await?,
            }
        }
    }

    /// From here on the container of this id is read.
    async fn restarted(&mut self, id: &str, status: &Status) -> Result<(), Over> {
        let how = status.last_end().map(|end| format!(", {}", end.told())).unwrap_or_default();
        let at = status.started().or(status.last_end().and_then(|end| end.at()));
        self.mark(Kind::Mark, at, format!("restarted ({}){how}", status.restarts())).await?;
        self.cutter.restart();
        self.current = Some(Current { id: id.to_owned(), restarts: status.restarts(), is_read: false, is_whole: false });
        Ok(())
    }

    /// The pod is gone.
    async fn gone(&mut self) -> Result<(), Over> {
        let Some(current) = self.current.clone() else { return Ok(()) };
        if current.is_read || current.is_whole {
            self.cutter.finish();
            self.mark(Kind::Mark, None, "pod deleted".to_owned()).await
        } else {
            self.mark(Kind::Gap, None, "pod deleted before all of its log was read".to_owned()).await
        }
    }

    /// Reads a log to its end: of the container of this id, or of the one before it.
    async fn read(&mut self, id: &str, of: Of) -> Result<Read, Over> {
        let up = self.logs.connected().await?;
        let (seat, body) = match self.open(&up, of).await {
            Ok(opened) => opened,
            Err(why) => return Ok(Read::Failed(Box::new(up), why)),
        };
        match self.logs.status(&mut self.backoff, &self.container).await {
            Ok(status) if status.id() == Some(id) => {}
            // It was there when it was asked, and nobody has its name.
            Err(Over::Gone) => {}
            Ok(_) => return Ok(Read::Other),
            Err(over) => return Err(over),
        }
        self.told = None;
        let before = self.cutter.clone();
        self.cutter.reopen();
        let taken = self.take_in(&seat.up, body, id, of).await?;
        if matches!(taken, Taken::Other | Taken::Doubtful(_)) {
            self.cutter = before;
        }
        let read = match taken {
            Taken::Whole => Read::Whole,
            Taken::Other => Read::Other,
            Taken::Still => Read::Still,
            Taken::Broken(why) | Taken::Doubtful(why) => Read::Failed(Box::new(up), why),
        };
        // While it writes, half a line at the end of a stream comes again, and whole.
        if matches!(read, Read::Whole) && (of != (Of::This { ended: false }) || !self.logs.tail.follow) {
            self.cutter.finish();
        }
        self.deliver().await?;
        Ok(read)
    }

    async fn open(&self, up: &Up, of: Of) -> Result<(Seat, Body), Fault> {
        let seat = self.logs.lanes.seat(up).await?;
        let _leave = self.logs.lanes.leave().await;
        let answer = self.logs.link.send(&seat.up, self.logs.request(&self.query(of))?).await?;
        Ok((seat, answer.into_body()))
    }

    /// True where a stream goes on as long as the container runs.
    fn follows(&self, of: Of) -> bool {
        of != Of::Previous && self.logs.tail.follow
    }

    fn query(&self, of: Of) -> String {
        let from = match (self.cutter.since(), self.from) {
            (Some(second), _) => format!("&sinceTime={}", escape(&second.rfc3339())),
            (None, From::Last(lines)) => format!("&tailLines={lines}"),
            (None, From::After(past)) => format!("&sinceTime={}", escape(&past.second().rfc3339())),
            (None, From::Since(second)) => format!("&sinceTime={}", escape(&second.rfc3339())),
            (None, From::Start) => String::new(),
        };
        let how = match of {
            Of::Previous => "&previous=true",
            _ if self.follows(of) => "&follow=true",
            Of::This { .. } => "",
        };
        format!("/log?container={}&timestamps=true{how}{from}", escape(&self.container))
    }

    /// It could not be read. What passes is told by the cluster's own state; a refusal is told here.
    async fn failed(&mut self, up: &Up, why: &Fault) -> Result<(), Over> {
        let refused = is_final(&why.kind).then(|| why.what.clone());
        self.tell(refused, Kind::Gap).await?;
        if is_final(&why.kind) && !self.logs.tail.follow {
            return Err(Over::Closed);
        }
        self.logs.pause(up, &mut self.backoff, why).await
    }

    /// Says why there is nothing to read, once.
    async fn tell(&mut self, what: Option<String>, kind: Kind) -> Result<(), Over> {
        match what {
            Some(what) if self.told.as_ref() != Some(&what) => {
                self.told = Some(what.clone());
                self.mark(kind, Some(now()), what).await
            }
            _ => Ok(()),
        }
    }

    async fn deliver(&mut self) -> Result<(), Over> {
        match self.cutter.take() {
            Some(chunk) => self.send(chunk).await,
            None => Ok(()),
        }
    }

    /// Says something at the place that reading has come to, or later if it happened later.
    async fn mark(&mut self, kind: Kind, at: Option<Stamp>, text: String) -> Result<(), Over> {
        self.deliver().await?;
        let at = match (self.cutter.last(), at) {
            (None, at) => at.unwrap_or_else(now),
            (Some(last), at) => at.map_or(last, |at| at.max(last)),
        };
        self.send(Chunk::mark(at, kind, text)).await
    }

    async fn send(&mut self, chunk: Chunk) -> Result<(), Over> {
        let news = News { container: self.container.clone(), chunk };
        self.logs.out.send(Msg::Log(self.logs.id, news)).await.map_err(|_| Over::Closed)
    }
}

/// True for what another try in a moment does not change.
fn is_final(kind: &FaultKind) -> bool {
    matches!(kind, FaultKind::Forbidden | FaultKind::Invalid | FaultKind::Gone)
}

fn now() -> Stamp {
    Stamp::of(Timestamp(jiff::Timestamp::now().as_second()))
}
