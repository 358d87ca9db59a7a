//! Asks the rules, and only about what may have changed: rows that did, what leans on them, and what the clock makes due.

use super::eviction::is_evicted;
use super::links::{Link, Links, workload_of};
use super::places::{Place, Places};
use super::{Case, Limits, On, RULES, Rule, Verdict};
use crate::kinds::{self, KINDS};
use crate::model::facts::{Facts, PodFacts};
use crate::model::finding::{Finding, Findings};
use crate::model::id::{ClusterId, GroupResource, Uid, WatchId};
use crate::model::row::Row;
use crate::model::table::{Slot, Table};
use crate::model::time::Timestamp;
use crate::model::want::Of;
use crate::model::world::World;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// An object to be judged.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Subject {
    cluster: ClusterId,
    kind: &'static str,
    group: &'static str,
    uid: Uid,
}

/// Lists that rules lean on come within so many seconds of each other, about.
const SETTLES: i64 = 10;

/// What is to be judged, and what that takes.
#[derive(Debug, Default)]
pub struct Board {
    /// When rules speak.
    limits: Limits,
    links: Links,
    places: Places,
    queue: VecDeque<Subject>,
    queued: HashSet<Subject>,
    due: BTreeSet<(Timestamp, Subject)>,
    due_at: HashMap<Subject, Timestamp>,
    /// What rules notice of an object, and since when.
    noticed: HashMap<Subject, Vec<(&'static str, Timestamp)>>,
}

/// What the rules have to say of an object.
#[derive(Default)]
struct Judged {
    found: Vec<Finding>,
    again: Option<Timestamp>,
    noticed: Vec<(&'static str, Timestamp)>,
}

impl Board {
    /// Nothing to judge yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Other limits: everything is judged again.
    pub fn set_limits(&mut self, world: &World, limits: Limits) {
        if self.limits != limits {
            self.limits = limits;
            for table in world.tables.values().filter(|t| is_read(t)) {
                table.rows().for_each(|row| self.ask(table, row));
            }
        }
    }

    /// A watch is about to end: what only it told is not known any more.
    pub fn ends(&mut self, world: &World, watch: WatchId) {
        if let Some(table) = world.tables.get(&watch) {
            let slots: Vec<Slot> = (0..table.slots()).collect();
            self.before(world, watch, &slots);
        }
    }

    /// These rows are about to change or go.
    pub fn before(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        let Some(table) = world.tables.get(&watch).filter(|t| is_read(t)) else { return };
        for row in slots.iter().filter_map(|s| table.row(*s)) {
            self.touch(world, table, row);
            self.links.remove(table, row);
        }
    }

    /// These rows have come or changed.
    pub fn after(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        let Some(table) = world.tables.get(&watch).filter(|t| is_read(t)) else { return };
        for row in slots.iter().filter_map(|s| table.row(*s)) {
            self.links.add(table, row);
            self.touch(world, table, row);
            if let Facts::Node(_) = &row.facts {
                // At once: pods that are judged before the node is would otherwise keep what they saw of one that goes meanwhile.
                self.place(world, &Subject { cluster: table.cluster(), kind: NODES, group: "", uid: row.uid });
            }
        }
    }

    /// The clock moved on.
    pub fn tick(&mut self, now: Timestamp) {
        while let Some((at, subject)) = self.due.first().filter(|(at, _)| *at <= now).cloned() {
            self.due.remove(&(at, subject.clone()));
            self.due_at.remove(&subject);
            self.push(subject);
        }
    }

