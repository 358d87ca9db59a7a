//! `kconsole logs`: the same engine as the screen's, printed. Lines go to standard output in the order of their times, what happens to the containers
//! to standard error.

use super::cli::{Cli, LogsArgs, LogsOutput};
use super::entry::{USAGE, eprint};
use super::journal;
use super::program::Program;
use super::startup::Setup;
use crate::actions;
use crate::keymap::Scope;
use crate::kinds;
use crate::model::cluster::Cluster;
use crate::model::glob::Glob;
use crate::model::id::{ClusterId, ObjectRef, Uid, WatchId};
use crate::model::log::{Chunk, Follows, From, Kind, News, Ring, Seen, Spot, Tail};
use crate::model::step::{Motion, Only, Scene, Workload};
use crate::model::table::Slot;
use crate::model::text::visible;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::view::View;
use crate::ui::views::logs::LogsView;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use regex::bytes::Regex;
use serde_json::json;
use std::collections::{HashSet, VecDeque};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long a line is held back, so that those of others that are older come before it.
const HELD_BACK: Duration = Duration::from_millis(250);
/// How often is looked what may go out.
const TICK: Duration = Duration::from_millis(50);
/// Longer than connecting may take, plugins included.
const PATIENCE: Duration = Duration::from_secs(45);
/// Bytes that are held back at most: what a fast pod writes in that time.
const HELD: usize = 32 << 20;

/// Bytes that go out at once.
const WRITTEN: usize = 64 << 10;

/// What comes from the pods that are followed.
enum Came {
    Lines(Tail, News),
    /// All of a pod was read.
    Over(ClusterId, Uid),
}

/// A screen that nobody sees: it decides which pods are followed, and hands on what comes.
struct Handed {
    view: LogsView,
    out: mpsc::Sender<Came>,
}

impl View for Handed {
    fn scope(&self) -> Scope {
        self.view.scope()
    }

    fn title(&self) -> String {
        self.view.title()
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        self.view.wants(world)
    }

    fn follows(&self) -> Option<Follows<'_>> {
        self.view.follows()
    }

    fn read(&mut self, tail: &Tail, news: News) {
        // Whoever printed it has ended.
        let _ = self.out.send(Came::Lines(tail.clone(), news));
    }

    fn read_out(&mut self, tail: &Tail) {
        let _ = self.out.send(Came::Over(tail.cluster, tail.uid));
    }

    fn refresh(&mut self, world: &World) {
        self.view.refresh(world);
    }

    fn before(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        self.view.before(world, watch, slots);
    }

    fn after(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        self.view.after(world, watch, slots);
    }

    fn scene(&self, _: &World) -> Scene {
        Scene::default()
    }

    fn act(&mut self, _: &World, _: Motion) {}

    fn arrange(&mut self, _: &World, _: Rect) {}

    fn draw(&self, _: &World, _: &Theme, _: Rect, _: &mut Buffer) {}
}

/// Prints logs until they end, or somebody ends it. Returns the exit code.
///
/// # Errors
/// Where standard output is gone.
pub(super) async fn run(cli: &Cli, args: &LogsArgs, setup: Setup) -> io::Result<i32> {
    let wrong = |why: String| {
        eprint(&format!("kconsole: {why}"));
        Ok(i32::from(USAGE))
    };
    let from = match (args.since.as_deref().map(|text| journal::since(text, super::run::now())), args.tail) {
        (Some(Err(why)), _) => return wrong(why),
        (Some(Ok(at)), _) => From::Since(at),
        (None, Some(lines)) => From::Last(lines),
        (None, None) => From::Start,
    };
    let mut printer = match Printer::new(args, setup.chosen.len() > 1) {
        Ok(printer) => printer,
        Err(why) => return wrong(why),
    };
    let chosen = setup.chosen.iter().filter_map(|id| setup.world.cluster(*id));
    let of: Result<Vec<Vec<Only>>, String> = chosen.map(|cluster| targets(cli, args, cluster)).collect();
    let of = match of {
        Ok(of) => of.concat(),
        Err(why) => return wrong(why),
    };
    let (out, came) = mpsc::channel();
    let mut program = Program::new(setup, |state| {
        let view = LogsView::reading(&state.world, of, 1, from, args.follow);
        Box::new(Handed { view, out })
    });
    let done = printer.follow(&mut program, &came, args.follow).await;
    match done {
        // Whoever closed it has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        other => other,
    }
}

