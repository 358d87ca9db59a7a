//! Texts of objects that are edited: tried as one pauses, kept until they are stored, lent to the person's own editor.

use super::state::{Dialog, State};
use crate::model::id::ObjectRef;
use crate::model::step::{Effect, Notice, Step};

impl State {
    /// Has the server try what was written, once the person pauses; and hands the text out that is to be written elsewhere.
    pub(super) fn try_draft(&mut self) {
        let Some(view) = self.views.last_mut() else { return };
        if let Some((object, text)) = view.outside() {
            self.effects.push(Effect::Write(object, text));
            return;
        }
        if let Some(wish) = view.draft(&self.world) {
            // A template that nobody has touched is no loss, and what was written of it before may be one.
            let written = wish.targets.first().filter(|_| view.is_unsaved());
            self.effects.extend(written.map(|object| Effect::Keep(object.clone(), Some(wish.argument.clone()))));
            self.try_out(wish);
        }
    }

    /// The person's own editor has ended.
    pub fn wrote(&mut self, text: Result<String, String>) {
        match (text, self.views.last_mut()) {
            (Ok(text), Some(view)) => {
                view.wrote(&self.world, &text);
                self.stroke(crate::model::stroke::Stroke::Preview);
            }
            (Err(why), _) => self.say(Notice::warn(why)),
            (Ok(_), None) => {}
        }
        self.dirty = true;
    }

    /// What was stored needs no keeping any more; what was not stays where it is, and the person is told where.
    pub(super) fn settle_text(&mut self, text: ObjectRef, is_stored: bool) {
        if is_stored {
            self.views.iter_mut().for_each(|view| view.stored(&text));
            self.effects.push(Effect::Keep(text, None));
        } else {
            self.say(Notice::info(format!("what you wrote is kept in {}", self.world.texts)));
        }
    }

    /// Asks before what was written is thrown away. False where nothing is lost.
    pub(super) fn asks_to_discard(&mut self) -> bool {
        let unsaved = self.views.last().is_some_and(|view| view.is_unsaved());
        if unsaved {
            let text = "Throw away what you wrote?".to_owned();
            self.dialog = Some(Dialog { text, yes: Step::Discard, no: None });
        }
        unsaved
    }
}
