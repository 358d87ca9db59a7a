//! The text that is edited: tui-textarea's lines and history, moved about in by rows and characters of any number, and undone in steps that a
//! person would call one.

use tui_textarea::{CursorMove, TextArea};
use unicode_segmentation::UnicodeSegmentation;

/// A place: row and character, from 0.
pub(super) type At = (usize, usize);

/// The farthest that tui-textarea jumps to.
const FAR: usize = u16::MAX as usize;
/// So many characters are gone one by one, where a jump does not reach.
const STEPS: usize = 1_000;

/// What sort of change it is: those of one sort in a row are taken back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Part of a word was typed.
    Letter,
    /// What is between words was typed.
    Blank,
    /// A character was taken away.
    Erase,
    /// Anything else stands for itself.
    Whole,
}

/// What one undo takes back.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// Entries of tui-textarea's history.
    edits: usize,
    /// The first row that any of them touched.
    top: usize,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Text {
    area: TextArea<'static>,
    done: Vec<Group>,
    undone: Vec<Group>,
    /// The last change, while the next may still belong to it.
    open: Option<Sort>,
    /// How many groups were done when the text was as it came; `None` where no undo leads there any more.
    original: Option<usize>,
    /// Counts the changes, undone ones included.
    pub(super) revision: u64,
    /// The first row that was touched since somebody asked.
    touched: Option<usize>,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        // Nothing that was written is lost, as far as memory reaches.
        area.set_max_histories(usize::MAX);
        Self { area, done: Vec::new(), undone: Vec::new(), open: None, original: Some(0), revision: 0, touched: Some(0) }
    }

    pub(super) fn lines(&self) -> &[String] {
        self.area.lines()
    }

    pub(super) fn line(&self, row: usize) -> &str {
        self.lines().get(row).map_or("", String::as_str)
    }

    pub(super) fn whole(&self) -> String {
        self.lines().join("\n")
    }

    pub(super) fn at(&self) -> At {
        let at = self.area.cursor();
        (at.0, at.1)
    }

    /// True where the text is another than it was when it came.
    pub(super) fn is_changed(&self) -> bool {
        self.original != Some(self.done.len())
    }

    /// From now on the text as it is counts as unchanged.
    pub(super) fn keep(&mut self) {
        self.original = Some(self.done.len());
        self.open = None;
    }

    /// The first row that was touched since the last time, if any was.
    pub(super) fn take_touched(&mut self) -> Option<usize> {
        self.touched.take()
    }

    /// What is selected, if anything is.
    pub(super) fn selected(&self) -> Option<(At, At)> {
        self.area.selection_range().filter(|(from, to)| from != to)
    }

    /// True while moving selects.
    pub(super) fn selects(&self) -> bool {
        self.area.is_selecting()
    }

    pub(super) fn select(&mut self, on: bool) {
        self.open = None;
        if on {
            self.area.start_selection();
        } else {
            self.area.cancel_selection();
        }
    }

    /// The text between two places.
    pub(super) fn between(&self, from: At, to: At) -> String {
        let rows = self.lines().iter().enumerate().take(to.0 + 1).skip(from.0);
        let part = |(row, line): (usize, &String)| {
            let end = if row == to.0 { byte(line, to.1) } else { line.len() };
            let begin = if row == from.0 { byte(line, from.1) } else { 0 };
            line.get(begin..end).unwrap_or_default().to_owned()
        };
        rows.map(part).collect::<Vec<_>>().join("\n")
    }

    /// Goes to a place, or as near as there is one. What is selected grows or shrinks while moving selects.
    pub(super) fn goto(&mut self, row: usize, column: usize) {
        self.open = None;
        self.jump(row, column);
    }

    fn jump(&mut self, row: usize, column: usize) {
        let row = row.min(self.lines().len().saturating_sub(1));
        let column = column.min(self.line(row).chars().count());
        let near = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(near(row), near(column)));
        if row > FAR {
            (FAR..row).for_each(|_| self.area.move_cursor(CursorMove::Down));
            self.area.move_cursor(CursorMove::Head);
        }
        let left = column.saturating_sub(self.at().1);
        if left > STEPS && !self.selects() {
            // Taking characters away and back leaves the cursor behind them. What was undone cannot be made again after that.
            if self.area.delete_str(left) {
                self.area.undo();
                self.undone.clear();
            }
        } else {
            (0..left).for_each(|_| self.area.move_cursor(CursorMove::Forward));
        }
    }

    /// Makes a change, which says how many entries of the history it made.
    fn change(&mut self, sort: Sort, change: impl FnOnce(&mut Self) -> usize) -> bool {
        let joined = self.open == Some(sort) || (sort, self.open) == (Sort::Blank, Some(Sort::Letter));
        let before = self.area.selection_range().map_or(self.at().0, |(from, _)| from.0).min(self.at().0);
        let edits = change(self);
        if edits == 0 {
            return false;
        }
        if self.original.is_some_and(|kept| kept > self.done.len()) {
            self.original = None;
        }
        let top = before.min(self.at().0);
        match self.done.last_mut().filter(|_| joined && sort != Sort::Whole) {
            Some(group) => *group = Group { edits: group.edits + edits, top: group.top.min(top) },
            None => self.done.push(Group { edits, top }),
        }
        self.undone.clear();
        self.open = Some(sort);
        self.moved(top);
        true
    }

    fn moved(&mut self, top: usize) {
        self.revision += 1;
        self.touched = Some(self.touched.map_or(top, |t| t.min(top)));
    }

    /// Takes what is selected away. The number of entries that this made in the history.
    fn erase(&mut self) -> usize {
        if self.selected().is_some() {
            return usize::from(self.area.delete_char());
        }
        self.area.cancel_selection();
        0
    }

    pub(super) fn type_char(&mut self, c: char) -> bool {
        let sort = if c.is_whitespace() { Sort::Blank } else { Sort::Letter };
        self.change(sort, |text| {
            let erased = text.erase();
            text.area.insert_char(c);
            erased + 1
        })
    }

    /// Puts a text in the place of what is selected. Lines end as they may: terminals send pasted ones with a carriage return.
    pub(super) fn insert(&mut self, inserted: &str) -> bool {
        let inserted = inserted.replace("\r\n", "\n").replace('\r', "\n");
        self.change(Sort::Whole, |text| text.erase() + usize::from(!inserted.is_empty() && text.area.insert_str(&inserted)))
    }

    pub(super) fn backspace(&mut self) -> bool {
        let (row, column) = self.at();
        if self.selected().is_none() && column > 0 {
            let before = self.line(row).get(..byte(self.line(row), column)).unwrap_or_default();
            let length = before.graphemes(true).next_back().map_or(1, |g| g.chars().count());
            return self.delete((row, column - length), (row, column), Sort::Erase);
        }
        let sort = if self.selected().is_some() { Sort::Whole } else { Sort::Erase };
        self.change(sort, |text| if text.selected().is_some() { text.erase() } else { usize::from(text.area.delete_char()) })
    }

    /// Takes what is between two places away.
    pub(super) fn delete(&mut self, from: At, to: At, sort: Sort) -> bool {
        let length = self.between(from, to).chars().count();
        self.change(sort, |text| {
            text.area.cancel_selection();
            text.jump(from.0, from.1);
            usize::from(length > 0 && text.area.delete_str(length))
        })
    }

    /// What is selected goes, or what is between here and a place.
    pub(super) fn delete_to(&mut self, to: At) -> bool {
        if self.selected().is_some() {
            return self.change(Sort::Whole, Self::erase);
        }
        let (from, to) = (self.at().min(to), self.at().max(to));
        self.delete(from, to, Sort::Erase)
    }

    /// Puts other lines in the place of some, and the cursor to a place.
    pub(super) fn replace(&mut self, rows: std::ops::Range<usize>, lines: &[String], cursor: At) -> bool {
        let last = rows.end.saturating_sub(1);
        let (from, to) = ((rows.start, 0), (last, self.line(last).chars().count()));
        let old = self.between(from, to);
        let new = lines.join("\n");
        let changed = old != new
            && self.change(Sort::Whole, |text| {
                text.area.cancel_selection();
                text.jump(from.0, from.1);
                let erased = usize::from(!old.is_empty() && text.area.delete_str(old.chars().count()));
                erased + usize::from(!new.is_empty() && text.area.insert_str(&new))
            });
        if changed {
            self.goto(cursor.0, cursor.1);
        }
        changed
    }

    pub(super) fn undo(&mut self) -> bool {
        let Some(group) = self.done.pop() else { return false };
        for _ in 0..group.edits {
            self.area.undo();
        }
        self.undone.push(group);
        self.open = None;
        self.moved(group.top);
        true
    }

    pub(super) fn redo(&mut self) -> bool {
        let Some(group) = self.undone.pop() else { return false };
        for _ in 0..group.edits {
            self.area.redo();
        }
        self.done.push(group);
        self.open = None;
        self.moved(group.top);
        true
    }
}

/// Where a character begins in a line, in bytes.
pub(super) fn byte(line: &str, column: usize) -> usize {
    line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
}
