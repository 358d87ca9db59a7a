//! What is special about objects that are applied: they may not be there yet, others may own fields of theirs, and some need others of the change.

use super::answer::{gone, is_uid, refusal};
use super::{Change, Focus};
use crate::model::call::{Failure, Reply};
use crate::model::fault::FaultKind;
use crate::model::id::{ObjectRef, Uid};
use crate::safety::diff::diff;
use crate::safety::form::Form;
use crate::safety::item::{Item, Refusal};
use crate::safety::verb::{Plan, Write};
use serde_json::Value;

/// So often is tried what needs another object of the change: a definition takes a moment until its kind is served.
const EARLY: u8 = 20;
/// How API servers begin a cause that names who owns a field.
const OWNED: &str = "conflict with ";

impl Change {
    /// The object as it is now, or that there is none.
    pub(super) fn found_or_missing(&mut self, at: usize, answer: Result<Reply, Failure>) {
        let Some(item) = self.items.get_mut(at) else { return };
        let now = match answer {
            Ok(reply) => reply.object,
            Err(failure) if failure.fault.kind == FaultKind::Gone => Value::Null,
            Err(failure) => return gone(item, &failure.fault.to_string()),
        };
        let told = match &item.before {
            None => None,
            Some(before) => match (before.is_null(), now.is_null()) {
                (true, true) => None,
                (true, false) => Some("somebody else has just made it: this is what would be done now".to_owned()),
                (false, true) => Some("somebody else has just deleted it: it would be made anew".to_owned()),
                (false, false) if !is_uid(&now, item.target.uid) => {
                    Some("it was deleted and made anew by somebody else: this is what would be done now".to_owned())
                }
                (false, false) => diff(before, &now)
                    .first()
                    .map(|field| format!("somebody else has just changed {field}: this is what would be done now")),
            },
        };
        let (namespace, name) = (&item.target.namespace, &item.target.name);
        let uid = now.pointer("/metadata/uid").and_then(Value::as_str);
        item.target.uid = uid.map_or_else(|| Uid::of_name(namespace, name), Uid::parse);
        (item.before, item.lost) = (Some(now), None);
        if told.is_some() {
            self.replan();
            self.told = told;
        }
    }

    /// It has made this object.
    pub fn has_made(&self, object: &ObjectRef) -> bool {
        self.items.iter().any(|i| i.target == *object && i.is_new())
    }

    /// What the server says may need a decision: a form that had nothing to fill in is made anew.
    pub(super) fn offer(&mut self) {
        if self.form.as_ref().is_some_and(|form| form.fields.is_empty()) {
            let form: Form = (self.verb.form)(&self.items, &self.argument);
            if !form.fields.is_empty() && self.focus == Focus::Confirm && self.typed.text().is_empty() {
                self.focus = Focus::Field(0);
            }
            self.form = Some(form);
        }
    }
}

/// A refusal because others own what would be changed.
pub(super) fn is_owned(failure: &Failure) -> bool {
    failure.fault.kind == FaultKind::Conflict && failure.causes.iter().any(|c| c.message.starts_with(OWNED))
}

/// What others own is taken over: that holds for the one state that was shown.
pub(super) fn takes_over(item: &Item) -> bool {
    matches!(item.plan, Some(Ok(Plan { write: Write::Apply { force: true, .. }, .. })))
}

/// A request that came before what it needs was there: not its namespace, or not its kind.
pub(super) fn is_early(item: &Item, failure: &Failure) -> bool {
    !item.needs.is_empty() && failure.fault.kind == FaultKind::Gone && item.tries < EARLY
}

/// What a server would store. Where nothing is taken over for that, nobody is against it any more.
pub(super) fn taken(item: &mut Item, object: Value) -> Value {
    if !takes_over(item) {
        item.conflicts.clear();
    }
    object
}

/// Why a server does not take what it was to try. What needs another object of the change cannot be tried before that is there.
pub(super) fn refused(item: &mut Item, failure: Failure) -> Refusal {
    let (is_owned, is_early) = (is_owned(&failure), is_early(item, &failure));
    let refusal = refusal(failure);
    if is_owned {
        item.conflicts.clone_from(&refusal.causes);
        let who = item.owners().join(", ");
        return Refusal { why: format!("it would overrule {who}"), ..refusal };
    }
    if is_early {
        let why = "what it needs comes with this change: the server can say no more before that is there".to_owned();
        return Refusal { why, untried: true, ..Refusal::default() };
    }
    refusal
}

impl Item {
    /// Who owns fields that would be changed, each with which ones.
    pub fn owners(&self) -> Vec<String> {
        let mut owners: Vec<(&str, Vec<&str>)> = Vec::new();
        for cause in &self.conflicts {
            let who = cause.message.strip_prefix(OWNED).unwrap_or(&cause.message);
            let field = cause.field.trim_start_matches('.');
            match owners.iter_mut().find(|(known, _)| *known == who) {
                Some((_, fields)) => fields.push(field),
                None => owners.push((who, vec![field])),
            }
        }
        owners.into_iter().map(|(who, fields)| format!("{who} ({})", fields.join(", "))).collect()
    }
}
