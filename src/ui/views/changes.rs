//! The changes of this run that were confirmed, the newest first: those under way, and what became of others.

use crate::keymap::Scope;
use crate::model::course::{ChangeId, Course, Stage};
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

/// What each column can do with: glyph, since when, verb, cluster, object, how far it is.
const LEAST: [u16; 6] = [1, 3, 6, 6, 12, 20];

/// The screen of changes.
#[derive(Debug, Default)]
pub struct ChangesView {
    /// The change that the cursor is on: it stays there when newer ones come.
    cursor: Option<ChangeId>,
    list: List,
}

impl ChangesView {
    fn here<'a>(&self, world: &'a World) -> Option<&'a Course> {
        world.courses.get(self.list.at)
    }

    fn keep(&mut self, world: &World) {
        self.cursor = self.here(world).map(|c| c.id);
    }
}

/// Glyph and words for how far a change is.
fn state(course: &Course) -> (&'static str, String, Role) {
    let Course { ended, left, stage, .. } = course;
    let (glyph, role) = match stage {
        Stage::Running | Stage::Stopping if ended.failures() > 0 => ("◐", Role::StatusWarn),
        Stage::Running | Stage::Stopping => ("◐", Role::StatusBusy),
        Stage::Over if ended.failed > 0 => ("✖", Role::StatusBad),
        Stage::Over if ended.unknown > 0 => ("?", Role::StatusWarn),
        Stage::Over if ended.done == 0 => ("·", Role::Dim),
        Stage::Over => ("✔", Role::StatusOk),
    };
    let all = ended.done + ended.failures() + ended.dropped + left;
    let count = |n: usize, word: &str| (n > 0).then(|| if all == 1 { word.to_owned() } else { format!("{n} {word}") });
    let going = if *stage == Stage::Stopping { "left, stopping" } else { "left" };
    let copied = course.progress.as_ref().map(words::progress);
    let going = if all == 1 { copied.as_deref().unwrap_or("under way") } else { going };
    let counts = [
        count(ended.done, "done"),
        count(ended.failed, "failed"),
        count(ended.unknown, "not known"),
        count(*left, going),
        count(ended.dropped, "not begun"),
    ];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    let why = course.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    (glyph, format!("{}{why}", counts.join(" · ")), role)
}

fn line(world: &World, course: &Course) -> Cells<6> {
    let (glyph, told, role) = state(course);
    let cluster = match course.clusters.as_slice() {
        [one] => world.name(*one).to_owned(),
        several => format!("{} clusters", several.len()),
    };
    let object = if course.objects == 1 { words::object(&course.object) } else { format!("{} objects", course.objects) };
    [
        (glyph.to_owned(), role),
        (words::ago(course.since, world.now), Role::Dim),
        (course.does.to_owned(), Role::Title),
        (cluster, Role::Text),
        (object, Role::Text),
        (told, role),
    ]
}

impl View for ChangesView {
    fn scope(&self) -> Scope {
        Scope::Changes
    }

    fn title(&self) -> String {
        "changes".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, world: &World) -> Scene {
        let here = self.here(world);
        let copied = |c: &Course| line(world, c).map(|(cell, _)| cell).join(" ");
        Scene { change: here.map(|c| c.id), copyable: here.map(copied), ..Scene::default() }
    }

    fn act(&mut self, world: &World, motion: Motion) {
        self.list.act(motion, world.courses.len());
        self.keep(world);
    }

    fn click(&mut self, world: &World, _x: u16, y: u16) {
        self.list.click(y, world.courses.len());
        self.keep(world);
    }

    fn next_tick(&self, world: &World) -> Option<i64> {
        world.courses.iter().map(|c| next_change(c.since.age(world.now))).min()
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        self.list.at = world.courses.iter().position(|c| Some(c.id) == self.cursor).unwrap_or(self.list.at);
        self.list.arrange(area, world.courses.len());
        self.keep(world);
    }

    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = theme.style(Role::Title);
        let going = world.under_way();
        let going = if going > 0 { format!("{going} under way") } else { String::new() };
        let parts = [("Changes".into(), title), (words::grouped(world.courses.len()).into(), title), (going.into(), title)];
        let inside = frame(buf, area, theme.style(Role::BorderFocused), parts);
        let lines: Vec<Cells<6>> = world.courses.iter().map(|c| line(world, c)).collect();
        self.list.draw(theme, &lines, LEAST, inside, buf);
        if lines.is_empty() {
            self.list.nothing(theme, "nothing was changed in this run; :journal has what was before", inside, buf);
        }
    }
}
