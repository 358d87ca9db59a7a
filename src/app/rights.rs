//! What one may not do, for the list of actions: the guard is asked at once, clusters as they answer.

use super::state::State;
use crate::model::call::{CallId, Failure, Reply};
use crate::model::id::ObjectRef;
use crate::model::step::Effect;
use crate::safety::guard::{Asked, Demand};
use crate::safety::verb::Verb;

/// So many reviews are under way at a time.
const AT_ONCE: usize = 10;

impl State {
    /// Asks clusters for what the top screen would know of rights, as far as nobody has yet.
    pub(super) fn ask_rights(&mut self) {
        let Some(view) = self.views.last() else { return };
        let room = AT_ONCE.saturating_sub(self.changes.reviews.len());
        for right in view.rights(&self.world).into_iter().take(room) {
            self.changes.last += 1;
            let id = CallId(self.changes.last);
            self.effects.push(Effect::Call(id, right.review()));
            self.world.rights.asked(right.clone(), self.world.now);
            self.changes.reviews.insert(id, right);
        }
    }

    /// A review was answered. False where it is an answer to something else.
    pub(super) fn reviewed(&mut self, id: CallId, answer: &Result<Reply, Failure>) -> bool {
        let Some(right) = self.changes.reviews.remove(&id) else { return false };
        if let Ok(reply) = answer {
            self.world.rights.answered(&right, &reply.object);
        }
        self.dirty = true;
        self.ask_rights();
        true
    }

    /// Why the guard refuses a change of these objects, and by which rule.
    pub(super) fn refused(&self, verb: &Verb, targets: &[ObjectRef]) -> Option<String> {
        targets.iter().find_map(|target| {
            let ruling = self.changes.guard.rule(&Asked {
                cluster: self.world.cluster(target.cluster)?,
                namespace: &target.namespace,
                kind: &target.kind,
                name: &target.name,
                verb: verb.name,
                removal: verb.removes,
                objects: targets.len(),
                // Some number may be allowed: which one, a person has not said.
                replicas: Some(i64::MAX),
                now: self.world.now,
                utc_offset: self.world.utc_offset,
            });
            (ruling.demand == Demand::Refused).then(|| format!("{} ({})", ruling.why, ruling.rule))
        })
    }
}
