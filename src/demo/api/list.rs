//! Lists, whole and in pages, and single objects.

use super::body::{Body, bytes};
use super::form::Form;
use super::request::{Asked, Target};
use super::selection::Selection;
use super::table;
use crate::demo::cluster::Cluster;
use crate::demo::json::Millis;
use crate::demo::resource::Resource;
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::{Key, Object, Table};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream;
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

/// Bytes that a list hands to the connection at once.
const CHUNK: usize = 64 << 10;

/// Answers of at least so many bytes are packed for those who take it (`defaultGzipThresholdBytes` of k8s.io/apiserver, at its level).
const PACKED: usize = 128 << 10;

/// A list on its way: objects as they were when it was asked for.
struct List {
    resource: Arc<Resource>,
    form: Form,
    now: Millis,
    objects: std::vec::IntoIter<Arc<Object>>,
    /// What comes before the first item, and then before each other.
    before: Vec<u8>,
    /// What comes after the last; taken when it was sent.
    after: Option<&'static [u8]>,
    gzip: Option<GzEncoder<Vec<u8>>>,
}

/// One page of a list.
struct Page {
    objects: Vec<Arc<Object>>,
    meta: Value,
}

/// Answers a list.
pub(super) fn answer(cluster: &Cluster, target: &Target, asked: &Asked) -> Answer<Response<Body>> {
    let form = Form::of(asked)?;
    let selection = Selection::of(target, &asked.query)?;
    let limit: usize = asked.query.number("limit").filter(|n| *n > 0).unwrap_or(usize::MAX);
    let after = asked.query.get("continue").map(token).transpose()?;
    let (Page { objects, meta }, now) = cluster.with(|sim| {
        let page = page(sim, &target.resource, &selection, limit, after);
        page.map(|p| (p, sim.store.now))
    })?;
    let resource = Arc::clone(&target.resource);
    let before = match form {
        Form::Whole => open(&format!("{}List", resource.kind), &resource.api_version(), &meta, "items", ""),
        Form::Metadata => open("PartialObjectMetadataList", "meta.k8s.io/v1", &meta, "items", ""),
        Form::Table(_) => open("Table", "meta.k8s.io/v1", &meta, "rows", &table::definitions(&resource)),
    };
    let is_long = objects.iter().map(|o| o.json.len()).sum::<usize>() >= PACKED;
    let gzip = (asked.gzip && is_long).then(|| GzEncoder::new(Vec::new(), Compression::fast()));
    Ok(streamed(List { resource, form, now, objects: objects.into_iter(), before, after: Some(b"]}\n"), gzip }))
}

/// Answers one object.
pub(super) fn one(cluster: &Cluster, target: &Target, asked: &Asked) -> Answer<Response<Body>> {
    let form = Form::of(asked)?;
    let (object, now) = cluster.with(|sim| {
        let found = sim.store.get(&target.resource.id(), &target.namespace, &target.name).cloned();
        (found, sim.store.now)
    });
    let object = object.ok_or_else(|| Refusal::not_found(&target.resource, &target.name))?;
    Ok(bytes(200, "application/json", whole(&target.resource, &object, form, now)))
}

/// One object as an answer of its own.
pub(super) fn whole(resource: &Resource, object: &Object, form: Form, now: Millis) -> Bytes {
    let mut out = Vec::with_capacity(object.json.len() + 256);
    if let Form::Table(_) = form {
        let meta = json!({"resourceVersion": object.version.to_string()});
        out = open("Table", "meta.k8s.io/v1", &meta, "rows", &table::definitions(resource));
    }
    form.write(resource, object, now, true, &mut out);
    if let Form::Table(_) = form {
        out.extend_from_slice(b"]}");
    }
    out.push(b'\n');
    out.into()
}

