//! An API server in memory: answers list, watch, streaming list, version and discovery for one collection of pods, remembers every
//! request, and fails in whatever way it is told to. No socket, no thread, no clock but tokio's, which a test stops and turns.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::poll_fn;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use kconsole::k8s::supervisor::Connector;
use kconsole::model::fault::Fault;
use kconsole::model::id::{Uid, Version};
use kube::client::Body;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    Version,
    Discovery,
    List,
    Watch,
    /// A watch that asks for initial events.
    Stream,
}

/// One request, as the server saw it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub at: Instant,
    pub what: For,
    pub query: String,
    pub packed: bool,
}

/// What a scripted answer is.
pub enum Reply {
    /// A Status with this code and reason, and a Retry-After.
    Status(u16, &'static str, Option<u64>),
    /// This body, with 200.
    Text(String),
    /// An HTML page, with 200.
    Page(String),
    /// These pieces, and then the end, a broken connection, or nothing more.
    Pieces(Vec<String>, Then),
    /// No answer, ever.
    Hang,
    /// No connection.
    Refuse,
}

/// How a scripted body goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    End,
    Break,
    Hold,
}

/// What the server does with a request for a streaming list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streaming {
    Serves,
    /// As 1.33: 422.
    Refuses,
    /// As 1.26: an ordinary watch, which begins with what there is and has no end of a list.
    Ignores,
}

type Piece = Result<Bytes, io::Error>;
type Rule = Box<dyn FnMut(&Asked) -> Option<Reply> + Send>;

#[derive(Clone)]
struct Object {
    name: String,
    version: u64,
    /// Replaces what is sent of it.
    raw: Option<String>,
}

pub struct State {
    version: u64,
    /// Versions before this are history that is lost.
    oldest: u64,
    objects: BTreeMap<u128, Object>,
    history: Vec<(u64, &'static str, u128, Object)>,
    snapshots: Vec<(u64, BTreeMap<u128, Object>)>,
    watchers: Vec<UnboundedSender<Piece>>,
    /// Streams of frozen connections, and what waits in them.
    frozen_watchers: Vec<UnboundedSender<Piece>>,
    in_flight: Vec<String>,
    /// Streams that stay open and say nothing.
    silent: Vec<UnboundedSender<Piece>>,
    /// Bytes that were sent on streams and not read yet.
    pub unread: Arc<AtomicU64>,
    pub requests: Vec<Asked>,
    rules: Vec<Rule>,
    pub streaming: Streaming,
    /// 410 comes as the answer, not in the stream.
    pub gone_as_answer: bool,
    pub frozen: bool,
    pub latency: Duration,
    /// The only token that is accepted.
    pub token: u64,
    /// Tokens of so many lists have expired.
    tokens_expired: usize,
}

#[derive(Clone)]
pub struct Server(Arc<Mutex<State>>);

impl Server {
    /// A server with so many pods.
    pub fn new(pods: u128) -> Self {
        let state = State {
            version: 100,
            oldest: 0,
            objects: BTreeMap::new(),
            history: Vec::new(),
            snapshots: Vec::new(),
            watchers: Vec::new(),
            frozen_watchers: Vec::new(),
            in_flight: Vec::new(),
            silent: Vec::new(),
            unread: Arc::default(),
            requests: Vec::new(),
            rules: Vec::new(),
            streaming: Streaming::Serves,
            gone_as_answer: false,
            frozen: false,
            latency: Duration::ZERO,
            token: 0,
            tokens_expired: 0,
        };
        let server = Self(Arc::new(Mutex::new(state)));
        (0..pods).for_each(|uid| server.set(uid));
        server
    }

