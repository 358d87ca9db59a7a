//! Watches: what happens to objects from a version on. A watch keeps no queue: it reads the history of its kind where it stands, so that a
//! slow reader costs nothing and is told 410 where the history has gone on without it.

use super::body::Body;
use super::form::Form;
use super::request::{Asked, Query, Target};
use super::selection::Selection;
use super::table;
use crate::demo::cluster::Cluster;
use crate::demo::json::Millis;
use crate::demo::resource::Resource;
use crate::demo::status::{Answer, Refusal};
use crate::demo::store::{Change, Object};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Bytes that a watch hands to the connection at once.
const CHUNK: usize = 64 << 10;
/// Changes that are read from the history at once.
const BATCH: usize = 512;
/// How often bookmarks come (`bookmarkFrequency` of the API server's cacher).
const BOOKMARKS: Duration = Duration::from_secs(60);
/// How long a watch lasts at most, and where it names no time: `--min-request-timeout` of the API server, which it doubles by chance.
const LASTS: Duration = Duration::from_secs(30 * 60);

/// What a watch has to send yet.
struct Watch {
    cluster: Arc<Cluster>,
    changes: watch::Receiver<u64>,
    resource: Arc<Resource>,
    selection: Selection,
    form: Form,
    /// Objects to begin with.
    initial: std::vec::IntoIter<Arc<Object>>,
    /// Whether the end of the beginning is to be told.
    ends_initial: bool,
    /// Up to where the history was told.
    version: u64,
    bookmarks: bool,
    bookmark_at: Instant,
    until: Instant,
    /// Whether the columns of a Table were told.
    titled: bool,
    over: bool,
}

/// What there is to begin a watch with.
struct Start {
    initial: Vec<Arc<Object>>,
    version: u64,
}

