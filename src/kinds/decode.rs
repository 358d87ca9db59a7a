//! From bytes to rows and watch events.

use super::object::{Meta, Str, text};
use super::{HasMeta, Project, Where};
use crate::model::cell::{Cell, Health};
use crate::model::id::Uid;
use crate::model::row::{Facts, Row};
use crate::model::words::Dictionary;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One line of a watch.
#[derive(Debug)]
pub struct Event<'a, T = Row> {
    /// The resourceVersion to go on from; none where the line has none.
    pub version: Option<Cow<'a, str>>,
    /// What happened.
    pub change: Change<T>,
}

/// What happened to an object, or to the watch.
#[derive(Debug)]
pub enum Change<T = Row> {
    /// New or changed.
    Upsert(T),
    /// Gone.
    Delete(Uid),
    /// Only the resourceVersion moved.
    Bookmark {
        /// All objects of the initial list have been sent.
        initial_end: bool,
    },
    /// The server ends the watch with a Status.
    Error(Status),
    /// A type that this version of the contract does not have.
    Unknown,
}

/// `metav1.Status`: how API servers say what went wrong.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status {
    /// `Status` where it is one.
    pub kind: Option<String>,
    /// The HTTP status.
    pub code: Option<u16>,
    /// `Success` or `Failure`.
    pub status: Option<String>,
    /// A word, as `Expired`.
    pub reason: Option<String>,
    /// For people.
    pub message: Option<String>,
    /// More about it.
    pub details: Option<StatusDetails>,
    /// As a list's.
    pub metadata: Option<StatusMeta>,
}

/// `metav1.ListMeta`, as far as a Status has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatusMeta {
    /// With 410 for a `continue` token that has expired: another one, which goes on at the newest version.
    pub r#continue: Option<String>,
}

/// `metav1.StatusDetails`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatusDetails {
    /// What is wrong, field by field.
    pub causes: Option<Vec<StatusCause>>,
    /// When to try again.
    pub retry_after_seconds: Option<u64>,
}

/// `metav1.StatusCause`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StatusCause {
    /// A word, as `ResourceVersionTooLarge`.
    pub reason: Option<String>,
    /// For people.
    pub message: Option<String>,
    /// Where.
    pub field: Option<String>,
}

/// A line as it is on the wire; the type comes first.
#[derive(Deserialize)]
struct Line<'a, O> {
    #[serde(borrow, rename = "type")]
    kind: Str<'a>,
    object: O,
}

/// The row of one object. What cannot be read becomes a row that says so.
pub(super) fn row<K: Project>(json: &[u8], words: &mut Dictionary) -> Row {
    match serde_json::from_slice::<K::Object<'_>>(json) {
        Ok(object) => project::<K>(&object, words),
        Err(error) => {
            let cells = K::COLUMNS.iter().filter(|c| matches!(c.value, Where::Decoded(..))).count();
            broken(json, &error, cells, words)
        }
    }
}

/// One line of a watch.
pub(super) fn event<'a, K: Project>(line: &'a [u8], words: &mut Dictionary) -> Result<Event<'a>, serde_json::Error> {
    let Ok(Line { kind, object }) = serde_json::from_slice::<Line<'a, K::Object<'a>>>(line) else {
        return odd(line, words, |json, words| row::<K>(json, words));
    };
    let version = object.meta().resource_version.clone().map(|v| v.0);
    let change = match &*kind {
        "ADDED" | "MODIFIED" => Change::Upsert(project::<K>(&object, words)),
        "DELETED" => Change::Delete(object.meta().uid()),
        _ => return odd(line, words, |json, words| row::<K>(json, words)),
    };
    Ok(Event { version, change })
}

/// One line of a watch whose objects are taken as they are.
pub fn whole(line: &[u8]) -> Result<Event<'_, &str>, serde_json::Error> {
    any(line, |json| (json, Uid::parse("")))
}

/// A line that is no plain change of a plain object: a bookmark, an error, or an object that cannot be read.
pub(super) fn odd<'a>(
    line: &'a [u8],
    words: &mut Dictionary,
    row: impl Fn(&[u8], &mut Dictionary) -> Row,
) -> Result<Event<'a>, serde_json::Error> {
    any(line, |json| {
        let row = row(json.as_bytes(), words);
        let uid = row.uid;
        (row, uid)
    })
}

/// Any line; `read` makes what is wanted of an object, and its uid.
fn any<'a, T>(line: &'a [u8], mut read: impl FnMut(&'a str) -> (T, Uid)) -> Result<Event<'a, T>, serde_json::Error> {
    let Line { kind, object } = serde_json::from_slice::<Line<'a, &'a RawValue>>(line)?;
    let json = object.get();
    let MetaOnly { metadata } = tolerant(json);
    let change = match &*kind {
        "ADDED" | "MODIFIED" => Change::Upsert(read(json).0),
        "DELETED" => Change::Delete(read(json).1),
        "BOOKMARK" => {
            let annotation = metadata.annotations.get("k8s.io/initial-events-end");
            Change::Bookmark { initial_end: annotation.is_some_and(|v| v == "true") }
        }
        "ERROR" => Change::Error(tolerant(json)),
        _ => Change::Unknown,
    };
    Ok(Event { version: metadata.resource_version.map(Cow::Owned), change })
}

/// What can be read of something that may be anything.
fn tolerant<T: DeserializeOwned + Default>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_default()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaOnly {
    metadata: BookmarkMeta,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct BookmarkMeta {
    resource_version: Option<String>,
    annotations: std::collections::BTreeMap<String, String>,
}

fn project<K: Project>(object: &K::Object<'_>, words: &mut Dictionary) -> Row {
    let mut cells = Vec::with_capacity(K::COLUMNS.len());
    for column in K::COLUMNS {
        if let Where::Decoded(keep, read) = column.value {
            cells.push(read(object).keep(keep, words));
        }
    }
    Row { cells: cells.into(), health: K::health(object), facts: K::facts(object, words), ..of_meta(object.meta(), words) }
}

/// What every row has.
pub(super) fn of_meta(meta: &Meta<'_>, words: &mut Dictionary) -> Row {
    Row {
        uid: meta.uid(),
        namespace: words.sym(text(&meta.namespace).unwrap_or_default()),
        health: Health::Ok,
        name: text(&meta.name).unwrap_or_default().into(),
        version: meta.version(),
        created: meta.created(),
        going: meta.going(words),
        labels: meta.labels(words),
        owner: meta.owner(words),
        cells: [].into(),
        facts: Facts::None,
    }
}

/// A row that says what is wrong with its object.
pub(super) fn broken(json: &[u8], error: &serde_json::Error, cells: usize, words: &mut Dictionary) -> Row {
    let any: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    let field = |name: &str| any.get("metadata").and_then(|m| m.get(name)).and_then(|v| v.as_str()).map(|s| Str(Cow::Borrowed(s)));
    let meta = Meta {
        name: field("name").or(Some(Str(Cow::Borrowed("(no name)")))),
        namespace: field("namespace"),
        uid: field("uid"),
        resource_version: field("resourceVersion"),
        creation_timestamp: field("creationTimestamp"),
        ..Meta::default()
    };
    Row {
        health: Health::Bad,
        facts: Facts::Broken(format!("cannot be read: {error}").into()),
        cells: vec![Cell::None; cells].into(),
        ..of_meta(&meta, words)
    }
}
