//! Answers that are other ones than they should be, by rules, and watches that end on order.

use super::{Ended, Faults};
use crate::demo::api::Body;
use crate::demo::json::Millis;
use crate::demo::status::Refusal;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use http::header::{CONTENT_TYPE, DATE, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyDataStream, BodyExt, Full, StreamBody};
use serde_json::{Value, json};
use std::io;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// A page that a proxy may put in the way.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to continue</title></head><body><form>…</form></body></html>\n";
/// Bytes that are no JSON, no UTF-8 and no line of their own.
const GARBAGE: &[u8] = b"\xff\xfe{\"type\":\x00\x9b31m\xc3\x28 <&>\n\n}{";

/// Protocols of streams that servers before 1.30 do not know.
const NEW: [&str; 2] = ["v5.channel.k8s.io", "SPDY/3.1+portforward.k8s.io"];

/// How long bytes may take to leave.
const FLUSH: Duration = Duration::from_millis(50);

/// Requests of a sort.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// All of them.
    Any,
    /// What reads and ends: a list, one object, discovery.
    Read,
    /// A watch, also one that begins with a list.
    Watch,
    /// A watch that begins with a list (`sendInitialEvents`).
    Stream,
    /// What changes something.
    Write,
}

/// What becomes of an answer.
#[derive(Clone, Debug)]
pub enum Does {
    /// It is refused in these words; `retryAfterSeconds` among the details becomes the header.
    Refuse(Refusal),
    /// A watch begins, and tells this as an ERROR at once.
    Error(Refusal),
    /// It is an HTML page, with this code.
    Page(u16),
    /// There is none, ever.
    Hang,
    /// It breaks off in the midst of a chunk after so many bytes.
    Cut(usize),
    /// After so many bytes comes garbage; then it goes on.
    Garbage(usize),
    /// Its bookmarks are left out.
    NoBookmarks,
    /// It was made at another time, by the header `Date`: so many milliseconds later.
    Date(Millis),
}

/// Which answers are other ones, and how.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Of these requests.
    pub on: On,
    /// Where the path has this in it.
    pub path: String,
    /// So many times; `usize::MAX` until it is lifted.
    pub times: usize,
    /// This.
    pub does: Does,
}

/// What is needed of a request after it is gone.
pub(in crate::demo) struct About {
    sort: On,
    path: String,
    line: String,
}

impl About {
    pub(in crate::demo) fn of<B>(request: &Request<B>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let is = |name: &str| query.split('&').any(|p| p == format!("{name}=true") || p == format!("{name}=1"));
        let sort = match *request.method() {
            Method::GET if is("watch") && is("sendInitialEvents") => On::Stream,
            Method::GET if is("watch") => On::Watch,
            Method::GET | Method::HEAD | Method::OPTIONS => On::Read,
            _ => On::Write,
        };
        let line = format!("{} {}", request.method(), request.uri().path_and_query().map_or("/", PathAndQuery::as_str));
        Self { sort, path: request.uri().path().to_owned(), line }
    }

    fn fits(&self, rule: &Rule) -> bool {
        let sort = rule.on == self.sort || rule.on == On::Any || (rule.on == On::Watch && self.sort == On::Stream);
        sort && rule.times > 0 && self.path.contains(&rule.path)
    }

    fn is_watch(&self) -> bool {
        matches!(self.sort, On::Watch | On::Stream)
    }
}

impl Faults {
    /// Takes out of a request what its server is ordered not to know.
    pub(in crate::demo) fn narrow<B>(&self, request: &mut Request<B>) {
        if self.state().old_streams
            && let Some(protocols) = request.headers_mut().get_mut(SEC_WEBSOCKET_PROTOCOL)
        {
            let asked = protocols.to_str().unwrap_or_default();
            let known: Vec<&str> = asked.split(',').map(str::trim).filter(|asked| !NEW.contains(asked)).collect();
            *protocols = HeaderValue::from_str(&known.join(", ")).unwrap_or(HeaderValue::from_static(""));
        }
    }

    /// What is done to the answer of a request, which is written down; the rule that was ordered first goes first.
    fn rule(&self, about: &About) -> Option<Does> {
        let mut state = self.state();
        state.heard.push(about.line.clone());
        let rule = state.rules.iter_mut().find(|rule| about.fits(rule))?;
        rule.times = if rule.times == usize::MAX { usize::MAX } else { rule.times - 1 };
        Some(rule.does.clone())
    }

