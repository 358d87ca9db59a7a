//! How the scripted server answers: by a rule of the test if there is one, else as an API server does.

use super::{Asked, For, Object, Piece, Reply, Server, State, Streaming, Then};
use bytes::Bytes;
use futures::stream::poll_fn;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use kconsole::model::id::Uid;
use kube::client::Body;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

impl Server {
    pub(super) async fn answer(self, request: Request<Body>, token: u64) -> Result<Response<BodyOf>, io::Error> {
        let asked = asked(&request);
        let (latency, reply) = {
            let mut state = self.with();
            state.requests.push(asked.clone());
            let scripted = state.rules.iter_mut().find_map(|rule| rule(&asked));
            let refused = (token < state.token).then_some(Reply::Status(401, "Unauthorized", None));
            (state.latency, if state.frozen { Some(Reply::Hang) } else { scripted.or(refused) })
        };
        if !latency.is_zero() {
            sleep(latency).await;
        }
        match reply {
            Some(Reply::Hang) => std::future::pending().await,
            Some(Reply::Refuse) => Err(io::ErrorKind::ConnectionRefused.into()),
            Some(Reply::Status(code, reason, after)) => Ok(status(code, reason, after, None)),
            Some(Reply::Text(text)) => Ok(whole(200, "application/json", text.into_bytes())),
            Some(Reply::Page(text)) => Ok(whole(200, "text/html; charset=utf-8", text.into_bytes())),
            Some(Reply::Pieces(pieces, then)) => {
                let (sender, receiver) = unbounded_channel();
                pieces.into_iter().for_each(|piece| drop(sender.send(Ok(piece.into()))));
                match then {
                    Then::End => {}
                    Then::Break => drop(sender.send(Err(io::ErrorKind::ConnectionReset.into()))),
                    Then::Hold => self.with().silent.push(sender),
                }
                Ok(Response::new(body(receiver, Arc::default())))
            }
            None => Ok(self.serve(&asked)),
        }
    }

    fn serve(&self, asked: &Asked) -> Response<BodyOf> {
        let mut state = self.with();
        match asked.what {
            For::Version => whole(200, "application/json", br#"{"gitVersion":"v1.36.3"}"#.to_vec()),
            For::Discovery => status(404, "NotFound", None, None),
            For::List => state.list(asked),
            For::Stream if state.streaming == Streaming::Refuses => status(422, "Invalid", None, None),
            For::Watch | For::Stream => {
                let since = param(&asked.query, "resourceVersion").and_then(|v| v.parse::<u64>().ok());
                if state.gone_as_answer && asked.what == For::Watch && since.is_some_and(|v| v < state.oldest) {
                    return status(410, "Expired", None, None);
                }
                let (sender, receiver) = unbounded_channel();
                let first = state.first_lines(asked.what, since);
                let unread = Arc::clone(&state.unread);
                state.watchers.push(sender.clone());
                drop(state);
                for line in first {
                    unread.fetch_add(line.len() as u64, Ordering::Relaxed);
                    let _ = sender.send(Ok(line.into()));
                }
                self.end_in_time(&asked.query, &sender);
                Response::new(body(receiver, unread))
            }
        }
    }

    /// Ends a watch after the time that it was asked for, with a bookmark before.
    fn end_in_time(&self, query: &str, sender: &UnboundedSender<Piece>) {
        let seconds = param(query, "timeoutSeconds").and_then(|s| s.parse().ok()).unwrap_or(1800);
        let server = self.clone();
        let sender = sender.downgrade();
        tokio::spawn(async move {
            sleep(Duration::from_secs(seconds)).await;
            let mut state = server.with();
            let last = Bytes::from(format!("{}\n", state.bookmark(None)));
            if let Some(sender) = sender.upgrade()
                && let Some(place) = state.watchers.iter().position(|w| w.same_channel(&sender))
            {
                let _ = state.watchers.swap_remove(place).send(Ok(last));
            }
        });
    }
}

impl State {
    /// What a new watch begins with.
    fn first_lines(&mut self, what: For, since: Option<u64>) -> Vec<String> {
        let gone = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}"#;
        if what == For::Watch && since.is_some_and(|v| v < self.oldest) {
            return vec![format!("{gone}\n")];
        }
        let now = |state: &Self| state.objects.iter().map(|(uid, o)| event("ADDED", *uid, o)).collect::<Vec<_>>();
        match (what, self.streaming, since) {
            (For::Stream, Streaming::Serves, _) => {
                let mut lines = now(self);
                lines.push(format!("{}\n", self.bookmark(Some("true"))));
                lines
            }
            (_, _, None) => now(self),
            (_, _, Some(since)) => self.history.iter().filter(|h| h.0 > since).map(|(_, what, uid, o)| event(what, *uid, o)).collect(),
        }
    }

