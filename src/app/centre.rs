//! Changes that were confirmed: listed as long as they run, and then for a while.

use super::state::State;
use crate::model::course::{ChangeId, Steer};
use crate::model::step::{Effect, Notice};
use crate::safety::change::{Change, Phase};

/// So many changes are kept that are over, with what became of each object. All of them are in the journal.
const KEPT: usize = 100;

impl State {
    /// A person does something with a change that was confirmed.
    pub(super) fn steer(&mut self, id: ChangeId, steer: Steer) {
        match steer {
            Steer::Show => self.changes.open = Some(id),
            Steer::Stop => {
                if let Some(change) = self.changes.all.get_mut(&id) {
                    change.stop();
                }
                self.hang_up(id);
                let ended = self.world.shells.iter().filter(|shell| shell.change == id && shell.ended.is_some());
                self.effects.extend(ended.map(|shell| Effect::HangUp(shell.id)));
                self.pump();
            }
            Steer::Again => self.again(id),
        }
    }

    /// Opens the dialog of the same change to the objects that failed or never began.
    pub(super) fn again(&mut self, id: ChangeId) {
        let next = ChangeId(self.changes.last + 1);
        match self.changes.all.get(&id).and_then(|change| change.again(next, self.world.now)) {
            Some(change) => {
                self.changes.last = next.0;
                self.changes.all.insert(next, change);
                self.changes.open = Some(next);
                self.pump();
            }
            None => self.say(Notice::info("nothing of it is left to be done, or it is not over yet")),
        }
    }

    /// Forgets what is kept no longer, and brings up to date what screens show.
    pub(super) fn list_courses(&mut self) {
        let over: Vec<ChangeId> = self.changes.all.values().filter(|c| c.phase == Phase::Over).map(|c| c.id).collect();
        for id in over.iter().take(over.len().saturating_sub(KEPT)).filter(|id| self.changes.open != Some(**id)) {
            self.changes.all.remove(id);
        }
        // What is over stays as it is, however many objects it was about.
        let before = std::mem::take(&mut self.world.courses);
        let course = |change: &Change| {
            let known = before.iter().find(|c| c.id == change.id && c.is_over());
            known.cloned().or_else(|| change.course())
        };
        self.world.courses = self.changes.all.values().rev().filter_map(course).collect();
    }
}
