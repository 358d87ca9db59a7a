//! How many pods each ReplicaSet of a Deployment should have next: on the way from one template to another, and when the number of pods
//! changes on that way.

use super::revision::{DESIRED, MAXIMUM};
use super::{COMPONENT, Deployment, SETS, Set};
use crate::demo::controllers::own::MANAGER;
use crate::demo::controllers::state::created;
use crate::demo::json::{escape, int, set, text};
use crate::demo::sim::Sim;
use crate::demo::status::Answer;
use crate::demo::store::Key;
use crate::demo::write::How;
use std::cmp::Reverse;

impl Deployment {
    /// How many pods the new ReplicaSet should have that has so many.
    pub(super) fn new_size(&self, has: i64) -> i64 {
        if !self.rolling {
            return self.replicas;
        }
        let room = self.replicas + self.surge - self.sum(Set::wanted);
        has + room.min(self.replicas - has).max(0)
    }

    /// One step of a rolling update: more new pods if there is room, else fewer old ones if enough are available.
    pub(super) fn roll(&mut self, sim: &mut Sim) -> Answer<()> {
        self.make_new(sim)?;
        let Some((key, has)) = self.new.as_ref().map(|n| (n.key.clone(), n.wanted())) else { return Ok(()) };
        let size = if has > self.replicas { self.replicas } else { self.new_size(has) };
        if size != has {
            return self.resize(sim, &key, size, false);
        }
        if self.shrink_old(sim)? {
            return Ok(());
        }
        if self.is_complete(&self.status) {
            self.clean_up(sim);
        }
        Ok(())
    }

    /// Takes old pods away: first those that serve nobody, then as many as there are available ones to spare.
    fn shrink_old(&mut self, sim: &mut Sim) -> Answer<bool> {
        if self.old.iter().map(Set::wanted).sum::<i64>() == 0 {
            return Ok(false);
        }
        let least = self.replicas - self.unavailable;
        let unavailable_new = self.new.as_ref().map_or(0, |n| n.wanted() - n.available());
        let mut spare = self.sum(Set::wanted) - least - unavailable_new;
        if spare <= 0 {
            return Ok(false);
        }
        let mut shrunk = false;
        for at in 0..self.old.len() {
            let Some((key, wanted, sick)) = self.old.get(at).map(|s| (s.key.clone(), s.wanted(), s.wanted() - s.available())) else { continue };
            let less = sick.min(spare).min(wanted);
            if less > 0 {
                self.resize(sim, &key, wanted - less, false)?;
                spare -= less;
                shrunk = true;
            }
        }
        let mut spare = self.sum(Set::available) - least;
        for at in 0..self.old.len() {
            let Some((key, wanted)) = self.old.get(at).map(|s| (s.key.clone(), s.wanted())) else { continue };
            let less = wanted.min(spare);
            if less > 0 {
                self.resize(sim, &key, wanted - less, false)?;
                spare -= less;
                shrunk = true;
            }
        }
        Ok(shrunk)
    }

    /// One step of recreating all pods: the old ones go, and when they are gone the new ones come.
    pub(super) fn recreate(&mut self, sim: &mut Sim) -> Answer<()> {
        let running: Vec<Key> = self.old.iter().filter(|s| s.wanted() > 0).map(|s| s.key.clone()).collect();
        for key in &running {
            self.resize(sim, key, 0, false)?;
        }
        if !running.is_empty() || self.old_pods_run(sim) {
            return Ok(());
        }
        self.make_new(sim)?;
        if let Some(key) = self.new.as_ref().map(|n| n.key.clone()) {
            self.resize(sim, &key, self.replicas, false)?;
        }
        if self.is_complete(&self.status) {
            self.clean_up(sim);
        }
        Ok(())
    }

    fn old_pods_run(&self, sim: &Sim) -> bool {
        let uids = self.old.iter().filter_map(|s| text(&s.value, "/metadata/uid"));
        self.old.iter().any(|s| s.actual() > 0) || uids.flat_map(|uid| sim.store.owned("pods", uid)).any(|p| !p.view().is_over())
    }

