//! The guard: what a change needs before it may be sent. It fails closed: what it cannot judge is refused.

use crate::model::cluster::{Cluster, Tier};
use crate::model::id::{ClusterId, GroupResource};
use crate::model::time::Timestamp;
use std::collections::BTreeMap;

/// What the guard is asked about.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Where.
    pub cluster: &'a Cluster,
    /// Empty for objects of the whole cluster.
    pub namespace: &'a str,
    /// What kind of object.
    pub kind: &'a GroupResource,
    /// The verb's name, as in the list of actions.
    pub verb: &'a str,
    /// Something goes away: an object, a pod, a volume.
    pub removal: bool,
    /// How many objects of all clusters the change is about.
    pub objects: usize,
    /// The replicas that a scaling asks for.
    pub replicas: Option<i64>,
    /// The clock.
    pub now: Timestamp,
    /// Seconds that the clock on the wall is ahead of UTC: change windows are written in it.
    pub utc_offset: i64,
}

/// What a person has to do for a change to be sent, the strictest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// Nothing: it is sent once its preview is drawn.
    Nothing,
    /// Enter after the preview.
    Enter,
    /// The key y after the preview.
    Yes,
    /// Two different keys after the preview.
    TwoKeys,
    /// The name of each cluster is typed.
    Name,
    /// It is not sent.
    Refused,
}

/// What the guard says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What it takes.
    pub demand: Demand,
    /// A reason has to be written.
    pub reason: bool,
    /// The rule that decides: its place in the config, or what holds by itself.
    pub rule: String,
    /// Why, for people; with what helps where it is refused.
    pub why: String,
}

/// What is guarded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Nothing is written anywhere, whatever is unlocked.
    pub readonly: bool,
    /// Read-only clusters that may be written to until then.
    pub unlocked: BTreeMap<ClusterId, Timestamp>,
    /// Why the rules of the config cannot be trusted; nothing is written then.
    pub broken: Option<String>,
}

impl Guard {
    /// Decides about a change to an object. For several, the strictest of what is said of each holds.
    pub fn rule(&self, asked: &Asked<'_>) -> Ruling {
        let said = |demand, rule: &str, why: String| Ruling { demand, reason: false, rule: rule.to_owned(), why };
        let name = &asked.cluster.name;
        if let Some(why) = &self.broken {
            return said(Demand::Refused, "broken guard", format!("the guard in the config is broken, so nothing may be changed: {why}"));
        }
        if self.readonly {
            return said(Demand::Refused, "read-only", "kconsole was started read-only".to_owned());
        }
        let unlocked = self.unlocked.get(&asked.cluster.id).is_some_and(|until| asked.now < *until);
        if asked.cluster.readonly && !unlocked {
            return said(Demand::Refused, "read-only", format!("{name} is read-only; :unlock {name} 15m REASON lifts that for a while"));
        }
        match asked.cluster.tier {
            _ if unlocked => said(Demand::TwoKeys, "unlocked", format!("{name} is unlocked for a while")),
            Tier::Dev if asked.removal => said(Demand::Yes, "tier dev", format!("something goes away in {name}")),
            Tier::Dev => said(Demand::Enter, "tier dev", format!("{name} is a cluster to try things")),
            Tier::Staging => said(Demand::TwoKeys, "tier staging", format!("{name} is staging")),
            Tier::Prod => said(Demand::Name, "tier prod", format!("{name} is protected")),
            Tier::Unset => said(Demand::Name, "no tier", format!("{name} has no tier in the config, so it is protected like prod")),
        }
    }
}