    /// Answers a request, by `right` where nothing is ordered.
    pub(in crate::demo) async fn answer(&self, about: About, right: impl Future<Output = Response<Body>>) -> Response<Body> {
        let answer = match self.rule(&about) {
            None => right.await,
            Some(Does::Refuse(refusal)) => refused(&refusal),
            Some(Does::Error(refusal)) => {
                whole(200, "application/json", &format!("{}\n", json!({"type": "ERROR", "object": refusal.status()})))
            }
            Some(Does::Page(code)) => whole(code, "text/html; charset=utf-8", PAGE),
            Some(Does::Hang) => std::future::pending().await,
            Some(Does::Cut(after)) => right.await.map(|body| cut(body, after)),
            Some(Does::Garbage(after)) => right.await.map(|body| spoilt(body, after)),
            Some(Does::NoBookmarks) => right.await.map(without_bookmarks),
            Some(Does::Date(later)) => dated(right.await, later),
        };
        if let Some(protocol) = answer.headers().get(SEC_WEBSOCKET_PROTOCOL) {
            self.state().spoken.push(String::from_utf8_lossy(protocol.as_bytes()).into_owned());
        }
        if about.is_watch() { answer.map(|body| ending(body, self.watch(), self.ended.subscribe())) } else { answer }
    }
}

fn whole(code: u16, kind: &'static str, text: &str) -> Response<Body> {
    let mut answer = Response::new(Full::from(text.to_owned()).map_err(|never| match never {}).boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or_default();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let mut answer = whole(refusal.code, "application/json", &format!("{}\n", refusal.status()));
    if let Some(seconds) = refusal.details.pointer("/retryAfterSeconds").and_then(Value::as_i64) {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

fn dated(mut answer: Response<Body>, later: Millis) -> Response<Body> {
    let at = jiff::Timestamp::from_millisecond(crate::demo::cluster::now() + later).unwrap_or_default();
    if let Ok(date) = HeaderValue::from_str(&at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        answer.headers_mut().insert(DATE, date);
    }
    answer
}

fn body(chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Body {
    StreamBody::new(chunks.map(|chunk| chunk.map(Frame::data))).boxed_unsync()
}

fn broken() -> io::Error {
    io::Error::other("cut on order")
}

fn cut(whole: Body, mut left: usize) -> Body {
    let parts = BodyDataStream::new(whole).flat_map(move |chunk| {
        let chunk = chunk.unwrap_or_default();
        let part = chunk.slice(..left.min(chunk.len()));
        let over = left < chunk.len();
        left -= part.len();
        let end = stream::iter(over.then_some(())).then(|()| async {
            // What was written before the end is to be read before it.
            sleep(FLUSH).await;
            Err(broken())
        });
        stream::iter([Ok(part)]).chain(end)
    });
    body(parts)
}

fn spoilt(whole: Body, mut left: usize) -> Body {
    let mut done = false;
    body(BodyDataStream::new(whole).map(move |chunk| {
        let chunk = chunk?;
        if done || chunk.len() < left {
            left = left.saturating_sub(chunk.len());
            return Ok(chunk);
        }
        done = true;
        let (before, after) = chunk.split_at(left);
        Ok(BytesMut::from_iter(before.iter().chain(GARBAGE).chain(after)).freeze())
    }))
}

/// Chunks of a watch are whole lines.
fn without_bookmarks(whole: Body) -> Body {
    body(BodyDataStream::new(whole).map(|chunk| {
        let chunk = chunk?;
        let lines = chunk.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.starts_with(br#"{"type":"BOOKMARK""#));
        Ok(Bytes::from(lines.collect::<Vec<_>>().concat()))
    }))
}

/// A watch that ends when it is ordered to.
fn ending(whole: Body, number: u64, ended: watch::Receiver<Ended>) -> Body {
    let state = Some((BodyDataStream::new(whole), ended));
    body(stream::unfold(state, move |state| async move {
        let (mut chunks, mut ended) = state?;
        let next = tokio::select! {
            chunk = chunks.next() => Ok(chunk),
            // Without a server there are no watches either.
            over = ended.wait_for(|ended| ended.before > number) => Err(over.is_ok_and(|ended| ended.broken)),
        };
        match next {
            Ok(chunk) => chunk.map(|chunk| (chunk, Some((chunks, ended)))),
            Err(is_broken) => is_broken.then(|| (Err(broken()), None)),
        }
    }))
}
