//! Logs against kubelets in memory (`rig::kubelet`), in virtual time: writers number their lines, and no number may be missing or come twice,
//! whatever breaks.
//!
//! Here is the harness; what is proven is in the files below.

mod back;
mod breaks;
pub mod demo;
mod kept;
mod many;
mod printed;
mod runs;
mod screen;
mod timeline;

use crate::rig::kubelet::{Kubelet, Lines, uid_of};
use kconsole::k8s::lanes::Lanes;
use kconsole::k8s::link::{Link, Reins, Up, Wire, link};
use kconsole::k8s::logs::Logs;
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::id::{ClusterId, Uid};
use kconsole::model::log::{From, Kind, Ring, Tail, TailId};
use kconsole::model::msg::Msg;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// As many seconds.
pub fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Runs a test in virtual time.
pub fn in_time<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(test)
}

/// One cluster, the logs that are followed, and what came of them.
pub struct Rig {
    pub kubelet: Kubelet,
    link: Link,
    reins: Reins,
    lanes: Arc<Lanes>,
    out: mpsc::Sender<Msg>,
    inbox: mpsc::Receiver<Msg>,
    /// The pods that are followed, and their pod watches.
    pods: Vec<(String, watch::Sender<u64>)>,
    pub ring: Ring,
    /// Pod and container of each source.
    sources: Vec<(String, String)>,
    /// What came, in the order in which it came: source, kind and text.
    came: Vec<(usize, Kind, String)>,
    /// Bytes of the lines that were left away.
    pub cut: u64,
    generation: u64,
    tasks: JoinSet<()>,
}

impl Rig {
    pub fn new() -> Self {
        let kubelet = Kubelet::new();
        let ((link, reins), (out, inbox)) = (link(), mpsc::channel(64));
        let lanes = Arc::new(Lanes::new(Arc::new(Lines(kubelet.clone()))));
        let mut rig = Self {
            kubelet,
            link,
            reins,
            lanes,
            out,
            inbox,
            pods: Vec::new(),
            ring: Ring::new(64 << 20),
            sources: Vec::new(),
            came: Vec::new(),
            cut: 0,
            generation: 0,
            tasks: JoinSet::new(),
        };
        rig.connect();
        rig
    }

    /// There is a connection again.
    pub fn connect(&mut self) {
        self.generation += 1;
        let client = Lines(self.kubelet.clone()).client();
        let up = Up { client, generation: self.generation, credential: 0, latency: None };
        self.reins.wire.send_replace(Wire::Up(up));
    }

    /// There is none.
    pub fn disconnect(&mut self) {
        let why = Fault::new(FaultKind::Unreachable, "gone");
        self.reins.wire.send_replace(Wire::Down { why, retry_in: None });
    }

    /// Follows a pod.
    pub fn follow(&mut self, pod: &str, uid: u128, from: From) {
        let id = TailId(self.pods.len() as u64);
        let (look, looks) = watch::channel(0);
        self.pods.push((pod.to_owned(), look));
        let tail = Tail {
            cluster: ClusterId(0),
            namespace: "shop".into(),
            pod: pod.into(),
            uid: Uid::parse(&uid_of(uid)),
            from,
            follow: true,
            containers: 1,
            is_sick: false,
            created: None,
            turn: 0,
            state: 0,
        };
        let logs = Logs { id, tail, link: self.link.clone(), lanes: Arc::clone(&self.lanes), out: self.out.clone(), look: looks };
        self.tasks.spawn(logs.run());
    }

    /// The watch of pods has told of this one.
    pub fn look(&self, pod: &str) {
        for (_, look) in self.pods.iter().filter(|(name, _)| name == pod) {
            look.send_modify(|n| *n += 1);
        }
    }

    fn take(&mut self, msg: Msg) {
        let Msg::Log(id, news) = msg else { return };
        let source = (self.pods[id.0 as usize].0.clone(), news.container.into_string());
        let known = self.sources.iter().position(|s| *s == source);
        let number = known.unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        let mut spots = self.ring.insert(number as u32, news.chunk);
        spots.sort_by_key(|spot| spot.arrival());
        for line in spots.iter().filter_map(|spot| self.ring.line(*spot)) {
            self.cut += u64::from(line.cut);
            self.came.push((number, line.kind, String::from_utf8_lossy(line.bytes).into_owned()));
        }
    }

    /// Lets so much time pass.
    pub async fn run(&mut self, span: Duration) {
        let end = Instant::now() + span;
        loop {
            tokio::select! {
                biased;
                Some(msg) = self.inbox.recv() => self.take(msg),
                () = sleep_until(end) => return,
            }
        }
    }

    /// What a container wrote, as it came.
    pub fn written(&self, pod: &str, container: &str) -> Vec<&str> {
        let is_it = |source: usize| self.sources[source].0 == pod && self.sources[source].1 == container;
        self.came.iter().filter(|(source, kind, _)| *kind == Kind::Written && is_it(*source)).map(|(.., text)| text.as_str()).collect()
    }

    /// What is told of a pod, in the order in which it came.
    pub fn marks(&self, pod: &str) -> Vec<&str> {
        let is_it = |source: usize| self.sources[source].0 == pod;
        self.came.iter().filter(|(source, kind, _)| *kind != Kind::Written && is_it(*source)).map(|(.., text)| text.as_str()).collect()
    }

    /// How many pods have been heard of.
    pub fn heard(&self) -> usize {
        self.sources.iter().map(|(pod, _)| pod).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// A container wrote lines with the numbers from 0 on, and they came once each, in this order.
    #[track_caller]
    pub fn all_came(&self, pod: &str, container: &str, numbers: usize) {
        let written = self.written(pod, container);
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        written.iter().for_each(|line| *times.entry(line).or_default() += 1);
        let names: Vec<String> = (0..numbers).map(|n| n.to_string()).collect();
        let missing: Vec<&String> = names.iter().filter(|n| !times.contains_key(n.as_str())).collect();
        let twice: Vec<_> = times.iter().filter(|(_, n)| **n > 1).collect();
        assert!(missing.is_empty() && twice.is_empty(), "{pod} {container}: missing {missing:?}, twice {twice:?}, {:?}", self.marks(pod));
        assert!(written.iter().zip(&names).all(|(came, name)| came == name), "{pod} {container}: {written:?}");
    }

    /// All lines stand in the order of their times.
    #[track_caller]
    pub fn in_order(&self) {
        let spots: Vec<_> = (0..self.ring.len()).filter_map(|place| self.ring.spot(place)).collect();
        assert!(spots.windows(2).all(|w| w[0].at <= w[1].at));
        assert_eq!(self.ring.len() as u64 + self.ring.gone(), self.came.len() as u64);
    }
}
