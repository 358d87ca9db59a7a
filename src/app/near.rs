//! The near ends of a stream into a container: the terminal, or what standard input and output are instead.

use crate::k8s::stream::Ends;
use crate::term::raw::{self, Raw};
use std::io::{self, IsTerminal};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What has to be given back once the stream has ended: a terminal, if there is one.
pub(super) struct Near(Option<(Raw, AbortHandle)>);

/// True where a person sits at both ends.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

impl Near {
    /// Takes the terminal: its keys as bytes, and its size as it changes.
    ///
    /// # Errors
    /// Where it cannot be taken.
    pub(super) fn terminal() -> io::Result<(Self, Ends)> {
        let keys = raw::keys()?;
        let mut resized = signal(SignalKind::window_change())?;
        let (told, size) = watch::channel(raw::size().unwrap_or((80, 24)));
        let raw = Raw::take()?;
        let follow = tokio::spawn(async move {
            while resized.recv().await.is_some() {
                told.send_if_modified(|known| raw::size().is_some_and(|size| std::mem::replace(known, size) != size));
            }
        });
        let ends = Ends { input: Box::new(keys), size: Some(size), ..Self::outputs() };
        Ok((Self(Some((raw, follow.abort_handle()))), ends))
    }

    /// What standard input and output are, each as it is.
    pub(super) fn pipes() -> (Self, Ends) {
        (Self(None), Self::outputs())
    }

    fn outputs() -> Ends {
        Ends { input: Box::new(tokio::io::stdin()), out: Box::new(tokio::io::stdout()), err: Box::new(tokio::io::stderr()), size: None }
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
