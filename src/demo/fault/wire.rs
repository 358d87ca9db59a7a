//! Connections that fail. They go through here only where a fleet was started for faults, since every byte is copied once more.

use super::{Door, Faults, Line};
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// Bytes on their way at once.
const ROOM: usize = 64 << 10;
/// Pieces on their way at once.
const PIECES: usize = 64;
/// What no TLS begins with.
const GARBAGE: &[u8] = b"\x00\xffSSH-2.0-garbage\r\n\x1b[31m\x07\x9b";

/// What comes of a new connection: nothing, where the door is not open and the connection has met its end here.
pub(in crate::demo) async fn enter(stream: TcpStream, faults: &Arc<Faults>) -> Option<DuplexStream> {
    let mut door = faults.door.subscribe();
    let now = *door.borrow_and_update();
    match now {
        Door::Open => Some(pump(stream, faults)),
        Door::Shut => None,
        Door::Silent => {
            // Kept until the door changes.
            let _ = door.changed().await;
            drop(stream);
            None
        }
        Door::Garbage => {
            let mut stream = stream;
            let _ = stream.write_all(GARBAGE).await;
            let _ = stream.shutdown().await;
            None
        }
    }
}

/// Carries bytes between a socket and the stream that is returned, as well or badly as is ordered.
fn pump(stream: TcpStream, faults: &Arc<Faults>) -> DuplexStream {
    let (near, far) = duplex(ROOM);
    let number = faults.connection();
    let (up_line, down_line, mut line) = (faults.line.subscribe(), faults.line.subscribe(), faults.line.subscribe());
    tokio::spawn(async move {
        let (mut socket_in, mut socket_out) = stream.into_split();
        let (mut far_in, mut far_out) = split(far);
        let up = carry(&mut socket_in, &mut far_out, up_line, number);
        let down = carry(&mut far_in, &mut socket_out, down_line, number);
        let reset = line.wait_for(|line| line.reset > number);
        let is_reset = tokio::select! {
            _ = async { tokio::join!(up, down) } => false,
            told = reset => told.is_ok(),
        };
        if is_reset {
            // With nothing to linger for, closing is a reset.
            let _ = socket_out.as_ref().set_zero_linger();
        }
    });
    near
}

/// Carries one direction until it ends.
async fn carry<R, W>(from: &mut R, to: &mut W, line: watch::Receiver<Line>, number: u64) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (out, pieces) = mpsc::channel(PIECES);
    let (read, written) = tokio::join!(read(from, out, &line), write(to, pieces, line.clone(), number));
    read.and(written)
}

async fn read<R: AsyncRead + Unpin>(from: &mut R, out: mpsc::Sender<(Instant, Bytes)>, line: &watch::Receiver<Line>) -> io::Result<()> {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let n = from.read(&mut buffer).await?;
        let latency = line.borrow().latency;
        let piece = Bytes::copy_from_slice(buffer.get(..n).unwrap_or_default());
        if n == 0 || out.send((Instant::now() + latency, piece)).await.is_err() {
            return Ok(());
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(
    to: &mut W,
    mut pieces: mpsc::Receiver<(Instant, Bytes)>,
    mut line: watch::Receiver<Line>,
    number: u64,
) -> io::Result<()> {
    while let Some((due, piece)) = pieces.recv().await {
        sleep_until(due).await;
        // What is half-open never speaks again; its end comes with a reset or the end of the server.
        let heard = line.wait_for(|line| line.silent <= number).await.is_ok();
        if !heard {
            return Ok(());
        }
        let rate = line.borrow().rate;
        // Small pieces, or a slow line would be a silent one that speaks up now and then.
        let size = rate.map_or(piece.len(), |rate| (rate as usize / 20).max(1));
        for part in piece.chunks(size.max(1)) {
            if let Some(rate) = rate {
                sleep(Duration::from_secs_f64(part.len() as f64 / f64::from(rate))).await;
            }
            to.write_all(part).await?;
        }
    }
    to.shutdown().await
}
