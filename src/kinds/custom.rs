//! Every kind without a file of its own, through the server's own columns: a `Table` of `meta.k8s.io/v1` with the metadata of each
//! object (`Accept: application/json;as=Table;v=v1;g=meta.k8s.io`, `includeObject=Metadata`).
//!
//! Secrets and ConfigMaps come this way on purpose: their values never leave the server.

use super::decode::{self, Change, Event};
use super::object::{Meta, Str, each, or_default, text};
use crate::model::cell::{Cell, Health, Keep, Value};
use crate::model::column::{Column, Show, Source};
use crate::model::id::GroupResource;
use crate::model::row::{Facts, Row};
use crate::model::words::Dictionary;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads the rows of one kind. It learns the columns from the first Table it sees: servers do not repeat them within a watch.
#[derive(Debug)]
pub struct TableDecoder {
    /// True for the kind whose objects define kinds.
    defines: bool,
    columns: Vec<Column>,
    /// For each cell of a row, its place among the cells of the Table.
    cells: Vec<usize>,
}

/// One of `columnDefinitions`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Definition<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    priority: Option<i64>,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Table<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    metadata: TableMeta<'a>,
    #[serde(borrow)]
    column_definitions: Option<&'a RawValue>,
    #[serde(borrow)]
    rows: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TableMeta<'a> {
    #[serde(borrow)]
    resource_version: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TableRow<'a> {
    #[serde(borrow)]
    cells: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
}

/// `PartialObjectMetadata`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Partial<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    metadata: Meta<'a>,
}

impl TableDecoder {
    /// For the objects of this kind.
    pub fn new(kind: &GroupResource) -> Self {
        let defines = &*kind.group == "apiextensions.k8s.io" && &*kind.resource == "customresourcedefinitions";
        Self { defines, columns: Vec::new(), cells: Vec::new() }
    }

    /// Learns the columns from a Table, which may be without its rows, and returns them if they are not those known already. Rows are
    /// read by them from now on. An error means that it is no Table.
    pub fn head(&mut self, table: &[u8]) -> Result<Option<Vec<Column>>, serde_json::Error> {
        self.learn(serde_json::from_slice::<Table<'_>>(table)?.column_definitions)
    }

    fn learn(&mut self, definitions: Option<&RawValue>) -> Result<Option<Vec<Column>>, serde_json::Error> {
        let Some(definitions) = definitions else { return Ok(None) };
        let definitions: Option<Vec<Definition<'_>>> = serde_json::from_str(definitions.get())?;
        let (mut columns, mut cells) = (Vec::new(), Vec::new());
        for (place, definition) in each(&definitions).enumerate() {
            let title = text(&definition.name).unwrap_or_default().to_uppercase();
            let has = |source| columns.iter().any(|c: &Column| c.source == source);
            let created = title == "AGE" || (title == "CREATED AT" && text(&definition.kind) == Some("date"));
            let (title, source) = match () {
                () if title == "NAME" && !has(Source::Name) => (Cow::Owned(title), Source::Name),
                // The server writes the age as text, once; this one ticks.
                () if created && !has(Source::Age) => (Cow::Borrowed("AGE"), Source::Age),
                () => {
                    cells.push(place);
                    (Cow::Owned(title), Source::Cell(cells.len() as u16 - 1))
                }
            };
            let show = if definition.priority.unwrap_or_default() > 0 { Show::Wide } else { Show::Always };
            columns.push(Column { title, source, show });
        }
        self.cells = cells;
        let news = columns != self.columns;
        self.columns = columns;
        Ok(news.then(|| self.columns.clone()))
    }

    /// The row of one of a Table's `rows`. What cannot be read becomes a row that says so.
    pub fn row(&self, json: &[u8], words: &mut Dictionary) -> Row {
        self.read(json, words).unwrap_or_else(|error| {
            let row: TableRow<'_> = serde_json::from_slice(json).unwrap_or_default();
            decode::broken(row.object.map_or("", RawValue::get).as_bytes(), &error, self.cells.len(), words)
        })
    }

    /// One line of a watch, and the columns where it brings others than those known. An error means that the line is not a watch event
    /// of Tables at all.
    pub fn event<'a>(&mut self, line: &'a [u8], words: &mut Dictionary) -> Result<(Option<Vec<Column>>, Event<'a>), serde_json::Error> {
        let Line { kind, object } = serde_json::from_slice(line)?;
        if !matches!(&*kind, "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK") {
            return Ok((None, decode::odd(line, words, |json, words| self.row(json, words))?));
        }
        let table: Table<'a> = serde_json::from_str(object.get())?;
        let columns = self.learn(table.column_definitions)?;
        let change = match (&*kind, each(&table.rows).next()) {
            ("BOOKMARK", row) => Change::Bookmark { initial_end: row.is_some_and(|row| is_initial_end(row)) },
            ("DELETED", Some(row)) => Change::Delete(self.row(row.get().as_bytes(), words).uid),
            (_, Some(row)) => Change::Upsert(self.row(row.get().as_bytes(), words)),
            (_, None) => Change::Unknown,
        };
        Ok((columns, Event { version: table.metadata.resource_version.map(|v| v.0), change }))
    }

    fn read(&self, json: &[u8], words: &mut Dictionary) -> Result<Row, serde_json::Error> {
        let TableRow { cells, object } = serde_json::from_slice(json)?;
        let object: Partial<'_> = serde_json::from_str(object.map_or("{}", RawValue::get))?;
        let cells: Vec<serde_json::Value> = cells.map_or(Ok(Vec::new()), |c| serde_json::from_str(c.get()))?;
        let cell = |&place: &usize| cells.get(place).map_or(Cell::None, |c| value(c).keep(Keep::Own, words));
        let cells = self.cells.iter().map(cell).collect();
        let row = decode::of_meta(&object.metadata, words);
        let facts = match row.name.split_once('.') {
            Some((plural, group)) if self.defines => Facts::Defines(words.sym(group), words.sym(plural)),
            _ => Facts::None,
        };
        let health = if row.going.is_some() { Health::Busy } else { Health::Ok };
        Ok(Row { cells, facts, health, ..row })
    }
}

/// A bookmark is a Table too, and its annotation is in its only row.
fn is_initial_end(row: &RawValue) -> bool {
    let row: serde_json::Value = serde_json::from_str(row.get()).unwrap_or_default();
    row.pointer("/object/metadata/annotations/k8s.io~1initial-events-end").is_some_and(|v| v == "true")
}

/// A cell: text, number, boolean or nothing, by the contract; what else a server sends is shown as JSON.
fn value(cell: &serde_json::Value) -> Value<'_> {
    match cell {
        serde_json::Value::Null => Value::None,
        serde_json::Value::String(text) if text == "<none>" => Value::None,
        serde_json::Value::String(text) => Value::Text(Cow::Borrowed(text)),
        serde_json::Value::Number(n) => n.as_i64().map_or_else(|| n.as_f64().map_or(Value::None, Value::Number), Value::Count),
        other => Value::Text(Cow::Owned(other.to_string())),
    }
}
