//! A log on its way to a client: what is there, and then, for a follower, each line when it is due.

use super::query::{Plan, status};
use super::{End, Line, Run, Sickness, Source};
use crate::demo::json::Millis;
use crate::demo::store::Object;
use bytes::{BufMut, Bytes, BytesMut};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Bytes from which on a chunk is sent.
const CHUNK: usize = 32 << 10;
/// How far a follower looks ahead for its next line.
const AHEAD: Millis = 30_000;
/// After a change, what else changes is waited for, so that a busy cluster does not wake followers all the time.
const GATHER: Duration = Duration::from_millis(50);

/// A pod at an instant.
#[derive(Clone, Debug)]
pub struct View {
    /// The pod.
    pub pod: Arc<Object>,
    /// The clock of its cluster.
    pub now: Millis,
    /// How ill the container is.
    pub sick: Sickness,
}

/// Looks at a pod again; none once it is gone.
pub type Look = Box<dyn FnMut() -> Option<View> + Send>;

/// The answer to a request for a log. `changed` tells when it is worth to look at the pod again, and ends when the server does.
pub fn body(plan: Plan, changed: watch::Receiver<u64>, look: Look) -> UnsyncBoxBody<Bytes, Infallible> {
    let follower = Follower::new(plan, changed, look);
    let chunks = futures::stream::unfold(follower, |mut follower| async {
        let chunk = follower.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(chunk)), follower))
    });
    StreamBody::new(chunks).boxed_unsync()
}

/// A log that is read forwards.
pub struct Follower {
    plan: Plan,
    changed: watch::Receiver<u64>,
    look: Look,
    seen: u64,
    at: Millis,
    begun: bool,
    over: bool,
    /// Last words that the tail leaves out.
    skip: usize,
    out: BytesMut,
    /// The second of the line before, and how it is written.
    second: (i64, String),
}

impl Follower {
    /// One that begins where the plan says.
    pub fn new(plan: Plan, changed: watch::Receiver<u64>, look: Look) -> Self {
        let at = plan.from;
        Self { plan, changed, look, seen: 0, at, begun: false, over: false, skip: 0, out: BytesMut::new(), second: Default::default() }
    }

