//! From flags, config and kubeconfig to a program that can run. What is wrong with any of them becomes a message; hardly anything is a
//! reason not to start.

use super::cli::Flags;
use super::config::Config;
use super::files::{Own, Paths};
use super::run::utc_offset;
use super::session;
use super::{forwards, layouts};
use crate::k8s::connect::Settings;
use crate::k8s::kubeconfig::{self, Context, Kubeconfig, Sources};
use crate::k8s::proxy::Environment;
use crate::model::cluster::{Cluster, short_names};
use crate::model::glob::Glob;
use crate::model::id::ClusterId;
use crate::model::nearest::hint;
use crate::model::step::Notice;
use crate::model::time::Timestamp;
use crate::model::world::World;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Everything that was read at the start.
pub struct Setup {
    /// The flags of the command line.
    pub flags: Flags,
    /// Where our files are.
    pub paths: Paths,
    /// What the user's own files say.
    pub own: Own,
    /// Where kubeconfigs are looked for.
    pub sources: Sources,
    /// All contexts, in the order of their [`ClusterId`]s.
    pub contexts: Vec<Arc<Context>>,
    /// The clusters to open.
    pub chosen: Vec<ClusterId>,
    /// What we know before any cluster was asked.
    pub world: World,
    /// How to connect.
    pub settings: Arc<Settings>,
    /// Every file that the contexts depend on, also those that are missing.
    pub files: Vec<PathBuf>,
    /// What was wrong.
    pub problems: Vec<String>,
    /// What the demo fleet will tell of itself.
    pub demo: Option<mpsc::Receiver<Notice>>,
}

/// Reads everything.
///
/// # Errors
/// Where a flag names something that is not there.
pub fn setup(flags: &Flags, paths: Paths, subcommand: bool) -> Result<Setup, String> {
    let own = Own::read(&paths, flags, None);
    let sources = Sources::find(flags.kubeconfig.clone(), |name| std::env::var_os(name));
    let Kubeconfig { contexts, current, problems: broken, files } = kubeconfig::read(&sources);
    let contexts: Vec<Arc<Context>> = contexts.into_iter().map(Arc::new).collect();
    let last = if subcommand { Vec::new() } else { session::read(&paths).open };
    let chosen = choose(flags, &contexts, current.as_deref(), &last)?;
    let mut clusters: Vec<Cluster> = contexts.iter().enumerate().map(|(i, c)| cluster(ClusterId(i as u16), c)).collect();
    let clashes = dress(&mut clusters, &own.config, &chosen, flags.readonly);
    let (layouts, torn) = if subcommand { Default::default() } else { layouts::FORMAT.read(&paths.layouts) };
    let (kept, lost) = if subcommand { Default::default() } else { forwards::FORMAT.read(&paths.forwards) };
    let problems =
        own.problems.iter().cloned().chain(torn).chain(lost).chain(clashes).chain(broken.iter().map(ToString::to_string)).collect();
    let now = jiff::Timestamp::now();
    let world = World {
        now: Timestamp(now.as_second()),
        began: Timestamp(now.as_second()),
        clusters,
        namespaces: flags.namespace.iter().map(|n| n.as_str().into()).collect(),
        fallback: fallback(flags, &own.config),
        looked: files.iter().map(|f| f.display().to_string()).collect(),
        utc_offset: utc_offset(Timestamp(now.as_second())),
        readonly: readonly(flags, &own.config),
        layouts,
        kept,
        ..World::default()
    };
    let settings = Settings {
        as_user: flags.as_user.clone(),
        as_groups: flags.as_group.clone(),
        environment: Environment::read(|name| std::env::var(name).ok()),
        ..Settings::default()
    };
    let settings = Arc::new(settings);
    Ok(Setup { flags: flags.clone(), paths, own, sources, contexts, chosen, world, settings, files, problems, demo: None })
}

/// Nothing may be changed anywhere: somebody said so, or it is not known what guards.
pub fn readonly(flags: &Flags, config: &Config) -> bool {
    flags.readonly || config.readonly || config.broken.is_some()
}

/// The namespaces to look into where listing all is forbidden: the config's, else those of the flags.
pub fn fallback(flags: &Flags, config: &Config) -> Vec<Box<str>> {
    let names = if config.namespaces.is_empty() { &flags.namespace } else { &config.namespaces };
    names.iter().map(|n| n.as_str().into()).collect()
}

