//! The guard: what a change needs before it may be sent. It fails closed: what it cannot judge is refused, and where it is not known whether a
//! rule fits, the stricter of both answers holds.
//!
//! Rules are looked at in the order of the config. Each says something about some matters (the verdict, a reason, limits, hours), and the first
//! that fits and says something about a matter decides it. What no rule decides follows from the tier of the cluster.

mod rule;
pub mod verbs;
mod window;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests;

pub use rule::{Rule, Said, Verdict};
pub use window::Window;

use crate::model::cluster::{Cluster, Tier};
use crate::model::id::GroupResource;
use crate::model::time::Timestamp;
use rule::Fit;

/// What the ruling names as its rule where the cluster is read-only and could be unlocked.
const READ_ONLY: &str = "read-only cluster";

/// What the guard is asked about.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Where.
    pub cluster: &'a Cluster,
    /// Empty for objects of the whole cluster.
    pub namespace: &'a str,
    /// What kind of object.
    pub kind: &'a GroupResource,
    /// The object's name; empty where any is meant.
    pub name: &'a str,
    /// The verb's name, as in the list of actions.
    pub verb: &'a str,
    /// Something goes away: an object, a pod, a volume.
    pub removal: bool,
    /// How many objects of all clusters the change is about.
    pub objects: usize,
    /// The replicas that it would have; `None` where they do not change, or where a scaling does not know them yet.
    pub replicas: Option<i64>,
    /// The clock.
    pub now: Timestamp,
    /// Seconds that the clock on the wall is ahead of UTC: hours are written in it.
    pub utc_offset: i64,
}

/// What a person has to do for a change to be sent, the strictest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// Nothing but enter, also where something goes away.
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

impl Ruling {
    /// What a person has to do, in a few words.
    pub fn step(&self) -> &'static str {
        match self.demand {
            Demand::Nothing | Demand::Enter => "enter",
            Demand::Yes => "y",
            Demand::TwoKeys => "two keys",
            Demand::Name => "type the cluster's name",
            Demand::Refused if self.rule == READ_ONLY => "unlock",
            Demand::Refused => "refused",
        }
    }

    fn refused(rule: &str, why: String) -> Self {
        Self { demand: Demand::Refused, reason: false, rule: rule.to_owned(), why }
    }
}

/// What is guarded. Which clusters are read-only and for how long that is lifted is known of the [`Cluster`]s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// Nothing is written anywhere, whatever is unlocked.
    pub readonly: bool,
    /// Why the rules of the config cannot be trusted, and where; nothing is written then.
    pub broken: Option<String>,
    /// The rules, in the order of the config.
    pub rules: Vec<Rule>,
}

impl Guard {
    /// Decides about a change to an object. For several, the strictest of what is said of each holds.
    pub fn rule(&self, asked: &Asked<'_>) -> Ruling {
        if let Some(why) = &self.broken {
            return Ruling::refused("broken guard", format!("until the config is mended nothing may be changed: {why}"));
        }
        if self.readonly {
            let why = "nothing may be changed: kconsole was started with --readonly, or the config says readonly for all clusters";
            return Ruling::refused("--readonly", why.to_owned());
        }
        let (demand, rule, why) = self.demand(asked);
        let limit = if demand == Demand::Refused { None } else { self.limit(asked) };
        if let Some(refused) = limit {
            return refused;
        }
        let cluster = asked.cluster;
        if demand != Demand::Refused && cluster.readonly && !cluster.is_unlocked(asked.now) {
            let name = &cluster.name;
            return Ruling::refused(READ_ONLY, format!("{name} is read-only; :unlock {name} 15m REASON lifts that for a while"));
        }
        let reason = self.matter(asked, |r| r.reason, |a, b| *a & !*b).said.is_some_and(|(reason, _)| reason);
        Ruling { demand, reason, rule: rule.to_owned(), why }
    }

