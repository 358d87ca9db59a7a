//! What health has found: what is wrong, with what, since when, in whose words, and what to do next.
//!
//! The rules that find are in `health`; what they found is kept here, so that every screen can show it.

use super::id::{ClusterId, GroupResource, ObjectRef, Uid};
use super::time::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    /// That is when it was first seen: it may have begun before.
    pub at_least: bool,
    /// What is wrong, in half a line.
    pub what: String,
    /// Why, in the server's own words; may be empty.
    pub evidence: String,
    /// What to do next, in a line; names of actions in braces stand for their keys.
    pub next: String,
    /// What it all comes from: findings of one cause are shown as one.
    pub cause: Cause,
}

/// Rules by how near what they find is to the root of a trouble, the deepest first, each with a word for a narrow column: of two findings of one
/// cause, the one of the earlier rule is why the other is so.
const DEPTHS: &[(&str, &str)] = &[
    ("node-not-ready", "node"),
    ("node-network", "node"),
    ("node-pressure", "node"),
    ("webhook-down", "webhook"),
    ("api-down", "API"),
    ("quota-full", "quota"),
    ("claim-lost", "volume"),
    ("claim-pending", "volume"),
    ("volume-mount", "volume"),
    ("unschedulable", "no room"),
    ("image-pull", "image"),
    ("container-config", "config"),
    ("oom-killed", "OOM"),
    ("crash-loop", "crash"),
    ("liveness", "liveness"),
    ("evicted", "evicted"),
    ("readiness", "readiness"),
    ("restarts", "restarts"),
    ("event-repeats", "warnings"),
    // From here on something else is always the matter.
    (SYMPTOMS, "pods refused"),
    ("not-ready", "not ready"),
    ("rollout-stuck", "rollout"),
    ("replicas-missing", "pods missing"),
    ("no-endpoints", "no endpoint"),
    ("ingress-backend", "no endpoint"),
    ("no-disruption", "PDB"),
];

/// The first of the rules that find symptoms only.
const SYMPTOMS: &str = "pods-refused";

/// The rules that a depth is known of.
#[cfg(test)]
pub(crate) fn ranked() -> impl Iterator<Item = &'static str> {
    DEPTHS.iter().map(|(rule, _)| *rule)
}

impl Finding {
    /// How near it is to the root of a trouble, 0 for the root. What no depth is known of is no symptom of anything.
    pub fn depth(&self) -> usize {
        if self.is_victim() {
            return DEPTHS.len();
        }
        DEPTHS.iter().position(|(rule, _)| *rule == self.rule).unwrap_or_default()
    }

    /// True for what is only there because something else is wrong.
    pub fn is_symptom(&self) -> bool {
        DEPTHS.iter().position(|(rule, _)| *rule == SYMPTOMS).is_some_and(|first| self.depth() >= first)
    }

    /// True for a node that is only so because of a workload.
    pub fn is_victim(&self) -> bool {
        &*self.object.kind.resource == "nodes" && matches!(&self.cause, Cause::Object(kind, ..) if *kind != self.object.kind)
    }

