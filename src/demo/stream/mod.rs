//! What a kubelet streams both ways: exec, attach and port-forward, over WebSockets as kubectl and kube-rs speak them. The upgrade of a
//! request is here; `channels` divides a socket, and each conversation has a file of its own. SPDY is here only within a WebSocket, as
//! kubectl forwards ports since 1.31: clients that upgrade to bare SPDY are refused.

pub mod attach;
mod channels;
pub mod exec;
mod forward;
pub mod shell;
mod spdy;
mod terminal;
mod visitor;

pub use forward::forward;

use crate::demo::json::{Millis, text};
use crate::demo::logs::query::status;
use crate::demo::status::{Answer, Refusal};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::time::Duration;
use tokio::time::sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// The clock of a cluster.
pub type Clock = Box<dyn Fn() -> Millis + Send>;

/// A WebSocket on its way.
pub struct Upgrade {
    /// The protocol that both sides know.
    pub protocol: &'static str,
    coming: OnUpgrade,
}

/// What starting a process takes. Before 1.33 kubectl loses what comes before it is ready to listen, as it never does from a real kubelet.
const START: Duration = Duration::from_millis(60);

impl Upgrade {
    /// The socket, once the answer is on its way; none where the client has gone.
    pub async fn socket(self) -> Option<WebSocketStream<TokioIo<Upgraded>>> {
        let upgraded = self.coming.await.ok()?;
        sleep(START).await;
        Some(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await)
    }
}

/// Answers a request for a WebSocket that speaks one of these protocols: with the answer to send, and the socket to come.
///
/// # Errors
/// 400 where it is none, or where none of its protocols is known here.
pub fn upgrade<B>(request: &mut Request<B>, known: &[&'static str]) -> Answer<(Response<()>, Upgrade)> {
    let headers = request.headers();
    let wants = words(headers, UPGRADE.as_str()).any(|w| w.eq_ignore_ascii_case("websocket"));
    let Some(key) = headers.get(SEC_WEBSOCKET_KEY).filter(|_| wants) else {
        return Err(Refusal::bad_request("Upgrade request required"));
    };
    let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
    let protocol = words(headers, SEC_WEBSOCKET_PROTOCOL.as_str()).find_map(|w| known.iter().find(|k| **k == w));
    let (Ok(accept), Some(&protocol)) = (accept, protocol) else {
        let asked: Vec<&str> = words(headers, SEC_WEBSOCKET_PROTOCOL.as_str()).collect();
        let (asked, known) = (asked.join(" "), known.join(" "));
        return Err(Refusal::bad_request(format!("requested protocol(s) are not supported: [{asked}]; supports [{known}]")));
    };
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let fields = answer.headers_mut();
    fields.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    fields.insert(UPGRADE, HeaderValue::from_static("websocket"));
    fields.insert(SEC_WEBSOCKET_ACCEPT, accept);
    fields.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    Ok((answer, Upgrade { protocol, coming: hyper::upgrade::on(request) }))
}

/// The words of a header that is a list.
fn words<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).map(str::trim)
}

/// True where a container of a pod runs.
pub fn runs(pod: &Value, container: &str) -> bool {
    status(pod, container).is_some_and(|s| s.pointer("/state/running").is_some())
}

/// Refuses a pod that is on no node.
///
/// # Errors
/// 400, in the server's words.
pub fn placed(pod: &Value) -> Answer<()> {
    let name = text(pod, "/metadata/name").unwrap_or_default();
    match text(pod, "/spec/nodeName") {
        None | Some("") => Err(Refusal::bad_request(format!("pod {name} does not have a host assigned"))),
        Some(_) => Ok(()),
    }
}
