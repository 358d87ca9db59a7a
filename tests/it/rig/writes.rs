//! A server for what a robot writes: one object, kept as a server keeps it, and whatever a script makes it answer.
#![allow(clippy::result_large_err, reason = "scripts answer a handful of requests")]

use super::robot::Robot;
use kconsole::model::call::{Call, Cause, Failure, Method, Reply};
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::msg::Msg;
use kconsole::model::record::Record;
use kconsole::model::step::Effect;
use serde_json::{Value, json};

/// The server.
pub struct Server {
    /// The object that it has; `None` once it was deleted.
    pub object: Option<Value>,
    /// What was asked of it.
    pub asked: Vec<Call>,
    /// What was written down, before and after: verb, whether it is an outcome, how many fields.
    pub journal: Vec<(String, bool, usize)>,
    /// The journal cannot be written, for this reason.
    pub disk: Option<String>,
    /// What is missing of the rights.
    pub forbidden: bool,
    /// Answers in place of its own to the next writes in earnest, and whether they are carried out.
    pub instead: Vec<(bool, Failure)>,
    /// Answers in place of its own to the next dry runs.
    pub untried: Vec<Failure>,
    /// Changes that somebody else makes before the next writes in earnest.
    pub others: Vec<Value>,
    /// So many of the next reads are not answered.
    pub unread: usize,
    /// What the journal has of earlier runs, or why it cannot be read.
    pub written: Result<Vec<Record>, String>,
    /// What it warns of, whenever it accepts something.
    pub warnings: Vec<String>,
    version: u64,
}

const AUTOSCALERS: &str = "horizontalpodautoscalers.autoscaling";

/// A refusal.
pub fn failure(kind: FaultKind, what: &str, in_doubt: bool) -> Failure {
    Failure { fault: Fault::new(kind, what), causes: Vec::new(), in_doubt }
}

impl Server {
    /// A server that has this.
    pub fn new(object: Value) -> Self {
        let (asked, journal, instead, untried, others, warnings) = Default::default();
        let written = Ok(Vec::new());
        let (disk, forbidden, unread, version) = (None, false, 0, 100);
        Self { object: Some(object), asked, journal, disk, forbidden, instead, untried, others, unread, warnings, written, version }
    }

    /// Answers everything that a robot asks, until it asks nothing more. There are no autoscalers.
    pub fn serve(&mut self, robot: &mut Robot) {
        loop {
            let effects = robot.effects();
            let mut any = false;
            for effect in effects {
                let msg = match effect {
                    Effect::Call(id, call) => Msg::Answer(id, self.answer(call)),
                    Effect::Journal(deed) => {
                        self.journal.push((deed.verb.clone(), deed.outcome.is_some(), deed.edits.len()));
                        Msg::Journalled(deed.id.clone(), self.disk.clone().map_or(Ok(()), Err))
                    }
                    Effect::ReadJournal => Msg::Journal(self.written.clone()),
                    _ => continue,
                };
                let looks_back = matches!(msg, Msg::Journal(_));
                any = true;
                robot.message(msg);
                if looks_back && robot.watched("eu").iter().any(|kind| kind == AUTOSCALERS) {
                    robot.list("eu", AUTOSCALERS, &[]);
                }
            }
            if !any {
                return;
            }
        }
    }

    /// The requests that changed something, or would have: dry runs apart.
    pub fn writes(&self) -> Vec<&Call> {
        self.asked.iter().filter(|c| c.method.writes() && !is_dry(c)).collect()
    }

    fn answer(&mut self, call: Call) -> Result<Reply, Failure> {
        self.asked.push(call.clone());
        match call.method {
            Method::Review => Ok(reply(json!({"kind": "SelfSubjectAccessReview", "status": {"allowed": !self.forbidden}}))),
            Method::Get => self.read(&call),
            _ if is_dry(&call) => {
                if !self.untried.is_empty() {
                    return Err(self.untried.remove(0));
                }
                self.wanted(&call).map(|object| self.accepted(object))
            }
            _ => self.write(&call),
        }
    }

