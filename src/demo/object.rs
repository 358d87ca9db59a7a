//! An object as it is stored: its bytes, and what of it is asked for so often that nobody should have to decode it.

use super::json::{encode, text};
use super::resource::Resource;
use super::store::Key;
use super::view::View;
use bytes::Bytes;
use serde_json::Value;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// One of the `metadata.ownerReferences` of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// `apiVersion`.
    pub api: Box<str>,
    /// `kind`.
    pub kind: Box<str>,
    /// `name`.
    pub name: Box<str>,
    /// `uid`.
    pub uid: Box<str>,
    /// `controller`.
    pub controller: bool,
    /// `blockOwnerDeletion`.
    pub blocks: bool,
}

impl Owner {
    fn of(reference: &Value) -> Self {
        let word = |place| text(reference, place).unwrap_or_default().into();
        let says = |place| super::json::is_true(reference, place);
        let (api, kind, name, uid) = (word("/apiVersion"), word("/kind"), word("/name"), word("/uid"));
        Self { api, kind, name, uid, controller: says("/controller"), blocks: says("/blockOwnerDeletion") }
    }
}

/// An object as it is stored: never changed, only replaced.
#[derive(Debug)]
pub struct Object {
    /// Where it is.
    pub key: Key,
    /// `metadata.uid`.
    pub uid: Box<str>,
    /// `metadata.resourceVersion`.
    pub version: u64,
    /// `metadata.labels`.
    pub labels: Box<[(Box<str>, Box<str>)]>,
    /// The values of the kind's selectable fields, in the order of [`Resource::fields`]. An empty one is a missing one.
    pub fields: Box<[Box<str>]>,
    /// The uid of the controller among its owners; empty where there is none.
    pub owner: Box<str>,
    /// All of its owners.
    pub owners: Box<[Owner]>,
    /// The JSON. It begins with `{"kind":..,"apiVersion":..,`.
    pub json: Bytes,
    /// Where `metadata` begins in it: items of a list are sent without kind and apiVersion.
    pub typed: usize,
    view: OnceLock<Box<View>>,
    /// The object again, while somebody [keeps](Self::keep) it: to read bytes costs far more than to build a cluster leaves time for.
    kept: Mutex<Option<Arc<Value>>>,
}

impl Object {
    /// Encodes an object of a kind. Its metadata has to be complete.
    pub fn encode(resource: &Resource, value: &Value) -> Self {
        let labels = super::json::entries(value, "/metadata/labels");
        let field = |name: &String| match value.pointer(&format!("/{}", name.replace('.', "/"))) {
            Some(Value::String(text)) => text.as_str().into(),
            Some(Value::Null) | None => "".into(),
            Some(other) => other.to_string().into(),
        };
        let owners: Box<[Owner]> = super::json::list(value, "/metadata/ownerReferences").iter().map(Owner::of).collect();
        let (kind, api) = (&resource.kind, resource.api_version());
        Self {
            key: Key::of(value),
            uid: text(value, "/metadata/uid").unwrap_or_default().into(),
            version: text(value, "/metadata/resourceVersion").and_then(|v| v.parse().ok()).unwrap_or_default(),
            labels: labels.map(|(k, v)| (k.into(), v.as_str().unwrap_or_default().into())).collect(),
            fields: resource.fields.iter().map(field).collect(),
            owner: owners.iter().find(|o| o.controller).map(|o| o.uid.clone()).unwrap_or_default(),
            owners,
            json: encode(value),
            typed: format!(r#"{{"kind":"{kind}","apiVersion":"{api}","#).len(),
            view: OnceLock::new(),
            kept: Mutex::default(),
        }
    }

    /// A pod that was written out without a [`Value`]: `json` has to say what the other parts say, at this version.
    pub(super) fn written(
        key: Key,
        uid: Box<str>,
        version: u64,
        labels: Box<[(Box<str>, Box<str>)]>,
        fields: Box<[Box<str>]>,
        json: Bytes,
    ) -> Self {
        let (owner, owners, typed) = (Box::default(), Box::default(), r#"{"kind":"Pod","apiVersion":"v1","#.len());
        Self { key, uid, version, labels, fields, owner, owners, json, typed, view: OnceLock::new(), kept: Mutex::default() }
    }

    /// What of a pod matters to controllers: read once, when it is first asked for.
    pub fn view(&self) -> &View {
        self.view.get_or_init(|| Box::new(View::read(&self.json)))
    }

    /// The owner that is its controller, if it is of this kind.
    pub fn controller(&self, kind: &str) -> Option<&Owner> {
        self.owners.iter().find(|o| o.controller && &*o.kind == kind)
    }

    /// The whole object.
    pub fn value(&self) -> Arc<Value> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.unwrap_or_else(|| Arc::new(serde_json::from_slice(&self.json).unwrap_or_default()))
    }

    /// Keeps what was encoded, or nothing: it takes several times the room of the bytes.
    pub(super) fn keep(&self, value: Option<Value>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = value.map(Arc::new);
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| &**k == key).map(|(_, v)| &**v)
    }
}
