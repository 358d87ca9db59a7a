//! Troubles to practise on: one file each. A trouble is something done to a healthy cluster; what follows from it, and what mends it, is the
//! cluster's own business.
//!
//! **To add one**: a file with `pub(super) const INCIDENT: Incident`, and its word below.

use super::json::{Millis, int, set, text};
use super::sim::Sim;
use super::store::Key;
use super::write::How;
use crate::model::time::human;
use serde_json::Value;

const MINUTE: Millis = 60_000;

/// Where images of the shop come from.
const REGISTRY: &str = "registry.shop.example";

/// A trouble: how it begins, and when it is over.
#[derive(Debug)]
pub struct Incident {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is, in a line of a list.
    pub about: &'static str,
    /// The cluster that has it.
    pub cluster: &'static str,
    /// For how long it has been under way when the fleet starts.
    pub since: Millis,
    /// What a person is told: what is wrong, and which key shows it.
    pub hint: &'static str,
    /// What is wrong with the server of the cluster, where that is the trouble.
    pub fault: Option<ServerFault>,
    /// What is done to the cluster.
    pub begin: fn(&mut Sim),
    /// Whether all is well again.
    pub healed: fn(&Sim) -> bool,
    /// What ends along with it.
    pub after: fn(&mut Sim),
}

/// What can be wrong with a server, as against the cluster behind it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ServerFault {
    /// The credential of the kubeconfig is no longer accepted until somebody logs in again.
    Expired,
    /// Nobody answers from this long after the start, for this long; and so on.
    Outage {
        /// Milliseconds until it begins.
        after: Millis,
        /// Milliseconds that it lasts.
        lasts: Millis,
    },
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
    api_outage,
    quota,
    drift,
}

/// An incident that is played.
#[derive(Debug)]
pub struct Play {
    /// Which.
    pub incident: &'static Incident,
    /// When it began.
    pub began: Millis,
    /// When it was over.
    pub healed: Option<Millis>,
}

impl Play {
    /// Begins it in the cluster that it is for, at this instant.
    pub fn begin(incident: &'static Incident, sim: &mut Sim) -> Self {
        (incident.begin)(sim);
        Self { incident, began: sim.store.now, healed: None }
    }

    /// Looks whether it is over. The news, once: `prod-eu is healthy again after 3m12s`, with the time since `seen`, when a person was first
    /// told of it.
    pub fn look(&mut self, sim: &mut Sim, seen: Millis) -> Option<String> {
        // What has hardly begun may not show yet.
        if self.healed.is_some() || sim.store.now < self.began + 5_000 || !(self.incident.healed)(sim) {
            return None;
        }
        (self.incident.after)(sim);
        self.healed = Some(sim.store.now);
        let mut took = String::new();
        human((sim.store.now - seen.max(self.began)) / 1000, &mut took);
        Some(format!("{}: healthy again after {took}", sim.world.name))
    }
}

/// Nothing.
fn nothing(_: &mut Sim) {}

/// Changes an object as somebody with `kubectl` would.
fn change(sim: &mut Sim, id: &str, key: &Key, manager: &str, change: impl FnOnce(&mut Value)) {
    let all = |object: &mut Value| {
        change(object);
        Ok(())
    };
    // A cluster that does without this object has no such trouble.
    drop(sim.update(id, key, How::by(manager), all));
}

/// Gives a deployment's first container another tag.
fn release(sim: &mut Sim, namespace: &str, name: &str, tag: &str) {
    change(sim, "deployments.apps", &Key::new(namespace, name), "argocd-controller", |deployment| {
        set(deployment, "/spec/template/spec/containers/0/image", format!("{REGISTRY}/{name}:{tag}"));
        set(deployment, "/metadata/annotations/kubernetes.io~1change-cause", format!("release {tag}"));
    });
}

fn deployment(sim: &Sim, namespace: &str, name: &str) -> Option<Value> {
    sim.store.get("deployments.apps", namespace, name).map(|d| d.value())
}

/// True where a deployment is gone, or has all its pods in their newest version, and available.
fn rolled_out(sim: &Sim, namespace: &str, name: &str) -> bool {
    let Some(deployment) = deployment(sim, namespace, name) else { return true };
    let number = |place| int(&deployment, place).unwrap_or_default();
    let wanted = int(&deployment, "/spec/replicas").unwrap_or(1);
    number("/metadata/generation") == number("/status/observedGeneration")
        && [number("/status/replicas"), number("/status/updatedReplicas"), number("/status/availableReplicas")] == [wanted; 3]
}

/// The tag of a deployment's first container.
fn tag(sim: &Sim, namespace: &str, name: &str) -> String {
    let deployment = deployment(sim, namespace, name).unwrap_or_default();
    let image = text(&deployment, "/spec/template/spec/containers/0/image").unwrap_or_default();
    image.rsplit(':').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
