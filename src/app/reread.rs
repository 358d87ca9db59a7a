//! What a second reading of the files changes in a running program: only what is another now. A broken edit changes nothing and is told.

use super::kept;
use super::program::Program;
use super::reload::Again;
use super::startup::{cluster, dress, fallback, place, readonly};
use crate::k8s::kubeconfig::{Context, Kubeconfig};
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::ClusterId;
use crate::model::step::Notice;
use std::sync::Arc;

/// What has become of a context.
#[derive(Debug, PartialEq)]
enum Fate {
    /// It is as it was, but perhaps for its namespace.
    Same,
    /// It leads elsewhere, or as somebody else.
    Changed,
    /// The edit broke it: what was read before holds.
    Broken,
    /// No kubeconfig has it any more.
    Gone,
}

impl Program {
    /// Takes a second reading of all files into force.
    pub fn reread(&mut self, again: Again) {
        let Again { own, kubeconfig, deaf } = again;
        let mut problems = own.problems;
        problems.extend(kubeconfig.problems.iter().map(ToString::to_string));
        problems.extend(deaf);
        problems.extend(kept::problems(&self.paths));
        let changed = [
            ("the config", self.state.config != own.config),
            ("the keys", self.state.keymap != own.keymap),
            ("the theme", self.state.theme != own.theme),
            ("the kubeconfig", self.take_contexts(kubeconfig)),
        ];
        let moved = self.flags.journal.is_none() && self.state.config.journal != own.config.journal;
        let state = &mut self.state;
        (state.config, state.theme) = (own.config, own.theme);
        state.use_keymap(own.keymap);
        state.board.set_limits(&state.world, state.config.health.clone());
        let world = &mut state.world;
        world.readonly = readonly(&self.flags, &state.config);
        world.fallback = fallback(&self.flags, &state.config);
        problems.extend(dress(&mut world.clusters, &state.config, &[], self.flags.readonly));
        state.use_guard();
        let changed: Vec<&str> = changed.into_iter().filter(|(_, is)| *is).map(|(what, _)| what).collect();
        if !changed.is_empty() {
            state.refresh();
        }
        if moved {
            self.move_journal();
        }
        self.tell(problems, &changed);
    }

    /// Says what is newly wrong, else what has changed, else that what was wrong is not any more.
    fn tell(&mut self, problems: Vec<String>, changed: &[&str]) {
        let new: Vec<&str> = problems.iter().filter(|p| !self.problems.contains(p)).map(String::as_str).collect();
        let notice = match new.as_slice() {
            [] if !changed.is_empty() => Some(Notice::info(format!("read again: {}", changed.join(", ")))),
            [] if problems.len() < self.problems.len() => Some(Notice::info("read again: what was wrong is not any more")),
            some => wrong(some),
        };
        self.problems = problems;
        if let Some(notice) = notice {
            self.state.say(notice);
        }
    }

    /// Takes the contexts of a second reading over those that we have. True where anything is another.
    fn take_contexts(&mut self, kubeconfig: Kubeconfig) -> bool {
        let world = &mut self.state.world;
        world.looked = kubeconfig.files.iter().map(|f| f.display().to_string()).collect();
        let mut changed = false;
        for i in 0..self.contexts.len() {
            let Some(old) = self.contexts.get(i).cloned() else { continue };
            let new = kubeconfig.contexts.iter().find(|c| c.name == old.name);
            changed |= self.take_context(ClusterId(i as u16), fate(&old, new, &kubeconfig), new);
        }
        let had_none = self.contexts.is_empty();
        for context in kubeconfig.contexts {
            if !self.contexts.iter().any(|c| c.name == context.name) {
                self.state.world.clusters.push(cluster(ClusterId(self.contexts.len() as u16), &context));
                self.contexts.push(Arc::new(context));
                changed = true;
            }
        }
        let current = self.contexts.iter().position(|c| Some(&c.name) == kubeconfig.current.as_ref());
        if let Some(first) = current.filter(|_| had_none) {
            self.state.connect(ClusterId(first as u16));
        }
        changed
    }

    fn take_context(&mut self, id: ClusterId, fate: Fate, new: Option<&Context>) -> bool {
        let Some(cluster) = self.state.world.cluster_mut(id) else { return false };
        let Some(new) = new.filter(|_| fate != Fate::Gone) else {
            let gone = Some(Fault::new(FaultKind::Config, "no longer in the kubeconfig"));
            return fate == Fate::Gone && std::mem::replace(&mut cluster.broken, gone.clone()) != gone;
        };
        if fate == Fate::Broken {
            return false;
        }
        let namespace = new.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let changed = fate == Fate::Changed || cluster.broken != new.broken || cluster.namespace != namespace;
        cluster.broken.clone_from(&new.broken);
        cluster.namespace = namespace;
        cluster.server.clone_from(&new.cluster.server);
        cluster.file = new.file.display().to_string();
        cluster.place = place(new);
        let is_open = cluster.open;
        if let Some(old) = self.contexts.get_mut(usize::from(id.0)) {
            *old = Arc::new(new.clone());
        }
        if fate == Fate::Changed && is_open {
            self.state.reconnect(id);
        }
        changed
    }
}

/// What has become of a context. One that its file may still mean, but cannot say, is broken and not gone.
fn fate(old: &Context, new: Option<&Context>, kubeconfig: &Kubeconfig) -> Fate {
    match new {
        None if kubeconfig.problems.iter().any(|p| p.file == old.file) => Fate::Broken,
        None => Fate::Gone,
        Some(new) if new.broken.is_some() && old.broken.is_none() => Fate::Broken,
        // Another namespace is no reason to connect anew: tools that switch it write the kubeconfig often.
        Some(new) if Context { namespace: old.namespace.clone(), ..new.clone() }.fingerprint() == old.fingerprint() => Fate::Same,
        Some(_) => Fate::Changed,
    }
}

/// What is wrong, in a line.
pub(super) fn wrong(problems: &[&str]) -> Option<Notice> {
    let (first, rest) = problems.split_first()?;
    // There is one line for it.
    let home = std::env::var("HOME").unwrap_or_default();
    let first = if home.len() > 1 { first.replace(&home, "~") } else { (*first).to_owned() };
    let more = if rest.is_empty() { String::new() } else { format!(" (and {} more: kconsole info)", rest.len()) };
    Some(Notice::warn(first + &more))
}
