//! What can be asked of the panes: which one has the keys, what they show, how they are laid out.

use super::areas::is_roomy;
use super::pane::{self, Pane};
use super::{WorkspaceView, tree};
use crate::model::layout::{Axis, Layout};
use crate::model::nearest::hint;
use crate::model::step::{Effect, Notice, Panes, Step};
use crate::model::world::World;
use crate::ui::words;

impl WorkspaceView {
    pub(super) fn ask(&mut self, world: &World, asked: Panes) -> Vec<Step> {
        let count = self.tree.len().max(1);
        match asked {
            Panes::Next => self.turn(world, (self.focused + 1) % count),
            Panes::Previous => self.turn(world, (self.focused + count - 1) % count),
            Panes::Zoom => self.zoomed = !self.zoomed,
            Panes::Show(what) => return self.show(world, &what),
            Panes::Split(axis, what) => return self.split(world, axis, &what),
            Panes::Close => self.close(world),
            Panes::Link => return self.switch_link(world),
            Panes::Layouts => return vec![told(world)],
            Panes::Layout(name) => return self.lay_out(world, &name),
            Panes::Save(name) => return self.save(name),
            Panes::Reset => {
                self.take(world, &pane::built_in());
                return vec![Step::Do(Effect::UseLayout(None))];
            }
        }
        Vec::new()
    }

    /// Another pane has the keys: the others follow it from now on, and it shows all again.
    fn turn(&mut self, world: &World, place: usize) {
        self.focus_on(place);
        self.linked_anew(world);
    }

    /// The panes are others, or another one has the keys.
    pub(super) fn linked_anew(&mut self, world: &World) {
        self.pick = None;
        self.tell_pick(world);
    }

    fn show(&mut self, world: &World, what: &str) -> Vec<Step> {
        if let Some(why) = pane::wrong(world, what) {
            return vec![Step::Say(Notice::warn(why))];
        }
        if let Some(here) = self.here_mut() {
            *here = Pane { area: here.area, ..Pane::new(world, what) };
        }
        self.linked_anew(world);
        Vec::new()
    }

    fn split(&mut self, world: &World, axis: Axis, what: &str) -> Vec<Step> {
        if let Some(why) = pane::wrong(world, what) {
            return vec![Step::Say(Notice::warn(why))];
        }
        let (axis, told) = match self.room(axis) {
            Some(axis_with_room) if axis_with_room == axis => (axis, None),
            Some(other) => (other, Some("there is no room beside it: the new pane is below".to_owned())),
            None => {
                let help = words::keyed(world, "{close-pane} takes a pane away, {zoom} gives one all the room");
                return vec![Step::Say(Notice::warn(format!("there is no room for another pane here: {help}")))];
            }
        };
        self.tree.split(self.focused, axis, Pane::new(world, what));
        self.zoomed = false;
        self.turn(world, self.focused + 1);
        told.into_iter().map(|text| Step::Say(Notice::info(text))).collect()
    }

    /// How the focused pane can be divided so that all stay side by side: as it was asked for, else in lines. Where they are tabs anyway, each is as good.
    fn room(&self, axis: Axis) -> Option<Axis> {
        let fits = |axis: Axis| {
            let mut shape = self.tree.map(&mut |_| ());
            shape.split(self.focused, axis, ());
            is_roomy(&shape, self.area)
        };
        if !is_roomy(&self.tree, self.area) || fits(axis) {
            return Some(axis);
        }
        Some(Axis::Rows).filter(|rows| fits(*rows))
    }

    fn close(&mut self, world: &World) {
        if self.tree.close(self.focused) {
            self.zoomed = false;
            self.turn(world, self.focused);
        }
    }

    fn switch_link(&mut self, world: &World) -> Vec<Step> {
        self.linked = !self.linked;
        self.linked_anew(world);
        let told = if self.linked { "the other panes follow the cursor" } else { "each pane shows everything again" };
        vec![Step::Say(Notice::info(told))]
    }

    fn lay_out(&mut self, world: &World, name: &str) -> Vec<Step> {
        let Some(layout) = world.layouts.named.get(name) else {
            let near = hint(name, world.layouts.named.keys().map(String::as_str));
            return vec![Step::Say(Notice::warn(format!("there is no layout called {name}{near}; layout save {name} makes one")))];
        };
        self.take(world, layout);
        vec![Step::Do(Effect::UseLayout(Some(name.to_owned())))]
    }

    fn save(&self, name: String) -> Vec<Step> {
        vec![Step::Do(Effect::SaveLayout(name, self.tree.map(&mut Pane::asked)))]
    }

    /// Shows the panes of a layout instead of those that there are.
    fn take(&mut self, world: &World, layout: &Layout) {
        self.tree = tree(world, layout);
        self.zoomed = false;
        self.focus_first();
        self.linked_anew(world);
    }
}

/// Which layouts there are.
fn told(world: &World) -> Step {
    let mark = |name: &String| if world.layouts.last.as_ref() == Some(name) { format!("{name} (in use)") } else { name.clone() };
    let named: Vec<String> = world.layouts.named.keys().map(mark).collect();
    let text = match named.as_slice() {
        [] => "no layout has a name yet: layout save NAME gives these panes one".to_owned(),
        names => format!("layouts: {}; layout reset brings the built-in one", names.join(", ")),
    };
    Step::Say(Notice::info(text))
}