/// Answers a watch.
pub(super) fn answer(cluster: &Arc<Cluster>, target: &Target, asked: &Asked) -> Answer<Response<Body>> {
    let form = Form::of(asked)?;
    let selection = Selection::of(target, &asked.query)?;
    let streaming = asked.query.is("sendInitialEvents");
    if streaming && asked.query.get("resourceVersionMatch") != Some("NotOlderThan") {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        return Err(Refusal::new(
            422,
            "Invalid",
            format!("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: {why}"),
        ));
    }
    let changes = cluster.changes();
    let Start { initial, version } = start(cluster, &target.resource, &selection, &asked.query, streaming)?;
    let lasts = asked.query.number("timeoutSeconds").filter(|s| *s > 0).map_or(LASTS, |seconds| Duration::from_secs(seconds).min(LASTS));
    let bookmarks = asked.query.is("allowWatchBookmarks");
    let watch = Watch {
        cluster: Arc::clone(cluster),
        changes,
        resource: Arc::clone(&target.resource),
        selection,
        form,
        initial: initial.into_iter(),
        ends_initial: streaming && bookmarks,
        version,
        bookmarks,
        bookmark_at: Instant::now() + BOOKMARKS,
        until: Instant::now() + lasts,
        titled: false,
        over: false,
    };
    let frames = stream::unfold(watch, |mut watch| async { watch.next().await.map(|chunk| (Ok(Frame::data(chunk)), watch)) });
    let mut answer = Response::new(StreamBody::new(frames).boxed_unsync());
    answer.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

/// Without a version a watch begins with what there is; with one, after it. A version that is too old is told in the stream, as the
/// watch cache does, so that it is no error here.
fn start(cluster: &Cluster, resource: &Resource, selection: &Selection, query: &Query, streaming: bool) -> Answer<Start> {
    let from = query.get("resourceVersion").unwrap_or_default();
    let from: u64 = from
        .parse()
        .or_else(|_| if from.is_empty() { Ok(0) } else { Err(Refusal::bad_request(format!("invalid resource version {from:?}"))) })?;
    cluster.with(|sim| {
        let now = sim.store.version();
        if from > now {
            let mut refusal = Refusal::new(504, "Timeout", format!("Too large resource version: {from}, current: {now}"));
            let causes = json!([{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]);
            refusal.details = json!({"causes": causes, "retryAfterSeconds": 1});
            return Err(refusal);
        }
        if from > 0 && !streaming {
            return Ok(Start { initial: Vec::new(), version: from });
        }
        let table = sim.store.table(&resource.id()).ok_or_else(Refusal::no_such_path)?;
        let wanted = streaming || query.get("sendInitialEvents").is_none();
        let initial =
            if wanted { table.list(&selection.namespace, None).filter(|o| selection.has(o)).cloned().collect() } else { Vec::new() };
        Ok(Start { initial, version: now })
    })
}

impl Watch {
    /// What to send next; waits until there is something. `None` when the watch ends.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        while !self.over {
            self.changes.mark_unchanged();
            let is_more = self.gather(&mut out);
            if !out.is_empty() {
                return Some(out.into());
            }
            if is_more {
                continue;
            }
            let bookmark = if self.bookmarks { self.bookmark_at } else { self.until };
            tokio::select! {
                changed = self.changes.changed() => self.over = changed.is_err(),
                () = sleep_until(self.until) => self.over = true,
                () = sleep_until(bookmark), if self.bookmarks => self.bookmark(None, &mut out),
            }
        }
        (!out.is_empty()).then(|| out.into())
    }

    /// Writes what is there to tell. True where there is more than was looked at.
    fn gather(&mut self, out: &mut Vec<u8>) -> bool {
        let (id, cluster) = (self.resource.id(), Arc::clone(&self.cluster));
        let now = cluster.look(|sim| sim.store.now);
        while let Some(object) = self.initial.next() {
            self.line("ADDED", &object, now, out);
            if out.len() >= CHUNK {
                return true;
            }
        }
        if std::mem::take(&mut self.ends_initial) {
            self.bookmark(Some("k8s.io/initial-events-end"), out);
            return true;
        }
        let read = cluster.look(|sim| sim.store.table(&id).map(|t| (t.since(self.version, BATCH), sim.store.version())));
        match read {
            None => self.over = true,
            Some((Err(refusal), _)) => {
                let line = json!({"type": "ERROR", "object": refusal.status()});
                out.extend_from_slice(format!("{line}\n").as_bytes());
                self.over = true;
            }
            Some((Ok(changes), newest)) => {
                changes.iter().for_each(|change| self.change(change, now, out));
                let is_more = changes.len() == BATCH;
                self.version = if is_more { changes.last().map_or(newest, |c| c.version) } else { newest };
                return is_more;
            }
        }
        false
    }

    /// What a change means to those who see only a part: what begins to fit comes, and what ceases to goes.
    fn change(&mut self, change: &Change, now: Millis, out: &mut Vec<u8>) {
        let fits = |object: &Option<Arc<Object>>| object.as_ref().is_some_and(|o| self.selection.has(o));
        match (fits(&change.old), fits(&change.new)) {
            (false, false) => {}
            (false, true) => change.new.iter().for_each(|o| self.line("ADDED", o, now, out)),
            (true, true) => change.new.iter().for_each(|o| self.line("MODIFIED", o, now, out)),
            (true, false) => match (&change.gone, &change.old) {
                (Some(gone), _) => self.line("DELETED", gone, now, out),
                (None, Some(old)) => {
                    // It goes as it was when it still fitted, with the version at which it ceased to.
                    let mut value = Arc::unwrap_or_clone(old.value());
                    crate::demo::json::set(&mut value, "/metadata/resourceVersion", change.version.to_string());
                    self.line("DELETED", &Object::encode(&self.resource, &value), now, out);
                }
                (None, None) => {}
            },
        }
    }

    fn line(&mut self, what: &str, object: &Object, now: Millis, out: &mut Vec<u8>) {
        out.extend_from_slice(format!(r#"{{"type":"{what}","object":"#).as_bytes());
        if let Form::Table(_) = self.form {
            self.open_table(object.version, out);
        }
        self.form.write(&self.resource, object, now, true, out);
        if let Form::Table(_) = self.form {
            out.extend_from_slice(b"]}");
        }
        out.extend_from_slice(b"}\n");
    }

    /// The columns come once; later Tables have none.
    fn open_table(&mut self, version: u64, out: &mut Vec<u8>) {
        let definitions = if std::mem::replace(&mut self.titled, true) {
            r#""columnDefinitions":null,"#.to_owned()
        } else {
            table::definitions(&self.resource)
        };
        let head =
            format!(r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{{"resourceVersion":"{version}"}},{definitions}"rows":["#);
        out.extend_from_slice(head.as_bytes());
    }

    fn bookmark(&mut self, annotation: Option<&str>, out: &mut Vec<u8>) {
        self.bookmark_at = Instant::now() + BOOKMARKS;
        let version = self.version.to_string();
        let mut meta = json!({"resourceVersion": version});
        if let Some(annotation) = annotation {
            crate::demo::json::set(&mut meta, &format!("/annotations/{}", crate::demo::json::escape(annotation)), "true");
        }
        let object: Value = match self.form {
            Form::Whole => json!({"kind": self.resource.kind, "apiVersion": self.resource.api_version(), "metadata": meta}),
            Form::Metadata => json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta}),
            Form::Table(_) => {
                let partial = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta});
                json!({
                    "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": version},
                    "columnDefinitions": null, "rows": [{"cells": [], "object": partial}],
                })
            }
        };
        let line = json!({"type": "BOOKMARK", "object": object});
        out.extend_from_slice(format!("{line}\n").as_bytes());
    }
}
