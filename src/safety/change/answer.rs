//! What the world answers, taken into a change.

use super::{Change, Doubt, Phase, Purpose, Token, apply, doubt};
use crate::model::call::{Failure, Reply};
use crate::model::deed::Outcome;
use crate::model::fault::{Fault, FaultKind};
use crate::model::stream::{self, Ended};
use crate::model::world::World;
use crate::safety::diff::diff;
use crate::safety::item::{End, Given, Item, Refusal, Stage};
use crate::safety::undo::done_to;
use crate::safety::verb::{Follow, Keeps, Plan, Verb, Write};
use serde_json::{Value, json};

/// So many conflicts in a row are read again: a status that moves, not somebody who works on the same field.
const TRIES: u8 = 8;

/// What became of something new whose name was taken meanwhile.
const JUST_MADE: &str = "somebody else has just made it: nothing was changed, and trying again shows what would be";

impl Change {
    /// An answer to a request. One to an earlier plan changes nothing.
    pub fn answer(&mut self, token: Token, answer: Result<Reply, Failure>) {
        let asked = self.under_way.iter().position(|t| *t == token);
        let Some(at) = asked else { return };
        self.under_way.swap_remove(at);
        let Some(verb) = self.items.get(token.item).map(|i| self.verb_of(i)) else { return };
        let Some(item) = self.items.get_mut(token.item) else { return };
        match token.of {
            Purpose::Right => item.right = Some(right(item, verb, answer)),
            Purpose::Read if matches!(item.given, Given::Manifest(_)) => self.found_or_missing(token.item, answer),
            Purpose::Read => self.read_answer(token.item, answer),
            Purpose::Around(n) => {
                if let Some((_, read)) = item.around.get_mut(n) {
                    *read = Some(answer.map(|r| r.object).map_err(|f| f.fault.to_string()));
                }
            }
            Purpose::Check => {
                item.warnings.clone_from(answer.as_ref().map(|r| &r.warnings).unwrap_or(&Vec::new()));
                let conflict = answer.as_ref().is_err_and(|failure| is_conflict(failure, item));
                if conflict && (item.made().is_none() || item.is_missing()) && item.tries < TRIES {
                    // Another state of it was read; a fresh look decides. What is made from it has no other state, but a name that is taken.
                    item.tries += 1;
                    item.before = None;
                    item.plan = None;
                } else {
                    let checked = answer.map(|r| apply::taken(item, r.object)).map_err(|f| apply::refused(item, f));
                    item.checked = Some(checked);
                    self.offer();
                }
            }
            Purpose::Send => self.sent(token.item, answer),
            Purpose::Reread => self.reread(token.item, answer),
            Purpose::Intent | Purpose::Outcome => {}
        }
    }

    /// The journal has written a record, or could not.
    pub fn journalled(&mut self, token: Token, written: Result<(), String>, world: &World) {
        let Some(at) = self.under_way.iter().position(|t| *t == token) else { return };
        self.under_way.swap_remove(at);
        let protected = self.is_protected(world);
        let Some(item) = self.items.get_mut(token.item) else { return };
        match (token.of, written) {
            (Purpose::Intent, Err(why)) if protected => item.stage = Stage::Ended(End::Failed(format!("not sent, since {why}"))),
            (Purpose::Intent, written) => {
                item.stage = Stage::Sent;
                self.told = written.err();
            }
            (_, Err(why)) => self.told = Some(why),
            (_, Ok(())) => {}
        }
    }

    fn read_answer(&mut self, at: usize, answer: Result<Reply, Failure>) {
        let Some(item) = self.items.get_mut(at) else { return };
        let uid = item.target.uid;
        match answer {
            Ok(Reply { object, .. }) if is_uid(&object, uid) => {
                let changed = item.before.as_ref().and_then(|before| diff(before, &object).first().map(ToString::to_string));
                item.before = Some(object);
                if let Some(field) = changed {
                    self.replan();
                    self.told = Some(format!("somebody else has just changed {field}: this is what would be done now"));
                } else if matches!(item.plan, Some(Ok(Plan { write: Write::Replace(_), .. }))) {
                    // Nothing that was shown is another; the whole object that would be sent names the state that it is for.
                    item.plan = None;
                }
            }
            Ok(_) => gone(item, "it was deleted, and another object has its name now"),
            Err(failure) if failure.fault.kind == FaultKind::Gone => gone(item, "it was deleted meanwhile"),
            Err(failure) => gone(item, &failure.fault.to_string()),
        }
    }