    /// Brings a new number of pods to the ReplicaSets that there are: to the only one with pods, or to all in proportion.
    pub(super) fn scale(&mut self, sim: &mut Sim) -> Answer<()> {
        let mut active: Vec<(Key, i64)> = self.sets().filter(|s| s.wanted() > 0).map(|s| (s.key.clone(), s.wanted())).collect();
        let newest = self.new.as_ref().or(self.old.last()).map(|s| s.key.clone());
        match active.as_slice() {
            [] => return newest.map_or(Ok(()), |key| self.resize(sim, &key, self.replicas, false)),
            [(key, _)] => {
                let key = key.clone();
                return self.resize(sim, &key, self.replicas, false);
            }
            _ => {}
        }
        if self.new.as_ref().is_some_and(|n| self.is_saturated(n)) {
            let new = self.new.as_ref().map(|n| n.key.clone());
            active.retain(|(key, _)| Some(key) != new.as_ref());
            return active.into_iter().try_for_each(|(key, _)| self.resize(sim, &key, 0, false));
        }
        if self.rolling {
            let all = self.proportions(active);
            return all.into_iter().try_for_each(|(key, size)| self.resize(sim, &key, size, true));
        }
        Ok(())
    }

    fn is_saturated(&self, new: &Set) -> bool {
        let told = new.annotation(DESIRED).and_then(|n| n.parse().ok());
        new.wanted() == self.replicas && told == Some(self.replicas) && new.available() == self.replicas
    }

    /// The sizes of all ReplicaSets with pods after the number of pods has changed: each gets its share of the difference, and the largest
    /// what is left over.
    fn proportions(&self, mut active: Vec<(Key, i64)>) -> Vec<(Key, i64)> {
        let allowed = if self.replicas > 0 { self.replicas + self.surge } else { 0 };
        let difference = allowed - active.iter().map(|(_, n)| n).sum::<i64>();
        let set = |key: &Key| self.sets().find(|s| s.key == *key);
        let born = |key: &Key| set(key).map(|s| created(&s.value).to_owned()).unwrap_or_default();
        // By size; of the same size, newer ones grow first and older ones shrink first.
        match difference > 0 {
            true => active.sort_by_cached_key(|(key, n)| Reverse((*n, born(key)))),
            false => active.sort_by_cached_key(|(key, n)| (Reverse(*n), born(key))),
        }
        let mut left = difference;
        let mut sizes: Vec<(Key, i64)> = Vec::new();
        for (key, size) in active {
            let share = set(&key).map_or(0, |s| self.share(s));
            let share = if difference > 0 { share.min(left) } else { share.max(left) };
            let share = if difference == 0 || left == 0 { 0 } else { share };
            left -= share;
            sizes.push((key, size + share));
        }
        if let Some((_, largest)) = sizes.first_mut() {
            *largest = (*largest + left).max(0);
        }
        sizes
    }

    /// By how much a ReplicaSet grows or shrinks if it keeps its part of the whole.
    fn share(&self, set: &Set) -> i64 {
        let size = set.wanted();
        if self.replicas == 0 {
            return -size;
        }
        let before = set.annotation(MAXIMUM).and_then(|n| n.parse::<i64>().ok()).filter(|n| *n > 0);
        let before = before.or_else(|| int(&self.status, "/replicas")).filter(|n| *n > 0);
        before.map_or(0, |before| ((size * (self.replicas + self.surge)) as f64 / before as f64).round() as i64 - size)
    }

    /// Gives a ReplicaSet another number of pods, and says so. `always` also where only its annotations are old.
    fn resize(&mut self, sim: &mut Sim, key: &Key, size: i64, always: bool) -> Answer<()> {
        let Some(old) = self.sets().find(|s| s.key == *key) else { return Ok(()) };
        let was = old.wanted();
        let (desired, maximum) = (self.replicas.to_string(), (self.replicas + self.surge).to_string());
        let told = old.annotation(DESIRED) == Some(&desired) && old.annotation(MAXIMUM) == Some(&maximum);
        if was == size && (!always || told) {
            return Ok(());
        }
        let stored = sim.update(SETS, key, How::by(MANAGER), |rs| {
            set(rs, "/spec/replicas", size);
            set(rs, &format!("/metadata/annotations/{}", escape(DESIRED)), desired);
            set(rs, &format!("/metadata/annotations/{}", escape(MAXIMUM)), maximum);
            Ok(())
        })?;
        if was != size {
            let way = if was < size { "up" } else { "down" };
            let told = format!("Scaled {way} replica set {} from {was} to {size}", key.name);
            sim.event(COMPONENT, &self.value, "Normal", "ScalingReplicaSet", &told);
        }
        if let Some(set) = self.old.iter_mut().chain(&mut self.new).find(|s| s.key == *key) {
            set.value = stored.value();
        }
        Ok(())
    }
}
