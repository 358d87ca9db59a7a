//! How long to wait before the next try.

use crate::model::fault::{Fault, FaultKind};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;
use tokio::time::Instant;

/// The numbers of client-go's reflector: 800 ms, doubled up to 30 s, each with as much again of jitter, forgotten after two quiet minutes.
const FIRST: Duration = Duration::from_millis(800);
const LONGEST: Duration = Duration::from_secs(30);
const FORGOTTEN: Duration = Duration::from_secs(120);

/// Rights change by the hand of a person.
const FORBIDDEN: Duration = Duration::from_secs(60);
/// The longest Retry-After that is believed.
const ASKED: Duration = Duration::from_secs(300);
/// A kind that went with its definition may come back with it.
const GONE: Duration = Duration::from_secs(5);

/// The tries of one watch.
#[derive(Debug, Default)]
pub struct Backoff {
    tries: u32,
    last: Option<Instant>,
}

impl Backoff {
    /// How long to wait after this fault.
    pub fn after(&mut self, fault: &Fault) -> Duration {
        self.spares();
        self.last = Some(Instant::now());
        let grown = FIRST.saturating_mul(1 << self.tries.min(16)).min(LONGEST);
        self.tries += 1;
        match (&fault.kind, fault.retry_after) {
            (_, Some(asked)) => asked.min(ASKED) + jitter(Duration::from_secs(1)),
            (FaultKind::Forbidden, _) => FORBIDDEN,
            (FaultKind::Gone, _) => GONE,
            _ => grown + jitter(grown),
        }
    }

    /// True for the first failure in a while, which may be followed by another try at once.
    pub fn spares(&mut self) -> bool {
        let quiet = self.last.is_none_or(|last| last.elapsed() > FORGOTTEN);
        if quiet {
            *self = Self { tries: 0, last: Some(Instant::now()) };
        }
        quiet
    }

    /// Starts over, because what failed works again.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// A random part of a span, so that a hundred watches do not come back in one instant.
pub fn jitter(span: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    span.mul_f64((random >> 11) as f64 / (1u64 << 53) as f64)
}
