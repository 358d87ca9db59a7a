//! Carrying a confirmed change out, object by object: written down, sent, followed, written down again.

use super::{Ask, Change, Phase, Purpose, Token, rows};
use crate::model::deed::{Deed, Outcome};
use crate::model::id::ObjectRef;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::safety::guard::{Demand, Guard, Ruling};
use crate::safety::item::{Again, End, Item, Stage};
use crate::safety::verb::{Follow, Keeps, Pace};

/// What waits for another object of the change is tried again after so many seconds.
const SOON: i64 = 1;

impl Change {
    /// Asks for what is due now that it is confirmed.
    pub(super) fn carry_out(&mut self, world: &World, guard: &Guard, asks: &mut Vec<Ask>) {
        self.follow(world);
        self.read_again(world, asks);
        self.try_again(world, guard);
        self.wait_for_clusters(world);
        self.start(world, guard, asks);
        for at in 0..self.items.len() {
            self.send(at, world, asks);
        }
        for (at, deed) in std::mem::take(&mut self.unwritten) {
            let token = Token { item: at, of: Purpose::Outcome, round: self.round };
            self.under_way.push(token);
            asks.push(Ask::Journal(token, deed));
        }
        let is_over = |i: &Item| matches!(i.stage, Stage::Ended(_)) && i.again != Again::Reading;
        if self.items.iter().all(is_over) && self.under_way.is_empty() {
            (self.phase, self.since) = (Phase::Over, world.now);
        }
    }

    /// Begins as many objects as may be under way: those of one turn, and the next turn once all of that have ended. Rules hold up to the
    /// last moment.
    fn start(&mut self, world: &World, guard: &Guard, asks: &mut Vec<Ask>) {
        let turns: Vec<(usize, &Item)> = self.items.iter().enumerate().map(|(at, item)| (self.turn_of(at, item), item)).collect();
        let Some(now) = turns.iter().filter(|(_, i)| !matches!(i.stage, Stage::Ended(_))).map(|(turn, _)| *turn).min() else { return };
        // What was left out beforehand is no failure: the person saw that it would be.
        let failed = |i: &Item| matches!(i.stage, Stage::Ended(End::Failed(_) | End::Unknown(_))) && self.is_accepted(i);
        if turns.iter().any(|(turn, item)| *turn < now && failed(item)) {
            self.stop();
        }
        let asked = |i: &&Item| matches!(i.stage, Stage::Intent | Stage::Sent | Stage::Conflict | Stage::Doubt(_));
        let room = match self.verb.pace {
            Pace::OneByOne => 1,
            Pace::Together(most) | Pace::ByTurns(most) | Pace::WithAll(most) => {
                most.saturating_sub(self.items.iter().filter(asked).count())
            }
        };
        let is_due = |(at, item): &(usize, &Item)| item.stage == Stage::Queued && self.turn_of(*at, item) == now;
        let due: Vec<usize> = self.items.iter().enumerate().filter(is_due).map(|(at, _)| at).take(room).collect();
        for at in due {
            let refused = self.refused(at, world, guard);
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

    /// What the rules have against an object by now.
    fn refused(&self, at: usize, world: &World, guard: &Guard) -> Option<Ruling> {
        let objects = self.asked_for().count();
        self.rule_of(self.items.get(at)?, objects, world, guard).filter(|ruling| ruling.demand == Demand::Refused)
    }

    /// When an object is taken: all of one turn together, one turn after the other.
    fn turn_of(&self, at: usize, item: &Item) -> usize {
        match (self.verb.pace, item.along) {
            (Pace::Together(_), _) => 0,
            (Pace::ByTurns(_), _) => item.turn,
            (Pace::OneByOne, _) => at,
            (Pace::WithAll(_), None) => 2 * at,
            (Pace::WithAll(_), Some((with, _))) => 2 * with + 1,
        }
    }

    /// Tries again what waits, when its time has come and the rules still allow it.
    fn try_again(&mut self, world: &World, guard: &Guard) {
        for at in 0..self.items.len() {
            let Some(waiting) = self.items.get(at).filter(|i| matches!(i.stage, Stage::Waiting(..))) else { continue };
            let every = if let Keeps::Trying(every) = self.verb_of(waiting).keeps { every } else { SOON };
            let refused = self.refused(at, world, guard);
            let Some(item) = self.items.get_mut(at) else { continue };
            match (&item.stage, refused) {
                (Stage::Waiting(..), Some(ruling)) => {
                    item.stage = Stage::Ended(End::Failed(ruling.why));
                    self.close(at);
                }
                (Stage::Waiting(Some(due), _), None) if *due <= world.now => item.stage = Stage::Sent,
                (Stage::Waiting(None, why), None) => item.stage = Stage::Waiting(Some(Timestamp(world.now.0 + every)), why.clone()),
                _ => {}
            }
        }
    }

    /// Asks for the request that an object's stage is about, unless it is under way.
    fn send(&mut self, at: usize, world: &World, asks: &mut Vec<Ask>) {
        let Some(item) = self.items.get(at) else { return };
        let of = match &item.stage {
            Stage::Sent => Purpose::Send,
            Stage::Conflict => Purpose::Reread,
            Stage::Doubt(doubt) if doubt.is_due(item, world) => Purpose::Reread,
            _ => return,
        };
        let token = Token { item: at, of, round: self.round };
        if self.under_way.contains(&token) {
            return;
        }
        let call = match (&item.stage, Self::plan_of(item)) {
            (Stage::Sent, Some(plan)) => item.request(plan, false),
            (Stage::Sent, None) => return,
            (Stage::Doubt(_), _) => item.read_back(self.verb_of(item)),
            _ => item.read(self.verb_of(item)),
        };
        if let Some(Item { stage: Stage::Doubt(doubt), .. }) = self.items.get_mut(at) {
            doubt.asked_at(world.now);
        }
        self.under_way.push(token);
        asks.push(Ask::Call(token, call));
    }

    /// Looks whether what was sent has taken effect, as the tables show it.
    fn follow(&mut self, world: &World) {
        let change = self.verb;
        for item in self.items.iter_mut().filter(|i| i.stage == Stage::Following) {
            let is_made = item.is_missing();
            let done = match item.verb(change).follow {
                Follow::Stored(_) | Follow::Ended => true,
                Follow::Gone => rows::is_gone(world, &item.target),
                Follow::Rollout => rows::is_settled(world, &item.target, item.stored.as_ref(), &mut item.seen, is_made),
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
            verb: self.verb_of(item).name.to_owned(),
            object: item.target.clone(),
            before: item.version().map(str::to_owned),
            after: outcome.as_ref().and_then(|_| version(item.stored.as_ref()?)),
            subresource: Self::plan_of(item).map_or("", |plan| plan.subresource),
            edits: item.touched(),
            rule: self.ruling.as_ref().map(|r| r.rule.clone()).unwrap_or_default(),
            reason: Some(self.reason.text().trim().to_owned()).filter(|r| !r.is_empty()),
            outcome,
            ended: item.ended.as_ref().map(ToString::to_string),
        })
    }

    /// The objects whose rows are wanted: they show what changes underneath, and how a running change goes on.
    pub fn followed(&self) -> impl Iterator<Item = &ObjectRef> {
        let over = self.phase == Phase::Over;
        // Of what lasts as long as its stream, no table says how it goes on.
        self.items.iter().filter(move |i| !over && self.verb_of(i).follow != Follow::Ended).map(|i| &i.target)
    }
}
