//! The cursor holds an object. When the object goes, or the filter does not show it any more, the cursor stays where it was, on a line that
//! says so, and never slides to a neighbour.

use super::TableView;
use crate::model::id::ObjectRef;
use crate::model::order::Entry;
use crate::model::row::Row;
use crate::model::table::Slot;
use crate::model::world::World;

/// What the cursor is on, and where that stands on the screen.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    held: Option<Held>,
    /// The first visible line of the list.
    top: usize,
    /// The line it was on when the screen was last arranged: if it is on another one now, rows came or went above it.
    seen: Option<usize>,
    /// It was put where it is, or the rows have come: until then each frame puts it on the first row.
    is_pinned: bool,
    /// The object that the rows asked for did not hold: the cursor goes back to it when they do, unless it was moved meanwhile.
    left: Option<ObjectRef>,
    /// The person asked for other rows: if the object is not among them, the cursor goes to the first.
    may_settle: bool,
}

/// An object under the cursor.
#[derive(Debug)]
struct Held {
    object: ObjectRef,
    /// Its row, while it is shown.
    entry: Option<Entry>,
    /// Its row as it was when it was last shown.
    last: Option<(u16, Row)>,
}

impl Cursor {
    /// A cursor on an object, or on whatever comes first.
    pub(super) fn new(object: Option<ObjectRef>) -> Self {
        let is_pinned = object.is_some();
        Self { held: object.map(|object| Held { object, entry: None, last: None }), is_pinned, may_settle: true, ..Self::default() }
    }

    /// The row under the cursor, if it is there.
    pub(super) fn entry(&self) -> Option<Entry> {
        self.held.as_ref().and_then(|held| held.entry)
    }

    /// The first visible line.
    pub(super) fn top(&self) -> usize {
        self.top
    }

    /// The row that is not there any more, and the place of its table.
    pub(super) fn ghost(&self) -> Option<(u16, &Row)> {
        let held = self.held.as_ref().filter(|h| h.entry.is_none())?;
        held.last.as_ref().map(|(table, row)| (*table, row))
    }

    /// What to say where an action wants the object and it is not there.
    pub(super) fn lost(&self) -> Option<String> {
        let held = self.held.as_ref().filter(|h| h.entry.is_none() && h.last.is_some())?;
        Some(format!("{} is gone or not shown any more", held.object.name))
    }

    /// Makes it stay with what it is seen on.
    pub(super) fn pin(&mut self) {
        self.is_pinned = self.held.is_some();
    }

    /// True from when other rows were asked for until they stand.
    pub(super) fn is_settling(&self) -> bool {
        self.may_settle
    }

    /// Other rows were asked for.
    pub(super) fn may_settle(&mut self) {
        self.may_settle = true;
    }
}

impl TableView {
    /// Lines of the list: the rows, and the ghost of the one that is gone.
    pub(super) fn lines(&self) -> usize {
        self.order.len() + usize::from(self.cursor.ghost().is_some())
    }

    /// The row on a line; `None` for the ghost.
    pub(super) fn at_line(&self, ghost: Option<usize>, line: usize) -> Option<Entry> {
        match ghost {
            Some(ghost) if line == ghost => None,
            Some(ghost) if line > ghost => self.order.get(line - 1),
            _ => self.order.get(line),
        }
    }

    /// The line of the ghost: where its row would stand.
    pub(super) fn ghost_line(&self, world: &World) -> Option<usize> {
        let (table, row) = self.cursor.ghost()?;
        self.lens(world, |lens| {
            let member = lens.members.get(usize::from(table))?.as_ref()?;
            Some(self.order.place_of(lens, member, row))
        })
    }

    /// The line of the cursor.
    pub(super) fn place(&self, world: &World) -> Option<usize> {
        match self.cursor.entry() {
            Some(entry) => self.lens(world, |lens| self.order.place(lens, entry).ok()),
            None => self.ghost_line(world),
        }
    }

