//! What health has found: what is wrong, with what, since when, in whose words, and what to do next.
//!
//! The rules that find are in `health`; what they found is kept here, so that every screen can show it.

use super::id::{ClusterId, GroupResource, ObjectRef, Uid};
use super::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// How bad it is, worst last.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know: nothing fails, but it would not hold.
    Info,
    /// Deserves a look: it is less than it should be, or will be.
    Warning,
    /// Something does not work.
    Critical,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is wrong with.
    pub object: ObjectRef,
    /// Since when.
    pub since: Timestamp,
    /// What is wrong, in half a line.
    pub what: String,
    /// Why, in the server's own words; may be empty.
    pub evidence: String,
    /// What to do next, in a line; names of actions in braces stand for their keys.
    pub next: String,
    /// What it all comes from: findings of one cause are shown as one.
    pub cause: Cause,
}

/// What findings come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A workload, a claim, or whatever else: kind, namespace and name.
    Object(GroupResource, Box<str>, Box<str>),
    /// A node, by name.
    Node(Box<str>),
    /// An image.
    Image(Box<str>),
    /// The quotas of a namespace.
    Quota(Box<str>),
    /// A webhook or an API that does not answer, by name.
    Server(Box<str>),
    /// Too little room for pods, in the scheduler's words.
    Room(Box<str>),
    /// The cluster as such: versions that do not go together.
    Cluster,
}

impl Cause {
    /// The object itself.
    pub fn itself(object: &ObjectRef) -> Self {
        Self::Object(object.kind.clone(), object.namespace.clone(), object.name.clone())
    }
}

/// Findings of one cause in one cluster, shown as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The cluster.
    pub cluster: ClusterId,
    /// The cause.
    pub cause: Cause,
    /// The finding that speaks for all: the worst; among these the one of the widest object; among these the oldest.
    pub head: Finding,
    /// All of them, the head too, in the order of [`Group::head`].
    pub findings: Vec<Finding>,
}

impl Group {
    /// What tells it from every other.
    pub fn key(&self) -> (ClusterId, &Cause) {
        (self.cluster, &self.cause)
    }

    /// How many objects it is about.
    pub fn objects(&self) -> usize {
        let mut uids: Vec<Uid> = self.findings.iter().map(|f| f.object.uid).collect();
        uids.sort_unstable();
        uids.dedup();
        uids.len()
    }
}

/// How many findings there are of each severity.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counts {
    pub critical: usize,
    pub warning: usize,
    pub info: usize,
}

impl Counts {
    fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Critical => self.critical += 1,
            Severity::Warning => self.warning += 1,
            Severity::Info => self.info += 1,
        }
    }

    /// All that deserve a look.
    pub fn sick(self) -> usize {
        self.critical + self.warning
    }
}

/// Everything that was found and is still so.
#[derive(Debug, Default)]
pub struct Findings {
    of: HashMap<(ClusterId, Uid), Vec<Finding>>,
    groups: Vec<Group>,
    counts: BTreeMap<ClusterId, Counts>,
    /// Something changed since the groups were made.
    stale: bool,
    /// Counts changes of the groups.
    pub changes: u64,
}

impl Findings {
    /// What was found of an object.
    pub fn of(&self, cluster: ClusterId, uid: Uid) -> &[Finding] {
        self.of.get(&(cluster, uid)).map_or(&[], Vec::as_slice)
    }

    /// Puts what was found of an object in the place of what was found before. True if that is news.
    pub fn put(&mut self, cluster: ClusterId, uid: Uid, findings: Vec<Finding>) -> bool {
        if self.of(cluster, uid) == findings {
            return false;
        }
        self.stale = true;
        if findings.is_empty() {
            self.of.remove(&(cluster, uid));
        } else {
            self.of.insert((cluster, uid), findings);
        }
        true
    }

    /// Forgets what was found of objects that `keep` does not know.
    pub fn retain(&mut self, keep: impl Fn(ClusterId, Uid) -> bool) {
        let before = self.of.len();
        self.of.retain(|(cluster, uid), _| keep(*cluster, *uid));
        self.stale |= before != self.of.len();
    }

    /// Brings groups and counts up to date. Costs what there are findings, so it is done once for many changes.
    pub fn settle(&mut self) -> bool {
        if !std::mem::take(&mut self.stale) {
            return false;
        }
        let mut groups: HashMap<(ClusterId, &Cause), Vec<&Finding>> = HashMap::new();
        for finding in self.of.values().flatten() {
            groups.entry((finding.object.cluster, &finding.cause)).or_default().push(finding);
        }
        let group = |((cluster, cause), mut findings): ((ClusterId, &Cause), Vec<&Finding>)| {
            findings.sort_by(|a, b| speaks(a, b));
            let head = (*findings.first()?).clone();
            Some(Group { cluster, cause: cause.clone(), head, findings: findings.into_iter().cloned().collect() })
        };
        let mut groups: Vec<Group> = groups.into_iter().filter_map(group).collect();
        // Worst first, and among these what is newest.
        groups.sort_by(|a, b| {
            let (x, y) = (&a.head, &b.head);
            y.severity.cmp(&x.severity).then(y.since.cmp(&x.since)).then_with(|| a.key().cmp(&b.key()))
        });
        self.counts.clear();
        for group in &groups {
            self.counts.entry(group.cluster).or_default().add(group.head.severity);
        }
        self.groups = groups;
        self.changes += 1;
        true
    }

    /// Worst and newest first.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many groups there are in a cluster.
    pub fn counts(&self, cluster: ClusterId) -> Counts {
        self.counts.get(&cluster).copied().unwrap_or_default()
    }
}

/// Who speaks for a group comes first.
fn speaks(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let width = |f: &Finding| match &*f.object.kind.resource {
        "nodes" | "resourcequotas" | "apiservices" => 0,
        "pods" => 2,
        "replicasets" => 3,
        _ => 1,
    };
    b.severity
        .cmp(&a.severity)
        .then_with(|| width(a).cmp(&width(b)))
        .then(a.since.cmp(&b.since))
        .then_with(|| a.object.name.cmp(&b.object.name))
}
