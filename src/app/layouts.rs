//! The layouts that the user has named, in a file of our own that may also be written by hand:
//!
//! ```yaml
//! last: team-a
//! layouts:
//!   team-a:
//!     rows:
//!     - {share: 2, pane: pods /web}
//!     - columns: [{pane: events}, {pane: nodes}]
//! ```
//!
//! A mistake costs the layout that it is in.

use super::kept::Format;
use crate::model::layout::{Axis, Layout, Layouts, Tree};
use crate::model::problem::Problem;
use crate::model::yaml::{self, Node, Report};
use std::collections::BTreeMap;
use std::io;

/// How they are read and written.
pub(super) const FORMAT: Format<Layouts> = Format { load, text };

/// The keys of the file, and those of a part of a layout.
const KEYS: [&str; 2] = ["last", "layouts"];
const PART_KEYS: [&str; 4] = ["share", "rows", "columns", "pane"];

/// A part of a layout, as it is written.
#[derive(Default, serde::Serialize)]
struct Part {
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<Part>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<Part>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pane: Option<String>,
}

/// The file, as it is written.
#[derive(serde::Serialize)]
struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<&'a str>,
    layouts: BTreeMap<&'a str, Part>,
}

fn text(layouts: &Layouts) -> io::Result<String> {
    let named = layouts.named.iter().map(|(name, layout)| (name.as_str(), part(None, layout))).collect();
    serde_yaml::to_string(&File { last: layouts.last.as_deref(), layouts: named }).map_err(io::Error::other)
}

fn part(share: Option<u16>, layout: &Layout) -> Part {
    let all = |parts: &[(u16, Layout)]| Some(parts.iter().map(|(share, part)| self::part(Some(*share), part)).collect());
    match layout {
        Tree::Pane(pane) => Part { share, pane: Some(pane.clone()), ..Part::default() },
        Tree::Split(Axis::Rows, parts) => Part { share, rows: all(parts), ..Part::default() },
        Tree::Split(Axis::Columns, parts) => Part { share, columns: all(parts), ..Part::default() },
    }
}

/// Reads the text of a file.
fn load(file: &str, text: &str) -> (Layouts, Vec<Problem>) {
    let root = match yaml::read(file, text) {
        Ok(root) => root,
        Err(problem) => return (Layouts::default(), vec![problem]),
    };
    let (mut layouts, mut report, mut last, mut written) = (Layouts::default(), Report::new(file), None, Vec::new());
    for (key, node) in report.keys(&root, "the file of layouts") {
        match key.text.as_str() {
            "last" => last = report.text(node, "last").map(|name| (name, node.line)),
            "layouts" => {
                for (name, node) in report.keys(node, "layouts") {
                    written.push(name.text.as_str());
                    if let Some((_, layout)) = layout(node, &mut report) {
                        layouts.named.insert(name.text.clone(), layout);
                    }
                }
            }
            other => report.unknown(key.line, "key", other, KEYS),
        }
    }
    if let Some((name, line)) = last {
        if layouts.named.contains_key(&name) {
            layouts.last = Some(name);
        } else if !written.contains(&name.as_str()) {
            report.unknown(line, "layout", &name, written);
        }
    }
    (layouts, report.problems())
}

/// A part and its share; `None` where it makes no sense.
fn layout(node: &Node, report: &mut Report<'_>) -> Option<(u16, Layout)> {
    let (mut share, mut found) = (Some(1), Vec::new());
    for (key, node) in report.keys(node, "a part of a layout") {
        match key.text.as_str() {
            "share" => share = self::share(node, report),
            "rows" => found.push(split(Axis::Rows, node, report)),
            "columns" => found.push(split(Axis::Columns, node, report)),
            "pane" => found.push(report.text(node, "pane").map(Tree::Pane)),
            other => report.unknown(key.line, "key", other, PART_KEYS),
        }
    }
    let one = if found.len() == 1 { found.pop() } else { None };
    if one.is_none() {
        report.add(node.line, "a part of a layout has either rows, or columns, or a pane");
    }
    share.zip(one?)
}