    /// The next chunk, as soon as there is one; none at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        let mut source = self.plan.source.take()?;
        let chunk = self.advance(&mut source).await;
        self.plan.source = Some(source);
        chunk
    }

    async fn advance(&mut self, source: &mut Source) -> Option<Bytes> {
        if !self.begun {
            self.begin(source);
        }
        loop {
            while self.at < self.plan.now && self.out.len() < CHUNK {
                let to = self.plan.now.min(self.at - self.at.rem_euclid(source.step()) + source.step());
                for line in source.lines(self.at, to) {
                    self.write(&line);
                }
                self.at = to;
            }
            let whole = self.at >= self.plan.now;
            if whole && !self.over && (!self.plan.query.follow || source.run().end.is_some()) {
                self.over = true;
                self.last_words(source);
            }
            if let Some(chunk) = self.take() {
                return Some(chunk);
            }
            if self.over || self.plan.query.limit == Some(0) {
                return None;
            }
            self.wait(source).await;
        }
    }

    /// Looks at the pod for the first time, and jumps to the tail.
    fn begin(&mut self, source: &mut Source) {
        self.begun = true;
        self.see(source);
        self.at = self.at.max(source.oldest());
        let Some(tail) = self.plan.query.tail else { return };
        let words = source.last_words().len();
        self.skip = words.saturating_sub(tail);
        for line in source.tail(self.at, self.plan.now, tail.saturating_sub(words)) {
            self.write(&line);
        }
        self.at = self.plan.now.max(self.at);
    }

    fn last_words(&mut self, source: &Source) {
        let words: Vec<Line> = source.last_words().into_iter().filter(|l| l.at >= self.plan.from).collect();
        for line in words.into_iter().skip(self.skip) {
            self.write(&line);
        }
    }

    fn write(&mut self, line: &Line) {
        if self.plan.query.stream.is_some_and(|s| s != line.stream) {
            return;
        }
        if self.plan.query.timestamps {
            self.stamp(line);
        }
        self.out.put(line.text.as_bytes());
        self.out.put_u8(b'\n');
    }

    /// What stands before a line, as the kubelet writes it. Many lines are of the same second.
    fn stamp(&mut self, line: &Line) {
        let at = line.at * 1_000_000 + i64::from(line.nanos);
        let (second, nanos) = (at.div_euclid(1_000_000_000), at.rem_euclid(1_000_000_000));
        if self.second.0 != second || self.second.1.is_empty() {
            let written = jiff::Timestamp::from_second(second).unwrap_or_default().to_string();
            self.second = (second, written.trim_end_matches('Z').to_owned());
        }
        let written = &self.second.1;
        // Memory takes what is written.
        let _ = write!(self.out, "{written}.{nanos:09}Z ");
    }

    fn take(&mut self) -> Option<Bytes> {
        let mut chunk = self.out.split().freeze();
        if let Some(limit) = &mut self.plan.query.limit {
            chunk.truncate(*limit);
            *limit -= chunk.len();
        }
        Some(chunk).filter(|c| !c.is_empty())
    }

    /// Waits for the next line or for a change, and looks at the pod.
    async fn wait(&mut self, source: &mut Source) {
        let due = source.lines(self.at, self.at + AHEAD).next().map_or(self.at + AHEAD, |l| l.at + 1);
        let pause = Duration::from_millis((due - self.plan.now).max(1).unsigned_abs());
        tokio::select! {
            () = sleep(pause) => {}
            changed = self.changed.changed() => match changed {
                Ok(()) => sleep(GATHER.min(pause)).await,
                Err(_) => self.over = true,
            },
        }
        if !self.over {
            self.see(source);
        }
    }

    fn see(&mut self, source: &mut Source) {
        let Some(view) = (self.look)() else {
            // It was told to end, and did.
            source.end(End { at: self.plan.now, code: 143, reason: "Completed".to_owned() });
            return;
        };
        self.plan.now = view.now.max(self.plan.now);
        source.sick = view.sick;
        if view.pod.version == self.seen || source.run().end.is_some() {
            return;
        }
        self.seen = view.pod.version;
        let pod = view.pod.value();
        let states = status(&pod, &self.plan.container).map(|s| [s.get("state"), s.get("lastState")]).unwrap_or_default();
        let mut runs = states.into_iter().flatten().filter_map(Run::of);
        let (started, now) = (source.run().started, self.plan.now);
        match runs.find(|r| r.started == started) {
            Some(run) => run.end.into_iter().for_each(|end| source.end(end)),
            None => source.end(End { at: now, code: 143, reason: "Completed".to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::{Query, plan};
    use super::*;
    use crate::demo::json::stamp as seconds;
    use crate::demo::resource::Resource;
    use serde_json::{Value, json};
    use std::sync::Mutex;
    use tokio::time::Instant;

    const T: Millis = 1_763_900_000_000;

    fn pod(version: u64, state: &Value) -> Value {
        json!({"metadata": {"name": "web-x", "uid": "u", "resourceVersion": version.to_string()},
            "spec": {"nodeName": "n", "containers": [{"name": "app", "image": "shop/checkout:1"}]},
            "status": {"containerStatuses": [{"name": "app", "state": state}]}})
    }

    fn object(value: &Value) -> Arc<Object> {
        let pods = Resource::served().into_iter().find(|r| r.plural == "pods").unwrap();
        Arc::new(Object::encode(&pods, value))
    }

    struct Stage {
        pod: Arc<Mutex<Option<Value>>>,
        changed: watch::Sender<u64>,
        follower: Follower,
    }

    /// A pod that started an hour ago, and a clock that goes with tokio's.
    fn stage(state: &Value, query: Query) -> Stage {
        let value = pod(1, state);
        let plan = plan(3, &value, query, T, T - 600_000).unwrap();
        let (changed, listen) = watch::channel(0);
        let place = Arc::new(Mutex::new(Some(value)));
        let (start, seen) = (Instant::now(), Arc::clone(&place));
        let look = move || {
            let now = T + start.elapsed().as_millis() as Millis;
            seen.lock().unwrap().as_ref().map(|p| View { pod: object(p), now, sick: Sickness::default() })
        };
        Stage { pod: place, changed, follower: Follower::new(plan, listen, Box::new(look)) }
    }

    fn running() -> Value {
        json!({"running": {"startedAt": seconds(T - 3_600_000)}})
    }

    async fn rest(follower: &mut Follower) -> String {
        let mut all = Vec::new();
        while let Some(chunk) = follower.next().await {
            all.extend(chunk);
        }
        String::from_utf8(all).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_follower_sees_what_a_late_reader_sees() {
        let mut follows = stage(&running(), Query { follow: true, timestamps: true, ..Query::default() });
        let mut followed = String::new();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            followed += std::str::from_utf8(&follows.follower.next().await.unwrap()).unwrap();
        }
        let mut late = stage(&running(), Query { timestamps: true, ..Query::default() });
        late.follower.plan.now = T + 60_000;
        let late = rest(&mut late.follower).await;
        let lines = late.lines().count();
        assert!(lines > 1000, "{lines}");
        assert!(followed.starts_with(&late), "{} {}", followed.len(), late.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_follower_hears_the_last_words() {
        let Stage { pod: place, changed, mut follower } = stage(&running(), Query { follow: true, tail: Some(0), ..Query::default() });
        let follows = tokio::spawn(async move { rest(&mut follower).await });
        sleep(Duration::from_secs(10)).await;
        let over = json!({"terminated": {"exitCode": 2, "startedAt": seconds(T - 3_600_000), "finishedAt": seconds(T + 10_000)}});
        *place.lock().unwrap() = Some(pod(2, &over));
        changed.send_modify(|n| *n += 1);
        let told = follows.await.unwrap();
        assert!(told.contains("\npanic: ") && told.ends_with("exit status 2\n"), "{told}");
        assert!(told.lines().count() > 15, "{told}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_follower_ends_with_the_pod_and_with_the_server() {
        let Stage { pod: place, changed, mut follower } = stage(&running(), Query { follow: true, tail: Some(0), ..Query::default() });
        assert!(follower.next().await.is_some());
        *place.lock().unwrap() = None;
        changed.send_modify(|n| *n += 1);
        assert!(rest(&mut follower).await.ends_with("bye\n"));
        let Stage { pod: _pod, changed, mut follower } = stage(&running(), Query { follow: true, tail: Some(0), ..Query::default() });
        drop(changed);
        rest(&mut follower).await;
    }

    #[tokio::test(start_paused = true)]
    async fn tails_limits_and_streams_cut() {
        let all = rest(&mut stage(&running(), Query::default()).follower).await;
        let tail = rest(&mut stage(&running(), Query { tail: Some(5), ..Query::default() }).follower).await;
        assert!(all.ends_with(&tail) && tail.lines().count() == 5, "{tail}");
        let cut = rest(&mut stage(&running(), Query { limit: Some(1000), ..Query::default() }).follower).await;
        assert_eq!(cut, all[..1000]);
        let none = rest(&mut stage(&running(), Query { stream: Some(super::super::Stream::Stderr), ..Query::default() }).follower).await;
        assert_eq!(none, "");
        let minute = rest(&mut stage(&running(), Query { since_seconds: Some(60), timestamps: true, ..Query::default() }).follower).await;
        let first = minute.split(' ').next().unwrap();
        let at = crate::demo::json::instant(first).unwrap();
        assert!(first.len() == 30 && (T - 60_000..T - 50_000).contains(&at), "{first}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_tail_of_a_crashed_run_is_its_last_words() {
        let over = json!({"terminated": {"exitCode": 2, "startedAt": seconds(T - 3_600_000), "finishedAt": seconds(T - 10_000)}});
        let tail = rest(&mut stage(&over, Query { tail: Some(2), ..Query::default() }).follower).await;
        assert_eq!(tail, "\t/src/main.go:57 +0x1d4\nexit status 2\n");
        let more = rest(&mut stage(&over, Query { tail: Some(12), ..Query::default() }).follower).await;
        assert!(more.ends_with(&tail) && more.lines().count() == 12, "{more}");
    }
}
