//! Changes on their way: what they ask goes out as effects, what is answered goes back to them, keys go to the one that is open.

use super::state::State;
use super::typing::edit_of;
use super::undo::Undoing;
use super::writing::sent_text;
use crate::actions::{self, apply::APPLY, data::SET, edit::EDIT};
use crate::keymap::Key;
use crate::model::apply::Source;
use crate::model::call::{CallId, Failure, Reply};
use crate::model::draft::{Draft, Subject};
use crate::model::id::{ClusterId, GroupResource, ObjectRef};
use crate::model::line::Edit;
use crate::model::right::Right;
use crate::model::step::{Effect, Notice, Only, Screen, Step, TableOf, Wish};
use crate::model::want::Want;
use crate::model::world::Found;
use crate::safety::change::{Ask, Change, ChangeId, Phase, Press, Token};
use crate::safety::guard::Guard;
use crate::safety::item::{Given, Item};
use crate::safety::verb::{On, Verb};
use crate::ui::{self, Layout};
use ratatui::buffer::Buffer;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// So many lines of a dialog are scrolled at a time.
const PAGE: isize = 10;

/// All changes of this run.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The rules.
    pub(super) guard: Guard,
    /// By their numbers: the newest last.
    pub(super) all: BTreeMap<ChangeId, Change>,
    /// The one whose dialog is open.
    pub(super) open: Option<ChangeId>,
    /// The one that only tries what is being written.
    draft: Option<ChangeId>,
    /// What is to be taken back is looked for of this object.
    pub(super) undoing: Option<Undoing>,
    /// The last number of a change or a request.
    pub(super) last: u64,
    pub(super) calls: BTreeMap<CallId, (ChangeId, Token)>,
    /// Questions of rights that no change asks.
    pub(super) reviews: BTreeMap<CallId, Right>,
    /// Forwards that are kept, and of which cluster: their objects are read before a person is asked.
    pub(super) reopened: BTreeMap<CallId, (ClusterId, String)>,
    records: BTreeMap<String, (ChangeId, Token)>,
    /// A clock that never goes back, as of the last key or frame.
    at: Duration,
}

impl Changes {
    /// What has to be watched for them: the kinds of their objects, where the objects are, and who may scale what is asked about. Each once,
    /// however many objects there are.
    pub(super) fn wants(&self) -> impl Iterator<Item = Want> {
        let wanted = self.all.values().flat_map(Change::followed).map(|object| {
            let namespace = Some(object.namespace.clone()).filter(|n| !n.is_empty());
            Want { namespace, ..Want::all(object.cluster, object.kind.clone()) }
        });
        wanted.chain(self.undoing.as_ref().and_then(Undoing::want)).collect::<HashSet<_>>().into_iter()
    }

    /// True while one of them is not over.
    pub(super) fn are_live(&self) -> bool {
        self.all.values().any(|c| c.phase != Phase::Over && !c.lasts())
    }

    /// How many are being carried out.
    pub(super) fn running(&self) -> usize {
        self.all.values().filter(|c| c.is_running() && !c.lasts()).count()
    }
}

impl State {
    /// The time on a clock that never goes back, since the program was started.
    pub fn clock(&mut self, at: Duration) {
        self.changes.at = at;
    }

    /// True while the dialog of a change is open.
    pub(super) fn is_changing(&self) -> bool {
        self.changes.open.is_some()
    }

    /// True while changes wait for an answer, or for the journal.
    pub fn is_asking(&self) -> bool {
        let Changes { calls, records, reviews, undoing, reopened, .. } = &self.changes;
        let waits = calls.keys().any(|id| !self.world.lasts(*id));
        waits || !records.is_empty() || !reviews.is_empty() || !reopened.is_empty() || undoing.is_some()
    }

    /// Opens the dialog of a change.
    pub(super) fn wish(&mut self, wish: Wish) {
        if let Some(id) = self.begin_wish(wish) {
            self.changes.open = Some(id);
            self.pump();
        }
    }

