//! The open clusters and their running watches: starts and stops tasks, and sees to it that one that panics is told of.

use super::describe;
use super::intake::{Intake, Rows, Whole};
use super::lanes::Lanes;
use super::link::{Link, link};
use super::logs::Logs;
use super::perform::perform;
use super::stream::{self, Forward, Listeners, Tally};
use super::supervisor::{Connector, Supervisor};
use super::teller::Teller;
use super::watch::{Target, Watch, escape};
use crate::kinds;
use crate::model::call::{Call, CallId, Failure};
use crate::model::catalog::Resource;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{ClusterId, Session, WatchId};
use crate::model::log::{Tail, TailId};
use crate::model::msg::{self, ClusterNews, Msg, News, Sync};
use crate::model::step::Notice;
use crate::model::stream::{End, Ended};
use crate::model::want::{Of, Want};
use futures::FutureExt;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

/// How often a kind is listed that may not be watched; metrics servers measure twice in that time.
const POLL: Duration = Duration::from_secs(30);
const METRICS: Duration = Duration::from_secs(15);

/// Everything that runs for clusters. Dropping it ends everything.
pub struct Sessions {
    runtime: Handle,
    out: mpsc::Sender<Msg>,
    open: HashMap<ClusterId, Open>,
    watches: HashMap<WatchId, (ClusterId, AbortHandle)>,
    tails: HashMap<TailId, Following>,
    forwards: HashMap<CallId, Forwarding>,
}

/// A forward that was opened.
struct Forwarding {
    cluster: ClusterId,
    task: AbortHandle,
    now: Arc<Tally>,
}

impl Forwarding {
    /// Ends it, and tells what went through it.
    fn end(self, end: End) -> Ended {
        self.task.abort();
        let now = self.now.now();
        Ended { end, sent: now.sent, received: now.received }
    }
}

/// The logs of a pod that are followed.
struct Following {
    cluster: ClusterId,
    look: watch::Sender<u64>,
    task: AbortHandle,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An open cluster.
struct Open {
    link: Link,
    lanes: Arc<Lanes>,
    kick: watch::Sender<u64>,
    teller: Teller,
    supervisor: AbortHandle,
    /// Asks what kinds there are, once more.
    discovery: Option<AbortHandle>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.supervisor.abort();
        if let Some(discovery) = &self.discovery {
            discovery.abort();
        }
    }
}

impl Sessions {
    /// No sessions yet; what they have to say goes to `out`.
    pub fn new(runtime: Handle, out: mpsc::Sender<Msg>) -> Self {
        Self { runtime, out, open: HashMap::new(), watches: HashMap::new(), tails: HashMap::new(), forwards: HashMap::new() }
    }

    /// Opens a cluster; what it says carries the number of this opening. Nothing happens if it is open.
    pub fn connect(&mut self, cluster: ClusterId, session: Session, connector: Arc<dyn Connector>) {
        if self.open.contains_key(&cluster) {
            return;
        }
        let (kick, kicks) = watch::channel(0);
        let ends = link();
        let users = ends.0.clone();
        let teller = Teller::new(cluster, session, self.out.clone());
        let lanes = Arc::new(Lanes::new(Arc::clone(&connector)));
        let supervisor = Supervisor::new(teller.clone(), connector, ends, kicks).run();
        let supervisor = self.spawn(supervisor, down(&teller));
        self.open.insert(cluster, Open { link: users, lanes, kick, teller, supervisor, discovery: None });
    }

    /// Closes a cluster and ends its watches, and its forwards, which it returns: should it be opened again, it may be another one.
    pub fn disconnect(&mut self, cluster: ClusterId) -> Vec<(CallId, Ended)> {
        self.open.remove(&cluster);
        self.tails.retain(|_, tail| tail.cluster != cluster);
        self.watches.retain(|_, (of, task)| {
            if *of == cluster {
                task.abort();
            }
            *of != cluster
        });
        let end = || End::Broken("the cluster was closed".to_owned());
        self.forwards.extract_if(|_, forward| forward.cluster == cluster).map(|(id, forward)| (id, forward.end(end()))).collect()
    }