    /// What it is in a word.
    pub fn word(&self) -> &'static str {
        DEPTHS.iter().find(|(rule, _)| *rule == self.rule).map_or(self.rule, |(_, word)| word)
    }
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
    /// Nothing that they have in common but what a rule says of them: notes of which a cluster has many.
    Alike(&'static str),
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
    /// The pods among what it is about.
    pub fn pods(&self) -> Vec<ObjectRef> {
        let mut pods: Vec<ObjectRef> = Vec::new();
        for object in self.findings.iter().map(|f| &f.object) {
            let is_pod = object.kind.group.is_empty() && &*object.kind.resource == "pods";
            if is_pod && !pods.contains(object) {
                pods.push(object.clone());
            }
        }
        pods
    }

    fn place(&self) -> Place {
        (Reverse(self.head.severity), Reverse(self.head.since))
    }

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

    /// The finding that is nearest to the root of what the head tells; the head itself where nothing is nearer. Notes are no reason for more than
    /// notes.
    pub fn deepest(&self) -> &Finding {
        let counts = |f: &&Finding| f.severity > Severity::Info || self.head.severity == Severity::Info;
        let deepest = self.findings.iter().filter(counts).min_by_key(|f| f.depth());
        deepest.filter(|f| f.depth() < self.head.depth()).unwrap_or(&self.head)
    }

    /// What is wrong, and why as far as that is known.
    pub fn headline(&self) -> String {
        let deepest = self.deepest();
        if deepest.rule == self.head.rule { self.head.what.clone() } else { format!("{}: {}", self.head.what, deepest.what) }
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

/// Where a group stands: worst first, and among these what is newest.
type Place = (Reverse<Severity>, Reverse<Timestamp>);

/// What is known of a cause.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    /// The objects of which something was found that has it.
    uids: BTreeSet<Uid>,
    /// Where its group was put, if it has one.
    place: Option<Place>,
}

/// Everything that was found and is still so.
#[derive(Debug, Default)]
pub struct Findings {
    of: HashMap<(ClusterId, Uid), Vec<Finding>>,
    by_cause: HashMap<(ClusterId, Cause), Known>,
    /// In the order of [`Place`].
    groups: Vec<Group>,
    counts: BTreeMap<ClusterId, Counts>,
    /// Causes of which something was found or cured since the groups were made.
    stale: HashSet<(ClusterId, Cause)>,
    /// Counts changes of the groups.
    pub changes: u64,
}

impl Findings {
    /// What was found of an object.
    pub fn of(&self, cluster: ClusterId, uid: Uid) -> &[Finding] {
        self.of.get(&(cluster, uid)).map_or(&[], Vec::as_slice)
    }

    /// What was found for a cause.
    pub fn of_cause(&self, cluster: ClusterId, cause: Cause) -> impl Iterator<Item = &Finding> {
        let key = (cluster, cause);
        let uids = self.by_cause.get(&key).into_iter().flat_map(|known| &known.uids);
        uids.flat_map(move |uid| self.of(cluster, *uid)).filter(move |f| f.cause == key.1)
    }

    /// Puts what was found of an object in the place of what was found before. True if that is news.
    pub fn put(&mut self, cluster: ClusterId, uid: Uid, findings: Vec<Finding>) -> bool {
        if self.of(cluster, uid) == findings {
            return false;
        }
        for old in self.of.remove(&(cluster, uid)).unwrap_or_default() {
            let key = (cluster, old.cause);
            if let Some(known) = self.by_cause.get_mut(&key) {
                known.uids.remove(&uid);
            }
            self.stale.insert(key);
        }
        for new in &findings {
            let key = (cluster, new.cause.clone());
            self.by_cause.entry(key.clone()).or_default().uids.insert(uid);
            self.stale.insert(key);
        }
        if !findings.is_empty() {
            self.of.insert((cluster, uid), findings);
        }
        true
    }

    /// Brings groups and counts up to date; only groups of which something changed are made anew. It is done once for many changes.
    pub fn settle(&mut self) -> bool {
        if self.stale.is_empty() {
            return false;
        }
        let stale = std::mem::take(&mut self.stale);
        // There may be thousands of groups, and only a few of them are looked up.
        let mut gone: Vec<usize> = stale.iter().filter_map(|key| self.position(key)).collect();
        gone.sort_unstable();
        let (mut at, mut gone) = (0, gone.into_iter().peekable());
        self.groups.retain(|_| {
            at += 1;
            gone.next_if_eq(&(at - 1)).is_none()
        });
        for key in stale {
            let made = self.group(&key);
            match (self.by_cause.get_mut(&key), &made) {
                (Some(known), Some(group)) => known.place = Some(group.place()),
                _ => drop(self.by_cause.remove(&key)),
            }
            self.groups.extend(made);
        }
        self.groups.sort_by(|a, b| (a.place(), a.key()).cmp(&(b.place(), b.key())));
        self.counts.clear();
        for group in &self.groups {
            self.counts.entry(group.cluster).or_default().add(group.head.severity);
        }
        self.changes += 1;
        true
    }

    /// Where the group of a cause is now.
    fn position(&self, key: &(ClusterId, Cause)) -> Option<usize> {
        let place = self.by_cause.get(key)?.place?;
        self.groups.binary_search_by(|g| (g.place(), g.key()).cmp(&(place, (key.0, &key.1)))).ok()
    }

    /// The findings of a cause, if there are any.
    fn group(&self, key: &(ClusterId, Cause)) -> Option<Group> {
        let (cluster, cause) = key;
        let uids = &self.by_cause.get(key)?.uids;
        let mut findings: Vec<Finding> =
            uids.iter().flat_map(|uid| self.of(*cluster, *uid)).filter(|f| f.cause == *cause).cloned().collect();
        findings.sort_by(speaks);
        Some(Group { cluster: *cluster, cause: cause.clone(), head: findings.first()?.clone(), findings })
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
        _ if f.is_victim() => 3,
        "nodes" | "apiservices" => 0,
        "pods" => 2,
        "replicasets" => 3,
        // That a quota is used up is no harm before something is refused.
        "resourcequotas" => 4,
        _ => 1,
    };
    b.severity
        .cmp(&a.severity)
        .then_with(|| width(a).cmp(&width(b)))
        .then(a.since.cmp(&b.since))
        .then_with(|| a.object.name.cmp(&b.object.name))
        .then(a.object.uid.cmp(&b.object.uid))
        .then(a.rule.cmp(b.rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finding(uid: u8, cause: u8, severity: u8, since: i64) -> Finding {
        let kind = GroupResource::new("", "pods");
        let object =
            ObjectRef { cluster: ClusterId(0), kind, namespace: "n".into(), name: "p".into(), uid: Uid::parse(&format!("{uid:032x}")) };
        let severity = [Severity::Info, Severity::Warning, Severity::Critical][usize::from(severity % 3)];
        let cause = Cause::Node(cause.to_string().into());
        let (what, evidence, next) = (String::new(), String::new(), String::new());
        Finding { rule: "r", severity, object, since: Timestamp(since), at_least: false, what, evidence, next, cause }
    }

    #[test]
    fn the_deepest_cause_is_told_with_what_speaks_for_all() {
        let told = |rules: &[(&'static str, u8)]| {
            let mut all = Findings::default();
            for (i, (rule, severity)) in (1..).zip(rules) {
                let new = Finding { rule, what: (*rule).to_owned(), ..finding(i, 0, *severity, 0) };
                all.put(ClusterId(0), new.object.uid, vec![new]);
            }
            all.settle();
            all.groups().first().map(|g| (g.headline(), g.deepest().rule)).unwrap_or_default()
        };
        for (rules, headline, deepest) in [
            (&[("rollout-stuck", 2), ("crash-loop", 1)][..], "rollout-stuck: crash-loop", "crash-loop"),
            (&[("rollout-stuck", 2), ("crash-loop", 1), ("oom-killed", 1)], "rollout-stuck: oom-killed", "oom-killed"),
            (&[("crash-loop", 2), ("rollout-stuck", 1)], "crash-loop", "crash-loop"),
            (&[("rollout-stuck", 2), ("oom-killed", 0)], "rollout-stuck", "rollout-stuck"),
            (&[("unprobed", 0)], "unprobed", "unprobed"),
        ] {
            assert_eq!(told(rules), (headline.to_owned(), deepest), "{rules:?}");
        }
    }

    #[test]
    fn a_node_that_a_workload_fills_does_not_speak_for_it() {
        let cause = Cause::Object(GroupResource::new("apps", "deployments"), "data".into(), "report-export".into());
        let of = |uid, group: &str, resource: &str, rule, since| {
            let mut of = Finding { rule, cause: cause.clone(), what: rule.to_owned(), ..finding(uid, 0, 1, since) };
            of.object.kind = GroupResource::new(group, resource);
            of
        };
        let mut all = Findings::default();
        for found in [of(1, "", "nodes", "node-pressure", 1), of(2, "apps", "deployments", "evicted", 2)] {
            all.put(ClusterId(0), found.object.uid, vec![found]);
        }
        all.settle();
        let [group] = all.groups() else { panic!("{:?}", all.groups()) };
        assert_eq!((group.head.rule, group.deepest().rule, group.headline().as_str()), ("evicted", "evicted", "evicted"));
    }

    proptest! {
        /// Kept change by change, the groups are those that would be made of what was found in the end.
        #[test]
        fn groups_kept_change_by_change_are_those_made_anew(
            ops in prop::collection::vec((0u8..6, prop::collection::vec((0u8..4, 0u8..3, 0i64..9), 0..3), any::<bool>()), 0..40),
        ) {
            let (mut kept, mut last) = (Findings::default(), BTreeMap::new());
            for (uid, found, settle) in ops {
                let found: Vec<Finding> = found.into_iter().map(|(cause, severity, since)| finding(uid, cause, severity, since)).collect();
                kept.put(ClusterId(0), Uid::parse(&format!("{uid:032x}")), found.clone());
                last.insert(uid, found);
                if settle {
                    kept.settle();
                }
            }
            kept.settle();
            let mut anew = Findings::default();
            for (uid, found) in last {
                anew.put(ClusterId(0), Uid::parse(&format!("{uid:032x}")), found);
            }
            anew.settle();
            prop_assert_eq!(kept.groups(), anew.groups());
            prop_assert_eq!(kept.counts(ClusterId(0)), anew.counts(ClusterId(0)));
            prop_assert_eq!(kept.by_cause, anew.by_cause);
        }
    }
}
