//! From flags, config and kubeconfig to a program that can run. What is wrong with any of them becomes a message; hardly anything is a
//! reason not to start.

use super::cli::Flags;
use super::config::Config;
use crate::actions;
use crate::k8s::connect::Settings;
use crate::k8s::kubeconfig::{self, Context, Kubeconfig, Sources};
use crate::k8s::proxy::Environment;
use crate::keymap::{KEYMAPS, Keymap};
use crate::model::cluster::{Cluster, short_names};
use crate::model::glob::Glob;
use crate::model::id::ClusterId;
use crate::model::msg::{Link, Server, Traffic};
use crate::model::nearest::hint;
use crate::model::problem::Problem;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::ui::theme::{Depth, THEMES, Theme};
use directories::ProjectDirs;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where our files are.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The config file.
    pub config: PathBuf,
    /// Keymaps of the user's own.
    pub keymaps: PathBuf,
    /// Themes of the user's own.
    pub themes: PathBuf,
    /// What the last run left: which clusters were open.
    pub session: PathBuf,
    /// The log.
    pub log: PathBuf,
}

impl Paths {
    /// By the conventions of the system; in the current directory where there is no home.
    pub fn find() -> Self {
        let dirs = ProjectDirs::from("", "", "kconsole");
        let config = dirs.as_ref().map(|d| d.config_dir().to_owned()).unwrap_or_default();
        let state = dirs.as_ref().map(|d| d.state_dir().unwrap_or_else(|| d.data_local_dir()).to_owned()).unwrap_or_default();
        Self {
            keymaps: config.join("keymaps"),
            themes: config.join("themes"),
            config: config.join("config.yaml"),
            session: state.join("session.yaml"),
            log: state.join("kconsole.log"),
        }
    }
}

/// Everything that was read at the start.
pub struct Setup {
    /// Where our files are.
    pub paths: Paths,
    /// The config in force.
    pub config: Config,
    /// The keys in force.
    pub keymap: Keymap,
    /// The looks in force.
    pub theme: Theme,
    /// All contexts, in the order of their [`ClusterId`]s.
    pub contexts: Vec<Arc<Context>>,
    /// The clusters to open.
    pub chosen: Vec<ClusterId>,
    /// What we know before any cluster was asked.
    pub world: World,
    /// How to connect.
    pub settings: Arc<Settings>,
    /// Every file that was looked at.
    pub files: Vec<PathBuf>,
    /// What was wrong.
    pub problems: Vec<String>,
}

/// Reads everything.
///
/// # Errors
/// Where a flag names something that is not there.
pub fn setup(flags: &Flags, subcommand: bool) -> Result<Setup, String> {
    let paths = Paths::find();
    let mut problems = Vec::new();
    let config = read_config(&paths, &mut problems);
    let keymap = read_keymap(&paths, flags.keymap.as_deref().unwrap_or(&config.keymap), &mut problems);
    let theme = read_theme(&paths, flags, &config, &mut problems);
    let Kubeconfig { contexts, current, problems: broken, files } =
        kubeconfig::read(&Sources::find(flags.kubeconfig.clone(), |name| std::env::var_os(name)));
    problems.extend(broken.iter().map(ToString::to_string));
    let contexts: Vec<Arc<Context>> = contexts.into_iter().map(Arc::new).collect();
    let chosen = choose(flags, &contexts, current.as_deref(), (!subcommand).then_some(&*paths.session))?;
    let clusters = clusters(&contexts, &config, &chosen, flags.readonly);
    let namespaces = flags.namespace.iter().map(|n| n.as_str().into()).collect();
    let now = jiff::Timestamp::now();
    let offset = jiff::tz::TimeZone::system().to_offset(now).seconds();
    let world = World {
        now: Timestamp(now.as_second()),
        clusters,
        namespaces,
        utc_offset: i64::from(offset),
        readonly: flags.readonly || config.readonly,
        ..World::default()
    };
    let settings = Settings {
        as_user: flags.as_user.clone(),
        as_groups: flags.as_group.clone(),
        environment: Environment::read(|name| std::env::var(name).ok()),
        ..Settings::default()
    };
    Ok(Setup { paths, config, keymap, theme, contexts, chosen, world, settings: Arc::new(settings), files, problems })
}

/// Reads a file that need not be there.
fn read_file(path: &Path, problems: &mut Vec<String>) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            problems.push(format!("{}: {error}", path.display()));
            None
        }
    }
}

/// The config, or the defaults where it cannot be read.
pub fn read_config(paths: &Paths, problems: &mut Vec<String>) -> Config {
    let Some(text) = read_file(&paths.config, problems) else { return Config::default() };
    match Config::load(&paths.config.display().to_string(), &text) {
        Ok((config, found)) => {
            told(problems, found);
            config
        }
        Err(problem) => {
            problems.push(problem.to_string());
            Config::default()
        }
    }
}

fn told(problems: &mut Vec<String>, found: Vec<Problem>) {
    problems.extend(found.iter().map(ToString::to_string));
}

