//! A line that is typed into: a filter, or where to go. What it would complete to stands above it.

use super::Layout;
use super::theme::{Role, Theme};
use super::widgets::{input, text};
use crate::model::line::{Edit, LONGEST, Line as Typing, Typed};
use crate::model::step::Prompt;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
    typed: Typing,
}

impl Line {
    /// A line with a text in it.
    pub fn new(prompt: Prompt, text: &str) -> Self {
        Self { prompt, before: text.to_owned(), error: None, completions: Vec::new(), chosen: None, typed: Typing::new(text) }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.typed.text()
    }

    /// Another text, with the cursor behind it.
    pub fn set(&mut self, text: &str) {
        self.typed.set(text);
    }

    /// Edits the text. True where it is another now.
    pub fn edit(&mut self, edit: Edit) -> bool {
        let typed = self.typed.edit(edit);
        if typed == Typed::Full {
            self.overflow();
        }
        typed == Typed::Changed
    }

    /// Takes pasted text in: it is text, never keys, and it stays on the line. False where not all of it had room.
    pub fn paste(&mut self, pasted: &str) -> bool {
        self.typed.paste(pasted)
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
            Prompt::Sieve => "filter ",
        };
        let style = theme.style(if self.error.is_some() { Role::PromptError } else { Role::Prompt });
        let mut at = x + text::put(buf, x, y, width, sign, theme.style(Role::Key));
        // What is wrong is seen however long the text is.
        let told = self.error.as_deref().map_or(0, |e| text::width(e).saturating_add(3)).min(width / 3 * 2);
        let looks = input::Looks { text: style, caret: theme.style(Role::RowSelected).patch(theme.style(Role::Accent)) };
        at += input::put(buf, at, y, width.saturating_sub(1 + told), &self.typed, looks);
        let (_, tail) = self.typed.split();
        if let Some(error) = &self.error {
            text::put(buf, at + 2, y, (x + width).saturating_sub(at + 2), error, theme.style(Role::PromptError));
        } else if let Some(ghost) = self.completion().and_then(|c| c.strip_prefix(self.text())).filter(|_| tail.is_empty()) {
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
