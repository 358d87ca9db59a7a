//! Follows the logs of one pod: of each of its containers, over all of its restarts, whatever breaks in between.
//!
//! What the server sends belongs to the container that runs when it is asked, so a pod is looked at before and after: only where its
//! container is the same both times is what comes believed. A stream that ends says nothing: the pod tells whether the container ended, was
//! followed by another, or whether the connection broke. The reader waits for the screen, and the server for the reader: nothing is dropped here.

use super::backoff::Backoff;
use super::fault;
use super::link::{Link, Up, Wire};
use super::watch::escape;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::Uid;
use crate::model::log::{Chunk, Cutter, From, Kind, News, Stamp, Tail, TailId};
use crate::model::msg::Msg;
use crate::model::time::Timestamp;
use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde::Deserialize;
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

/// Lines that are gathered before they are delivered, in bytes, and for how long.
const BATCH: usize = 64 << 10;
const BATCH_FOR: Duration = Duration::from_millis(10);

/// The logs of one pod. [`Logs::run`] them in a task of its own.
#[derive(Clone)]
pub struct Logs {
    /// Names them in what they have to say.
    pub id: TailId,
    /// The pod.
    pub tail: Tail,
    /// The connection to its cluster.
    pub link: Link,
    /// Who hears of them.
    pub out: mpsc::Sender<Msg>,
    /// Changes when the pod has changed: its containers are looked at again.
    pub look: watch::Receiver<u64>,
}

/// The part of a pod that says what there is to read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pod {
    metadata: Metadata,
    status: PodStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    uid: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PodStatus {
    init_container_statuses: Option<Vec<Status>>,
    container_statuses: Option<Vec<Status>>,
    ephemeral_container_statuses: Option<Vec<Status>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    name: String,
    #[serde(rename = "containerID")]
    container_id: Option<String>,
    restart_count: u32,
    state: State,
    last_state: State,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    terminated: Option<Terminated>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    exit_code: i32,
    reason: Option<String>,
    #[serde(rename = "containerID")]
    container_id: Option<String>,
}

impl Pod {
    fn containers(self) -> impl Iterator<Item = Status> {
        let PodStatus { init_container_statuses, container_statuses, ephemeral_container_statuses } = self.status;
        [init_container_statuses, container_statuses, ephemeral_container_statuses].into_iter().flatten().flatten()
    }
}

impl Status {
    /// The container that is read when the server is asked for this one's log.
    fn id(&self) -> Option<&str> {
        self.container_id.as_deref().filter(|id| !id.is_empty())
    }

    /// How this container ended, if it did.
    fn ended(&self, id: &str) -> Option<&Terminated> {
        let ends = [&self.state, &self.last_state].into_iter().filter_map(|state| state.terminated.as_ref());
        ends.into_iter().find(|t| t.container_id.as_deref().is_none_or(|c| c == id))
    }
}

impl Terminated {
    fn told(&self) -> String {
        match self.reason.as_deref() {
            None | Some("" | "Error" | "Completed") => format!("exit {}", self.exit_code),
            Some(reason) => format!("exit {}, {reason}", self.exit_code),
        }
    }
}

/// Nobody is left to read for: the pod is gone, its cluster closed, or the program ends.
struct Over;

impl Logs {
    /// Reads until the pod is gone, and all that it wrote was read.
    pub async fn run(mut self) {
        let mut known = HashSet::new();
        let mut readers = JoinSet::new();
        let mut backoff = Backoff::default();
        while let Ok(pod) = self.pod(&mut backoff).await {
            for status in pod.containers().filter(|s| s.id().is_some()) {
                if known.insert(status.name.clone()) {
                    readers.spawn(Reader::new(self.clone(), status.name).run());
                }
            }
            if self.look.changed().await.is_err() {
                return;
            }
        }
        while readers.join_next().await.is_some() {}
    }

    /// The pod as it is; waits out whatever passes.
    async fn pod(&mut self, backoff: &mut Backoff) -> Result<Pod, Over> {
        loop {
            let up = self.connected().await?;
            match self.fetch(&up).await {
                Ok(pod) if Uid::parse(&pod.metadata.uid) == self.tail.uid => return Ok(pod),
                Ok(_) => return Err(Over),
                Err(why) if why.kind == FaultKind::Gone => return Err(Over),
                Err(why) => self.wait(backoff.after(&why)).await?,
            }
        }
    }

