//! One request and its answer. What is left open by a lost connection is said to be open: a write that was on its way may have been done.

use super::fault;
use super::link::Link;
use super::watch::escape;
use crate::kinds::decode::Status;
use crate::model::call::{Call, Cause, Failure, Method, Reply};
use crate::model::fault::{Fault, FaultKind};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use kube::client::Body;
use std::time::Duration;
use tokio::time::timeout;

/// How long a request may take: API servers give up on their own after 34 to 60 seconds, webhooks after at most 30.
const DEADLINE: Duration = Duration::from_secs(65);
/// How what the API server passes on of its store's failures begins. "request timed out" and "leader changed" come also where the write was done.
const STORE: &str = "etcdserver: ";
/// Who writes, in managed fields.
pub const MANAGER: &str = "kconsole";

/// Sends a request and waits for its answer.
pub async fn perform(link: Link, call: Call) -> Result<Reply, Failure> {
    let up = link.up().await.map_err(Failure::unsent)?;
    let request = request(&call).map_err(|why| Failure::unsent(Fault::new(FaultKind::Invalid, why.to_string())))?;
    let answer = timeout(DEADLINE, link.exchange(&up, request)).await;
    let slow = || (Fault::new(FaultKind::Unreachable, format!("no answer within {} s", DEADLINE.as_secs())), true);
    let answer = answer.unwrap_or_else(|_| Err(slow()));
    let answer = answer.map_err(|(fault, sent)| Failure { fault, causes: Vec::new(), in_doubt: sent && call.method.writes() })?;
    let (head, body) = answer.into_parts();
    if !head.status.is_success() {
        return Err(refused(head.status, &head.headers, &body, call.method));
    }
    let unread = |why: serde_json::Error| Failure {
        fault: Fault::new(FaultKind::Garbled, format!("the answer cannot be read: {why}")),
        causes: Vec::new(),
        in_doubt: call.method.writes(),
    };
    Ok(Reply { object: serde_json::from_slice(&body).map_err(unread)?, warnings: warnings(&head.headers), ended: None })
}

fn request(call: &Call) -> Result<Request<Body>, http::Error> {
    let (verb, content) = match call.method {
        Method::Get => ("GET", ""),
        Method::Review | Method::Create => ("POST", "application/json"),
        Method::ReplaceYaml => ("PUT", "application/yaml"),
        Method::Merge => ("PATCH", "application/merge-patch+json"),
        Method::Strategic => ("PATCH", "application/strategic-merge-patch+json"),
        Method::Json => ("PATCH", "application/json-patch+json"),
        Method::Apply => ("PATCH", "application/apply-patch+yaml"),
        Method::Delete => ("DELETE", "application/json"),
        // Streams are opened elsewhere: see `stream`.
        Method::Connect | Method::Forward | Method::Copy => ("GET", ""),
    };
    let manager = ("fieldManager", MANAGER.to_owned());
    let query = call.query.iter().chain(call.method.writes().then_some(&manager).filter(|_| call.method != Method::Delete));
    let query: Vec<String> = query.map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let path: Vec<String> = call.path.split('/').map(escape).collect();
    let uri = if query.is_empty() { path.join("/") } else { format!("{}?{}", path.join("/"), query.join("&")) };
    let mut request = Request::builder().method(verb).uri(uri).header(header::ACCEPT, HeaderValue::from_static("application/json"));
    if !content.is_empty() {
        request = request.header(header::CONTENT_TYPE, HeaderValue::from_static(content));
    }
    request.body(Body::from(call.body.clone().into_bytes()))
}

/// What a server's refusal says.
fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8], method: Method) -> Failure {
    let mut fault = fault::of_status(status, headers, body);
    fault.what = without_values(&fault.what);
    let object = serde_json::from_slice::<Status>(body).ok().filter(|s| s.kind.as_deref() == Some("Status"));
    // The API server gives up on what goes on behind it; a proxy on the API server.
    let gave_up = matches!(status, StatusCode::GATEWAY_TIMEOUT | StatusCode::BAD_GATEWAY)
        || (status.is_server_error() && (object.is_none() || fault.what.contains(STORE)))
        || object.as_ref().is_some_and(|s| s.reason.as_deref() == Some("Timeout"));
    let causes = object.and_then(|s| s.details?.causes).unwrap_or_default().into_iter();
    let causes = causes.map(|c| Cause { field: c.field.unwrap_or_default(), message: without_values(&c.message.unwrap_or_default()) });
    Failure { fault, causes: causes.collect(), in_doubt: gave_up && method.writes() }
}

