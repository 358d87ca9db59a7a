//! What becomes of the objects that a watch reads: rows for tables, or one object whole.
//!
//! An intake remembers what it has delivered, so that a relist becomes its differences, and gathers changes by uid until the inbox has
//! room: an object that changes a hundred times meanwhile is delivered once.

use super::framer::Part;
use crate::kinds::custom::TableDecoder;
use crate::kinds::decode::{Change, Event, Status};
use crate::kinds::{self, Kind};
use crate::model::catalog::Resource;
use crate::model::column::Column;
use crate::model::id::{GroupResource, Uid, Version};
use crate::model::msg::{Delta, News};
use crate::model::row::Row;
use crate::model::words::Dictionary;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// One line of a watch, after the intake has taken what it wanted.
#[derive(Debug)]
pub struct Line<'a> {
    /// The resourceVersion to go on from.
    pub version: Option<Cow<'a, str>>,
    /// What the line means to the watch.
    pub meaning: Meaning,
}

/// What a line means to the watch.
#[derive(Debug)]
pub enum Meaning {
    /// An object came, changed or went.
    Change,
    /// The server shows this kind in other columns from now on, which only a list brings for all rows.
    Columns,
    /// Only the resourceVersion moved.
    Bookmark {
        /// The initial list is complete.
        initial_end: bool,
    },
    /// The server ends the watch.
    Error(Status),
}

impl Meaning {
    fn of<T>(change: &Change<T>) -> Self {
        match change {
            Change::Upsert(_) | Change::Delete(_) => Self::Change,
            Change::Bookmark { initial_end } => Self::Bookmark { initial_end: *initial_end },
            Change::Unknown => Self::Bookmark { initial_end: false },
            Change::Error(status) => Self::Error(status.clone()),
        }
    }
}

/// Takes in what a watch reads.
pub trait Intake: Send {
    /// The `Accept` header: in which form the server is to send.
    fn accept(&self) -> &'static str;
    /// The array of a list that holds the pieces.
    fn array(&self) -> &'static str;
    /// A list begins. What is read until [`Self::end`] is all there is.
    fn begin(&mut self);
    /// A part of a list.
    fn part(&mut self, part: Part<'_>);
    /// One line of a watch. An error means that it is not a watch event.
    fn line<'a>(&mut self, line: &'a [u8]) -> Result<Line<'a>, serde_json::Error>;
    /// The list is complete: what it did not have is gone.
    fn end(&mut self);
    /// How many changes wait to be delivered.
    fn waiting(&self) -> usize;
    /// What waits, now delivered.
    fn deliver(&mut self) -> Option<News>;
}

/// How the objects of a kind become rows.
enum Decoder {
    /// By a projection of ours.
    Own(&'static Kind),
    /// By the server's own columns; those that the table does not know yet.
    Table(TableDecoder, Option<Vec<Column>>),
}

/// Rows of a kind.
pub struct Rows {
    decoder: Decoder,
    words: Dictionary,
    /// What the table has.
    delivered: HashMap<Uid, Version>,
    /// What it is to have; `None` is gone.
    waiting: HashMap<Uid, Option<Row>>,
    listing: Option<Listing>,
    /// The whole list was here once: from now on a list is swapped in whole.
    complete: bool,
}

/// A list on its way in.
#[derive(Default)]
struct Listing {
    seen: HashSet<Uid>,
    /// Rows of a relist, kept aside until it is complete. The first list shows its rows as they come.
    aside: Vec<Row>,
}

impl Rows {
    /// An intake for a kind: by a projection of ours if there is one, else by the server's own columns.
    pub fn new(kind: &GroupResource) -> Self {
        let decoder = kinds::find(kind).map_or_else(|| Decoder::Table(TableDecoder::new(kind), None), Decoder::Own);
        Self { decoder, words: Dictionary::default(), delivered: HashMap::new(), waiting: HashMap::new(), listing: None, complete: false }
    }

    fn upsert(&mut self, row: Row) {
        if let Some(listing) = &mut self.listing {
            listing.seen.insert(row.uid);
            if self.complete {
                listing.aside.push(row);
                return;
            }
        }
        self.waiting.insert(row.uid, Some(row));
    }

