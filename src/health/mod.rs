//! What is wrong, why, and what to do next: one file a rule, judged over the live rows.
//!
//! **To add a rule**: a file in `rules/` with `pub(super) const RULE: Rule`, and its word in `rules/mod.rs`. Kinds extract
//! [`Facts`](crate::model::facts::Facts), rules judge them: a rule is asked again when its object changed, when something it leans on did
//! (`links` says what leans on what), and when it said so itself ([`Verdict::again`]). What it finds is kept in
//! [`Findings`](crate::model::finding::Findings) and shown by every screen.
//!
//! A rule is silent while things are on their way: rollouts, drains, starts and ends of jobs are no news. When it speaks is a limit in the table
//! below, which the config can change.

pub mod board;
mod case;
mod eviction;
mod links;
mod places;
mod refusal;
mod rules;

pub use case::Case;
pub use links::Link;
pub use rules::RULES;

use crate::model::finding::{Cause, Severity};
use crate::model::id::{ClusterId, GroupResource, ObjectRef};
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;

/// Declares the limits: one field each, with its unit, its default and what it is for.
macro_rules! limits {
    ($($(#[doc = $about:literal])+ $field:ident: $unit:ident = $default:literal,)+) => {
        /// When rules speak. In seconds, per cent or numbers; set in the config under `health`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $($(#[doc = $about])+ pub $field: i64,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        /// The limits by name, as the config has them.
        pub static LIMITS: &[Limit] = &[$(Limit {
            name: stringify!($field),
            about: concat!($($about),+),
            unit: Unit::$unit,
            default: $default,
            set: |limits, value| limits.$field = value,
        },)+];
    };
}

limits! {
    /// a pod that runs is not ready, or one that starts does not get further, for so long
    not_ready: Seconds = 300,
    /// a container that was started does not answer its readiness probe for so long
    readiness: Seconds = 60,
    /// a pod that was not scheduled waits for so long
    unscheduled: Seconds = 20,
    /// so many restarts of a pod are often, if the last is not long ago
    restarts: Number = 5,
    /// a restart is long ago after so long
    restarts_within: Seconds = 3600,
    /// an object is stuck that was to be gone so long ago, beyond its grace
    terminating: Seconds = 120,
    /// a workload has had fewer pods than it should for so long
    replicas_missing: Seconds = 120,
    /// a rollout is stuck that has not moved for so long, where its own deadline is longer
    rollout: Seconds = 300,
    /// a rollout is paused for so long
    paused: Seconds = 3600,
    /// a service or an ingress has had no ready endpoint for so long
    no_endpoints: Seconds = 60,
    /// a claim is not bound for so long
    claim_pending: Seconds = 60,
    /// a node is cordoned for so long
    cordoned: Seconds = 86400,
    /// so much of a quota is used
    quota: Percent = 90,
    /// a warning was repeated so often
    event_repeats: Number = 20,
    /// a warning is over after so long without another
    event_over: Seconds = 600,
    /// a cronjob missed its time by so long
    cronjob_late: Seconds = 300,
    /// an autoscaler has been at its maximum, or without metrics, for so long
    autoscaler_limited: Seconds = 60,
    /// a budget has allowed no disruption for so long
    no_disruption: Seconds = 600,
    /// a node's kubelet is so many minor versions behind its control plane
    version_skew: Number = 3,
}

/// A limit and what is known of it.
#[derive(Debug)]
pub struct Limit {
    /// Its field; the config writes `-` for `_`.
    pub name: &'static str,
    /// When the rule speaks.
    pub about: &'static str,
    /// In what it counts.
    pub unit: Unit,
    /// What holds where the config says nothing.
    pub default: i64,
    /// Sets it.
    pub set: fn(&mut Limits, i64),
}

/// In what a limit counts.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unit {
    Seconds,
    Percent,
    Number,
}

/// The group and plural of a kind.
pub type On = (&'static str, &'static str);

/// Something that may be wrong.
#[derive(Debug)]
pub struct Rule {
    /// What it is called in the config and in the list of rules.
    pub name: &'static str,
    /// The kinds whose objects it judges.
    pub on: &'static [On],
    /// What it means, for somebody who has not met it: two or three sentences.
    pub means: &'static str,
    /// What usually helps, a sentence each, the likeliest first.
    pub helps: &'static [&'static str],
    /// Judges one object.
    pub judge: fn(&Case<'_>, &mut Verdict),
}

/// What a rule has to say of an object.
#[derive(Debug, Default)]
pub struct Verdict {
    found: Vec<Found>,
    again: Option<Timestamp>,
    noticed: bool,
}

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// How bad it is.
    pub severity: Severity,
    /// Since when.
    pub since: Timestamp,
    /// That is when it was first seen: it may have begun before.
    pub at_least: bool,
    /// What is wrong, in half a line, as `crash loop, exit 137 (OOMKilled) ×12`.
    pub what: String,
    /// Why, in the server's own words; may be empty.
    pub evidence: String,
    /// What to do next; names of actions in braces stand for their keys.
    pub next: String,
    /// What it all comes from.
    pub cause: Cause,
    /// What it is wrong with, where that is not the object that was judged: an event is about another.
    pub object: Option<ObjectRef>,
}

