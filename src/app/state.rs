//! Everything that the screen is drawn from. Owned by the loop, written only by `update`, shared with nobody.

use super::changes::Changes;
use super::config::Config;
use super::debug::Debugging;
use super::discovery::Discovery;
use super::tails::Tails;
use super::unlock::Unlocking;
pub use super::watches::Order;
use super::watches::Watches;
use crate::health::board::Board;
use crate::keymap::{Key, Keymap, Scope};
use crate::kinds;
use crate::model::cell::Health;
use crate::model::id::WatchId;
use crate::model::step::{Effect, Notice, Step};
use crate::model::time::Timestamp;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui;
use crate::ui::footer::Hinted;
use crate::ui::prompt::Line;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// How long a message stays, in seconds; worse ones stay until a key is pressed.
const NOTICE: i64 = 6;

/// A question that has to be answered before anything else.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialog {
    /// The question.
    pub text: String,
    /// What happens on yes.
    pub yes: Step,
    /// What happens on any other answer.
    pub no: Option<Step>,
}

/// The state of the program.
pub struct State {
    /// What we know.
    pub world: World,
    /// The config in force.
    pub config: Config,
    /// The keys in force.
    pub keymap: Keymap,
    /// The looks in force.
    pub theme: Theme,
    /// The screens, one over the other. The first is there as long as the program.
    pub(super) views: Vec<Box<dyn View>>,
    /// Keys of a chord that is not complete.
    pub(super) pressed: Vec<Key>,
    /// The line that is typed into.
    pub(super) prompt: Option<Line>,
    /// The question that is asked.
    pub(super) dialog: Option<Dialog>,
    /// The last message, and when it was said.
    pub(super) notice: Option<(Notice, Timestamp)>,
    pub(super) watches: Watches,
    pub(super) tails: Tails,
    /// Whose lines are kept as they come.
    pub(super) tees: BTreeSet<u64>,
    pub(super) board: Board,
    pub(super) discovery: Discovery,
    pub(super) changes: Changes,
    /// Pods that were made for debugging; `None` while they are attended to.
    pub(super) debugging: Option<Vec<Debugging>>,
    pub(super) unlocking: Unlocking,
    pub(super) effects: Vec<Effect>,
    pub(super) dirty: bool,
    pub(super) quit: bool,
    /// The area between the first and the last line, as it was drawn last.
    pub(super) body: Rect,
}

impl State {
    /// A state without a screen yet.
    pub fn new(world: World, config: Config, keymap: Keymap, theme: Theme) -> Self {
        let board = Board::new(config.health.clone());
        let mut state = Self {
            world,
            config,
            keymap: Keymap::default(),
            theme,
            views: Vec::new(),
            pressed: Vec::new(),
            prompt: None,
            dialog: None,
            notice: None,
            watches: Watches::default(),
            tails: Tails::default(),
            tees: BTreeSet::new(),
            board,
            discovery: Discovery::default(),
            changes: Changes::default(),
            debugging: Some(Vec::new()),
            unlocking: Unlocking::default(),
            effects: Vec::new(),
            dirty: true,
            quit: false,
            body: Rect::ZERO,
        };
        state.use_keymap(keymap);
        state.use_guard();
        state
    }

    /// Other keys are in force from now on.
    pub(super) fn use_keymap(&mut self, keymap: Keymap) {
        self.world.keys = keymap.first_keys(Scope::Document);
        self.world.keys.extend(keymap.first_keys(Scope::Table));
        self.keymap = keymap;
    }

    /// Opens a screen over those that are open.
    pub fn push(&mut self, view: Box<dyn View>) {
        self.views.push(view);
        self.dirty = true;
    }

    /// Asks something.
    pub fn question(&mut self, dialog: Dialog) {
        self.dialog = Some(dialog);
        self.dirty = true;
    }

    /// The program is to end.
    pub fn leave(&mut self) {
        self.quit = true;
    }

    /// What is on the screen is not known any more: it is drawn again.
    pub fn touch(&mut self) {
        self.dirty = true;
    }

    /// True where the screen may differ from what was drawn last.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// True while something was put off that [`State::work`] does.
    pub fn is_working(&self) -> bool {
        self.board.is_working() || self.views.iter().any(|v| v.is_working())
    }

    /// True once the program is to end.
    pub fn is_over(&self) -> bool {
        self.quit
    }

    /// What the world is to do, since this was asked last.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// True where the world has something to do by now.
    pub fn is_due(&self) -> bool {
        !self.effects.is_empty()
    }