    /// The answer to the request that changes something.
    fn sent(&mut self, at: usize, answer: Result<Reply, Failure>) {
        let phase = self.phase;
        let Some(Verb { follow, keeps, .. }) = self.items.get(at).map(|i| self.verb_of(i)) else { return };
        let Some(item) = self.items.get_mut(at) else { return };
        match answer {
            Ok(reply) => {
                item.warnings = reply.warnings;
                item.ended = reply.ended;
                if item.ended.is_none() && reply.object.get("kind").and_then(Value::as_str) != Some("Status") {
                    item.store(reply.object);
                }
                item.stage = match (*follow, &item.ended) {
                    (_, Some(ended @ Ended { end: stream::End::Failed(_), .. })) => Stage::Ended(End::Failed(ended.to_string())),
                    // What it did before is not known.
                    (_, Some(ended @ Ended { end: stream::End::Broken(_), .. })) => Stage::Ended(End::Unknown(ended.to_string())),
                    (Follow::Stored(_) | Follow::Ended, _) => Stage::Ended(End::Done),
                    (Follow::Gone | Follow::Rollout, _) => Stage::Following,
                };
            }
            Err(failure) if failure.in_doubt => item.stage = Stage::Doubt(Doubt::default()),
            Err(failure) if matches!(keeps, Keeps::Trying(_)) && failure.fault.kind == FaultKind::Throttled => {
                let why = refusal(failure).why;
                if phase != Phase::Stopping {
                    item.stage = Stage::Waiting(None, why);
                    return;
                }
                item.stage = not_again(&why);
            }
            Err(failure) if apply::is_early(item, &failure) => {
                item.tries += 1;
                item.stage = Stage::Waiting(None, "what it needs is not there yet".to_owned());
                return;
            }
            // What is gone already may have been, or the server does not know of the subresource: it is looked up.
            Err(failure) if is_again(&failure, *keeps, item) && item.tries < TRIES => {
                item.tries += 1;
                item.stage = Stage::Conflict;
            }
            Err(failure) => item.stage = Stage::Ended(End::Failed(refusal(failure).why)),
        }
        self.close(at);
    }

    /// The object as it is after a conflict, or after an answer that did not come.
    fn reread(&mut self, at: usize, answer: Result<Reply, Failure>) {
        let Some(follow) = self.items.get(at).map(|i| self.verb_of(i).follow) else { return };
        let stopping = self.phase == Phase::Stopping;
        let Some(item) = self.items.get_mut(at) else { return };
        let deletes = item.is_removed();
        let goes = deletes || follow == Follow::Gone;
        let made = item.made().is_some();
        let creates = matches!(item.plan, Some(Ok(ref plan)) if plan.creates.is_some() || matches!(plan.write, Write::Create(_)));
        let next = match (&item.stage, answer) {
            (_, Err(failure)) if failure.fault.kind == FaultKind::Gone && goes => Stage::Ended(End::Done),
            (Stage::Doubt(_), Err(failure)) if failure.fault.kind == FaultKind::Gone && made => not_done(),
            // It is asked again, once its cluster says more.
            (waiting @ Stage::Doubt(_), Err(failure)) if doubt::passes(&failure.fault.kind) && !stopping => waiting.clone(),
            (_, Err(failure)) if failure.fault.kind == FaultKind::Gone => Stage::Ended(End::Failed("it was deleted meanwhile".to_owned())),
            (Stage::Conflict, Err(failure)) => Stage::Ended(End::Failed(failure.fault.to_string())),
            (_, Err(failure)) => {
                let why = format!("the answer was lost, and it cannot be read back: {}", failure.fault);
                Stage::Ended(End::Unknown(why))
            }
            (Stage::Doubt(_), Ok(reply)) if made => found(item, reply.object, follow),
            (_, Ok(reply)) if !is_uid(&reply.object, item.target.uid) => {
                let why = if item.is_missing() { JUST_MADE } else { "it was deleted, and another object has its name now" };
                Stage::Ended(if deletes { End::Done } else { End::Failed(why.to_owned()) })
            }
            (Stage::Conflict, Ok(reply)) => unchanged(item, reply.object),
            (_, Ok(_)) if creates && !deletes => Stage::Ended(End::Unknown("the answer was lost: look whether it is there".to_owned())),
            (_, Ok(reply)) if deletes => {
                let going = reply.object.pointer("/metadata/deletionTimestamp").is_some();
                if going { Stage::Following } else { not_done() }
            }
            (_, Ok(reply)) => found(item, reply.object, follow),
        };
        item.stage = next;
        self.close(at);
    }

