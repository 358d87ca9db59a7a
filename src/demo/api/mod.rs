//! The Kubernetes API over one cluster: from a request to a response. One file for each sort of endpoint.

mod body;
mod columns;
mod discovery;
mod evict;
mod form;
mod identity;
mod kubelet;
mod list;
mod older;
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

use super::cluster::Cluster;
use super::rbac;
use super::status::{Answer, Refusal};
use body::{json, status, text};
use http::Response;
use hyper::Request;
use hyper::body::Incoming;
use request::{Asked, Path};
use std::sync::Arc;

/// What is looked at where somebody asks how the server is.
const CHECKS: &str = "[+]ping ok\n[+]log ok\n[+]etcd ok\n";

/// Answers a request.
pub async fn answer(cluster: Arc<Cluster>, request: Request<Incoming>) -> Response<Body> {
    if !cluster.is_built() {
        // A server that is only coming up is there; what it knows nothing of yet has to wait.
        if let Some(known) = open_to_all(request.uri().path(), request.uri().query().unwrap_or_default()) {
            return known;
        }
        cluster.built().await;
    }
    let (path, head) = request::parse(&cluster, &request);
    let result = match head {
        Ok(asked) => respond(&cluster, asked, request).await,
        Err(refusal) => open_to_all(&path, "").ok_or(refusal),
    };
    result.unwrap_or_else(|refusal| status(&refusal))
}

/// What is answered to those who did not say who they are.
fn open_to_all(path: &str, query: &str) -> Option<Response<Body>> {
    let is_told = query.split('&').any(|word| word.split('=').next() == Some("verbose"));
    match path {
        "/version" => Some(discovery::version()),
        "/livez" | "/readyz" | "/healthz" if is_told => Some(text(200, format!("{CHECKS}{} check passed\n", path.trim_start_matches('/')))),
        "/livez" | "/readyz" | "/healthz" => Some(text(200, "ok")),
        _ => None,
    }
}

async fn respond(cluster: &Arc<Cluster>, asked: Asked, request: Request<Incoming>) -> Answer<Response<Body>> {
    match &asked.path {
        Path::Other(path) => {
            if let Some(answer) = open_to_all(path, request.uri().query().unwrap_or_default()) {
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
        Path::Review(target) => {
            let body = body::read(request).await?;
            cluster.with(|sim| review::answer(cluster, sim, target, &asked, &body)).map(|review| json(201, &review))
        }
        Path::Objects(target) => {
            cluster.look(|sim| rbac::check(&sim.store, &asked.user, &asked.attributes(target)))?;
            if kubelet::is_asked(target) {
                return kubelet::answer(cluster, target, &asked, request);
            }
            if target.is_older {
                let body = body::read(request).await?;
                let creates = asked.verb == "create" && target.name.is_empty();
                return if creates { cluster.with(|sim| older::create(sim, target, &asked, &body)) } else { Err(Refusal::no_such_path()) };
            }
            match (asked.verb, target.subresource.as_str()) {
                ("watch", "") => watch::answer(cluster, target, &asked),
                ("list", "") => list::answer(cluster, target, &asked),
                ("get", "" | "status") => list::one(cluster, target, &asked),
                ("create", "token") => identity::token(cluster, target, &asked, &body::read(request).await?),
                _ => {
                    let body = body::read(request).await?;
                    cluster.with(|sim| write::answer(sim, target, &asked, &body))
                }
            }
        }
    }
}
