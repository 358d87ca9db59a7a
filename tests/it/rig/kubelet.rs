//! Kubelets in memory: pods whose containers write, end, begin anew and go, and an API server that tells of them and hands out their logs as files
//! are read: each stream at its own pace, broken where a test says. No socket and no clock but tokio's.

use bytes::Bytes;
use futures::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kconsole::k8s::supervisor::Connector;
use kconsole::model::fault::Fault;
use kube::client::Body;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

/// When the first test second begins: 2026-11-27 16:00:00 UTC.
pub const BEGAN: i64 = 1_795_795_200;
/// Pieces that the network takes in before it holds a writer up.
const WIRE: usize = 8;
/// Bytes of a piece.
const PIECE: usize = 16 << 10;

/// One run of a container, and the file that it wrote.
#[derive(Default)]
struct Run {
    /// Time and text of each line. The last line has no newline if the flag is set.
    lines: Vec<(i64, Vec<u8>)>,
    torn: bool,
    /// Lines of it that were rotated away.
    rotated: usize,
    began: i64,
    /// How it ended, and when.
    ended: Option<(i32, &'static str, i64)>,
    /// The pod says so.
    told: bool,
}

/// How streams break off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// As a connection does.
    Broken,
    /// As if the log had ended.
    Clean,
    /// Nothing more comes, and it does not end.
    Still,
}

pub struct State {
    /// The runs of containers by pod and container.
    runs: BTreeMap<(String, String), Vec<Run>>,
    uids: BTreeMap<String, u128>,
    began: Instant,
    /// The next streams break off after so many bytes each.
    cuts: Vec<(usize, Cut)>,
    /// Requests for logs are refused with this code.
    pub refuses: Option<u16>,
    /// And those for pods with this one.
    pub hides: Option<u16>,
    /// The pods say only after so long what is so.
    pub lag: Duration,
    /// Time that an answer takes.
    pub latency: Duration,
    /// What was asked for.
    pub requests: Vec<String>,
    /// Requests for logs that wait for their answer, now and at most.
    pub opening: (usize, usize),
    /// Bytes of logs that left.
    pub sent: usize,
    uid: u128,
}

#[derive(Clone)]
pub struct Kubelet {
    state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
}

impl Kubelet {
    pub fn new() -> Self {
        let state = State {
            runs: BTreeMap::new(),
            uids: BTreeMap::new(),
            began: Instant::now(),
            cuts: Vec::new(),
            refuses: None,
            hides: None,
            lag: Duration::ZERO,
            latency: Duration::ZERO,
            requests: Vec::new(),
            opening: (0, 0),
            sent: 0,
            uid: 0,
        };
        Self { state: Arc::new(Mutex::new(state)), changed: watch::channel(0).0 }
    }

