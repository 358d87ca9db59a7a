//! Troubles to practise on: what the command line knows of them, and what tells when they are over. How each comes about is in [`begin`].

mod begin;

use super::cluster::Cluster;
use super::fault::Fault;
use super::fleet::Member;
use super::json::{Millis, int, list, text};
use super::sim::Sim;
use crate::model::step::Notice;
use crate::model::time::human;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::{interval, sleep};

/// A trouble: how it begins, and when it is over.
#[derive(Debug)]
pub struct Incident {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is, in a line of a list.
    pub about: &'static str,
    /// What the screen says while it lasts; names of actions in braces stand for their keys.
    pub told: &'static str,
    /// The cluster that it is in.
    pub(super) cluster: &'static str,
    /// How long it has lasted when the fleet starts.
    pub(super) lasts: Millis,
    /// Begins it in the cluster.
    pub(super) begin: fn(&mut Sim),
    /// What happens to the server.
    pub(super) server: Server,
    /// Whether the cluster is over it.
    over: fn(&Scene<'_>) -> bool,
}

/// What happens to the server of a cluster.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Well,
    /// It knows the credential no longer: a login gives another.
    Forgets,
    /// It goes away for a while.
    Leaves,
}

/// Where a trouble is looked at.
struct Scene<'a> {
    here: &'a Cluster,
    members: &'a [Member],
    folder: &'a Path,
}

/// All of them; the first is played where none is named.
pub const INCIDENTS: &[Incident] = &[
    Incident {
        name: "bad-rollout",
        about: "the new release of checkout crashes as it starts, and the rollout hangs",
        told: "prod-eu: the new release of checkout crashes. {unhealthy} shows what is sick, {details} why",
        cluster: "prod-eu",
        lasts: 4 * MINUTE,
        begin: begin::bad_rollout,
        server: Server::Well,
        over: |scene| scene.is_rolled_out("shop", "checkout"),
    },
    Incident {
        name: "memory-leak",
        about: "recommendation leaks memory until it is killed, again and again",
        told: "prod-us: recommendation runs out of memory. {unhealthy} shows it, {details} how it ended",
        cluster: "prod-us",
        lasts: 14 * MINUTE,
        begin: begin::memory_leak,
        server: Server::Well,
        over: |scene| scene.is_rolled_out("shop", "recommendation") && !scene.has_died("shop", "recommendation", "OOMKilled"),
    },
    Incident {
        name: "full-node",
        about: "a new program fills one machine's memory after another, and is driven out",
        told: "prod-eu: report-export fills machine after machine. {unhealthy} shows it, {details} why",
        cluster: "prod-eu",
        lasts: 5 * MINUTE,
        begin: begin::full_node,
        server: Server::Well,
        over: |scene| scene.replicas("data", "report-export") == 0 || scene.is_another("data", "report-export", begin::GREEDY),
    },
    Incident {
        name: "lost-node",
        about: "a machine is not heard from any more, and its pods have to go elsewhere",
        told: "prod-us: a machine is not heard from. {goto}nodes shows it, {unhealthy} its pods",
        cluster: "prod-us",
        lasts: 90_000,
        begin: begin::lost_node,
        server: Server::Well,
        over: |scene| !scene.is_stuck_on(begin::LOST),
    },
    Incident {
        name: "expired-credential",
        about: "the login to staging has expired",
        told: "staging: the login has expired. {retry} logs in",
        cluster: "staging",
        lasts: 0,
        begin: |_| {},
        server: Server::Forgets,
        over: |scene| super::login::is_in(&scene.folder.join("staging")),
    },
    Incident {
        name: "api-down",
        about: "the API server of prod-us goes away and comes back",
        told: "prod-us: its API server is away, its rows stay. {clusters} shows since when",
        cluster: "prod-us",
        lasts: 0,
        begin: |_| {},
        server: Server::Leaves,
        over: |_| false,
    },
    Incident {
        name: "quota",
        about: "the quota of payments is used up, and payments-api cannot grow",
        told: "prod-eu: payments-api lacks pods. {goto}deploy shows it, {goto}rs and {details} why",
        cluster: "prod-eu",
        lasts: 3 * MINUTE,
        begin: begin::quota,
        server: Server::Well,
        over: |scene| scene.is_rolled_out("payments", "payments-api"),
    },
    Incident {
        name: "drift",
        about: "somebody has changed pricing in prod by hand, so that staging tests something else",
        told: "prod-eu: pricing is not what staging tests. {goto}deploy and {yaml} show it",
        cluster: "prod-eu",
        lasts: 50 * MINUTE,
        begin: begin::drift,
        server: Server::Well,
        over: |scene| scene.images("prod-eu", "shop", "pricing") == scene.images("staging", "shop", "pricing"),
    },
];

