//! Reads keymaps, and says what is wrong with them.

use super::{Binding, Entry, Key, Keymap, Scope, written};
use crate::model::problem::Problem;
use crate::model::yaml::{self, Node, Report, Yaml};

impl Keymap {
    /// Reads layers of file name and text, later ones over earlier ones, key by key. `actions` are the names that may be bound.
    ///
    /// A line that makes no sense is a problem and binds nothing; a file that is no YAML is one problem and no layer.
    pub fn load(layers: &[(&str, &str)], actions: &[&str]) -> (Self, Vec<Problem>) {
        let (mut keymap, mut problems) = (Self::default(), Vec::new());
        for (file, text) in layers {
            match yaml::read(file, text) {
                Ok(root) => {
                    let mut report = Report::new(file);
                    let layer = layer(file, &root, actions, &mut report);
                    problems.extend(report.problems());
                    keymap.put(layer);
                }
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(keymap.hidden());
        (keymap, problems)
    }

    fn put(&mut self, layer: Vec<Entry>) {
        for entry in layer {
            match self.0.iter_mut().find(|e| e.scope == entry.scope && e.keys == entry.keys) {
                Some(old) => *old = entry,
                None => self.0.push(entry),
            }
        }
    }

    /// Chords whose first keys do something by themselves, so that they can never be typed.
    fn hidden(&self) -> impl Iterator<Item = Problem> {
        self.0.iter().filter(|e| e.binding.is_some()).filter_map(|long| {
            let hides = |s: &Entry| s.binding.is_some() && s.keys.len() < long.keys.len() && long.keys.starts_with(&s.keys);
            let short = self.reach(long.scope, hides).next()?;
            let what =
                format!("{} cannot be typed: {} is bound ({}:{})", written(&long.keys), written(&short.keys), short.file, short.line);
            Some(Problem { file: long.file.clone(), line: long.line, what })
        })
    }
}

fn layer(file: &str, root: &Node, actions: &[&str], report: &mut Report<'_>) -> Vec<Entry> {
    let mut layer: Vec<Entry> = Vec::new();
    for (name, scope_node) in report.map(root, "a keymap") {
        let Some(scope) = Scope::ALL.into_iter().find(|s| s.name() == name.text) else {
            report.unknown(name.line, "scope", &name.text, Scope::ALL.map(Scope::name));
            continue;
        };
        for (key, value) in report.map(scope_node, &name.text) {
            let keys = match key.text.split_whitespace().map(str::parse).collect::<Result<Vec<Key>, _>>() {
                Ok(keys) if !keys.is_empty() => keys,
                Ok(_) => {
                    report.add(key.line, "a key belongs before the colon; the space bar is written space");
                    continue;
                }
                Err(why) => {
                    report.add(key.line, why);
                    continue;
                }
            };
            let Some(binding) = binding(value, &key.text, actions, report) else { continue };
            let entry = Entry { scope, keys, binding, file: file.to_owned(), line: key.line };
            match layer.iter().find(|e| e.scope == scope && e.keys == entry.keys) {
                Some(first) => {
                    let what = format!("{} is bound in line {} already; that one holds", written(&entry.keys), first.line);
                    report.add(key.line, what);
                }
                None => layer.push(entry),
            }
        }
    }
    layer
}

/// What stands behind the keys; the outer `None` if that makes no sense.
fn binding(value: &Node, key: &str, actions: &[&str], report: &mut Report<'_>) -> Option<Option<Binding>> {
    if value.value == Yaml::Bool(false) {
        return Some(None);
    }
    let Yaml::Text(text) = &value.value else {
        report.wrong(value, key, "the name of an action, or false");
        return None;
    };
    let (action, argument) = text.trim().split_once(char::is_whitespace).map_or((text.trim(), None), |(a, b)| (a, Some(b.trim())));
    if !actions.contains(&action) {
        report.unknown(value.line, "action", action, actions.iter().copied());
        return None;
    }
    Some(Some(Binding { action: action.to_owned(), argument: argument.map(str::to_owned) }))
}
