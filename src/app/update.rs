//! The only writer of the state: one message in, the state changed, effects asked for. Synchronous, and without a clock of its own.

use super::state::State;
use crate::actions;
use crate::keymap::{Key, Lookup, Scope};
use crate::model::cell::Health;
use crate::model::id::ClusterId;
use crate::model::msg::Link;
use crate::model::step::{Effect, Motion, Notice, Panes, Reject, Scene, Screen, Step};
use crate::model::time::Timestamp;
use crate::ui::view::View;
use crate::ui::views::clusters::ClustersView;
use crate::ui::views::data::DataView;
use crate::ui::views::document::DocumentView;
use crate::ui::views::edit::EditView;
use crate::ui::views::events::EventsView;
use crate::ui::views::finding::FindingView;
use crate::ui::views::health::HealthView;
use crate::ui::views::help::HelpView;
use crate::ui::views::journal::{JournalView, RecordView};
use crate::ui::views::logs::LogsView;
use crate::ui::views::palette::PaletteView;
use crate::ui::views::problems::ProblemsView;
use crate::ui::views::table::TableView;
use crate::ui::views::undo::UndoView;
use crate::ui::views::workspace::WorkspaceView;
use crate::ui::views::{changes::ChangesView, choice::ChoiceView, forwards::ForwardsView, shells::ShellsView};

/// Rows looked at in one slice of work: far less than a frame's time.
const SLICE: usize = 2_000;

impl State {
    /// A key was pressed.
    pub fn key(&mut self, key: Key) {
        self.dirty = true;
        if self.notice.as_ref().is_some_and(|(n, _)| n.health >= Health::Warn) {
            self.notice = None;
        }
        let scope = self.scope();
        if (scope == Scope::Prompt && self.type_key(key)) || (self.dialog.is_none() && self.press(key)) {
            return;
        }
        self.pressed.push(key);
        let found = match self.keymap.lookup(scope, &self.pressed) {
            Lookup::Prefix => return,
            Lookup::None => None,
            Lookup::Action(binding) => Some((binding.action.clone(), binding.argument.clone().unwrap_or_default())),
        };
        let pressed = std::mem::take(&mut self.pressed);
        match found {
            Some((action, argument)) => self.act(&action, &argument),
            None if scope == Scope::Dialog => self.answer(false),
            None if scope == Scope::Editor && self.type_into(&pressed) => {}
            None => self.unbound(scope, &pressed),
        }
    }

    /// Does what an action asks for, or says why it does not apply.
    pub(super) fn act(&mut self, name: &str, argument: &str) {
        if self.dialog.is_some() {
            return self.answer(name == "enter");
        }
        if name == "enter"
            && let Some(chosen) = self.views.last().and_then(|v| v.chosen()).cloned()
        {
            self.back(true);
            return self.act(&chosen.action, &chosen.argument.unwrap_or_default());
        }
        let Some(action) = actions::find(name) else { return self.say(Notice::warn(format!("there is no action called {name}"))) };
        match (action.run)(&self.scene(), argument) {
            Ok(steps) => self.steps(steps),
            Err(Reject(why)) => self.say(Notice::warn(why)),
        }
    }

    fn answer(&mut self, yes: bool) {
        if let Some(dialog) = self.dialog.take() {
            match dialog.yes {
                // It was asked just now.
                Step::Quit if yes => {
                    let lost: Vec<_> = self.unsaved_secrets().cloned().map(Effect::Forget).collect();
                    self.effects.extend(lost);
                    self.quit = true;
                }
                step if yes => self.step(step),
                _ => self.steps(dialog.no.into_iter().collect()),
            }
        }
    }

