//! Objects that somebody wishes: they may not be there yet, or be so already.

use super::request::pinned;
use super::{End, Given, Item, Stage};
use crate::model::deed::{Edit, Key, pointer};
use crate::model::id::Uid;
use crate::safety::verb::{Plan, Write};
use serde_json::{Value, json};

/// Fields that say which object it is.
const NAMED: [&str; 4] = ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"];

/// A version that no object has: the store behind an API server begins with it. Servers compare versions where there is an object (a conflict,
/// then), and read none of what they make.
const NEVER: &str = "1";

impl Item {
    /// It was looked for, and is not there.
    pub fn is_missing(&self) -> bool {
        self.before == Some(Value::Null) && self.lost.is_none()
    }

    /// It was not there before, and this change has made it.
    pub fn is_new(&self) -> bool {
        self.made_here || (self.is_missing() && self.stored.is_some())
    }

    /// It is as it is wished already.
    pub fn is_unchanged(&self) -> bool {
        let applied = matches!(self.plan, Some(Ok(Plan { write: Write::Apply { .. }, .. })));
        applied && !self.is_missing() && matches!(self.checked, Some(Ok(_))) && self.edits().is_empty()
    }

    /// The server has it as it was wished.
    pub fn is_stored(&self) -> bool {
        matches!(self.stage, Stage::Following | Stage::Ended(End::Done | End::Unchanged))
    }

    /// Takes in what the server stored. What was not there before has a uid from now on.
    pub fn store(&mut self, object: Value) {
        if let (true, Some(uid)) = (self.is_missing(), object.pointer("/metadata/uid").and_then(Value::as_str)) {
            self.target.uid = Uid::parse(uid);
        }
        self.stored = Some(object);
    }

    /// The same for the screen: what a Secret holds is not shown, nor what a server adds to something new, nor what that is called.
    pub fn told(&self) -> Vec<Edit> {
        // What is written as stringData is stored as data.
        let is_data = |edit: &Edit| self.target.is_secret() && edit.path.first() == Some(&Key::Field("data".to_owned()));
        let wished = |edit: &Edit| match &self.given {
            Given::Manifest(wished) if self.is_missing() => {
                (edit.at(wished).is_some() || is_data(edit)) && !NAMED.contains(&pointer(&edit.path).as_str())
            }
            _ => true,
        };
        self.edits().into_iter().filter(wished).map(|edit| edit.masked(&self.target)).collect()
    }

    /// Fields of something new that a server adds to what is wished.
    pub fn added(&self) -> usize {
        let named = |edit: &&Edit| NAMED.contains(&pointer(&edit.path).as_str());
        if self.is_missing() { self.edits().len() - self.edits().iter().filter(named).count() - self.told().len() } else { 0 }
    }

    /// What is applied, so that it holds for the one state of the one object that was shown, or only where there still is none.
    pub(super) fn pinned_whole(&self, wished: &Value) -> Value {
        let (Some(version), Some(uid)) = (self.version(), self.text("/metadata/uid")) else { return pinned(wished, NEVER) };
        let mut wished = pinned(wished, version);
        if let Some(metadata) = wished.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("uid".to_owned(), json!(uid));
        }
        wished
    }
}
