//! What a rule is told: the object, and what leans on it or it leans on.

use super::board::tables;
use super::links::{Link, Links, workload_of};
use super::{Found, Limits, Verdict};
use crate::kinds::event;
use crate::model::cell::Value;
use crate::model::facts::{EndpointsFacts, EventFacts, Facts, NodeFacts, PodFacts, Truth, WorkloadFacts};
use crate::model::finding::{Cause, Finding, Findings, Severity};
use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
use crate::model::msg::Sync;
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::words::Sym;
use crate::model::world::World;
use std::borrow::Cow;

/// How long lists take to come, about.
const SOON: i64 = 2;

/// What Progressing has for a reason once a rollout is through.
pub(super) const THROUGH: &str = "NewReplicaSetAvailable";

/// One object to be judged.
pub struct Case<'a> {
    /// Everything that is known.
    pub world: &'a World,
    /// The object's table.
    pub table: &'a Table,
    /// The object.
    pub row: &'a Row,
    /// When rules speak.
    pub limits: &'a Limits,
    pub(super) links: &'a Links,
    /// Pods can be on more than one node, and in more than one zone.
    pub(super) choice: (bool, bool),
    pub(super) findings: &'a Findings,
    /// When the rule first noticed what it has noticed ever since.
    pub(super) noticed: Option<Timestamp>,
}

impl<'a> Case<'a> {
    /// The clock.
    pub fn now(&self) -> Timestamp {
        self.world.now
    }

    /// Seconds since an instant.
    pub fn age(&self, since: Timestamp) -> i64 {
        since.age(self.now())
    }

    /// The cluster.
    pub fn cluster(&self) -> ClusterId {
        self.table.cluster()
    }

