//! A rule of the guard: what it is about, and what it says.

use super::{Asked, Demand, Window};
use crate::model::cluster::Tier;
use crate::model::glob::Glob;
use crate::model::id::{GroupResource, Uid};

/// A rule. What it does not say anything about is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Where it stands, as `FILE:LINE`.
    pub place: String,
    /// The clusters that it is about, by context or name.
    pub cluster: Option<Said<Glob>>,
    /// The cluster whose kube-system has this uid, whatever it is called.
    pub identity: Option<Said<Uid>>,
    /// Clusters of these tiers.
    pub tier: Option<Said<Vec<Tier>>>,
    /// Clusters of this group.
    pub group: Option<Said<Glob>>,
    /// Objects in these namespaces, and the namespaces themselves.
    pub namespace: Option<Said<Vec<Glob>>>,
    /// Objects of these kinds.
    pub kind: Option<Said<Vec<GroupResource>>>,
    /// These verbs.
    pub verb: Option<Said<Vec<String>>>,
    /// What it takes.
    pub verdict: Option<Verdict>,
    /// Whether a reason is needed.
    pub reason: Option<bool>,
    /// How many objects may be changed at once.
    pub at_most: Option<usize>,
    /// The fewest replicas that may be scaled to.
    pub scale_at_least: Option<i64>,
    /// When changes may be made.
    pub hours: Option<Vec<Window>>,
}

/// What was read, and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// What was read.
    pub value: T,
    /// How it was written.
    pub text: String,
}

/// What a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Enter, also where something goes away.
    Allow,
    /// Enter after the preview, and y where something goes away: as in dev.
    Preview,
    /// Two different keys after the preview: as in staging.
    Confirm,
    /// The cluster's name is typed: as in prod.
    TypeName,
    /// It is not done.
    Refuse,
}

impl Verdict {
    /// All of them, from the loosest to the strictest.
    pub const ALL: [Self; 5] = [Self::Allow, Self::Preview, Self::Confirm, Self::TypeName, Self::Refuse];

    /// As the config has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Preview => "preview",
            Self::Confirm => "confirm",
            Self::TypeName => "type-name",
            Self::Refuse => "refuse",
        }
    }

    pub(super) fn demand(self, removal: bool) -> Demand {
        match self {
            Self::Allow => Demand::Nothing,
            Self::Preview if removal => Demand::Yes,
            Self::Preview => Demand::Enter,
            Self::Confirm => Demand::TwoKeys,
            Self::TypeName => Demand::Name,
            Self::Refuse => Demand::Refused,
        }
    }
}

/// Whether a rule is about what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    /// It depends on which cluster it is, and that is not known before it has answered.
    Unknown,
    Yes,
}

impl Rule {
    pub(super) fn fits(&self, asked: &Asked<'_>) -> Fit {
        let cluster = asked.cluster;
        let is = |fits: bool| if fits { Fit::Yes } else { Fit::No };
        // To change a namespace is to change all that is in it.
        let namespace = if *asked.kind == GroupResource::new("", "namespaces") { asked.name } else { asked.namespace };
        let all = [
            self.cluster.as_ref().map(|g| is(g.value.matches(&cluster.context) || g.value.matches(&cluster.name))),
            self.identity.as_ref().map(|uid| cluster.identity.map_or(Fit::Unknown, |known| is(known == uid.value))),
            self.tier.as_ref().map(|tiers| is(tiers.value.contains(&cluster.tier))),
            self.group.as_ref().map(|g| is(cluster.group.as_ref().is_some_and(|group| g.value.matches(group)))),
            self.namespace.as_ref().map(|n| is(n.value.iter().any(|g| g.matches(namespace)))),
            self.kind.as_ref().map(|kinds| is(kinds.value.contains(asked.kind))),
            self.verb.as_ref().map(|verbs| is(verbs.value.iter().any(|v| v == asked.verb))),
        ];
        all.into_iter().flatten().min().unwrap_or(Fit::Yes)
    }

    /// What it is about, as it was written.
    pub(super) fn about(&self) -> String {
        fn text<T>(said: &Option<Said<T>>, what: &str) -> Option<String> {
            said.as_ref().map(|said| format!("{what} {}", said.text))
        }
        let parts = [
            text(&self.verb, "verb"),
            text(&self.kind, "kind"),
            text(&self.namespace, "namespace"),
            text(&self.cluster, "cluster"),
            text(&self.identity, "identity"),
            text(&self.tier, "tier"),
            text(&self.group, "group"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") }
    }
}