    /// What it takes, by which rule, and why.
    fn demand<'a>(&'a self, asked: &Asked<'_>) -> (Demand, &'a str, String) {
        let (by_tier, tier, why) = by_tier(asked);
        let matter = self.matter(asked, |r| Some((r.verdict?.demand(asked.removal), r.verdict?)), |a, b| a.0 > b.0);
        match matter.said {
            Some(((demand, verdict), rule)) if matter.sure || demand > by_tier => {
                let unsure = if rule.fits(asked) == Fit::Yes { "" } else { "; it holds as long as nobody knows which cluster this is" };
                (demand, &rule.place, format!("the rule for {} says {}{unsure}", rule.about(), verdict.name()))
            }
            _ => (by_tier, tier, format!("{} {why}", asked.cluster.name)),
        }
    }

    /// The limit that a change goes beyond.
    fn limit(&self, asked: &Asked<'_>) -> Option<Ruling> {
        let refused = |rule: &Rule, why: String| Some(Ruling::refused(&rule.place, why));
        let hours = self.matter(asked, |r| r.hours.as_deref(), |a, b| !is_open(a, asked) & is_open(b, asked)).said;
        if let Some((hours, rule)) = hours.filter(|(hours, _)| !is_open(hours, asked)) {
            let allowed: Vec<String> = hours.iter().map(|w| w.told(asked.utc_offset)).collect();
            let now = window::told(asked.now, asked.utc_offset);
            return refused(rule, format!("changes may be made {}; it is {now}", allowed.join(" or ")));
        }
        let most = self.matter(asked, |r| r.at_most, |a, b| a < b).said;
        if let Some((most, rule)) = most.filter(|(most, _)| asked.objects > *most) {
            return refused(rule, format!("at most {most} objects may be changed at once, not {}", asked.objects));
        }
        let least = self.matter(asked, |r| r.scale_at_least, |a, b| a > b).said;
        let (least, rule) = least.filter(|_| asked.verb == verbs::SCALE || asked.replicas.is_some())?;
        match asked.replicas {
            Some(replicas) if replicas >= least => None,
            Some(replicas) => refused(rule, format!("{least} replicas are the least, not {replicas}")),
            None => refused(rule, format!("{least} replicas are the least: say how many")),
        }
    }

    /// What is said about a matter, and by which rule: by the first that fits. Those before it of which nobody knows whether they fit count
    /// where they are stricter.
    fn matter<'a, T>(
        &'a self,
        asked: &Asked<'_>,
        says: impl Fn(&'a Rule) -> Option<T>,
        is_stricter: impl Fn(&T, &T) -> bool,
    ) -> Matter<'a, T> {
        let mut matter = Matter { said: None, sure: false };
        for rule in &self.rules {
            let (Fit::Unknown | Fit::Yes, Some(value)) = (rule.fits(asked), says(rule)) else { continue };
            if matter.said.as_ref().is_none_or(|(known, _)| is_stricter(&value, known)) {
                matter.said = Some((value, rule));
            }
            if rule.fits(asked) == Fit::Yes {
                matter.sure = true;
                break;
            }
        }
        matter
    }
}

/// What rules say about a matter.
struct Matter<'a, T> {
    said: Option<(T, &'a Rule)>,
    /// One of those that say something fits for sure: what holds without rules does not count.
    sure: bool,
}

/// What holds where no rule says anything: demand, what it is called, and why, of the cluster.
fn by_tier(asked: &Asked<'_>) -> (Demand, &'static str, &'static str) {
    let cluster = asked.cluster;
    match cluster.tier {
        _ if cluster.readonly && cluster.is_unlocked(asked.now) => (Demand::TwoKeys, "unlocked", "is unlocked for a while"),
        Tier::Dev if asked.removal => (Demand::Yes, "tier dev", "is a cluster to try things, but something goes away"),
        Tier::Dev => (Demand::Enter, "tier dev", "is a cluster to try things"),
        Tier::Staging => (Demand::TwoKeys, "tier staging", "is staging"),
        Tier::Prod => (Demand::Name, "tier prod", "is protected"),
        Tier::Unset => (Demand::Name, "no tier", "has no tier in the config, so it is protected like prod"),
    }
}

fn is_open(hours: &[Window], asked: &Asked<'_>) -> bool {
    hours.iter().any(|w| w.holds(asked.now, asked.utc_offset))
}
