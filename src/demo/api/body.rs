//! Bodies: what is read from a request, and how answers are put.

use crate::demo::json::encode;
use crate::demo::protobuf;
use crate::demo::status::{Answer, Refusal};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::Value;
use std::io;

/// The body of an answer. An error in it cuts the connection.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What a server takes at most in one request (`MaxRequestBodyBytes` of k8s.io/apiserver).
const LIMIT: usize = 3 << 20;

/// Bytes as a whole body.
pub(super) fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// An answer of bytes.
pub(super) fn bytes(code: u16, kind: &'static str, bytes: Bytes) -> Response<Body> {
    let mut answer = Response::new(whole(bytes));
    *answer.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// An answer of JSON, with the end of line that Go's encoder writes.
pub(super) fn json(code: u16, value: &Value) -> Response<Body> {
    let mut out = encode(value).to_vec();
    out.push(b'\n');
    bytes(code, "application/json", out.into())
}

/// An answer of plain text.
pub(super) fn text(code: u16, text: impl Into<String>) -> Response<Body> {
    bytes(code, "text/plain; charset=utf-8", Bytes::from(text.into()))
}

/// An answer that refuses.
pub(super) fn status(refusal: &Refusal) -> Response<Body> {
    let mut answer = json(refusal.code, &refusal.status());
    let after = refusal.details.pointer("/retryAfterSeconds").and_then(Value::as_i64);
    if let Some(seconds) = after {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// The whole body of a request.
pub(super) async fn read(request: Request<Incoming>) -> Answer<Bytes> {
    let body = http_body_util::Limited::new(request.into_body(), LIMIT).collect().await;
    match body {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(Refusal::new(413, "RequestEntityTooLarge", format!("Request entity too large: {error}"))),
    }
}

/// The object in a request of this content type: JSON where none is named, YAML, or protobuf.
pub(super) fn object(content: &str, body: &[u8]) -> Answer<Value> {
    match content {
        protobuf::CONTENT => return protobuf::decode(body),
        "" | "application/json" | "application/yaml" => {}
        patch if patch.ends_with("+json") || patch.ends_with("+yaml") => {}
        _ => {
            let known = format!("application/json, application/yaml, {}", protobuf::CONTENT);
            let why = format!("the body of the request was in an unknown format - accepted media types include: {known}");
            return Err(Refusal::new(415, "UnsupportedMediaType", why));
        }
    }
    serde_json::from_slice(body)
        .or_else(|bad| serde_yaml::from_slice(body).map_err(|_| bad))
        .map_err(|bad| Refusal::bad_request(format!("the object provided is unrecognized (must be of type Object): {bad}")))
}
