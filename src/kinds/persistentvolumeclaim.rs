//! PersistentVolumeClaims.

use super::object::{Condition, Meta, Str, each, filled, or, or_default, plain, text, word};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{ClaimFacts, Facts};
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// PersistentVolumeClaims, the core kind.
pub struct PersistentVolumeClaims;

/// What is read of a persistent volume claim.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PersistentVolumeClaim<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    volume_name: Option<Str<'a>>,
    #[serde(borrow)]
    storage_class_name: Option<Str<'a>>,
    #[serde(borrow)]
    volume_attributes_class_name: Option<Str<'a>>,
    #[serde(borrow)]
    volume_mode: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    resources: Resources<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resources<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    requests: Storage<'a>,
}

/// Of a list of resources the only one that volumes have.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Storage<'a> {
    #[serde(borrow)]
    storage: Option<Str<'a>>,
}

impl Storage<'_> {
    /// How much; no amount is 0.
    pub(super) fn value(&self) -> Value<'_> {
        Value::Quantity(Cow::Borrowed(filled(&self.storage).unwrap_or("0")))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    phase: Option<Str<'a>>,
    #[serde(borrow)]
    access_modes: Option<Vec<Str<'a>>>,
    #[serde(borrow, deserialize_with = "or_default")]
    capacity: Storage<'a>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
}

impl<'a> HasMeta<'a> for PersistentVolumeClaim<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for PersistentVolumeClaims {
    type Object<'a> = PersistentVolumeClaim<'a>;

    const NAMES: Names = Names {
        group: "",
        version: "v1",
        resource: "persistentvolumeclaims",
        kind: "PersistentVolumeClaim",
        singular: "persistentvolumeclaim",
        short_names: &["pvc"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("STATUS", |c| Value::Status(Cow::Borrowed(phase(c)), Self::health(c))),
        own(col("VOLUME", |c| plain(&c.spec.volume_name))),
        col("CAPACITY", |c| if is_given(c) { c.status.capacity.value() } else { Value::Text(Cow::Borrowed("")) }),
        col("ACCESS MODES", |c| if is_given(c) { modes(&c.status.access_modes) } else { Value::Text(Cow::Borrowed("")) }),
        col("STORAGECLASS", |c| plain(&c.spec.storage_class_name)),
        col("VOLUMEATTRIBUTESCLASS", |c| or(&c.spec.volume_attributes_class_name, "<unset>")),
        ours(screen("REQUEST", |c| c.spec.resources.requests.value())),
        age(),
        wide("VOLUMEMODE", |c| or(&c.spec.volume_mode, "<unset>")),
        ours(wide("RESIZE", |c| Value::text(resize(c)))),
    ];

    fn health(claim: &PersistentVolumeClaim<'_>) -> Health {
        match (phase(claim), resize(claim)) {
            ("Lost", _) => Health::Bad,
            ("Bound", Some(why)) if why.ends_with("Error") || why == "Infeasible" => Health::Warn,
            ("Bound", None) => Health::Ok,
            // A claim may wait until a pod uses it.
            _ => Health::Busy,
        }
    }

    fn facts(claim: &PersistentVolumeClaim<'_>, words: &mut Dictionary) -> Facts {
        Facts::Claim(Box::new(ClaimFacts {
            phase: word(&claim.status.phase, words),
            volume: word(&claim.spec.volume_name, words),
            class: word(&claim.spec.storage_class_name, words),
        }))
    }
}

/// STATUS.
fn phase<'o>(claim: &'o PersistentVolumeClaim<'_>) -> &'o str {
    if claim.metadata.deletion_timestamp.is_some() { "Terminating" } else { text(&claim.status.phase).unwrap_or_default() }
}

/// It has a volume.
fn is_given(claim: &PersistentVolumeClaim<'_>) -> bool {
    filled(&claim.spec.volume_name).is_some()
}

/// What is under way with its volume: `Resizing`, `FileSystemResizePending`, `ControllerResizeError`, ..
fn resize<'o>(claim: &'o PersistentVolumeClaim<'_>) -> Option<&'o str> {
    let known = |kind: &&str| kind.contains("Resiz") || kind.starts_with("ModifyVolume") || kind.starts_with("VolumeModify");
    each(&claim.status.conditions).filter(|c| text(&c.status) == Some("True")).filter_map(|c| text(&c.kind)).find(known)
}

/// ACCESS MODES: each once, in kubectl's order.
pub(super) fn modes(modes: &Option<Vec<Str<'_>>>) -> Value<'static> {
    let all = [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let given = all.into_iter().filter(|(mode, _)| each(modes).any(|m| **m == **mode)).map(|(_, short)| short);
    super::object::or_empty(super::object::listed(given))
}
