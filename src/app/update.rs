//! The only writer of the state: one message in, the state changed, effects asked for. Synchronous, and without a clock of its own.

use super::goto;
use super::state::{Dialog, State};
use crate::actions;
use crate::keymap::{Key, Lookup, Scope};
use crate::model::cell::Health;
use crate::model::id::{ClusterId, WatchId};
use crate::model::msg::{ClusterNews, Delta, Link, Msg, News, Sync};
use crate::model::step::{Effect, Motion, Notice, Prompt, Reject, Scene, Screen, Step};
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::ui::prompt::{Edit, Line};
use crate::ui::view::View;
use crate::ui::views::table::TableView;

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
        if scope == Scope::Prompt && self.type_key(key) {
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
            None if scope == Scope::Dialog => self.dialog = None,
            None => self.unbound(scope, &pressed),
        }
    }

    /// Does what an action asks for, or says why it does not apply.
    pub(super) fn act(&mut self, name: &str, argument: &str) {
        if self.dialog.is_some() {
            return self.answer(name);
        }
        let Some(action) = actions::find(name) else { return self.say(Notice::warn(format!("there is no action called {name}"))) };
        match (action.run)(&self.scene(), argument) {
            Ok(steps) => self.steps(steps),
            Err(Reject(why)) => self.say(Notice::warn(why)),
        }
    }

    fn answer(&mut self, action: &str) {
        let dialog = self.dialog.take();
        if action == "enter"
            && let Some(dialog) = dialog
        {
            self.steps(vec![dialog.yes]);
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
        scene.digits = self.world.clusters.iter().filter_map(|c| Some((c.digit?, c.id))).collect();
        let login = |c: &crate::model::cluster::Cluster| matches!(c.fault().map(|f| &f.kind), Some(crate::model::fault::FaultKind::Login(_)));
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
            Step::Leave => self.back(true),
            Step::Quit => self.quit = true,
            Step::Ask(prompt) => self.ask(prompt),
            Step::Move(motion) => self.motion(motion),
            Step::Say(notice) => self.say(notice),
            Step::Focus(cluster) => self.focus(cluster),
            Step::Namespaces(namespaces) => {
                self.world.namespaces = namespaces;
                self.refresh();
            }
            Step::Sort(title) => {
                if let Some(view) = self.views.last_mut() {
                    view.sort(&self.world, &title);
                }
            }
        }
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

    fn effect(&mut self, effect: Effect) {
        match &effect {
            Effect::Connect(id) => self.opened(*id),
            Effect::Disconnect(id) => self.closed(*id),
            _ => {}
        }
        if let Effect::Copy(text) = &effect {
            self.say(Notice::info(format!("copied {} characters", text.chars().count())));
        }
        self.effects.push(effect);
    }

    fn opened(&mut self, id: ClusterId) {
        let now = self.world.now;
        if let Some(cluster) = self.world.cluster_mut(id).filter(|c| !c.open) {
            cluster.open = true;
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
        if self.world.focus == Some(id) {
            self.world.focus = None;
        }
        self.refresh();
    }

    /// Looks at one cluster, and opens it if nobody had; or at all of them.
    fn focus(&mut self, cluster: Option<ClusterId>) {
        self.world.focus = cluster;
        if let Some(id) = cluster
            && self.world.cluster(id).is_some_and(|c| !c.open)
        {
            self.effect(Effect::Connect(id));
        }
        self.refresh();
    }

    fn open(&mut self, screen: Screen) {
        let below = self.views.last().map_or(Scope::Everywhere, |v| v.scope());
        let view: Box<dyn View> = match screen {
            Screen::Table(of) => Box::new(TableView::new(&self.world, of)),
            Screen::Document(..) | Screen::Clusters | Screen::Help | Screen::Actions => {
                let _ = below;
                return self.say(Notice::info("this screen is not there yet"));
            }
        };
        self.views.push(view);
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
        } else if self.views.len() > 1 {
            self.views.pop();
            self.refresh();
        } else if leave {
            self.dialog = Some(Dialog { text: "Leave kconsole?".to_owned(), yes: Step::Quit });
        }
    }

    fn ask(&mut self, prompt: Prompt) {
        let text = match prompt {
            Prompt::Filter => self.views.last().map(|v| v.filter().to_owned()).unwrap_or_default(),
            Prompt::Goto => String::new(),
        };
        self.prompt = Some(Line::new(prompt, &text));
        self.typed();
    }

    /// Gives the filter back that was there before the prompt was opened.
    fn close_prompt(&mut self) {
        if let Some(line) = self.prompt.take()
            && line.prompt == Prompt::Filter
            && let Some(view) = self.views.last_mut()
        {
            // It was in force before.
            let _ = view.set_filter(&self.world, &line.before);
        }
    }

    /// A key in the prompt. False where it is none of the prompt's.
    fn type_key(&mut self, key: Key) -> bool {
        let Some(line) = &mut self.prompt else { return false };
        if let Some(edit) = edit_of(key) {
            if line.edit(edit) {
                self.typed();
            }
            return true;
        }
        match key.to_string().as_str() {
            "enter" => self.enter_prompt(),
            "tab" => self.complete(),
            "down" => line.choose(1),
            "up" | "shift-tab" => line.choose(-1),
            "esc" | "ctrl-c" => self.close_prompt(),
            _ => return false,
        }
        true
    }

    /// The text of the prompt is another: a filter takes force while it is typed.
    fn typed(&mut self) {
        let Some(line) = &mut self.prompt else { return };
        line.error = None;
        line.chosen = None;
        match line.prompt {
            Prompt::Goto => line.completions = goto::complete(&self.world, &self.config.aliases, line.text()),
            Prompt::Filter => {
                if let Some(view) = self.views.last_mut()
                    && let Err(bad) = view.set_filter(&self.world, line.text())
                {
                    line.error = Some(bad.why);
                }
            }
        }
    }

    fn complete(&mut self) {
        if let Some(line) = &mut self.prompt
            && let Some(completion) = line.completion().map(str::to_owned)
        {
            line.set(&completion);
            self.typed();
        }
    }

    fn enter_prompt(&mut self) {
        let Some(line) = &mut self.prompt else { return };
        match line.prompt {
            Prompt::Filter if line.error.is_some() => {}
            Prompt::Filter => self.prompt = None,
            Prompt::Goto => {
                let text = line.chosen.and_then(|_| line.completion()).unwrap_or(line.text()).to_owned();
                match goto::read(&self.world, &self.config.aliases, &text) {
                    Ok(goto::Go::Steps(steps)) => {
                        self.prompt = None;
                        self.steps(steps);
                    }
                    Ok(goto::Go::Action(name, argument)) => {
                        self.prompt = None;
                        self.act(&name, &argument);
                    }
                    Err(why) => line.error = Some(why),
                }
            }
        }
    }

    /// Text was pasted: it is text, never keys.
    pub fn paste(&mut self, text: &str) {
        match &mut self.prompt {
            Some(line) => {
                line.paste(text);
                self.typed();
            }
            None => self.say(Notice::info("pasted text goes into a filter (/) or the : line; here it does nothing")),
        }
        self.dirty = true;
    }

    /// The mouse was clicked.
    pub fn click(&mut self, x: u16, y: u16) {
        let inside = y >= self.body.y && y < self.body.bottom();
        if let Some(view) = self.views.last_mut().filter(|_| inside && self.dialog.is_none()) {
            view.click(&self.world, x, y);
            self.dirty = true;
        }
    }

    /// The wheel was turned by so many lines.
    pub fn wheel(&mut self, lines: i16) {
        for _ in 0..lines.unsigned_abs() {
            self.motion(if lines < 0 { Motion::Up } else { Motion::Down });
        }
        self.dirty = true;
    }

    /// The clock moved on.
    pub fn tick(&mut self, now: Timestamp) {
        self.world.now = now;
        self.expire();
        self.dirty = true;
    }

    /// Does a slice of what was put off; true once nothing is left.
    pub fn work(&mut self) -> bool {
        let mut done = true;
        for view in &mut self.views {
            done &= view.work(&self.world, SLICE);
        }
        self.dirty |= done;
        done
    }

    /// The world says something.
    pub fn message(&mut self, msg: Msg) {
        match msg {
            Msg::Watch(id, News::Delta(delta)) => self.delta(id, delta),
            Msg::Watch(id, News::Sync(sync)) => self.sync(id, sync),
            Msg::Watch(id, News::Object(json)) => {
                if let Some(object) = self.world.objects.get_mut(&id) {
                    object.gone = json.is_none();
                    object.json = json.or(object.json.take());
                    object.changes += 1;
                    self.refresh();
                }
            }
            Msg::Cluster(id, news) => self.cluster(id, news),
        }
    }

    fn delta(&mut self, id: WatchId, delta: Delta) {
        // Of a watch that was ended: its table is gone.
        let Some(table) = self.world.tables.get(&id) else { return };
        let (touched, columns) = (table.touched_by(&delta), delta.columns.is_some());
        for view in &mut self.views {
            view.before(&self.world, id, &touched);
        }
        let changed = self.world.tables.get_mut(&id).map(|t| t.apply(delta)).unwrap_or_default();
        for view in &mut self.views {
            view.after(&self.world, id, &changed);
        }
        if columns {
            self.refresh();
        }
        self.dirty = true;
    }

    fn sync(&mut self, id: WatchId, sync: Sync) {
        let now = self.world.now;
        if let Some(table) = self.world.tables.get_mut(&id) {
            table.set_sync(sync, now);
        } else if let Some(object) = self.world.objects.get_mut(&id) {
            object.sync = sync;
            object.changes += 1;
        }
        self.refresh();
    }

    fn cluster(&mut self, id: ClusterId, news: ClusterNews) {
        let now = self.world.now;
        let Some(cluster) = self.world.cluster_mut(id).filter(|c| c.open) else { return };
        match news {
            ClusterNews::Traffic(traffic) => cluster.traffic = traffic,
            ClusterNews::User(user) => cluster.user = Some(user),
            ClusterNews::Server(server) => {
                let provider = server.provider.clone().or(cluster.about.provider.take());
                cluster.about = server;
                cluster.about.provider = provider;
            }
            ClusterNews::Link(link) => {
                if std::mem::discriminant(&link) != std::mem::discriminant(&cluster.link) {
                    cluster.since = now;
                    self.dirty = true;
                }
                let retry_in = if let Link::Down { retry_in, .. } = &link { *retry_in } else { None };
                cluster.retry_at = retry_in.map(|d| Timestamp(now.0 + d.as_secs() as i64));
                // While a connection is tried again, the reason why there is none stays on the screen.
                if !(matches!(link, Link::Connecting) && matches!(cluster.link, Link::Down { .. })) {
                    cluster.link = link;
                }
            }
            ClusterNews::Catalog(catalog) => {
                cluster.catalog = Some(catalog);
                self.refresh();
            }
            ClusterNews::Identity(uid) => {
                cluster.identity = Some(uid);
                self.same_cluster(id);
            }
        }
    }

    /// A cluster that is open under another name already is closed again: no pod may show twice.
    fn same_cluster(&mut self, id: ClusterId) {
        let twin = twin(&self.world, id);
        if let Some((twin, user)) = twin {
            let name = self.world.name(id).to_owned();
            self.effect(Effect::Disconnect(id));
            self.say(Notice::warn(format!("{name} is the same cluster as {twin}, which is open as {user}; to change the user, close {twin} first (C, then space)")).of(id));
        }
    }
}

/// Another open cluster with the same kube-system.
fn twin(world: &World, id: ClusterId) -> Option<(String, String)> {
    let identity = world.cluster(id)?.identity?;
    let twin = world.open().find(|c| c.id != id && c.identity == Some(identity))?;
    Some((twin.name.clone(), twin.user.clone().unwrap_or_else(|| "another user".to_owned())))
}

/// What a key does to a line that is typed.
fn edit_of(key: Key) -> Option<Edit> {
    if let Some(c) = key.typed() {
        return Some(Edit::Type(c));
    }
    Some(match key.to_string().as_str() {
        "space" => Edit::Type(' '),
        "backspace" | "ctrl-h" => Edit::Backspace,
        "delete" | "ctrl-d" => Edit::Delete,
        "ctrl-w" | "alt-backspace" => Edit::Word,
        "ctrl-u" => Edit::Clear,
        "left" | "ctrl-b" => Edit::Left,
        "right" | "ctrl-f" => Edit::Right,
        "home" | "ctrl-a" => Edit::Home,
        "end" | "ctrl-e" => Edit::End,
        _ => return None,
    })
}
