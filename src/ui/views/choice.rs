//! A few things to choose one of: the links of an object, what something new can begin with. What cannot be chosen is grey and says why.

use crate::actions::new::TEMPLATES;
use crate::keymap::{Binding, Scope};
use crate::model::step::{Hyperlink, Motion, Scene};
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Before the first column: the bar of the cursor; and between the columns.
const GUTTER: u16 = 2;

/// The screen.
#[derive(Debug)]
pub struct ChoiceView {
    title: &'static str,
    choices: Vec<Choice>,
    cursor: usize,
    top: usize,
    area: Rect,
}

/// One thing to choose.
#[derive(Debug)]
struct Choice {
    name: String,
    /// What it is, or why it cannot be chosen.
    told: Result<String, String>,
    /// What chooses it.
    binding: Binding,
}

impl ChoiceView {
    /// These links.
    pub fn links(links: Vec<Hyperlink>) -> Self {
        let choice = |link: Hyperlink| {
            let binding = Binding { action: "links".to_owned(), argument: Some(link.name.clone()) };
            Choice { name: link.name, told: link.url, binding }
        };
        Self::of("Links", links.into_iter().map(choice))
    }

    /// What something new can begin with.
    pub fn templates() -> Self {
        let choice = |(name, help, _): &(&str, &str, &str)| {
            let binding = Binding { action: "new".to_owned(), argument: Some((*name).to_owned()) };
            Choice { name: (*name).to_owned(), told: Ok((*help).to_owned()), binding }
        };
        Self::of("New", TEMPLATES.iter().map(choice))
    }

    fn of(title: &'static str, choices: impl Iterator<Item = Choice>) -> Self {
        Self { title, choices: choices.collect(), cursor: 0, top: 0, area: Rect::default() }
    }

    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2))
    }
}

impl View for ChoiceView {
    fn scope(&self) -> Scope {
        Scope::Everywhere
    }

    fn title(&self) -> String {
        self.title.to_lowercase()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, _world: &World) -> Scene {
        let copyable = self.choices.get(self.cursor).and_then(|choice| choice.told.clone().ok());
        Scene { copyable, ..Scene::default() }
    }

    fn chosen(&self) -> Option<&Binding> {
        self.choices.get(self.cursor).map(|choice| &choice.binding)
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        let page = self.height().max(2) as isize - 1;
        if let Some(by) = motion.lines(page, self.choices.len()) {
            self.cursor = self.cursor.saturating_add_signed(by).min(self.choices.len().saturating_sub(1));
        }
    }

    fn click(&mut self, _world: &World, _x: u16, y: u16) {
        let line = usize::from(y.saturating_sub(self.area.y + 1));
        if y > self.area.y && line < self.height() && self.top + line < self.choices.len() {
            self.cursor = self.top + line;
        }
    }

    fn arrange(&mut self, _world: &World, area: Rect) {
        self.area = area;
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(self.height()));
    }

    fn draw(&self, _world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let titles = [self.title.to_owned(), self.choices.len().to_string()].map(|t| (t.into(), theme.style(Role::Title)));
        let inside = frame(buf, area, theme.style(Role::BorderFocused), titles);
        let room = inside.width.saturating_sub(GUTTER);
        let names = self.choices.iter().map(|c| text::width(&c.name)).max().unwrap_or_default().min(room / 2);
        for ((y, choice), i) in (inside.top()..inside.bottom()).zip(self.choices.iter().skip(self.top)).zip(self.top..) {
            let (told, name, role) = match &choice.told {
                Ok(told) => (told, Role::Accent, Role::Text),
                Err(why) => (why, Role::Dim, Role::Dim),
            };
            let x = inside.x + GUTTER;
            text::put(buf, x, y, names, &choice.name, theme.style(name));
            text::put(buf, x + names + GUTTER, y, room.saturating_sub(names + GUTTER), told, theme.style(role));
            if i == self.cursor {
                text::put(buf, inside.x, y, 1, "▌", theme.style(Role::Accent));
                text::paint(buf, Rect { y, height: 1, ..inside }, theme.style(Role::RowSelected));
            }
        }
    }
}