fn share(node: &Node, report: &mut Report<'_>) -> Option<u16> {
    let text = report.text(node, "share")?;
    let share = text.parse().ok().filter(|share| (1..=1_000).contains(share));
    if share.is_none() {
        report.add(node.line, format!("share should be a number from 1 to 1000, not {text}"));
    }
    share
}

fn split(axis: Axis, node: &Node, report: &mut Report<'_>) -> Option<Layout> {
    let parts: Vec<Option<(u16, Layout)>> = report.list(node, "a split").iter().map(|part| layout(part, report)).collect();
    if parts.is_empty() {
        report.add(node.line, "a split needs parts: each with rows, or columns, or a pane");
        return None;
    }
    let mut parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
    match (parts.len(), parts.pop()) {
        (1, Some((_, only))) => Some(only),
        (_, last) => Some(Tree::Split(axis, parts.into_iter().chain(last).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problems(text: &str) -> (Vec<String>, Vec<String>) {
        let (layouts, problems) = load("layouts.yaml", text);
        (layouts.named.into_keys().collect(), problems.iter().map(ToString::to_string).collect())
    }

    fn trees() -> impl Strategy<Value = Layout> {
        let axis = any::<bool>().prop_map(|rows| if rows { Axis::Rows } else { Axis::Columns });
        "[a-z:#'\" /-]{1,9}".prop_map(Tree::Pane).prop_recursive(3, 12, 4, move |inner| {
            (axis.clone(), prop::collection::vec((1..=1_000u16, inner), 2..5)).prop_map(|(axis, parts)| Tree::Split(axis, parts))
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(named in prop::collection::btree_map("[a-z~0-9-]{1,6}", trees(), 0..4), last in any::<prop::sample::Index>()) {
            let names: Vec<&String> = named.keys().collect();
            let last = (!names.is_empty()).then(|| names[last.index(names.len())].clone());
            let layouts = Layouts { last, named };
            let (read, problems) = load("f", &text(&layouts).unwrap());
            prop_assert_eq!(problems, []);
            prop_assert_eq!(read, layouts);
        }

        #[test]
        fn nothing_panics(text in "(layouts:\n|  a:\n|    rows:\n|    - pane: x\n|    - share: [0-9a]\n|      columns: \\[\\]\n|last: a\n|[\\[{:-]){0,8}") {
            let _ = load("f", &text);
        }
    }

    #[test]
    fn a_mistake_costs_its_layout_and_has_a_line() {
        let good = "layouts:\n  good: {pane: pods}\n";
        for (bad, want) in [
            ("  bad: {rows: []}\n", "layouts.yaml:3: a split needs parts: each with rows, or columns, or a pane"),
            ("  bad: {rows: [{pane: x}], pane: y}\n", "layouts.yaml:3: a part of a layout has either rows, or columns, or a pane"),
            ("  bad: {share: 2}\n", "layouts.yaml:3: a part of a layout has either rows, or columns, or a pane"),
            ("  bad:\n    rows:\n    - {pane: x, share: 0}\n", "layouts.yaml:5: share should be a number from 1 to 1000, not 0"),
            ("  bad: {pane: [x]}\n", "layouts.yaml:3: pane should be a text, not a list"),
            ("last: god\n", "layouts.yaml:3: unknown layout god; did you mean good?"),
            ("lst: good\n", "layouts.yaml:3: unknown key lst; did you mean last?"),
        ] {
            let (names, found) = problems(&format!("{good}{bad}"));
            assert_eq!(names, ["good"], "{bad}");
            assert_eq!(found, [want]);
        }
        let (names, found) = problems("layouts: [");
        assert!(names.is_empty() && found.len() == 1 && found[0].starts_with("layouts.yaml:1"), "{found:?}");
    }
}
