//! All that is wrong with files that a person wrote, each with its place.

use super::outline::Outline;
use crate::keymap::Scope;
use crate::model::problem::Problem;
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Scene};
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::pager::Pager;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen of problems.
pub struct ProblemsView {
    /// What was not done because of them.
    title: String,
    problems: Vec<Problem>,
    width: u16,
    pager: Pager,
}

impl ProblemsView {
    /// A screen for these.
    pub fn new(title: String, problems: Vec<Problem>) -> Self {
        Self { title, problems, width: 0, pager: Pager::default() }
    }
}

impl View for ProblemsView {
    fn scope(&self) -> Scope {
        Scope::Document
    }

    fn title(&self) -> String {
        "problems".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, _world: &World) -> Scene {
        let all: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        Scene { copyable: Some(all.join("\n")), ..Scene::default() }
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        self.pager.act(motion);
    }

    fn filter(&self) -> &str {
        self.pager.search()
    }

    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        self.pager.set_search(text);
        Ok(())
    }

    fn arrange(&mut self, world: &World, area: Rect) {
        let width = area.width.saturating_sub(4);
        if self.width != width {
            self.width = width;
            let mut out = Outline::new(width, world.now);
            for problem in &self.problems {
                out.flow(vec![("✖ ".to_owned(), Role::StatusBad)], &problem.to_string(), Role::Text);
            }
            self.pager.set(out.end().0);
        }
        self.pager.fit(width, area.height.saturating_sub(2));
    }

    fn draw(&self, _world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let title = theme.style(Role::Title);
        let parts = vec![(self.title.clone().into(), title), (self.problems.len().to_string().into(), title)];
        let inside = frame(buf, area, theme.style(Role::BorderFocused), parts);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        self.pager.draw(theme, inside, buf);
    }
}
