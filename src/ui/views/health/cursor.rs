//! The cursor holds a cluster and a cause, or a cluster whose state is told. What is cured under it stays where it was for a while, on a line that
//! says so, until the cursor moves: the next key is not to act on another finding.

use super::{HealthView, Item};
use crate::model::finding::Group;
use crate::model::id::ClusterId;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::ui::words;

/// What is cured stays under the cursor for so many seconds: long enough for a key that was on its way.
const CURED: i64 = 10;

/// What the cursor is on, and where that stands.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    held: Option<Held>,
    /// The person put it where it is, or all that there is has come: until then it is on the first.
    is_pinned: bool,
    /// The first of the list that is in sight.
    pub top: usize,
}

/// What is under the cursor.
#[derive(Debug)]
struct Held {
    what: What,
    /// Its place in what is shown, or where it would have one.
    place: usize,
    /// Since when it is cured.
    cured: Option<Timestamp>,
}

#[derive(Debug)]
enum What {
    /// A group as it was last.
    Found(Box<Group>),
    /// A cluster, and which of its lines.
    Cluster(ClusterId, usize),
}

impl What {
    fn is(&self, item: &Item<'_>) -> bool {
        match (self, item) {
            (Self::Found(held), Item::Found(group, _)) => held.key() == group.key(),
            (Self::Cluster(cluster, line), Item::Cluster(trouble)) => (*cluster, *line) == (trouble.cluster, trouble.line),
            _ => false,
        }
    }
}

impl Cursor {
    /// The finding that it is on, unless that is cured.
    pub(super) fn group(&self) -> Option<&Group> {
        match self.held.as_ref()? {
            Held { what: What::Found(group), cured: None, .. } => Some(group),
            _ => None,
        }
    }

    /// The cluster whose state it is on.
    pub(super) fn cluster(&self) -> Option<ClusterId> {
        match self.held.as_ref()?.what {
            What::Cluster(cluster, _) => Some(cluster),
            What::Found(_) => None,
        }
    }

    /// What is cured under it, and the place where that stands.
    pub(super) fn ghost(&self) -> Option<(&Group, usize)> {
        match self.held.as_ref()? {
            Held { what: What::Found(group), cured: Some(_), place } => Some((group, *place)),
            _ => None,
        }
    }

    /// In how many seconds what is cured under it goes.
    pub(super) fn goes(&self, now: Timestamp) -> Option<i64> {
        Some((CURED - self.held.as_ref()?.cured?.age(now)).max(0))
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
        self.told() + usize::from(self.cursor.ghost().is_some())
    }

    /// What stands in a place of the list.
    pub(super) fn at<'a>(&'a self, world: &'a World, place: usize) -> Option<Item<'a>> {
        match self.cursor.ghost() {
            Some((group, at)) if at == place => Some(Item::Found(group, true)),
            Some((_, at)) if place > at => self.item_at(world, place - 1),
            _ => self.item_at(world, place),
        }
    }

    fn hold(&mut self, world: &World, place: usize) {
        let place = place.min(self.told().saturating_sub(1));
        let what = self.item_at(world, place).map(|item| match item {
            Item::Found(group, _) => What::Found(Box::new(group.clone())),
            Item::Cluster(trouble) => What::Cluster(trouble.cluster, trouble.line),
        });
        self.cursor.held = what.map(|what| Held { what, place, cured: None });
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
        let Some(held) = pinned else { return self.hold(world, 0) };
        let found = (0..self.told()).find(|at| self.item_at(world, *at).is_some_and(|item| held.what.is(&item)));
        match found {
            Some(now) => {
                // What comes above it does not move the screen, unless that shows the first: there, what is new is to be seen.
                if self.cursor.top > 0 {
                    self.cursor.top = (self.cursor.top + now).saturating_sub(held.place);
                }
                self.hold(world, now);
            }
            None if is_asked => self.hold(world, 0),
            None if matches!(held.what, What::Cluster(..)) => self.hold(world, held.place),
            None => {
                let (place, cured) = (held.place.min(self.told()), held.cured.or(Some(world.now)));
                self.cursor.held = Some(Held { place, cured, ..held });
            }
        }
    }

    /// Pins the cursor once all that there is has come, and lets go of what was cured under it a while ago, or where no key could meet it.
    pub(super) fn settle(&mut self, world: &World) {
        if !self.cursor.is_pinned && self.sight.is_whole() {
            self.hold(world, 0);
            self.cursor.pin();
        }
        if let (Some((_, place)), Some(left)) = (self.cursor.ghost(), self.cursor.goes(world.now))
            && (left == 0 || self.unfocused)
        {
            self.hold(world, place);
        }
    }
}
