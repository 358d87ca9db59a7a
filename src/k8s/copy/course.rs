//! How far a copy is, for whoever looks on; and how it is stopped.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::watch;

/// The course of one copy.
#[derive(Debug, Default)]
pub struct Course {
    /// Bytes of files that have arrived.
    bytes: AtomicU64,
    /// Bytes that there are altogether; 0 where that is not known.
    whole: AtomicU64,
    files: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
    stop: watch::Sender<bool>,
}

impl Course {
    /// Bytes of files that were copied, how many there are altogether (0 where that is not known), and files that are whole.
    pub fn now(&self) -> (u64, u64, u64) {
        (self.bytes.load(Relaxed), self.whole.load(Relaxed), self.files.load(Relaxed))
    }

    /// Ends it: what is not whole is removed.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until somebody ends it.
    pub async fn stopped(&self) {
        // Its sender lives as long as this.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub(super) fn expects(&self, bytes: u64) {
        self.whole.fetch_add(bytes, Relaxed);
    }

    pub(super) fn moved(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    pub(super) fn finished(&self) {
        self.files.fetch_add(1, Relaxed);
    }

    /// What went over a stream, archives and questions included.
    pub(super) fn streamed(&self, sent: u64, received: u64) {
        self.sent.fetch_add(sent, Relaxed);
        self.received.fetch_add(received, Relaxed);
    }

    /// What went into streams and came out of them.
    pub(super) fn streams(&self) -> (u64, u64) {
        (self.sent.load(Relaxed), self.received.load(Relaxed))
    }
}
