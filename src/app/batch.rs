//! The subcommands that print: `get`, `check`, `info`; `logs` is in [`follow`], and what goes into a container in [`exec`]. They run the same engine as the screen, on a screen that nobody sees.

use super::cli::{Cli, Command, Get, Output};
use super::entry::eprint;
use super::print::{Printer, Shown};
use super::program::Program;
use super::startup::Setup;
use super::{exec, follow, forward, goto, kept, news, transfer};
use crate::keymap::Scope;
use crate::kinds;
use crate::model::cluster::Cluster;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::{ClusterId, GroupResource, WatchId};
use crate::model::msg::{Link, Sync};
use crate::model::step::{Motion, Scene};
use crate::model::table::Table;
use crate::model::text::visible;
use crate::model::want::{Of, Want};
use crate::model::world::{Found, World};
use crate::ui::standing::Standing;
use crate::ui::theme::Theme;
use crate::ui::view::View;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, timeout_at};

/// Longer than any step of connecting may take, plugins included.
const PATIENCE: Duration = Duration::from_secs(45);
/// A server that answers but fails gets so long, which are three tries: one that has just started or has much to do ends lists early.
const PASSING: Duration = Duration::from_secs(10);

/// A screen that nobody sees: it only wants.
pub(super) struct Unseen(fn(&World, &Asked) -> Vec<Want>, Asked);

/// What was asked for on the command line.
#[derive(Clone, Default)]
pub(super) struct Asked {
    resource: String,
    name: Option<String>,
    selector: String,
    all_namespaces: bool,
    namespaces: Vec<String>,
}

impl Unseen {
    /// One that wants nothing.
    pub(super) fn idle() -> Self {
        Self(|_, _| Vec::new(), Asked::default())
    }
}

impl View for Unseen {
    fn scope(&self) -> Scope {
        Scope::Everywhere
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        (self.0)(world, &self.1)
    }

    fn scene(&self, _: &World) -> Scene {
        Scene::default()
    }

    fn act(&mut self, _: &World, _: Motion) {}

    fn arrange(&mut self, _: &World, _: Rect) {}

    fn draw(&self, _: &World, _: &Theme, _: Rect, _: &mut Buffer) {}

    fn title(&self) -> String {
        String::new()
    }
}

/// Runs a subcommand that asks clusters.
///
/// # Errors
/// Where standard output is gone.
pub(super) async fn run(cli: &Cli, command: &Command, setup: Setup) -> io::Result<i32> {
    for problem in &setup.problems {
        eprint(&format!("kconsole: {problem}"));
    }
    if setup.chosen.is_empty() {
        match setup.contexts.as_slice() {
            [] => eprint(&format!("kconsole: no kubeconfig with a context was found; looked for in {}", setup.world.looked.join(", "))),
            _ => eprint("kconsole: the kubeconfig has no current context; name one with --context"),
        }
        return Ok(1);
    }
    match command {
        Command::Forward(asked) => return forward::run(cli, asked, setup).await,
        Command::Exec(asked) => return exec::run(cli, asked.into(), setup).await,
        Command::Attach(asked) => return exec::run(cli, asked.into(), setup).await,
        Command::Cp(asked) => return transfer::run(cli, asked, setup).await,
        _ => {}
    }
    let work = async {
        match command {
            Command::Get(asked) => get(cli, asked, setup).await,
            Command::Logs(asked) => follow::run(cli, asked, setup).await,
            _ => check(setup).await,
        }
    };
    let mut signals =
        [(signal(SignalKind::interrupt())?, 130), (signal(SignalKind::terminate())?, 143), (signal(SignalKind::hangup())?, 129)];
    let [a, b, c] = &mut signals;
    tokio::select! {
        done = work => done,
        _ = a.0.recv() => Ok(a.1),
        _ = b.0.recv() => Ok(b.1),
        _ = c.0.recv() => Ok(c.1),
    }
}

