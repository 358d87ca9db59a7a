//! Themes: data in `themes/`, read in layers, the user's over ours. The only place that names colours.
//!
//! A file has a `palette` of named colours and styles for [`Role`]s, each a colour, `on` a background, and modifiers:
//!
//! ```yaml
//! palette:
//!   coral: "#e0796f"
//! roles:
//!   status.bad: coral bold
//!   row.selected: on 236
//! ```
//!
//! A role that a theme does not name has the style of its name up to the last dot: `status.bad` that of `status`. `ROLE.selected` is
//! the style of a role in the row under the cursor; by default that of the role over that of `row.selected`.
//! **To add a theme**: a file in `themes/` and a line in [`THEMES`]. Its name then goes into the config's example, and `UPDATE=1 cargo test
//! --test it readme` puts it into the README; a test says so if it is forgotten.

mod colour;
mod load;
mod role;

pub use colour::{ColorFlag, Depth};
pub use role::Role;

use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;

/// The themes that come with the program: name and text.
pub const THEMES: &[(&str, &str)] = &[
    ("dark", include_str!("../../../themes/dark.yaml")),
    ("light", include_str!("../../../themes/light.yaml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.yaml")),
    ("colour-blind", include_str!("../../../themes/colour-blind.yaml")),
    ("terminal-16", include_str!("../../../themes/terminal-16.yaml")),
    ("mono", include_str!("../../../themes/mono.yaml")),
    ("gruvbox-dark", include_str!("../../../themes/gruvbox-dark.yaml")),
    ("nord", include_str!("../../../themes/nord.yaml")),
    ("dracula", include_str!("../../../themes/dracula.yaml")),
    ("catppuccin-mocha", include_str!("../../../themes/catppuccin-mocha.yaml")),
    ("tokyo-night", include_str!("../../../themes/tokyo-night.yaml")),
    ("rose-pine", include_str!("../../../themes/rose-pine.yaml")),
    ("solarized-dark", include_str!("../../../themes/solarized-dark.yaml")),
    ("solarized-light", include_str!("../../../themes/solarized-light.yaml")),
];

/// The styles in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// For each role: its style, and its style in the selected row.
    styles: Vec<(Style, Style)>,
    palette: BTreeMap<String, Color>,
    depth: Depth,
}

impl Theme {
    /// How to draw a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default().0
    }

    /// How to draw a role in the row under the cursor.
    pub fn selected(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default().1
    }

    /// The style of a colour that the config names: one of the palette, `#rrggbb`, a terminal colour's name or number; `None` where it
    /// is none of these.
    pub fn colour(&self, text: &str) -> Option<Style> {
        let colour = self.palette.get(text).copied().or_else(|| colour::read(text))?;
        Some(Style { fg: self.depth.nearest(colour), ..Style::default() })
    }

    /// The names of colours that [`Theme::colour`] knows.
    pub fn colours(&self) -> impl Iterator<Item = &str> {
        self.palette.keys().map(String::as_str).chain(colour::SIXTEEN.iter().map(|(name, _)| *name))
    }

    /// The theme for a terminal of fewer colours. Without any, a background becomes reverse, so that the selection stays visible; the
    /// theme `mono` tells more apart. With sixteen or fewer, the screen is the terminal's own: none of them is near what a theme means.
    pub fn at(mut self, depth: Depth) -> Self {
        if depth <= Depth::Ansi16
            && let Some(screen) = self.styles.get_mut(Role::Screen as usize)
        {
            *screen = (Style::default(), screen.1);
        }
        for style in self.styles.iter_mut().flat_map(|(a, b)| [a, b]) {
            if depth == Depth::Mono && style.bg.is_some() {
                *style = style.add_modifier(Modifier::REVERSED);
            }
            style.fg = style.fg.and_then(|c| depth.nearest(c));
            style.bg = style.bg.and_then(|c| depth.nearest(c));
        }
        self.depth = depth;
        self
    }
}

/// The theme that the program starts with, at full depth.
impl Default for Theme {
    fn default() -> Self {
        Self::load(THEMES.get(..1).unwrap_or_default()).0
    }
}

#[cfg(test)]
mod tests;
