//! What a pane may show: a screen of ours by its word, or the table of any kind.
//!
//! **To add a screen as a pane**: its word in [`PANES`] and a line in [`view`].

use crate::model::layout::{Axis, Layout, Tree};
use crate::model::query::{BadTerm, Query};
use crate::model::step::{Only, TableOf};
use crate::model::world::World;
use crate::ui::view::View;
use crate::ui::views::clusters::ClustersView;
use crate::ui::views::events::EventsView;
use crate::ui::views::health::HealthView;
use crate::ui::views::table::{TableView, scope};
use crate::ui::words;
use ratatui::layout::Rect;

/// Words for panes that are no kinds.
pub const PANES: &[&str] = &["clusters", "health", "scaling", "warnings"];

/// A pane: a view of its own, and where it stands.
pub(super) struct Pane {
    /// What it was asked for.
    pub word: String,
    pub view: Box<dyn View>,
    pub area: Rect,
}

impl Pane {
    /// What is asked for as one would type it: a word and perhaps a filter (`pods /web`).
    pub(super) fn new(world: &World, asked: &str) -> Self {
        let (word, filter) = parts(asked);
        Self { word: word.to_owned(), view: view(world, word, filter), area: Rect::ZERO }
    }

    /// What one would type to have it again.
    pub(super) fn asked(&self) -> String {
        match self.view.filter() {
            "" => self.word.clone(),
            filter => format!("{} /{filter}", self.word),
        }
    }
}

/// The word and the filter of what is asked for.
fn parts(asked: &str) -> (&str, &str) {
    let (word, filter) = asked.split_once('/').unwrap_or((asked, ""));
    (word.trim(), filter.trim())
}

/// The view of a word.
fn view(world: &World, word: &str, filter: &str) -> Box<dyn View> {
    let of = |kind: &str| TableOf { filter: filter.to_owned(), only: Only::All, ..TableOf::all(kind.to_owned()) };
    let table = |kind: &str| TableView::new(world, of(kind)).pane();
    match word {
        "clusters" => Box::new(ClustersView::new(world)),
        "health" => filtered(world, HealthView::default(), filter),
        "warnings" => filtered(world, EventsView::new(world), filter),
        kind => Box::new(table(kind)),
    }
}

/// A screen of ours with a filter. One that cannot be read was refused before.
fn filtered(world: &World, mut view: impl View + 'static, filter: &str) -> Box<dyn View> {
    drop(view.set_filter(world, filter));
    Box::new(view)
}

/// Why a pane cannot show this, if it cannot. What nobody is known to serve takes no pane's place, also while a cluster has not answered.
pub(super) fn wrong(world: &World, asked: &str) -> Option<String> {
    let (word, filter) = parts(asked);
    if !PANES.contains(&word) && scope::kind(world, word).is_none() {
        return Some(words::unknown_kind(world, word));
    }
    Query::parse(filter).err().map(|BadTerm { why, .. }| why)
}

/// The layout that comes with the program.
pub(super) fn built_in() -> Layout {
    let pane = |word: &str| Tree::Pane(word.to_owned());
    let beside = |a, b| Tree::Split(Axis::Columns, vec![(1, pane(a)), (1, pane(b))]);
    Tree::Split(Axis::Rows, vec![(3, beside("health", "scaling")), (4, pane("pods")), (3, beside("nodes", "warnings"))])
}