fn open(kind: &str, api: &str, meta: &Value, items: &str, more: &str) -> Vec<u8> {
    format!(r#"{{"kind":"{kind}","apiVersion":"{api}","metadata":{meta},{more}"{items}":["#).into_bytes()
}

fn page(sim: &Sim, resource: &Resource, selection: &Selection, limit: usize, after: Option<(u64, Key)>) -> Answer<Page> {
    let version = after.as_ref().map_or_else(|| sim.store.version(), |(version, _)| *version);
    let table = sim.store.table(&resource.id()).ok_or_else(Refusal::no_such_path)?;
    let from = after.as_ref().map(|(_, key)| key);
    let mut rest = table.list(&selection.namespace, from).cloned().collect::<Vec<_>>();
    if after.is_some() {
        roll_back(table, version, from, &mut rest)?;
    }
    let mut rest = rest.into_iter().filter(|o| selection.has(o));
    let objects: Vec<Arc<Object>> = rest.by_ref().take(limit).collect();
    let mut meta = json!({"resourceVersion": version.to_string()});
    let left = if limit == usize::MAX { 0 } else { rest.count() };
    if let Some(last) = objects.last().filter(|_| left > 0) {
        let token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": format!("{}/{}", last.key.namespace, last.key.name)});
        crate::demo::json::set(&mut meta, "/continue", URL_SAFE_NO_PAD.encode(token.to_string()));
        if selection.is_all() {
            crate::demo::json::set(&mut meta, "/remainingItemCount", left);
        }
    }
    Ok(Page { objects, meta })
}

/// Makes objects after a key what they were at a version, so that all pages of a list are of one moment.
fn roll_back(table: &Table, version: u64, from: Option<&Key>, objects: &mut Vec<Arc<Object>>) -> Answer<()> {
    let Ok(changes) = table.since(version, usize::MAX) else {
        let why = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.";
        return Err(Refusal::new(410, "Expired", why));
    };
    let mut then = BTreeMap::new();
    for change in &changes {
        if let Some(object) = change.object().filter(|o| from.is_none_or(|f| o.key > *f)) {
            then.entry(object.key.clone()).or_insert_with(|| change.old.clone());
        }
    }
    objects.retain(|o| !then.contains_key(&o.key));
    objects.extend(then.into_values().flatten());
    objects.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(())
}

/// Where a page goes on, and the version of its list.
fn token(text: &str) -> Answer<(u64, Key)> {
    let read = || {
        let token: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (namespace, name) = token.pointer("/start")?.as_str()?.split_once('/')?;
        Some((token.pointer("/rv")?.as_u64()?, Key::new(namespace, name)))
    };
    read().ok_or_else(|| Refusal::bad_request("continue key is not valid"))
}

fn streamed(list: List) -> Response<Body> {
    let is_packed = list.gzip.is_some();
    let frames = stream::unfold(list, |mut list| async { list.chunk().map(|c| (Ok(Frame::data(c)), list)) });
    let mut answer = Response::new(StreamBody::new(frames).boxed_unsync());
    answer.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if is_packed {
        answer.headers_mut().insert(http::header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

impl List {
    fn chunk(&mut self) -> Option<Bytes> {
        self.after?;
        let mut out = Vec::with_capacity(CHUNK + CHUNK / 4);
        while out.len() < CHUNK {
            out.append(&mut self.before);
            match self.objects.next() {
                Some(object) => self.form.write(&self.resource, &object, self.now, false, &mut out),
                None => {
                    out.extend_from_slice(self.after.take().unwrap_or_default());
                    break;
                }
            }
            self.before = if self.objects.len() == 0 { Vec::new() } else { vec![b','] };
        }
        Some(self.pack(out).into())
    }

    /// What to send for so much of the list.
    fn pack(&mut self, plain: Vec<u8>) -> Vec<u8> {
        let Some(gzip) = &mut self.gzip else { return plain };
        // Writing to memory cannot fail.
        let _ = gzip.write_all(&plain);
        if self.after.is_none() {
            let _ = gzip.try_finish();
        }
        std::mem::take(gzip.get_mut())
    }
}
