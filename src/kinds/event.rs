//! Events of the core group: both the old form, with counts and timestamps, and the new one, with a series.

use super::object::{Meta, Str, filled, or_default, plain, text, time};
use super::{HasMeta, Names, Own, Project, Show, Source, Where, col, own, wide};
use crate::model::cell::{Health, Text, Value};
use crate::model::id::Uid;
use crate::model::facts::{EventFacts, Facts};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::time::Timestamp;
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// Events, the core kind.
pub struct Events;

/// What is read of an event.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, rename = "type")]
    kind: Option<Str<'a>>,
    #[serde(borrow)]
    reason: Option<Str<'a>>,
    #[serde(borrow)]
    message: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    involved_object: Involved<'a>,
    count: Option<i64>,
    #[serde(borrow)]
    first_timestamp: Option<Str<'a>>,
    #[serde(borrow)]
    last_timestamp: Option<Str<'a>>,
    #[serde(borrow)]
    event_time: Option<Str<'a>>,
    #[serde(borrow)]
    series: Option<Series<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    source: EventSource<'a>,
    #[serde(borrow)]
    reporting_component: Option<Str<'a>>,
    #[serde(borrow)]
    reporting_instance: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Involved<'a> {
    #[serde(borrow)]
    kind: Option<Str<'a>>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    uid: Option<Str<'a>>,
    #[serde(borrow)]
    field_path: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Series<'a> {
    count: Option<i64>,
    #[serde(borrow)]
    last_observed_time: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EventSource<'a> {
    #[serde(borrow)]
    component: Option<Str<'a>>,
    #[serde(borrow)]
    host: Option<Str<'a>>,
}

impl<'a> HasMeta<'a> for Event<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Events {
    type Object<'a> = Event<'a>;

    const NAMES: Names =
        Names { group: "", version: "v1", resource: "events", kind: "Event", singular: "event", short_names: &["ev"], namespaced: true };

    const COLUMNS: &'static [Own<Self>] = &[
        col("LAST SEEN", |e| seen(last_seen(e))),
        col("TYPE", |e| Value::Status(Cow::Borrowed(text(&e.kind).unwrap_or_default()), Self::health(e))),
        col("REASON", |e| plain(&e.reason)),
        own(col("OBJECT", |e| object(e))),
        wide("SUBOBJECT", |e| plain(&e.involved_object.field_path)),
        wide("SOURCE", |e| source(e)),
        own(col("MESSAGE", |e| Value::Text(Cow::Borrowed(text(&e.message).unwrap_or_default().trim())))),
        wide("FIRST SEEN", |e| seen(first_seen(e))),
        wide("COUNT", |e| Value::Count(count(e))),
        Own { title: "NAME", show: Show::Wide, ours: false, value: Where::Row(Source::Name) },
    ];

    /// Newest first.
    const SORT: Option<(&'static str, bool)> = Some(("LAST SEEN", false));

    fn health(event: &Event<'_>) -> Health {
        if text(&event.kind) == Some("Warning") { Health::Warn } else { Health::Ok }
    }

    fn facts(event: &Event<'_>, words: &mut Dictionary) -> Facts {
        let about = &event.involved_object;
        Facts::Event(Box::new(EventFacts {
            kind: words.sym(text(&about.kind).unwrap_or_default()),
            name: Text::Own(text(&about.name).unwrap_or_default().into()),
            uid: Uid::parse(text(&about.uid).unwrap_or_default()),
            field: words.sym(text(&about.field_path).unwrap_or_default()),
            warning: text(&event.kind) == Some("Warning"),
            reason: words.sym(text(&event.reason).unwrap_or_default()),
            count: u32::try_from(count(event)).unwrap_or_default(),
            first: first_seen(event),
            last: last_seen(event),
        }))
    }
}

/// The message of an event's row.
pub fn message<'a>(table: &'a Table, row: &'a Row) -> Cow<'a, str> {
    match table.column("MESSAGE").map(|column| table.value(row, column.source)) {
        Some(Value::Text(message)) => message,
        _ => Cow::Borrowed(""),
    }
}

fn first_seen(event: &Event<'_>) -> Option<Timestamp> {
    time(&event.first_timestamp).or_else(|| time(&event.event_time))
}

fn last_seen(event: &Event<'_>) -> Option<Timestamp> {
    match &event.series {
        Some(series) => time(&series.last_observed_time),
        None => time(&event.last_timestamp).or_else(|| first_seen(event)),
    }
}

/// A single event of the new form has no count.
fn count(event: &Event<'_>) -> i64 {
    match &event.series {
        Some(series) => series.count.unwrap_or_default(),
        None => event.count.filter(|&n| n != 0).unwrap_or(1),
    }
}

fn object<'o>(event: &'o Event<'_>) -> Value<'o> {
    let about = &event.involved_object;
    let kind = text(&about.kind).unwrap_or_default().to_lowercase();
    Value::Text(Cow::Owned(filled(&about.name).map_or(kind.clone(), |name| format!("{kind}/{name}"))))
}

fn source<'o>(event: &'o Event<'_>) -> Value<'o> {
    let component = filled(&event.source.component).or(filled(&event.reporting_component)).unwrap_or_default();
    let host = filled(&event.source.host).or(filled(&event.reporting_instance));
    Value::Text(host.map_or(Cow::Borrowed(component), |host| Cow::Owned(format!("{component}, {host}"))))
}

fn seen(at: Option<Timestamp>) -> Value<'static> {
    at.map_or(Value::Text(Cow::Borrowed("<unknown>")), Value::Age)
}