const MINUTE: Millis = 60_000;
/// Between two looks whether it is over.
const LOOK: Duration = Duration::from_secs(1);
/// So many looks in a row have to be good ones.
const SURE: u32 = 3;
/// A server that leaves is there for so long before, and away for so long.
const BEFORE: Duration = Duration::from_secs(12);
const AWAY: Duration = Duration::from_secs(150);

/// Tells of a trouble until it is over.
pub(super) async fn play(incident: &'static Incident, members: Vec<Member>, folder: Box<Path>, out: mpsc::Sender<Notice>) {
    let Some(member) = members.iter().find(|m| m.cluster.name == incident.cluster) else { return };
    if incident.server == Server::Leaves {
        sleep(BEFORE).await;
        member.faults.order(Fault::Refuse);
    }
    let since = Instant::now();
    // Whoever does not listen any more has no screen either.
    let _ = out.send(Notice::warn(incident.told)).await;
    if incident.server == Server::Leaves {
        sleep(AWAY).await;
        member.faults.lift();
    } else {
        let scene = Scene { here: &member.cluster, members: &members, folder: &folder };
        let (mut looks, mut good) = (interval(LOOK), 0);
        while good < SURE {
            looks.tick().await;
            good = if (incident.over)(&scene) { good + 1 } else { 0 };
        }
    }
    let mut told = format!("{}: healthy again after ", incident.cluster);
    human(since.elapsed().as_secs().cast_signed(), &mut told);
    let _ = out.send(Notice::info(told)).await;
}

impl Scene<'_> {
    /// Every pod of a deployment is of its newest revision, and answers.
    fn is_rolled_out(&self, namespace: &str, name: &str) -> bool {
        let Some(deployment) = value(self.here, "deployments.apps", namespace, name) else { return true };
        let wanted = int(&deployment, "/spec/replicas");
        let is_seen = int(&deployment, "/status/observedGeneration") == int(&deployment, "/metadata/generation");
        let counts = ["/status/replicas", "/status/updatedReplicas", "/status/availableReplicas"];
        is_seen && counts.iter().all(|count| int(&deployment, count).or(Some(0)) == wanted)
    }

    /// A pod of an app has ended for this reason.
    fn has_died(&self, namespace: &str, app: &str, reason: &str) -> bool {
        let of_app = |sim: &Sim| -> Vec<Value> {
            sim.store.list("pods", namespace).filter(|p| p.label("app") == Some(app)).map(|p| p.value()).collect()
        };
        let died = |pod: &Value| {
            let mut ended = list(pod, "/status/containerStatuses").iter().flat_map(|c| [c.pointer("/lastState"), c.pointer("/state")]);
            ended.any(|state| state.and_then(|s| text(s, "/terminated/reason")) == Some(reason))
        };
        self.here.look(of_app).iter().any(died)
    }

    /// How many pods a deployment wants; none where it is gone.
    fn replicas(&self, namespace: &str, name: &str) -> i64 {
        value(self.here, "deployments.apps", namespace, name).and_then(|d| int(&d, "/spec/replicas")).unwrap_or_default()
    }

    /// A deployment has been rolled out with another image than this.
    fn is_another(&self, namespace: &str, name: &str, image: &str) -> bool {
        self.is_rolled_out(namespace, name) && !self.images(&self.here.name, namespace, name).iter().any(|i| i == image)
    }

    /// A pod is on a machine that could be elsewhere.
    fn is_stuck_on(&self, node: &str) -> bool {
        let pods = |sim: &Sim| -> Vec<Value> {
            let keys = sim.world.ledger.sum(node).into_iter().flat_map(|sum| &sum.pods);
            keys.filter_map(|key| sim.store.table("pods")?.get(key)).map(|pod| pod.value()).collect()
        };
        let is_bound = |pod: &Value| list(pod, "/metadata/ownerReferences").iter().any(|o| text(o, "/kind") == Some("DaemonSet"));
        !self.here.look(pods).iter().all(is_bound)
    }

    /// The images of a deployment.
    fn images(&self, cluster: &str, namespace: &str, name: &str) -> Vec<String> {
        let member = self.members.iter().find(|m| m.cluster.name == cluster);
        let deployment = member.and_then(|m| value(&m.cluster, "deployments.apps", namespace, name)).unwrap_or_default();
        list(&deployment, "/spec/template/spec/containers").iter().filter_map(|c| text(c, "/image")).map(str::to_owned).collect()
    }
}

fn value(cluster: &Cluster, kind: &str, namespace: &str, name: &str) -> Option<Value> {
    cluster.look(|sim| sim.store.get(kind, namespace, name).map(|o| o.value()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests;
