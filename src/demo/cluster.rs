//! One simulated cluster among many threads: a lock around it, the clock that drives it, and who may talk to it.

use super::json::Millis;
use super::sim::Sim;
use super::stream::shell::disk::Disk;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

/// How long the clock sleeps at most: timers that a request has set wake it earlier.
const NAP: Duration = Duration::from_secs(5);

/// Timers that may come due while nobody else gets at it: who has slept for a night works that off in slices.
const SLICE: usize = 200;

/// Somebody whom a server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name.
    pub name: String,
    /// The groups, `system:authenticated` among them.
    pub groups: Vec<String>,
}

impl User {
    /// Somebody with a name and these groups beside `system:authenticated`.
    pub fn new(name: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().chain(&["system:authenticated"]).map(|&g| g.to_owned()).collect();
        Self { name: name.to_owned(), groups }
    }
}

/// A cluster that requests can reach.
#[derive(Debug)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// What its clock said when it became reachable.
    pub born: Millis,
    sim: Mutex<Sim>,
    /// Who is behind a bearer token, and until when.
    users: Mutex<HashMap<String, (User, Millis)>>,
    /// The newest version: what watches wait for.
    changed: watch::Sender<u64>,
    /// Something has happened, so that timers may be due earlier.
    stirred: Notify,
    /// What was done to the files of containers, by uid of the pod and name.
    disks: Mutex<HashMap<(String, String), Disk>>,
    /// True once there is something to ask about.
    built: watch::Sender<bool>,
}

impl Cluster {
    /// A cluster whose clock stands until [`Self::live`] runs.
    pub fn new(sim: Sim) -> Arc<Self> {
        let cluster = Self::to_come(sim);
        cluster.built.send_replace(true);
        cluster
    }

    /// One that is still to be built: whoever asks waits until it [begins](Self::begin).
    pub fn to_come(sim: Sim) -> Arc<Self> {
        let ((changed, _), (built, _)) = (watch::channel(sim.store.version()), watch::channel(false));
        let (name, born) = (sim.world.name.clone(), sim.store.now);
        Arc::new(Self {
            name,
            born,
            sim: Mutex::new(sim),
            users: Mutex::default(),
            disks: Mutex::default(),
            changed,
            stirred: Notify::new(),
            built,
        })
    }

    /// Becomes this one, before anybody has seen it.
    pub fn begin(&self, mut sim: Sim) {
        sim.world.unseen = false;
        sim.store.open();
        let version = sim.store.version();
        *self.sim() = sim;
        self.changed.send_replace(version);
        self.built.send_replace(true);
    }

    /// True where there is something to ask about.
    pub fn is_built(&self) -> bool {
        *self.built.borrow()
    }

    /// Waits until there is.
    pub async fn built(&self) {
        // The sender is our own.
        let _ = self.built.subscribe().wait_for(|built| *built).await;
    }

    /// Looks at it, as it is at this moment, or changes it: controllers answer before this returns, and watches are told. After a long sleep
    /// this moment comes only after some of these.
    pub fn with<T>(&self, work: impl FnOnce(&mut Sim) -> T) -> T {
        let mut sim = self.sim();
        sim.advance_some(now(), SLICE);
        let before = sim.store.version();
        let result = work(&mut sim);
        let now = sim.store.now;
        sim.advance(now);
        let after = sim.store.version();
        drop(sim);
        self.changed.send_if_modified(|seen| std::mem::replace(seen, after) != after);
        if after != before {
            self.stirred.notify_one();
        }
        result
    }

    /// Looks at it as it was left: no controller works, and nobody is told.
    pub fn look<T>(&self, look: impl FnOnce(&Sim) -> T) -> T {
        look(&self.sim())
    }

    /// The newest version, and word of each that follows.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Lets time pass, for as long as it is polled.
    pub async fn live(self: Arc<Self>) {
        loop {
            let due = self.with(|sim| sim.next());
            let nap = due.map_or(NAP, |at| Duration::from_millis((at - now()).max(1).unsigned_abs()).min(NAP));
            tokio::select! {
                () = sleep(nap) => {}
                () = self.stirred.notified() => {}
            }
        }
    }

    /// Knows somebody by a token from now on.
    pub fn allow(&self, token: &str, user: User) {
        self.allow_until(token, user, Millis::MAX);
    }

    /// Knows somebody by a token until then.
    pub fn allow_until(&self, token: &str, user: User, until: Millis) {
        let mut users = self.users();
        let now = now();
        users.retain(|_, (_, until)| *until > now);
        users.insert(token.to_owned(), (user, until));
    }

    /// Knows a token no longer.
    pub fn revoke(&self, token: &str) {
        self.users().remove(token);
    }

    /// Who is behind a token.
    pub fn user(&self, token: &str) -> Option<User> {
        self.users().get(token).filter(|(_, until)| *until > now()).map(|(user, _)| user.clone())
    }

    /// The disk of a container, by the uid of its pod.
    pub(super) fn disk(&self, pod: &str, container: &str) -> Disk {
        let mut disks = self.disks.lock().unwrap_or_else(PoisonError::into_inner);
        disks.entry((pod.to_owned(), container.to_owned())).or_default().clone()
    }

    fn users(&self) -> MutexGuard<'_, HashMap<String, (User, Millis)>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sim(&self) -> MutexGuard<'_, Sim> {
        // What a panicking controller has left behind is still a cluster.
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970.
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::sim::Controller;
    use crate::demo::store::Key;

    #[test]
    fn a_night_is_worked_off_in_slices() {
        const TICK: Controller = Controller { name: "tick", wakes: |_, _, _| {}, reconcile: |_, _| Some(1_000) };
        let mut sim = Sim::with(&[TICK], "test", 1, now() - 3_600_000);
        sim.wake("tick", Key::new("", "k"));
        let cluster = Cluster::new(sim);
        let behind = || cluster.with(|sim| now() - sim.store.now);
        let steps = std::iter::repeat_with(behind).take_while(|behind| *behind > 500).count();
        assert!((3_600 / SLICE - 1..3_600 / SLICE + 3).contains(&steps), "{steps}");
    }

    #[test]
    fn a_token_is_known_while_it_lasts() {
        let cluster = Cluster::new(Sim::with(&[], "test", 1, now()));
        let ann = User::new("ann", &[]);
        cluster.allow("a", ann.clone());
        cluster.allow_until("b", ann.clone(), now() + 60_000);
        cluster.allow_until("c", ann.clone(), now() - 1);
        assert_eq!(["a", "b", "c", "d"].map(|token| cluster.user(token).is_some()), [true, true, false, false]);
        cluster.revoke("a");
        assert_eq!(cluster.user("a"), None);
    }
}
