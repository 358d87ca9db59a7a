//! Objects as rows of a `Table`: the columns that `kubectl get` prints. They are those of our own kinds where a kind has a file there; the
//! others stand in [`super::columns`].

use super::columns::{self, Own};
use super::form::{Include, metadata};
use crate::demo::json::{Millis, encode};
use crate::demo::resource::Resource;
use crate::demo::store::Object;
use crate::kinds::{self, Kind};
use crate::model::cell::Value as Shown;
use crate::model::column::{Column, Show, Source};
use crate::model::id::GroupResource;
use crate::model::time::Timestamp;
use crate::model::words::Dictionary;
use serde_json::{Value, json};

/// Where the columns of a kind come from.
enum Columns {
    Ours(&'static Kind),
    Own(Vec<Own>),
}

fn columns(resource: &Resource) -> Columns {
    // Of limit ranges a server tells the instant when they were made, where ours have their age.
    match kinds::find(&GroupResource::new(&resource.group, &resource.plural)).filter(|kind| kind.names.resource != "limitranges") {
        Some(kind) => Columns::Ours(kind),
        None => Columns::Own(columns::of(resource)),
    }
}

/// `"columnDefinitions":[..],` of a kind.
pub(super) fn definitions(resource: &Resource) -> String {
    let definition = |title: &str, kind: &str, priority: u8| {
        let format = if title == "Name" { "name" } else { "" };
        json!({"name": title, "type": kind, "format": format, "description": "", "priority": priority})
    };
    let all: Vec<Value> = match columns(resource) {
        Columns::Ours(kind) => {
            let all = kind.kubectls_columns().into_iter();
            all.map(|c| definition(&capitals(&c.title), "string", u8::from(c.show != Show::Always))).collect()
        }
        Columns::Own(own) => own.iter().map(|c| definition(&c.title, c.kind, c.priority)).collect(),
    };
    format!("\"columnDefinitions\":{},", Value::Array(all))
}

/// Appends the row of an object.
pub(super) fn row(resource: &Resource, object: &Object, include: Include, now: Millis, out: &mut Vec<u8>) {
    let now = Timestamp(now.div_euclid(1000));
    let cells = match columns(resource) {
        Columns::Ours(kind) => ours(kind, object, now),
        Columns::Own(own) => {
            let value = object.value();
            own.iter().map(|c| (c.value)(&value, now)).collect()
        }
    };
    out.extend_from_slice(br#"{"cells":"#);
    out.extend_from_slice(&encode(&cells));
    match include {
        Include::None => {}
        Include::Metadata => {
            out.extend_from_slice(br#","object":"#);
            metadata(object, out);
        }
        Include::Object => {
            out.extend_from_slice(br#","object":"#);
            out.extend_from_slice(&object.json);
        }
    }
    out.push(b'}');
}

fn ours(kind: &Kind, object: &Object, now: Timestamp) -> Vec<Value> {
    let mut words = Dictionary::default();
    let row = kind.row(&object.json, &mut words);
    let cell = |column: &Column| {
        let value = match column.source {
            Source::Name => Shown::text(Some(&row.name)),
            Source::Age => Shown::age(row.created),
            Source::Cell(i) => row.cells.get(usize::from(i)).map(|c| c.value(words.words())).unwrap_or_default(),
            Source::Cluster | Source::Namespace | Source::Health | Source::Joined(_) => Shown::None,
        };
        match value {
            Shown::Count(n) => json!(n),
            other => json!(other.shown(now)),
        }
    };
    kind.kubectls_columns().iter().map(cell).collect()
}

/// `UP-TO-DATE` as the server spells it: `Up-to-date`.
fn capitals(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_string() + &letters.as_str().to_lowercase()).unwrap_or_default()
}
