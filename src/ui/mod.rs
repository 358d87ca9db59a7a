//! What is on screen. Pure: state in, cells of the terminal out.
//!
//! Colours are named in `theme`, text reaches the screen through `widgets::text`, screens are in `views`.

pub mod change;
pub mod footer;
pub mod header;
pub mod prompt;
pub mod standing;
pub mod theme;
pub mod view;
pub mod views;
pub mod welcome;
pub mod widgets;
pub mod words;

use crate::model::world::World;
use ratatui::layout::Rect;

/// The parts of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The line of the clusters.
    pub header: Rect,
    /// The view.
    pub body: Rect,
    /// The line of the demo fleet, where it has something to tell.
    pub demo: Rect,
    /// The line of hints, messages, questions and the prompt.
    pub footer: Rect,
}

/// Divides the screen. The view gives way last, since it is what one came for.
pub fn layout(area: Rect, world: &World) -> Layout {
    let header = u16::from(area.height >= 6);
    let footer = u16::from(area.height >= 4);
    let demo = u16::from(area.height >= 12 && world.demo.as_ref().is_some_and(|d| d.told.is_some()));
    Layout {
        header: Rect { height: header, ..area },
        body: Rect { y: area.y + header, height: area.height.saturating_sub(header + demo + footer), ..area },
        demo: Rect { y: area.bottom().saturating_sub(footer + demo), height: demo, ..area },
        footer: Rect { y: area.bottom().saturating_sub(footer), height: footer, ..area },
    }
}
