//! Troubles to practise on: one file each, and what tells of them until they are over. A trouble is something done to a healthy cluster;
//! what follows from it, and what mends it, is the cluster's own business.
//!
//! **To add one**: a file with `pub(super) const INCIDENT: Incident`, and its word below.

use super::cluster::Cluster;
use super::fault::Fault;
use super::fleet::Member;
use super::json::{Millis, int, list, set, text};
use super::sim::Sim;
use super::store::Key;
use super::world::image::Reference;
use super::world::program::Program;
use super::write::How;
use crate::model::step::Notice;
use crate::model::time::human;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
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
    pub begin: fn(&mut Sim),
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

/// Declares the files and lists what they hold.
macro_rules! incidents {
    ($($file:ident),* $(,)?) => {
        $(mod $file;)*
        /// All of them; the first is played where none is named.
        pub const INCIDENTS: &[Incident] = &[$($file::INCIDENT),*];
    };
}

incidents! {
    bad_rollout,
    memory_leak,
    full_node,
    lost_node,
    traffic_spike,
    expired_credential,
    api_down,
    quota,
    drift,
}

/// Who delivers, and who changes things by hand, as field managers.
const DELIVERY: &str = "argocd-controller";
const BY_HAND: &str = "kubectl-edit";
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
    member.cluster.built().await;
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
        let of_app = |sim: &Sim| -> Vec<Arc<Value>> {
            sim.store.list("pods", namespace).filter(|p| p.label("app") == Some(app)).map(|p| p.value()).collect()
        };
        let died = |pod: &Arc<Value>| {
            let mut ended = list(pod, "/status/containerStatuses").iter().flat_map(|c| [c.pointer("/lastState"), c.pointer("/state")]);
            ended.any(|state| state.and_then(|s| text(s, "/terminated/reason")) == Some(reason))
        };
        self.here.look(of_app).iter().any(died)
    }

    /// A deployment that took too much memory is gone or scaled down, has a limit, or runs another image.
    fn is_tamed(&self, namespace: &str, name: &str, image: &str) -> bool {
        let Some(deployment) = value(self.here, "deployments.apps", namespace, name) else { return true };
        let containers = list(&deployment, "/spec/template/spec/containers");
        let is_greedy = |c: &Value| text(c, "/image") == Some(image) && c.pointer("/resources/limits/memory").is_none();
        int(&deployment, "/spec/replicas") == Some(0) || self.is_rolled_out(namespace, name) && !containers.iter().any(is_greedy)
    }

    /// Pods have no more to do than their autoscaler wants them to, by as much as it lets be.
    fn is_at_ease(&self, namespace: &str, name: &str) -> bool {
        let Some(scaler) = value(self.here, "horizontalpodautoscalers.autoscaling", namespace, name) else { return false };
        let target = int(&scaler, "/spec/metrics/0/resource/target/averageUtilization").unwrap_or(100);
        let is = int(&scaler, "/status/currentMetrics/0/resource/current/averageUtilization");
        let is_scaled = int(&scaler, "/status/currentReplicas") == int(&scaler, "/status/desiredReplicas");
        is_scaled && is.is_some_and(|is| is * 10 <= target * 11)
    }

    /// A pod is on a machine that could be elsewhere.
    fn is_stuck_on(&self, node: &str) -> bool {
        let pods = |sim: &Sim| -> Vec<Arc<Value>> {
            let keys = sim.world.ledger.sum(node).into_iter().flat_map(|sum| &sum.pods);
            keys.filter_map(|key| sim.store.table("pods")?.get(key)).map(|pod| pod.value()).collect()
        };
        let is_bound = |pod: &Arc<Value>| list(pod, "/metadata/ownerReferences").iter().any(|o| text(o, "/kind") == Some("DaemonSet"));
        !self.here.look(pods).iter().all(is_bound)
    }

    /// The images of a deployment.
    fn images(&self, cluster: &str, namespace: &str, name: &str) -> Vec<String> {
        let member = self.members.iter().find(|m| m.cluster.name == cluster);
        let deployment = member.and_then(|m| value(&m.cluster, "deployments.apps", namespace, name)).unwrap_or_default();
        list(&deployment, "/spec/template/spec/containers").iter().filter_map(|c| text(c, "/image")).map(str::to_owned).collect()
    }
}

fn value(cluster: &Cluster, kind: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
    cluster.look(|sim| sim.store.get(kind, namespace, name).map(|o| o.value()))
}

/// Nothing.
fn nothing(_: &mut Sim) {}

/// What the program of an image does.
fn program(sim: &mut Sim, image: &str, program: Program) {
    know(sim, image);
    sim.world.programs.insert(0, (image.to_owned(), program));
}

/// The registry has an image.
fn know(sim: &mut Sim, image: &str) {
    if let Ok(reference) = Reference::parse(image) {
        sim.world.images.entry(reference.repository).or_default().insert(reference.tag);
    }
}

/// Rolls out an image, as a delivery does.
fn release(sim: &mut Sim, namespace: &str, name: &str, image: &str) {
    let tag = image.rsplit(':').next().unwrap_or_default();
    change(sim, "deployments.apps", namespace, name, DELIVERY, |deployment| {
        set(deployment, "/metadata/annotations/kubernetes.io~1change-cause", format!("release {tag}"));
        set(deployment, "/spec/template/spec/containers/0/image", image);
    });
}

fn change(sim: &mut Sim, kind: &str, namespace: &str, name: &str, who: &str, change: impl FnOnce(&mut Value)) {
    let key = Key::new(namespace, name);
    let changed = sim.update(kind, &key, How::by(who), |object| {
        change(object);
        Ok(())
    });
    // A cluster without it has no trouble with it.
    drop(changed);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests;