    fn delete(&mut self, uid: Uid) {
        if let Some(listing) = &mut self.listing {
            listing.seen.remove(&uid);
            if self.complete {
                listing.aside.retain(|r| r.uid != uid);
                return;
            }
        }
        // What nobody has been shown need not be taken back, or objects that come and go would pile up.
        if self.delivered.contains_key(&uid) {
            self.waiting.insert(uid, None);
        } else {
            self.waiting.remove(&uid);
        }
    }

    /// True while a relist is on its way: what it brings is shown when it is whole.
    fn is_relisting(&self) -> bool {
        self.complete && self.listing.is_some()
    }
}

impl Intake for Rows {
    fn accept(&self) -> &'static str {
        match self.decoder {
            Decoder::Own(_) => "application/json",
            Decoder::Table(..) => "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
        }
    }

    fn array(&self) -> &'static str {
        match self.decoder {
            Decoder::Own(_) => "items",
            Decoder::Table(..) => "rows",
        }
    }

    fn begin(&mut self) {
        self.listing = Some(Listing::default());
    }

    fn part(&mut self, part: Part<'_>) {
        match (part, &mut self.decoder) {
            (Part::Head(_), Decoder::Own(_)) => {}
            (Part::Head(head), Decoder::Table(decoder, columns)) => {
                // Without columns the rows still have names and ages.
                *columns = decoder.head(head).ok().flatten().or(columns.take());
            }
            (Part::Item(json), decoder) => {
                let row = match decoder {
                    Decoder::Own(kind) => kind.row(json, &mut self.words),
                    Decoder::Table(decoder, _) => decoder.row(json, &mut self.words),
                };
                self.upsert(row);
            }
        }
    }

    fn line<'a>(&mut self, line: &'a [u8]) -> Result<Line<'a>, serde_json::Error> {
        let mut anew = false;
        let Event { version, change } = match &mut self.decoder {
            Decoder::Own(kind) => kind.event(line, &mut self.words)?,
            Decoder::Table(decoder, columns) => {
                let (learned, event) = decoder.event(line, &mut self.words)?;
                anew = learned.is_some() && self.listing.is_none();
                *columns = learned.or(columns.take());
                event
            }
        };
        if anew {
            // The rows that are there have the cells of the old columns: both stay until the list has brought the new ones.
            self.begin();
            return Ok(Line { version, meaning: Meaning::Columns });
        }
        let meaning = Meaning::of(&change);
        match change {
            Change::Upsert(row) => self.upsert(row),
            Change::Delete(uid) => self.delete(uid),
            Change::Bookmark { .. } | Change::Unknown | Change::Error(_) => {}
        }
        Ok(Line { version, meaning })
    }

    fn end(&mut self) {
        let Some(Listing { seen, aside }) = self.listing.take() else { return };
        let Self { decoder, delivered, waiting, .. } = self;
        // New columns change every row, and metrics change without a version.
        let anew = matches!(decoder, Decoder::Table(_, Some(_)));
        let none = Version::parse("");
        for row in aside {
            // Changes that waited when the relist began are older than it is.
            waiting.remove(&row.uid);
            if anew || row.version == none || delivered.get(&row.uid) != Some(&row.version) {
                waiting.insert(row.uid, Some(row));
            }
        }
        let gone = delivered.keys().filter(|uid| !seen.contains(uid)).map(|uid| (*uid, None));
        waiting.retain(|uid, _| seen.contains(uid));
        waiting.extend(gone);
        self.complete = true;
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn deliver(&mut self) -> Option<News> {
        let hold = self.is_relisting();
        let columns = if let Decoder::Table(_, columns) = &mut self.decoder { columns.take_if(|_| !hold) } else { None };
        let mut delta = Delta { columns, words: self.words.news(), ..Delta::default() };
        for (uid, row) in self.waiting.drain() {
            match row {
                Some(row) => {
                    self.delivered.insert(uid, row.version);
                    delta.upserts.push(row);
                }
                None => {
                    if self.delivered.remove(&uid).is_some() {
                        delta.deletes.push(uid);
                    }
                }
            }
        }
        // A burst leaves a map that is far larger than what is usual from then on.
        self.waiting.shrink_to(64);
        (!delta.is_empty()).then_some(News::Delta(delta))
    }
}

