//! Clusters that are read-only, and may be changed for a while. Nobody is let in whose name and reason are not written down first.

use super::state::State;
use crate::model::cluster::Cluster;
use crate::model::deed::{Deed, Outcome};
use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
use crate::model::nearest::hint;
use crate::model::step::{Effect, Notice, Unlock, Which};
use crate::model::time::Timestamp;
use std::collections::BTreeMap;

/// What is to be unlocked once it is written down, by the record: which cluster, and for how many seconds.
#[derive(Debug, Default)]
pub(super) struct Unlocking {
    asked: BTreeMap<String, (ClusterId, i64)>,
    last: u64,
}

impl Unlocking {
    /// Another cluster may be behind the context now: that one was not meant.
    pub(super) fn forget(&mut self, cluster: ClusterId) {
        self.asked.retain(|_, (asked, _)| *asked != cluster);
    }
}

impl State {
    /// Takes the rules of the config into force.
    pub(super) fn use_guard(&mut self) {
        let guard = &mut self.changes.guard;
        guard.readonly = self.world.readonly;
        guard.rules.clone_from(&self.config.guard);
        guard.broken.clone_from(&self.config.broken);
    }

    /// Asks that it be written down, and unlocks once it is.
    pub(super) fn unlock(&mut self, asked: Unlock) {
        let Unlock { cluster, seconds, reason } = asked;
        let found = self.named(&cluster).and_then(|c| self.may_unlock(c).map(|()| c.id));
        match found {
            Ok(id) => {
                let until = Timestamp(self.world.now.0 + seconds).rfc3339();
                if let Some(deed) = self.deed(id, "unlock", format!("until {until}"), Some(reason)) {
                    self.unlocking.asked.insert(deed.id.clone(), (id, seconds));
                    self.effects.push(Effect::Journal(Box::new(deed)));
                }
            }
            Err(why) => self.say(Notice::warn(why)),
        }
    }

    /// Locks at once; that it was is written down too.
    pub(super) fn lock(&mut self, cluster: &Which) {
        match self.named(cluster).map(|c| (c.id, c.name.clone(), c.is_unlocked(self.world.now))) {
            Ok((id, name, true)) => {
                self.set_unlocked(id, None);
                self.say(Notice::info(format!("{name} is read-only again")));
                let deed = self.deed(id, "lock", "asked for".to_owned(), None);
                self.effects.extend(deed.map(|deed| Effect::Journal(Box::new(deed))));
            }
            Ok((_, name, false)) => self.say(Notice::info(format!("{name} is not unlocked"))),
            Err(why) => self.say(Notice::warn(why)),
        }
    }

    /// A record is written, or could not be. True where it was one that something is unlocked by.
    pub(super) fn unlock_journalled(&mut self, deed: &str, written: &Result<(), String>) -> bool {
        let Some((id, seconds)) = self.unlocking.asked.remove(deed) else { return false };
        match written {
            Ok(()) => {
                self.set_unlocked(id, Some(Timestamp(self.world.now.0 + seconds)));
                let told = format!("{} may be changed for {}; :lock ends that", self.world.name(id), crate::ui::words::span(seconds));
                self.say(Notice::warn(told).of(id));
            }
            Err(why) => self.say(Notice::warn(format!("not unlocked, since it could not be written down: {why}")).of(id)),
        }
        true
    }

    /// Locks what was unlocked long enough.
    pub(super) fn relock(&mut self) {
        let now = self.world.now;
        let over: Vec<ClusterId> =
            self.world.clusters.iter().filter(|c| c.unlocked.is_some() && !c.is_unlocked(now)).map(|c| c.id).collect();
        for id in over {
            self.set_unlocked(id, None);
            self.say(Notice::info(format!("{} is read-only again", self.world.name(id))));
        }
    }

    /// True while a cluster is unlocked.
    pub(super) fn is_unlocked(&self) -> bool {
        self.world.clusters.iter().any(|c| c.unlocked.is_some())
    }

    fn set_unlocked(&mut self, id: ClusterId, until: Option<Timestamp>) {
        if let Some(cluster) = self.world.cluster_mut(id) {
            cluster.unlocked = until;
        }
        self.dirty = true;
        self.pump();
    }

    /// Why a cluster cannot be unlocked.
    fn may_unlock(&self, cluster: &Cluster) -> Result<(), String> {
        let guard = &self.changes.guard;
        match &guard.broken {
            Some(why) => Err(format!("nothing can be unlocked until the config is mended: {why}")),
            None if guard.readonly => {
                Err("nothing can be unlocked: kconsole was started with --readonly, or the config says readonly for all clusters"
                    .to_owned())
            }
            None if !cluster.readonly => Err(format!("{} is not read-only: there is nothing to unlock", cluster.name)),
            None => Ok(()),
        }
    }

    pub(super) fn named(&self, cluster: &Which) -> Result<&Cluster, String> {
        let clusters = || self.world.clusters.iter();
        match cluster {
            Which::Cluster(id) => self.world.cluster(*id).ok_or_else(|| "there is no such cluster".to_owned()),
            Which::Called(name) => clusters()
                .find(|c| c.name == *name || c.context == *name)
                .ok_or_else(|| format!("the kubeconfig has no cluster called {name}{}", hint(name, clusters().map(|c| c.name.as_str())))),
        }
    }

    /// What is written down of what is done to a cluster as a whole.
    fn deed(&mut self, id: ClusterId, verb: &str, rule: String, reason: Option<String>) -> Option<Deed> {
        let cluster = self.world.cluster(id)?;
        self.unlocking.last += 1;
        let uid = cluster.identity.unwrap_or_else(|| Uid::of_name("", &cluster.context));
        Some(Deed {
            id: format!("{verb}-{}", self.unlocking.last),
            verb: verb.to_owned(),
            object: ObjectRef {
                cluster: id,
                kind: GroupResource::new("", "cluster"),
                namespace: "".into(),
                name: cluster.name.as_str().into(),
                uid,
            },
            before: None,
            after: None,
            subresource: "",
            edits: Vec::new(),
            rule,
            reason,
            outcome: Some(Outcome::Done),
            ended: None,
        })
    }
}
