//! One object of a change: what is known of it, and how far it has come.

mod request;
mod wished;

use super::change::Doubt;
use super::diff::{changes, diff};
use super::local;
use super::undo::Trace;
use super::verb::{Around, Plan, Verb, Write};
use crate::model::call::Cause;
use crate::model::catalog::Resource;
use crate::model::deed::{Edit, pointer};
use crate::model::draft::Draft;
use crate::model::id::ObjectRef;
use crate::model::right::Right;
use crate::model::selector;
use crate::model::stream::{Command, Ended};
use crate::model::time::Timestamp;
use crate::model::transfer::{Progress, Transfer};
use serde_json::{Value, json};
use std::borrow::Cow;

/// An object that is to be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Which one. It is never another, whatever gets its name meanwhile.
    pub target: ObjectRef,
    /// Its kind, as its cluster serves it.
    pub resource: Resource,
    /// What the verb was given for this object beforehand.
    pub given: Given,
    /// The namespace of what is made from it, where it has none itself.
    pub into: Option<Box<str>>,
    /// Where it goes along with another object of the change: the place of that one, and what is done to this one.
    pub along: Option<(usize, &'static Verb)>,
    /// When it is taken where objects have turns: all of one turn together, one turn after the other.
    pub turn: usize,
    /// Other objects of the change without which it cannot be, by their places.
    pub needs: Vec<usize>,
    /// Fields that others own and that it would change, with who that is, as the server said.
    pub conflicts: Vec<Cause>,
    /// Whether we may, and which right is missing; `None` before the server has said.
    pub right: Option<Result<(), String>>,
    /// The object as it was read last.
    pub before: Option<Value>,
    /// It was made by the change, as is known once the states before and after are let go.
    pub made_here: bool,
    /// Why nothing can be done with it, whatever the form says: it could not be read, or is another by now.
    pub lost: Option<String>,
    /// What was read beside it, in the order of the verb's list; or why it could not be.
    pub around: Vec<(Around, Option<Result<Value, String>>)>,
    /// What would be sent, or why nothing can be.
    pub plan: Option<Result<Plan, String>>,
    /// What the server would store.
    pub checked: Option<Result<Value, Refusal>>,
    /// What the server warned of.
    pub warnings: Vec<String>,
    /// What the server stored.
    pub stored: Option<Value>,
    /// How the stream ended that was opened to it.
    pub ended: Option<Ended>,
    /// How far a copy of it is.
    pub progress: Option<Progress>,
    /// What of that is ours, where the object was read back by itself: others may have changed it as well by then.
    pub ours: Option<Vec<Edit>>,
    /// What was done, once it is over and the states before and after are forgotten.
    pub trace: Option<Trace>,
    /// How far it has come.
    pub stage: Stage,
    /// When it was asked for, in the form of RFC 3339.
    pub asked_at: String,
    /// A table has shown it as it was stored.
    pub seen: bool,
    /// Conflicts that were resolved by reading again.
    pub tries: u8,
    /// Whether what is around it was read again once it was done.
    pub again: Again,
}

/// Whether what is around an object was read again once that was done: something may have come meanwhile that should go along with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Again {
    /// Not yet.
    #[default]
    No,
    /// It is being read.
    Reading,
    /// It was.
    Read,
}

/// What a verb was given for an object beforehand.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Given {
    /// Nothing.
    #[default]
    Nothing,
    /// A text that a person wrote, and the text that it was made from.
    Text(String, Option<String>),
    /// An object as somebody wishes it, which may not be there yet.
    Manifest(Value),
    /// A value of a ConfigMap or Secret that a person wrote.
    Value(Draft),
    /// A command to run in it.
    Command(Command),
    /// Files to copy into it or out of it.
    Transfer(Transfer),
    /// Changes that were made to a subresource of it, to be taken back.
    Edits(&'static str, Vec<Edit>),
}

/// Why a server does not take a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// For people.
    pub why: String,
    /// What is wrong with which field.
    pub causes: Vec<Cause>,
    /// Nothing is wrong with the change itself: the server cannot try it, since a webhook has effects that it cannot take back; or it may not
    /// be done just now, since a disruption budget is against it.
    pub untried: bool,
}

