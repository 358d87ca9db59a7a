//! What an API server answers when it does not do what it was asked: a `Status` of `meta/v1`, in its own words.

use super::resource::Resource;
use serde_json::{Value, json};

/// A request that is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The code of HTTP.
    pub code: u16,
    /// One of the `StatusReason`s; empty where the server gives none.
    pub reason: &'static str,
    /// The sentence for people.
    pub message: String,
    /// `details`, or null.
    pub details: Value,
}

/// What a request comes to.
pub type Answer<T> = Result<T, Refusal>;

/// One mistake in an object, as `field.Error` of apimachinery has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// One of the `CauseType`s, as `FieldValueRequired`.
    pub reason: &'static str,
    /// What is wrong, beginning with the sort of mistake: `Required value`, `Invalid value: "x": must be ..`.
    pub message: String,
    /// Where, as `spec.containers[0].image`.
    pub field: String,
}

impl Refusal {
    /// Any code and reason.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Value::Null }
    }

    fn about(mut self, resource: &Resource, name: &str) -> Self {
        let mut details = json!({"name": name, "group": resource.group, "kind": resource.plural});
        if resource.group.is_empty() {
            super::json::remove(&mut details, "/group");
        }
        if name.is_empty() {
            super::json::remove(&mut details, "/name");
        }
        self.details = details;
        self
    }

    /// 404 of an object.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", resource.id())).about(resource, name)
    }

    /// 404 of a path that leads nowhere.
    pub fn no_such_path() -> Self {
        let mut refusal = Self::new(404, "NotFound", "the server could not find the requested resource");
        refusal.details = json!({});
        refusal
    }

    /// 409 of a name that is taken.
    pub fn exists(resource: &Resource, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} {name:?} already exists", resource.id())).about(resource, name)
    }

    /// 409 of an object that somebody else has changed or that cannot be changed so now.
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {} {name:?}: {why}", resource.id())).about(resource, name)
    }

    /// 409 of a version that is not the newest.
    pub fn modified(resource: &Resource, name: &str) -> Self {
        Self::conflict(resource, name, "the object has been modified; please apply your changes to the latest version and try again")
    }

    /// 422 with all that is wrong.
    pub fn invalid(resource: &Resource, name: &str, causes: &[Cause]) -> Self {
        let told: Vec<String> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        let all = match told.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let kind = if resource.group.is_empty() { resource.kind.clone() } else { format!("{}.{}", resource.kind, resource.group) };
        let mut refusal = Self::new(422, "Invalid", format!("{kind} {name:?} is invalid: {all}")).about(resource, name);
        super::json::set(&mut refusal.details, "/kind", resource.kind.as_str());
        let causes: Vec<Value> = causes.iter().map(|c| json!({"reason": c.reason, "message": c.message, "field": c.field})).collect();
        super::json::set(&mut refusal.details, "/causes", causes);
        refusal
    }

    /// 403 of an object, with the words after the colon.
    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let named = if name.is_empty() { String::new() } else { format!(" {name:?}") };
        Self::new(403, "Forbidden", format!("{}{named} is forbidden: {why}", resource.id())).about(resource, name)
    }

    /// 400.
    pub fn bad_request(why: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", why)
    }

    /// 410 of a version that is no longer in the history.
    pub fn expired(asked: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// The Status.
    pub fn status(&self) -> Value {
        let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message});
        if !self.reason.is_empty() {
            super::json::set(&mut status, "/reason", self.reason);
        }
        if !self.details.is_null() {
            super::json::set(&mut status, "/details", self.details.clone());
        }
        super::json::set(&mut status, "/code", self.code);
        status
    }
}