    fn list(&mut self, asked: &Asked) -> Response<BodyOf> {
        let limit = param(&asked.query, "limit").and_then(|l| l.parse::<usize>().ok());
        let token = param(&asked.query, "continue").map(|t| t.replace("%3A", ":"));
        let (snapshot, after) = match token.as_deref().and_then(|t| t.split_once(':')) {
            None => {
                self.snapshots.push((self.version, self.objects.clone()));
                (self.snapshots.len() - 1, None)
            }
            Some(("live", after)) => {
                self.snapshots.push((self.version, self.objects.clone()));
                (self.snapshots.len() - 1, after.parse::<u128>().ok())
            }
            Some((snapshot, after)) if snapshot.parse::<usize>().unwrap() < self.tokens_expired => {
                return status(410, "Expired", None, Some(&format!("live:{after}")));
            }
            Some((snapshot, after)) => (snapshot.parse().unwrap(), after.parse().ok()),
        };
        let (version, objects) = &self.snapshots[snapshot];
        let rest: Vec<_> = objects.iter().filter(|(uid, _)| after.is_none_or(|a| **uid > a)).collect();
        let page = &rest[..limit.unwrap_or(rest.len()).min(rest.len())];
        let left = rest.len() - page.len();
        let next =
            page.last().filter(|_| left > 0).map(|(uid, _)| format!(r#","continue":"{snapshot}:{uid}","remainingItemCount":{left}"#));
        let items: Vec<String> = page.iter().map(|(uid, o)| json(**uid, o)).collect();
        let list = format!(
            r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"{version}"{}}},"items":[{}]}}"#,
            next.unwrap_or_default(),
            items.join(",")
        );
        if asked.packed { gzip(&list) } else { whole(200, "application/json", list.into_bytes()) }
    }
}

type BodyOf = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

fn body(mut receiver: UnboundedReceiver<Piece>, unread: Arc<AtomicU64>) -> BodyOf {
    let frames = poll_fn(move |cx| {
        receiver.poll_recv(cx).map(|piece| {
            piece.map(|piece| {
                piece.map(|bytes| {
                    let _ = unread.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(n.saturating_sub(bytes.len() as u64)));
                    Frame::data(bytes)
                })
            })
        })
    });
    StreamBody::new(frames).boxed_unsync()
}

fn whole(code: u16, kind: &str, text: Vec<u8>) -> Response<BodyOf> {
    let body = http_body_util::Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(code).header("content-type", kind).body(body).unwrap()
}

fn gzip(text: &str) -> Response<BodyOf> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    io::Write::write_all(&mut packer, text.as_bytes()).unwrap();
    let mut response = whole(200, "application/json", packer.finish().unwrap());
    response.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    response
}

fn status(code: u16, reason: &str, after: Option<u64>, token: Option<&str>) -> Response<BodyOf> {
    let metadata = token.map(|t| format!(r#""continue":"{t}""#)).unwrap_or_default();
    let cause =
        if reason == "TooLarge" { r#","details":{"causes":[{"reason":"ResourceVersionTooLarge","message":"too large"}]}"# } else { "" };
    let reason = if reason == "TooLarge" { "Timeout" } else { reason };
    let text = format!(
        r#"{{"kind":"Status","metadata":{{{metadata}}},"status":"Failure","message":"it says {reason}","reason":"{reason}","code":{code}{cause}}}"#
    );
    let mut response = whole(code, "application/json", text.into_bytes());
    if let Some(after) = after {
        response.headers_mut().insert("retry-after", after.to_string().parse().unwrap());
    }
    response
}

fn asked(request: &Request<Body>) -> Asked {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default().to_owned());
    let what = match path {
        "/version" => For::Version,
        "/api/v1/pods" if query.contains("sendInitialEvents=true") => For::Stream,
        "/api/v1/pods" if query.contains("watch=1") => For::Watch,
        "/api/v1/pods" => For::List,
        _ => For::Discovery,
    };
    let packed = request.headers().get("accept-encoding").is_some_and(|e| e == "gzip");
    Asked { at: Instant::now(), what, query, packed }
}

/// The value of a parameter.
pub fn param(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

pub(super) fn id(uid: u128) -> Uid {
    Uid::parse(&format!("{uid:032x}"))
}

fn json(uid: u128, object: &Object) -> String {
    let Object { name, version, raw } = object;
    raw.clone().unwrap_or_else(|| {
        format!(r#"{{"metadata":{{"uid":"{uid:032x}","name":"{name}","namespace":"shop","resourceVersion":"{version}"}},"spec":{{}},"status":{{"phase":"Running"}}}}"#)
    })
}

pub(super) fn event(what: &str, uid: u128, object: &Object) -> String {
    format!("{{\"type\":\"{what}\",\"object\":{}}}\n", json(uid, object))
}
