//! A screen: what it shows, what it wants from the world, how it takes a motion.
//!
//! **To add a screen**: a file in `views/`, a word in `views/mod.rs`, a variant of [`Screen`](crate::model::step::Screen) and an action that
//! opens it; `app::update` makes it.

use super::theme::Theme;
use crate::keymap::{Binding, Scope};
use crate::model::draft::{Draft, Subject};
use crate::model::id::WatchId;
use crate::model::log::{Follows, News, Tail};
use crate::model::query::BadTerm;
use crate::model::right::Right;
use crate::model::step::{Motion, Panes, Pick, Save, Scene, Step};
use crate::model::stroke::Stroke;
use crate::model::table::Slot;
use crate::model::want::Want;
use crate::model::world::World;
use crate::safety::change::Change;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The panes of a screen of panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// How many there are.
    pub count: usize,
    /// The one with the keys has all the room.
    pub zoomed: bool,
}

/// One screen of the stack.
pub trait View {
    /// The scope of the keymap that applies.
    fn scope(&self) -> Scope;

    /// What ought to be watched while this screen is open.
    fn wants(&self, world: &World) -> Vec<Want>;

    /// The pods whose logs are to be followed while this screen is open.
    fn follows(&self) -> Option<Follows<'_>> {
        None
    }

    /// So many of them are not, for there are too many.
    fn left_out(&mut self, _pods: usize) {}

    /// Lines of the logs of such a pod.
    fn read(&mut self, _tail: &Tail, _news: News) {}

    /// Nothing more comes from such a pod.
    fn read_out(&mut self, _tail: &Tail) {}

    /// What an action may act on.
    fn scene(&self, world: &World) -> Scene;

    /// A motion within the screen.
    fn act(&mut self, world: &World, motion: Motion);

    /// A text that was written and not kept and tried yet, once the person pauses.
    fn draft(&mut self, _world: &World) -> Option<Draft> {
        None
    }

    /// What the server says to it.
    fn judged(&mut self, _change: &Change) {}

    /// A text that is to be written in the person's own editor.
    fn outside(&mut self) -> Option<Draft> {
        None
    }

    /// What was written there.
    fn wrote(&mut self, _world: &World, _text: &str) {}

    /// What was written before goes on here.
    fn take_up(&mut self, _world: &World, _draft: Draft) {}

    /// What was written is stored. True where that was all that the screen was for.
    fn stored(&mut self, _subject: &Subject, _sent: Option<&str>) -> bool {
        false
    }

    /// What was written about, where that would be lost.
    fn unsaved(&self) -> Option<&Subject> {
        None
    }

    /// What is written here holds what a Secret does, or may.
    fn is_secret(&self) -> bool {
        false
    }

    /// Something happens to the text that is edited here; what comes of it beyond this screen is asked for.
    fn stroke(&mut self, _world: &World, _stroke: Stroke) -> Vec<Step> {
        Vec::new()
    }

    /// Text was pasted where a text is edited.
    fn paste(&mut self, _world: &World, _text: &str) {}

    /// What enter asks for on a screen that lists actions: it is run on the screen below, after this one has closed.
    fn chosen(&self) -> Option<&Binding> {
        None
    }

    /// Enter takes one of what is listed.
    fn is_choice(&self) -> bool {
        self.chosen().is_some()
    }

    /// Sorts by the column of this title, if the screen has one.
    fn sort(&mut self, _world: &World, _title: &str) {}

    /// The filter or search text, as it stands.
    fn filter(&self) -> &str {
        ""
    }

    /// Another filter or search text. A bad one is refused and the old one stays in force.
    fn set_filter(&mut self, _world: &World, _text: &str) -> Result<(), BadTerm> {
        Ok(())
    }

    /// The filter of its lines, as it stands, on a screen in which something else is to be found.
    fn sieve(&self) -> Option<&str> {
        None
    }

    /// Another such filter. A bad one is refused and the old one stays in force.
    fn set_sieve(&mut self, _world: &World, _text: &str) -> Result<(), BadTerm> {
        Ok(())
    }

    /// What is to be kept in a file, and a name for that.
    fn save(&self, _how: Save) -> Option<(String, Vec<u8>)> {
        None
    }

    /// Keeps what comes as it comes, as objects of JSON or as text; or (`None`) no more of it. A name for the file, where it has lines.
    fn tee(&mut self, _json: Option<bool>) -> Option<String> {
        None
    }

    /// What is to be kept of it by now; all of it where nothing more will come.
    fn pour(&mut self, _all: bool) -> Vec<u8> {
        Vec::new()
    }

    /// What a person has marked in it, as it is told to others.
    fn noted(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is looked at has changed: clusters, focus, namespaces, tables.
    fn refresh(&mut self, _world: &World) {}

    /// These rows are about to change or go.
    fn before(&mut self, _world: &World, _watch: WatchId, _slots: &[Slot]) {}

    /// These rows have come or changed.
    fn after(&mut self, _world: &World, _watch: WatchId, _slots: &[Slot]) {}

    /// True while something was put off that [`View::work`] does.
    fn is_working(&self) -> bool {
        false
    }

    /// Does about so many rows' worth of what was put off; true once nothing is left.
    fn work(&mut self, _world: &World, _rows: usize) -> bool {
        true
    }

    /// A click at a place of the screen.
    fn click(&mut self, _world: &World, _x: u16, _y: u16) {}

    /// The wheel was turned at a place of the screen.
    fn wheel(&mut self, world: &World, _x: u16, _y: u16, motion: Motion) {
        self.act(world, motion);
    }

    /// Closes something within the screen; false where nothing is open.
    fn back(&mut self) -> bool {
        false
    }

    /// Rights that it would know of, and of which nobody has asked yet.
    fn rights(&self, _world: &World) -> Vec<Right> {
        Vec::new()
    }

    /// It shows what the journal holds, and wants to know of it when that is more.
    fn reads_journal(&self) -> bool {
        false
    }

    /// It has the keys, or another pane of its screen has them.
    fn focus(&mut self, _focused: bool) {}

    /// The panes that a screen of panes has.
    fn panes(&self) -> Option<Shown> {
        None
    }

    /// Something happens to its panes.
    fn arrange_panes(&mut self, _world: &World, _asked: Panes) -> Vec<Step> {
        Vec::new()
    }

    /// As a pane: shows only what belongs to what the cursor of another one is on, or all again.
    fn follow(&mut self, _world: &World, _pick: Option<&Pick>) {}

    /// As a pane: how many of what it shows there are.
    fn count(&self, _world: &World) -> Option<usize> {
        None
    }

    /// What the action `unhealthy` shows or hides here, in a word and in a line, where that is something else than rows that are not healthy.
    fn narrows(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// As a pane: how many of these are not as they should be.
    fn sick(&self, _world: &World) -> Option<usize> {
        None
    }

    /// The clock moved on.
    fn tick(&mut self, _world: &World) {}

    /// In how many seconds something that is drawn changes by the clock alone.
    fn next_tick(&self, _world: &World) -> Option<i64> {
        None
    }

    /// Fits itself into the area that it is about to be drawn in.
    fn arrange(&mut self, world: &World, area: Rect);

    /// Draws itself.
    fn draw(&self, world: &World, theme: &Theme, area: Rect, buf: &mut Buffer);

    /// What the breadcrumb says.
    fn title(&self) -> String;
}
