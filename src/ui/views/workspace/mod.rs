//! The panes over all open clusters: side by side where there is room, else as tabs. Each is a view of its own; one has the keys.

mod areas;
mod ask;
mod pane;
mod tabs;

pub use pane::PANES;

use crate::keymap::{Binding, Scope};
use crate::model::id::WatchId;
use crate::model::layout::{Layout, Tree};
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Panes, Pick, Scene, Step};
use crate::model::stroke::Stroke;
use crate::model::table::Slot;
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::view::{Shown, View};
use pane::Pane;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The pane that has the keys at first: it says where to go.
const FIRST: &str = "health";

/// The screen of panes.
pub struct WorkspaceView {
    tree: Tree<Pane>,
    /// The pane that has the keys, by its place in reading order.
    focused: usize,
    zoomed: bool,
    /// The other panes follow the cursor of this one.
    linked: bool,
    /// What they follow now.
    pick: Option<Pick>,
    /// There is no room for all side by side: this is where the names of the panes stand.
    tabs: Option<Rect>,
    /// Where all of them stand.
    area: Rect,
}

impl WorkspaceView {
    /// The panes of the layout in use.
    pub fn new(world: &World) -> Self {
        let layout = world.layouts.in_use().cloned().unwrap_or_else(pane::built_in);
        let mut view =
            Self { tree: tree(world, &layout), focused: 0, zoomed: false, linked: false, pick: None, tabs: None, area: Rect::ZERO };
        view.focus_first();
        view
    }

    fn focus_first(&mut self) {
        let first = self.tree.panes().iter().position(|p| p.word == FIRST);
        self.focus_on(first.unwrap_or_default());
    }

    /// Gives the keys to the pane of this place.
    fn focus_on(&mut self, place: usize) {
        self.focused = place.min(self.tree.len().saturating_sub(1));
        for (i, pane) in self.tree.panes_mut().into_iter().enumerate() {
            pane.view.focus(i == self.focused);
        }
    }

    /// The pane that has the keys.
    fn here(&self) -> Option<&Pane> {
        self.tree.panes().get(self.focused).copied()
    }

    fn here_mut(&mut self) -> Option<&mut Pane> {
        let focused = self.focused;
        self.tree.panes_mut().into_iter().nth(focused)
    }

    /// The panes in sight, by their places.
    fn in_sight(&self) -> impl Iterator<Item = (usize, &Pane)> {
        let alone = self.zoomed || self.tabs.is_some();
        self.tree.panes().into_iter().enumerate().filter(move |(i, _)| !alone || *i == self.focused)
    }

    /// The place of the pane that is seen at a place of the screen.
    fn pane_at(&self, x: u16, y: u16) -> Option<usize> {
        self.in_sight().find(|(_, p)| p.area.contains(Position { x, y })).map(|(i, _)| i)
    }

    /// Lets the other panes follow the cursor, if it is on something else now.
    fn link(&mut self, world: &World) {
        let pick = self.here().filter(|_| self.linked).and_then(|p| picked(p.view.scene(world)));
        if pick == self.pick {
            return;
        }
        self.pick = pick;
        self.tell_pick(world);
    }

    fn tell_pick(&mut self, world: &World) {
        let (focused, pick) = (self.focused, self.pick.as_ref());
        for (i, pane) in self.tree.panes_mut().into_iter().enumerate() {
            pane.view.follow(world, pick.filter(|_| i != focused));
        }
    }
}

/// The panes of a layout.
fn tree(world: &World, layout: &Layout) -> Tree<Pane> {
    layout.map(&mut |asked| Pane::new(world, asked))
}

/// What the cursor of a screen is on.
fn picked(scene: Scene) -> Option<Pick> {
    scene.cursor.map(|target| Pick::Object(Box::new(target))).or(scene.cluster.map(Pick::Cluster))
}

impl View for WorkspaceView {
    fn scope(&self) -> Scope {
        self.here().map_or(Scope::Everywhere, |p| p.view.scope())
    }

    fn title(&self) -> String {
        "overview".to_owned()
    }

    fn wants(&self, world: &World) -> Vec<Want> {
        self.tree.panes().into_iter().flat_map(|p| p.view.wants(world)).collect()
    }

    fn scene(&self, world: &World) -> Scene {
        let scene = self.here().map(|p| p.view.scene(world)).unwrap_or_default();
        Scene { panes: self.tree.len(), ..scene }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        if let Some(pane) = self.here_mut() {
            pane.view.act(world, motion);
        }
        self.link(world);
    }

