//! Connections to the scripted server, and the credentials that they carry.

use super::Server;
use futures::future::BoxFuture;
use kconsole::k8s::supervisor::Connector;
use kconsole::model::fault::Fault;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

/// Connects to a scripted server, and remembers how often that was asked of it.
pub struct Wires {
    server: Server,
    token: AtomicU64,
    /// Nobody ever gets a client.
    pub hangs: AtomicBool,
    /// Asking for another credential brings the same again.
    pub stuck: AtomicBool,
    /// The next credential is there before the old one ends.
    pub next: AtomicBool,
    /// When a connection was asked for, and whether with a new credential.
    pub asked: Mutex<Vec<(Instant, bool)>>,
}

impl Wires {
    pub fn new(server: &Server) -> Arc<Self> {
        Arc::new(Self {
            server: server.clone(),
            token: AtomicU64::new(0),
            hangs: false.into(),
            stuck: false.into(),
            next: false.into(),
            asked: Mutex::default(),
        })
    }

    fn client(&self) -> kube::Client {
        let (server, token) = (self.server.clone(), self.token.load(Ordering::Relaxed));
        kube::Client::new(tower::service_fn(move |request| server.clone().answer(request, token)), "default")
    }

    /// When new credentials were asked for.
    pub fn renewals(&self) -> Vec<Instant> {
        self.asked.lock().unwrap().iter().filter(|(_, renew)| *renew).map(|(at, _)| *at).collect()
    }
}

impl Connector for Wires {
    fn connect(&self, renew: bool) -> BoxFuture<'_, Result<kube::Client, Fault>> {
        Box::pin(async move {
            self.asked.lock().unwrap().push((Instant::now(), renew));
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            if renew && !self.stuck.load(Ordering::Relaxed) {
                self.token.fetch_add(1, Ordering::Relaxed);
            }
            Ok(self.client())
        })
    }

    fn refresh(&self) -> BoxFuture<'_, Option<kube::Client>> {
        Box::pin(async {
            let is_next = self.next.swap(false, Ordering::Relaxed);
            is_next.then(|| {
                self.token.fetch_add(1, Ordering::Relaxed);
                self.client()
            })
        })
    }
}
