//! From the command line to a demo fleet: shown on the screen, or served alone. What the fleet is made of is `demo`'s business.

use super::cli::{DemoServer, Flags};
use super::entry::{USAGE, eprint, print, runtime};
use super::files::Paths;
use super::startup::{self, Setup};
use crate::demo::fleet::{self, Fleet, Options};
use crate::demo::incident::{INCIDENTS, Incident};
use crate::demo::login;
use crate::model::nearest::hint;
use crate::model::text::visible;
use crate::model::world::Demo;
use color_eyre::eyre::{Result, WrapErr};
use std::fs;
use std::io::{self, BufRead};
use std::path::Path;
use std::pin::pin;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// What the demo says of its clusters, as a person would: in a config.
const CONFIG: &str = "clusters:
  - {match: \"prod-*\", tier: prod, group: production}
  - {match: staging, tier: staging, group: testing}
  - {match: dev, tier: dev, group: testing}
  - {match: \"*\", group: outside}
";

/// What kept a demo from starting.
pub(super) enum Wrong {
    /// The command line.
    Usage(String),
    /// The machine.
    Failed(String),
}

impl Wrong {
    /// Says it. Returns the exit code.
    pub(super) fn tell(self) -> u8 {
        let (why, code) = match self {
            Self::Usage(why) => (why, USAGE),
            Self::Failed(why) => (why, 1),
        };
        eprint(&format!("kconsole: {why}"));
        code
    }
}

impl From<fleet::Error> for Wrong {
    fn from(error: fleet::Error) -> Self {
        match error {
            fleet::Error::Options(why) => Self::Usage(why),
            error => Self::Failed(error.to_string()),
        }
    }
}

/// The scenarios, a line each.
pub(super) fn list() -> String {
    let width = INCIDENTS.iter().map(|i| i.name.len()).max().unwrap_or_default();
    INCIDENTS.iter().map(|i| format!("{:width$}  {}\n", i.name, i.about)).collect()
}

/// Starts the fleet that the screen shows, with a trouble under way: the named one, or the first.
pub(super) fn start(scenario: &str, resource: Option<&str>) -> Result<Fleet, Wrong> {
    // What stands behind a space is the kind to open, and not what was meant.
    let is_name = |word: &&str| *word == "list" || INCIDENTS.iter().any(|i| i.name == *word);
    if let Some(name) = resource.filter(is_name).filter(|_| scenario.is_empty()) {
        return Err(Wrong::Usage(format!("{name} is a scenario: --demo={name} plays it, without a space")));
    }
    let found: Option<&Incident> = INCIDENTS.iter().find(|i| i.name == scenario || scenario.is_empty());
    let Some(incident) = found else {
        let near = hint(scenario, INCIDENTS.iter().map(|i| i.name));
        return Err(Wrong::Usage(format!("there is no scenario called {}{near}; --demo=list lists them", visible(scenario))));
    };
    let options = Options { incident: Some(incident), ..Options::default() };
    let fleet = Fleet::start(&options)?;
    config(&fleet, &options).map_err(|error| fleet::Error::Folder(error).into()).map(|()| fleet)
}

/// Writes the config; what logs in is this program again.
fn config(fleet: &Fleet, options: &Options) -> io::Result<()> {
    let program = quoted(&std::env::current_exe()?);
    let mut text = CONFIG.to_owned();
    for name in fleet.members().iter().map(|m| &m.cluster.name).filter(|name| options.needs_login(name)) {
        let command = format!("{program} demo-login {}", quoted(&fleet.folder().join(name)));
        text += &format!("  - {{match: {name}, login: {}}}\n", serde_json::to_string(&command).map_err(io::Error::other)?);
    }
    fs::write(fleet.folder().join("config.yaml"), text)
}

/// A path for a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// What a program over this fleet begins with: every file is the fleet's, but for keymaps and themes that the flags name.
///
/// # Errors
/// Where a flag names something that is not there.
pub(super) fn setup(fleet: &mut Fleet, flags: &Flags) -> Result<Setup, String> {
    let (own, user) = (Paths::within(fleet.folder()), Paths::find());
    let keymaps = if flags.keymap.is_some() { user.keymaps } else { own.keymaps };
    let themes = if flags.theme.is_some() { user.themes } else { own.themes };
    let flags = Flags {
        kubeconfig: Some(fleet.kubeconfig().to_owned()),
        all_contexts: flags.all_contexts || flags.context.is_empty(),
        ..flags.clone()
    };
    // The fleet's folder goes away with it.
    let mut setup = startup::setup(&flags, Paths { keymaps, themes, saves: user.saves, ..own }, true)?;
    setup.world.demo = Some(Demo::default());
    setup.demo = fleet.news.take();
    Ok(setup)
}

/// Serves a fleet until a signal comes. Prints the path of its kubeconfig, and nothing else.
///
/// # Errors
/// Where signals cannot be waited for or standard output is gone.
pub(super) fn serve(asked: &DemoServer) -> Result<u8> {
    // Whoever ends it early must not leave its folder behind, so signals are ours before there is one.
    let runtime = runtime()?;
    let _inside = runtime.enter();
    let (mut interrupt, mut end, mut hang_up) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let mut ended = pin!(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = end.recv() => {}
            _ = hang_up.recv() => {}
        }
    });
    let options = options(asked);
    let (to, started) = oneshot::channel();
    // Nobody waits for clusters that are still being built: the end of the process is theirs.
    std::thread::spawn(move || drop(to.send(Fleet::start(&options))));
    let started = runtime.block_on(async {
        tokio::select! {
            started = started => started.ok(),
            () = &mut ended => None,
        }
    });
    let fleet = match started {
        Some(Ok(fleet)) => fleet,
        Some(Err(error)) => return Ok(Wrong::from(error).tell()),
        None => return Ok(0),
    };
    print(&format!("{}\n", fleet.kubeconfig().display())).wrap_err("standard output is gone")?;
    runtime.block_on(ended);
    Ok(0)
}

fn options(asked: &DemoServer) -> Options {
    Options {
        clusters: usize::from(asked.clusters),
        nodes: asked.nodes.map(|n| n as usize),
        pods: asked.pods.unwrap_or_default() as usize,
        pod_bytes: asked.pod_bytes as usize,
        churn: asked.churn,
        seed: asked.seed,
        is_played: false,
        ..Options::default()
    }
}

/// The credential plugin of the cluster that needs a login.
///
/// # Errors
/// Where standard output is gone.
pub(super) fn token(folder: &Path) -> Result<u8> {
    match login::credential(folder) {
        Ok(credential) => print(&credential),
        Err(why) => {
            eprint(&why);
            Ok(1)
        }
    }
}

/// What logs in to that cluster.
///
/// # Errors
/// Where standard output is gone.
pub(super) fn login(folder: &Path) -> Result<u8> {
    print("This plays a login page. Press enter to log in, ctrl-c to leave it. ")?;
    let mut answer = String::new();
    if io::stdin().lock().read_line(&mut answer)? == 0 {
        return Ok(1);
    }
    match login::log_in(folder) {
        Ok(()) => print("Logged in for an hour.\n"),
        Err(why) => {
            eprint(&why);
            Ok(1)
        }
    }
}
