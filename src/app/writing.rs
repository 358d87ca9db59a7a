//! Texts that are edited: kept and tried as one pauses, until they are stored; lent to the person's own editor.

use super::state::{Dialog, State};
use crate::actions::apply::APPLY;
use crate::model::course::ChangeId;
use crate::model::draft::{Draft, Subject};
use crate::model::step::{Effect, Notice, Step, Wish};
use crate::model::time::Timestamp;
use crate::safety::change::Change;
use crate::safety::item::{Given, Item, Stage};
use crate::ui::words;

impl State {
    /// Keeps what was written and has the server try it, once the person pauses; and hands the text out that is to be written elsewhere. A value is
    /// not tried: there is nothing that a server could have against one but its length.
    pub(super) fn try_draft(&mut self) {
        // What was written before may have to go into the text first.
        let Some(view) = self.views.last_mut().filter(|_| self.dialog.is_none()) else { return };
        if let Some(draft) = view.outside() {
            self.effects.push(Effect::Write(draft));
            return;
        }
        let Some(draft) = view.draft(&self.world) else { return };
        let (is_idle, is_new) = (draft.is_idle(), draft.subject.is_new());
        self.effects.push(if is_idle { Effect::Forget(draft.subject.clone()) } else { Effect::Keep(draft.clone()) });
        // What something new begins with is tried as well.
        if draft.subject.key.is_none() && (is_new || !is_idle) {
            if is_new {
                self.try_out(Wish { verb: APPLY.name, targets: vec![draft.subject.object], hidden: 0, argument: draft.text });
            } else {
                self.try_text(draft);
            }
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

    /// Once the server has a text it is stored, however long what it asks for takes.
    pub(super) fn text_is_stored(&mut self, id: ChangeId) {
        let Some(change) = self.changes.all.get_mut(&id) else { return };
        let follows = change.items.iter().any(|i| i.stage == Stage::Following) && change.items.iter().all(Item::is_stored);
        if let Some(subject) = change.text.take_if(|_| follows) {
            let sent = sent_text(change);
            self.settle_text(subject, sent.as_deref(), true);
        }
    }

    /// What was stored needs no keeping any more; what was not stays where it is, and the person is told where.
    /// Where somebody went on writing, only what was sent is stored.
    pub(super) fn settle_text(&mut self, subject: Subject, sent: Option<&str>, is_stored: bool) {
        if is_stored {
            self.views.retain_mut(|view| !view.stored(&subject, sent));
            if !self.views.iter().any(|view| view.unsaved() == Some(&subject)) {
                self.effects.push(Effect::Forget(subject));
            }
        } else {
            let is_secret =
                subject.object.is_secret() || self.views.iter().any(|view| view.unsaved() == Some(&subject) && view.is_secret());
            let folder = if is_secret { self.world.secret_texts.as_ref() } else { Some(&self.world.texts) };
            let told = folder.map(|folder| Notice::info(format!("what you wrote is kept in {folder}")));
            told.into_iter().for_each(|notice| self.say(notice));
        }
    }

    /// A text was kept that was written before: the person is asked whether to go on with it.
    pub fn recalled(&mut self, draft: Draft, at: Timestamp) {
        let what = draft.subject.key.as_deref().filter(|key| !key.is_empty()).unwrap_or(&draft.subject.object.name);
        let ago = words::ago(at, self.world.now);
        let text = format!("You wrote on {what} {ago} ago and did not store it: take it up again? Any other key puts it aside.");
        let no = Some(Step::Do(Effect::PutAside(draft.subject.clone())));
        self.question(Dialog { text, yes: Step::TakeUp(draft), no });
    }

    /// What was written before goes on in the top screen.
    pub(super) fn take_up(&mut self, draft: Draft) {
        if let Some(view) = self.views.last_mut() {
            view.take_up(&self.world, draft);
        }
    }

    /// What was written of Secrets and would be lost.
    pub(super) fn unsaved_secrets(&self) -> impl Iterator<Item = &Subject> {
        self.views.iter().filter(|view| view.is_secret()).filter_map(|view| view.unsaved())
    }

    /// Asks before what was written is thrown away. False where nothing is lost.
    pub(super) fn asks_to_discard(&mut self) -> bool {
        let unsaved = self.views.last().is_some_and(|view| view.unsaved().is_some());
        if unsaved {
            let text = "Throw away what you wrote?".to_owned();
            self.dialog = Some(Dialog { text, yes: Step::Discard, no: None });
        }
        unsaved
    }

    /// Closes the top screen; what was written in it is not wanted any more.
    pub(super) fn throw_away(&mut self) {
        let unsaved = self.views.last().and_then(|view| view.unsaved().cloned());
        self.effects.extend(unsaved.map(Effect::Forget));
        self.discard();
    }
}

/// What was written, of a change that comes from a text.
pub(super) fn sent_text(change: &Change) -> Option<String> {
    match &change.items.first()?.given {
        Given::Text(text, _) => Some(text.clone()),
        Given::Value(draft) => Some(draft.text.clone()),
        _ => None,
    }
}
