//! The state and the world it asks things of: carries effects out and makes running watches equal the wants. With a screen or without.

use super::config::Config;
use super::startup::{Paths, Setup};
use super::state::State;
use super::watches::Order;
use crate::k8s::connect::Settings;
use crate::k8s::contexts::ContextConnector;
use crate::k8s::credential::Credentials;
use crate::k8s::kubeconfig::Context;
use crate::k8s::session::Sessions;
use crate::model::id::ClusterId;
use crate::model::msg::Msg;
use crate::model::step::Effect;
use crate::ui::view::View;
use std::path::PathBuf;
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
    /// The files that the contexts come from.
    pub files: Vec<PathBuf>,
    credentials: Credentials,
    settings: Arc<Settings>,
    sessions: Sessions,
    inbox: mpsc::Receiver<Msg>,
}

impl Program {
    /// A program that opens the chosen clusters and shows this screen first. Needs a runtime.
    pub fn new(setup: Setup, root: impl FnOnce(&State) -> Box<dyn View>) -> Self {
        let (out, inbox) = mpsc::channel(INBOX);
        let Setup { paths, config, keymap, theme, contexts, chosen, world, settings, files, problems: _ } = setup;
        let mut state = State::new(world, config, keymap, theme);
        for id in chosen {
            state.connect(id);
        }
        let root = root(&state);
        state.push(root);
        let credentials = Credentials::new(std::env::var_os("PATH"));
        Self { state, paths, contexts, files, credentials, settings, sessions: Sessions::new(Handle::current(), out), inbox }
    }

    /// Carries out what the state asks for, but for what needs the terminal: that is returned.
    pub fn perform(&mut self) -> Vec<Effect> {
        let mut left = Vec::new();
        for effect in self.state.take_effects() {
            match effect {
                Effect::Connect(id) => self.connect(id),
                Effect::Disconnect(id) => self.sessions.disconnect(id),
                Effect::Retry(id) => self.sessions.retry(id),
                Effect::Discover(id) => self.sessions.discover(id),
                other => left.push(other),
            }
        }
        for order in self.state.reconcile() {
            match order {
                Order::Start(id, want, resource) => self.sessions.start(id, &want, &resource),
                Order::Stop(id) => self.sessions.stop(id),
            }
        }
        left
    }

    fn connect(&mut self, id: ClusterId) {
        if let Some(context) = self.contexts.get(usize::from(id.0)) {
            let connector = ContextConnector::new(Arc::clone(context), self.credentials.clone(), Arc::clone(&self.settings));
            self.sessions.connect(id, Arc::new(connector));
        }
    }

    /// Takes in what was read so far, which otherwise comes with the next probe.
    pub fn count(&mut self) {
        for cluster in &mut self.state.world.clusters {
            cluster.traffic = self.sessions.traffic(cluster.id).unwrap_or(cluster.traffic);
        }
    }

    /// A person has logged in to a cluster: every open cluster of that credential tries again.
    pub async fn logged_in(&mut self, id: ClusterId) {
        let Some(context) = self.contexts.get(usize::from(id.0)).cloned() else { return };
        self.credentials.logged_in(&context).await;
        let same = |c: &Context| c.credential_fingerprint() == context.credential_fingerprint();
        for (i, _) in self.contexts.iter().enumerate().filter(|(_, c)| same(c)) {
            self.sessions.retry(ClusterId(i as u16));
        }
    }

    /// Waits for a message of the world, then takes in what else has arrived for as long as a slice lasts.
    pub async fn listen(&mut self) {
        if let Some(msg) = self.inbox.recv().await {
            self.state.message(msg);
            let started = Instant::now();
            while started.elapsed() < SLICE
                && let Ok(msg) = self.inbox.try_recv()
            {
                self.state.message(msg);
            }
        }
    }

    /// Another config, from now on.
    pub fn configure(&mut self, config: Config) {
        self.state.config = config;
        self.state.refresh();
    }
}