    /// A word of the object's table.
    pub fn word(&self, sym: Sym) -> &'a str {
        self.table.words().get(sym)
    }

    /// Its namespace.
    pub fn namespace(&self) -> &'a str {
        self.word(self.row.namespace)
    }

    /// Its identity.
    pub fn object(&self) -> ObjectRef {
        self.table.object(self.row)
    }

    /// When it came to be; long ago where nobody tells.
    pub fn created(&self) -> Timestamp {
        self.row.created.unwrap_or_default()
    }

    /// The facts of a pod.
    pub fn pod(&self) -> Option<&'a PodFacts> {
        if let Facts::Pod(pod) = &self.row.facts { Some(pod) } else { None }
    }

    /// The facts of a workload.
    pub fn workload(&self) -> Option<&'a WorkloadFacts> {
        if let Facts::Workload(workload) = &self.row.facts { Some(workload) } else { None }
    }

    /// Something is wrong with the object, and comes from itself or, of a pod, from its workload.
    pub fn found(&self, severity: Severity, since: Timestamp, what: impl Into<String>) -> Found {
        let (evidence, next, cause) = (String::new(), String::new(), self.cause());
        Found { severity, since, at_least: false, what: what.into(), evidence, next, cause, object: None }
    }

    /// Since when it is as the rule sees it now, where no server tells: since it was first seen so. What a rule asks this for is kept as
    /// long as it asks.
    pub fn since_seen(&self, verdict: &mut Verdict) -> Timestamp {
        verdict.noticed = true;
        self.noticed.unwrap_or(self.now())
    }

    /// Something holds since an instant, and is news once it has for so long: true then; until then it is asked again.
    pub fn is_due(&self, verdict: &mut Verdict, since: Timestamp, limit: i64) -> bool {
        let due = Timestamp(since.0.saturating_add(limit));
        if self.now() < due {
            verdict.again(due);
        }
        self.now() >= due
    }

    /// The node of a pod, where that is lost; the workload of a pod; else the object itself.
    pub fn cause(&self) -> Cause {
        let node = self.pod().map(|p| self.word(p.node)).unwrap_or_default();
        if self.lost_node(node).is_some() {
            return Cause::Node(node.into());
        }
        match workload_of(self.table, self.row) {
            Some((kind, name)) => Cause::Object(kind, self.namespace().into(), name.into()),
            None => Cause::itself(&self.object()),
        }
    }

    /// How one gets from a pod to the workload that it is made by, for keys that change that.
    pub fn way_up(&self) -> Option<&'static str> {
        match &*workload_of(self.table, self.row)?.0.resource {
            "deployments" => Some("{owner} twice leads to its Deployment"),
            "replicasets" => Some("{owner} leads to its ReplicaSet"),
            "statefulsets" => Some("{owner} leads to its StatefulSet"),
            "daemonsets" => Some("{owner} leads to its DaemonSet"),
            _ => None,
        }
    }

    /// The newest warning about the object of one of these reasons, and its message.
    pub fn warning(&self, reasons: &[&str]) -> Option<(&'a EventFacts, Cow<'a, str>)> {
        self.told(|reason, _| reasons.contains(&reason))
    }

    /// The newest warning about the object whose reason and message are fit, and its message.
    pub fn told(&self, is_fit: impl Fn(&str, &str) -> bool) -> Option<(&'a EventFacts, Cow<'a, str>)> {
        let all = self.warnings().map(|(e, table, row)| (e, table.words().get(e.reason), event::message(table, row)));
        let fit = all.filter(|(_, reason, message)| is_fit(reason, message));
        fit.max_by_key(|(e, ..)| e.last).map(|(e, _, message)| (e, message))
    }

    /// The newest word of a probe of these sorts (`Readiness`, `Liveness`, `Startup`) that failed, where it is not over.
    pub fn probe(&self, sorts: &[&str], verdict: &mut Verdict) -> Option<(&'a EventFacts, String)> {
        let is_sort = |message: &str| sorts.iter().any(|s| message.strip_prefix(s).is_some_and(|rest| rest.starts_with(" probe ")));
        let (event, message) = self.told(|reason, message| reason == "Unhealthy" && is_sort(message))?;
        let over = Timestamp(event.last?.0 + self.limits.event_over);
        (self.now() < over).then(|| {
            verdict.again(over);
            (event, line(&message).to_owned())
        })
    }

    /// All warnings about the object, with their table and row.
    pub fn warnings(&self) -> impl Iterator<Item = (&'a EventFacts, &'a Table, &'a Row)> + use<'a> {
        let about = Link::About(self.cluster(), self.row.uid);
        let tables = tables(self.world, self.cluster(), "", "events");
        self.links.get(&about).filter_map(move |uid| {
            let (table, row) = tables.clone().find_map(|t| Some((t, t.of_uid(uid)?)))?;
            let Facts::Event(event) = &row.facts else { return None };
            Some((&**event, table, row))
        })
    }

    /// A new revision of a workload takes the place of another, or comes for the first time; more or fewer of the same is no rollout.
    pub fn is_rolling(&self) -> bool {
        let Some(workload) = self.workload() else { return false };
        let is_through = workload.progressing.as_ref().is_none_or(|p| self.word(p.reason) == THROUGH);
        !workload.observed || !is_through || workload.updated < workload.replicas
    }

    /// The worst that was found of its pods, and of these the oldest.
    pub fn worst_of_pods(&self) -> Option<&'a Finding> {
        let found = self.pods().filter(|(_, row, _)| row.going.is_none()).flat_map(|(_, row, _)| self.findings(row.uid));
        found.min_by(|a, b| b.severity.cmp(&a.severity).then(a.since.cmp(&b.since)).then_with(|| a.object.name.cmp(&b.object.name)))
    }

    /// The pods of the object, where it is a workload.
    pub fn pods(&self) -> impl Iterator<Item = (&'a Table, &'a Row, &'a PodFacts)> + use<'a> {
        let kind = &self.table.want.kind;
        self.pods_of(kind, self.namespace(), &self.row.name)
    }

    /// The pods of a workload.
    pub fn pods_of(
        &self,
        kind: &GroupResource,
        namespace: &str,
        name: &str,
    ) -> impl Iterator<Item = (&'a Table, &'a Row, &'a PodFacts)> + use<'a> {
        self.rows(Link::workload(self.cluster(), kind, namespace, name), "", "pods").filter_map(|(table, row)| {
            let Facts::Pod(pod) = &row.facts else { return None };
            Some((table, row, &**pod))
        })
    }

    /// Rows of a kind that are linked so.
    pub fn rows(&self, link: Link, group: &'static str, resource: &'static str) -> impl Iterator<Item = (&'a Table, &'a Row)> + use<'a> {
        let tables = tables(self.world, self.cluster(), group, resource);
        self.links.get(&link).filter_map(move |uid| tables.clone().find_map(|t| Some((t, t.of_uid(uid)?))))
    }

    /// Rows of a kind in the object's namespace. Looks at every row of the kind: only for what is rare.
    pub fn in_namespace(&self, group: &'static str, resource: &'static str) -> impl Iterator<Item = (&'a Table, &'a Row)> + use<'a> {
        let namespace = self.namespace();
        let tables = tables(self.world, self.cluster(), group, resource);
        tables.flat_map(move |t| t.rows().filter(move |r| t.words().get(r.namespace) == namespace).map(move |r| (t, r)))
    }

    /// True where what a pod asks for is more than any node of the cluster has, were it empty. Looks at all nodes: only for what is rare.
    pub fn is_too_large(&self, pod: &PodFacts) -> bool {
        let nodes = tables(self.world, self.cluster(), "", "nodes").flat_map(Table::rows);
        let mut has = nodes.filter_map(|row| if let Facts::Node(node) = &row.facts { Some(node.allocatable) } else { None }).peekable();
        has.peek().is_some() && has.all(|has| has.cpu < pod.requests.cpu || has.memory < pod.requests.memory)
    }

    /// The slices of a service.
    pub fn slices(&self) -> impl Iterator<Item = &'a EndpointsFacts> + use<'a> {
        let link = Link::service(self.cluster(), self.namespace(), &self.row.name);
        self.rows(link, "discovery.k8s.io", "endpointslices").filter_map(|(_, row)| match &row.facts {
            Facts::Endpoints(slice) => Some(&**slice),
            _ => None,
        })
    }

    /// The text in the column of a title.
    pub fn text(&self, title: &str) -> Option<Cow<'a, str>> {
        match self.table.value(self.row, self.table.column(title)?.source) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True while the server tells of changes: where it does not, nothing is late.
    pub fn is_live(&self) -> bool {
        matches!(self.table.sync, Sync::Live)
    }

    /// An object of the same cluster, by its name.
    pub fn named(&self, group: &'static str, resource: &'static str, namespace: &str, name: &str) -> Option<(&'a Table, &'a Row)> {
        tables(self.world, self.cluster(), group, resource).find_map(|t| Some((t, t.named(namespace, name)?)))
    }

    /// An object of the same cluster, by its uid.
    pub fn of_uid(&self, group: &'static str, resource: &'static str, uid: Uid) -> Option<(&'a Table, &'a Row)> {
        tables(self.world, self.cluster(), group, resource).find_map(|t| Some((t, t.of_uid(uid)?)))
    }

    /// True once all objects of a kind have been here: what is not known of it is not there.
    pub fn is_known(&self, group: &'static str, resource: &'static str) -> bool {
        let mut tables = tables(self.world, self.cluster(), group, resource);
        tables.any(|t| t.is_listed() && t.want.namespace.as_deref().is_none_or(|n| n == self.namespace()))
    }

    /// As [`Self::is_known`], for a rule that speaks of what is missing: it is asked again while the kind is on its way.
    pub fn knows(&self, verdict: &mut Verdict, group: &'static str, resource: &'static str) -> bool {
        let known = self.is_known(group, resource);
        let comes = |t: &Table| !t.is_refused() && !t.is_listed();
        if !known && tables(self.world, self.cluster(), group, resource).any(comes) {
            verdict.again(Timestamp(self.now().0 + SOON));
        }
        known
    }

    /// A node that is known not to be ready.
    pub fn lost_node(&self, name: &str) -> Option<&'a NodeFacts> {
        let (_, row) = self.named("", "nodes", "", name)?;
        let Facts::Node(node) = &row.facts else { return None };
        node.ready.as_ref().is_some_and(|r| r.status != Truth::True).then_some(&**node)
    }

    /// What other rules have found of an object.
    pub fn findings(&self, uid: Uid) -> &'a [Finding] {
        self.findings.of(self.cluster(), uid)
    }
}

/// The workload of a pod by name, else its own name.
pub(super) fn owner_name<'a>(table: &'a Table, row: &'a Row) -> &'a str {
    workload_of(table, row).map_or(&row.name, |(_, name)| name)
}

/// The first line of a message, without blanks at its ends.
pub(super) fn line(message: &str) -> &str {
    message.trim().lines().next().unwrap_or_default().trim()
}
