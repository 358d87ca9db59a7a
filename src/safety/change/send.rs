//! Carrying a confirmed change out, object by object: written down, sent, followed, written down again.

use super::{Ask, Change, Phase, Purpose, Token, rows};
use crate::model::deed::{Deed, Outcome};
use crate::model::id::ObjectRef;
use crate::model::world::World;
use crate::safety::guard::{Demand, Guard};
use crate::safety::item::{End, Item, Stage};
use crate::safety::verb::{Follow, Pace};

impl Change {
    /// Asks for what is due now that it is confirmed.
    pub(super) fn carry_out(&mut self, world: &World, guard: &Guard, asks: &mut Vec<Ask>) {
        self.follow(world);
        self.start(world, guard, asks);
        for at in 0..self.items.len() {
            self.send(at, asks);
        }
        for (at, deed) in std::mem::take(&mut self.unwritten) {
            let token = Token { item: at, of: Purpose::Outcome, round: self.round };
            self.under_way.push(token);
            asks.push(Ask::Journal(token, deed));
        }
        if self.items.iter().all(|i| matches!(i.stage, Stage::Ended(_))) && self.under_way.is_empty() {
            self.phase = Phase::Over;
            self.ended = Some(world.now);
        }
    }

    /// Begins as many objects as may be under way. Rules hold up to the last moment.
    fn start(&mut self, world: &World, guard: &Guard, asks: &mut Vec<Ask>) {
        let failed = |i: &Item| matches!(i.stage, Stage::Ended(End::Failed(_) | End::Unknown(_))) && Self::plan_of(i).is_some();
        if self.verb.pace == Pace::OneByOne && self.items.iter().any(failed) {
            self.stop();
        }
        let busy = |i: &&Item| !matches!(i.stage, Stage::Queued | Stage::Ended(_));
        let room = self.pace().saturating_sub(self.items.iter().filter(busy).count());
        let queued: Vec<usize> = (0..self.items.len()).filter(|n| self.items.get(*n).is_some_and(|i| i.stage == Stage::Queued)).collect();
        for at in queued.into_iter().take(room) {
            let refused = self.items.get(at).and_then(|i| self.rule_of(i, world, guard)).filter(|r| r.demand == Demand::Refused);
            let deed = self.deed(at, None);
            let token = Token { item: at, of: Purpose::Intent, round: self.round };
            if let Some(item) = self.items.get_mut(at) {
                item.stage = refused.map_or(Stage::Intent, |ruling| Stage::Ended(End::Failed(ruling.why)));
                if item.stage == Stage::Intent {
                    self.under_way.push(token);
                    asks.extend(deed.map(|deed| Ask::Journal(token, deed)));
                }
            }
        }
    }

    /// Asks for the request that an object's stage is about, unless it is under way.
    fn send(&mut self, at: usize, asks: &mut Vec<Ask>) {
        let Some(item) = self.items.get(at) else { return };
        let (of, call) = match (&item.stage, Self::plan_of(item)) {
            (Stage::Sent, Some(plan)) => (Purpose::Send, item.request(plan, false)),
            (Stage::Conflict, _) => (Purpose::Reread, item.read(self.verb)),
            (Stage::Doubt, _) => (Purpose::Reread, item.read_back(self.verb)),
            _ => return,
        };
        let token = Token { item: at, of, round: self.round };
        if !self.under_way.contains(&token) {
            self.under_way.push(token);
            asks.push(Ask::Call(token, call));
        }
    }

    /// Looks whether what was sent has taken effect, as the tables show it.
    fn follow(&mut self, world: &World) {
        for item in self.items.iter_mut().filter(|i| i.stage == Stage::Following) {
            let done = match self.verb.follow {
                Follow::Stored(_) => true,
                Follow::Gone => rows::is_gone(world, &item.target),
                Follow::Rollout => rows::is_settled(world, &item.target, item.stored.as_ref()),
            };
            if done {
                item.stage = Stage::Ended(End::Done);
            }
        }
    }

    /// What is written down of an object.
    pub(super) fn deed(&self, at: usize, outcome: Option<Outcome>) -> Option<Deed> {
        let item = self.items.get(at)?;
        let version = |object: &serde_json::Value| object.pointer("/metadata/resourceVersion")?.as_str().map(str::to_owned);
        Some(Deed {
            id: format!("{}-{at}", self.id.0),
            verb: self.verb.name.to_owned(),
            object: item.target.clone(),
            before: item.version().map(str::to_owned),
            after: outcome.as_ref().and_then(|_| version(item.stored.as_ref()?)),
            edits: item.edits(),
            rule: self.ruling.as_ref().map(|r| r.rule.clone()).unwrap_or_default(),
            reason: Some(self.reason.text().trim().to_owned()).filter(|r| !r.is_empty()),
            outcome,
        })
    }

    /// The objects whose rows are wanted: they show what changes underneath, and how a running change goes on.
    pub fn followed(&self) -> impl Iterator<Item = &ObjectRef> {
        let over = self.phase == Phase::Over;
        self.items.iter().filter(move |_| !over).map(|i| &i.target)
    }
}