    /// Asks a cluster again what kinds it serves. One without a connection is asked anyway, once it has one.
    pub fn discover(&mut self, cluster: ClusterId) {
        let Some(open) = self.open.get(&cluster) else { return };
        let task = self.spawn(describe::discover(open.link.clone(), open.teller.clone()), down(&open.teller));
        if let Some(before) = self.open.get_mut(&cluster).and_then(|open| open.discovery.replace(task)) {
            before.abort();
        }
    }

    /// What an open cluster has cost so far.
    pub fn traffic(&self, cluster: ClusterId) -> Option<msg::Traffic> {
        self.open.get(&cluster).map(|open| open.link.traffic())
    }

    /// Sends a request to an open cluster. What comes of it is told, also where the cluster is closed meanwhile.
    pub fn call(&self, id: CallId, call: Call) {
        let open = self.open.get(&call.cluster).map(|open| open.link.clone());
        let (out, writes) = (self.out.clone(), call.method.writes());
        let asked = async move {
            let answer = match open {
                Some(link) => perform(link, call).await,
                None => Err(Failure::unsent(closed())),
            };
            // Nobody left to tell: the program ends.
            let _ = out.send(Msg::Answer(id, answer)).await;
        };
        let panicked = move |fault| Msg::Answer(id, Err(Failure { fault, causes: Vec::new(), in_doubt: writes }));
        self.spawn(asked, panicked);
    }

    /// What a stream to an open cluster takes.
    pub fn streams(&self, cluster: ClusterId) -> Option<(Link, Arc<Lanes>)> {
        self.open.get(&cluster).map(|open| (open.link.clone(), Arc::clone(&open.lanes)))
    }

    /// Opens a forward from a port of this machine, for as long as nobody ends it; why it cannot be is an answer.
    ///
    /// # Errors
    /// Where the cluster is not open.
    pub fn forward(&mut self, id: CallId, cluster: ClusterId, target: stream::Target, local: u16) -> Result<(), Fault> {
        // Those that found their port taken have nothing to end.
        self.forwards.retain(|_, forward| !forward.task.is_finished());
        let Some(open) = self.open.get(&cluster) else { return Err(closed()) };
        let (now, changes) = Tally::new();
        let forward = Forward { link: open.link.clone(), lanes: Arc::clone(&open.lanes), target, now: Arc::clone(&now) };
        let (out, tally) = (self.out.clone(), Arc::clone(&now));
        let task = async move {
            match Listeners::bind(local).await {
                Ok(listeners) => tokio::join!(forward.run(listeners), stream::tell(id, &tally, changes, &out)).1,
                // Nobody left to tell: the program ends.
                Err(why) => drop(out.send(Msg::Answer(id, Err(Failure::unsent(why)))).await),
            }
        };
        let task = self.spawn(task, move |why| Msg::Answer(id, Err(Failure::unsent(why))));
        self.forwards.insert(id, Forwarding { cluster, task, now });
        Ok(())
    }

    /// Ends a forward; tells what went through it.
    pub fn hang_up(&mut self, id: CallId) -> Option<Ended> {
        Some(self.forwards.remove(&id)?.end(End::Closed))
    }

    /// The forwards that were opened and not ended.
    pub fn forwards(&self) -> Vec<CallId> {
        self.forwards.keys().copied().collect()
    }

    /// Has everything of a cluster tried again now.
    pub fn retry(&self, cluster: ClusterId) {
        if let Some(open) = self.open.get(&cluster) {
            open.kick.send_modify(|n| *n += 1);
        }
    }

    /// Has everything of these clusters tried again as soon as something else is done. Does not wait for it.
    pub fn retry_after(&self, clusters: impl Iterator<Item = ClusterId>, done: impl Future<Output = ()> + Send + 'static) {
        let kicks: Vec<_> = clusters.filter_map(|cluster| self.open.get(&cluster)).map(|open| open.kick.clone()).collect();
        self.runtime.spawn(async move {
            done.await;
            for kick in kicks {
                kick.send_modify(|n| *n += 1);
            }
        });
    }