/// Whether an object says what it is.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Has {
    api_version: Option<IgnoredAny>,
    kind: Option<IgnoredAny>,
}

/// One object, whole: its JSON as received, with `apiVersion` and `kind`.
pub struct Whole {
    api_version: String,
    kind: String,
    /// What is to be delivered.
    waiting: Option<Option<Vec<u8>>>,
    /// A list is on its way, and has the object or not.
    listing: Option<bool>,
}

impl Whole {
    /// An intake for an object of this kind.
    pub fn new(resource: &Resource) -> Self {
        Self { api_version: resource.api_version(), kind: resource.kind.to_string(), waiting: None, listing: None }
    }

    /// An item of a list as an object of its own: the items of typed lists leave out what the list says for all of them.
    fn item(&self, json: &[u8]) -> Vec<u8> {
        let has: Has = serde_json::from_slice(json).unwrap_or_default();
        let missing = [("apiVersion", &self.api_version, has.api_version), ("kind", &self.kind, has.kind)];
        let missing = missing.into_iter().filter(|(.., has)| has.is_none());
        let fields: String = missing.map(|(key, value, _)| format!("\"{key}\":{},", serde_json::Value::from(value.as_str()))).collect();
        match json.trim_ascii_start().strip_prefix(b"{") {
            Some(rest) if !rest.trim_ascii_start().starts_with(b"}") => [b"{", fields.as_bytes(), rest].concat(),
            _ => json.to_vec(),
        }
    }

    fn found(&mut self, json: Vec<u8>) {
        self.waiting = Some(Some(json));
        if let Some(found) = &mut self.listing {
            *found = true;
        }
    }
}

