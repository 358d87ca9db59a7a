//! Follows the logs of one pod: of each of its containers, over all of its restarts, whatever breaks in between.
//!
//! What the server sends belongs to the container that runs when it is asked, so a pod is looked at before and after: only where its
//! container is the same both times is what comes believed. A stream that ends says nothing: the pod tells whether the container ended, was
//! followed by another, or whether the connection broke. The reader waits for the screen, and the server for the reader: nothing is dropped here.

mod pod;
mod reader;

use super::backoff::Backoff;
use super::fault;
use super::lanes::Lanes;
use super::link::{Link, Up, Wire};
use super::watch::escape;
use crate::model::fault::{Fault, FaultKind};
use crate::model::id::Uid;
use crate::model::log::{Tail, TailId};
use crate::model::msg::Msg;
use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use pod::{Pod, Status};
use reader::Reader;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The logs of one pod. [`Logs::run`] them in a task of its own.
#[derive(Clone)]
pub struct Logs {
    /// Names them in what they have to say.
    pub id: TailId,
    /// The pod.
    pub tail: Tail,
    /// The connection to its cluster.
    pub link: Link,
    /// Those for streams.
    pub lanes: Arc<Lanes>,
    /// Who hears of them.
    pub out: mpsc::Sender<Msg>,
    /// Changes when the pod has changed: its containers are looked at again.
    pub look: watch::Receiver<u64>,
}

/// Why there is nothing more to read.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Over {
    /// The pod is gone.
    Gone,
    /// Another pod has its name.
    Replaced,
    /// The cluster was closed, or nobody listens.
    Closed,
}

impl Logs {
    /// Reads until the pod is gone, and all that it wrote was read.
    pub async fn run(mut self) {
        let mut known = HashSet::new();
        let mut readers = JoinSet::new();
        let mut backoff = Backoff::default();
        while let Ok(pod) = self.pod(&mut backoff).await {
            for status in pod.containers() {
                if known.insert(status.name.clone()) {
                    readers.spawn(Reader::new(self.clone(), status.name).run());
                }
            }
            if !self.tail.follow {
                break;
            }
            if self.look.changed().await.is_err() {
                return;
            }
        }
        while readers.join_next().await.is_some() {}
        // Nobody left to tell: the program ends.
        let _ = self.out.send(Msg::LogOver(self.id)).await;
    }

    /// The pod as it is; waits out whatever passes.
    async fn pod(&mut self, backoff: &mut Backoff) -> Result<Pod, Over> {
        loop {
            let up = self.connected().await?;
            // What it answers is as new as all that was heard until now.
            self.look.mark_unchanged();
            match self.fetch(&up).await {
                Ok(pod) if Uid::parse(pod.uid()) == self.tail.uid => return Ok(pod),
                Ok(_) => return Err(Over::Replaced),
                Err(why) if why.kind == FaultKind::Gone => return Err(Over::Gone),
                Err(why) => self.pause(&up, backoff, &why).await?,
            }
        }
    }

    /// What a container of it is now.
    async fn status(&mut self, backoff: &mut Backoff, container: &str) -> Result<Status, Over> {
        loop {
            let pod = self.pod(backoff).await?;
            if let Some(status) = pod.containers().find(|status| status.name == container) {
                return Ok(status);
            }
            self.changed().await?;
        }
    }

    /// True where the pod says that another container has come in the place of this one.
    async fn is_replaced(&mut self, backoff: &mut Backoff, container: &str, id: &str) -> Result<bool, Over> {
        match self.status(backoff, container).await {
            Ok(status) => Ok(status.id() != Some(id)),
            Err(Over::Replaced) => Ok(true),
            Err(Over::Gone) => Ok(false),
            Err(Over::Closed) => Err(Over::Closed),
        }
    }

    /// These, to whom their pod is as if it had just changed.
    fn asked_at_once(mut self) -> Self {
        self.look.mark_changed();
        self
    }

    /// Waits until the pod says that another container has come in the place of this one. It is waited for beside the stream: a pod that cannot be asked
    /// for does not hold that up.
    async fn replaced(mut self, container: Box<str>, id: String) -> Result<(), Over> {
        let mut backoff = Backoff::default();
        loop {
            self.changed().await?;
            if self.is_replaced(&mut backoff, &container, &id).await? {
                return Ok(());
            }
        }
    }

    async fn fetch(&self, up: &Up) -> Result<Pod, Fault> {
        let _leave = self.lanes.leave().await;
        let answer = self.link.send(up, self.request("")?).await?;
        let body = answer.into_body().collect().await.map_err(|e| fault::of_transport(&e))?.to_bytes();
        self.link.count(body.len());
        serde_json::from_slice(&body).map_err(|e| Fault::new(FaultKind::Garbled, e.to_string()))
    }

    fn request(&self, rest: &str) -> Result<Request<Body>, Fault> {
        let Tail { namespace, pod, .. } = &self.tail;
        let uri = format!("/api/v1/namespaces/{}/pods/{}{rest}", escape(namespace), escape(pod));
        Request::get(uri).body(Body::empty()).map_err(|e| Fault::new(FaultKind::Invalid, e.to_string()))
    }

    async fn connected(&mut self) -> Result<Up, Over> {
        loop {
            if let Wire::Up(up) = self.link.now().ok_or(Over::Closed)? {
                return Ok(up);
            }
            self.link.changed().await.ok_or(Over::Closed)?;
        }
    }

    /// Waits before something that failed is tried again, or until the pod has changed. A connection that is lost is waited for elsewhere, and what
    /// failed because of it is tried as soon as there is another.
    async fn pause(&mut self, up: &Up, backoff: &mut Backoff, why: &Fault) -> Result<(), Over> {
        if !self.link.holds(up.generation) || backoff.spares() {
            return Ok(());
        }
        tokio::select! {
            () = sleep(backoff.after(why)) => Ok(()),
            changed = self.look.changed() => changed.map_err(|_| Over::Closed),
        }
    }

    async fn changed(&mut self) -> Result<(), Over> {
        self.look.changed().await.map_err(|_| Over::Closed)
    }
}
