//! The state and the world it asks things of: carries effects out and makes running watches equal the wants. With a screen or without.

use super::cli::Flags;
use super::files::{Own, Paths};
use super::forwards;
use super::journal::{self, Journal};
use super::layouts;
use super::leftovers::Leftovers;
use super::manifests;
use super::reload::{Reader, Reload};
use super::saves::Tees;
use super::session;
use super::shells::Session;
use super::startup::Setup;
use super::state::State;
use super::tails::Pull;
use super::texts;
use super::watches::Order;
use crate::k8s::connect::Settings;
use crate::k8s::contexts::ContextConnector;
use crate::k8s::copy::Course;
use crate::k8s::credential::Credentials;
use crate::k8s::kubeconfig::{Context, Sources};
use crate::k8s::link::Link;
use crate::k8s::session::Sessions;
use crate::model::call::{CallId, Method, Reply};
use crate::model::draft::{Draft, Subject};
use crate::model::forward::Saved;
use crate::model::id::ClusterId;
use crate::model::layout::{Layout, Layouts};
use crate::model::msg::Msg;
use crate::model::step::{Effect, Notice};
use crate::model::world::World;
use crate::ui::view::View;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Messages that may wait for the loop. Watches gather what has no room here by object, so more would only add delay.
const INBOX: usize = 64;
/// How long data may be applied before the keyboard is looked at again.
const SLICE: Duration = Duration::from_millis(4);

/// A running program.
pub struct Program {
    /// What the screen is drawn from.
    pub state: State,
    /// Where our files are.
    pub paths: Paths,
    /// The contexts, by cluster.
    pub contexts: Vec<Arc<Context>>,
    /// The flags of the command line, which overrule the config.
    pub flags: Flags,
    /// What is wrong in the files as they are now.
    pub problems: Vec<String>,
    sources: Sources,
    files: Vec<PathBuf>,
    credentials: Credentials,
    settings: Arc<Settings>,
    pub(super) sessions: Sessions,
    /// Copies that are under way, for whoever ends one.
    pub(super) courses: BTreeMap<CallId, Arc<Course>>,
    /// Shells that are open.
    pub(super) shells: BTreeMap<CallId, Session>,
    inbox: mpsc::Receiver<Msg>,
    /// For what is read beside the loop.
    pub(super) out: mpsc::Sender<Msg>,
    /// Dropped after the inbox: what it still writes waits for nobody to be told.
    journal: Journal,
    pub(super) tees: Tees,
    pub(super) leftovers: Leftovers,
    /// Nothing but rows has changed since wants were last compared with what runs.
    settled: bool,
}

/// Hands on what the demo fleet tells of itself.
async fn forward(mut told: mpsc::Receiver<Notice>, out: mpsc::Sender<Msg>) {
    while let Some(notice) = told.recv().await {
        if out.send(Msg::Demo(notice)).await.is_err() {
            return;
        }
    }
}

impl Program {
    /// A program that opens the chosen clusters and shows this screen first. Needs a runtime.
    pub fn new(setup: Setup, root: impl FnOnce(&mut State) -> Box<dyn View>) -> Self {
        let (out, inbox) = mpsc::channel(INBOX);
        let Setup { flags, paths, own, sources, contexts, chosen, world, settings, files, problems, demo } = setup;
        let Own { config, keymap, theme, problems: _ } = own;
        let shown = |path: &PathBuf| path.display().to_string();
        let world = World { texts: shown(&paths.texts), secret_texts: paths.secret_texts.as_ref().map(shown), ..world };
        let mut state = State::new(world, config, keymap, theme);
        for id in chosen {
            state.connect(id);
        }
        if let Some(told) = demo {
            tokio::spawn(forward(told, out.clone()));
        }
        let root = root(&mut state);
        state.push(root);
        let credentials = Credentials::new(std::env::var_os("PATH"));
        let place = journal::place(&paths, flags.journal.as_deref(), &state.config.journal);
        let journal = Journal::new(place, out.clone());
        let sessions = Sessions::new(Handle::current(), out.clone());
        let (tees, settled) = (Tees::new(), false);
        let leftovers = Leftovers::new(&paths.debugging);
        Self {
            state,
            paths,
            contexts,
            flags,
            problems,
            sources,
            files,
            credentials,
            settings,
            sessions,
            courses: BTreeMap::new(),
            shells: BTreeMap::new(),
            inbox,
            out,
            journal,
            tees,
            leftovers,
            settled,
        }
    }

