//! The signals that the loop obeys: those that end the program, those of job control, and that of another size.

use futures::FutureExt;
use futures::future::select_all;
use signal_hook::consts::signal::{SIGCONT, SIGTSTP, SIGWINCH};
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that end the program, with their numbers.
const DEADLY: [(fn() -> SignalKind, i32); 4] =
    [(SignalKind::terminate, 15), (SignalKind::interrupt, 2), (SignalKind::hangup, 1), (SignalKind::quit, 3)];

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
}

impl Signals {
    /// Takes the signals over. Before the terminal is taken: a signal in between would leave it as it is.
    ///
    /// # Errors
    /// Where the system does not let us.
    pub(super) fn take() -> io::Result<Self> {
        let deadly = DEADLY.iter().map(|(kind, n)| Ok((signal(kind())?, *n))).collect::<io::Result<_>>()?;
        let other = |n| signal(SignalKind::from_raw(n));
        Ok(Self { deadly, stop: other(SIGTSTP)?, cont: other(SIGCONT)?, size: other(SIGWINCH)? })
    }

    /// The next signal.
    pub(super) async fn next(&mut self) -> Told {
        let deadly = select_all(self.deadly.iter_mut().map(|(signal, n)| signal.recv().map(|_| *n).boxed()));
        tokio::select! {
            biased;
            (n, ..) = deadly => Told::End(n),
            _ = self.stop.recv() => Told::Stop,
            _ = self.cont.recv() => Told::Continue,
            _ = self.size.recv() => Told::Resize,
        }
    }
}
