//! A WebSocket that is divided into channels: the first byte of each message says which (`k8s.io/streaming/pkg/httpstream/wsstream`).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// Protocols of exec and attach, and of ports with kube-rs.
pub(super) const PROTOCOLS: &[&str] =
    &["v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io"];

/// Before the number of a channel that the client closes, since version 5.
const CLOSE: u8 = 255;

/// How a conversation ends that went well; clients take anything else for a mistake.
pub(super) fn goodbye() -> CloseFrame {
    CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() }
}

/// Something from the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// Bytes on a channel.
    Data(u8, Bytes),
    /// Nothing more comes on a channel.
    End(u8),
}

/// A socket divided into channels.
pub(super) struct Channels<S> {
    socket: WebSocketStream<S>,
    base64: bool,
    closes: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Channels<S> {
    pub(super) fn new(socket: WebSocketStream<S>, protocol: &str) -> Self {
        Self { socket, base64: protocol.contains("base64"), closes: protocol.starts_with("v5") }
    }

    /// True where the client can say that nothing more comes on a channel.
    pub(super) fn closes(&self) -> bool {
        self.closes
    }

    /// Sends bytes on a channel; none where the client has gone.
    pub(super) async fn send(&mut self, channel: u8, data: &[u8]) -> Option<()> {
        let message = if self.base64 {
            Message::text(char::from(b'0' + channel).to_string() + &BASE64_STANDARD.encode(data))
        } else {
            let mut bytes = Vec::with_capacity(data.len() + 1);
            bytes.push(channel);
            bytes.extend_from_slice(data);
            Message::binary(bytes)
        };
        self.socket.send(message).await.ok()
    }

    /// What comes next; none where the client has gone. May be dropped while it waits.
    pub(super) async fn receive(&mut self) -> Option<Received> {
        loop {
            let data = match self.socket.next().await?.ok()? {
                Message::Binary(data) => data,
                Message::Text(text) => Bytes::from(text),
                Message::Close(_) => return None,
                _ => continue,
            };
            let Some((&first, _)) = data.split_first() else { continue };
            let rest = data.slice(1..);
            if self.closes && first == CLOSE {
                match rest.first() {
                    Some(channel) => return Some(Received::End(*channel)),
                    None => continue,
                }
            }
            if !self.base64 {
                return Some(Received::Data(first, rest));
            }
            return Some(Received::Data(first.wrapping_sub(b'0'), BASE64_STANDARD.decode(&rest).ok()?.into()));
        }
    }

    /// Says goodbye, and waits until the client has too.
    pub(super) async fn close(mut self) {
        // A client that has gone already needs no goodbye.
        if self.socket.close(Some(goodbye())).await.is_ok() {
            while let Some(Ok(_)) = self.socket.next().await {}
        }
    }
}
