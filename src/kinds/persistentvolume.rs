//! PersistentVolumes.

use super::object::{Meta, Reference, Str, or, or_default, or_empty, plain, text, word};
use super::persistentvolumeclaim::{Storage, modes};
use super::{HasMeta, Names, Own, Project, age, col, name, own, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, VolumeFacts};
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// PersistentVolumes, the core kind.
pub struct PersistentVolumes;

/// What is read of a persistent volume.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PersistentVolume<'a> {
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
    #[serde(borrow, deserialize_with = "or_default")]
    capacity: Storage<'a>,
    #[serde(borrow)]
    access_modes: Option<Vec<Str<'a>>>,
    #[serde(borrow)]
    persistent_volume_reclaim_policy: Option<Str<'a>>,
    #[serde(borrow)]
    claim_ref: Option<Reference<'a>>,
    #[serde(borrow)]
    storage_class_name: Option<Str<'a>>,
    #[serde(borrow)]
    volume_attributes_class_name: Option<Str<'a>>,
    #[serde(borrow)]
    volume_mode: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    phase: Option<Str<'a>>,
    #[serde(borrow)]
    reason: Option<Str<'a>>,
    #[serde(borrow)]
    message: Option<Str<'a>>,
}

impl<'a> HasMeta<'a> for PersistentVolume<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for PersistentVolumes {
    type Object<'a> = PersistentVolume<'a>;

    const NAMES: Names = Names {
        group: "",
        version: "v1",
        resource: "persistentvolumes",
        kind: "PersistentVolume",
        singular: "persistentvolume",
        short_names: &["pv"],
        namespaced: false,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("CAPACITY", |v| v.spec.capacity.value()),
        col("ACCESS MODES", |v| modes(&v.spec.access_modes)),
        col("RECLAIM POLICY", |v| plain(&v.spec.persistent_volume_reclaim_policy)),
        col("STATUS", |v| Value::Status(Cow::Borrowed(phase(v)), Self::health(v))),
        own(col("CLAIM", |v| or_empty(v.spec.claim_ref.as_ref().map(Reference::shown).unwrap_or_default()))),
        col("STORAGECLASS", |v| plain(&v.spec.storage_class_name)),
        col("VOLUMEATTRIBUTESCLASS", |v| or(&v.spec.volume_attributes_class_name, "<unset>")),
        col("REASON", |v| plain(&v.status.reason)),
        age(),
        wide("VOLUMEMODE", |v| or(&v.spec.volume_mode, "<unset>")),
    ];

    fn health(volume: &PersistentVolume<'_>) -> Health {
        let kept = text(&volume.spec.persistent_volume_reclaim_policy) != Some("Delete");
        match phase(volume) {
            "Bound" | "Available" => Health::Ok,
            // Its claim is gone, and its data stays until somebody looks after it.
            "Released" if kept => Health::Done,
            "Failed" => Health::Bad,
            _ => Health::Busy,
        }
    }

    fn facts(volume: &PersistentVolume<'_>, words: &mut Dictionary) -> Facts {
        Facts::Volume(Box::new(VolumeFacts {
            phase: word(&volume.status.phase, words),
            message: text(&volume.status.message).unwrap_or_default().into(),
            claim: volume.spec.claim_ref.as_ref().map(|c| c.path(words)).unwrap_or_default(),
        }))
    }
}

/// STATUS.
fn phase<'o>(volume: &'o PersistentVolume<'_>) -> &'o str {
    if volume.metadata.deletion_timestamp.is_some() { "Terminating" } else { text(&volume.status.phase).unwrap_or_default() }
}
