//! A text that is read: scrolled in both directions, searched, and kept in its place while it changes.

use super::find::Needle;
use super::text;
use crate::model::step::Motion;
use crate::ui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

/// One line: its parts and what each is drawn as.
pub type Line = Vec<(String, Role)>;

/// How far one step sideways goes.
const SIDEWAYS: u16 = 8;

/// How many lines from the top are looked for after a change.
const ANCHORS: usize = 8;

/// The text, and what of it is in sight.
#[derive(Debug, Default)]
pub struct Pager {
    lines: Vec<Line>,
    top: usize,
    /// The person went to the end: it stays in sight as more comes.
    at_end: bool,
    left: u16,
    height: usize,
    width: u16,
    search: String,
    /// Line, first character and number of characters of what was found.
    found: Vec<(usize, usize, usize)>,
    /// The one of them that is looked at.
    at: usize,
}

impl Pager {
    /// Another text, as the old one has become. The first visible line stays where it is, if it is still there.
    pub fn set(&mut self, lines: Vec<Line>) {
        if lines == self.lines {
            return;
        }
        if self.top > 0 {
            let moved = (0..ANCHORS).find_map(|i| {
                let line = self.lines.get(self.top + i).filter(|l| !l.is_empty())?;
                let places = lines.iter().enumerate().filter(|(_, l)| *l == line).map(|(at, _)| at);
                Some(places.min_by_key(|at| at.abs_diff(self.top + i))?.saturating_sub(i))
            });
            self.top = moved.unwrap_or(self.top);
        }
        self.lines = lines;
        self.find();
    }

