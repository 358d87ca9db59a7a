//! All that we know, and what of it is looked at. `app::update` is its only writer.

use super::call::CallId;
use super::catalog::Resource;
use super::cell::Value;
use super::cluster::Cluster;
use super::column::{Column, Source};
use super::course::Course;
use super::fault::Fault;
use super::finding::Findings;
use super::forward::{Forward, Kept};
use super::id::{ClusterId, GroupResource, ObjectRef, WatchId};
use super::layout::Layouts;
use super::msg::{Link, Sync};
use super::record::Record;
use super::right::Rights;
use super::row::Row;
use super::step::{Known, Notice, Target};
use super::stream::Shell;
use super::table::Table;
use super::tables::Tables;
use super::time::Timestamp;
use super::want::{Of, Want};
use std::collections::BTreeMap;

/// Everything that views draw from.
#[derive(Debug, Default)]
pub struct World {
    /// The clock, as of the last tick.
    pub now: Timestamp,
    /// When the program was started.
    pub began: Timestamp,
    /// All contexts, in the order of the kubeconfig.
    pub clusters: Vec<Cluster>,
    /// The tables of running watches.
    pub tables: Tables,
    /// The whole objects of running watches.
    pub objects: BTreeMap<WatchId, Whole>,
    /// What health has found.
    pub findings: Findings,
    /// The cluster that is looked at; all open ones if `None`.
    pub focus: Option<ClusterId>,
    /// The namespaces that are looked at; all if empty.
    pub namespaces: Vec<Box<str>>,
    /// The namespaces to look into where listing all is forbidden; the context's own where nobody named any.
    pub fallback: Vec<Box<str>>,
    /// The first key in force for each action that takes no argument: texts name actions, and people press keys.
    pub keys: BTreeMap<String, String>,
    /// So many events of a cluster are kept, the newest; all where nobody said.
    pub events_kept: Option<usize>,
    /// The files that kubeconfigs are looked for in.
    pub looked: Vec<String>,
    /// The folder that texts are kept in that were written and not stored.
    pub texts: String,
    /// The folder in memory for those of Secrets; `None` where there is none, and they are not kept.
    pub secret_texts: Option<String>,
    /// Seconds that the clock on the wall is ahead of UTC.
    pub utc_offset: i64,
    /// No writes anywhere.
    pub readonly: bool,
    /// What is shown is the demo fleet.
    pub demo: Option<Demo>,
    /// How panes are laid out, by the user's own names.
    pub layouts: Layouts,
    /// The changes of this run that were confirmed, the newest first.
    pub courses: Vec<Course>,
    /// The forwards that are open, in the order in which they were opened.
    pub forwards: Vec<Forward>,
    /// The shells that are open, in the order in which they were opened.
    pub shells: Vec<Shell>,
    /// The forwards that are kept for later runs.
    pub kept: Kept,
    /// What clusters have said of what we may.
    pub rights: Rights,
    /// What the journal holds, a record for each change to an object, or why it cannot be read; `None` before anybody wanted to know.
    pub journal: Option<Result<Vec<Record>, String>>,
    /// Contexts of the same cluster may be open side by side, because each is looked at by itself.
    pub twins: bool,
}

/// What is told of the demo fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demo {
    /// How it is, in a line that stays; names of actions in braces stand for their keys.
    pub told: Option<Notice>,
}

/// One object that is kept live as its raw JSON.
#[derive(Debug)]
pub struct Whole {
    /// What it holds.
    pub want: Want,
    /// The last JSON; `None` before the first.
    pub json: Option<Vec<u8>>,
    /// The server says that it is gone.
    pub gone: bool,
    /// How true it is.
    pub sync: Sync,
    /// Counts changes.
    pub changes: u64,
}

/// What a name of a kind means in one cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// This.
    Kind(&'a Resource),
    /// Nobody knows before discovery has answered.
    NotYet,
    /// The cluster does not serve it.
    Missing,
}

impl World {
    /// True for a request that is answered only when what it opened ends: a forward or a shell.
    pub fn lasts(&self, id: CallId) -> bool {
        self.forwards.iter().any(|forward| forward.id == id) || self.shells.iter().any(|shell| shell.id == id)
    }

    /// A cluster.
    pub fn cluster(&self, id: ClusterId) -> Option<&Cluster> {
        self.clusters.get(usize::from(id.0))
    }

    /// The same, to be written.
    pub fn cluster_mut(&mut self, id: ClusterId) -> Option<&mut Cluster> {
        self.clusters.get_mut(usize::from(id.0))
    }

    /// How many changes of this run are not over.
    pub fn under_way(&self) -> usize {
        self.courses.iter().filter(|c| !c.is_over()).count()
    }

    /// How many shells are open.
    pub fn open_shells(&self) -> usize {
        self.shells.iter().filter(|shell| shell.ended.is_none()).count()
    }

    /// The display name of a cluster.
    pub fn name(&self, id: ClusterId) -> &str {
        self.cluster(id).map_or("", |c| &c.name)
    }