impl Intake for Whole {
    fn accept(&self) -> &'static str {
        "application/json"
    }

    fn array(&self) -> &'static str {
        "items"
    }

    fn begin(&mut self) {
        self.listing = Some(false);
    }

    fn part(&mut self, part: Part<'_>) {
        if let Part::Item(json) = part {
            self.found(self.item(json));
        }
    }

    fn line<'a>(&mut self, line: &'a [u8]) -> Result<Line<'a>, serde_json::Error> {
        let Event { version, change } = kinds::decode::whole(line)?;
        let meaning = Meaning::of(&change);
        match change {
            Change::Upsert(json) => self.found(json.into()),
            Change::Delete(_) => self.waiting = Some(None),
            Change::Bookmark { .. } | Change::Unknown | Change::Error(_) => {}
        }
        Ok(Line { version, meaning })
    }

    fn end(&mut self) {
        if self.listing.take() == Some(false) {
            self.waiting = Some(None);
        }
    }

    fn waiting(&self) -> usize {
        usize::from(self.waiting.is_some())
    }

    fn deliver(&mut self) -> Option<News> {
        self.waiting.take().map(News::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::super::framer::Items;
    use super::*;

    /// Reads a Table of things: one with each of these names, whose versions never change.
    fn list(rows: &mut Rows, columns: &[&str], names: &[&str]) -> Option<Delta> {
        let columns: Vec<String> = columns.iter().map(|c| format!(r#"{{"name":"{c}","type":"string"}}"#)).collect();
        let row =
            |n: &&str| format!(r#"{{"cells":["{n}","x"],"object":{{"metadata":{{"name":"{n}","uid":"{n}","resourceVersion":"1"}}}}}}"#);
        let names: Vec<String> = names.iter().map(row).collect();
        let table = format!(r#"{{"kind":"Table","columnDefinitions":[{}],"rows":[{}]}}"#, columns.join(","), names.join(","));
        let mut items = Items::new(rows.array());
        rows.begin();
        items.feed(table.as_bytes(), |part| rows.part(part)).unwrap();
        let early = rows.deliver();
        assert!(!rows.complete || early.is_none(), "nothing of a relist before it is whole");
        rows.end();
        match early.or(rows.deliver()) {
            Some(News::Delta(delta)) => Some(delta),
            _ => None,
        }
    }

    #[test]
    fn a_relist_is_its_differences_and_new_columns_change_every_row() {
        let mut rows = Rows::new(&GroupResource::new("example.org", "things"));
        let first = list(&mut rows, &["Name", "Colour"], &["a", "b"]).unwrap();
        assert!(first.columns.is_some() && first.upserts.len() == 2);
        assert!(list(&mut rows, &["Name", "Colour"], &["a", "b"]).is_none());
        let fewer = list(&mut rows, &["Name", "Colour"], &["b", "c"]).unwrap();
        assert_eq!((fewer.columns, fewer.upserts.len(), fewer.deletes), (None, 1, vec![Uid::parse("a")]));
        let anew = list(&mut rows, &["Name", "Shape"], &["b", "c"]).unwrap();
        assert!(anew.columns.is_some() && anew.upserts.len() == 2);
    }

    #[test]
    fn columns_that_change_between_lists_wait_for_the_next_list() {
        let mut rows = Rows::new(&GroupResource::new("example.org", "things"));
        list(&mut rows, &["Name", "Colour"], &["a", "b"]).unwrap();
        let event = |columns: &str| {
            let row = r#"{"cells":["a","x"],"object":{"metadata":{"name":"a","uid":"a","resourceVersion":"2"}}}"#;
            format!(r#"{{"type":"MODIFIED","object":{{"kind":"Table","columnDefinitions":[{columns}],"rows":[{row}]}}}}"#)
        };
        let [name, colour, shape] = ["Name", "Colour", "Shape"].map(|c| format!(r#"{{"name":"{c}","type":"string"}}"#));
        let same = rows.line(event(&format!("{name},{colour}")).as_bytes()).unwrap().meaning;
        let anew = rows.line(event(&format!("{name},{shape}")).as_bytes()).unwrap().meaning;
        assert!(matches!((same, anew), (Meaning::Change, Meaning::Columns)));
        let Some(News::Delta(old)) = rows.deliver() else { panic!("what waited is delivered") };
        assert!(old.columns.is_none() && old.upserts.len() == 1, "with the columns that it was read by");
        let listed = list(&mut rows, &["Name", "Shape"], &["a", "b"]).unwrap();
        assert!(listed.columns.is_some() && listed.upserts.len() == 2);
    }

    #[test]
    fn an_item_of_a_list_is_given_its_kind() {
        let mut whole = Whole::new(&deployment());
        for (item, object) in [
            (r#" {"metadata":{}}"#, r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{}}"#),
            (r#"{"kind":"Odd","metadata":{}}"#, r#"{"apiVersion":"apps/v1","kind":"Odd","metadata":{}}"#),
            (r#"{"apiVersion":"v2","kind":"Odd"}"#, r#"{"apiVersion":"v2","kind":"Odd"}"#),
            ("{}", "{}"),
            ("7", "7"),
        ] {
            whole.part(Part::Item(item.as_bytes()));
            let Some(News::Object(Some(json))) = whole.deliver() else { panic!("{item}") };
            assert_eq!(String::from_utf8(json).unwrap(), object);
        }
    }

    fn deployment() -> Resource {
        Resource {
            id: GroupResource::new("apps", "deployments"),
            version: "v1".into(),
            kind: "Deployment".into(),
            singular: "deployment".into(),
            short_names: [].into(),
            categories: [].into(),
            namespaced: true,
            list: true,
            watch: true,
        }
    }

    #[test]
    fn what_comes_and_goes_unseen_is_not_kept() {
        let mut rows = Rows::new(&GroupResource::new("", "pods"));
        for n in 0..100 {
            for what in ["ADDED", "MODIFIED", "DELETED"] {
                let line = format!(r#"{{"type":"{what}","object":{{"metadata":{{"name":"a","uid":"{n}"}}}}}}"#);
                rows.line(line.as_bytes()).unwrap();
            }
        }
        assert!(rows.waiting() == 0 && rows.deliver().is_none_or(|news| matches!(news, News::Delta(d) if d.upserts.is_empty())));
    }
}