/// Layers of a keymap or theme: the one of ours with this name, or the default, and the user's own file of this name over it.
fn layers<'a>(
    kind: &str,
    name: &str,
    ours: &'a [(&'a str, &'a str)],
    own: &Path,
    problems: &mut Vec<String>,
) -> (Vec<(&'a str, &'a str)>, Option<(String, String)>) {
    let file = own.join(format!("{name}.yaml"));
    let user = read_file(&file, problems).map(|text| (file.display().to_string(), text));
    let base = ours.iter().find(|(n, _)| *n == name);
    if base.is_none() && user.is_none() {
        let near = hint(name, ours.iter().map(|(n, _)| *n));
        problems.push(format!("there is no {kind} called {name}, neither in kconsole nor as {}{near}", file.display()));
    }
    (base.or(ours.first()).into_iter().copied().collect(), user)
}

/// The keys of this name.
pub fn read_keymap(paths: &Paths, name: &str, problems: &mut Vec<String>) -> Keymap {
    let known: Vec<&str> = actions::all().map(|a| a.name).collect();
    let (mut all, user) = layers("keymap", name, KEYMAPS, &paths.keymaps, problems);
    all.extend(user.as_ref().map(|(file, text)| (file.as_str(), text.as_str())));
    let (keymap, found) = Keymap::load(&all, &known);
    told(problems, found);
    keymap
}

/// The looks that flags and config ask for, as this terminal can show them.
pub fn read_theme(paths: &Paths, flags: &Flags, config: &Config, problems: &mut Vec<String>) -> Theme {
    let depth = Depth::detect(|name| std::env::var(name).ok(), flags.color.into());
    let asked = flags.theme.as_deref().unwrap_or(&config.theme);
    // Without colours only a theme that was made for that tells states apart.
    let name = if depth == Depth::Mono { "mono" } else { asked };
    let (mut all, user) = layers("theme", name, THEMES, &paths.themes, problems);
    all.extend(user.as_ref().map(|(file, text)| (file.as_str(), text.as_str())));
    let (theme, found) = Theme::load(&all);
    told(problems, found);
    theme.at(depth)
}

/// The clusters to open: those of the flags; else those of the last run; else the current context.
fn choose(flags: &Flags, contexts: &[Arc<Context>], current: Option<&str>, session: Option<&Path>) -> Result<Vec<ClusterId>, String> {
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
    let last = session.map(read_session).unwrap_or_default();
    let reopened = ids(&|c| last.contains(&c.name));
    Ok(if reopened.is_empty() { ids(&|c| Some(c.name.as_str()) == current) } else { reopened })
}

/// The contexts that the last run had open.
fn read_session(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    serde_yaml::from_str::<Session>(&text).unwrap_or_default().open
}

/// What one run leaves to the next.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Session {
    /// The contexts that were open.
    open: Vec<String>,
}

/// Keeps which contexts are open. Whoever cannot write here opens the current context next time: nothing is lost but convenience.
pub fn save_session(paths: &Paths, world: &World) -> io::Result<()> {
    let session = Session { open: world.open().map(|c| c.context.clone()).collect() };
    let text = serde_yaml::to_string(&session).map_err(io::Error::other)?;
    if let Some(dir) = paths.session.parent() {
        fs::create_dir_all(dir)?;
    }
    let new = paths.session.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, &paths.session)
}

/// What is known of the clusters before any was asked. Digits go to those that say so in the config, then to those that are opened, then to
/// the rest, and do not change while the program runs.
pub fn clusters(contexts: &[Arc<Context>], config: &Config, chosen: &[ClusterId], readonly: bool) -> Vec<Cluster> {
    let names = short_names(&contexts.iter().map(|c| c.name.clone()).collect::<Vec<_>>());
    let mut clusters: Vec<Cluster> = contexts
        .iter()
        .zip(names)
        .enumerate()
        .map(|(i, (context, name))| {
            let settings = config.cluster(&context.name);
            Cluster {
                id: ClusterId(i as u16),
                context: context.name.clone(),
                name: settings.alias.unwrap_or(name),
                digit: settings.key,
                group: settings.group,
                tier: settings.tier,
                colour: settings.colour,
                readonly: readonly || settings.readonly,
                namespace: context.namespace.clone().unwrap_or_else(|| "default".to_owned()),
                server: context.cluster.server.clone(),
                place: context.broken.is_none().then(|| context.cluster_fingerprint().number()),
                open: false,
                link: Link::Closed,
                since: Timestamp(0),
                retry_at: None,
                about: Server::default(),
                user: None,
                identity: None,
                catalog: None,
                traffic: Traffic::default(),
                broken: context.broken.clone(),
            }
        })
        .collect();
    let taken: Vec<u8> = clusters.iter().filter_map(|c| c.digit).collect();
    let mut free = (1..=9u8).filter(|d| !taken.contains(d));
    let (mut first, rest): (Vec<usize>, Vec<usize>) = (0..clusters.len()).partition(|i| chosen.contains(&ClusterId(*i as u16)));
    first.extend(rest);
    for i in first {
        if let Some(cluster) = clusters.get_mut(i).filter(|c| c.digit.is_none()) {
            cluster.digit = free.next();
        }
    }
    clusters
}
