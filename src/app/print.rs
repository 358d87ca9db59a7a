//! Rows on paper: kubectl's columns without a terminal, or typed cells as JSON and YAML.

use super::cli::Output;
use crate::kinds;
use crate::model::cell::Value;
use crate::model::column::{Column, Show, Source};
use crate::model::id::{Uid, Version, WatchId};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::text::visible;
use crate::model::world::World;
use serde_json::{Map, json};
use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};

/// The space between two columns, as kubectl has it.
const GAP: usize = 3;

/// What is printed of each row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// The column CLUSTER.
    pub cluster: bool,
    /// The column NAMESPACE.
    pub namespace: bool,
    /// In which form.
    pub output: Output,
}

/// Prints rows, and remembers what it printed.
pub(super) struct Printer {
    shown: Shown,
    widths: Vec<usize>,
    /// The columns of the last header.
    titles: Vec<String>,
    printed: HashMap<(WatchId, Uid), Version>,
    /// Text goes to a terminal, which would obey what is in it.
    terminal: bool,
}

impl Printer {
    /// A printer to standard output.
    pub(super) fn new(shown: Shown) -> Self {
        Self { shown, widths: Vec::new(), titles: Vec::new(), printed: HashMap::new(), terminal: io::stdout().is_terminal() }
    }

    /// Prints all rows of these tables, cluster by cluster, in the order of namespaces and names.
    ///
    /// # Errors
    /// Where standard output is gone.
    pub(super) fn list(&mut self, world: &World, tables: &[&Table]) -> io::Result<()> {
        let mut rows: Vec<(&Table, &Row)> = tables.iter().flat_map(|t| t.rows().map(|r| (*t, r))).collect();
        rows.sort_by(|(t, r), (u, s)| {
            t.cluster()
                .cmp(&u.cluster())
                .then_with(|| t.words().get(r.namespace).cmp(u.words().get(s.namespace)))
                .then_with(|| r.name.cmp(&s.name))
        });
        self.print(world, &rows, true)
    }

    /// Prints the rows that are new or changed since they were printed last.
    ///
    /// # Errors
    /// Where standard output is gone.
    pub(super) fn changes(&mut self, world: &World, tables: &[&Table]) -> io::Result<()> {
        let new = |(t, r): &(&Table, &Row)| self.printed.get(&(t.watch, r.uid)) != Some(&r.version);
        let rows: Vec<(&Table, &Row)> = tables.iter().flat_map(|t| t.rows().map(|r| (*t, r))).filter(new).collect();
        if rows.is_empty() { Ok(()) } else { self.print(world, &rows, false) }
    }

    fn print(&mut self, world: &World, rows: &[(&Table, &Row)], header: bool) -> io::Result<()> {
        self.printed.extend(rows.iter().map(|(t, r)| ((t.watch, r.uid), r.version)));
        let text = match self.shown.output {
            Output::Table | Output::Wide => self.text(world, rows, header),
            Output::Name => rows.iter().map(|(t, r)| self.name(world, t, r)).collect(),
            Output::Json | Output::Yaml => self.objects(world, rows)?,
        };
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn text(&mut self, world: &World, rows: &[(&Table, &Row)], header: bool) -> String {
        let mut titles: Vec<String> = Vec::new();
        for (table, _) in rows {
            let new: Vec<String> = self.columns(table).map(|c| c.title.to_string()).filter(|t| !titles.contains(t)).collect();
            titles.extend(new);
        }
        let mut lines: Vec<Vec<String>> = Vec::new();
        if !rows.is_empty() && (header || titles != self.titles) {
            lines.push(self.common(["CLUSTER", "NAMESPACE"].map(str::to_owned)).chain(titles.iter().cloned()).collect());
            self.titles.clone_from(&titles);
        }
        for (table, row) in rows {
            let namespace = table.words().get(row.namespace).to_owned();
            let common = self.common([world.name(table.cluster()).to_owned(), namespace]);
            let cell = |title: &String| match table.column(title) {
                Some(column) => world.value(table, row, column.source).shown(world.now).into_owned(),
                None => "<none>".to_owned(),
            };
            lines.push(common.chain(titles.iter().map(cell)).collect());
        }
        let lines: Vec<Vec<String>> = lines.into_iter().map(|line| line.iter().map(|cell| self.cell(cell)).collect()).collect();
        self.align(&lines)
    }

    /// The columns that every kind has, where they tell something.
    fn common(&self, [cluster, namespace]: [String; 2]) -> impl Iterator<Item = String> + use<> {
        [(self.shown.cluster, cluster), (self.shown.namespace, namespace)].into_iter().filter(|(on, _)| *on).map(|(_, text)| text)
    }

    fn columns<'a>(&self, table: &'a Table) -> impl Iterator<Item = &'a Column> + use<'a> {
        let wide = self.shown.output == Output::Wide;
        table.columns.iter().filter(move |c| c.is_own() && (wide || c.show == Show::Always))
    }