    /// What has to be started and stopped for the screens to have what they want.
    pub fn reconcile(&mut self) -> Vec<Order> {
        let of_views = self.views.iter().flat_map(|v| v.wants(&self.world));
        let wants: Vec<Want> = of_views.chain(self.changes.wants()).chain(self.wants_of_debugging()).collect();
        let orders = self.watches.reconcile(&self.world, &wants);
        for order in &orders {
            match order {
                Order::Start(id, want, _) => {
                    let columns = kinds::find(&want.kind).map(kinds::Kind::columns).unwrap_or_default();
                    self.world.begin(*id, want.clone(), columns);
                }
                Order::Stop(id) => self.end_watch(*id),
            }
        }
        if !orders.is_empty() {
            self.refresh();
        }
        orders
    }

    /// Forgets what a watch brought, and what was found by it.
    pub(super) fn end_watch(&mut self, id: WatchId) {
        self.board.ends(&self.world, id);
        self.world.end(id);
    }

    /// Tells all screens that what is looked at has changed.
    pub(super) fn refresh(&mut self) {
        for view in &mut self.views {
            view.refresh(&self.world);
        }
        self.dirty = true;
    }

    /// True where the screen may differ from what was drawn last; from now on it does not.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// Says something.
    pub fn say(&mut self, notice: Notice) {
        self.notice = Some((notice, self.world.now));
        self.dirty = true;
    }

    /// The scope that keys are looked up in.
    pub(super) fn scope(&self) -> Scope {
        match (&self.dialog, &self.prompt, self.views.last()) {
            (Some(_), ..) => Scope::Dialog,
            (None, Some(_), _) => Scope::Prompt,
            (None, None, Some(view)) => view.scope(),
            (None, None, None) => Scope::Everywhere,
        }
    }

    /// In how many seconds the clock alone changes the screen.
    pub fn next_tick(&self) -> i64 {
        let view = self.views.last().and_then(|v| v.next_tick(&self.world)).unwrap_or(60);
        let clock = 60 - self.world.now.0.rem_euclid(60);
        let due = self.board.next_tick().map_or(60, |at| at.0 - self.world.now.0);
        let waiting = self.changes.are_live()
            || self.is_unlocked()
            || self.notice.is_some()
            || !self.tees.is_empty()
            || self.discovery.is_waiting()
            || self.world.tables.values().any(|t| t.retry_at.is_some());
        if waiting { 1 } else { view.min(clock).min(due).max(1) }
    }

    /// Forgets a message that was there long enough.
    pub(super) fn expire(&mut self) {
        let over = |(notice, at): &(Notice, Timestamp)| notice.health < Health::Warn && at.age(self.world.now) >= NOTICE;
        if self.notice.as_ref().is_some_and(over) {
            self.notice = None;
        }
    }

    /// Draws everything.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer) {
        self.world.findings.settle();
        let screen = ui::layout(area, &self.world);
        self.body = screen.body;
        text::paint(buf, area, self.theme.style(Role::Screen));
        if self.world.clusters.is_empty() && self.views.len() <= 1 {
            ui::welcome::draw(&self.world, &self.theme, screen.body, buf);
        } else if let Some(view) = self.views.last_mut() {
            view.arrange(&self.world, screen.body);
            view.draw(&self.world, &self.theme, screen.body, buf);
        }
        ui::header::draw(&self.world, &self.theme, screen.header, buf);
        ui::footer::demo(&self.world, &self.theme, screen.demo, buf);
        self.draw_change(screen, buf);
        let top = self.views.last();
        let hinted = Hinted {
            scope: top.map_or(Scope::Everywhere, |v| v.scope()),
            title: top.map(|v| v.title()).unwrap_or_default(),
            panes: top.and_then(|v| v.panes()),
            is_choice: top.is_some_and(|v| v.is_choice()),
            narrows: top.and_then(|v| v.narrows()).map(|(word, _)| word),
        };
        match (&self.dialog, &self.prompt, &self.notice) {
            (Some(dialog), ..) => ui::footer::question(&dialog.text, &self.theme, screen.footer, buf),
            (None, Some(line), _) => line.draw(&self.theme, screen, buf),
            (None, None, Some((notice, _))) => ui::footer::notice(&self.world, notice, &self.theme, screen.footer, buf),
            (None, None, None) => ui::footer::hints(&self.keymap, &hinted, &self.pressed, &self.theme, screen.footer, buf),
        }
    }
}
