//! Whether a far side lives: what is heard of it, by what went in.

use super::super::fault;
use super::SILENCE;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::SplitStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Whoever was sent no more than fits into a pipe of Linux has nothing to wait for before it reads what comes next, pings too.
const PIPE: u64 = 64 << 10;
/// After the far side has said how it ended, what is left may take so long.
const LAST: Duration = Duration::from_secs(5);

/// Bytes that went in and came out of a stream.
#[derive(Default)]
pub(super) struct Pulse {
    sent: AtomicU64,
    received: AtomicU64,
    /// Bytes that were taken: what had gone in before the ping that was answered last.
    taken: AtomicU64,
}

impl Pulse {
    /// So many bytes go in.
    pub(super) fn sends(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Relaxed);
    }

    /// So many came out.
    pub(super) fn receives(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Relaxed);
    }

    /// What went in and what came out.
    pub(super) fn counted(&self) -> (u64, u64) {
        (self.sent.load(Relaxed), self.received.load(Relaxed))
    }

    /// A ping, which says how much went in before it.
    pub(super) fn ping(&self) -> Message {
        Message::Ping(Bytes::copy_from_slice(&self.sent.load(Relaxed).to_be_bytes()))
    }

    /// The next message; or why there is none, with nothing special to tell where the far side said goodbye. Time counts only while this waits: who
    /// does not read hears nothing. Where silence says nothing, because what went in is not taken, `fate` is asked. `is_last`
    /// where all is said but what is on its way.
    pub(super) async fn next<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        from: &mut SplitStream<WebSocketStream<S>>,
        is_last: bool,
        fate: &impl Fate,
    ) -> Result<Bytes, Lost> {
        loop {
            let message = match timeout(if is_last { LAST } else { SILENCE }, from.next()).await {
                Ok(None | Some(Err(Error::ConnectionClosed))) => return Err(Lost::Closed),
                Ok(Some(Err(why))) => return Err(Lost::Broken(broken(&why))),
                Ok(Some(Ok(message))) => message,
                Err(_) if !is_last && self.is_held_up() => match fate.over().await {
                    None => continue,
                    Some(why) => return Err(Lost::Broken(why)),
                },
                Err(_) => return Err(Lost::Broken(format!("nothing was heard of it for {} s", SILENCE.as_secs()))),
            };
            match message {
                Message::Binary(data) => return Ok(data),
                Message::Text(text) => return Ok(text.into()),
                Message::Pong(payload) => drop(payload.first_chunk().map(|n| self.taken.store(u64::from_be_bytes(*n), Relaxed))),
                _ => {}
            }
        }
    }

    /// True where the far side may be busy with what it has, and read nothing that comes behind it.
    fn is_held_up(&self) -> bool {
        let sent = self.sent.load(Relaxed);
        sent >= PIPE && sent > self.taken.load(Relaxed)
    }
}

/// Knows by other ways what became of a far side.
pub(super) trait Fate: Sync {
    /// Why a stream that takes nothing is over; nothing where it may go on.
    fn over(&self) -> impl Future<Output = Option<String>> + Send;
}

/// Why nothing more comes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The far side said goodbye.
    Closed,
    /// It did not.
    Broken(String),
}

fn broken(why: &Error) -> String {
    match why {
        Error::Protocol(_) => "the connection was cut off".to_owned(),
        why => fault::of_transport(why).what,
    }
}
