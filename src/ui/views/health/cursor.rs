//! The cursor holds a cluster and a cause. What is cured under it stays where it was, on a line that says so, until the cursor moves.

use super::HealthView;
use crate::model::finding::Group;
use crate::model::world::World;
use crate::ui::words;

/// What the cursor is on, and where that stands.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    held: Option<Held>,
    /// The person put it where it is, or all that there is has come: until then it is on the first.
    is_pinned: bool,
    /// The first of the list that is in sight.
    pub top: usize,
}

/// A group under the cursor.
#[derive(Debug)]
struct Held {
    /// As it was last.
    group: Group,
    /// Its place in what is shown, or where it would have one.
    place: usize,
    cured: bool,
}

impl Cursor {
    /// What it is on, unless that is cured.
    pub(super) fn group(&self) -> Option<&Group> {
        self.held.as_ref().filter(|h| !h.cured).map(|h| &h.group)
    }

    /// What is cured under it, and the place where that stands.
    pub(super) fn ghost(&self) -> Option<(&Group, usize)> {
        self.held.as_ref().filter(|h| h.cured).map(|h| (&h.group, h.place))
    }

    /// Its place in the list.
    pub(super) fn place(&self) -> Option<usize> {
        self.held.as_ref().map(|h| h.place)
    }

    /// What to say where an action wants an object and there is none any more.
    pub(super) fn lost(&self) -> Option<String> {
        self.ghost().map(|(group, _)| format!("{} is cured: {}", words::object(&group.head.object), group.head.what))
    }

    /// From now on it stays with what it is on.
    pub(super) fn pin(&mut self) {
        self.is_pinned = self.held.is_some();
    }
}

impl HealthView {
    /// Lines of the list, as if each had one: what is shown, and what is cured under the cursor.
    pub(super) fn lines(&self) -> usize {
        self.shown.len() + usize::from(self.cursor.ghost().is_some())
    }

    /// What stands in a place of the list; true where it is cured.
    pub(super) fn at<'a>(&'a self, world: &'a World, place: usize) -> Option<(&'a Group, bool)> {
        match self.cursor.ghost() {
            Some((group, at)) if at == place => Some((group, true)),
            Some((_, at)) if place > at => self.group(world, place - 1).map(|g| (g, false)),
            _ => self.group(world, place).map(|g| (g, false)),
        }
    }

    fn hold(&mut self, world: &World, place: usize) {
        let group = self.group(world, place).cloned();
        self.cursor.held = group.map(|group| Held { group, place, cured: false });
    }

    /// Moves the cursor by so many places.
    pub(super) fn step(&mut self, world: &World, by: isize) {
        let (ghost, last) = (self.cursor.ghost().map(|(_, at)| at), self.lines().saturating_sub(1));
        let here = self.cursor.place().unwrap_or_default();
        let mut there = here.saturating_add_signed(by).min(last);
        if Some(there) == ghost && there != here {
            there = there.saturating_add_signed(by.signum()).min(last);
        }
        if Some(there) != ghost {
            self.hold(world, there - usize::from(ghost.is_some_and(|g| g < there)));
        }
        self.cursor.pin();
    }

    /// Looks where what is under the cursor stands in a list that was made anew; `is_asked` where the person asked for another list.
    pub(super) fn recall(&mut self, world: &World, is_asked: bool) {
        let pinned = self.cursor.held.take().filter(|_| self.cursor.is_pinned);
        let Some(Held { group, place, .. }) = pinned else { return self.hold(world, 0) };
        let found = (0..self.shown.len()).find(|at| self.group(world, *at).is_some_and(|g| g.key() == group.key()));
        match found {
            Some(now) => {
                // What comes above it does not move the screen, unless that shows the first: there, what is new is to be seen.
                if self.cursor.top > 0 {
                    self.cursor.top = (self.cursor.top + now).saturating_sub(place);
                }
                self.hold(world, now);
            }
            None if is_asked => self.hold(world, 0),
            None => self.cursor.held = Some(Held { group, place: place.min(self.shown.len()), cured: true }),
        }
    }

    /// Pins the cursor once all that there is has come.
    pub(super) fn settle(&mut self, world: &World) {
        if !self.cursor.is_pinned && self.sight.is_whole() {
            self.hold(world, 0);
            self.cursor.pin();
        }
    }
}
