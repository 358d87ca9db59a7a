//! The new ReplicaSet of a Deployment: how it is made or found again, and the annotations that make up the history of rollouts.

use super::{COMPONENT, Deployment, ID, SETS, Set};
use crate::demo::controllers::condition;
use crate::demo::controllers::own::{self, MANAGER, is_ending};
use crate::demo::controllers::state::write_status;
use crate::demo::controllers::template::{HASH_LABEL, hash, same};
use crate::demo::json::{entries, escape, int, set, text};
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::Key;
use crate::demo::write::{Delete, How};
use serde_json::{Map, Value, json};

pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
pub(super) const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";
/// Annotations of a Deployment that its ReplicaSets do not get.
const OWN: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAXIMUM,
    "deprecated.deployment.rollback.to",
];
/// Characters that the history of a ReplicaSet may take.
const HISTORY_LENGTH: usize = 2_000;

impl Deployment {
    /// Gives the new ReplicaSet, if it is there, the newest revision and the annotations of the Deployment.
    pub(super) fn sync_revision(&mut self, sim: &mut Sim) -> Answer<()> {
        let Some(new) = &self.new else { return Ok(()) };
        let annotations = self.annotations(Some(new));
        let min_ready = int(&self.value, "/spec/minReadySeconds").unwrap_or_default();
        let differs = new.value.pointer("/metadata/annotations") != Some(&annotations);
        if differs || int(&new.value, "/spec/minReadySeconds").unwrap_or_default() != min_ready {
            let key = new.key.clone();
            let stored = sim.update(SETS, &key, How::by(MANAGER), |rs| {
                set(rs, "/metadata/annotations", annotations);
                if min_ready > 0 || int(rs, "/spec/minReadySeconds").is_some() {
                    set(rs, "/spec/minReadySeconds", min_ready);
                }
                Ok(())
            })?;
            self.new = Some(Set::of(stored.value()));
        }
        let Some(new) = &self.new else { return Ok(()) };
        let (name, revision) = (new.name().to_owned(), new.annotation(REVISION).unwrap_or_default().to_owned());
        self.set_revision(sim, revision)?;
        if self.deadline().is_some() && condition::find(&self.status, "Progressing").is_none() {
            let found = format!("Found new replica set \"{name}\"");
            self.set_condition(sim, ["Progressing", "True", "FoundNewReplicaSet", &found]);
        }
        Ok(())
    }

    /// Makes the new ReplicaSet where it is not there.
    pub(super) fn make_new(&mut self, sim: &mut Sim) -> Answer<()> {
        if self.new.is_some() {
            return Ok(());
        }
        let collisions = int(&self.status, "/collisionCount").unwrap_or_default();
        let (set, replicas) = self.describe_new(collisions);
        let key = Key::of(&set);
        match sim.create(SETS, set, How::by(MANAGER)) {
            Ok(stored) => self.new = Some(Set::of(stored.value())),
            Err(why) if why.code == 409 => return self.collided(sim, &key, why),
            Err(why) => {
                self.failed(sim, &key, &why);
                return Err(why);
            }
        }
        let revision = self.new.as_ref().map(|s| s.revision().to_string()).unwrap_or_default();
        if replicas > 0 {
            let told = format!("Scaled up replica set {} from 0 to {replicas}", key.name);
            sim.event(COMPONENT, &self.value, "Normal", "ScalingReplicaSet", &told);
        }
        self.set_revision(sim, revision)?;
        if self.deadline().is_some() {
            let made = format!("Created new replica set \"{}\"", key.name);
            self.set_condition(sim, ["Progressing", "True", "NewReplicaSetCreated", &made]);
        }
        Ok(())
    }

    fn describe_new(&self, collisions: i64) -> (Value, i64) {
        let mut template = self.value.pointer("/spec/template").cloned().unwrap_or_default();
        let hash = hash(&template, collisions);
        set(&mut template, &format!("/metadata/labels/{HASH_LABEL}"), hash.as_str());
        let mut selector = self.value.pointer("/spec/selector").cloned().unwrap_or_default();
        set(&mut selector, &format!("/matchLabels/{HASH_LABEL}"), hash.as_str());
        let replicas = self.new_size(0);
        let mut rs = json!({
            "metadata": {
                "name": format!("{}-{hash}", self.name()), "namespace": text(&self.value, "/metadata/namespace"),
                "labels": template.pointer("/metadata/labels"), "annotations": self.annotations(None),
                "ownerReferences": [own::reference(&self.value)],
            },
            "spec": {"replicas": replicas, "selector": selector, "template": template},
        });
        if let Some(seconds) = int(&self.value, "/spec/minReadySeconds").filter(|s| *s > 0) {
            set(&mut rs, "/spec/minReadySeconds", seconds);
        }
        (rs, replicas)
    }

