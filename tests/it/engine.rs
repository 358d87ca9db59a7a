//! The watch engine against a scripted API server (`rig::script`), in virtual time: what each row of the fault matrix demands.
//!
//! Here is the harness: sessions, the inbox that the screen would read, and tables as they would be drawn.

mod auth;
mod data;
mod network;
mod properties;
mod streams;

use crate::rig::script::Server;
use crate::rig::script::wires::Wires;
use kconsole::k8s::session::Sessions;
use kconsole::model::catalog::Resource;
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::id::{ClusterId, GroupResource, Session, Uid, Version, WatchId};
use kconsole::model::msg::{ClusterNews, Link, Msg, News, Sync};
use kconsole::model::table::Table;
use kconsole::model::time::Timestamp;
use kconsole::model::want::Want;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Sessions, and what they told.
pub struct Bench {
    pub sessions: Sessions,
    inbox: mpsc::Receiver<Msg>,
    tables: BTreeMap<WatchId, Table>,
    /// Every word on how true a table is.
    pub syncs: Vec<(Instant, WatchId, Sync)>,
    /// Every word on a connection.
    pub links: Vec<(Instant, ClusterId, Link)>,
    /// Changes of rows, as numbers of upserts and deletions.
    pub deltas: Vec<(WatchId, usize, usize)>,
    /// What whole objects were.
    pub objects: Vec<Option<Vec<u8>>>,
    began: Instant,
}

/// As many seconds.
pub fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Bench {
    pub fn new() -> Self {
        Self::with_inbox(64)
    }

    pub fn with_inbox(room: usize) -> Self {
        let (out, inbox) = mpsc::channel(room);
        let sessions = Sessions::new(tokio::runtime::Handle::current(), out);
        Self {
            sessions,
            inbox,
            tables: BTreeMap::new(),
            syncs: Vec::new(),
            links: Vec::new(),
            deltas: Vec::new(),
            objects: Vec::new(),
            began: Instant::now(),
        }
    }

    /// Opens a cluster and watches its pods; the watch has the cluster's number.
    pub fn open(&mut self, cluster: u16, server: &Server) -> Arc<Wires> {
        self.open_with(cluster, server, true)
    }

    /// The same; `watchable` is what discovery says of pods.
    pub fn open_with(&mut self, cluster: u16, server: &Server, watchable: bool) -> Arc<Wires> {
        let wires = Wires::new(server);
        self.sessions.connect(ClusterId(cluster), Session::default(), wires.clone());
        let want = Want::all(ClusterId(cluster), GroupResource::new("", "pods"));
        let resource = pods(watchable);
        let id = watch(cluster);
        self.sessions.start(id, &want, &resource);
        self.tables.insert(id, Table::new(id, want, Vec::new(), Timestamp(0)));
        wires
    }

    fn take(&mut self, msg: Msg) {
        let now = Instant::now();
        match msg {
            Msg::Watch(id, News::Delta(delta)) => {
                self.deltas.push((id, delta.upserts.len(), delta.deletes.len()));
                let mut uids: Vec<Uid> = delta.upserts.iter().map(|r| r.uid).chain(delta.deletes.iter().copied()).collect();
                uids.sort();
                assert!(uids.windows(2).all(|w| w[0] != w[1]), "an object is twice in one delta");
                self.tables.entry(id).and_modify(|table| drop(table.apply(delta)));
            }
            Msg::Watch(_, News::Object(object)) => self.objects.push(object),
            Msg::Watch(id, News::Sync(sync)) => {
                self.syncs.push((now, id, sync.clone()));
                let at = Timestamp((now - self.began).as_secs() as i64);
                self.tables.entry(id).and_modify(|table| table.set_sync(sync, at));
            }
            Msg::Cluster(cluster, _, ClusterNews::Link(link)) => self.links.push((now, cluster, link)),
            _ => {}
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

    /// Lets time pass until something is true, and returns how much it was.
    #[track_caller]
    pub fn until(&mut self, what: &'static str, within: Duration, so: impl Fn(&Self) -> bool) -> impl Future<Output = Duration> {
        let (caller, begun) = (std::panic::Location::caller(), Instant::now());
        async move {
            while !so(self) {
                tokio::select! {
                    biased;
                    Some(msg) = self.inbox.recv() => self.take(msg),
                    () = sleep_until(begun + within) => panic!("{caller}: not {what} within {within:?}; {:#?}\n{:#?}", self.last(), self.links.last()),
                }
            }
            begun.elapsed()
        }
    }

    fn last(&self) -> Vec<(&WatchId, &Sync, usize)> {
        self.tables.iter().map(|(id, t)| (id, &t.sync, t.len())).collect()
    }

    /// Lets time pass until a cluster's table is live and shows what its server has.
    #[track_caller]
    pub fn live(&mut self, cluster: u16, server: &Server, within: Duration) -> impl Future<Output = Duration> {
        let server = server.clone();
        self.until("live and true", within, move |b| *b.sync(cluster) == Sync::Live && b.rows(cluster) == server.truth())
    }

    pub fn table(&self, cluster: u16) -> &Table {
        &self.tables[&watch(cluster)]
    }

    pub fn sync(&self, cluster: u16) -> &Sync {
        &self.table(cluster).sync
    }

    /// Why the table is not true.
    pub fn why(&self, cluster: u16) -> Option<&Fault> {
        if let Sync::Stale { why, .. } = self.sync(cluster) { Some(why) } else { None }
    }

    pub fn is_stale(&self, cluster: u16) -> bool {
        self.why(cluster).is_some()
    }

    pub fn fails_with(&self, cluster: u16, kind: &FaultKind) -> bool {
        self.why(cluster).is_some_and(|why| why.kind == *kind)
    }

    /// The last word on a cluster's connection.
    pub fn link(&self, cluster: u16) -> Option<&Link> {
        self.links.iter().rev().find(|(_, c, _)| c.0 == cluster).map(|(_, _, link)| link)
    }

    /// What the table shows.
    pub fn rows(&self, cluster: u16) -> BTreeMap<Uid, (String, Version)> {
        let table = self.table(cluster);
        let rows: BTreeMap<_, _> = table.rows().map(|r| (r.uid, (r.name.to_string(), r.version))).collect();
        assert_eq!(rows.len(), table.len(), "a row is there twice");
        rows
    }
}

/// Pods, as discovery tells of them.
pub fn pods(watchable: bool) -> Resource {
    Resource {
        id: GroupResource::new("", "pods"),
        version: "v1".into(),
        kind: "Pod".into(),
        singular: "pod".into(),
        short_names: [].into(),
        categories: [].into(),
        namespaced: true,
        list: true,
        watch: watchable,
    }
}

fn watch(cluster: u16) -> WatchId {
    WatchId(u64::from(cluster))
}