    /// What every text passes that goes out: a cell has one line; what it had more of is told by an ellipsis, as in kubectl.
    fn cell(&self, text: &str) -> String {
        let line = text.split(['\n', '\r', '\u{c}']).next().unwrap_or_default();
        let line = if line.len() < text.len() { format!("{line}...") } else { line.to_owned() };
        if self.terminal { visible(&line).into_owned() } else { line }
    }

    fn align(&mut self, lines: &[Vec<String>]) -> String {
        let width = |text: &str| text.chars().count();
        for line in lines {
            self.widths.resize(self.widths.len().max(line.len()), 0);
            for (known, cell) in self.widths.iter_mut().zip(line) {
                *known = (*known).max(width(cell));
            }
        }
        let mut out = String::new();
        for line in lines {
            let last = line.len().saturating_sub(1);
            for (i, (cell, known)) in line.iter().zip(&self.widths).enumerate() {
                out.push_str(cell);
                if i < last {
                    out.extend(std::iter::repeat_n(' ', known + GAP - width(cell)));
                }
            }
            out.push('\n');
        }
        out
    }

    /// `pod/web-1`, `deployment.apps/web`; with the cluster before it where there are several.
    fn name(&self, world: &World, table: &Table, row: &Row) -> String {
        let id = &table.want.kind;
        let served = world.cluster(table.cluster()).and_then(|c| c.catalog.as_ref()?.get(id)).map(|r| r.singular.to_string());
        let ours = || kinds::find(id).map(|k| k.names.singular.to_owned());
        let kind = served.filter(|s| !s.is_empty()).or_else(ours).unwrap_or_else(|| id.resource.to_string());
        let group = if id.group.is_empty() { String::new() } else { format!(".{}", id.group) };
        let cluster = if self.shown.cluster { format!("{}\t", world.name(table.cluster())) } else { String::new() };
        self.cell(&format!("{cluster}{kind}{group}/{}", row.name)) + "\n"
    }

    fn objects(&self, world: &World, rows: &[(&Table, &Row)]) -> io::Result<String> {
        let objects: Vec<serde_json::Value> = rows.iter().map(|(t, r)| object(world, t, r)).collect();
        if self.shown.output == Output::Yaml {
            return serde_yaml::to_string(&objects).map_err(io::Error::other);
        }
        Ok(serde_json::to_string_pretty(&objects)? + "\n")
    }
}

/// A row with typed cells.
fn object(world: &World, table: &Table, row: &Row) -> serde_json::Value {
    let cells: Map<String, serde_json::Value> = table
        .columns
        .iter()
        .filter(|c| c.source != Source::Name && c.is_own())
        .map(|c| (c.title.to_string(), typed(&world.value(table, row, c.source))))
        .collect();
    json!({
        "cluster": world.name(table.cluster()),
        "kind": table.want.kind.to_string(),
        "namespace": table.words().get(row.namespace),
        "name": row.name,
        "cells": cells,
    })
}

fn typed(value: &Value<'_>) -> serde_json::Value {
    let instant = |at: crate::model::time::Timestamp| jiff::Timestamp::from_second(at.0).map(|t| t.to_string()).ok();
    match value {
        Value::None => serde_json::Value::Null,
        Value::Text(t) | Value::Status(t, _) | Value::Quantity(t) => json!(t),
        Value::Percent(n) => json!({"percent": n}),
        Value::Count(n) => json!(n),
        Value::Number(n) => json!(n),
        Value::Ratio(have, want) | Value::Gauge(have, want) => json!({"have": have, "want": want}),
        Value::Trend(trend) => json!(trend.text),
        Value::Age(at) => json!(instant(*at)),
        Value::Span(seconds) => json!({"seconds": seconds}),
        Value::Restarts(n, last) => json!({"count": n, "last": last.and_then(instant)}),
    }
}