    fn read(&mut self, call: &Call) -> Result<Reply, Failure> {
        if self.unread > 0 {
            self.unread -= 1;
            return Err(failure(FaultKind::Server, "the server is starting", false));
        }
        let gone = || failure(FaultKind::Gone, "not found", false);
        let object = self.object.as_ref().ok_or_else(gone)?;
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let of_it = call.path.ends_with(&format!("/{name}")) || call.path.ends_with(&format!("/{name}/scale"));
        Ok(reply(if of_it { object.clone() } else { json!({"kind": "List", "items": []}) }))
    }

    fn write(&mut self, call: &Call) -> Result<Reply, Failure> {
        if !self.others.is_empty() {
            let other = self.others.remove(0);
            self.change(&other);
        }
        if !self.instead.is_empty() {
            let (done, failure) = self.instead.remove(0);
            if done {
                self.store(call)?;
            }
            return Err(failure);
        }
        let object = self.store(call)?;
        Ok(self.accepted(object))
    }

    fn store(&mut self, call: &Call) -> Result<Value, Failure> {
        let object = self.wanted(call)?;
        self.object = (call.method != Method::Delete).then(|| object.clone());
        Ok(object)
    }

    fn accepted(&self, object: Value) -> Reply {
        Reply { object, warnings: self.warnings.clone(), ended: None }
    }

    /// Somebody changes the object: a merge patch.
    pub fn change(&mut self, patch: &Value) {
        self.version += 1;
        if let Some(object) = &mut self.object {
            merge(object, patch);
            object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        }
    }

    /// The object as it would be.
    fn wanted(&mut self, call: &Call) -> Result<Value, Failure> {
        let mut object = self.object.clone().ok_or_else(|| failure(FaultKind::Gone, "not found", false))?;
        let version = object["metadata"]["resourceVersion"].clone();
        let body: Value = serde_json::from_str(&call.body).expect("JSON is sent");
        if call.method == Method::Delete {
            let is_it = body["preconditions"]["uid"] == object["metadata"]["uid"];
            return if is_it { Ok(object) } else { Err(failure(FaultKind::Conflict, "Precondition failed: UID", false)) };
        }
        let named = match call.method {
            Method::Merge => body["metadata"]["resourceVersion"].clone(),
            _ => body[0]["value"].clone(),
        };
        if named != version {
            return Err(failure(FaultKind::Conflict, "the object has been modified", false));
        }
        match call.method {
            Method::Merge => merge(&mut object, &body),
            _ => {
                for op in body.as_array().expect("operations").iter().skip(1) {
                    let at = op["path"].as_str().expect("a path");
                    *object.pointer_mut(at).expect("a field") = op["value"].clone();
                }
            }
        }
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        Ok(object)
    }
}

/// A refusal with what is wrong, field by field.
pub fn invalid(causes: &[(&str, &str)]) -> Failure {
    let causes = causes.iter().map(|(f, m)| Cause { field: (*f).to_owned(), message: (*m).to_owned() }).collect();
    Failure { causes, ..failure(FaultKind::Invalid, "it is invalid", false) }
}

/// Whether a server only tries a request. It reads the options of a deletion in its body alone, where it has one.
pub fn is_dry(call: &Call) -> bool {
    match call.method {
        Method::Delete => call.body.contains("\"dryRun\":[\"All\"]"),
        _ => call.query.iter().any(|(name, value)| *name == "dryRun" && value == "All"),
    }
}

fn reply(object: Value) -> Reply {
    Reply { object, ..Reply::default() }
}

fn merge(object: &mut Value, patch: &Value) {
    let (Some(map), Some(changes)) = (object.as_object_mut(), patch.as_object()) else {
        *object = patch.clone();
        return;
    };
    for (key, value) in changes {
        if value.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