    /// A key that does nothing here names the one that would do what it usually does, if there is one.
    fn unbound(&mut self, scope: Scope, pressed: &[Key]) {
        let written: Vec<String> = pressed.iter().map(ToString::to_string).collect();
        let written = written.join(" ");
        let elsewhere = Scope::ALL.into_iter().filter(|s| *s != scope).find_map(|s| match self.keymap.lookup(s, pressed) {
            Lookup::Action(binding) => Some((s, binding.action.clone())),
            Lookup::Prefix | Lookup::None => None,
        });
        let help = self.keymap.keys_of(scope, "help", None).into_iter().next().unwrap_or_else(|| ":help".to_owned());
        let told = match elsewhere {
            Some((s, action)) => match self.keymap.keys_of(scope, &action, None).first() {
                Some(key) => format!("{written} does nothing here; {key} is {action}"),
                None => format!("{written} does nothing here; it is {action} in a {}", s.name()),
            },
            None => format!("{written} does nothing; {help} shows the keys"),
        };
        self.say(Notice::info(told));
    }

    /// What an action is told: the top screen's own scene and what holds for all screens.
    pub(super) fn scene(&self) -> Scene {
        let mut scene = self.views.last().map(|v| v.scene(&self.world)).unwrap_or_default();
        scene.focus = self.world.focus;
        scene.links = scene.cursor.as_ref().map(|c| self.links(&c.object)).unwrap_or_default();
        scene.digits = self.world.clusters.iter().filter_map(|c| Some((c.digit?, c.id))).collect();
        let login =
            |c: &crate::model::cluster::Cluster| matches!(c.fault().map(|f| &f.kind), Some(crate::model::fault::FaultKind::Login(_)));
        let troubled = self.world.open().filter(|c| matches!(c.link, Link::Down { .. }));
        scene.troubled = troubled.map(|c| (c.id, login(c))).collect();
        scene
    }

    pub(super) fn steps(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: Step) {
        self.dirty = true;
        match step {
            Step::Do(effect) => self.effect(effect),
            Step::Open(screen) => self.open(screen),
            Step::Back => self.back(false),
            Step::Discard => self.throw_away(),
            Step::Leave => self.back(true),
            Step::Quit if self.changes.running() > 0 || self.world.open_shells() > 0 || self.unsaved_secrets().next().is_some() => {
                self.ask_to_leave()
            }
            Step::Quit => self.quit = true,
            Step::TakeUp(draft) => self.take_up(draft),
            Step::Ask(prompt) => self.ask(prompt),
            Step::Move(motion) => self.motion(motion),
            Step::Stroke(stroke) => self.stroke(stroke),
            Step::Say(notice) => self.say(notice),
            Step::Focus(cluster) => self.focus(cluster),
            Step::Namespaces(namespaces) => {
                self.world.namespaces = namespaces;
                self.refresh();
            }
            Step::Change(wish) => self.wish(wish),
            Step::Apply(asked) => self.apply(asked),
            Step::New(asked) => self.begin_new(asked),
            Step::Store(draft) => self.store(draft),
            Step::Undo(object) => self.undo(object),
            Step::TakeBack(object, from) => self.take_back(object, from),
            Step::Steer(id, steer) => self.steer(id, steer),
            Step::Reopen(name) => self.reopen(&name),
            Step::Unlock(asked) => self.unlock(asked),
            Step::Lock(cluster) => self.lock(&cluster),
            Step::Panes(asked) => self.panes(asked),
            Step::HandOver => self.hand_over(),
            Step::Save(how) => self.save(how),
            Step::Tee(asked) => self.tee(asked),
            Step::Sort(title) => {
                if let Some(view) = self.views.last_mut() {
                    view.sort(&self.world, &title);
                }
            }
        }
    }

    /// Something happens to the panes of the top screen.
    fn panes(&mut self, asked: Panes) {
        let steps = self.views.last_mut().map(|v| v.arrange_panes(&self.world, asked)).unwrap_or_default();
        self.steps(steps);
    }

    fn motion(&mut self, motion: Motion) {
        if let Some(view) = self.views.last_mut() {
            view.act(&self.world, motion);
        }
    }

