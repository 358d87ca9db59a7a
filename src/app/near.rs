//! The near ends of a stream into a container: the terminal, or what standard input and output are instead; and how a person leaves what goes on
//! without them.

use crate::k8s::stream::Ends;
use crate::model::call::Call;
use crate::model::stream::LEAVE;
use crate::term::raw::{self, Raw};
use futures::future::{BoxFuture, FutureExt};
use serde_json::Value;
use std::io::{self, IsTerminal};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;

/// Comes true when a person leaves.
pub(super) type Leave = BoxFuture<'static, ()>;

/// What has to be given back once the stream has ended: a terminal, if there is one.
pub(super) struct Near(Option<(Raw, AbortHandle)>);

/// True where a person sits at both ends.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// True where a call is about what a container runs by itself.
pub(super) fn is_attach(call: &Call) -> bool {
    call.path.ends_with("/attach")
}

/// What leaves a stream of these options, and what is written of it.
fn chord(takes_input: bool, has_terminal: bool) -> (&'static [u8], &'static str) {
    match (takes_input, has_terminal) {
        (true, true) => (b"\x10\x11", "ctrl-p ctrl-q"),
        _ => (b"\x03", "ctrl-c"),
    }
}

/// An option of a call.
fn option(call: &Call, name: &str) -> bool {
    serde_json::from_str::<Value>(&call.body).ok().and_then(|options| options.get(name)?.as_bool()).unwrap_or_default()
}

impl Near {
    /// Takes the ends that are here for a call, and tells on the terminal how that is left which would go on without it.
    ///
    /// # Errors
    /// Where the terminal cannot be taken.
    pub(super) fn of(call: &Call) -> io::Result<(Self, Ends, Leave)> {
        let (takes_input, has_terminal) = (option(call, "stdin"), option(call, "tty"));
        if is_attach(call) && is_terminal() {
            let (_, keys) = chord(takes_input, has_terminal);
            io::Write::write_all(&mut io::stderr(), format!("kconsole: attached; {keys} leaves\n").as_bytes())?;
        }
        match (is_terminal(), is_attach(call)) {
            (true, false) => Self::terminal().map(|(near, ends)| (near, ends, futures::future::pending().boxed())),
            (true, true) if has_terminal => {
                let (near, ends) = Self::terminal()?;
                let (told, left) = oneshot::channel();
                let keys = Keys { all: ends.input, chord: chord(takes_input, true).0, takes_input, matched: 0, told: Some(told) };
                Ok((near, Ends { input: Box::new(keys), ..ends }, left.map(drop).boxed()))
            }
            (here, true) => {
                let input: Box<dyn AsyncRead + Send + Unpin> = match (takes_input, here) {
                    (false, _) => Box::new(Silent),
                    (true, true) => Box::new(raw::keys()?),
                    (true, false) => Box::new(tokio::io::stdin()),
                };
                Ok((Self(None), Self::ends(input), interrupted()?))
            }
            (false, false) => Ok((Self(None), Self::ends(Box::new(tokio::io::stdin())), futures::future::pending().boxed())),
        }
    }

    /// Takes the terminal for a shell that stays open, and tells on it how that is left.
    ///
    /// # Errors
    /// Where the terminal cannot be taken.
    pub(super) fn shell() -> io::Result<(Self, Ends)> {
        let told = format!("kconsole: {} goes back, and the shell stays open\n", LEAVE);
        io::Write::write_all(&mut io::stderr(), told.as_bytes())?;
        Self::terminal()
    }

    /// Takes the terminal: its keys as bytes, and its size as it changes.
    fn terminal() -> io::Result<(Self, Ends)> {
        let keys = raw::keys()?;
        let mut resized = signal(SignalKind::window_change())?;
        let (told, size) = watch::channel(raw::size().unwrap_or((80, 24)));
        let raw = Raw::take()?;
        let follow = tokio::spawn(async move {
            while resized.recv().await.is_some() {
                told.send_if_modified(|known| raw::size().is_some_and(|size| std::mem::replace(known, size) != size));
            }
        });
        let ends = Ends { size: Some(size), ..Self::ends(Box::new(keys)) };
        Ok((Self(Some((raw, follow.abort_handle()))), ends))
    }

    /// Standard output and errors as they are, beside an input.
    fn ends(input: Box<dyn AsyncRead + Send + Unpin>) -> Ends {
        Ends { input, out: Box::new(tokio::io::stdout()), err: Box::new(tokio::io::stderr()), size: None }
    }

    /// The far side may not have cleaned up.
    pub(super) fn reset(&self) {
        if let Some((raw, _)) = &self.0 {
            raw.reset();
        }
    }
}

impl Drop for Near {
    fn drop(&mut self) {
        if let Some((_, follow)) = &self.0 {
            follow.abort();
        }
    }
}

/// Comes true when ctrl-c is pressed.
fn interrupted() -> io::Result<Leave> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    Ok(async move { interrupts.recv().await.unwrap_or_default() }.boxed())
}

/// An input on which nothing ever comes, and which does not end either.
struct Silent;

impl AsyncRead for Silent {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

/// Keys, until those that leave. What comes before the last of these has gone in by then, as nobody should wait for the next key.
struct Keys {
    all: Box<dyn AsyncRead + Send + Unpin>,
    chord: &'static [u8],
    takes_input: bool,
    /// So much of the chord was pressed.
    matched: usize,
    told: Option<oneshot::Sender<()>>,
}

impl AsyncRead for Keys {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.told.is_none() {
                return Poll::Pending;
            }
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.all).poll_read(context, buffer))?;
            let pressed = buffer.filled().get(before..).unwrap_or_default();
            let has_ended = pressed.is_empty();
            for key in pressed {
                let is_next = self.chord.get(self.matched) == Some(key);
                self.matched = if is_next { self.matched + 1 } else { usize::from(self.chord.first() == Some(key)) };
                if self.matched == self.chord.len() {
                    // Whoever waits for it may have ended by itself.
                    let _ = self.told.take().map(|told| told.send(()));
                    break;
                }
            }
            if self.takes_input && self.told.is_some() || has_ended {
                return Poll::Ready(Ok(()));
            }
            buffer.set_filled(before);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn keys_go_in_until_those_that_leave() {
        for (takes_input, pressed, wanted, leaves) in [
            (true, &["ls\r", "\x10", "x\x11"][..], "ls\r\x10x\x11", false),
            (true, &["\x10", "\x11"], "\x10", true),
            (true, &["\x10\x10\x11"], "", true),
            (false, &["ls\r"], "", false),
            (false, &["ls", "\x03"], "", true),
        ] {
            let (mut hand, all) = duplex(64);
            let (told, mut left) = oneshot::channel();
            let mut keys = Keys { all: Box::new(all), chord: chord(takes_input, true).0, takes_input, matched: 0, told: Some(told) };
            let mut got = Vec::new();
            for press in pressed {
                hand.write_all(press.as_bytes()).await.unwrap();
                let mut buffer = [0; 64];
                let n = keys.read(&mut buffer).now_or_never().map_or(0, Result::unwrap);
                got.extend_from_slice(&buffer[..n]);
            }
            assert_eq!((String::from_utf8(got).unwrap().as_str(), left.try_recv().is_ok()), (wanted, leaves), "{pressed:?}");
        }
    }
}