/// The kind that a name means in a cluster; `Err` where it has none.
fn kind(world: &World, cluster: &Cluster, name: &str) -> Result<Option<GroupResource>, ()> {
    if let Some(kind) = kinds::named(name) {
        return Ok(Some(kind.id()));
    }
    match &cluster.catalog {
        None => Ok(None),
        Some(catalog) => catalog.find(name).map(|r| Some(r.id.clone())).ok_or(()),
    }
    .inspect(|_| debug_assert!(world.cluster(cluster.id).is_some()))
}

/// What `get` wants: in each cluster the namespaces that were asked for, else the context's own.
fn rows(world: &World, asked: &Asked) -> Vec<Want> {
    world.open().flat_map(|c| rows_of(world, c, asked)).collect()
}

fn rows_of(world: &World, cluster: &Cluster, asked: &Asked) -> Vec<Want> {
    let Ok(Some(kind)) = kind(world, cluster, &asked.resource) else { return Vec::new() };
    let namespaced = match world.resource(cluster.id, &kind) {
        Found::Kind(resource) => resource.namespaced,
        Found::Missing => return Vec::new(),
        Found::NotYet => kinds::find(&kind).is_none_or(|k| k.names.namespaced),
    };
    let of = match (&asked.name, asked.selector.as_str()) {
        (None, "") => Of::All,
        (name, labels) => {
            let fields = name.as_ref().map_or_else(String::new, |n| format!("metadata.name={n}"));
            Of::Selected { labels: labels.into(), fields: fields.into() }
        }
    };
    let want =
        |namespace: Option<&str>| Want { cluster: cluster.id, kind: kind.clone(), namespace: namespace.map(Into::into), of: of.clone() };
    match asked.namespaces.as_slice() {
        _ if !namespaced || asked.all_namespaces => vec![want(None)],
        [] => vec![want(Some(&cluster.namespace))],
        some => some.iter().map(|n| want(Some(n))).collect(),
    }
}

/// Whether another try may help, where the connection itself is well.
fn passes(why: &Fault) -> bool {
    matches!(why.kind, FaultKind::Unreachable | FaultKind::Expired | FaultKind::Throttled | FaultKind::Server)
}

/// How far a cluster has come with what `get` wants of it.
enum Progress {
    Waiting,
    Complete,
    /// It may pass.
    Failing(String),
    Failed(String),
}

fn progress(world: &World, cluster: &Cluster, asked: &Asked) -> Progress {
    if let Some(fault) = cluster.fault() {
        return Progress::Failed(fault.to_string());
    }
    if kind(world, cluster, &asked.resource).is_err() {
        return Progress::Failed(format!(
            "the server serves no kind called {}{}",
            asked.resource,
            goto::nearest_kind(world, &asked.resource)
        ));
    }
    let wants = rows_of(world, cluster, asked);
    let mut complete = !wants.is_empty();
    for want in wants {
        match world.serving(&want).map(|t| &t.sync) {
            Some(Sync::Live | Sync::Polling { .. }) => {}
            Some(Sync::Stale { why, .. }) if passes(why) => return Progress::Failing(why.to_string()),
            Some(Sync::Stale { why, .. }) => return Progress::Failed(why.to_string()),
            _ => complete = false,
        }
    }
    if complete { Progress::Complete } else { Progress::Waiting }
}

async fn get(cli: &Cli, get: &Get, setup: Setup) -> io::Result<i32> {
    let asked = Asked {
        resource: get.resource.clone(),
        name: get.name.clone(),
        selector: get.selector.clone(),
        all_namespaces: cli.flags.all_namespaces,
        namespaces: cli.flags.namespace.clone(),
    };
    let chosen = setup.chosen.clone();
    let several = chosen.len() > 1;
    let mut program = Program::new(setup, |_| Box::new(Unseen(rows, asked.clone())));
    let mut failed = settle(&mut program, &asked).await;
    failed.extend(refused(&program.state.world, &chosen));
    let shown = Shown {
        cluster: several,
        namespace: asked.all_namespaces || asked.namespaces.len() != 1 && !asked.namespaces.is_empty(),
        output: get.output,
    };
    let mut printer = Printer::new(shown);
    let world = &program.state.world;
    let tables: Vec<&Table> =
        world.open().flat_map(|c| rows_of(world, c, &asked)).filter_map(|w| world.serving(&w)).filter(|t| t.is_listed()).collect();
    let found: usize = tables.iter().map(|t| t.len()).sum();
    printer.list(world, &tables)?;
    if found == 0 && failed.is_empty() && matches!(get.output, Output::Table | Output::Wide | Output::Name) {
        let place = place(world, &asked);
        match &asked.name {
            Some(name) => {
                eprint(&format!("kconsole: no {} called {name}{place}", asked.resource));
                return Ok(1);
            }
            None => eprint(&format!("no {} found{place}", asked.resource)),
        }
    }
    for (id, why) in &failed {
        eprint(&format!("kconsole: {}: {why}", world.name(*id)));
    }
    if get.watch {
        changes(&mut program, &mut printer, &asked, &mut failed).await?;
    }
    Ok(i32::from(!failed.is_empty()))
}