    /// Opens a cluster.
    pub fn connect(&mut self, id: ClusterId) {
        self.effect(Effect::Connect(id));
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        if let Effect::Connect(id) = effect
            && let Some(notice) = self.twin_notice(id)
        {
            return self.say(notice);
        }
        match &effect {
            Effect::Connect(id) => self.opened(*id),
            Effect::Disconnect(id) => self.closed(*id),
            Effect::SaveLayout(name, layout) => {
                self.world.layouts.named.insert(name.clone(), layout.clone());
                self.world.layouts.last = Some(name.clone());
                self.say(Notice::info(format!("saved; layout {name} brings these panes back, and so does the next start")));
            }
            Effect::UseLayout(name) => self.world.layouts.last.clone_from(name),
            Effect::KeepForward(name, saved) => self.keep_forward(name, saved.as_ref()),
            _ => {}
        }
        if let Effect::Copy(text) = &effect {
            let what = if text.contains('\n') { format!("{} lines", text.lines().count()) } else { text.clone() };
            self.say(Notice::info(format!("copied {what}")));
        }
        self.effects.push(effect);
    }

    /// Forgets what ran for a cluster and connects it anew, since its context is another now.
    pub(super) fn reconnect(&mut self, id: ClusterId) {
        for watch in self.watches.forget(id) {
            self.end_watch(watch);
        }
        let focus = self.world.focus;
        self.effects.push(Effect::Disconnect(id));
        self.closed(id);
        if let Some(cluster) = self.world.cluster_mut(id) {
            (cluster.user, cluster.identity, cluster.catalog) = (None, None, None);
            // Another cluster may be behind it now: that one was not meant.
            cluster.unlocked = None;
        }
        self.abandon(id);
        self.effect(Effect::Connect(id));
        self.look_at(focus);
    }

    fn opened(&mut self, id: ClusterId) {
        let now = self.world.now;
        if let Some(cluster) = self.world.cluster_mut(id).filter(|c| !c.open) {
            cluster.open = true;
            cluster.session = cluster.session.next();
            cluster.link = Link::Connecting;
            cluster.since = now;
        }
        self.refresh();
    }

    fn closed(&mut self, id: ClusterId) {
        if let Some(cluster) = self.world.cluster_mut(id) {
            cluster.open = false;
            cluster.link = Link::Closed;
        }
        self.world.rights.forget(id);
        if self.world.focus == Some(id) {
            self.world.focus = None;
        }
        self.refresh();
    }

    /// Looks at one cluster, and opens it if nobody had; or at all of them.
    fn focus(&mut self, cluster: Option<ClusterId>) {
        if let Some(id) = cluster
            && self.world.cluster(id).is_some_and(|c| !c.open)
        {
            self.effect(Effect::Connect(id));
        }
        self.look_at(cluster);
    }

    /// Looks at one cluster or at all of them. One that was refused is not looked at: there would be nothing to see.
    fn look_at(&mut self, cluster: Option<ClusterId>) {
        self.world.focus = cluster.filter(|id| self.world.cluster(*id).is_some_and(|c| c.open));
        self.refresh();
    }

    /// Opens a screen over those that are open. There is one overview: going to it closes what is over it.
    fn open(&mut self, screen: Screen) {
        if screen == Screen::Overview
            && let Some(at) = self.views.iter().position(|v| v.panes().is_some())
        {
            self.views.split_off(at + 1).into_iter().for_each(|view| self.closes(view));
            return self.refresh();
        }
        if let Screen::Edit(subject, _) | Screen::New(subject, _) = &screen {
            self.effects.push(Effect::Recall(subject.clone()));
        }
        let view = self.view(screen);
        self.views.push(view);
        self.ask_rights();
    }

