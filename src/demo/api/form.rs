//! The forms in which objects are sent: whole, as metadata only, or as rows of a Table with the server's own columns.

use super::request::Asked;
use super::table;
use crate::demo::json::Millis;
use crate::demo::resource::Resource;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::Object;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A form.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are stored.
    Whole,
    /// `PartialObjectMetadata`.
    Metadata,
    /// `Table`; and what of the objects is in its rows.
    Table(Include),
}

/// What of an object a row of a Table has.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Include {
    /// Nothing.
    None,
    /// Its metadata.
    Metadata,
    /// All of it.
    Object,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

impl Form {
    /// The first of the accepted forms that we have.
    ///
    /// # Errors
    /// 406 where none is.
    pub(super) fn of(asked: &Asked) -> Answer<Self> {
        let include = match asked.query.get("includeObject") {
            Some("None") => Include::None,
            Some("Object") => Include::Object,
            _ => Include::Metadata,
        };
        if asked.accept.is_empty() {
            return Ok(Self::Whole);
        }
        asked.accept.split(',').find_map(|part| accepted(part, include)).ok_or_else(|| {
            let only = "only the following media types are accepted: application/json";
            Refusal::new(406, "NotAcceptable", only)
        })
    }

    /// Appends an object in this form. Items of a list of built-in kinds carry no type.
    pub(super) fn write(self, resource: &Resource, object: &Object, now: Millis, with_type: bool, out: &mut Vec<u8>) {
        match self {
            Self::Whole if with_type || resource.custom => out.extend_from_slice(&object.json),
            Self::Whole => {
                out.push(b'{');
                out.extend_from_slice(object.json.get(object.typed..).unwrap_or_default());
            }
            Self::Metadata => metadata(object, out),
            Self::Table(include) => table::row(resource, object, include, now, out),
        }
    }
}

/// Appends the `PartialObjectMetadata` of an object.
pub(super) fn metadata(object: &Object, out: &mut Vec<u8>) {
    let head: Option<Head<'_>> = serde_json::from_slice(&object.json).ok();
    out.extend_from_slice(br#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#);
    out.extend_from_slice(head.map_or("{}", |h| h.metadata.get()).as_bytes());
    out.push(b'}');
}

fn accepted(part: &str, include: Include) -> Option<Form> {
    let mut words = part.split(';').map(str::trim);
    match words.next()? {
        "application/json" | "*/*" | "application/*" => {}
        _ => return None,
    }
    let form = words.find_map(|w| w.strip_prefix("as="));
    match form {
        None => Some(Form::Whole),
        Some("Table") => Some(Form::Table(include)),
        Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Some(Form::Metadata),
        Some(_) => None,
    }
}