    pub fn with(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn touch(&self) {
        self.changed.send_modify(|n| *n += 1);
    }

    /// Makes a pod with containers that run; returns its uid.
    pub fn pod(&self, name: &str, containers: &[&str]) -> u128 {
        let mut state = self.with();
        state.uid += 1;
        let (uid, now) = (state.uid, state.now());
        state.uids.insert(name.to_owned(), uid);
        for container in containers {
            state.runs.insert((name.to_owned(), (*container).to_owned()), vec![Run { began: now, ..Run::default() }]);
        }
        uid
    }

    /// A container writes a line.
    pub fn write(&self, pod: &str, container: &str, line: impl AsRef<[u8]>) {
        let at = self.with().now();
        self.write_at(pod, container, at, line);
    }

    /// The same at a time.
    pub fn write_at(&self, pod: &str, container: &str, at: i64, line: impl AsRef<[u8]>) {
        self.with().run(pod, container).lines.push((at, line.as_ref().to_vec()));
        self.touch();
    }

    /// It wrote no newline behind its last line.
    pub fn tear(&self, pod: &str, container: &str) {
        self.with().run(pod, container).torn = true;
    }

    /// A container ends. Its pod says so only later.
    pub fn end(&self, pod: &str, container: &str, code: i32, reason: &'static str) {
        let now = self.with().now();
        self.with().run(pod, container).ended = Some((code, reason, now));
        self.touch();
    }

    /// The pod says what is so.
    pub fn tell(&self, pod: &str) {
        let mut state = self.with();
        for (_, runs) in state.runs.iter_mut().filter(|((of, _), _)| of == pod) {
            runs.iter_mut().filter(|run| run.ended.is_some()).for_each(|run| run.told = true);
        }
    }

    /// A container that ended begins anew; the file of the one before the last is gone.
    pub fn restart(&self, pod: &str, container: &str) {
        self.tell(pod);
        let mut state = self.with();
        let began = state.now();
        state.runs.get_mut(&(pod.to_owned(), container.to_owned())).unwrap().push(Run { began, ..Run::default() });
    }

    /// All that a container wrote so far is rotated away.
    pub fn rotate(&self, pod: &str, container: &str) {
        let mut state = self.with();
        let run = state.run(pod, container);
        run.rotated = run.lines.len();
    }

    /// A pod is deleted, and what it runs with it.
    pub fn delete(&self, pod: &str) {
        let mut state = self.with();
        let now = state.now();
        for (_, runs) in state.runs.iter_mut().filter(|((of, _), _)| of == pod) {
            runs.last_mut().unwrap().ended.get_or_insert((143, "Completed", now));
        }
        state.uids.remove(pod);
        drop(state);
        self.touch();
    }

    /// The next streams break off after so many bytes each.
    pub fn cut(&self, cuts: impl IntoIterator<Item = (usize, Cut)>) {
        self.with().cuts.extend(cuts);
    }

    async fn answer(self, request: Request<Body>) -> Result<Response<UnsyncBoxBody<Bytes, io::Error>>, io::Error> {
        let path = request.uri().path().to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let mut parts = path.trim_start_matches("/api/v1/namespaces/shop/pods/").split('/');
        let pod = parts.next().unwrap_or_default().to_owned();
        let is_log = parts.next() == Some("log");
        let latency = {
            let mut state = self.with();
            state.requests.push(format!("{path}?{query}"));
            state.opening.0 += 1;
            state.opening.1 = state.opening.1.max(state.opening.0);
            state.latency
        };
        if !latency.is_zero() {
            sleep(latency).await;
        }
        self.with().opening.0 -= 1;
        if is_log { Ok(self.log(&pod, &query)) } else { Ok(self.tells(&pod)) }
    }

    fn tells(&self, pod: &str) -> Response<UnsyncBoxBody<Bytes, io::Error>> {
        let state = self.with();
        if let Some(code) = state.hides {
            return status(code, "", "the server is busy");
        }
        let Some(uid) = state.uids.get(pod) else { return status(404, "NotFound", "pods not found") };
        let of = state.runs.iter().filter(|((of, _), _)| of == pod);
        let at = state.now() - state.lag.as_nanos() as i64;
        let statuses: Vec<Value> = of.map(|((_, container), runs)| told(pod, container, runs, at)).collect();
        let pod = json!({"metadata": {"name": pod, "uid": uid_of(*uid)}, "status": {"containerStatuses": statuses}});
        whole(200, pod.to_string())
    }

    fn log(&self, pod: &str, query: &str) -> Response<UnsyncBoxBody<Bytes, io::Error>> {
        let asked: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut state = self.with();
        if let Some(code) = state.refuses {
            return status(code, "Forbidden", "pods \"x\" is forbidden: cannot get resource \"pods/log\"");
        }
        let key = (pod.to_owned(), asked["container"].clone());
        if !state.uids.contains_key(pod) {
            return status(404, "NotFound", "pods not found");
        }
        let Some(runs) = state.runs.get(&key) else { return status(400, "BadRequest", "container is not valid") };
        let last = runs.len() - 1;
        let Some(run) = (if asked.contains_key("previous") { last.checked_sub(1) } else { Some(last) }) else {
            return status(400, "BadRequest", "previous terminated container not found");
        };
        let file = &runs[run];
        let since = asked.get("sinceTime").map(|t| t.parse::<jiff::Timestamp>().unwrap().as_nanosecond() as i64);
        let left = file.lines.len() - file.rotated;
        let tail = asked.get("tailLines").map_or(left, |n| n.parse().unwrap());
        let begin = file.rotated + left.saturating_sub(tail);
        let follow = asked.get("follow").is_some_and(|f| f == "true");
        let cut = if state.cuts.is_empty() { None } else { Some(state.cuts.remove(0)) };
        drop(state);
        let (wire, pieces) = mpsc::channel(WIRE);
        let (kubelet, changed) = (self.clone(), self.changed.subscribe());
        tokio::spawn(kubelet.send(Sending { key, run, next: begin, since, follow, cut, wire, changed }));
        let frames = stream::unfold(pieces, |mut pieces: mpsc::Receiver<Result<Bytes, io::Error>>| async {
            let piece = pieces.recv().await?;
            Some((piece.map(Frame::data), pieces))
        });
        Response::new(StreamBody::new(frames).boxed_unsync())
    }

    /// Sends a file to whoever reads it, as fast as that reads.
    async fn send(self, mut sending: Sending) {
        let mut left = sending.cut.map_or(usize::MAX, |(bytes, _)| bytes);
        loop {
            let (mut bytes, is_over) = sending.more(&self.with());
            let is_cut = bytes.len() >= left;
            bytes.truncate(left);
            left -= bytes.len();
            for piece in bytes.chunks(PIECE) {
                self.with().sent += piece.len();
                if sending.wire.send(Ok(Bytes::copy_from_slice(piece))).await.is_err() {
                    return;
                }
            }
            if is_cut {
                match sending.cut {
                    Some((_, Cut::Broken)) => drop(sending.wire.send(Err(io::ErrorKind::ConnectionReset.into())).await),
                    Some((_, Cut::Still)) => sending.wire.closed().await,
                    _ => {}
                }
                return;
            }
            if is_over || sending.changed.changed().await.is_err() {
                return;
            }
        }
    }
}

/// A file on its way.
struct Sending {
    key: (String, String),
    run: usize,
    next: usize,
    since: Option<i64>,
    follow: bool,
    cut: Option<(usize, Cut)>,
    wire: mpsc::Sender<Result<Bytes, io::Error>>,
    changed: watch::Receiver<u64>,
}

impl Sending {
    /// What the file has more by now, and whether that is all there will be.
    fn more(&mut self, state: &State) -> (Vec<u8>, bool) {
        let run = &state.runs[&self.key][self.run];
        let is_over = run.ended.is_some() || !self.follow;
        let mut bytes = Vec::new();
        while let Some((at, line)) = run.lines.get(self.next) {
            self.next += 1;
            if self.since.is_some_and(|since| *at < since) {
                continue;
            }
            let stamp = jiff::Timestamp::from_nanosecond(i128::from(*at)).unwrap();
            bytes.extend_from_slice(format!("{stamp:.9} ").as_bytes());
            bytes.extend_from_slice(line);
            if !run.torn || self.next < run.lines.len() {
                bytes.push(b'\n');
            }
        }
        (bytes, is_over)
    }
}

impl State {
    /// Nanoseconds.
    pub fn now(&self) -> i64 {
        BEGAN * 1_000_000_000 + self.began.elapsed().as_nanos() as i64
    }