    /// Starts to keep a want true. Nothing happens in a cluster that is not open.
    pub fn start(&mut self, id: WatchId, want: &Want, resource: &Resource) {
        let Some(open) = self.open.get(&want.cluster) else { return };
        let intake: Box<dyn Intake> = match &want.of {
            Of::Whole(_) => Box::new(Whole::new(resource)),
            Of::All | Of::Selected { .. } => Box::new(Rows::new(&want.kind)),
        };
        let watch = Watch::new(id, target(want, resource), intake, open.link.clone(), self.out.clone(), open.kick.subscribe());
        let stale = move |why| Msg::Watch(id, News::Sync(Sync::Stale { why, retry_in: None }));
        let task = self.spawn(watch.run(), stale);
        self.watches.insert(id, (want.cluster, task));
    }

    /// Ends a watch.
    pub fn stop(&mut self, id: WatchId) {
        if let Some((_, task)) = self.watches.remove(&id) {
            task.abort();
        }
    }

    /// Starts to follow the logs of a pod. Nothing happens in a cluster that is not open.
    pub fn follow(&mut self, id: TailId, tail: Tail) {
        let Some(open) = self.open.get(&tail.cluster) else { return };
        let (cluster, (look, looks)) = (tail.cluster, watch::channel(tail.state));
        let logs = Logs { id, tail, link: open.link.clone(), lanes: Arc::clone(&open.lanes), out: self.out.clone(), look: looks };
        let failed = move |why: Fault| Msg::Told(Notice::warn(why.what));
        let task = self.spawn(logs.run(), failed);
        self.tails.insert(id, Following { cluster, look, task });
    }

    /// The pod has changed: its containers are looked at again.
    pub fn look_again(&self, id: TailId, state: u64) {
        if let Some(tail) = self.tails.get(&id) {
            tail.look.send_replace(state);
        }
    }

    /// Follows the logs of a pod no longer.
    pub fn unfollow(&mut self, id: TailId) {
        self.tails.remove(&id);
    }

    /// Runs a task; should it panic, `tell` makes what the screen is told, and everything else goes on.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static, tell: impl FnOnce(Fault) -> Msg + Send + 'static) -> AbortHandle {
        let out = self.out.clone();
        let guarded = async move {
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                let why = Fault::new(FaultKind::Server, "kconsole failed here; the log has the details")
                    .hint("ctrl-r does not help: please report it");
                // Nobody left to tell is the one case in which it does not matter.
                let _ = out.send(tell(why)).await;
            }
        };
        self.runtime.spawn(guarded).abort_handle()
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        let watches = self.watches.values().map(|(_, task)| task);
        watches.chain(self.forwards.values().map(|forward| &forward.task)).for_each(AbortHandle::abort);
    }
}

/// Nothing can be asked of a cluster that is not open.
fn closed() -> Fault {
    Fault::new(FaultKind::Unreachable, "the cluster is not open")
}

/// The word that a cluster is down because we are at fault.
fn down(teller: &Teller) -> impl FnOnce(Fault) -> Msg + Send + 'static {
    let teller = teller.clone();
    move |why| teller.msg(ClusterNews::Link(msg::Link::Down { why, retry_in: None }))
}

/// What the server is asked for.
fn target(want: &Want, resource: &Resource) -> Target {
    let query = match &want.of {
        Of::All => String::new(),
        Of::Whole(name) => format!("fieldSelector={}", escape(&format!("metadata.name={name}"))),
        Of::Selected { labels, fields } => {
            let part = |key: &str, value: &str| (!value.is_empty()).then(|| format!("{key}={}", escape(value)));
            [part("labelSelector", labels), part("fieldSelector", fields)].into_iter().flatten().collect::<Vec<_>>().join("&")
        }
    };
    let every = if kinds::is_polled(&resource.id.group) { METRICS } else { POLL };
    Target { path: resource.path(want.namespace.as_deref()), query, watchable: resource.watch, every }
}