    /// Begins to notice edits of all files that were read.
    pub fn watch_files(&self) -> Reload {
        let State { config, keymap, theme, .. } = &self.state;
        let own = Own { config: config.clone(), keymap: keymap.clone(), theme: theme.clone(), problems: Vec::new() };
        let reader = Reader { paths: self.paths.clone(), flags: self.flags.clone(), sources: self.sources.clone(), own };
        Reload::start(reader, self.files.clone())
    }

    /// Uses the keys of this name, now and in later runs.
    pub fn use_keymap(&mut self, name: &str) {
        if let Err(error) = session::change(&self.paths, |session| session.keymap = Some(name.to_owned())) {
            self.state.say(Notice::warn(format!("{}: {error}; put keymap: {name} into the config", self.paths.session.display())));
        }
        self.flags.keymap = Some(name.to_owned());
        let own = Own::read(&self.paths, &self.flags, None);
        self.state.use_keymap(own.keymap);
        self.state.touch();
    }

    /// Carries out what the state asks for, but for what needs the terminal: that is returned.
    pub fn perform(&mut self) -> Vec<Effect> {
        self.settled = false;
        self.perform_framed()
    }

    /// The same where frames are drawn: rows change hundreds of times a second, and what they make wanted is asked for with the frame that shows
    /// them.
    pub fn perform_framed(&mut self) -> Vec<Effect> {
        let mut left = Vec::new();
        for effect in self.state.take_effects() {
            match effect {
                Effect::Connect(id) => self.connect(id),
                Effect::Disconnect(id) => self.disconnect(id),
                Effect::Retry(id) => self.sessions.retry(id),
                Effect::Call(id, call) if call.method == Method::Forward => self.forward(id, &call),
                Effect::Call(id, call) if !matches!(call.method, Method::Connect | Method::Copy) => self.sessions.call(id, call),
                Effect::HangUp(id) => self.hang_up(id),
                Effect::ReadManifests(id, path) => self.read_manifests(id, path),
                Effect::Keep(draft) => self.keep_text(&draft),
                Effect::Forget(subject) => self.forget_text(&subject),
                Effect::Recall(subject) => {
                    let found = self.places_of_text(&subject).iter().find_map(|path| texts::recall(path, subject.clone()));
                    if let Some((draft, at)) = found {
                        self.state.recalled(draft, at);
                    }
                }
                Effect::PutAside(subject) => self.put_aside(&subject),
                Effect::Journal(deed) => {
                    if let Err(why) = self.journal.write(&deed, self.state.world.cluster(deed.object.cluster)) {
                        self.state.message(Msg::Journalled(deed.id, Err(why)));
                    }
                }
                Effect::JournalTo(path) => self.journal_to(&path),
                Effect::ReadJournal => {
                    if let Err(why) = self.journal.read() {
                        self.state.message(Msg::Journal(Err(why)));
                    }
                }
                Effect::Discover(id) => self.sessions.discover(id),
                Effect::Save(name, bytes) => self.save(&name, &bytes),
                Effect::Tee(reader, pour) => self.tee(reader, pour),
                Effect::SaveLayout(name, layout) => self.save_layout(name, layout),
                Effect::Leftover(pod, is_left) => self.note_leftover(&pod, is_left),
                Effect::UseLayout(name) => self.keep_layouts(|kept| kept.last = name),
                Effect::KeepForward(name, saved) => self.keep_forward(name, saved),
                other => left.push(other),
            }
        }
        if !std::mem::take(&mut self.settled) {
            for order in self.state.reconcile() {
                match order {
                    Order::Start(id, want, resource) => self.sessions.start(id, &want, &resource),
                    Order::Stop(id) => self.sessions.stop(id),
                }
            }
        }
        for pull in self.state.pulls() {
            match pull {
                Pull::Start(id, tail) => self.sessions.follow(id, tail),
                Pull::Look(id, state) => self.sessions.look_again(id, state),
                Pull::Stop(id) => self.sessions.unfollow(id),
            }
        }
        left
    }

