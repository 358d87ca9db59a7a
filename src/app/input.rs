//! The terminal's input. It is polled by the loop itself: a task of its own would stand in line with hundreds of others that read.

use crossterm::event::{self, Event, EventStream};
use futures::StreamExt;
use std::io;
use std::time::Duration;

/// Reads until it is dropped.
pub(super) struct Input(EventStream);

impl Input {
    /// Begins to read.
    pub(super) fn start() -> Self {
        Self(EventStream::new())
    }

    /// What is pressed, pasted, clicked or resized next; nothing once the terminal is gone. Nothing is lost where this is not waited for to its end.
    pub(super) async fn next(&mut self) -> Option<io::Result<Event>> {
        self.0.next().await
    }

    /// The same, if it has come already.
    pub(super) fn waiting(&mut self) -> Option<io::Result<Event>> {
        // Not by way of the stream, which remembers whom it has to wake.
        match event::poll(Duration::ZERO) {
            Ok(true) => Some(event::read()),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}
