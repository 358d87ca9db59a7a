//! What is known of one credential: what is held, until when, and what failed. Fetching is [`super::credential`]'s work.

use super::credential::Credential;
use crate::model::fault::Fault;
use crate::model::time::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Files with tokens and certificates are read again after so long (client-go reads token files each minute).
pub(super) const REREAD: Duration = Duration::from_secs(60);
/// A plugin that failed is not run again before so long, and so long at most; doubled each time.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// One credential. Who fetches holds `flight`; `state` is only looked at.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) flight: tokio::sync::Mutex<()>,
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) held: Option<Held>,
    generation: u64,
    pub(super) failure: Option<Failure>,
    /// A person has logged in, so a plugin that needs one may be asked.
    pub(super) logged_in: bool,
}

pub(super) struct Held {
    pub(super) credential: Credential,
    /// When it was fetched, and when it was last found unchanged.
    pub(super) fetched: Instant,
    /// When to ask for the next one.
    pub(super) refresh: Option<Timestamp>,
    /// The last fetch was because of a 401.
    pub(super) renewed: bool,
    /// It comes from files.
    of_file: bool,
}

pub(super) struct Failure {
    pub(super) fault: Fault,
    wait: Duration,
    pub(super) until: Instant,
}

/// What there is without fetching.
pub(super) enum Look {
    Good(Credential),
    /// Good, but the next one should be fetched.
    Due(Credential),
    Failed(Fault),
    Nothing,
}

impl Slot {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look(&self) -> Look {
        let state = self.state();
        let failure = state.failure.as_ref().filter(|failure| Instant::now() < failure.until);
        let now = now();
        let held = state.held.as_ref().filter(|held| held.credential.expires.is_none_or(|expires| now < expires));
        match (held, failure) {
            (None, None) => Look::Nothing,
            (None, Some(failure)) => Look::Failed(failure.fault.clone()),
            (Some(held), None) if held.is_due(now) => Look::Due(held.credential.clone()),
            (Some(held), _) => Look::Good(held.credential.clone()),
        }
    }
}

impl Held {
    fn is_due(&self, now: Timestamp) -> bool {
        self.refresh.is_some_and(|at| at <= now) || (self.of_file && self.fetched.elapsed() >= REREAD)
    }
}

impl State {
    pub(super) fn keep(&mut self, mut credential: Credential, of_file: bool, renewed: bool) -> Credential {
        let unchanged = self.held.as_ref().is_some_and(|held| held.credential.same(&credential));
        if !unchanged {
            self.generation += 1;
        }
        credential.generation = self.generation;
        self.failure = None;
        let refresh = credential.expires.map(|expires| refresh_at(now(), expires));
        self.held = Some(Held { credential: credential.clone(), fetched: Instant::now(), refresh, renewed, of_file });
        credential
    }

    pub(super) fn fail(&mut self, fault: &Fault) {
        let wait = self.failure.as_ref().map_or(BACKOFF.0, |failure| (failure.wait * 2).min(BACKOFF.1));
        self.failure = Some(Failure { fault: fault.clone(), wait, until: Instant::now() + wait });
    }
}

/// When to fetch the next credential: at 80 % of the life of a short one, a minute before the end of a long one; not at once again
/// where a plugin hands out what it has nearly used up.
pub(super) fn refresh_at(now: Timestamp, expires: Timestamp) -> Timestamp {
    let life = expires.0 - now.0;
    Timestamp((now.0 + life * 4 / 5).max(expires.0 - 60).max(now.0 + 10))
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
