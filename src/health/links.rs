//! What leans on what: from an object to those that name it, kept change by change.

use crate::model::facts::Facts;
use crate::model::id::{ClusterId, GroupResource, Uid};
use crate::model::row::Row;
use crate::model::table::Table;
use crate::model::words::Sym;
use std::collections::HashMap;

/// Something that objects name. Names are kept as hashes, so that a link costs a few words.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// Warnings are about this object.
    About(ClusterId, Uid),
    /// Pods are of this workload.
    Workload(ClusterId, Uid),
    /// EndpointSlices and Ingresses are of this Service.
    Service(ClusterId, Uid),
    /// Pods use this claim.
    Claim(ClusterId, Uid),
    /// Pods run on this node.
    Node(ClusterId, Uid),
    /// EndpointSlices lead to this pod.
    Target(ClusterId, Uid),
    /// Jobs were made by this CronJob.
    CronJob(ClusterId, Uid),
}

impl Link {
    /// The pods of a workload.
    pub fn workload(cluster: ClusterId, kind: &GroupResource, namespace: &str, name: &str) -> Self {
        Self::Workload(cluster, Uid::of_name(&format!("{kind}/{namespace}"), name))
    }

    /// What leans on a Service.
    pub fn service(cluster: ClusterId, namespace: &str, name: &str) -> Self {
        Self::Service(cluster, Uid::of_name(namespace, name))
    }

    /// The pods on a node.
    pub fn node(cluster: ClusterId, name: &str) -> Self {
        Self::Node(cluster, Uid::of_name("", name))
    }

    /// The pods of a claim.
    pub fn claim(cluster: ClusterId, namespace: &str, name: &str) -> Self {
        Self::Claim(cluster, Uid::of_name(namespace, name))
    }

    /// The cluster of both.
    pub fn cluster(&self) -> ClusterId {
        match *self {
            Self::About(cluster, _)
            | Self::Workload(cluster, _)
            | Self::Service(cluster, _)
            | Self::Claim(cluster, _)
            | Self::Node(cluster, _)
            | Self::Target(cluster, _)
            | Self::CronJob(cluster, _) => cluster,
        }
    }

    /// The jobs of a CronJob.
    pub fn cronjob(cluster: ClusterId, namespace: &str, name: &str) -> Self {
        Self::CronJob(cluster, Uid::of_name(namespace, name))
    }
}

/// The links of all objects. An object that two watches tell of is linked once, and counted.
#[derive(Debug, Default)]
pub(super) struct Links(HashMap<Link, Vec<(Uid, u32)>>);

impl Links {
    /// The objects that name it.
    pub(super) fn get(&self, link: &Link) -> impl Iterator<Item = Uid> + Clone + use<'_> {
        self.0.get(link).into_iter().flatten().map(|(uid, _)| *uid)
    }

    /// True where nothing leans on anything.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An object has come.
    pub(super) fn add(&mut self, table: &Table, row: &Row) {
        for link in of(table, row) {
            let uids = self.0.entry(link).or_default();
            match uids.iter_mut().rfind(|(uid, _)| *uid == row.uid) {
                Some((_, times)) => *times += 1,
                None => uids.push((row.uid, 1)),
            }
        }
    }

    /// An object goes, or is about to change.
    pub(super) fn remove(&mut self, table: &Table, row: &Row) {
        for link in of(table, row) {
            if let Some(uids) = self.0.get_mut(&link) {
                if let Some(at) = uids.iter().rposition(|(uid, _)| *uid == row.uid) {
                    match uids.get_mut(at) {
                        Some((_, times)) if *times > 1 => *times -= 1,
                        _ => drop(uids.swap_remove(at)),
                    }
                }
                if uids.is_empty() {
                    self.0.remove(&link);
                }
            }
        }
    }
}

/// What an object names.
fn of(table: &Table, row: &Row) -> Vec<Link> {
    let (cluster, namespace) = (table.cluster(), table.words().get(row.namespace));
    let word = |sym| table.words().get(sym);
    match &row.facts {
        Facts::Event(event) if event.warning => vec![Link::About(cluster, event.uid)],
        Facts::Pod(pod) => {
            let workload = workload_of(table, row).map(|(kind, name)| Link::workload(cluster, &kind, namespace, name));
            let node = (pod.node != Sym::EMPTY).then(|| Link::node(cluster, word(pod.node)));
            let claims = pod.claims.iter().map(|c| Link::claim(cluster, namespace, word(*c)));
            workload.into_iter().chain(node).chain(claims).collect()
        }
        Facts::Job(_) => cronjob_of(table, row).map(|name| Link::cronjob(cluster, namespace, name)).into_iter().collect(),
        Facts::Endpoints(endpoints) => {
            let pods = endpoints.pods.iter().map(|uid| Link::Target(cluster, *uid));
            [Link::service(cluster, namespace, word(endpoints.service))].into_iter().chain(pods).collect()
        }
        Facts::Ingress(ingress) => ingress.services.iter().map(|s| Link::service(cluster, namespace, word(*s))).collect(),
        _ => Vec::new(),
    }
}

/// The workload of a pod, also where a replica set is in between: its name is the deployment's and the hash that the pod's labels tell.
pub(super) fn workload_of<'a>(table: &'a Table, row: &'a Row) -> Option<(GroupResource, &'a str)> {
    if !matches!(row.facts, Facts::Pod(_)) {
        return None;
    }
    let owner = row.owner.as_deref()?;
    let (kind, name) = (table.words().get(owner.kind), table.words().get(owner.name));
    let of = |group, resource| GroupResource::new(group, resource);
    match kind {
        "ReplicaSet" => {
            let hash = row.label("pod-template-hash", table.words()).unwrap_or_default();
            let deployment = name.strip_suffix(hash).and_then(|n| n.strip_suffix('-')).filter(|_| !hash.is_empty());
            Some(deployment.map_or((of("apps", "replicasets"), name), |d| (of("apps", "deployments"), d)))
        }
        "StatefulSet" => Some((of("apps", "statefulsets"), name)),
        "DaemonSet" => Some((of("apps", "daemonsets"), name)),
        "Job" => Some((of("batch", "jobs"), name)),
        _ => None,
    }
}

/// The CronJob that made a job.
pub(super) fn cronjob_of<'a>(table: &'a Table, row: &'a Row) -> Option<&'a str> {
    let owner = row.owner.as_deref().filter(|o| table.words().get(o.kind) == "CronJob")?;
    Some(table.words().get(owner.name))
}