    /// Has the server try a change that no dialog is open for: the screen that it is written in shows what it says.
    pub(super) fn try_out(&mut self, wish: Wish) {
        self.forget_draft();
        self.changes.draft = self.begin_wish(wish);
    }

    /// What was tried before is not asked about any more.
    fn forget_draft(&mut self) {
        if let Some(before) = self.changes.draft.take() {
            self.changes.all.remove(&before);
        }
    }

    /// Opens the dialog of a change to these objects of a folder, which has so many folders in it that were not looked into.
    pub(super) fn ask_about(&mut self, verb: &'static Verb, items: Vec<Item>, folders: usize) {
        let id = self.begin(verb, items, "");
        if let Some(change) = self.changes.all.get_mut(&id) {
            change.folders = folders;
        }
        self.changes.open = Some(id);
        self.pump();
    }

    /// Begins what is wished.
    fn begin_wish(&mut self, wish: Wish) -> Option<ChangeId> {
        let Wish { verb, targets, hidden, argument } = wish;
        let verb = actions::verb(verb)?;
        // A text is no argument, and it is one text whatever it is about.
        let text = (verb.name == APPLY.name).then(|| targets.first().cloned()).flatten();
        let id = match text.as_ref() {
            Some(object) => {
                let source = Source { name: object.name.to_string(), text: argument };
                // The screen that it is written in has told of what is wrong.
                self.bundle(object.cluster, &[source]).ok().map(|items| self.begin(verb, items, ""))
            }
            None => {
                let targets = self.aim(verb, targets).map_err(|(object, kind)| self.look_for_keeper(verb, &object, kind)).ok()?;
                self.begin_change(verb, targets.into_iter().map(|t| (t, Given::Nothing)).collect(), &argument)
            }
        }?;
        if let Some(change) = self.changes.all.get_mut(&id) {
            (change.hidden, change.text) = (hidden, text.map(Subject::whole));
        }
        Some(id)
    }

    /// Whoever has the say over it is looked for by the person: among all of that kind, where it is.
    fn look_for_keeper(&mut self, verb: &Verb, object: &ObjectRef, kind: String) {
        let only = Only::Namespace(object.cluster, object.namespace.clone());
        let why = format!("{} is for what has the say over {}: if there is one, it is here", verb.name, object.name);
        let table = Screen::Table(TableOf { only, ..TableOf::all(kind) });
        self.steps(vec![Step::Open(table), Step::Say(Notice::warn(why))]);
    }

    /// Opens the dialog that stores what was written of an object, or a value of it.
    pub(super) fn store(&mut self, draft: Draft) {
        self.changes.open = self.begin_text(draft);
        self.pump();
    }

    /// Has the server try what was written of an object.
    pub(super) fn try_text(&mut self, draft: Draft) {
        self.forget_draft();
        self.changes.draft = self.begin_text(draft);
    }

    fn begin_text(&mut self, draft: Draft) -> Option<ChangeId> {
        let subject = draft.subject.clone();
        let (verb, given) = match subject.key {
            Some(_) => (&SET, Given::Value(draft)),
            None => (&EDIT, Given::Text(draft.text, draft.base)),
        };
        let id = self.begin_change(verb, vec![(subject.object.clone(), given)], "")?;
        if let Some(change) = self.changes.all.get_mut(&id) {
            change.text = Some(subject);
        }
        Some(id)
    }