impl Verdict {
    /// Something is wrong.
    pub fn find(&mut self, found: Found) {
        self.found.push(found);
    }

    /// Nothing is wrong yet, but the clock alone may change that: ask again then.
    pub fn again(&mut self, at: Timestamp) {
        self.again = Some(self.again.map_or(at, |a| a.min(at)));
    }
}

/// Kinds that rules judge or lean on, in the order of their worth.
const READ: &[On] = &[
    ("", "pods"),
    ("", "nodes"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("", "services"),
    ("discovery.k8s.io", "endpointslices"),
    ("networking.k8s.io", "ingresses"),
    ("autoscaling", "horizontalpodautoscalers"),
    ("policy", "poddisruptionbudgets"),
    ("", "persistentvolumeclaims"),
    ("", "resourcequotas"),
    ("", "namespaces"),
    ("apiregistration.k8s.io", "apiservices"),
];

/// True for a kind that is watched whole wherever health is.
fn is_read_kind(group: &str, resource: &str) -> bool {
    READ.iter().any(|(g, r)| *g == group && *r == resource)
}

/// What has to be watched in a cluster for its health to be known.
pub fn wants(cluster: ClusterId) -> Vec<Want> {
    READ.iter().map(|(group, resource)| Want::all(cluster, GroupResource::new(group, resource))).chain([Want::warnings(cluster)]).collect()
}

/// Where the whole of a kind is forbidden, so many namespaces are looked into, since each takes a watch for every kind that is.
const NAMESPACES: usize = 8;

/// What health wants of a cluster besides, because the whole of it is forbidden: the same of the namespaces that the user named, else of the
/// context's own.
pub fn parts(world: &World, cluster: ClusterId) -> Vec<Want> {
    let Some(known) = world.cluster(cluster) else { return Vec::new() };
    // Asked for every frame, and nearly always in vain.
    if !world.tables.of(cluster).any(Table::is_refused) {
        return Vec::new();
    }
    let own = [known.namespace.as_str().into()];
    let names = if world.fallback.is_empty() { &own[..] } else { &world.fallback };
    let is_narrowed = |want: &Want| world.is_refused(want) && crate::kinds::find(&want.kind).is_some_and(|k| k.names.namespaced);
    let of = |want: Want| names.iter().take(NAMESPACES).map(move |n| Want { namespace: Some(n.clone()), ..want.clone() });
    wants(cluster).into_iter().filter(is_narrowed).flat_map(of).collect()
}

/// True where somebody wants the health of a cluster to be known.
pub fn is_watched(world: &World, cluster: ClusterId) -> bool {
    let warnings = Want::warnings(cluster);
    world.tables.of(cluster).any(|t| t.want == warnings) && world.tables.of(cluster).any(is_deployments)
}

/// No other screen than those that tell of health wants deployments and warnings at once.
fn is_deployments(table: &Table) -> bool {
    &*table.want.kind.resource == "deployments"
}

#[cfg(test)]
mod tests;