    /// A screen as it is at first.
    pub(super) fn view(&mut self, screen: Screen) -> Box<dyn View> {
        let below = self.views.last().map_or(Scope::Everywhere, |v| v.scope());
        match screen {
            Screen::Overview => Box::new(WorkspaceView::new(&self.world)),
            Screen::Table(of) => Box::new(TableView::new(&self.world, of)),
            Screen::Document(object, form) => Box::new(DocumentView::new(object, form)),
            Screen::Edit(subject, outside) => Box::new(EditView::new(subject, outside)),
            Screen::New(subject, text) => Box::new(EditView::of_new(subject, text)),
            Screen::Problems(title, problems) => Box::new(ProblemsView::new(title, problems)),
            Screen::Templates => Box::new(ChoiceView::templates()),
            Screen::Data(object) => Box::new(DataView::new(object)),
            Screen::Clusters(on) => Box::new(ClustersView::on(&self.world, on.or(self.world.focus))),
            Screen::Health => Box::new(HealthView::default()),
            Screen::Finding(cluster, cause) => Box::new(FindingView::new(cluster, cause)),
            Screen::Changes => Box::new(ChangesView::default()),
            Screen::Forwards => Box::new(ForwardsView::default()),
            Screen::Shells => Box::new(ShellsView::default()),
            Screen::Journal => Box::new(JournalView::default()),
            Screen::Undo(object, pasts) => Box::new(UndoView::new(object, pasts)),
            Screen::Record(record) => Box::new(RecordView::new(*record)),
            Screen::Logs(of) => Box::new(LogsView::new(&self.world, of, self.tails.reader(), self.config.log_memory)),
            Screen::Warnings => Box::new(EventsView::new(&self.world)),
            Screen::Help => Box::new(HelpView::new(below, &self.keymap).telling(self.views.last().and_then(|v| v.narrows()))),
            Screen::Links(links) => Box::new(ChoiceView::links(links)),
            Screen::Actions => Box::new(
                PaletteView::new(self.scene(), below, &self.keymap).knowing(&self.world, |verb, targets| self.refused(verb, targets)),
            ),
        }
    }

    /// Closes what is open, innermost first. At the root, whoever wants to leave is asked.
    fn back(&mut self, leave: bool) {
        if self.prompt.is_some() {
            return self.close_prompt();
        }
        let filtered = self.views.last().is_some_and(|v| !v.filter().is_empty());
        if filtered && !leave {
            if let Some(view) = self.views.last_mut() {
                // An empty filter is never refused.
                let _ = view.set_filter(&self.world, "");
            }
        } else if self.views.last_mut().is_some_and(|v| v.back()) {
            self.dirty = true;
        } else if self.views.len() > 1 {
            if !self.asks_to_discard() {
                self.discard();
            }
        } else if leave {
            self.ask_to_leave();
        }
    }

    /// Closes the top screen, whatever is in it.
    pub(super) fn discard(&mut self) {
        if self.views.len() > 1 {
            self.views.pop().into_iter().for_each(|view| self.closes(view));
            self.refresh();
        }
    }

    /// The mouse was clicked.
    pub fn click(&mut self, x: u16, y: u16) {
        let inside = y >= self.body.y && y < self.body.bottom();
        // What is typed belongs to where the keys are: they do not go elsewhere meanwhile. Nor does what a dialog lies over move.
        let is_free = self.dialog.is_none() && self.prompt.is_none() && !self.is_changing();
        if let Some(view) = self.views.last_mut().filter(|_| inside && is_free) {
            view.click(&self.world, x, y);
            self.dirty = true;
        }
    }

    /// The wheel was turned by so many lines.
    pub fn wheel(&mut self, x: u16, y: u16, lines: i16) {
        let motion = if lines < 0 { Motion::Up } else { Motion::Down };
        let is_free = !self.is_changing();
        if let Some(view) = self.views.last_mut().filter(|_| is_free) {
            (0..lines.unsigned_abs()).for_each(|_| view.wheel(&self.world, x, y, motion));
        }
        self.dirty = true;
    }

    /// The clock moved on.
    pub fn tick(&mut self, now: Timestamp) {
        self.world.now = now;
        self.board.tick(now);
        for view in &mut self.views {
            view.tick(&self.world);
        }
        self.pour(false);
        self.discover_due();
        self.try_draft();
        self.relock();
        self.pump();
        self.expire();
        self.dirty = true;
    }

    /// Does a slice of what was put off; true once nothing is left.
    pub fn work(&mut self) -> bool {
        let mut done = self.board.work(&mut self.world, SLICE);
        for view in &mut self.views {
            done &= view.work(&self.world, SLICE);
        }
        self.dirty |= done;
        done
    }
}
