//! What may be changed, and what was: a cluster that is read-only is unlocked for a while and locked again; the journal.

use super::Action;
use crate::model::quantity::span;
use crate::model::step::{Effect, Reject, Scene, Screen, Step, Unlock, Which};

pub(super) const ALL: &[Action] = &[
    Action { name: "unlock", help: "Let a read-only cluster be changed for a while: prod-eu 15m REASON", run: unlock },
    Action { name: "lock", help: "Make a cluster that was unlocked read-only again", run: lock },
    Action {
        name: "journal",
        help: "The changes that were made, the newest first",
        run: |_, _| Ok(vec![Step::Do(Effect::ReadJournal), Step::Open(Screen::Journal)]),
    },
    Action { name: "journal-to", help: "Write the journal into another file for this run", run: journal_to },
];

/// Nobody watches over what they unlocked yesterday.
const LONGEST: i64 = 12 * 3_600;

const USAGE: &str = "write unlock CLUSTER TIME REASON: unlock prod-eu 15m rolling back the release";

/// `unlock CLUSTER TIME REASON`, or `unlock TIME REASON` for the cluster that is looked at.
fn unlock(scene: &Scene, words: &str) -> Result<Vec<Step>, Reject> {
    let mut rest = words.trim();
    let mut word = || {
        let (first, left) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = left.trim();
        first
    };
    let first = word();
    let (cluster, time) = match span(first) {
        Some(_) => (here(scene).ok_or_else(|| Reject::new(USAGE))?, first),
        None if first.is_empty() => return Err(Reject::new(USAGE)),
        None => (Which::Called(first.to_owned()), word()),
    };
    let seconds = span(time).ok_or_else(|| Reject::new(USAGE))?;
    if !(1..=LONGEST).contains(&seconds) {
        return Err(Reject::new(format!("{time} is no time to unlock for: 1s to 12h")));
    }
    if rest.is_empty() {
        return Err(Reject::new(format!("{USAGE}; the reason is written into the journal")));
    }
    Ok(vec![Step::Unlock(Unlock { cluster, seconds, reason: rest.to_owned() })])
}

fn lock(scene: &Scene, name: &str) -> Result<Vec<Step>, Reject> {
    let cluster = match name.trim() {
        "" => here(scene).ok_or_else(|| Reject::new("lock takes the name of a cluster"))?,
        name => Which::Called(name.to_owned()),
    };
    Ok(vec![Step::Lock(cluster)])
}

fn journal_to(_: &Scene, path: &str) -> Result<Vec<Step>, Reject> {
    match path.trim() {
        "" => Err(Reject::new("journal-to takes the path of a file")),
        path => Ok(vec![Step::Do(Effect::JournalTo(path.to_owned()))]),
    }
}

fn here(scene: &Scene) -> Option<Which> {
    scene.cluster.or(scene.focus).map(Which::Cluster)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::ClusterId;

    #[test]
    fn unlocking_takes_a_cluster_a_time_and_a_reason() {
        let scene = Scene { focus: Some(ClusterId(2)), ..Scene::default() };
        let step = |cluster, seconds, reason: &str| Ok(vec![Step::Unlock(Unlock { cluster, seconds, reason: reason.to_owned() })]);
        assert_eq!(unlock(&scene, "prod-eu 15m roll back  it"), step(Which::Called("prod-eu".to_owned()), 900, "roll back  it"));
        assert_eq!(unlock(&scene, " 1h30m because "), step(Which::Cluster(ClusterId(2)), 5_400, "because"));
        for words in ["", "prod-eu", "prod-eu 15m", "prod-eu soon because", "15m", "prod-eu 13h x", "prod-eu 0s x"] {
            assert!(unlock(&scene, words).is_err(), "{words}");
        }
        assert!(unlock(&Scene::default(), "15m because").is_err());
        assert_eq!(lock(&scene, ""), Ok(vec![Step::Lock(Which::Cluster(ClusterId(2)))]));
        assert_eq!(lock(&scene, "prod-eu"), Ok(vec![Step::Lock(Which::Called("prod-eu".to_owned()))]));
        assert!(lock(&Scene::default(), "").is_err());
    }
}