    fn stroke(&mut self, world: &World, stroke: Stroke) -> Vec<Step> {
        self.here_mut().map(|p| p.view.stroke(world, stroke)).unwrap_or_default()
    }

    fn paste(&mut self, world: &World, text: &str) {
        if let Some(pane) = self.here_mut() {
            pane.view.paste(world, text);
        }
    }

    fn narrows(&self) -> Option<(&'static str, &'static str)> {
        self.here().and_then(|p| p.view.narrows())
    }

    fn chosen(&self) -> Option<&Binding> {
        self.here().and_then(|p| p.view.chosen())
    }

    fn sort(&mut self, world: &World, title: &str) {
        if let Some(pane) = self.here_mut() {
            pane.view.sort(world, title);
        }
    }

    fn filter(&self) -> &str {
        self.here().map_or("", |p| p.view.filter())
    }

    fn set_filter(&mut self, world: &World, text: &str) -> Result<(), BadTerm> {
        self.here_mut().map_or(Ok(()), |p| p.view.set_filter(world, text))
    }

    fn refresh(&mut self, world: &World) {
        self.tree.panes_mut().into_iter().for_each(|p| p.view.refresh(world));
        self.link(world);
    }

    fn before(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        self.tree.panes_mut().into_iter().for_each(|p| p.view.before(world, watch, slots));
    }

    fn after(&mut self, world: &World, watch: WatchId, slots: &[Slot]) {
        self.tree.panes_mut().into_iter().for_each(|p| p.view.after(world, watch, slots));
        self.link(world);
    }

    fn is_working(&self) -> bool {
        self.tree.panes().iter().any(|p| p.view.is_working())
    }

    fn work(&mut self, world: &World, rows: usize) -> bool {
        // What has the keys is waited for; the others get their turn once it is done.
        let focused = self.focused;
        let mut panes: Vec<(usize, &mut Pane)> = self.tree.panes_mut().into_iter().enumerate().collect();
        panes.sort_by_key(|(i, _)| *i != focused);
        let next = panes.into_iter().find(|(_, p)| p.view.is_working());
        let done = next.is_none_or(|(_, p)| p.view.work(world, rows));
        self.link(world);
        done && !self.is_working()
    }

    fn click(&mut self, world: &World, x: u16, y: u16) {
        let place = self.tab_at(world, x, y).or_else(|| self.pane_at(x, y));
        let Some(place) = place else { return };
        if place != self.focused {
            self.focus_on(place);
        }
        if let Some(pane) = self.here_mut().filter(|p| p.area.contains(Position { x, y })) {
            pane.view.click(world, x, y);
        }
        self.link(world);
    }

    fn wheel(&mut self, world: &World, x: u16, y: u16, motion: Motion) {
        let under = self.pane_at(x, y);
        let pane = under.and_then(|place| self.tree.panes_mut().into_iter().nth(place));
        if let Some(pane) = pane {
            pane.view.wheel(world, x, y, motion);
        }
        self.link(world);
    }

    fn back(&mut self) -> bool {
        std::mem::take(&mut self.zoomed)
    }

    fn panes(&self) -> Option<Shown> {
        Some(Shown { count: self.tree.len(), zoomed: self.zoomed })
    }

    fn arrange_panes(&mut self, world: &World, asked: Panes) -> Vec<Step> {
        let steps = self.ask(world, asked);
        self.link(world);
        steps
    }

    fn tick(&mut self, world: &World) {
        self.tree.panes_mut().into_iter().for_each(|p| p.view.tick(world));
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        self.in_sight().filter_map(|(_, p)| p.view.next_tick(world)).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.area = area;
        let (tabs, body) = self.divide(world, area);
        self.tabs = tabs;
        let areas = areas::areas(&self.tree, area);
        let (focused, alone) = (self.focused, self.zoomed || tabs.is_some());
        for ((i, pane), own) in self.tree.panes_mut().into_iter().enumerate().zip(areas) {
            if !alone || i == focused {
                pane.area = if alone { body } else { own };
                pane.view.arrange(world, pane.area);
            }
        }
        self.link(world);
    }

    fn draw(&self, world: &World, theme: &Theme, _area: Rect, buf: &mut Buffer) {
        for (_, pane) in self.in_sight() {
            pane.view.draw(world, theme, pane.area, buf);
        }
        if self.tabs.is_some() {
            self.draw_tabs(world, theme, buf);
        }
    }
}