/// What is followed in a cluster.
fn targets(cli: &Cli, args: &LogsArgs, cluster: &Cluster) -> Result<Vec<Only>, String> {
    let namespaces: Vec<&str> = match cli.flags.namespace.as_slice() {
        [] => vec![&cluster.namespace],
        some => some.iter().map(String::as_str).collect(),
    };
    if args.targets.is_empty() && args.selector.is_empty() {
        return Ok(match cli.flags.all_namespaces {
            true => vec![Only::Cluster(cluster.id)],
            false => namespaces.into_iter().map(|name| Only::Namespace(cluster.id, name.into())).collect(),
        });
    }
    let mut of = Vec::new();
    for namespace in namespaces {
        for target in &args.targets {
            let (kind, name) = target.split_once('/').unwrap_or(("pods", target));
            let known = kinds::named(kind).map(kinds::Kind::id).ok_or_else(|| format!("{target}: logs know no kind called {kind}"))?;
            let object =
                ObjectRef { cluster: cluster.id, kind: known, namespace: namespace.into(), name: name.into(), uid: Uid::parse("") };
            let workload = actions::logs::workload(&object).ok_or_else(|| format!("{target}: {kind} have no pods of their own"))?;
            of.push(Only::Alike(Workload { cluster: Some(cluster.id), ..workload }));
        }
        if !args.selector.is_empty() {
            let kind = crate::model::id::GroupResource::new("", "pods");
            let object = ObjectRef { cluster: cluster.id, kind, namespace: namespace.into(), name: "".into(), uid: Uid::parse("") };
            of.push(Only::SelectedBy(object, args.selector.as_str().into()));
        }
    }
    Ok(of)
}

/// Prints lines in the order of their times.
struct Printer<'a> {
    args: &'a LogsArgs,
    grep: Option<Regex>,
    /// Only these; none for all.
    containers: Vec<Glob>,
    several: bool,
    /// Text goes to a terminal, which would obey what is in it.
    terminal: bool,
    ring: Ring,
    sources: Vec<(Tail, Box<str>)>,
    /// When lines came, and the newest of each time.
    held: VecDeque<(Instant, Spot)>,
    over: HashSet<(ClusterId, Uid)>,
}

impl<'a> Printer<'a> {
    fn new(args: &'a LogsArgs, several: bool) -> Result<Self, String> {
        Ok(Self {
            args,
            grep: args.grep.as_deref().map(Regex::new).transpose().map_err(|why| format!("--grep: {why}"))?,
            containers: args.container.iter().map(|pattern| Glob::parse(pattern)).collect::<Result<_, _>>()?,
            several,
            terminal: io::stdout().is_terminal(),
            ring: Ring::new(usize::MAX),
            sources: Vec::new(),
            held: VecDeque::new(),
            over: HashSet::new(),
        })
    }

    async fn follow(&mut self, program: &mut Program, came: &mpsc::Receiver<Came>, follow: bool) -> io::Result<i32> {
        let began = Instant::now();
        let mut told = HashSet::new();
        program.perform();
        loop {
            // What has come meanwhile is taken in the next time.
            let _ = timeout(TICK, program.listen()).await;
            // What that makes wanted is on its way before anything is called read.
            program.perform();
            let world = &program.state.world;
            for came in came.try_iter() {
                match came {
                    Came::Lines(tail, news) => self.take(tail, &news.container, news.chunk),
                    Came::Over(cluster, pod) => drop(self.over.insert((cluster, pod))),
                }
            }
            let late = began.elapsed() > PATIENCE;
            for cluster in world.open() {
                if let Some(fault) = cluster.fault()
                    && told.insert((cluster.id, fault.what.clone()))
                {
                    eprint(&format!("kconsole: {}: {fault}", cluster.name));
                }
            }
            let is_read = !follow && (late || self.is_read(program));
            self.print(&program.state.world, is_read)?;
            if is_read {
                if self.sources.is_empty() && told.is_empty() {
                    eprint("kconsole: no pods with a log were found");
                }
                return Ok(i32::from(self.sources.is_empty() || !told.is_empty()));
            }
        }
    }

