//! The signals that the loop obeys: those that end the program, those of job control, and that of another size.

use futures::FutureExt;
use futures::future::select_all;
use signal_hook::consts::signal::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

/// What has begun in a container may take so long to end.
const CLEAN: Duration = Duration::from_secs(15);

/// Signals that end the program, with their numbers.
const DEADLY: [(fn() -> SignalKind, i32); 4] =
    [(SignalKind::terminate, SIGTERM), (SignalKind::interrupt, SIGINT), (SignalKind::hangup, SIGHUP), (SignalKind::quit, SIGQUIT)];

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// End, with this signal's number.
    End(i32),
    /// Stop, as ctrl-z does where a shell has the terminal.
    Stop,
    /// It was stopped and goes on.
    Continue,
    /// The terminal has another size.
    Resize,
}

/// The signals, from the moment this exists.
pub(super) struct Signals {
    deadly: Vec<(Signal, i32)>,
    stop: Signal,
    cont: Signal,
    size: Signal,
    /// So often it was told to end by SIGTERM.
    terms: u32,
}

impl Signals {
    /// Takes the signals over. Before the terminal is taken: a signal in between would leave it as it is.
    ///
    /// # Errors
    /// Where the system does not let us.
    pub(super) fn take() -> io::Result<Self> {
        let deadly = DEADLY.iter().map(|(kind, n)| Ok((signal(kind())?, *n))).collect::<io::Result<_>>()?;
        let other = |n| signal(SignalKind::from_raw(n));
        Ok(Self { deadly, stop: other(SIGTSTP)?, cont: other(SIGCONT)?, size: other(SIGWINCH)?, terms: 0 })
    }

    /// The next signal.
    pub(super) async fn next(&mut self) -> Told {
        let deadly = select_all(self.deadly.iter_mut().map(|(signal, n)| signal.recv().map(|_| *n).boxed()));
        tokio::select! {
            biased;
            (n, ..) = deadly => {
                self.terms += u32::from(n == SIGTERM);
                Told::End(n)
            }
            _ = self.stop.recv() => Told::Stop,
            _ = self.cont.recv() => Told::Continue,
            _ = self.size.recv() => Told::Resize,
        }
    }

    /// The next signal that ends the program.
    pub(super) async fn end(&mut self) -> i32 {
        loop {
            if let Told::End(signal) = self.next().await {
                return signal;
            }
        }
    }

    /// Waits until it is over, unless a signal comes first: that has it stop. What it came to; or the signal, and what it came to after that.
    pub(super) async fn or_end<T>(&mut self, running: impl Future<Output = T>, stop: impl FnOnce()) -> Result<T, (i32, Option<T>)> {
        let mut running = pin!(running);
        let signal = tokio::select! {
            over = &mut running => return Ok(over),
            signal = self.end() => signal,
        };
        stop();
        Err((signal, self.clean(running).await))
    }

    /// Waits for what was told to stop and cleans up; no longer than that may take, or than the person likes who ends it once more. A terminal
    /// that is gone is no person, and tells it more than once: by itself, and by the shell in it.
    pub(super) async fn clean<T>(&mut self, stopping: impl Future<Output = T>) -> Option<T> {
        let mut stopping = pin!(timeout(CLEAN, stopping));
        loop {
            tokio::select! {
                over = &mut stopping => return over.ok(),
                signal = self.end() => match signal {
                    SIGINT | SIGQUIT => return None,
                    SIGTERM if self.terms > 1 => return None,
                    _ => {}
                },
            }
        }
    }
}