    /// Fits into an area of this size.
    pub fn fit(&mut self, width: u16, height: u16) {
        (self.width, self.height) = (width, usize::from(height));
        let last = self.lines.len().saturating_sub(self.height);
        self.top = if self.at_end { last } else { self.top.min(last) };
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True without any line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Scrolls, or goes to what was found.
    pub fn act(&mut self, motion: Motion) {
        let page = self.height.saturating_sub(1).max(1);
        let last = self.lines.len().saturating_sub(self.height);
        self.at_end &= matches!(motion, Motion::Left | Motion::Right | Motion::Down | Motion::PageDown);
        match motion {
            Motion::Up => self.top = self.top.saturating_sub(1),
            Motion::Down => self.top = (self.top + 1).min(last),
            Motion::PageUp => self.top = self.top.saturating_sub(page),
            Motion::PageDown => self.top = (self.top + page).min(last),
            Motion::Top => (self.top, self.left) = (0, 0),
            Motion::Bottom => (self.top, self.at_end) = (last, true),
            Motion::Left => self.left = self.left.saturating_sub(SIDEWAYS),
            Motion::Right => self.left = self.left.saturating_add(SIDEWAYS).min(self.widest().saturating_sub(self.width)),
            Motion::NextMatch => self.step(1),
            Motion::PreviousMatch => self.step(-1),
            _ => {}
        }
    }

    fn widest(&self) -> u16 {
        let wide = |line: &Line| line.iter().map(|(part, _)| text::width(part)).fold(0, u16::saturating_add);
        self.lines.iter().map(wide).max().unwrap_or_default()
    }

    /// What is searched for.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// Searches, whatever the case; goes to the first place from the first visible line on. Nothing is searched for with an empty text.
    pub fn set_search(&mut self, search: &str) {
        self.search = search.to_owned();
        self.find();
        self.at = self.found.iter().position(|(line, ..)| *line >= self.top).unwrap_or_default();
        self.show();
    }

    /// Which of how many places is looked at, as `3/14`.
    pub fn matches(&self) -> Option<String> {
        let here = self.at + usize::from(!self.found.is_empty());
        (!self.search.is_empty()).then(|| format!("{here}/{}", self.found.len()))
    }

    fn find(&mut self) {
        let needle = Needle::new(&self.search);
        self.found.clear();
        for (at, line) in self.lines.iter().enumerate().filter(|_| !needle.is_empty()) {
            let places = needle.places(line.iter().map(|(part, _)| part.as_str()));
            self.found.extend(places.into_iter().map(|from| (at, from, needle.len())));
        }
        self.at = self.at.min(self.found.len().saturating_sub(1));
    }

    fn step(&mut self, by: isize) {
        if !self.found.is_empty() {
            self.at = (self.at as isize + by).rem_euclid(self.found.len() as isize) as usize;
            self.show();
        }
    }

    /// Scrolls to the place that is looked at.
    fn show(&mut self) {
        let Some(&(line, from, count)) = self.found.get(self.at) else { return };
        self.at_end = false;
        if line < self.top || line >= self.top + self.height {
            let last = self.lines.len().saturating_sub(self.height);
            self.top = line.saturating_sub(self.height / 3).min(last);
        }
        let mut found = self.glyphs(line).skip_while(|g| g.end <= from).take_while(|g| g.start < from + count);
        let Some(first) = found.next() else { return };
        let end = found.last().unwrap_or(first).right();
        if first.column < self.left || end > self.left.saturating_add(self.width) {
            self.left = if end <= self.width { 0 } else { first.column.saturating_sub(self.width / 2) };
        }
    }

    /// What a line is drawn with, from its beginning.
    fn glyphs(&self, line: usize) -> impl Iterator<Item = Glyph> {
        let graphemes = self.lines.get(line).into_iter().flatten().flat_map(|(part, _)| part.graphemes(true));
        graphemes.scan((0, 0u16), |(start, column), grapheme| {
            let glyph = Glyph { start: *start, end: *start + grapheme.chars().count(), column: *column, width: text::width(grapheme) };
            (*start, *column) = (glyph.end, glyph.right());
            Some(glyph)
        })
    }

    /// Draws the visible lines.
    pub fn draw(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        for (y, line) in (area.top()..area.bottom()).zip(self.lines.iter().skip(self.top)) {
            let (mut x, mut skip) = (area.left(), self.left);
            for (part, role) in line {
                let wide = text::width_up_to(part, skip);
                let shown = text::after(part, skip.min(wide));
                skip = skip.saturating_sub(wide);
                x += text::put(buf, x, y, area.right().saturating_sub(x), &shown, theme.style(*role));
            }
        }
        for (y, line) in (area.top()..area.bottom()).zip(self.top..) {
            self.draw_found(theme, line, Rect { y, height: 1, ..area }, buf);
        }
    }

    /// Marks what was found in a line. The line is walked once and as far as it is in sight, however long it is and however much was found.
    fn draw_found(&self, theme: &Theme, line: usize, area: Rect, buf: &mut Buffer) {
        let first = self.found.partition_point(|f| f.0 < line);
        let mut found = self.found.iter().enumerate().skip(first).take_while(|(_, f)| f.0 == line).peekable();
        for glyph in self.glyphs(line).take_while(|g| g.column < self.left.saturating_add(area.width)) {
            while found.next_if(|(_, (_, from, count))| from + count <= glyph.start).is_some() {}
            let Some((i, (_, from, _))) = found.peek() else { return };
            if glyph.end > *from && glyph.right() > self.left {
                let style = theme.style(if *i == self.at { Role::RowSelected } else { Role::Match });
                let (left, right) = (glyph.column.saturating_sub(self.left), (glyph.right() - self.left).min(area.width));
                text::paint(buf, Rect { x: area.x + left, width: right - left, ..area }, style);
            }
        }
    }
}

/// A character as a person sees it: which of the line's `char`s it is made of, and where it is drawn.
#[derive(Clone, Copy)]
struct Glyph {
    start: usize,
    end: usize,
    column: u16,
    width: u16,
}

impl Glyph {
    fn right(&self) -> u16 {
        self.column.saturating_add(self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pager(lines: &[&str]) -> Pager {
        let mut pager = Pager::default();
        pager.set(lines.iter().map(|l| vec![((*l).to_owned(), Role::Text)]).collect());
        pager.fit(10, 3);
        pager
    }

    fn drawn(pager: &Pager) -> Vec<String> {
        let area = Rect::new(0, 0, 10, 3);
        let mut buf = Buffer::empty(area);
        pager.draw(&Theme::default(), area, &mut buf);
        (0..3).map(|y| (0..10).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned()).collect()
    }

    #[test]
    fn the_place_is_kept_while_lines_come_above_it() {
        let mut p = pager(&["a", "b", "c", "d", "e", "f"]);
        p.act(Motion::Down);
        p.act(Motion::Down);
        p.set(["new", "a", "x", "b", "c", "d", "e", "f"].iter().map(|l| vec![((*l).to_owned(), Role::Text)]).collect());
        p.fit(10, 3);
        assert_eq!(drawn(&p), ["c", "d", "e"]);
        p.act(Motion::Bottom);
        assert_eq!(drawn(&p), ["d", "e", "f"]);
    }

    #[test]
    fn the_end_stays_in_sight_as_more_comes_until_one_goes_up() {
        let text = |lines: &str| lines.chars().map(|l| vec![(l.to_string(), Role::Text)]).collect::<Vec<Line>>();
        let mut p = pager(&["a", "b"]);
        p.act(Motion::Bottom);
        p.set(text("abcdef"));
        p.fit(10, 3);
        assert_eq!(drawn(&p), ["d", "e", "f"]);
        p.act(Motion::Up);
        p.set(text("abcdefgh"));
        p.fit(10, 3);
        assert_eq!(drawn(&p), ["c", "d", "e"]);
    }

    #[test]
    fn search_goes_round_and_brings_its_place_into_sight() {
        let mut p = pager(&["Port", "b", "c", "ÄPORT and port", "e", "0123456789ABCport"]);
        p.set_search("port");
        assert_eq!((p.matches().as_deref(), p.top), (Some("1/4"), 0));
        p.act(Motion::NextMatch);
        assert_eq!((p.matches().as_deref(), p.left), (Some("2/4"), 0));
        assert!(drawn(&p).contains(&"ÄPORT and…".to_owned()), "{:?}", drawn(&p));
        p.act(Motion::PreviousMatch);
        p.act(Motion::PreviousMatch);
        assert_eq!(p.matches().as_deref(), Some("4/4"));
        assert!(drawn(&p).iter().any(|l| l.contains("port")), "{:?}", drawn(&p));
        p.set_search("nowhere");
        assert_eq!(p.matches().as_deref(), Some("0/0"));
    }

    /// A ConfigMap may hold all its text in one line.
    #[test]
    fn a_search_in_a_very_long_line_is_as_quick_as_any() {
        let area = Rect::new(0, 0, 10, 3);
        let drawn = |p: &Pager| {
            let mut buf = Buffer::empty(area);
            p.draw(&Theme::default(), area, &mut buf);
            buf
        };
        let marked = |p: &mut Pager| {
            let with = drawn(p);
            let found = std::mem::take(&mut p.found);
            let without = drawn(p);
            p.found = found;
            (0..10).filter(|x| with[(*x, 1)] != without[(*x, 1)]).collect::<Vec<u16>>()
        };
        let begun = std::time::Instant::now();
        let mut p = pager(&["a", &"é-日x".repeat(40_000), "b"]);
        p.set_search("日x");
        assert_eq!(p.matches().as_deref(), Some("1/40000"));
        for _ in 0..5 {
            assert_eq!(marked(&mut p), [2, 3, 4, 7, 8, 9]);
        }
        p.act(Motion::NextMatch);
        p.act(Motion::NextMatch);
        assert_eq!((p.left, marked(&mut p)), (7, vec![0, 1, 2, 5, 6, 7]), "half a screen before the place");
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }

    #[test]
    fn sideways_ends_with_the_longest_line() {
        let mut p = pager(&["0123456789abcdef", "日本語日本語日本語"]);
        for _ in 0..9 {
            p.act(Motion::Right);
        }
        assert_eq!(drawn(&p)[0], "89abcdef");
        p.act(Motion::Left);
        assert_eq!(drawn(&p)[0], "012345678…");
    }
}
