//! To another screen.

use super::Action;
use crate::model::step::{Prompt, Reject, Screen, Step, TableOf};

pub(super) const ALL: &[Action] = &[
    Action {
        name: "goto",
        help: "Go to a kind, a cluster, a namespace or a screen by name",
        run: |_, _| Ok(vec![Step::Ask(Prompt::Goto)]),
    },
    Action { name: "filter", help: "Filter the rows, or search in the text", run: |_, _| Ok(vec![Step::Ask(Prompt::Filter)]) },
    Action { name: "go", help: "Open the table of a kind", run: |_, kind| open(kind) },
    Action { name: "namespaces", help: "The namespaces, to look at one of them", run: |_, _| open("namespaces") },
    Action {
        name: "clusters",
        help: "All clusters: open, close and see how they are",
        run: |_, _| Ok(vec![Step::Open(Screen::Clusters(None))]),
    },
    Action {
        name: "health",
        help: "What is wrong in all clusters, why, and what to do next",
        run: |_, _| Ok(vec![Step::Open(Screen::Health)]),
    },
    Action {
        name: "warnings",
        help: "The events of all clusters as one stream, warnings first of all",
        run: |_, _| Ok(vec![Step::Open(Screen::Warnings)]),
    },
    Action { name: "help", help: "The keys in force here", run: |_, _| Ok(vec![Step::Open(Screen::Help)]) },
    Action { name: "actions", help: "What can be done here, and what cannot and why", run: |_, _| Ok(vec![Step::Open(Screen::Actions)]) },
    Action { name: "sort", help: "Sort by the column of this title", run: |_, title| sort(title) },
];

fn open(kind: &str) -> Result<Vec<Step>, Reject> {
    if kind.is_empty() {
        return Err(Reject::new("go takes the name of a kind"));
    }
    Ok(vec![Step::Open(Screen::Table(TableOf::all(kind.to_owned())))])
}

fn sort(title: &str) -> Result<Vec<Step>, Reject> {
    if title.is_empty() { Err(Reject::new("sort takes the title of a column")) } else { Ok(vec![Step::Sort(title.to_owned())]) }
}
