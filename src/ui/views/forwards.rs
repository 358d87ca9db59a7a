//! The forwards that are open: where each leads, what goes through it, and what is wrong with it. Below them those that are kept by name and not open.

use crate::keymap::Scope;
use crate::model::course::ChangeId;
use crate::model::forward::{Forward, Saved};
use crate::model::id::{ClusterId, ObjectRef, Uid};
use crate::model::quantity::bytes;
use crate::model::step::{Motion, Scene};
use crate::model::time::next_change;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::list::{Cells, List};
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What each column can do with: glyph, since when, port here, name, cluster, object and its port, pod, connections and bytes, what is wrong.
const LEAST: [u16; 9] = [1, 3, 7, 4, 6, 12, 10, 12, 10];

/// The screen of forwards.
#[derive(Debug, Default)]
pub struct ForwardsView {
    /// What the cursor is on.
    cursor: Option<On>,
    list: List,
}

/// A line, whatever comes and goes around it.
#[derive(Debug, PartialEq, Eq)]
enum On {
    /// A forward that is open.
    Open(ChangeId),
    /// One that is kept under this name.
    Kept(String),
}

/// What a line is about.
#[derive(Clone, Copy)]
enum Line<'a> {
    /// A forward that is open, and the name under which it is kept, if it is.
    Open(&'a Forward, Option<&'a str>),
    /// One that is kept and not open.
    Kept(&'a str, &'a Saved),
}

impl Line<'_> {
    fn on(&self) -> On {
        match self {
            Self::Open(forward, _) => On::Open(forward.change),
            Self::Kept(name, _) => On::Kept((*name).to_owned()),
        }
    }
}

/// What it would take to open a forward again.
fn saved(world: &World, forward: &Forward) -> Option<Saved> {
    Some(Saved::of(forward, &world.cluster(forward.object.cluster)?.context))
}

/// All lines: a person keeps a handful of forwards.
fn lines(world: &World) -> Vec<Line<'_>> {
    let open: Vec<Saved> = world.forwards.iter().filter_map(|f| saved(world, f)).collect();
    let name = |forward| {
        let saved = saved(world, forward);
        world.kept.iter().find(|(_, kept)| Some(*kept) == saved.as_ref()).map(|(name, _)| name.as_str())
    };
    let kept = world.kept.iter().filter(|(_, kept)| !open.contains(kept)).map(|(name, kept)| Line::Kept(name, kept));
    world.forwards.iter().map(|forward| Line::Open(forward, name(forward))).chain(kept).collect()
}

impl ForwardsView {
    fn here<'a>(&self, world: &'a World) -> Option<Line<'a>> {
        lines(world).get(self.list.at).copied()
    }

    fn keep(&mut self, world: &World) {
        self.cursor = self.here(world).map(|line| line.on());
    }
}

fn cells(world: &World, line: &Line<'_>) -> Cells<9> {
    match line {
        Line::Open(forward, name) => open(world, forward, name.unwrap_or_default()),
        Line::Kept(name, saved) => kept(world, name, saved),
    }
}

fn open(world: &World, forward: &Forward, name: &str) -> Cells<9> {
    let Forward { object, port, now, .. } = forward;
    let (glyph, role) = match (&now.why, now.local) {
        (Some(_), _) => ("▲", Role::StatusWarn),
        (None, 0) => ("◌", Role::StatusBusy),
        (None, _) => ("●", Role::StatusOk),
    };
    let is_same = |pod: &str| pod == &*object.name && &*object.kind.resource == "pods";
    let pod = |(pod, port): &(Box<str>, u16)| if is_same(pod) { format!("its port {port}") } else { format!("{pod}:{port}") };
    let pod = now.pod.as_ref().map(pod).unwrap_or_default();
    let failed = if now.failed > 0 { format!(", {} failed", now.failed) } else { String::new() };
    let through = format!("{} of {} open{failed}, {}B in, {}B out", now.open, now.all, bytes(now.sent), bytes(now.received));
    [
        (glyph.to_owned(), role),
        (words::ago(forward.since, world.now), Role::Dim),
        (format!(":{}", now.local), Role::Title),
        (name.to_owned(), Role::Text),
        (world.name(object.cluster).to_owned(), Role::Text),
        (format!("{}:{port}", words::object(object)), Role::Text),
        (pod, Role::Text),
        (through, Role::Text),
        (now.why.clone().unwrap_or_default(), Role::StatusWarn),
    ]
}

/// It leads nowhere yet.
fn kept(world: &World, name: &str, saved: &Saved) -> Cells<9> {
    let Saved { context, kind, namespace, name: object, port, local } = saved;
    let cluster = world.clusters.iter().find(|cluster| cluster.context == *context);
    let shown = cluster.map_or(context.as_str(), |cluster| &cluster.name);
    let (id, uid) = (cluster.map_or(ClusterId(u16::MAX), |cluster| cluster.id), Uid::of_name(namespace, object));
    let object = ObjectRef { cluster: id, kind: kind.clone(), namespace: namespace.clone(), name: object.clone(), uid };
    let dim = |text: String| (text, Role::Dim);
    [
        dim("○".to_owned()),
        dim(String::new()),
        dim(format!(":{local}")),
        (name.to_owned(), Role::Text),
        dim(shown.to_owned()),
        dim(format!("{}:{port}", words::object(&object))),
        dim("not open".to_owned()),
        dim(String::new()),
        dim(if cluster.is_some() { String::new() } else { "no kubeconfig has this context any more".to_owned() }),
    ]
}

impl View for ForwardsView {
    fn scope(&self) -> Scope {
        Scope::Changes
    }

    fn title(&self) -> String {
        "forwards".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, world: &World) -> Scene {
        match self.here(world) {
            Some(Line::Open(forward, name)) => Scene {
                change: Some(forward.change),
                forward: saved(world, forward).filter(|_| forward.now.local > 0),
                kept: name.map(str::to_owned),
                copyable: Some(format!("localhost:{}", forward.now.local)),
                ..Scene::default()
            },
            Some(Line::Kept(name, saved)) => {
                Scene { kept: Some(name.to_owned()), copyable: Some(format!("localhost:{}", saved.local)), ..Scene::default() }
            }
            None => Scene::default(),
        }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        self.list.act(motion, lines(world).len());
        self.keep(world);
    }

    fn click(&mut self, world: &World, _x: u16, y: u16) {
        self.list.click(y, lines(world).len());
        self.keep(world);
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        world.forwards.iter().map(|f| next_change(f.since.age(world.now))).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        let lines = lines(world);
        self.list.at = lines.iter().position(|line| Some(line.on()) == self.cursor).unwrap_or(self.list.at);
        self.list.arrange(area, lines.len());
        self.keep(world);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = theme.style(Role::Title);
        let parts = [("Forwards".into(), title), (words::grouped(world.forwards.len()).into(), title)];
        let inside = frame(buf, area, theme.style(Role::BorderFocused), parts);
        let lines: Vec<Cells<9>> = lines(world).iter().map(|line| cells(world, line)).collect();
        self.list.draw(theme, &lines, LEAST, inside, buf);
        if lines.is_empty() {
            let told = words::keyed(world, "no forward is open; {forward} on a pod or service opens one");
            self.list.nothing(theme, &told, inside, buf);
        }
    }
}
