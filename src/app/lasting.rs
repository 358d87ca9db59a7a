//! Changes that last, a shell as long as it has the terminal and a forward as long as it is open; and those that the command line asks for.

use super::state::{Dialog, State};
use crate::model::call::CallId;
use crate::model::course::ChangeId;
use crate::model::forward::{Forward, Now, Port};
use crate::model::id::ObjectRef;
use crate::model::step::{Effect, Notice, Step};
use crate::model::transfer::Progress;
use crate::safety::change::{Change, Phase};
use crate::safety::item::Item;
use crate::safety::verb::Verb;
use crate::ui::words;

impl State {
    /// A change is about to have the terminal: how it ends is told when it gives that back.
    pub(super) fn entering(&mut self) {
        self.changes.open = None;
    }

    /// The change that asks for something by this request, and the object that it is about.
    pub(super) fn asked_by(&self, id: CallId) -> Option<(ChangeId, ObjectRef)> {
        let (change, token) = self.changes.calls.get(&id)?;
        Some((*change, self.changes.all.get(change)?.items.get(token.item)?.target.clone()))
    }

    /// Begins what the command line asks for.
    pub(super) fn command(&mut self, verb: &'static Verb, item: Item, argument: &str, reason: &str) -> ChangeId {
        let id = self.begin(verb, vec![item], argument);
        if let Some(change) = self.changes.all.get_mut(&id) {
            change.reason.set(reason);
        }
        self.pump();
        id
    }

    /// What the command line asked for, once it is over. It is confirmed by having been asked for, as soon as it is known what would be done.
    ///
    /// # Errors
    /// Why it is not done.
    pub(super) fn commanded(&mut self, id: ChangeId) -> Result<Option<&Change>, String> {
        let Some(change) = self.changes.all.get_mut(&id) else { return Err("it was let go".to_owned()) };
        if change.phase == Phase::Asking && change.command(&self.world, &self.changes.guard)? {
            self.pump();
        }
        Ok(self.changes.all.get(&id).filter(|change| change.phase == Phase::Over))
    }

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

    /// How far a copy is.
    pub(super) fn copying(&mut self, id: CallId, now: Progress) {
        let Some((change, token)) = self.changes.calls.get(&id) else { return };
        if let Some(item) = self.changes.all.get_mut(change).and_then(|change| change.items.get_mut(token.item)) {
            item.progress = Some(now);
        }
        if let Some(course) = self.world.courses.iter_mut().find(|course| course.id == *change) {
            course.progress = Some(now);
        }
        self.dirty = true;
    }

    /// What a change opened in a container or to a port of it is to end.
    pub(super) fn hang_up(&mut self, change: ChangeId) {
        if self.changes.all.get(&change).is_some_and(|c| c.verb.opens()) {
            let calls = self.changes.calls.iter().filter(|(_, (of, _))| *of == change).map(|(id, _)| Effect::HangUp(*id));
            self.effects.extend(calls);
        }
    }

    /// Asks whether to leave, and says what ends with that.
    pub(super) fn ask_to_leave(&mut self) {
        let mut text = match self.changes.running() {
            0 if self.unsaved_secrets().next().is_some() => "Leave kconsole? What you wrote of a Secret is lost.".to_owned(),
            0 => "Leave kconsole?".to_owned(),
            n => format!("Leave kconsole? {n} of your changes are not done yet: what is not sent will not be sent."),
        };
        match self.world.open_shells() {
            0 => {}
            1 => text.push_str(" 1 shell is open, and ends."),
            n => text.push_str(&format!(" {n} shells are open, and end.")),
        }
        self.dialog = Some(Dialog { text, yes: Step::Quit, no: None });
    }
}
