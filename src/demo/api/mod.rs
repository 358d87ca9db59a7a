//! Answers to requests. A stub, until the real one is merged.

use super::cluster::Cluster;
use super::json::encode;
use super::status::Refusal;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::sync::Arc;

/// The body of an answer.
pub type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, std::io::Error>;

/// Answers a request.
pub async fn answer(_cluster: Arc<Cluster>, request: Request<Incoming>) -> Response<Body> {
    let version = json!({"major": "1", "minor": "34", "gitVersion": "v1.34.1", "platform": "linux/amd64"});
    match request.uri().path() {
        "/version" => whole(200, &version),
        "/livez" | "/readyz" => Response::new(Full::from("ok").map_err(|e| match e {}).boxed_unsync()),
        _ => whole(404, &Refusal::no_such_path().status()),
    }
}

fn whole(code: u16, value: &Value) -> Response<Body> {
    let body = Full::from(encode(value)).map_err(|e| match e {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}
