//! Attaching to a container: its output from now on. What is typed is taken, and nobody answers.

use super::channels::{Channels, PROTOCOLS};
use super::exec::{Asked, STATUS, STDOUT, ended, refuse};
use super::upgrade;
use crate::demo::logs::body::Follower;
use crate::demo::status::Answer;
use http::{Request, Response};
use std::pin::pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// Accepts the request and sends what the follower finds, until the container ends or the client goes.
///
/// # Errors
/// 400 where the request is no WebSocket of a known protocol.
pub fn attach<B>(request: &mut Request<B>, asked: Asked, log: Result<Follower, String>) -> Answer<Response<()>> {
    let (answer, upgrade) = upgrade(request, PROTOCOLS)?;
    tokio::spawn(async move {
        let protocol = upgrade.protocol;
        let channels = Channels::new(upgrade.socket().await?, protocol);
        match log {
            Ok(log) => talk(channels, &asked, log).await,
            Err(why) => refuse(channels, &why).await,
        }
    });
    Ok(answer)
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut channels: Channels<S>, asked: &Asked, mut log: Follower) -> Option<()> {
    channels.send(STDOUT, b"").await?;
    loop {
        let chunk = {
            let mut next = pin!(log.next());
            loop {
                tokio::select! {
                    chunk = &mut next => break chunk,
                    received = channels.receive() => drop(received?),
                }
            }
        };
        let Some(chunk) = chunk else { break };
        if asked.tty {
            let text = String::from_utf8_lossy(&chunk).replace('\n', "\r\n");
            channels.send(STDOUT, text.as_bytes()).await?;
        } else {
            channels.send(STDOUT, &chunk).await?;
        }
    }
    channels.send(STATUS, ended(0).to_string().as_bytes()).await?;
    channels.close().await;
    Some(())
}
