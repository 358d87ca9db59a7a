//! The shells that are open, and those that have ended while nobody was in them.

use crate::keymap::Scope;
use crate::model::call::CallId;
use crate::model::step::{Motion, Scene};
use crate::model::stream::{LEAVE, Shell};
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

/// What each column can do with: glyph, since when, cluster, pod, container, how it is.
const LEAST: [u16; 6] = [1, 3, 6, 12, 6, 12];

/// The screen of shells.
#[derive(Debug, Default)]
pub struct ShellsView {
    /// The shell that the cursor is on.
    cursor: Option<CallId>,
    list: List,
}

impl ShellsView {
    fn here<'a>(&self, world: &'a World) -> Option<&'a Shell> {
        world.shells.get(self.list.at)
    }

    fn keep(&mut self, world: &World) {
        self.cursor = self.here(world).map(|shell| shell.id);
    }
}

fn line(world: &World, shell: &Shell) -> Cells<6> {
    let (glyph, role, told) = match shell.ended.as_deref() {
        None => ("●", Role::StatusOk, "open"),
        Some(ended @ "exit 0") => ("✔", Role::Dim, ended),
        Some(ended) => ("▲", Role::StatusWarn, ended),
    };
    [
        (glyph.to_owned(), role),
        (words::ago(shell.since, world.now), Role::Dim),
        (world.name(shell.object.cluster).to_owned(), Role::Text),
        (words::object(&shell.object), Role::Title),
        (shell.container.to_string(), Role::Text),
        (told.to_owned(), role),
    ]
}

impl View for ShellsView {
    fn scope(&self) -> Scope {
        Scope::Changes
    }

    fn title(&self) -> String {
        "shells".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, world: &World) -> Scene {
        let here = self.here(world);
        let copied = |shell: &Shell| line(world, shell).map(|(cell, _)| cell).join(" ");
        Scene { shell: here.map(|s| s.id), change: here.map(|s| s.change), copyable: here.map(copied), ..Scene::default() }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        self.list.act(motion, world.shells.len());
        self.keep(world);
    }

    fn click(&mut self, world: &World, _x: u16, y: u16) {
        self.list.click(y, world.shells.len());
        self.keep(world);
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        world.shells.iter().map(|shell| next_change(shell.since.age(world.now))).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.list.at = world.shells.iter().position(|shell| Some(shell.id) == self.cursor).unwrap_or(self.list.at);
        self.list.arrange(area, world.shells.len());
        self.keep(world);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = theme.style(Role::Title);
        let parts = [("Shells".into(), title), (words::grouped(world.shells.len()).into(), title)];
        let inside = frame(buf, area, theme.style(Role::BorderFocused), parts);
        let lines: Vec<Cells<6>> = world.shells.iter().map(|shell| line(world, shell)).collect();
        self.list.draw(theme, &lines, LEAST, inside, buf);
        if lines.is_empty() {
            let told = format!("{}, and {LEAVE} leaves it open", words::keyed(world, "no shell is open; {shell} on a pod opens one"));
            self.list.nothing(theme, &told, inside, buf);
        }
    }
}
