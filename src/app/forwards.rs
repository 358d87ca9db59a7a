//! Forwards that are open: each is a change that lasts as long as it is open.

use super::state::State;
use crate::model::call::CallId;
use crate::model::course::ChangeId;
use crate::model::forward::{Forward, Now, Port};
use crate::model::id::ObjectRef;
use crate::model::step::{Effect, Notice};
use crate::safety::verb::Follow;
use crate::ui::words;

impl State {
    /// A forward begins, by the request for it: what it is about. Its dialog has said all that it will.
    pub(super) fn open_forward(&mut self, id: CallId, port: Port) -> Option<ObjectRef> {
        let (change, object) = self.asked_by(id)?;
        self.entering();
        self.world.forwards.push(Forward { change, id, object: object.clone(), port, now: Now::default(), since: self.world.now });
        self.refresh();
        Some(object)
    }

    /// How a forward goes.
    pub(super) fn forwarded(&mut self, id: CallId, now: Now) {
        let Some(forward) = self.world.forwards.iter_mut().find(|f| f.id == id) else { return };
        let is_new = forward.now.local == 0;
        forward.now = now;
        if is_new {
            let (object, cluster) = (words::object(&forward.object), forward.object.cluster);
            let told = format!("localhost:{} leads to {} of {object}; {{forwards}} lists them", forward.now.local, forward.port);
            self.say(Notice::info(words::keyed(&self.world, &told)).of(cluster));
        }
        self.refresh();
    }

    /// What a change opened that lasts is to end.
    pub(super) fn hang_up(&mut self, change: ChangeId) {
        if self.changes.all.get(&change).is_some_and(|c| c.verb.follow == Follow::Ended) {
            let calls: Vec<CallId> = self.world.forwards.iter().filter(|f| f.change == change).map(|f| f.id).collect();
            self.effects.extend(calls.into_iter().map(Effect::HangUp));
        }
    }
}
