//! The columns of a table view: those of all its tables, by title, with the ones that only tell something over several clusters or
//! namespaces.

use crate::model::column::{Column, Show, Source};
use std::borrow::Cow;

/// One column of the view, and where each of the view's tables has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Merged {
    /// The title.
    pub title: Cow<'static, str>,
    /// When it is shown.
    pub show: Show,
    /// By the tables' places in the view; `None` where a table lacks it.
    pub sources: Vec<Option<Source>>,
}

/// Which of the common columns tell something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Common {
    /// Rows of several clusters are in sight.
    pub cluster: bool,
    /// Rows of several namespaces are in sight.
    pub namespace: bool,
}

/// The columns of a view over tables that have these. Clusters may serve a kind in different versions with different columns: each title stands once,
/// in the place where the first table has it.
pub(super) fn merge(tables: &[Option<&[Column]>], common: Common) -> Vec<Merged> {
    let everywhere = |title: &'static str, source: Source| Merged {
        title: Cow::Borrowed(title),
        show: Show::Always,
        sources: vec![Some(source); tables.len()],
    };
    let mut merged = Vec::new();
    if common.cluster {
        merged.push(everywhere("CLUSTER", Source::Cluster));
    }
    if common.namespace {
        merged.push(everywhere("NAMESPACE", Source::Namespace));
    }
    let mut at = merged.len();
    for (i, table) in tables.iter().enumerate() {
        for column in table.iter().copied().flatten() {
            add(&mut merged, &mut at, column, i, tables.len());
        }
        at = merged.len();
    }
    merged
}

/// Notes where a table has a column; one that is new comes after the table's last one that was known.
fn add(merged: &mut Vec<Merged>, at: &mut usize, column: &Column, table: usize, tables: usize) {
    let place = merged.iter().position(|m| m.title == column.title).unwrap_or_else(|| {
        let place = (*at).min(merged.len());
        merged.insert(place, Merged { title: column.title.clone(), show: column.show, sources: vec![None; tables] });
        place
    });
    if let Some(source) = merged.get_mut(place).and_then(|m| m.sources.get_mut(table)) {
        *source = Some(column.source);
    }
    *at = place + 1;
}

/// The columns that filter terms may name in a table that has these.
pub(super) fn known(own: &[Column]) -> Vec<Column> {
    let common = [("CLUSTER", Source::Cluster), ("NAMESPACE", Source::Namespace)];
    let common = common.into_iter().map(|(title, source)| Column { title: Cow::Borrowed(title), source, show: Show::Always });
    common.chain(own.iter().cloned()).collect()
}