    async fn fetch(&self, up: &Up) -> Result<Pod, Fault> {
        let answer = self.link.send(up, self.request("")?).await?;
        let body = answer.into_body().collect().await.map_err(|e| fault::of_transport(&e))?.to_bytes();
        self.link.count(body.len());
        serde_json::from_slice(&body).map_err(|e| Fault::new(FaultKind::Garbled, e.to_string()))
    }

    fn request(&self, rest: &str) -> Result<Request<Body>, Fault> {
        let Tail { namespace, pod, .. } = &self.tail;
        let uri = format!("/api/v1/namespaces/{}/pods/{}{rest}", escape(namespace), escape(pod));
        Request::get(uri).body(Body::empty()).map_err(|e| Fault::new(FaultKind::Invalid, e.to_string()))
    }

    async fn connected(&mut self) -> Result<Up, Over> {
        loop {
            if let Wire::Up(up) = self.link.now().ok_or(Over)? {
                return Ok(up);
            }
            self.link.changed().await.ok_or(Over)?;
        }
    }

    /// Waits so long, or until the pod has changed.
    async fn wait(&mut self, span: Duration) -> Result<(), Over> {
        tokio::select! {
            () = sleep(span) => Ok(()),
            changed = self.look.changed() => changed.map_err(|_| Over),
        }
    }
}

/// The reader of one container.
struct Reader {
    logs: Logs,
    container: Box<str>,
    cutter: Cutter,
    /// Where the container that is read next is read from; those that follow on it are read whole.
    from: From,
    current: Option<Current>,
    backoff: Backoff,
    /// What the server said last of why there is nothing to read.
    told: Option<String>,
}

/// The container that is read, of those that come one after the other under the same name.
struct Current {
    id: String,
    restarts: u32,
    /// Everything that it wrote was read.
    is_read: bool,
}

impl Reader {
    fn new(logs: Logs, container: String) -> Self {
        let from = logs.tail.from;
        Self { logs, container: container.into(), cutter: Cutter::default(), from, current: None, backoff: Backoff::default(), told: None }
    }

    async fn run(mut self) {
        // Over is not an error here.
        let _ = self.follow().await;
    }

    async fn follow(&mut self) -> Result<(), Over> {
        loop {
            let status = match self.status().await {
                Ok(status) => status,
                Err(Over) => return self.mark(Kind::Mark, "pod deleted".to_owned()).await,
            };
            let Some(id) = status.id().map(str::to_owned) else {
                self.logs.look.changed().await.map_err(|_| Over)?;
                continue;
            };
            if self.current.as_ref().is_some_and(|c| c.id != id) {
                self.succeed(&id, &status).await?;
            }
            let current = self.current.get_or_insert_with(|| Current { id: id.clone(), restarts: status.restart_count, is_read: false });
            if current.is_read {
                self.logs.look.changed().await.map_err(|_| Over)?;
                continue;
            }
            let had_ended = status.ended(&id).cloned();
            match self.read(&id, false).await? {
                Ok(()) => {
                    self.backoff.reset();
                    if let Some(ended) = had_ended {
                        self.mark(Kind::Mark, format!("ended: {}", ended.told())).await?;
                        if let Some(current) = &mut self.current {
                            current.is_read = true;
                        }
                    }
                }
                Err(why) => self.failed(why).await?,
            }
        }
    }

    /// What this container is now.
    async fn status(&mut self) -> Result<Status, Over> {
        loop {
            let pod = self.logs.pod(&mut self.backoff).await?;
            if let Some(status) = pod.containers().find(|s| *s.name == *self.container) {
                return Ok(status);
            }
            self.logs.look.changed().await.map_err(|_| Over)?;
        }
    }

    /// Another container has come in the place of the one that was read: what that wrote last is read first.
    async fn succeed(&mut self, id: &str, status: &Status) -> Result<(), Over> {
        let Some(before) = self.current.take() else { return Ok(()) };
        let missed = status.restart_count.saturating_sub(before.restarts).saturating_sub(1);
        if !before.is_read && missed == 0 {
            match self.read(id, true).await? {
                Ok(()) => {}
                Err(why) => self.mark(Kind::Gap, format!("the end of the container before is not to be had: {}", why.what)).await?,
            }
        } else if missed > 0 {
            self.mark(Kind::Gap, format!("it was restarted {} times since it was read last", missed + 1)).await?;
        }
        let how = status.ended(&before.id).map(|t| format!(", {}", t.told())).unwrap_or_default();
        self.mark(Kind::Mark, format!("restarted ({}){how}", status.restart_count)).await?;
        self.cutter.restart();
        self.from = From::Start;
        self.current = Some(Current { id: id.to_owned(), restarts: status.restart_count, is_read: false });
        Ok(())
    }