/// The clusters to open: those of the flags; else those of the last run; else the current context.
fn choose(flags: &Flags, contexts: &[Arc<Context>], current: Option<&str>, last: &[String]) -> Result<Vec<ClusterId>, String> {
    let ids = |wanted: &dyn Fn(&Context) -> bool| -> Vec<ClusterId> {
        contexts.iter().enumerate().filter(|(_, c)| wanted(c)).map(|(i, _)| ClusterId(i as u16)).collect()
    };
    if flags.all_contexts {
        return Ok(ids(&|_| true));
    }
    let mut chosen = Vec::new();
    for pattern in &flags.context {
        let glob = Glob::parse(pattern).map_err(|why| format!("--context {pattern}: {why}"))?;
        let found = ids(&|c| c.name == *pattern || glob.matches(&c.name));
        if found.is_empty() {
            return Err(format!("the kubeconfig has no context {pattern}{}", hint(pattern, contexts.iter().map(|c| c.name.as_str()))));
        }
        chosen.extend(found.into_iter().filter(|id| !chosen.contains(id)).collect::<Vec<_>>());
    }
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let reopened = ids(&|c| last.contains(&c.name));
    Ok(if reopened.is_empty() { ids(&|c| Some(c.name.as_str()) == current) } else { reopened })
}

/// Keeps which contexts are open. Whoever cannot write there opens the current context next time.
///
/// # Errors
/// Where the file cannot be written.
pub fn keep_open(paths: &Paths, world: &World) -> io::Result<()> {
    session::change(paths, |session| session.open = world.open().map(|c| c.context.clone()).collect())
}

/// Which cluster a context leads to, as far as server and certificate authority tell. One that cannot be used leads nowhere.
pub(super) fn place(context: &Context) -> Option<u64> {
    context.broken.is_none().then(|| context.cluster_fingerprint().number())
}

/// A cluster of which nothing is known but its context.
pub fn cluster(id: ClusterId, context: &Context) -> Cluster {
    let known = Cluster::new(id, &context.name);
    Cluster {
        namespace: context.namespace.clone().unwrap_or(known.namespace),
        file: context.file.display().to_string(),
        server: context.cluster.server.clone(),
        place: place(context),
        broken: context.broken.clone(),
        ..known
    }
}

/// Gives the clusters what the config says of them. Digits go to those that have one in the config, then to the `first`, then to the rest;
/// one that was given is never given to another while the program runs. Returns what is wrong.
pub fn dress(clusters: &mut [Cluster], config: &Config, first: &[ClusterId], readonly: bool) -> Vec<String> {
    let (names, problems) = names(clusters, config);
    for (cluster, name) in clusters.iter_mut().zip(names) {
        let settings = config.cluster(&cluster.context);
        cluster.name = name;
        cluster.group = settings.group;
        cluster.tier = settings.tier;
        cluster.colour = settings.colour;
        cluster.readonly = readonly || settings.readonly;
    }
    let mut free: Vec<u8> = (1..=9).filter(|d| clusters.iter().all(|c| c.digit != Some(*d))).collect();
    for cluster in clusters.iter_mut().filter(|c| c.digit.is_none()) {
        cluster.digit = config.cluster(&cluster.context).key.filter(|d| free.contains(d));
        free.retain(|d| cluster.digit != Some(*d));
    }
    let mut free = free.into_iter();
    for is_first in [true, false] {
        for cluster in clusters.iter_mut().filter(|c| c.digit.is_none() && first.contains(&c.id) == is_first) {
            cluster.digit = free.next();
        }
    }
    problems
}

/// The display names: the alias, else the shortest tail of the context's name. No two are the same, since one types them to confirm.
fn names(clusters: &[Cluster], config: &Config) -> (Vec<String>, Vec<String>) {
    let contexts: Vec<String> = clusters.iter().map(|c| c.context.clone()).collect();
    let aliases: Vec<Option<String>> = contexts.iter().map(|c| config.cluster(c).alias).collect();
    let short = short_names(&contexts);
    let mut names: Vec<Option<String>> = short.iter().zip(&aliases).map(|(s, a)| a.is_none().then(|| s.clone())).collect();
    let mut problems = Vec::new();
    for (i, alias) in aliases.into_iter().enumerate() {
        let (Some(alias), Some(context)) = (alias, contexts.get(i)) else { continue };
        let holder = |name: &str| names.iter().position(|n| n.as_deref() == Some(name)).and_then(|j| contexts.get(j));
        // A whole name of a context is what that one falls back to, so nobody else may have it.
        let whole = contexts.iter().find(|c| *c != context && **c == alias);
        let name = match whole.or_else(|| holder(&alias)) {
            None => alias,
            Some(other) => {
                problems.push(format!(
                    "{}: the alias {alias} would give {context} the name of {other}; {context} keeps its own",
                    config.place_of_alias(context)
                ));
                short.get(i).filter(|s| holder(s).is_none()).unwrap_or(context).clone()
            }
        };
        if let Some(slot) = names.get_mut(i) {
            *slot = Some(name);
        }
    }
    (names.into_iter().map(Option::unwrap_or_default).collect(), problems)
}
