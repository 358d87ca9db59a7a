//! A change that was confirmed, looked at from outside: how far it is, what is tried again, what is kept of it once it is over.

use super::{Change, ChangeId, Doubt, Phase};
use crate::model::course::{Course, Ended, Stage as Far};
use crate::model::id::{ClusterId, ObjectRef};
use crate::model::time::Timestamp;
use crate::safety::item::{End, Given, Item, Stage};
use crate::safety::undo::Trace;
use crate::safety::verb::Undo;

impl Change {
    /// How far it is; nothing of one that a person still decides about.
    pub fn course(&self) -> Option<Course> {
        let stage = match self.phase {
            // What lasts has a screen of its own.
            Phase::Asking => return None,
            _ if self.lasts() => return None,
            Phase::Running => Far::Running,
            Phase::Stopping => Far::Stopping,
            Phase::Over => Far::Over,
        };
        let count = |is: fn(&End) -> bool| self.items.iter().filter(|i| matches!(&i.stage, Stage::Ended(end) if is(end))).count();
        let ended = Ended {
            done: count(|e| *e == End::Done),
            failed: count(|e| matches!(e, End::Failed(_))),
            unknown: count(|e| matches!(e, End::Unknown(_))),
            dropped: count(|e| *e == End::Cancelled),
        };
        Some(Course {
            id: self.id,
            does: self.verb.does,
            object: self.items.first()?.target.clone(),
            objects: self.asked_for().count(),
            clusters: self.clusters(),
            ended,
            left: self.items.iter().filter(|i| !matches!(i.stage, Stage::Ended(_))).count(),
            stage,
            since: self.since,
            progress: self.items.iter().find_map(|item| item.progress),
            why: self.items.iter().find_map(why).or_else(|| self.items.iter().find_map(waits)).map(str::to_owned),
        })
    }

    /// The clusters that it is about, in the order of its objects.
    pub fn clusters(&self) -> Vec<ClusterId> {
        let mut all: Vec<ClusterId> = Vec::new();
        for item in &self.items {
            if !all.contains(&item.target.cluster) {
                all.push(item.target.cluster);
            }
        }
        all
    }

    /// The same change to the objects that failed or never began, or with which something did that goes along with them. It has the whole path
    /// before it; what was filled in is filled in. Nothing where all is done, or it is not over yet.
    pub fn again(&self, id: ChangeId, now: Timestamp) -> Option<Self> {
        let left = |at: usize| self.items.iter().enumerate().any(|(n, i)| is_left(i) && (n == at || i.along.is_some_and(|a| a.0 == at)));
        let asked = self.items.iter().enumerate().filter(|(at, i)| i.along.is_none() && left(*at));
        let items: Vec<Item> = asked.map(|(_, i)| Item::new(i.target.clone(), i.resource.clone(), i.given.clone(), now)).collect();
        (self.phase == Phase::Over && !items.is_empty())
            .then(|| Self { form: self.form.clone(), ..Self::new(id, self.verb, items, &self.argument, now) })
    }

    /// True where something of it is not done, and can be tried again.
    pub fn has_left(&self) -> bool {
        self.phase == Phase::Over && self.items.iter().any(is_left)
    }

    /// It is over: what became of each object is kept, and what takes that back; not the states of objects, which may be many and large.
    pub fn settle(&mut self) {
        for item in &mut self.items {
            (item.trace, item.made_here) = (item.done(), item.is_new());
            (item.before, item.checked, item.stored, item.plan, item.ours) = (None, None, None, None, None);
            item.around.clear();
            if !is_left(item) {
                item.given = Given::Nothing;
            }
        }
    }

    /// What it did to an object, if that was done and can be taken back.
    pub fn undoable(&self, object: &ObjectRef) -> Option<Trace> {
        let done = |i: &&Item| i.target == *object && matches!(i.stage, Stage::Following | Stage::Ended(End::Done));
        let item = self.items.iter().find(done).filter(|_| self.verb.undo == Undo::Fields)?;
        item.trace.clone().or_else(|| item.done())
    }
}

/// It failed, is not known to have been done, or never began.
fn is_left(item: &Item) -> bool {
    why(item).is_some() || item.stage == Stage::Ended(End::Cancelled)
}

/// What it waits for.
fn waits(item: &Item) -> Option<&str> {
    match &item.stage {
        Stage::Waiting(_, why) => Some(why),
        Stage::Doubt(Doubt { since: Some(_), .. }) => Some("answer lost: waits for the link"),
        _ => None,
    }
}

/// Why it failed, or is not known to have been done.
fn why(item: &Item) -> Option<&str> {
    match &item.stage {
        Stage::Ended(End::Failed(why) | End::Unknown(why)) => Some(why),
        _ => None,
    }
}