/// Contexts that were not asked, because they are clusters that were asked.
fn refused(world: &World, chosen: &[ClusterId]) -> Vec<(ClusterId, String)> {
    let closed = chosen.iter().filter(|id| world.cluster(**id).is_some_and(|c| !c.open));
    closed.filter_map(|id| Some((*id, news::twin(world, *id)?))).collect()
}

/// Where nothing was found, unless that is everywhere.
fn place(world: &World, asked: &Asked) -> String {
    let wants: Vec<Want> = world.open().flat_map(|c| rows_of(world, c, asked)).collect();
    let mut names: Vec<&str> = wants.iter().filter_map(|w| w.namespace.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { String::new() } else { format!(" in namespace {}", names.join(", ")) }
}

/// Waits until every cluster has answered or failed. Returns those that failed, and why.
async fn settle(program: &mut Program, asked: &Asked) -> BTreeMap<ClusterId, String> {
    let (passing, deadline) = (Instant::now() + PASSING, Instant::now() + PATIENCE);
    loop {
        program.perform();
        let world = &program.state.world;
        let is_early = Instant::now() < passing;
        let mut failed = BTreeMap::new();
        let mut waiting = Vec::new();
        for cluster in world.open() {
            match progress(world, cluster, asked) {
                Progress::Waiting => waiting.push(cluster.id),
                Progress::Failing(_) if is_early => waiting.push(cluster.id),
                Progress::Complete => {}
                Progress::Failing(why) | Progress::Failed(why) => drop(failed.insert(cluster.id, why)),
            }
        }
        if waiting.is_empty() {
            return failed;
        }
        let over = timeout_at(if is_early { passing } else { deadline }, program.listen()).await.is_err();
        if over && !is_early {
            failed.extend(waiting.into_iter().map(|id| (id, format!("no answer within {} s", PATIENCE.as_secs()))));
            return failed;
        }
    }
}

/// Prints what changes, until somebody ends it.
async fn changes(program: &mut Program, printer: &mut Printer, asked: &Asked, failed: &mut BTreeMap<ClusterId, String>) -> io::Result<()> {
    loop {
        program.perform();
        program.listen().await;
        program.state.tick(super::run::now());
        let world = &program.state.world;
        for cluster in world.open() {
            match progress(world, cluster, asked) {
                Progress::Failing(why) | Progress::Failed(why) if failed.get(&cluster.id) != Some(&why) => {
                    eprint(&format!("kconsole: {}: {why}", cluster.name));
                    failed.insert(cluster.id, why);
                }
                Progress::Complete => drop(failed.remove(&cluster.id)),
                Progress::Waiting | Progress::Failing(_) | Progress::Failed(_) => {}
            }
        }
        let tables = world.open().flat_map(|c| rows_of(world, c, asked)).filter_map(|w| world.serving(&w));
        let tables: BTreeMap<WatchId, &Table> = tables.map(|t| (t.watch, t)).collect();
        printer.changes(world, &tables.into_values().collect::<Vec<_>>())?;
    }
}

/// Tries each chosen cluster.
async fn check(mut setup: Setup) -> io::Result<i32> {
    let nodes = |world: &World, _: &Asked| world.open().map(|c| Want::all(c.id, GroupResource::new("", "nodes"))).collect();
    // Each context is tried for itself, also where two lead to the same cluster.
    setup.world.twins = true;
    let mut program = Program::new(setup, |_| Box::new(Unseen(nodes, Asked::default())));
    let (passing, deadline) = (Instant::now() + PASSING, Instant::now() + PATIENCE);
    loop {
        program.perform();
        let world = &program.state.world;
        let is_early = Instant::now() < passing;
        if world.open().all(|c| checked(world, c, is_early).is_some()) {
            break;
        }
        if timeout_at(if is_early { passing } else { deadline }, program.listen()).await.is_err() && !is_early {
            break;
        }
    }
    program.count();
    let world = &program.state.world;
    let width = world.open().map(|c| c.name.chars().count()).max().unwrap_or(0);
    let mut usable = true;
    for cluster in world.open() {
        let told = checked(world, cluster, false).unwrap_or_else(|| Err(format!("no answer within {} s", PATIENCE.as_secs())));
        usable &= told.is_ok();
        let (sign, told) = told.map_or_else(|why| ("✗", why), |told| ("●", told));
        let line = format!("{sign} {:width$}  {}\n", visible(&cluster.name), visible(&told));
        io::Write::write_all(&mut io::stdout(), line.as_bytes())?;
    }
    Ok(i32::from(!usable))
}

/// What there is to say of a cluster once all is known; `Err` where it cannot be used.
/// What may pass is nothing to say yet while it is early.
fn checked(world: &World, cluster: &Cluster, is_early: bool) -> Option<Result<String, String>> {
    match Standing::of(world, cluster) {
        Standing::Closed | Standing::Connecting | Standing::Syncing(_) => return None,
        Standing::Login(_) | Standing::Stale(_) | Standing::Down(_) => return Some(Err(cluster.fault()?.to_string())),
        Standing::Live { .. } => {}
    }
    let Link::Up { latency } = &cluster.link else { return None };
    let user = cluster.user.as_deref()?;
    cluster.catalog.as_ref()?;
    let table = world.serving(&Want::all(cluster.id, GroupResource::new("", "nodes")))?;
    let nodes = match &table.sync {
        Sync::Live | Sync::Polling { .. } => format!("{} of {} nodes ready", kinds::node::ready_in(table), table.len()),
        Sync::Stale { why, .. } if is_early && passes(why) => return None,
        Sync::Stale { why, .. } => format!("nodes {}", why.kind.word()),
        // Told apart above.
        Sync::Connecting | Sync::Syncing { .. } => return None,
    };
    let provider = cluster.about.provider.as_ref().map_or_else(String::new, |p| format!(" {p}"));
    let version = if cluster.about.version.is_empty() { "version unknown" } else { &cluster.about.version };
    Some(Ok(format!("{version}{provider}  {:.1} ms  {nodes}  {user}  {} bytes", latency.as_secs_f64() * 1e3, cluster.traffic.bytes)))
}

/// Where files are, and what was found out.
pub(super) fn info(setup: &Setup) -> String {
    let paths = &setup.paths;
    let there = |p: &std::path::Path| if p.exists() { "" } else { "  (not there)" };
    let mut out = String::new();
    for (what, path) in [
        ("config", &paths.config),
        ("keymaps", &paths.keymaps),
        ("themes", &paths.themes),
        ("session", &paths.session),
        ("layouts", &paths.layouts),
        ("forwards", &paths.forwards),
        ("log", &paths.log),
        ("journal", &super::journal::place(paths, setup.flags.journal.as_deref(), &setup.own.config.journal)),
    ] {
        out.push_str(&format!("{what:12}{}{}\n", path.display(), there(path)));
    }
    for file in &setup.files {
        out.push_str(&format!("{:12}{}{}\n", "kubeconfig", file.display(), there(file)));
    }
    out.push_str(&format!("{:12}{}\n", "contexts", setup.contexts.len()));
    for name in ["TERM", "COLORTERM", "NO_COLOR", "LANG"] {
        out.push_str(&format!("{name:12}{}\n", std::env::var(name).unwrap_or_else(|_| "-".to_owned())));
    }
    for problem in setup.problems.iter().chain(&kept::problems(paths)) {
        out.push_str(&format!("{:12}{}\n", "problem", visible(problem)));
    }
    out
}