    /// The connection of an open cluster, for what is asked beside the loop.
    pub(super) fn link(&self, cluster: ClusterId) -> Option<Link> {
        self.sessions.streams(cluster).map(|(link, _)| link)
    }

    /// Reads what is to be applied. A disk may take its time.
    fn read_manifests(&self, id: ClusterId, path: String) {
        let out = self.out.clone();
        tokio::task::spawn_blocking(move || {
            // Nobody listens any more once the program ends.
            let _ = out.blocking_send(Msg::Manifests(id, manifests::read(&path)));
        });
    }

    /// Where a text is kept; `None` where there is no folder in memory for what a Secret holds.
    pub(super) fn place_of_text(&self, draft: &Draft) -> Option<PathBuf> {
        texts::path(&self.paths, self.state.world.name(draft.subject.object.cluster), &draft.subject, draft.is_secret())
    }

    /// Where a text about this may be.
    fn places_of_text(&self, subject: &Subject) -> Vec<PathBuf> {
        texts::places(&self.paths, self.state.world.name(subject.object.cluster), subject)
    }

    fn keep_text(&mut self, draft: &Draft) {
        let place = self.place_of_text(draft);
        // What holds a Secret by now may have been kept elsewhere before it did.
        for other in self.places_of_text(&draft.subject).iter().filter(|other| Some(*other) != place.as_ref()) {
            self.forget_at(other);
        }
        let Some(path) = place else { return };
        if let Err(error) = texts::keep(&path, draft) {
            self.state.say(Notice::warn(format!("what you write is kept here only: {}: {error}", path.display())));
        }
    }

    fn forget_text(&mut self, subject: &Subject) {
        self.places_of_text(subject).iter().for_each(|path| self.forget_at(path));
    }

    fn forget_at(&mut self, path: &Path) {
        if let Err(error) = texts::forget(path) {
            self.state.say(Notice::warn(format!("what you wrote is still in {}: {error}", path.display())));
        }
    }

    fn put_aside(&mut self, subject: &Subject) {
        let places = self.places_of_text(subject);
        let Some(path) = places.iter().find(|path| path.exists()) else { return };
        self.state.say(match texts::put_aside(path) {
            Ok(old) => Notice::info(format!("what you wrote then is in {}", old.display())),
            Err(error) => Notice::warn(format!("{}: {error}", path.display())),
        });
    }

    /// The program is about to end because a person wants it to: what is not wanted any more goes with it.
    pub fn clear_up(&mut self) {
        for id in self.sessions.forwards().into_iter().chain(self.shells.keys().copied().collect::<Vec<_>>()) {
            self.hang_up(id);
        }
        self.state.pour(true);
        for effect in self.state.take_effects() {
            match effect {
                Effect::Forget(subject) => self.forget_text(&subject),
                // That it cannot be written there is nobody left to tell.
                Effect::Journal(deed) => drop(self.journal.write(&deed, self.state.world.cluster(deed.object.cluster))),
                Effect::Tee(reader, pour) => self.tee(reader, pour),
                _ => {}
            }
        }
    }

    /// Writes the journal into another file, for as long as the program runs.
    fn journal_to(&mut self, path: &str) {
        // The demo is gone without a trace once it ends.
        let asked = match self.state.world.demo {
            Some(_) => Err("the demo's journal stays in its folder".to_owned()),
            None => self.journal.go_to(journal::at_home(path)),
        };
        if let Err(why) = asked {
            self.state.say(Notice::warn(why));
        }
    }