    /// What a verb is really about, for what it is asked for; or the object of which that is not known, and the kind that would tell.
    fn aim(&self, verb: &Verb, asked: Vec<ObjectRef>) -> Result<Vec<ObjectRef>, (ObjectRef, String)> {
        let On::Keeper(group, resource, _) = verb.on else { return Ok(asked) };
        let mut targets: Vec<ObjectRef> = Vec::new();
        for object in asked {
            let target = verb.target_of(&object, &self.world);
            let target = target.ok_or_else(|| (object, GroupResource::new(group, resource).to_string()))?;
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        Ok(targets)
    }

    /// Begins a change, with what is given for each object.
    pub(super) fn begin_change(&mut self, verb: &'static Verb, targets: Vec<(ObjectRef, Given)>, argument: &str) -> Option<ChangeId> {
        let now = self.world.now;
        let item = |(target, given): (ObjectRef, Given)| match self.world.resource(target.cluster, &target.kind) {
            Found::Kind(resource) => {
                Ok(Item { into: verb.makes_in(&target, &self.world), ..Item::new(target, resource.clone(), given, now) })
            }
            Found::NotYet | Found::Missing => Err(target),
        };
        let items: Result<Vec<Item>, _> = targets.into_iter().map(item).collect();
        match items {
            Ok(items) => Some(self.begin(verb, items, argument)),
            Err(target) => {
                let why = format!("it is not known yet how {} are served there: try again in a moment", target.kind);
                self.say(Notice::warn(why).of(target.cluster));
                None
            }
        }
    }

    /// Begins a change to these objects.
    pub(super) fn begin(&mut self, verb: &'static Verb, items: Vec<Item>, argument: &str) -> ChangeId {
        self.changes.last += 1;
        let id = ChangeId(self.changes.last);
        self.changes.all.insert(id, Change::new(id, verb, items, argument, self.world.now));
        id
    }

    /// Another cluster may be behind a context now: what was asked about the one before is not asked any more, and what has not begun there does
    /// not begin.
    pub(super) fn abandon(&mut self, cluster: ClusterId) {
        let of_it = |change: &Change| change.concerns(cluster);
        self.changes.all.retain(|_, change| change.phase != Phase::Asking || !of_it(change));
        self.changes.all.values_mut().filter(|c| of_it(c) && c.is_running()).for_each(Change::stop);
        if self.changes.open.is_some_and(|id| !self.changes.all.contains_key(&id)) {
            self.changes.open = None;
            self.say(Notice::warn("the context leads elsewhere now: what you were about to change there was let go"));
        }
        self.changes.draft = self.changes.draft.filter(|id| self.changes.all.contains_key(id));
        self.unlocking.forget(cluster);
    }

    /// Has every change ask for what is due, and offers what was looked for, until nothing more is due. Cheap where nothing is.
    pub(super) fn pump(&mut self) {
        self.offer_undo();
        // What has to be on the disk first is asked for before all else.
        self.attend();
        // What one has come to something else may have waited for.
        while self.ask_for_what_is_due() | self.attend() {}
        self.judge();
    }

    /// Has every change ask for what is due. True where one is over by now.
    fn ask_for_what_is_due(&mut self) -> bool {
        let (mut over, mut any) = (Vec::new(), false);
        for change in self.changes.all.values_mut().filter(|c| c.phase != Phase::Over) {
            any = true;
            for ask in change.next(&self.world, &self.changes.guard) {
                match ask {
                    Ask::Call(token, call) => {
                        self.changes.last += 1;
                        let id = CallId(self.changes.last);
                        self.changes.calls.insert(id, (change.id, token));
                        self.effects.push(Effect::Call(id, call));
                    }
                    Ask::Journal(token, deed) => {
                        self.changes.records.insert(deed.id.clone(), (change.id, token));
                        self.effects.push(Effect::Journal(Box::new(deed)));
                    }
                }
            }
            if change.phase == Phase::Over {
                over.push(change.id);
            }
        }
        over.iter().for_each(|id| self.over(*id));
        if any {
            self.list_courses();
        }
        !over.is_empty()
    }

    /// The server has said what it thinks of a text: the screen that it is written in shows it.
    fn judge(&mut self) {
        let Some(id) = self.changes.draft else { return };
        match self.changes.all.get(&id) {
            Some(change) if change.is_previewed() => self.views.iter_mut().for_each(|view| view.judged(change)),
            Some(_) => return,
            None => {}
        }
        self.forget_draft();
        self.dirty = true;
    }

    /// A change is over: whoever has closed its dialog is told.
    fn over(&mut self, id: ChangeId) {
        self.dirty = true;
        let Some(change) = self.changes.all.get(&id) else { return };
        let notice = (self.changes.open != Some(id)).then(|| ui::change::told(change, &self.world));
        if let Some(subject) = change.text.clone() {
            self.views.iter_mut().for_each(|view| view.judged(change));
            let is_stored = change.items.iter().all(Item::is_stored);
            let sent = sent_text(change);
            self.settle_text(subject, sent.as_deref(), is_stored);
        }
        if let Some(notice) = notice {
            self.say(notice);
        }
        if let Some(change) = self.changes.all.get_mut(&id) {
            change.settle();
        }
    }

    /// A request was answered.
    pub(super) fn answered(&mut self, id: CallId, answer: Result<Reply, Failure>) {
        if self.reviewed(id, &answer) || self.reopened(id, &answer) {
            return;
        }
        self.world.forwards.retain(|forward| forward.id != id);
        self.shell_ended(id, &answer);
        let Some((change, token)) = self.changes.calls.remove(&id) else { return };
        if let Some(known) = self.changes.all.get_mut(&change) {
            known.answer(token, answer);
            self.dirty = true;
            self.text_is_stored(change);
            self.pump();
        }
    }

    /// The journal has written a record, or could not.
    pub(super) fn journalled(&mut self, deed: &str, written: Result<(), String>) {
        let Some((change, token)) = self.changes.records.remove(deed) else { return };
        if let Some(change) = self.changes.all.get_mut(&change) {
            change.journalled(token, written, &self.world);
            self.dirty = true;
            self.pump();
        }
    }

    /// A key, where a dialog is open: it has all of them.
    pub(super) fn press(&mut self, key: Key) -> bool {
        let at = self.changes.at;
        let Some(change) = self.changes.open.and_then(|id| self.changes.all.get_mut(&id)) else { return false };
        let press = match (edit_of(key), key.to_string().as_str()) {
            (Some(edit), _) => Press::Edit(edit),
            (None, "enter") => Press::Enter,
            (None, "tab") => Press::Next,
            (None, "shift-tab") => Press::Previous,
            (None, "up") => Press::Up,
            (None, "down") => Press::Down,
            (None, "pgup") => Press::Scroll(-PAGE),
            (None, "pgdn") => Press::Scroll(PAGE),
            (None, "esc" | "ctrl-c") => {
                self.close_change();
                return true;
            }
            _ => return true,
        };
        let scrolls = matches!(press, Press::Up | Press::Down | Press::Scroll(_));
        if change.phase == Phase::Over && !scrolls {
            let (id, again) = (change.id, press == Press::Edit(Edit::Type('A')) && change.has_left());
            self.close_change();
            if again {
                self.again(id);
            }
        } else {
            change.press(press, at, &self.world, &self.changes.guard);
            self.pump();
        }
        true
    }

    /// Closes the dialog. What was confirmed goes on; what was not is forgotten.
    fn close_change(&mut self) {
        if let Some(id) = self.changes.open.take()
            && self.changes.all.get(&id).is_some_and(|c| c.phase == Phase::Asking)
        {
            self.changes.all.remove(&id);
        }
    }

    /// Draws the dialog that is open.
    pub(super) fn draw_change(&mut self, screen: Layout, buf: &mut Buffer) {
        let at = self.changes.at;
        if let Some(change) = self.changes.open.and_then(|id| self.changes.all.get_mut(&id)) {
            change.drawn(at);
            let most = ui::change::draw(change, &self.world, &self.theme, screen.body, buf);
            change.scroll = change.scroll.min(most);
        }
    }
}