    pub fn with(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// A rule that answers requests instead of the server, as long as it returns something.
    pub fn rule(&self, rule: impl FnMut(&Asked) -> Option<Reply> + Send + 'static) {
        self.with().rules.push(Box::new(rule));
    }

    /// Answers the next requests of a sort by these replies.
    pub fn next(&self, what: For, replies: impl IntoIterator<Item = Reply, IntoIter: Send + 'static>) {
        let mut replies = replies.into_iter();
        self.rule(move |asked| (asked.what == what).then(|| replies.next()).flatten());
    }

    pub fn forget_rules(&self) {
        self.with().rules.clear();
    }

    /// Makes or changes a pod.
    pub fn set(&self, uid: u128) {
        self.put(uid, &format!("pod-{uid}"), None);
    }

    /// Makes or changes a pod of this name; `raw` is sent instead of it.
    pub fn put(&self, uid: u128, name: &str, raw: Option<String>) {
        let mut state = self.with();
        state.version += 1;
        let object = Object { name: name.to_owned(), version: state.version, raw };
        let what = if state.objects.insert(uid, object.clone()).is_some() { "MODIFIED" } else { "ADDED" };
        state.tell(what, uid, object);
    }

    pub fn delete(&self, uid: u128) {
        let mut state = self.with();
        state.version += 1;
        if let Some(mut object) = state.objects.remove(&uid) {
            object.version = state.version;
            state.tell("DELETED", uid, object);
        }
    }

    /// Sends a line on all open watches, whatever it means.
    pub fn line(&self, line: &str) {
        self.with().send(format!("{line}\n"));
    }

    pub fn bookmark(&self, annotation: Option<&str>) {
        let line = self.with().bookmark(annotation);
        self.line(&line);
    }

    /// Ends all open watches as a server that shuts down does.
    pub fn close(&self) {
        let mut state = self.with();
        state.watchers.clear();
        state.frozen_watchers.clear();
    }

    /// Breaks all connections.
    pub fn reset(&self) {
        let mut state = self.with();
        let frozen = std::mem::take(&mut state.frozen_watchers);
        for watcher in state.watchers.drain(..).chain(frozen) {
            let _ = watcher.send(Err(io::ErrorKind::ConnectionReset.into()));
        }
    }

    /// Nothing passes any more, and nobody is told.
    pub fn freeze(&self) {
        let mut state = self.with();
        state.frozen = true;
        let watchers = std::mem::take(&mut state.watchers);
        state.frozen_watchers.extend(watchers);
    }

    /// Everything passes again, and what was on its way arrives.
    pub fn thaw(&self) {
        let mut state = self.with();
        state.frozen = false;
        let watchers = std::mem::take(&mut state.frozen_watchers);
        state.watchers.extend(watchers);
        std::mem::take(&mut state.in_flight).into_iter().for_each(|line| state.send(line));
    }

    /// Open watches are dead, and nobody is told.
    pub fn deafen(&self) {
        let mut state = self.with();
        let watchers = std::mem::take(&mut state.watchers);
        state.silent.extend(watchers);
    }

    /// History before now is lost.
    pub fn compact(&self) {
        let mut state = self.with();
        state.version += 1;
        state.oldest = state.version;
        state.history.clear();
    }

    /// Lists that were begun cannot be gone on with.
    pub fn expire_tokens(&self) {
        let mut state = self.with();
        state.tokens_expired = state.snapshots.len();
    }

    /// What a client must show in the end.
    pub fn truth(&self) -> BTreeMap<Uid, (String, Version)> {
        let row = |(uid, o): (&u128, &Object)| (id(*uid), (o.name.clone(), Version::parse(&o.version.to_string())));
        self.with().objects.iter().map(row).collect()
    }

    /// When requests of a sort came.
    pub fn asked(&self, what: For) -> Vec<Asked> {
        self.with().requests.iter().filter(|a| a.what == what).cloned().collect()
    }

    /// How many lists, of either sort, and watches came.
    pub fn counts(&self) -> (usize, usize) {
        (self.asked(For::List).len() + self.asked(For::Stream).len(), self.asked(For::Watch).len())
    }

    async fn answer(self, request: Request<Body>, token: u64) -> Result<Response<BodyOf>, io::Error> {
        let asked = asked(&request);
        let (latency, reply) = {
            let mut state = self.with();
            state.requests.push(asked.clone());
            let scripted = state.rules.iter_mut().find_map(|rule| rule(&asked));
            let refused = (token != state.token).then_some(Reply::Status(401, "Unauthorized", None));
            (state.latency, if state.frozen { Some(Reply::Hang) } else { scripted.or(refused) })
        };
        if !latency.is_zero() {
            sleep(latency).await;
        }
        match reply {
            Some(Reply::Hang) => std::future::pending().await,
            Some(Reply::Refuse) => Err(io::ErrorKind::ConnectionRefused.into()),
            Some(Reply::Status(code, reason, after)) => Ok(status(code, reason, after, None)),
            Some(Reply::Text(text)) => Ok(whole(200, "application/json", text.into_bytes())),
            Some(Reply::Page(text)) => Ok(whole(200, "text/html; charset=utf-8", text.into_bytes())),
            Some(Reply::Pieces(pieces, then)) => {
                let (sender, receiver) = unbounded_channel();
                pieces.into_iter().for_each(|piece| drop(sender.send(Ok(piece.into()))));
                match then {
                    Then::End => {}
                    Then::Break => drop(sender.send(Err(io::ErrorKind::ConnectionReset.into()))),
                    Then::Hold => self.with().silent.push(sender),
                }
                Ok(Response::new(body(receiver, Arc::default())))
            }
            None => Ok(self.serve(&asked)),
        }
    }

    fn serve(&self, asked: &Asked) -> Response<BodyOf> {
        let mut state = self.with();
        match asked.what {
            For::Version => whole(200, "application/json", br#"{"gitVersion":"v1.36.3"}"#.to_vec()),
            For::Discovery => status(404, "NotFound", None, None),
            For::List => state.list(asked),
            For::Stream if state.streaming == Streaming::Refuses => status(422, "Invalid", None, None),
            For::Watch | For::Stream => {
                let since = param(&asked.query, "resourceVersion").and_then(|v| v.parse::<u64>().ok());
                if state.gone_as_answer && asked.what == For::Watch && since.is_some_and(|v| v < state.oldest) {
                    return status(410, "Expired", None, None);
                }
                let (sender, receiver) = unbounded_channel();
                let first = state.first_lines(asked.what, since);
                let unread = Arc::clone(&state.unread);
                state.watchers.push(sender.clone());
                drop(state);
                for line in first {
                    unread.fetch_add(line.len() as u64, Ordering::Relaxed);
                    let _ = sender.send(Ok(line.into()));
                }
                self.end_in_time(&asked.query, &sender);
                Response::new(body(receiver, unread))
            }
        }
    }

    /// Ends a watch after the time that it was asked for, with a bookmark before.
    fn end_in_time(&self, query: &str, sender: &UnboundedSender<Piece>) {
        let seconds = param(query, "timeoutSeconds").and_then(|s| s.parse().ok()).unwrap_or(1800);
        let server = self.clone();
        let sender = sender.downgrade();
        tokio::spawn(async move {
            sleep(Duration::from_secs(seconds)).await;
            let mut state = server.with();
            let last = Bytes::from(format!("{}\n", state.bookmark(None)));
            if let Some(sender) = sender.upgrade()
                && let Some(place) = state.watchers.iter().position(|w| w.same_channel(&sender))
            {
                let _ = state.watchers.swap_remove(place).send(Ok(last));
            }
        });
    }
}

impl State {
    fn tell(&mut self, what: &'static str, uid: u128, object: Object) {
        let line = event(what, uid, &object);
        self.history.push((object.version, what, uid, object));
        self.send(line);
    }

    fn send(&mut self, line: String) {
        if self.frozen {
            self.in_flight.push(line);
            return;
        }
        let bytes = Bytes::from(line);
        let unread = &self.unread;
        self.watchers.retain(|w| w.send(Ok(bytes.clone())).map(|()| unread.fetch_add(bytes.len() as u64, Ordering::Relaxed)).is_ok());
    }

    fn bookmark(&self, annotation: Option<&str>) -> String {
        let annotations = annotation.map(|a| format!(r#","annotations":{{"k8s.io/initial-events-end":"{a}"}}"#)).unwrap_or_default();
        format!(r#"{{"type":"BOOKMARK","object":{{"kind":"Pod","metadata":{{"resourceVersion":"{}"{annotations}}}}}}}"#, self.version)
    }

    /// What a new watch begins with.
    fn first_lines(&mut self, what: For, since: Option<u64>) -> Vec<String> {
        let gone = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}"#;
        if what == For::Watch && since.is_some_and(|v| v < self.oldest) {
            return vec![format!("{gone}\n")];
        }
        let now = |state: &Self| state.objects.iter().map(|(uid, o)| event("ADDED", *uid, o)).collect::<Vec<_>>();
        match (what, self.streaming, since) {
            (For::Stream, Streaming::Serves, _) => {
                let mut lines = now(self);
                lines.push(format!("{}\n", self.bookmark(Some("true"))));
                lines
            }
            (_, _, None) => now(self),
            (_, _, Some(since)) => self.history.iter().filter(|h| h.0 > since).map(|(_, what, uid, o)| event(what, *uid, o)).collect(),
        }
    }

    fn list(&mut self, asked: &Asked) -> Response<BodyOf> {
        let limit = param(&asked.query, "limit").and_then(|l| l.parse::<usize>().ok());
        let token = param(&asked.query, "continue").map(|t| t.replace("%3A", ":"));
        let (snapshot, after) = match token.as_deref().and_then(|t| t.split_once(':')) {
            None => {
                self.snapshots.push((self.version, self.objects.clone()));
                (self.snapshots.len() - 1, None)
            }
            Some(("live", after)) => {
                self.snapshots.push((self.version, self.objects.clone()));
                (self.snapshots.len() - 1, after.parse::<u128>().ok())
            }
            Some((snapshot, after)) if snapshot.parse::<usize>().unwrap() < self.tokens_expired => {
                return status(410, "Expired", None, Some(&format!("live:{after}")));
            }
            Some((snapshot, after)) => (snapshot.parse().unwrap(), after.parse().ok()),
        };
        let (version, objects) = &self.snapshots[snapshot];
        let rest: Vec<_> = objects.iter().filter(|(uid, _)| after.is_none_or(|a| **uid > a)).collect();
        let page = &rest[..limit.unwrap_or(rest.len()).min(rest.len())];
        let left = rest.len() - page.len();
        let next =
            page.last().filter(|_| left > 0).map(|(uid, _)| format!(r#","continue":"{snapshot}:{uid}","remainingItemCount":{left}"#));
        let items: Vec<String> = page.iter().map(|(uid, o)| json(**uid, o)).collect();
        let list = format!(
            r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"{version}"{}}},"items":[{}]}}"#,
            next.unwrap_or_default(),
            items.join(",")
        );
        if asked.packed { gzip(&list) } else { whole(200, "application/json", list.into_bytes()) }
    }
}

type BodyOf = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

fn body(mut receiver: UnboundedReceiver<Piece>, unread: Arc<AtomicU64>) -> BodyOf {
    let frames = poll_fn(move |cx| {
        receiver.poll_recv(cx).map(|piece| {
            piece.map(|piece| {
                piece.map(|bytes| {
                    let _ = unread.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(n.saturating_sub(bytes.len() as u64)));
                    Frame::data(bytes)
                })
            })
        })
    });
    StreamBody::new(frames).boxed_unsync()
}

fn whole(code: u16, kind: &str, text: Vec<u8>) -> Response<BodyOf> {
    let body = http_body_util::Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(code).header("content-type", kind).body(body).unwrap()
}

fn gzip(text: &str) -> Response<BodyOf> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    io::Write::write_all(&mut packer, text.as_bytes()).unwrap();
    let mut response = whole(200, "application/json", packer.finish().unwrap());
    response.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    response
}

fn status(code: u16, reason: &str, after: Option<u64>, token: Option<&str>) -> Response<BodyOf> {
    let metadata = token.map(|t| format!(r#""continue":"{t}""#)).unwrap_or_default();
    let cause =
        if reason == "TooLarge" { r#","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"too large"}]}"# } else { "" };
    let reason = if reason == "TooLarge" { "Timeout" } else { reason };
    let text = format!(
        r#"{{"kind":"Status","metadata":{{{metadata}}},"status":"Failure","message":"it says {reason}","reason":"{reason}","code":{code}{cause}}}"#
    );
    let mut response = whole(code, "application/json", text.into_bytes());
    if let Some(after) = after {
        response.headers_mut().insert("retry-after", after.to_string().parse().unwrap());
    }
    response
}

fn asked(request: &Request<Body>) -> Asked {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default().to_owned());
    let what = match path {
        "/version" => For::Version,
        "/api/v1/pods" if query.contains("sendInitialEvents=true") => For::Stream,
        "/api/v1/pods" if query.contains("watch=1") => For::Watch,
        "/api/v1/pods" => For::List,
        _ => For::Discovery,
    };
    let packed = request.headers().get("accept-encoding").is_some_and(|e| e == "gzip");
    Asked { at: Instant::now(), what, query, packed }
}

/// The value of a parameter.
pub fn param(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

fn id(uid: u128) -> Uid {
    Uid::parse(&format!("{uid:032x}"))
}

fn json(uid: u128, object: &Object) -> String {
    let Object { name, version, raw } = object;
    raw.clone().unwrap_or_else(|| {
        format!(r#"{{"metadata":{{"uid":"{uid:032x}","name":"{name}","namespace":"shop","resourceVersion":"{version}"}},"spec":{{}},"status":{{"phase":"Running"}}}}"#)
    })
}

fn event(what: &str, uid: u128, object: &Object) -> String {
    format!("{{\"type\":\"{what}\",\"object\":{}}}\n", json(uid, object))
}

/// Connects to a scripted server, and remembers how often that was asked of it.
pub struct Wires {
    server: Server,
    token: AtomicU64,
    /// Nobody ever gets a client.
    pub hangs: AtomicBool,
    /// Asking for another credential brings the same again.
    pub stuck: AtomicBool,
    /// When a connection was asked for, and whether with a new credential.
    pub asked: Mutex<Vec<(Instant, bool)>>,
}

impl Wires {
    pub fn new(server: &Server) -> Arc<Self> {
        Arc::new(Self {
            server: server.clone(),
            token: AtomicU64::new(0),
            hangs: false.into(),
            stuck: false.into(),
            asked: Mutex::default(),
        })
    }

    /// When new credentials were asked for.
    pub fn renewals(&self) -> Vec<Instant> {
        self.asked.lock().unwrap().iter().filter(|(_, renew)| *renew).map(|(at, _)| *at).collect()
    }
}

impl Connector for Wires {
    fn connect(&self, renew: bool) -> BoxFuture<'_, Result<kube::Client, Fault>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push((Instant::now(), renew));
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            if renew && !self.stuck.load(Ordering::Relaxed) {
                self.token.fetch_add(1, Ordering::Relaxed);
            }
            let (server, token) = (self.server.clone(), self.token.load(Ordering::Relaxed));
            Ok(kube::Client::new(tower::service_fn(move |request| server.clone().answer(request, token)), "default"))
        })
    }
}
