//! An API server in memory: answers list, watch, streaming list, version and discovery for one collection of pods, remembers every
//! request, and fails in whatever way it is told to. No socket, no thread, no clock but tokio's, which a test stops and turns.

pub mod answer;
pub mod wires;

use answer::{event, id};
use bytes::Bytes;
use kconsole::model::id::{Uid, Version};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

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
    /// The oldest token that is accepted.
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
}
