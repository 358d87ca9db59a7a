//! The forwards that are open: where each leads, what goes through it, and what is wrong with it.

use crate::keymap::Scope;
use crate::model::course::ChangeId;
use crate::model::forward::Forward;
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

/// What each column can do with: glyph, since when, port here, cluster, object and its port, pod, connections and bytes, what is wrong.
const LEAST: [u16; 8] = [1, 3, 7, 6, 12, 10, 12, 10];

/// The screen of forwards.
#[derive(Debug, Default)]
pub struct ForwardsView {
    /// The forward that the cursor is on.
    cursor: Option<ChangeId>,
    list: List,
}

impl ForwardsView {
    fn here<'a>(&self, world: &'a World) -> Option<&'a Forward> {
        world.forwards.get(self.list.at)
    }

    fn keep(&mut self, world: &World) {
        self.cursor = self.here(world).map(|f| f.change);
    }
}

fn line(world: &World, forward: &Forward) -> Cells<8> {
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
        (world.name(object.cluster).to_owned(), Role::Text),
        (format!("{}:{port}", words::object(object)), Role::Text),
        (pod, Role::Text),
        (through, Role::Text),
        (now.why.clone().unwrap_or_default(), Role::StatusWarn),
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
        let here = self.here(world);
        Scene { change: here.map(|f| f.change), copyable: here.map(|f| format!("localhost:{}", f.now.local)), ..Scene::default() }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        self.list.act(motion, world.forwards.len());
        self.keep(world);
    }

    fn click(&mut self, world: &World, _x: u16, y: u16) {
        self.list.click(y, world.forwards.len());
        self.keep(world);
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        world.forwards.iter().map(|f| next_change(f.since.age(world.now))).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.list.at = world.forwards.iter().position(|f| Some(f.change) == self.cursor).unwrap_or(self.list.at);
        self.list.arrange(area, world.forwards.len());
        self.keep(world);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = theme.style(Role::Title);
        let parts = [("Forwards".into(), title), (words::grouped(world.forwards.len()).into(), title)];
        let inside = frame(buf, area, theme.style(Role::BorderFocused), parts);
        let lines: Vec<Cells<8>> = world.forwards.iter().map(|f| line(world, f)).collect();
        self.list.draw(theme, &lines, LEAST, inside, buf);
        if lines.is_empty() {
            let told = words::keyed(world, "no forward is open; {forward} on a pod or service opens one");
            self.list.nothing(theme, &told, inside, buf);
        }
    }
}
