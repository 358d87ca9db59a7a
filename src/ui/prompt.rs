//! A line that is typed into: a filter, or where to go. What it would complete to stands above it.

use super::Layout;
use super::theme::{Role, Theme};
use super::widgets::text;
use crate::model::step::Prompt;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

/// In bytes. More than this is no filter: what is pasted is cut here, and says so.
const LONGEST: usize = 4_096;
/// Completions that are shown.
const SHOWN: usize = 8;

/// The line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is for.
    pub prompt: Prompt,
    /// The text before it was opened, which `esc` brings back.
    pub before: String,
    /// Why the text makes no sense as it stands.
    pub error: Option<String>,
    /// What it could become.
    pub completions: Vec<String>,
    /// Which of the completions is chosen.
    pub chosen: Option<usize>,
    text: String,
    /// Where the next character goes, in bytes.
    at: usize,
}

/// What a key does to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// This character is typed.
    Type(char),
    /// The character before goes.
    Backspace,
    /// The character behind goes.
    Delete,
    /// The word before goes.
    Word,
    /// Everything goes.
    Clear,
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
}

impl Line {
    /// A line with a text in it.
    pub fn new(prompt: Prompt, text: &str) -> Self {
        let text = text.to_owned();
        Self { prompt, before: text.clone(), error: None, completions: Vec::new(), chosen: None, at: text.len(), text }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Another text, with the cursor behind it.
    pub fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.at = self.text.len();
    }

    /// Edits the text. True where it is another now.
    pub fn edit(&mut self, edit: Edit) -> bool {
        let before = self.text.clone();
        let left = self.text.get(..self.at).and_then(|t| t.grapheme_indices(true).next_back()).map_or(0, |(i, _)| i);
        let right = self.text.get(self.at..).and_then(|t| t.graphemes(true).next()).map_or(self.at, |g| self.at + g.len());
        match edit {
            Edit::Type(c) if self.text.len() < LONGEST => {
                self.text.insert(self.at, c);
                self.at += c.len_utf8();
            }
            Edit::Type(_) => self.overflow(),
            Edit::Backspace => self.cut(left..self.at),
            Edit::Delete => self.cut(self.at..right),
            Edit::Word => {
                let head = self.text.get(..self.at).unwrap_or_default().trim_end();
                let from = head.rfind(char::is_whitespace).map_or(0, |i| i + 1);
                self.cut(from..self.at);
            }
            Edit::Clear => self.set(""),
            Edit::Left => self.at = left,
            Edit::Right => self.at = right,
            Edit::Home => self.at = 0,
            Edit::End => self.at = self.text.len(),
        }
        self.text != before
    }

    fn cut(&mut self, range: std::ops::Range<usize>) {
        self.at = range.start;
        self.text.replace_range(range, "");
    }

    /// Takes pasted text in: it is text, never keys, and it stays on the line. False where not all of it had room.
    pub fn paste(&mut self, pasted: &str) -> bool {
        pasted.chars().filter(|c| !c.is_control()).all(|c| self.edit(Edit::Type(c)))
    }

    /// Says that not all had room.
    pub fn overflow(&mut self) {
        self.error = Some(format!("no more than {LONGEST} bytes"));
    }

    /// Chooses the next or the previous completion.
    pub fn choose(&mut self, by: isize) {
        let n = self.completions.len().min(SHOWN);
        if n > 0 {
            let next = match self.chosen {
                None if by > 0 => 0,
                None => n - 1,
                Some(i) => (i as isize + by).rem_euclid(n as isize) as usize,
            };
            self.chosen = Some(next);
        }
    }

    /// The completion that would be taken.
    pub fn completion(&self) -> Option<&str> {
        self.completions.get(self.chosen.unwrap_or(0)).map(String::as_str)
    }

    /// Draws the line in the place of the last one, what is wrong or what it could become above it.
    pub fn draw(&self, theme: &Theme, screen: Layout, buf: &mut Buffer) {
        let Rect { x, y, width, height } = screen.footer;
        if height == 0 {
            return;
        }
        let sign = match self.prompt {
            Prompt::Goto => ":",
            Prompt::Filter => "/",
        };
        let style = theme.style(if self.error.is_some() { Role::PromptError } else { Role::Prompt });
        let mut at = x + text::put(buf, x, y, width, sign, theme.style(Role::Key));
        let (head, tail) = self.text.split_at(self.at);
        // What is wrong is seen however long the text is.
        let told = self.error.as_deref().map_or(0, |e| text::width(e).saturating_add(3)).min(width / 3 * 2);
        let room = width.saturating_sub(2 + told);
        let head = tail_that_fits(head, room.saturating_sub(1));
        at += text::put(buf, at, y, room, head, style);
        let under = tail.graphemes(true).next().unwrap_or(" ");
        let caret = text::put(buf, at, y, 2, under, style);
        text::paint(
            buf,
            Rect { x: at, y, width: caret.max(1), height: 1 },
            theme.style(Role::RowSelected).patch(theme.style(Role::Accent)),
        );
        at += caret.max(1);
        at += text::put(buf, at, y, (x + width).saturating_sub(at + told), tail.get(under.len()..).unwrap_or_default(), style);
        if let Some(error) = &self.error {
            text::put(buf, at + 2, y, (x + width).saturating_sub(at + 2), error, theme.style(Role::PromptError));
        } else if let Some(ghost) = self.completion().and_then(|c| c.strip_prefix(self.text.as_str())).filter(|_| tail.is_empty()) {
            text::put(buf, at.saturating_sub(1), y, (x + width).saturating_sub(at), ghost, theme.style(Role::PromptGhost));
        }
        self.draw_completions(theme, screen, buf);
    }

    fn draw_completions(&self, theme: &Theme, screen: Layout, buf: &mut Buffer) {
        let shown: Vec<&String> = self.completions.iter().take(SHOWN.min(usize::from(screen.body.height))).collect();
        let width = shown.iter().map(|c| text::width(c)).max().unwrap_or(0) + 2;
        // Above the border of the view, if it has room for both.
        let bottom = screen.footer.y.saturating_sub(u16::from(usize::from(screen.body.height) > shown.len() + 1));
        for (i, completion) in shown.iter().enumerate() {
            let y = bottom.saturating_sub((shown.len() - i) as u16);
            let area = Rect { x: screen.footer.x, y, width: width.min(screen.footer.width), height: 1 };
            let chosen = self.chosen == Some(i);
            text::put(buf, area.x, y, area.width, &" ".repeat(usize::from(area.width)), theme.style(Role::Prompt));
            text::put(
                buf,
                area.x + 1,
                y,
                area.width.saturating_sub(1),
                completion,
                theme.style(if chosen { Role::Accent } else { Role::Dim }),
            );
            text::paint(buf, area, if chosen { theme.style(Role::RowSelected) } else { theme.style(Role::Prompt) });
        }
    }
}

/// As much of the end of a text as fits.
fn tail_that_fits(text: &str, room: u16) -> &str {
    let mut from = 0;
    while text::width(text.get(from..).unwrap_or_default()) > room {
        let Some(next) = text.get(from..).and_then(|t| t.graphemes(true).next()) else { break };
        from += next.len();
    }
    text.get(from..).unwrap_or_default()
}
