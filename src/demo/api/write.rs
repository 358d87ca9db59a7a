//! Requests that write: create, update, patch, apply, delete, and the subresources that stand for a write.

use super::body::{Body, bytes, json as answer_json, object};
use super::form::Form;
use super::list::whole;
use super::request::{Asked, Target};
use super::selection::Selection;
use super::{evict, scale};
use crate::demo::json::{encode, int, list, or_set, text};
use crate::demo::managed::{self, Writer};
use crate::demo::patch::{self, Kind};
use crate::demo::schema::decode::{FieldValidation, decode};
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::{Key, Object};
use crate::demo::write::{Delete, How, Propagation};
use http::{HeaderValue, Response};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// The content type of a configuration that is applied.
const APPLY: &str = "application/apply-patch+yaml";

/// Carries out a request.
pub(super) fn answer(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    match (asked.verb, target.subresource.as_str()) {
        (_, "scale") => scale::answer(sim, target, asked, body),
        ("create", "eviction") => evict::answer(sim, target, asked, body),
        ("create", "") => create(sim, target, asked, body),
        ("update", "" | "status" | "finalize" | "ephemeralcontainers") => update(sim, target, asked, body),
        ("patch", "" | "status" | "ephemeralcontainers") => patch_or_apply(sim, target, asked, body),
        ("delete", "") => delete(sim, target, asked, body),
        ("deletecollection", "") => delete_many(sim, target, asked, body),
        _ => Err(Refusal::new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")),
    }
}

/// How this request writes.
pub(super) fn how<'a>(target: &'a Target, asked: &'a Asked) -> How<'a> {
    How { manager: asked.manager(), subresource: &target.subresource, dry_run: asked.dry_run(), applied: asked.content == APPLY }
}

pub(super) fn key(target: &Target) -> Key {
    Key::new(&target.namespace, &target.name)
}

fn stored(sim: &Sim, code: u16, target: &Target, asked: &Asked, object: &Object) -> Answer<Response<Body>> {
    let form = Form::of(asked)?;
    Ok(bytes(code, "application/json", whole(&target.resource, object, form, sim.store.now)))
}

fn create(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let (mut value, warnings) = read(target, asked, body)?;
    only_the_server_says(target, &mut value);
    let created = sim.create(&target.resource.id(), value, how(target, asked))?;
    Ok(warned(stored(sim, 201, target, asked, &created)?, &warnings))
}

fn update(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let (value, warnings) = read(target, asked, body)?;
    let updated = sim.update(&target.resource.id(), &key(target), how(target, asked), |live| {
        precondition(target, live, text(&value, "/metadata/uid"))?;
        *live = value;
        Ok(())
    })?;
    Ok(warned(stored(sim, 200, target, asked, &updated)?, &warnings))
}

fn precondition(target: &Target, live: &Value, uid: Option<&str>) -> Answer<()> {
    let is = text(live, "/metadata/uid").unwrap_or_default();
    match uid.filter(|uid| !uid.is_empty() && *uid != is) {
        Some(uid) => {
            let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {is}");
            Err(Refusal::conflict(&target.resource, &target.name, &why))
        }
        None => Ok(()),
    }
}

fn patch_or_apply(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let kind = match asked.content.as_str() {
        "application/json-patch+json" => Kind::Json,
        "application/merge-patch+json" => Kind::Merge,
        "application/strategic-merge-patch+json" if !target.resource.custom => Kind::Strategic,
        APPLY => return apply(sim, target, asked, body),
        _ => {
            let known = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
            let why = format!("the body of the request was in an unknown format - accepted media types include: {known}");
            return Err(Refusal::new(415, "UnsupportedMediaType", why));
        }
    };
    let patch = object(&asked.content, body)?;
    let (id, resource) = (target.resource.id(), Arc::clone(&target.resource));
    let mut warnings = Vec::new();
    let patched = sim.update(&id, &key(target), how(target, asked), |live| {
        warnings = patch::checked(&resource, live, &patch, kind, validation(asked))?;
        renamed(target, live)
    })?;
    Ok(warned(stored(sim, 200, target, asked, &patched)?, &warnings))
}

/// Takes away what a client cannot say of a new object: since when it is there, and how it is. Nodes are registered with their status.
fn only_the_server_says(target: &Target, value: &mut Value) {
    crate::demo::json::remove(value, "/metadata/creationTimestamp");
    if target.resource.has("status") && target.resource.plural != "nodes" {
        crate::demo::json::remove(value, "/status");
    }
}

/// A patch cannot give an object another name or namespace.
fn renamed(target: &Target, value: &Value) -> Answer<()> {
    let name = text(value, "/metadata/name").unwrap_or_default();
    let namespace = text(value, "/metadata/namespace").unwrap_or_default();
    if namespace != target.namespace {
        let why = format!("the namespace of the object ({namespace}) does not match the namespace on the URL ({})", target.namespace);
        return Err(Refusal::bad_request(why));
    }
    if name == target.name {
        return Ok(());
    }
    Err(Refusal::bad_request(format!("the name of the object ({name}) does not match the name on the URL ({})", target.name)))
}

fn apply(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    if asked.query.get("fieldManager").is_none() {
        let causes = [crate::demo::status::Cause {
            reason: "FieldValueRequired",
            message: "Required value: is required for apply patch".to_owned(),
            field: "fieldManager".to_owned(),
        }];
        let mut refusal = Refusal::invalid(&target.resource, "", &causes);
        refusal.message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch".to_owned();
        return Err(refusal);
    }
    // What does not fit the kind is refused where it is applied, in other words than elsewhere.
    let mut applied = object(&asked.content, body)?;
    fits(target, &mut applied)?;
    let (id, resource) = (target.resource.id(), Arc::clone(&target.resource));
    let now = sim.store.now;
    let writer = Writer { manager: asked.manager(), subresource: &target.subresource, now };
    let force = asked.query.is("force");
    let exists = sim.store.get(&id, &target.namespace, &target.name).is_some();
    let how = how(target, asked);
    let done = if exists {
        sim.update(&id, &key(target), how, |live| {
            precondition(target, live, text(&applied, "/metadata/uid"))?;
            *live = managed::apply(&resource, Some(live), &applied, &writer, force)?;
            Ok(())
        })?
    } else if let Some(uid) = text(&applied, "/metadata/uid") {
        let why = format!("uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        return Err(Refusal::conflict(&resource, &target.name, &why));
    } else {
        only_the_server_says(target, &mut applied);
        let made = managed::apply(&resource, None, &applied, &writer, force)?;
        sim.create(&id, made, how)?
    };
    stored(sim, if exists { 200 } else { 201 }, target, asked, &done)
}

/// The options of a deletion: those in the body, and where there is none, those in the query. Never both, as in the real server.
fn options(asked: &Asked, body: &[u8]) -> Answer<Delete> {
    let options = if body.is_empty() { asked.query.options() } else { object(&asked.content, body)? };
    Ok(Delete {
        grace: int(&options, "/gracePeriodSeconds"),
        propagation: match text(&options, "/propagationPolicy") {
            Some("Foreground") => Propagation::Foreground,
            Some("Orphan") => Propagation::Orphan,
            _ => Propagation::Background,
        },
        uid: text(&options, "/preconditions/uid").map(str::to_owned),
        version: text(&options, "/preconditions/resourceVersion").map(str::to_owned),
        dry_run: list(&options, "/dryRun").iter().any(|v| v == "All"),
    })
}

fn delete(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let options = options(asked, body)?;
    let id = target.resource.id();
    let gone = sim.delete(&id, &key(target), &options)?;
    let stays = sim.store.get(&id, &target.namespace, &target.name).is_some();
    // Pods and what waits for finalizers are answered as they are; what is gone at once by a word of success.
    if stays || id == "pods" {
        return stored(sim, 200, target, asked, &gone);
    }
    let mut details = json!({"name": target.name, "group": target.resource.group, "kind": target.resource.plural, "uid": &*gone.uid});
    if target.resource.group.is_empty() {
        crate::demo::json::remove(&mut details, "/group");
    }
    Ok(answer_json(200, &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})))
}