    /// Every cluster has told of its pods, and all of them were read.
    fn is_read(&self, program: &Program) -> bool {
        let world = &program.state.world;
        let listed = |cluster: &Cluster| {
            let mut tables = world.tables.of(cluster.id).peekable();
            cluster.fault().is_some() || tables.peek().is_some() && tables.all(|t| t.is_listed())
        };
        world.open().all(listed) && program.state.followed().all(|pod| self.over.contains(&pod))
    }

    fn take(&mut self, tail: Tail, container: &str, chunk: Chunk) {
        if !self.containers.is_empty() && !self.containers.iter().any(|pattern| pattern.matches(container)) {
            return;
        }
        let known = self.sources.iter().position(|(t, c)| (t.cluster, t.uid) == (tail.cluster, tail.uid) && **c == *container);
        let source = known.unwrap_or_else(|| {
            self.sources.push((tail, container.into()));
            self.sources.len() - 1
        });
        let newest = self.ring.insert(source as u32, chunk).last().copied();
        self.held.extend(newest.map(|newest| (Instant::now(), newest)));
    }

    /// The line up to which all may go out: what was held back long enough, with what is older than that. What there is no room for goes too, the
    /// older half first.
    fn due(&mut self, all: bool) -> Option<Spot> {
        if all {
            return self.ring.spot(self.ring.len().checked_sub(1)?);
        }
        let mut until = None;
        while let Some((_, newest)) = self.held.pop_front_if(|(came, _)| came.elapsed() >= HELD_BACK) {
            until = until.max(Some(newest));
        }
        let half = (self.ring.size() > HELD).then(|| self.ring.spot(self.ring.len() / 2)).flatten();
        until.max(half)
    }

    /// Prints what was held back long enough, with what is older than that.
    fn print(&mut self, world: &World, all: bool) -> io::Result<()> {
        let Some(until) = self.due(all) else { return Ok(()) };
        let mut out = BufWriter::with_capacity(WRITTEN, io::stdout().lock());
        let due = (0..self.ring.len()).map_while(|place| self.ring.get(place)).take_while(|line| line.spot <= until);
        for line in due {
            // What is said on the other stream stands behind what was before it.
            if line.kind != Kind::Written || line.cut > 0 {
                out.flush()?;
            }
            self.line(world, &line, &mut out)?;
        }
        out.flush()?;
        drop(out);
        self.ring.forget(until);
        Ok(())
    }

    fn line(&self, world: &World, line: &Seen<'_>, out: &mut impl Write) -> io::Result<()> {
        let Some((tail, container)) = self.sources.get(line.source as usize) else { return Ok(()) };
        let cluster = world.name(tail.cluster);
        let of = if self.several { format!("{cluster} {} {container}", tail.pod) } else { format!("{} {container}", tail.pod) };
        if line.kind != Kind::Written {
            eprint(&format!("--- {of}: {}", String::from_utf8_lossy(line.bytes)));
            return Ok(());
        }
        if self.grep.as_ref().is_some_and(|grep| !grep.is_match(line.bytes)) {
            return Ok(());
        }
        match self.args.output {
            LogsOutput::Json => {
                let object = json!({"cluster": cluster, "namespace": tail.namespace, "pod": tail.pod, "container": container,
                    "time": line.spot.at.rfc3339(), "message": String::from_utf8_lossy(line.bytes)});
                out.write_all(object.to_string().as_bytes())?;
            }
            LogsOutput::Text => {
                write!(out, "{of} ")?;
                self.bytes(line.bytes, out)?;
            }
            LogsOutput::Raw => self.bytes(line.bytes, out)?,
        }
        if line.cut > 0 {
            eprint(&format!("--- {of}: {} bytes of the last line were not kept", line.cut));
        }
        out.write_all(b"\n")
    }

    fn bytes(&self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        if self.terminal { out.write_all(visible(&String::from_utf8_lossy(bytes)).as_bytes()) } else { out.write_all(bytes) }
    }
}