/// What a server warns of (RFC 7234: `299 - "text"`).
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let texts = headers.get_all(header::WARNING).iter().filter_map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let quoted = text.split_once('"')?.1.rsplit_once('"')?.0.replace("\\\"", "\"");
        Some(quoted)
    });
    texts.collect()
}

/// A message without the values that it quotes, which may be those of a Secret: the API server writes `Invalid value: "…": why`.
fn without_values(message: &str) -> String {
    const MARK: &str = "alue: ";
    let mut left = message;
    let mut out = String::with_capacity(message.len());
    while let Some(at) = left.find(MARK).map(|at| at + MARK.len()) {
        let (head, tail) = left.split_at(at);
        out.push_str(head);
        let value = quoted(tail);
        if value > 0 {
            out.push('…');
        }
        left = tail.get(value..).unwrap_or_default();
    }
    out + left
}

/// How long the text, mapping or list is that a message begins with, also one in Go's own form (`map[string]string{"a":"b"}`); 0 for numbers and
/// words.
fn quoted(text: &str) -> usize {
    let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
    let kind = text.find(|c: char| matches!(c, '{' | '"' | ':' | ',') || c.is_whitespace()).unwrap_or(text.len());
    let begin = if text.get(kind..).is_some_and(|rest| rest.starts_with('{')) { kind } else { 0 };
    if begin == 0 && !text.starts_with(['"', '{', '[']) {
        return 0;
    }
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < begin) {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            '{' | '[' if !inside => depth += 1,
            '}' | ']' if !inside => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && !inside {
            return at + c.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_stay_with_the_server() {
        let table = [
            (r#"Invalid value: "hunter2": must be shorter"#, "Invalid value: …: must be shorter"),
            (
                r#"a: Invalid value: "a\"b: c": no; b: Unsupported value: "x": supported values: "y""#,
                "a: Invalid value: …: no; b: Unsupported value: …: supported values: \"y\"",
            ),
            (r#"Invalid value: {"a":["b}"]}: no"#, "Invalid value: …: no"),
            (r#"Invalid value: map[string]string{"a":"hunter2"}: no"#, "Invalid value: …: no"),
            (r#"Invalid value: core.SecretKeySelector{Key:"hunter2"}: no"#, "Invalid value: …: no"),
            ("Invalid value: -1: must be 0 or more", "Invalid value: -1: must be 0 or more"),
            (r#"Invalid value: "never closed"#, "Invalid value: …"),
            ("plain", "plain"),
        ];
        for (message, told) in table {
            assert_eq!(without_values(message), told);
        }
    }

    #[test]
    fn warnings_are_what_stands_between_the_quotes() {
        let mut headers = HeaderMap::new();
        headers.append(header::WARNING, HeaderValue::from_static(r#"299 - "policy/v1beta1 is \"old\"""#));
        headers.append(header::WARNING, HeaderValue::from_static(r#"299 - "unknown field""#));
        headers.append(header::WARNING, HeaderValue::from_static("garbage"));
        assert_eq!(warnings(&headers), ["policy/v1beta1 is \"old\"", "unknown field"]);
    }

    #[test]
    fn what_a_gateway_says_leaves_a_write_in_doubt() {
        let status = |code: u16, body: &str, method| {
            refused(StatusCode::from_u16(code).unwrap(), &HeaderMap::new(), body.as_bytes(), method).in_doubt
        };
        let timeout = r#"{"kind":"Status","code":504,"reason":"Timeout","message":"request did not complete"}"#;
        let denied = r#"{"kind":"Status","code":500,"reason":"InternalError","message":"failed calling webhook"}"#;
        for (code, body, method, in_doubt) in [
            (504, timeout, Method::Merge, true),
            (504, timeout, Method::Get, false),
            (502, "<html>", Method::Merge, true),
            (503, "upstream gone", Method::Delete, true),
            (500, denied, Method::Merge, false),
            (500, &denied.replace("failed calling webhook", "etcdserver: request timed out"), Method::Merge, true),
            (409, "", Method::Merge, false),
        ] {
            assert_eq!(status(code, body, method), in_doubt, "{code} {body}");
        }
    }
}
