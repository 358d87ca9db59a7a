//! What can be taken back of an object, the newest first, to choose one of it. Nothing is done by choosing: the change that takes it back is shown
//! first, like any other.

use crate::keymap::Scope;
use crate::kinds;
use crate::model::id::ObjectRef;
use crate::model::past::{Origin, Past};
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

/// What each column can do with: when, verb, who, what.
const LEAST: [u16; 4] = [3, 6, 6, 20];

/// The screen of what can be taken back.
#[derive(Debug)]
pub struct UndoView {
    object: ObjectRef,
    pasts: Vec<Past>,
    list: List,
}

impl UndoView {
    /// What can be taken back of an object.
    pub fn new(object: ObjectRef, pasts: Vec<Past>) -> Self {
        Self { object, pasts, list: List::default() }
    }
}

fn line(past: &Past, object: &ObjectRef, world: &World) -> Cells<4> {
    let at = if past.from == Origin::Revisions { String::new() } else { words::ago(past.at, world.now) };
    let who = match &past.from {
        Origin::Run(_) => "this run".to_owned(),
        Origin::Journal(_) => past.who.clone().unwrap_or_default(),
        Origin::Revisions => String::new(),
    };
    let kind = kinds::find(&past.object.kind).map_or(&*past.object.kind.resource, |kind| kind.names.kind);
    let told = match past.object == *object {
        true => past.told.clone(),
        false => format!("{}: {}", words::manifest(kind, &past.object), past.told),
    };
    [(at, Role::Dim), (past.verb.clone(), Role::Title), (who, Role::Dim), (told, Role::Text)]
}

impl View for UndoView {
    fn scope(&self) -> Scope {
        Scope::Everywhere
    }

    fn title(&self) -> String {
        "undo".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, world: &World) -> Scene {
        let here = self.pasts.get(self.list.at);
        let copyable = here.map(|past| line(past, &self.object, world).map(|(cell, _)| cell).join(" "));
        Scene { past: here.map(|past| (past.object.clone(), past.from.clone())), copyable, ..Scene::default() }
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        self.list.act(motion, self.pasts.len());
    }

    fn click(&mut self, _world: &World, _x: u16, y: u16) {
        self.list.click(y, self.pasts.len());
    }

    fn is_choice(&self) -> bool {
        true
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        self.pasts.iter().map(|p| next_change(p.at.age(world.now))).min()
    }

    fn arrange(&mut self, _world: &World, area: Rect) {
        self.list.arrange(area, self.pasts.len());
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = theme.style(Role::Title);
        let cluster = title.patch(words::cluster_style(world, theme, self.object.cluster));
        let parts = [
            ("Undo".into(), title),
            (world.name(self.object.cluster).to_owned().into(), cluster),
            (words::object(&self.object).into(), title),
        ];
        let inside = frame(buf, area, theme.style(Role::BorderFocused), parts);
        let lines: Vec<Cells<4>> = self.pasts.iter().map(|p| line(p, &self.object, world)).collect();
        self.list.draw(theme, &lines, LEAST, inside, buf);
    }
}
