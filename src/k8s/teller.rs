//! How the tasks of one opening of a cluster tell what they learn of it. Watches tell for themselves.

use crate::model::id::{ClusterId, Session};
use crate::model::msg::{ClusterNews, Msg};
use tokio::sync::mpsc;

/// Tells news of one opening of a cluster. Cheap to clone.
#[derive(Clone)]
pub struct Teller {
    cluster: ClusterId,
    session: Session,
    out: mpsc::Sender<Msg>,
}

impl Teller {
    /// For this opening of this cluster.
    pub fn new(cluster: ClusterId, session: Session, out: mpsc::Sender<Msg>) -> Self {
        Self { cluster, session, out }
    }

    /// News as a message.
    pub fn msg(&self, news: ClusterNews) -> Msg {
        Msg::Cluster(self.cluster, self.session, news)
    }

    /// Tells. `None` once nobody listens.
    pub async fn tell(&self, news: ClusterNews) -> Option<()> {
        self.out.send(self.msg(news)).await.ok()
    }

    /// Waits until nobody listens.
    pub async fn closed(&self) {
        self.out.closed().await;
    }
}