    fn hold(&mut self, world: &World, entry: Option<Entry>) {
        self.cursor.held = entry.and_then(|entry| {
            let (table, row) = self.row(world, entry)?;
            Some(Held { object: table.object(row), entry: Some(entry), last: None })
        });
        self.cursor.is_pinned = self.cursor.held.is_some();
    }

    /// Moves the cursor by so many lines.
    pub(super) fn step(&mut self, world: &World, by: isize) {
        self.cursor.left = None;
        let ghost = self.ghost_line(world);
        let Some(here) = self.place(world) else {
            let first = self.order.get(0);
            return self.hold(world, first);
        };
        let last = self.lines().saturating_sub(1);
        let mut there = here.saturating_add_signed(by).min(last);
        if Some(there) == ghost && there != here {
            there = there.saturating_add_signed(by.signum()).min(last);
        }
        if let Some(entry) = self.at_line(ghost, there) {
            self.hold(world, Some(entry));
            // Without the ghost, the lines below it move up by one.
            let there = there - usize::from(ghost.is_some_and(|g| g < there));
            self.cursor.seen = Some(there);
        }
    }

    /// Keeps the row under the cursor as it is now, because it is about to change.
    pub(super) fn remember(&mut self, world: &World, table: u16, slots: &[Slot]) {
        let Some(Entry { slot, .. }) = self.cursor.entry().filter(|e| e.table == table && slots.contains(&e.slot)) else { return };
        let row = self.row(world, Entry { table, slot }).map(|(_, row)| row.clone());
        if let Some(held) = &mut self.cursor.held {
            held.last = row.map(|r| (table, r));
        }
    }

    /// Looks where the object under the cursor is now.
    pub(super) fn recall(&mut self, world: &World) {
        let Some(held) = &self.cursor.held else { return };
        let entry = self.entry_of(world, held.object.cluster, held.object.uid);
        let entry = entry.filter(|e| self.lens(world, |lens| self.order.place(lens, *e).is_ok()));
        if let Some(held) = &mut self.cursor.held {
            held.entry = entry;
            if entry.is_some() {
                held.last = None;
            }
        }
    }

    /// Finds the object in a new order; if it is not among the rows that were asked for, the cursor starts at the top.
    pub(super) fn settle(&mut self, world: &World) {
        if !std::mem::take(&mut self.cursor.may_settle) {
            // Nobody asked for other rows: what does not match any more stays in sight and says so.
            if let Some(entry) = self.cursor.entry() {
                self.remember(world, entry.table, &[entry.slot]);
            }
            return self.recall(world);
        }
        self.recall(world);
        let left = self.cursor.left.as_ref().and_then(|o| self.entry_of(world, o.cluster, o.uid));
        if let Some(entry) = left.filter(|e| self.lens(world, |lens| self.order.place(lens, *e).is_ok())) {
            self.cursor.left = None;
            self.hold(world, Some(entry));
        }
        if self.cursor.entry().is_none() && self.cursor.ghost().is_none() {
            let was_pinned = std::mem::take(&mut self.cursor.is_pinned);
            let lost = self.cursor.held.take().filter(|_| was_pinned).map(|held| held.object);
            self.cursor.left = self.cursor.left.take().or(lost);
            self.cursor.top = 0;
        }
    }

    /// Scrolls so that the cursor is seen. Rows that come above it do not move the screen, unless it shows the first line: there, what is new
    /// is to be seen.
    pub(super) fn scroll(&mut self, world: &World, height: usize) {
        if !self.cursor.is_pinned {
            self.hold(world, self.order.get(0));
            self.cursor.is_pinned &= self.tables(world).iter().flatten().all(|t| t.is_listed());
        }
        let last_top = self.lines().saturating_sub(height);
        let here = self.place(world);
        if let Some(here) = here {
            let moved = self.cursor.seen.filter(|_| self.cursor.top > 0).map_or(0, |seen| here as isize - seen as isize);
            let top = self.cursor.top.saturating_add_signed(moved);
            self.cursor.top = top.min(here).max((here + 1).saturating_sub(height));
        }
        self.cursor.seen = here;
        self.cursor.top = self.cursor.top.min(last_top);
    }
}
