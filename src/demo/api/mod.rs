//! The Kubernetes API over one cluster: from a request to a response. One file for each sort of endpoint.

mod body;
mod columns;
mod discovery;
mod evict;
mod form;
mod kubelet;
mod list;
mod openapi;
mod request;
mod review;
mod scale;
mod selection;
mod table;
mod usage;
mod watch;
mod write;

pub use body::Body;

use super::cluster::{Cluster, User};
use super::rbac;
use super::status::{Answer, Refusal};
use body::{json, status, text};
use http::Response;
use hyper::Request;
use hyper::body::Incoming;
use request::{Asked, Path};
use std::sync::Arc;

/// Answers a request.
pub async fn answer(cluster: Arc<Cluster>, request: Request<Incoming>) -> Response<Body> {
    let (path, head) = request::parse(&cluster, &request);
    let result = match head {
        Ok(asked) => respond(&cluster, asked, request).await,
        Err(refusal) => open_to_all(&path).ok_or(refusal),
    };
    result.unwrap_or_else(|refusal| status(&refusal))
}

/// What is answered to those who did not say who they are.
fn open_to_all(path: &str) -> Option<Response<Body>> {
    match path {
        "/version" => Some(json(200, &discovery::version())),
        "/livez" | "/readyz" | "/healthz" => Some(text(200, "ok")),
        _ => None,
    }
}

async fn respond(cluster: &Arc<Cluster>, asked: Asked, request: Request<Incoming>) -> Answer<Response<Body>> {
    match &asked.path {
        Path::Other(path) => {
            if let Some(answer) = open_to_all(path) {
                return Ok(answer);
            }
            if usage::is_asked(path) {
                return usage::answer(cluster, path, &asked);
            }
            cluster
                .look(|sim| discovery::answer(sim, path, &asked))
                .or_else(|| openapi::answer(cluster, path))
                .ok_or_else(Refusal::no_such_path)
        }
        Path::Review(kind) => {
            let body = body::read(request).await?;
            cluster.with(|sim| review::answer(sim, kind, &asked, &body)).map(|review| json(201, &review))
        }
        Path::Objects(target) => {
            cluster.look(|sim| rbac::check(&sim.store, &asked.user, &asked.attributes(target)))?;
            if kubelet::is_asked(target) {
                return kubelet::answer(cluster, target, &asked, request);
            }
            match (asked.verb, target.subresource.as_str()) {
                ("watch", "") => watch::answer(cluster, target, &asked),
                ("list", "") => list::answer(cluster, target, &asked),
                ("get", "" | "status") => list::one(cluster, target, &asked),
                _ => {
                    let body = body::read(request).await?;
                    cluster.with(|sim| write::answer(sim, target, &asked, &body))
                }
            }
        }
    }
}

/// Somebody, where nothing is known of who asks.
fn nobody() -> Answer<User> {
    Err(Refusal::new(401, "Unauthorized", "Unauthorized"))
}
