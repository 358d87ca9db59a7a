//! Reads themes, and says what is wrong with them.

use super::{Depth, Role, Theme, colour};
use crate::model::problem::Problem;
use crate::model::yaml::{self, Node, Report};
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;

/// The modifiers that a style may have.
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("reverse", Modifier::REVERSED),
    ("underline", Modifier::UNDERLINED),
    ("italic", Modifier::ITALIC),
];

/// The suffix of the names of styles in the selected row.
const SELECTED: &str = ".selected";

/// What all layers say together.
#[derive(Default)]
struct Merged {
    palette: BTreeMap<String, Color>,
    /// The text of a style, and the layer and line that it is from.
    roles: BTreeMap<String, (String, usize, u64)>,
}

impl Theme {
    /// Reads layers of file name and text, later ones over earlier ones. A layer may change a colour of an earlier palette.
    ///
    /// A line that makes no sense is a problem and changes nothing; a file that is no YAML is one problem and no layer.
    pub fn load(layers: &[(&str, &str)]) -> (Self, Vec<Problem>) {
        let mut merged = Merged::default();
        let mut reports: Vec<Report<'_>> = layers.iter().map(|(file, _)| Report::new(file)).collect();
        let mut unreadable = Vec::new();
        for (i, ((file, text), report)) in layers.iter().zip(&mut reports).enumerate() {
            match yaml::read(file, text) {
                Ok(root) => merged.take(&root, i, report),
                Err(problem) => unreadable.push(problem),
            }
        }
        let styles = merged.styles(&mut reports);
        let styles = Role::ALL.iter().map(|role| resolve(*role, &styles)).collect();
        let theme = Self { styles, palette: merged.palette, depth: Depth::True };
        (theme, unreadable.into_iter().chain(reports.into_iter().flat_map(Report::problems)).collect())
    }
}

impl Merged {
    fn take(&mut self, root: &Node, layer: usize, report: &mut Report<'_>) {
        for (key, node) in report.keys(root, "a theme") {
            match key.text.as_str() {
                "palette" => self.take_palette(node, report),
                "roles" => self.take_roles(node, layer, report),
                other => report.unknown(key.line, "key", other, ["palette", "roles"]),
            }
        }
    }

    fn take_palette(&mut self, node: &Node, report: &mut Report<'_>) {
        for (name, node) in report.keys(node, "palette") {
            let Some(text) = report.text(node, &name.text) else { continue };
            match colour::read(&text) {
                Some(colour) => drop(self.palette.insert(name.text.clone(), colour)),
                None => report.unknown(node.line, "colour", &text, names_of_colours()),
            }
        }
    }

    fn take_roles(&mut self, node: &Node, layer: usize, report: &mut Report<'_>) {
        for (name, node) in report.keys(node, "roles") {
            if !is_role(&name.text) {
                report.unknown(name.line, "role", &name.text, Role::ALL.iter().map(|r| r.name()));
            } else if let Some(text) = report.text(node, &name.text) {
                self.roles.insert(name.text.clone(), (text, layer, node.line));
            }
        }
    }

    fn styles(&self, reports: &mut [Report<'_>]) -> BTreeMap<&str, Style> {
        let mut styles = BTreeMap::new();
        for (name, (text, layer, line)) in &self.roles {
            match self.style(text) {
                Ok(style) => drop(styles.insert(name.as_str(), style)),
                Err(word) => {
                    let known = self.palette.keys().map(String::as_str).chain(names_of_colours()).chain(MODIFIERS.map(|(m, _)| m));
                    if let Some(report) = reports.get_mut(*layer) {
                        report.unknown(*line, "colour or modifier", word, known);
                    }
                }
            }
        }
        styles
    }

    /// Reads `COLOUR on COLOUR MODIFIERS`, all of it optional. The error is the word that is none of these.
    fn style<'t>(&self, text: &'t str) -> Result<Style, &'t str> {
        let mut style = Style::new();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let colour = |word: &'t str| self.palette.get(word).copied().or_else(|| colour::read(word)).ok_or(word);
            if word == "on" {
                style = style.bg(colour(words.next().unwrap_or("on"))?);
            } else if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
                style = style.add_modifier(*modifier);
            } else {
                style = style.fg(colour(word)?);
            }
        }
        Ok(style)
    }
}

/// True for a role, for what comes before a dot in one, and for either in the selected row.
fn is_role(name: &str) -> bool {
    let name = name.strip_suffix(SELECTED).filter(|n| *n != "row").unwrap_or(name);
    Role::ALL.iter().any(|r| r.name().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn names_of_colours<'a>() -> impl Iterator<Item = &'a str> {
    colour::SIXTEEN.iter().map(|(name, _)| *name).chain(["default"])
}

/// The style of a role, and that in the selected row.
fn resolve(role: Role, styles: &BTreeMap<&str, Style>) -> (Style, Style) {
    let find = |suffix: &str| {
        let names = std::iter::successors(Some(role.name()), |name| name.rsplit_once('.').map(|(parent, _)| parent));
        // `row` with the suffix is a role of its own.
        let names = names.filter(|name| suffix.is_empty() || *name != "row");
        names.map(|name| format!("{name}{suffix}")).find_map(|name| styles.get(name.as_str()).copied())
    };
    let style = find("").unwrap_or_default();
    let under = styles.get(Role::RowSelected.name()).copied().unwrap_or_default();
    (style, find(SELECTED).filter(|_| role != Role::RowSelected).unwrap_or_else(|| under.patch(style)))
}
