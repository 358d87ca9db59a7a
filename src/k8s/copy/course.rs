//! How far a copy is, for whoever looks on; and how it is stopped.

use crate::model::transfer::Progress;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How fast it goes is told anew so often.
const RATE: Duration = Duration::from_secs(1);

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
    /// What lies in a container and has to be removed again.
    left: Mutex<Option<String>>,
}

impl Course {
    /// Something lies there that has to be removed again, or nothing does any more.
    pub(super) fn leaves(&self, what: Option<String>) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    /// What lies in a container and was not removed again.
    pub fn left(&self) -> Option<String> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

/// Tells how far a course is whenever it is asked, and from one time to the next how fast it goes.
#[derive(Debug)]
pub struct Meter {
    at: Instant,
    before: u64,
    rate: Option<u64>,
}

impl Meter {
    /// It begins now.
    pub fn start() -> Self {
        Self { at: Instant::now(), before: 0, rate: None }
    }

    /// How far a course is.
    pub fn read(&mut self, course: &Course) -> Progress {
        let (bytes, whole) = (course.bytes.load(Relaxed), course.whole.load(Relaxed));
        let passed = self.at.elapsed();
        if passed >= RATE {
            self.rate = Some((bytes.saturating_sub(self.before) as f64 / passed.as_secs_f64()) as u64);
            (self.before, self.at) = (bytes, Instant::now());
        }
        // What broke off was counted before it went on.
        let bytes = if whole == 0 { bytes } else { bytes.min(whole) };
        Progress { bytes, whole, files: course.files.load(Relaxed), rate: self.rate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn how_fast_it_goes_is_known_after_a_second_and_is_nothing_where_it_stands_still() {
        let (course, mut meter) = (Course::default(), Meter::start());
        course.expects(4_000);
        for (millis, moved, bytes, rate) in [
            (250, 500, 500, None),
            (750, 500, 1_000, Some(1_000)),
            (2_000, 1_000, 2_000, Some(500)),
            (500, 0, 2_000, Some(500)),
            (600, 0, 2_000, Some(0)),
            (100, 9_000, 4_000, Some(0)),
        ] {
            advance(Duration::from_millis(millis)).await;
            course.moved(moved);
            assert_eq!(meter.read(&course), Progress { bytes, whole: 4_000, files: 0, rate }, "{millis} {moved}");
        }
    }
}