    /// When the clock alone may change something.
    pub fn next_tick(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// True while something is to be judged.
    pub fn is_working(&self) -> bool {
        !self.queue.is_empty()
    }

    /// True where nothing is kept of any object.
    #[cfg(test)]
    pub(super) fn is_at_rest(&self) -> bool {
        self.links.is_empty()
            && self.places.is_empty()
            && self.queue.is_empty()
            && self.queued.is_empty()
            && self.due.is_empty()
            && self.due_at.is_empty()
            && self.noticed.is_empty()
    }

    /// Judges so many objects at most. True once nothing is left.
    pub fn work(&mut self, world: &mut World, most: usize) -> bool {
        let mut findings = std::mem::take(&mut world.findings);
        for _ in 0..most {
            let Some(subject) = self.queue.pop_front() else { break };
            self.queued.remove(&subject);
            if subject.kind == NODES {
                self.place(world, &subject);
            }
            let Judged { found, again, noticed } = self.judge(world, &findings, &subject);
            self.wait(&subject, again);
            self.remember(&subject, noticed);
            if findings.put(subject.cluster, subject.uid, found) {
                self.lean(world, &subject);
            }
        }
        world.findings = findings;
        self.queue.is_empty()
    }

    fn judge(&self, world: &World, findings: &Findings, subject: &Subject) -> Judged {
        let Some((table, row)) = find(world, subject) else { return Judged::default() };
        let mut judged = Judged::default();
        let before = self.noticed.get(subject).map_or(&[][..], Vec::as_slice);
        let choice = self.places.choice(subject.cluster);
        for rule in judging(subject.group, subject.kind) {
            let noticed = before.iter().find(|(name, _)| *name == rule.name).map(|(_, at)| *at);
            let case = Case { world, table, row, limits: &self.limits, links: &self.links, choice, findings, noticed };
            let mut verdict = Verdict::default();
            (rule.judge)(&case, &mut verdict);
            judged.again = [judged.again, verdict.again].into_iter().flatten().min();
            let noticed = verdict.noticed.then(|| noticed.unwrap_or(world.now));
            judged.noticed.extend(noticed.map(|at| (rule.name, at)));
            // What was so when the list came may have been so for long.
            let is_first = |since: Timestamp| noticed == Some(since) && since.0 <= table.since.0 + SETTLES;
            judged.found.extend(verdict.found.into_iter().map(|f| Finding {
                rule: rule.name,
                severity: f.severity,
                object: f.object.unwrap_or_else(|| table.object(row)),
                since: f.since,
                at_least: f.at_least || is_first(f.since),
                what: f.what,
                evidence: f.evidence,
                next: f.next,
                cause: f.cause,
            }));
        }
        // Of what was just judged, the clock has nothing to say before its next second.
        judged.again = judged.again.map(|at| Timestamp(at.0.max(world.now.0 + 1)));
        judged
    }

    /// Keeps what rules noticed as long as they do.
    fn remember(&mut self, subject: &Subject, noticed: Vec<(&'static str, Timestamp)>) {
        if !noticed.is_empty() {
            self.noticed.insert(subject.clone(), noticed);
        } else if !self.noticed.is_empty() {
            self.noticed.remove(subject);
        }
    }

    /// Notes when to ask again.
    fn wait(&mut self, subject: &Subject, again: Option<Timestamp>) {
        if let Some(at) = self.due_at.remove(subject) {
            self.due.remove(&(at, subject.clone()));
        }
        if let Some(at) = again {
            self.due.insert((at, subject.clone()));
            self.due_at.insert(subject.clone(), at);
        }
    }

    /// A row, and what leans on it, is to be judged.
    fn touch(&mut self, world: &World, table: &Table, row: &Row) {
        self.ask(table, row);
        self.ask_warnings(table.cluster(), row);
        let (cluster, namespace) = (table.cluster(), table.words().get(row.namespace));
        match &row.facts {
            Facts::Pod(pod) => self.touch_pod(world, table, row, pod),
            Facts::Event(event) if event.warning => {
                let about = table.words().get(event.kind);
                if let Some(kind) = KINDS.iter().find(|k| k.names.kind == about) {
                    self.push_if_judged(cluster, kind.names.group, kind.names.resource, event.uid);
                }
            }
            Facts::Endpoints(endpoints) => {
                let service = table.words().get(endpoints.service);
                self.ask_named(world, cluster, &GroupResource::new("", "services"), namespace, service);
            }
            Facts::Service(_) => self.ask_linked(Link::service(cluster, namespace, &row.name), ("networking.k8s.io", "ingresses")),
            Facts::CronJob(_) => self.ask_linked(Link::cronjob(cluster, namespace, &row.name), ("batch", "jobs")),
            _ => {}
        }
    }

    fn touch_pod(&mut self, world: &World, table: &Table, row: &Row, pod: &PodFacts) {
        let (cluster, words) = (table.cluster(), table.words());
        let namespace = words.get(row.namespace);
        if pod.unprobed {
            self.ask_services(world, cluster, row.uid);
        }
        if let Some((kind, name)) = workload_of(table, row) {
            self.ask_named(world, cluster, &kind, namespace, name);
        }
        for claim in &pod.claims {
            self.ask_named(world, cluster, &GroupResource::new("", "persistentvolumeclaims"), namespace, words.get(*claim));
        }
        if is_evicted(table, pod) {
            self.ask_evicted(world, Link::node(cluster, words.get(pod.node)));
        }
        // A node that is well is none the better for its pods.
        let node = tables(world, cluster, "", "nodes").find_map(|t| t.named("", words.get(pod.node)));
        if let Some(node) = node.filter(|n| !world.findings.of(cluster, n.uid).is_empty()) {
            self.push_if_judged(cluster, "", "nodes", node.uid);
        }
    }

    /// Whom a node drives out besides decides what it comes from.
    fn ask_evicted(&mut self, world: &World, node: Link) {
        let uids: Vec<Uid> = self.links.get(&node).collect();
        for uid in uids {
            let subject = Subject { cluster: node.cluster(), kind: "pods", group: "", uid };
            let Some((table, row)) = find(world, &subject) else { continue };
            if matches!(&row.facts, Facts::Pod(pod) if is_evicted(table, pod)) {
                self.push(subject);
                if let Some((kind, name)) = workload_of(table, row) {
                    self.ask_named(world, node.cluster(), &kind, table.words().get(row.namespace), name);
                }
            }
        }
    }

    /// The verdict on an object is another: what leans on it is to be judged.
    fn lean(&mut self, world: &World, subject: &Subject) {
        let Some((table, row)) = find(world, subject) else { return };
        self.ask_warnings(subject.cluster, row);
        let namespace = table.words().get(row.namespace);
        match &row.facts {
            Facts::Service(_) => self.ask_linked(Link::service(subject.cluster, namespace, &row.name), ("networking.k8s.io", "ingresses")),
            Facts::Pod(_) => {
                self.ask_services(world, subject.cluster, subject.uid);
                if let Some((kind, name)) = workload_of(table, row) {
                    self.ask_named(world, subject.cluster, &kind, namespace, name);
                }
            }
            _ => {}
        }
    }

    /// A node is another: so are its pods and their workloads; and where it was the only choice but one, all workloads.
    fn place(&mut self, world: &World, subject: &Subject) {
        let cluster = subject.cluster;
        let before = self.places.choice(cluster);
        let place = find(world, subject).and_then(|(table, row)| Place::of(table, row));
        let Some(name) = self.places.put(cluster, subject.uid, place) else { return };
        let pods: Vec<Uid> = self.links.get(&Link::node(cluster, &name)).collect();
        for uid in pods {
            let pod = Subject { cluster, kind: "pods", group: "", uid };
            self.lean(world, &pod);
            self.push(pod);
        }
        if before != self.places.choice(cluster) {
            for (group, kind) in [("apps", "deployments"), ("apps", "statefulsets")] {
                let uids: Vec<Uid> = tables(world, cluster, group, kind).flat_map(|t| t.rows().map(|r| r.uid)).collect();
                uids.into_iter().for_each(|uid| self.push_if_judged(cluster, group, kind, uid));
            }
        }
    }

    /// An object is to be judged, if a rule does.
    fn ask(&mut self, table: &Table, row: &Row) {
        if let Some(kind) = kinds::find(&table.want.kind) {
            self.push_if_judged(table.cluster(), kind.names.group, kind.names.resource, row.uid);
        }
    }

    fn ask_named(&mut self, world: &World, cluster: ClusterId, kind: &GroupResource, namespace: &str, name: &str) {
        let Some(kind) = kinds::find(kind) else { return };
        let (group, resource) = (kind.names.group, kind.names.resource);
        let uid = tables(world, cluster, group, resource).find_map(|t| Some(t.named(namespace, name)?.uid));
        if let Some(uid) = uid {
            self.push_if_judged(cluster, group, resource, uid);
        }
    }

    /// The warnings about an object. A kubelet's name the node where others tell its uid.
    fn ask_warnings(&mut self, cluster: ClusterId, row: &Row) {
        self.ask_linked(Link::About(cluster, row.uid), ("", "events"));
        if let Facts::Node(_) = &row.facts {
            self.ask_linked(Link::About(cluster, Uid::parse(&row.name)), ("", "events"));
        }
    }

    /// Objects that are linked so, as those of a kind: the uid of any other is not found there.
    fn ask_linked(&mut self, link: Link, (group, kind): On) {
        let uids: Vec<Uid> = self.links.get(&link).collect();
        for uid in uids {
            self.push_if_judged(link.cluster(), group, kind, uid);
        }
    }

    /// The services whose slices lead to a pod.
    fn ask_services(&mut self, world: &World, cluster: ClusterId, pod: Uid) {
        let slices: Vec<Uid> = self.links.get(&Link::Target(cluster, pod)).collect();
        for uid in slices {
            let slice = Subject { cluster, kind: "endpointslices", group: "discovery.k8s.io", uid };
            let Some((table, row)) = find(world, &slice) else { continue };
            let Facts::Endpoints(endpoints) = &row.facts else { continue };
            let (namespace, service) = (table.words().get(row.namespace), table.words().get(endpoints.service));
            self.ask_named(world, cluster, &GroupResource::new("", "services"), namespace, service);
        }
    }

    fn push_if_judged(&mut self, cluster: ClusterId, group: &'static str, kind: &'static str, uid: Uid) {
        if kind == NODES || judging(group, kind).next().is_some() {
            self.push(Subject { cluster, kind, group, uid });
        }
    }

    fn push(&mut self, subject: Subject) {
        if self.queued.insert(subject.clone()) {
            self.queue.push_back(subject);
        }
    }
}

/// Judged or not, others are judged by them.
const NODES: &str = "nodes";

/// The rules about a kind.
fn judging(group: &str, kind: &str) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |r| r.on.iter().any(|(g, k)| *g == group && *k == kind))
}

/// The tables of a kind in a cluster that rules read; several where it is watched namespace by namespace.
pub(super) fn tables<'a>(world: &'a World, cluster: ClusterId, group: &str, resource: &str) -> impl Iterator<Item = &'a Table> + Clone {
    world.tables_of(cluster, group, resource).filter(|t| is_read(t))
}

/// The table and row of an object that is still there.
fn find<'a>(world: &'a World, of: &Subject) -> Option<(&'a Table, &'a Row)> {
    tables(world, of.cluster, of.group, of.kind).find_map(|t| Some((t, t.of_uid(of.uid)?)))
}

/// True for a table that rules read: those that hold a kind whole, and the warnings.
fn is_read(table: &Table) -> bool {
    let is_events = &*table.want.kind.resource == "events" && table.want.kind.group.is_empty();
    table.want.of == Of::All && !is_events || is_events && table.want.is_warnings()
}