    /// The namespace of what names none: the one that is looked at, or the context's own; `None` where several are looked at.
    pub fn namespace_in<'a>(&'a self, cluster: &'a Cluster) -> Option<&'a str> {
        match self.namespaces.as_slice() {
            [] => Some(&cluster.namespace),
            [one] => Some(one),
            _ => None,
        }
    }

    /// Makes room for what a watch will bring; a table begins with these columns.
    pub fn begin(&mut self, id: WatchId, want: Want, columns: Vec<Column>) {
        if matches!(want.of, Of::Whole(_)) {
            self.objects.insert(id, Whole { want, json: None, gone: false, sync: Sync::Connecting, changes: 0 });
        } else {
            self.tables.insert(id, Table::new(id, want, columns, self.now));
        }
    }

    /// Forgets what a watch brought.
    pub fn end(&mut self, id: WatchId) {
        self.tables.remove(&id);
        self.objects.remove(&id);
    }

    /// The open cluster that this one is too, under the name of another context: the uids of their kube-system agree, or server and
    /// certificate authority do. `None` where twins are allowed.
    pub fn twin(&self, id: ClusterId) -> Option<&Cluster> {
        let this = self.cluster(id).filter(|_| !self.twins)?;
        let agree = |c: &&Cluster| (c.identity.is_some() && c.identity == this.identity) || (c.place.is_some() && c.place == this.place);
        self.open().filter(|c| c.id != id).find(agree)
    }

    /// The clusters that somebody opened.
    pub fn open(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.iter().filter(|c| c.open)
    }

    /// The open clusters that are looked at.
    pub fn focused(&self) -> impl Iterator<Item = &Cluster> {
        self.open().filter(|c| self.focus.is_none_or(|f| f == c.id))
    }

    /// The table that serves a want: one that runs for just this, or a wider one.
    pub fn serving(&self, want: &Want) -> Option<&Table> {
        let of_kind = || self.tables_of(want.cluster, &want.kind.group, &want.kind.resource);
        let wider = || of_kind().find(|t| want.within(&t.want) && !t.is_refused());
        of_kind().find(|t| t.want == *want).or_else(wider)
    }

    /// The value that a row shows in a column.
    pub fn value<'a>(&'a self, table: &'a Table, row: &'a Row, source: Source) -> Value<'a> {
        match source {
            Source::Cluster => Value::text(Some(self.name(table.cluster()))),
            Source::Joined(joint) => (joint.value)(row, table, self),
            _ => table.value(row, source),
        }
    }

    /// The tables of a kind in a cluster, whatever part of it they hold.
    pub fn tables_of<'a>(&'a self, cluster: ClusterId, group: &str, resource: &str) -> impl Iterator<Item = &'a Table> + Clone {
        self.tables.of_kind(cluster, group, resource)
    }

    /// The object that serves a want.
    pub fn whole(&self, want: &Want) -> Option<&Whole> {
        self.objects.values().find(|o| o.want == *want)
    }

    /// What the tables know of an object, if any has it.
    pub fn target(&self, object: &ObjectRef) -> Option<Target> {
        let mut tables = self.tables_of(object.cluster, &object.kind.group, &object.kind.resource);
        tables.find_map(|t| Some(t.target(t.of_uid(object.uid)?)))
    }

    /// The same; only what it is called where no table has it.
    pub fn known(&self, object: &ObjectRef) -> Target {
        self.target(object).unwrap_or_else(|| Target { object: object.clone(), facts: Known::None, owner: None })
    }

    /// What a kind of this group and plural is in a cluster, as its discovery tells.
    pub fn resource(&self, cluster: ClusterId, kind: &GroupResource) -> Found<'_> {
        match self.cluster(cluster).and_then(|c| c.catalog.as_ref()) {
            None => Found::NotYet,
            Some(catalog) => catalog.get(kind).map_or(Found::Missing, Found::Kind),
        }
    }

    /// True while a cluster is about to say what it serves: one that is down or waits for a login is not.
    pub fn is_asking(&self) -> bool {
        self.open().any(|c| c.catalog.is_none() && !matches!(c.link, Link::Down { .. }))
    }

    /// Whether a cluster serves a kind; `None` before its discovery has answered.
    pub fn serves(&self, cluster: ClusterId, group: &str, resource: &str) -> Option<bool> {
        let catalog = self.cluster(cluster)?.catalog.as_ref()?;
        Some(catalog.resources.iter().any(|r| *r.id.resource == *resource && *r.id.group == *group))
    }

    /// Why the whole of a kind cannot be had from a cluster, where it was tried.
    pub fn refused(&self, cluster: ClusterId, kind: &GroupResource) -> Option<&Fault> {
        let all = Want { cluster, kind: kind.clone(), namespace: None, of: Of::All };
        let table = self.tables_of(cluster, &kind.group, &kind.resource).find(|t| t.want == all && t.is_refused())?;
        if let Sync::Stale { why, .. } = &table.sync { Some(why) } else { None }
    }

    /// Whether just this was tried and cannot be had.
    pub fn is_refused(&self, want: &Want) -> bool {
        self.tables_of(want.cluster, &want.kind.group, &want.kind.resource).any(|t| t.want == *want && t.is_refused())
    }
}
