//! Stub until the data branch lands.
use ratatui::style::{Color, Modifier, Style};
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Role { Text, Dim, Accent, Border, BorderFocused, Title, Header, HeaderSorted, RowSelected, RowMarked, RowGone, Match, StatusOk, StatusDone, StatusBusy, StatusWarn, StatusBad, Stale, Prompt, PromptError, Key, Badge }
#[derive(Debug, Default)]
pub struct Theme;
impl Theme {
    /// x
    pub fn style(&self, r: Role) -> Style {
        let s = Style::new();
        match r { Role::Dim | Role::Stale | Role::RowGone => s.add_modifier(Modifier::DIM), Role::Accent | Role::BorderFocused | Role::Title => s.fg(Color::Cyan), Role::RowSelected => s.add_modifier(Modifier::REVERSED), Role::StatusBad | Role::PromptError => s.fg(Color::Red), Role::StatusWarn => s.fg(Color::Yellow), Role::Header => s.add_modifier(Modifier::BOLD), _ => s }
    }
    /// x
    pub fn cluster(&self, _n: usize) -> Style { Style::new() }
}