    /// Reads a log to its end: of the container of this id, or of the one before it.
    async fn read(&mut self, id: &str, previous: bool) -> Result<Result<(), Fault>, Over> {
        let up = self.logs.connected().await?;
        let answer = match self.logs.request(&self.query(previous)) {
            Ok(request) => self.logs.link.send(&up, request).await,
            Err(why) => Err(why),
        };
        let body = match answer {
            Ok(answer) => answer.into_body(),
            Err(why) => return Ok(Err(why)),
        };
        if self.status().await?.id() != Some(id) {
            return Ok(Ok(()));
        }
        self.told = None;
        self.cutter.reopen();
        let ended = self.take_in(&up, body).await?;
        if self.cutter.finish() {
            self.gap().await?;
        }
        self.deliver().await?;
        Ok(ended)
    }

    fn query(&self, previous: bool) -> String {
        let from = match (self.cutter.since(), self.from) {
            (Some(second), _) => format!("&sinceTime={}", escape(&second.rfc3339())),
            (None, From::Last(lines)) => format!("&tailLines={lines}"),
            (None, From::Start) => String::new(),
        };
        let how = if previous { "&previous=true" } else { "&follow=true" };
        format!("/log?container={}&timestamps=true{how}{from}", escape(&self.container))
    }

    /// Delivers what comes as it comes, in larger parts where much does.
    async fn take_in(&mut self, up: &Up, mut body: Body) -> Result<Result<(), Fault>, Over> {
        let link = self.logs.link.clone();
        let lost = link.lost(up.generation);
        tokio::pin!(lost);
        let mut due = None;
        loop {
            let later = Instant::now() + Duration::from_secs(3600);
            let frame = tokio::select! {
                biased;
                frame = timeout_at(due.unwrap_or(later), body.frame()) => frame,
                why = &mut lost => return Ok(Err(why)),
            };
            match frame {
                Err(_) => {}
                Ok(None) => return Ok(Ok(())),
                Ok(Some(Err(error))) => return Ok(Err(fault::of_transport(&error))),
                Ok(Some(Ok(frame))) => {
                    let bytes = frame.data_ref().map(|b| &**b).unwrap_or_default();
                    self.logs.link.count(bytes.len());
                    if self.cutter.feed(bytes) {
                        self.gap().await?;
                    }
                    due = due.or(Some(Instant::now() + BATCH_FOR));
                    if self.cutter.waiting() < BATCH {
                        continue;
                    }
                }
            }
            self.deliver().await?;
            due = None;
        }
    }

    async fn gap(&mut self) -> Result<(), Over> {
        self.mark(Kind::Gap, "the log was rotated meanwhile: lines may be missing here".to_owned()).await
    }

    /// It could not be read.
    async fn failed(&mut self, why: Fault) -> Result<(), Over> {
        // What passes is told by the cluster's own state; a refusal or a container that is not there yet is told here, once.
        if matches!(why.kind, FaultKind::Forbidden | FaultKind::Invalid) && self.told.as_ref() != Some(&why.what) {
            self.mark(Kind::Gap, why.what.clone()).await?;
            self.told = Some(why.what.clone());
        }
        let span = self.backoff.after(&why);
        self.logs.wait(span).await
    }

    async fn deliver(&mut self) -> Result<(), Over> {
        match self.cutter.take() {
            Some(chunk) => self.send(chunk).await,
            None => Ok(()),
        }
    }

    /// Says something at the place that reading has come to.
    async fn mark(&mut self, kind: Kind, text: String) -> Result<(), Over> {
        self.deliver().await?;
        let last = self.cutter.last();
        let at = if last == Stamp::default() { now() } else { last };
        self.send(Chunk::mark(at, kind, text)).await
    }

    async fn send(&mut self, chunk: Chunk) -> Result<(), Over> {
        let news = News { container: self.container.clone(), chunk };
        self.logs.out.send(Msg::Log(self.logs.id, news)).await.map_err(|_| Over)
    }
}

fn now() -> Stamp {
    Stamp::of(Timestamp(jiff::Timestamp::now().as_second()))
}