fn delete_many(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let options = options(asked, body)?;
    let selection = Selection::of(target, &asked.query)?;
    let id = target.resource.id();
    let keys: Vec<Key> = sim.store.list(&id, &target.namespace).filter(|o| selection.has(o)).map(|o| o.key.clone()).collect();
    let mut items = Vec::new();
    for key in &keys {
        items.push(Arc::unwrap_or_clone(sim.delete(&id, key, &options)?.value()));
    }
    let meta = json!({"resourceVersion": sim.store.version().to_string()});
    let list = json!({"kind": format!("{}List", target.resource.kind), "apiVersion": target.resource.api_version(), "metadata": meta, "items": items});
    Ok(answer_json(200, &list))
}

/// Fills in what the path says, and refuses what contradicts it.
fn fits(target: &Target, value: &mut Value) -> Answer<()> {
    let resource = &target.resource;
    let (kind, api) = (text(value, "/kind").unwrap_or(&resource.kind), text(value, "/apiVersion"));
    if !value.is_object() {
        return Err(Refusal::bad_request("the object provided is unrecognized (must be of type Object)"));
    }
    let expected = resource.api_version();
    if kind != resource.kind || api.is_some_and(|a| a != expected) {
        let why = format!("{kind} in version {:?} cannot be handled as a {}", api.unwrap_or_default(), resource.kind);
        return Err(Refusal::bad_request(why));
    }
    if resource.namespaced {
        or_set(value, "/metadata/namespace", target.namespace.as_str());
        if text(value, "/metadata/namespace") != Some(&target.namespace) {
            let why = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Refusal::bad_request(why));
        }
    } else {
        crate::demo::json::remove(value, "/metadata/namespace");
    }
    if target.name.is_empty() { Ok(()) } else { or_named(target, value) }
}

fn or_named(target: &Target, value: &mut Value) -> Answer<()> {
    or_set(value, "/metadata/name", target.name.as_str());
    renamed(target, value)
}

/// The object in a request, and warnings about fields that its kind does not have.
fn read(target: &Target, asked: &Asked, body: &[u8]) -> Answer<(Value, Vec<String>)> {
    // Fields that are there twice show only in JSON as it was sent.
    let (mut value, warnings) = match serde_json::from_slice::<&RawValue>(body) {
        Ok(_) if asked.content.is_empty() || asked.content.ends_with("json") || asked.content.ends_with("yaml") => {
            decode(&target.resource, body, validation(asked))?
        }
        _ => decode(&target.resource, &encode(&object(&asked.content, body)?), validation(asked))?,
    };
    fits(target, &mut value)?;
    Ok((value, warnings))
}

fn validation(asked: &Asked) -> FieldValidation {
    match asked.query.get("fieldValidation") {
        Some("Ignore") => FieldValidation::Ignore,
        Some("Strict") => FieldValidation::Strict,
        _ => FieldValidation::Warn,
    }
}

fn warned(mut answer: Response<Body>, warnings: &[String]) -> Response<Body> {
    for warning in warnings {
        if let Ok(value) = HeaderValue::from_str(&format!("299 - {warning:?}")) {
            answer.headers_mut().append(http::header::WARNING, value);
        }
    }
    answer
}