    /// Has it written down what became of an object whose request was answered.
    pub(super) fn close(&mut self, at: usize) {
        let outcome = self.items.get(at).and_then(|item| match &item.stage {
            Stage::Following | Stage::Ended(End::Done) => Some(Outcome::Done),
            Stage::Ended(End::Failed(why)) => Some(Outcome::Refused(why.clone())),
            Stage::Ended(End::Unknown(why)) => Some(Outcome::Unknown(why.clone())),
            _ => None,
        });
        let deed = outcome.and_then(|outcome| self.deed(at, Some(outcome)));
        self.unwritten.extend(deed.map(|deed| (at, deed)));
    }
}

/// What the server says of what we may.
fn right(item: &Item, verb: &Verb, answer: Result<Reply, Failure>) -> Result<(), String> {
    let review = answer.map_err(|f| format!("whether you may cannot be asked: {}", f.fault))?.object;
    item.right_to(verb).judge(&review)
}

/// True where the object is read again before it is tried again: it has changed, or is said not to be there.
fn is_again(failure: &Failure, keeps: Keeps, item: &Item) -> bool {
    match failure.fault.kind {
        FaultKind::Gone => item.is_removed(),
        _ => is_conflict(failure, item) && keeps != Keeps::Everything && !apply::takes_over(item),
    }
}

/// The object is another than the one that was read. Of a patch that tests for what was seen servers only say that it does not fit: that is looked
/// up, once.
fn is_conflict(failure: &Failure, item: &Item) -> bool {
    let tests =
        || matches!(&item.plan, Some(Ok(Plan { write: Write::Ops(ops), .. })) if ops.iter().any(|op| op.get("op") == Some(&json!("test"))));
    match failure.fault.kind {
        FaultKind::Conflict => !apply::is_owned(failure),
        FaultKind::Invalid => item.tries == 0 && failure.causes.is_empty() && tests(),
        _ => false,
    }
}

/// Why a server does not take a change.
pub(super) fn refusal(failure: Failure) -> Refusal {
    let Fault { kind, what, .. } = &failure.fault;
    // The API server's words where a webhook that has side effects stands in the way of a dry run.
    let untried = *kind == FaultKind::Throttled || what.contains("does not support dry run");
    // Those of an eviction name the budget, what it needs and what there is.
    let budget = failure.causes.iter().find(|c| *kind == FaultKind::Throttled && c.message.contains("disruption budget"));
    let why = budget.map_or_else(|| failure.fault.to_string(), |cause| cause.message.clone());
    Refusal { why, causes: failure.causes, untried }
}

pub(super) fn is_uid(object: &Value, uid: crate::model::id::Uid) -> bool {
    let read = object.pointer("/metadata/uid").and_then(Value::as_str);
    read.is_some_and(|read| crate::model::id::Uid::parse(read) == uid)
}

/// Nothing can be done with the object.
pub(super) fn gone(item: &mut Item, why: &str) {
    item.before = Some(Value::Null);
    item.lost = Some(why.to_owned());
    item.plan = Some(Err(why.to_owned()));
}

/// What a budget was against is not tried again.
pub(super) fn not_again(why: &str) -> Stage {
    Stage::Ended(End::Failed(format!("{why}; it was not tried again")))
}

fn not_done() -> Stage {
    Stage::Ended(End::Failed("the connection was lost before the server did it; nothing was changed".to_owned()))
}

/// After a conflict: goes on with the state that there is now where nothing that was shown is another. What others changed elsewhere is as it
/// was before as well as after, so that it never counts as ours.
fn unchanged(item: &mut Item, now: Value) -> Stage {
    let shown = item.touched();
    if let Some(edit) = shown.iter().find(|edit| edit.at(&now) != edit.before.as_ref()) {
        return Stage::Ended(End::Failed(format!("somebody else has just changed {edit}: nothing was changed, look again")));
    }
    // What goes away, and what was not tried, stands for nothing that would be stored.
    if let (false, Some(Ok(checked)), Some(after)) = (shown.is_empty(), &mut item.checked, done_to(&shown, &now)) {
        *checked = after;
    }
    item.before = Some(now);
    Stage::Sent
}

/// After an answer that did not come: whether the object has what was sent.
fn found(item: &mut Item, now: Value, follow: Follow) -> Stage {
    let wanted = item.edits();
    let (done, undone) = (wanted.iter().all(|e| e.at(&now) == e.after.as_ref()), wanted.iter().all(|e| e.at(&now) == e.before.as_ref()));
    if undone {
        return not_done();
    }
    if !done {
        let left = item.checked.as_ref().and_then(|c| c.as_ref().ok()).map(|c| diff(c, &now).len()).unwrap_or_default();
        return Stage::Ended(End::Unknown(format!(
            "the answer was lost, and the object is neither as before nor as wanted ({left} fields)"
        )));
    }
    item.ours = Some(item.touched());
    item.store(now);
    if matches!(follow, Follow::Stored(_)) { Stage::Ended(End::Done) } else { Stage::Following }
}