/// How far an object has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Read, planned and tried.
    #[default]
    Asking,
    /// Confirmed; waits for its turn.
    Queued,
    /// It is written down what will be done.
    Intent,
    /// The request is on its way.
    Sent,
    /// It is read again, because the server said that it has changed.
    Conflict,
    /// It is read again, as soon as its cluster can be reached, because nobody knows whether the request was carried out.
    Doubt(Doubt),
    /// A disruption budget was against it, in these words; it is tried again at this time, once that is known.
    Waiting(Option<Timestamp>, String),
    /// The server has it; it has not taken effect yet.
    Following,
    /// It is over.
    Ended(End),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It took effect.
    Done,
    /// It was so already: nothing was sent.
    Unchanged,
    /// Nothing was changed, and why.
    Failed(String),
    /// Nobody can tell whether it was changed.
    Unknown(String),
    /// It was not begun.
    Cancelled,
}

impl Item {
    /// An object of which nothing is known yet.
    pub fn new(target: ObjectRef, resource: Resource, given: Given, now: Timestamp) -> Self {
        Self {
            target,
            resource,
            given,
            into: None,
            along: None,
            turn: 0,
            needs: Vec::new(),
            conflicts: Vec::new(),
            right: None,
            before: None,
            made_here: false,
            lost: None,
            around: Vec::new(),
            plan: None,
            checked: None,
            warnings: Vec::new(),
            stored: None,
            ended: None,
            progress: None,
            ours: None,
            trace: None,
            stage: Stage::Asking,
            asked_at: now.rfc3339(),
            seen: false,
            tries: 0,
            again: Again::No,
        }
    }

    /// What is done to it, in a change that is about this verb.
    pub fn verb(&self, change: &'static Verb) -> &'static Verb {
        self.along.map_or(change, |(_, verb)| verb)
    }

    /// A text of the object as it is.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.before.as_ref()?.pointer(pointer)?.as_str()
    }