    fn run(&mut self, pod: &str, container: &str) -> &mut Run {
        self.runs.get_mut(&(pod.to_owned(), container.to_owned())).unwrap().last_mut().unwrap()
    }
}

pub fn uid_of(uid: u128) -> String {
    format!("00000000-0000-0000-0000-{uid:012x}")
}

/// What a pod says of a container, as it was at a time.
fn told(pod: &str, container: &str, runs: &[Run], at: i64) -> Value {
    let id = |run: usize| format!("containerd://{pod}-{container}-{run}");
    let stamp = |at: i64| jiff::Timestamp::from_second(at.div_euclid(1_000_000_000)).unwrap().to_string();
    let state = |number: usize| {
        let run = &runs[number];
        match run.ended.filter(|(.., ended)| run.told && *ended <= at) {
            None => json!({"running": {"startedAt": stamp(run.began)}}),
            Some((code, reason, at_end)) => json!({"terminated": {"exitCode": code, "reason": reason, "containerID": id(number),
                "startedAt": stamp(run.began), "finishedAt": stamp(at_end)}}),
        }
    };
    let last = runs.iter().rposition(|run| run.began <= at).unwrap_or_default();
    json!({"name": container, "containerID": id(last), "restartCount": last, "state": state(last),
        "lastState": last.checked_sub(1).map_or(json!({}), state)})
}

fn whole(code: u16, text: String) -> Response<UnsyncBoxBody<Bytes, io::Error>> {
    let body = Full::from(text).map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(code).body(body).unwrap()
}

fn status(code: u16, reason: &str, message: &str) -> Response<UnsyncBoxBody<Bytes, io::Error>> {
    whole(code, json!({"kind": "Status", "code": code, "reason": reason, "message": message}).to_string())
}

/// Connects to kubelets.
pub struct Lines(pub Kubelet);

impl Lines {
    pub fn client(&self) -> kube::Client {
        let kubelet = self.0.clone();
        kube::Client::new(tower::service_fn(move |request| kubelet.clone().answer(request)), "default")
    }
}

impl Connector for Lines {
    fn connect(&self, _: bool) -> futures::future::BoxFuture<'_, Result<kube::Client, Fault>> {
        Box::pin(async { Ok(self.client()) })
    }

    fn refresh(&self) -> futures::future::BoxFuture<'_, Option<kube::Client>> {
        Box::pin(async { None })
    }
}