    /// The name is taken: by a set that is ours after all, or by another, which the next name will avoid.
    fn collided(&mut self, sim: &mut Sim, key: &Key, why: Refusal) -> Answer<()> {
        let taken = sim.store.table(SETS).and_then(|t| t.get(key)).map(|o| (o.owner.clone(), o.value()));
        let ours = taken.filter(|(owner, set)| {
            let templates = set.pointer("/spec/template").zip(self.value.pointer("/spec/template"));
            Some(&**owner) == text(&self.value, "/metadata/uid") && templates.is_some_and(|(a, b)| same(a, b))
        });
        if let Some((_, value)) = ours {
            self.new = Some(Set::of(value));
            return Ok(());
        }
        let count = int(&self.status, "/collisionCount").unwrap_or_default() + 1;
        set(&mut self.status, "/collisionCount", count);
        write_status(sim, ID, &self.value, self.status.clone());
        Err(why)
    }

    fn failed(&mut self, sim: &mut Sim, key: &Key, why: &Refusal) {
        if is_ending(why) {
            return;
        }
        let told = format!("Failed to create new replica set \"{}\": {}", key.name, why.message);
        if self.deadline().is_some() {
            self.set_condition(sim, ["Progressing", "False", "ReplicaSetCreateError", &told]);
        }
        sim.event(COMPONENT, &self.value, "Warning", "ReplicaSetCreateError", &told);
    }

    fn set_revision(&mut self, sim: &mut Sim, revision: String) -> Answer<()> {
        let place = format!("/metadata/annotations/{}", escape(REVISION));
        if text(&self.value, &place) == Some(&revision) {
            return Ok(());
        }
        self.update(sim, |d| {
            set(d, &place, revision);
            Ok(())
        })
    }

    /// The annotations of the new ReplicaSet: the Deployment's, and what number it is in the history. One that was the new one before and
    /// is again keeps its old numbers in another annotation.
    fn annotations(&self, new: Option<&Set>) -> Value {
        let mut all: Map<String, Value> =
            new.map(|n| entries(&n.value, "/metadata/annotations").map(|(k, v)| (k.to_owned(), v.clone())).collect()).unwrap_or_default();
        let theirs = entries(&self.value, "/metadata/annotations").filter(|(k, _)| !OWN.contains(k));
        all.extend(theirs.map(|(k, v)| (k.to_owned(), v.clone())));
        let next = self.old.iter().map(Set::revision).max().unwrap_or_default() + 1;
        let before = new.map(Set::revision).unwrap_or_default();
        if before < next {
            if let Some(number) = new.and_then(|n| n.annotation(REVISION)) {
                let history = new.and_then(|n| n.annotation(HISTORY)).unwrap_or_default();
                all.insert(HISTORY.to_owned(), extended(history, number).into());
            }
            all.insert(REVISION.to_owned(), next.to_string().into());
        }
        if new.is_none() {
            all.insert(DESIRED.to_owned(), self.replicas.to_string().into());
            all.insert(MAXIMUM.to_owned(), (self.replicas + self.surge).to_string().into());
        }
        Value::Object(all)
    }

    /// Deletes ReplicaSets that are older than the history should be and that have no pods.
    pub(super) fn clean_up(&mut self, sim: &mut Sim) {
        let limit = int(&self.value, "/spec/revisionHistoryLimit").unwrap_or(10);
        let mut old: Vec<&Set> = self.old.iter().filter(|s| !super::is_deleted(&s.value)).collect();
        let surplus = old.len().saturating_sub(usize::try_from(limit).unwrap_or_default());
        old.sort_by_key(|s| s.revision());
        for set in old.into_iter().take(surplus) {
            let unseen = set.number("/metadata/generation") > set.number("/status/observedGeneration");
            if set.actual() == 0 && set.wanted() == 0 && !unseen {
                // One that is gone already needs no deleting.
                drop(sim.delete(SETS, &set.key, &Delete::default()));
            }
        }
    }
}

/// A history with one number more, without its oldest where it gets too long.
fn extended(history: &str, number: &str) -> String {
    let mut all: Vec<&str> = history.split(',').filter(|n| !n.is_empty()).collect();
    all.push(number);
    while all.iter().map(|n| n.len() + 1).sum::<usize>() > HISTORY_LENGTH {
        all.remove(0);
    }
    all.join(",")
}
