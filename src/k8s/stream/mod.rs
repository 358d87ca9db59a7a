//! Streams both ways, into containers and to their ports: WebSockets on connections of their own, made as all others are.
//!
//! A stream ends when the far side ends it, or when nothing has been heard of it for `SILENCE`. It is pinged for that: a connection that hangs
//! says nothing by itself.

mod exec;
mod forward;
mod held;
mod holder;
mod modes;
mod pod;
mod ports;
mod pulse;
mod target;

pub use exec::{Ends, NO_PROGRAM, UNREAD, attach, exec};
pub use forward::{Forward, Listeners, Tally, tell};
pub use held::{Counted, Held, Visit};
pub use pod::{find, read};
pub use target::Target;

use super::fault;
use super::link::{Link, Up};
use crate::model::fault::{Fault, FaultKind};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{Request, Response, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// A WebSocket.
type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// How often a stream is pinged.
const PING: Duration = Duration::from_secs(3);
/// A stream of which nothing is heard for so long is dead.
const SILENCE: Duration = Duration::from_secs(10);
/// So long a server may take until a stream is open: it asks the kubelet first.
const OPENING: Duration = Duration::from_secs(15);
/// So much comes at a time: a record of TLS. All of the room for it is cleared before every read.
const RECORD: usize = 16 << 10;

/// Opens a stream that speaks one of these protocols; tells which.
async fn open(link: &Link, up: &Up, uri: &str, protocols: &[&'static str]) -> Result<(Socket, &'static str), Fault> {
    let key = generate_key();
    let request = Request::get(uri)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key)
        .header(SEC_WEBSOCKET_PROTOCOL, protocols.join(", "))
        .body(Body::empty());
    let request = request.map_err(|e| Fault::new(FaultKind::Invalid, e.to_string()))?;
    let late = |_| Fault::new(FaultKind::Unreachable, format!("no answer within {} s", OPENING.as_secs()));
    let answer = timeout(OPENING, link.send(up, request)).await.map_err(late)?.map_err(explained)?;
    let protocol = accepted(&answer, &key, protocols)?;
    let upgrade = hyper::upgrade::on(answer);
    let upgraded = upgrade.await.map_err(|e| fault::of_transport(&e))?;
    let config = WebSocketConfig::default().read_buffer_size(RECORD);
    Ok((WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(config)).await, protocol))
}

/// The protocol that a server will speak, where it answers to what was asked.
fn accepted(answer: &Response<Body>, key: &str, protocols: &[&'static str]) -> Result<&'static str, Fault> {
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let switches =
        answer.status() == StatusCode::SWITCHING_PROTOCOLS && header(SEC_WEBSOCKET_ACCEPT) == Some(&derive_accept_key(key.as_bytes()));
    let protocol = protocols.iter().find(|known| switches && header(SEC_WEBSOCKET_PROTOCOL) == Some(known));
    let refused = || Fault::new(FaultKind::Garbled, format!("the server opens no stream: HTTP {}", answer.status()));
    protocol.copied().ok_or_else(|| refused().hint("does a proxy on the way let WebSockets through?"))
}

/// A refusal, with what many do not know: roles that were written for older clients lack a right.
fn explained(fault: Fault) -> Fault {
    match fault.kind {
        FaultKind::Forbidden => fault.hint("a stream over WebSockets takes the right to get the subresource as well as to create it"),
        _ => fault,
    }
}
