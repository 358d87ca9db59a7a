//! The terminal's input, read in a task of its own so that no other event of the loop cuts a read short.

use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use std::io;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Reads until it is dropped.
pub(super) struct Input {
    /// What was pressed, pasted, clicked, resized; ends with the terminal.
    pub events: mpsc::Receiver<io::Result<Event>>,
    task: AbortHandle,
}

/// Events that may wait. A burst of more waits in the terminal.
const BURST: usize = 256;

impl Input {
    /// Begins to read.
    pub(super) fn start() -> Self {
        let (out, events) = mpsc::channel(BURST);
        let task = tokio::spawn(async move {
            let mut stream = EventStream::new();
            while let Some(event) = stream.next().await {
                if out.send(event).await.is_err() {
                    break;
                }
            }
        });
        Self { events, task: task.abort_handle() }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.task.abort();
    }
}