    /// Writes the journal where the config says now.
    pub(super) fn move_journal(&mut self) {
        let place = journal::place(&self.paths, None, &self.state.config.journal);
        if let Err(why) = self.journal.go_to(place) {
            self.state.say(Notice::warn(why));
        }
    }

    /// Keeps a layout for later runs, which begin with it.
    fn save_layout(&mut self, name: String, layout: Layout) {
        self.keep_layouts(|kept| {
            kept.last = Some(name.clone());
            kept.named.insert(name, layout);
        });
    }

    /// Keeps layouts for later runs.
    fn keep_layouts(&mut self, change: impl FnOnce(&mut Layouts)) {
        self.kept(layouts::FORMAT.change(&self.paths.layouts, change));
    }

    /// Keeps a forward for later runs, or no more.
    fn keep_forward(&mut self, name: String, saved: Option<Saved>) {
        self.kept(forwards::FORMAT.change(&self.paths.forwards, |kept| {
            match saved {
                Some(saved) => kept.insert(name, saved),
                None => kept.remove(&name),
            };
        }));
    }

    fn kept(&mut self, written: Result<(), String>) {
        if let Err(why) = written {
            self.state.say(Notice::warn(format!("only until kconsole ends: {why}")));
        }
    }

    /// Closes a cluster; what ends with it is told.
    fn disconnect(&mut self, id: ClusterId) {
        for (forward, ended) in self.sessions.disconnect(id) {
            self.state.message(Msg::Answer(forward, Ok(Reply { ended: Some(ended), ..Reply::default() })));
        }
    }

    /// The context of a cluster.
    pub(super) fn context(&self, id: ClusterId) -> Option<&Arc<Context>> {
        self.contexts.get(usize::from(id.0))
    }

    fn connect(&mut self, id: ClusterId) {
        if let (Some(context), Some(cluster)) = (self.context(id), self.state.world.cluster(id)) {
            let mut context = Arc::clone(context);
            // It may be gone from the kubeconfig since it was read.
            if let Some(broken) = cluster.broken.clone() {
                Arc::make_mut(&mut context).broken = Some(broken);
            }
            let connector = ContextConnector::new(context, self.credentials.clone(), Arc::clone(&self.settings));
            self.sessions.connect(id, cluster.session, Arc::new(connector));
        }
    }

    /// Takes in what was read so far, which otherwise comes with the next probe.
    pub fn count(&mut self) {
        for cluster in &mut self.state.world.clusters {
            cluster.traffic = self.sessions.traffic(cluster.id).unwrap_or(cluster.traffic);
        }
    }

    /// A person has logged in to a cluster: every open cluster of that credential tries again, once a plugin that may run just now is done.
    pub fn logged_in(&self, id: ClusterId) {
        let Some(context) = self.context(id).cloned() else { return };
        let fingerprint = context.credential_fingerprint();
        let same = self.contexts.iter().enumerate().filter(|(_, c)| c.credential_fingerprint() == fingerprint);
        let credentials = self.credentials.clone();
        let done = async move { credentials.logged_in(&context).await };
        self.sessions.retry_after(same.map(|(i, _)| ClusterId(i as u16)), done);
    }

    /// Waits for a message of the world, then takes in what else has arrived for as long as a slice lasts. What is to be carried out by now waits
    /// for none.
    pub async fn listen(&mut self) {
        let first = if self.state.is_due() { self.inbox.try_recv().ok() } else { self.inbox.recv().await };
        if let Some(msg) = first {
            let mut settled = msg.is_rows();
            self.state.message(msg);
            let started = Instant::now();
            while started.elapsed() < SLICE
                && let Ok(msg) = self.inbox.try_recv()
            {
                settled &= msg.is_rows();
                self.state.message(msg);
            }
            self.settled = settled;
        }
    }
}