    /// A number of the object as it is.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        self.before.as_ref()?.pointer(pointer)?.as_i64()
    }

    /// Its `metadata.resourceVersion`, as it was read last.
    pub fn version(&self) -> Option<&str> {
        self.text("/metadata/resourceVersion")
    }

    /// Its `spec.selector` as lists take it; empty, so that it fits everything, where it cannot be written down.
    pub fn selector(&self) -> String {
        self.before.as_ref().and_then(|o| selector::written(o.pointer("/spec/selector")?)).unwrap_or_default()
    }

    /// What stands around it of a kind: the items of the list that was read.
    pub fn beside(&self, resource: &str) -> &[Value] {
        let list = self.around.iter().find(|(around, _)| around.kind.1 == resource).and_then(|(_, read)| read.as_ref()?.as_ref().ok());
        list.and_then(|list| list.get("items")?.as_array()).map_or(&[], Vec::as_slice)
    }

    /// The object goes away by what is planned.
    pub fn is_removed(&self) -> bool {
        matches!(&self.plan, Some(Ok(plan)) if plan.removes())
    }

    /// What would change, or has. All of something new does; of what goes away there is nothing to tell field by field.
    pub fn edits(&self) -> Vec<Edit> {
        if self.is_removed() {
            return Vec::new();
        }
        match (&self.before, self.after().as_deref()) {
            (_, Some(after)) if self.made().is_some() => diff(&json!({}), after),
            (Some(before), Some(after)) => diff(before, after),
            _ => Vec::new(),
        }
    }

    /// The server could not try it, and it may be sent all the same.
    pub fn is_untried(&self) -> bool {
        matches!(&self.checked, Some(Err(refusal)) if refusal.untried)
    }

    /// The object as it was stored, or else as it would be: by the server's word, or where it cannot try, by our own reckoning.
    fn after(&self) -> Option<Cow<'_, Value>> {
        let tried = self.stored.as_ref().or(self.checked.as_ref().and_then(|c| c.as_ref().ok()));
        tried.map(Cow::Borrowed).or_else(|| self.is_untried().then(|| self.outcome().map(Cow::Owned)).flatten())
    }

    /// What would come of the plan, as far as that is known without a server.
    fn outcome(&self) -> Option<Value> {
        local::outcome(self.before.as_ref()?, self.plan.as_ref()?.as_ref().ok()?)
    }

    /// How many replicas it would have at least, where that changes: a form may have said +3 or 50%. Of an autoscaler its minimum counts, or its
    /// maximum where that alone is another.
    pub fn replicas(&self) -> Option<i64> {
        let is_autoscaler = &*self.target.kind.resource == "horizontalpodautoscalers";
        let bounds: &[&str] = if is_autoscaler { &["/spec/minReplicas", "/spec/maxReplicas"] } else { &["/spec/replicas"] };
        bounds.iter().find_map(|bound| self.becomes(bound))
    }

    /// What a number will be, where that changes; servers take 1 for a number of replicas that is not there.
    fn becomes(&self, at: &str) -> Option<i64> {
        let number = |value: Option<&Value>| value.map_or(Some(1), Value::as_i64);
        let planned = match &self.plan {
            Some(Ok(Plan { write: Write::Merge(patch), .. })) => patch.pointer(at).map(Some),
            Some(Ok(Plan { write: Write::Ops(ops), .. })) => {
                ops.iter().rev().find(|op| op.get("path").and_then(Value::as_str) == Some(at)).map(|op| op.get("value"))
            }
            _ => None,
        };
        planned.map_or_else(
            || number(self.edits().into_iter().find(|edit| pointer(&edit.path) == at)?.after.as_ref()),
            |value| number(value.filter(|v| !v.is_null())),
        )
    }

    /// True once everything was read that a plan needs.
    pub fn is_read(&self) -> bool {
        self.before.is_some() && self.right.is_some() && self.around.iter().all(|(_, read)| read.is_some())
    }

    /// What would change, or has, as it is written down: as it takes to take it back.
    pub fn touched(&self) -> Vec<Edit> {
        match (&self.ours, &self.before, self.after().as_deref()) {
            (Some(ours), ..) => ours.clone(),
            (_, Some(before), Some(after)) if self.made().is_none() && !self.is_removed() && !self.is_missing() => changes(before, after),
            _ => self.edits(),
        }
    }

    /// What was done, from the states before and after; nothing where nothing was, or something else was made.
    pub fn done(&self) -> Option<Trace> {
        let (before, stored) = (self.before.as_ref()?, self.stored.as_ref().filter(|_| self.made().is_none() && !self.is_missing())?);
        let subresource = self.plan.as_ref()?.as_ref().ok()?.subresource;
        let version = stored.pointer("/metadata/resourceVersion").and_then(Value::as_str).map(str::to_owned);
        let edits = self.ours.clone().unwrap_or_else(|| changes(before, stored));
        Some(Trace { subresource, edits, version }).filter(|trace| !trace.edits.is_empty())
    }

    /// Kind and name of what is made from the object, where something is.
    pub fn made(&self) -> Option<(&Resource, &str)> {
        match self.plan.as_ref()?.as_ref().ok()? {
            Plan { write: Write::Apply { .. }, .. } if self.is_missing() => Some((&self.resource, &self.target.name)),
            Plan { creates: Some(kind), write: Write::Create(new), .. } => Some((kind, new.pointer("/metadata/name")?.as_str()?)),
            _ => None,
        }
    }

    /// What is planned may be made in another namespace than was thought: there it takes a right of its own.
    pub(super) fn move_to_plan(&mut self) {
        let Some(Ok(Plan { write: Write::Create(new), .. })) = &self.plan else { return };
        let made = new.pointer("/metadata/namespace").and_then(Value::as_str);
        if self.into.is_some() && made.is_some_and(|made| self.into.as_deref() != Some(made)) {
            (self.into, self.right) = (made.map(Into::into), None);
        }
    }

    /// The namespace that is written in.
    pub fn namespace(&self) -> &str {
        self.into.as_deref().unwrap_or(&self.target.namespace)
    }

    /// The right that it takes.
    pub fn right_to(&self, verb: &Verb) -> Right {
        let right = Right { namespace: self.namespace().into(), ..verb.right_to(&self.target) };
        match self.given {
            Given::Edits(subresource, _) => Right { subresource, ..right },
            Given::Nothing | Given::Text(..) | Given::Value(_) | Given::Manifest(_) | Given::Command(_) | Given::Transfer(_) => right,
        }
    }
}
