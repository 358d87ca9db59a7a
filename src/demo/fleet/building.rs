//! Clusters come about side by side, on as many threads as there are cores, in the order of their names; each lives as soon as it is built.

use super::{EDGE, Member, Options, motion, name};
use crate::demo::cluster::now;
use crate::demo::json::Millis;
use crate::demo::server::Server;
use crate::demo::shop::{self, filler};
use crate::demo::sim::Sim;
use crate::demo::tls::Failure;
use crate::demo::world::image::hash;
use crate::demo::write::How;
use serde_json::json;
use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, available_parallelism};
use tokio::runtime::Handle;

/// Clusters that are being built.
pub(super) struct Building {
    over: Receiver<()>,
}

impl Building {
    /// Begins to build the clusters of these members.
    pub(super) fn start(runtime: &Handle, options: &Options, members: &[Member], servers: Vec<Server>) -> io::Result<Self> {
        let (all, now) = (members.len(), now());
        for server in servers {
            runtime.spawn(server.run());
        }
        let work: Vec<_> = members.iter().cloned().enumerate().collect();
        let work = Arc::new(Mutex::new(work.into_iter()));
        let (last, over) = channel();
        for _ in 0..available_parallelism().map_or(1, usize::from).min(all) {
            let (work, last) = (Arc::clone(&work), last.clone());
            let (runtime, options) = (runtime.clone(), options.clone());
            let build = move || {
                let next = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some((index, member)) = next() {
                    member.cluster.begin(cluster(&options, index, now));
                    live(&runtime, &options, &member);
                }
                drop(last);
            };
            thread::Builder::new().name("demo-build".to_owned()).spawn(build)?;
        }
        Ok(Self { over })
    }

    /// Waits until all are built, without a runtime.
    ///
    /// # Errors
    /// Where one could not be.
    pub(super) fn wait(self, members: &[Member]) -> Result<(), Failure> {
        // Nothing is ever sent: it ends when the last thread does.
        let _ = self.over.recv();
        let are_built = members.iter().all(|m| m.cluster.is_built());
        if are_built { Ok(()) } else { Err("a cluster could not be built".into()) }
    }
}

fn live(runtime: &Handle, options: &Options, member: &Member) {
    let cluster = &member.cluster;
    runtime.spawn(Arc::clone(cluster).live());
    if options.churn > 0 {
        runtime.spawn(motion::churn(Arc::clone(cluster), options.churn, options.pods > 0));
    }
    if options.is_played && cluster.name == EDGE {
        runtime.spawn(motion::come_and_go(Arc::clone(&member.faults)));
    }
}

fn cluster(options: &Options, index: usize, now: Millis) -> Sim {
    let name = name(index);
    let incident = options.incident.filter(|i| i.cluster == name);
    let before = now - incident.map_or(0, |i| i.lasts);
    let mut sim = if options.has_shop { shop::build(&name, options.seed, before, options.nodes) } else { empty(&name, options.seed, now) };
    if let Some(incident) = incident {
        (incident.begin)(&mut sim);
    }
    if options.pods > 0 {
        filler::filler(&mut sim, options.pods, options.pod_bytes);
    }
    sim.advance(now);
    sim
}

/// A cluster with nothing in it.
fn empty(name: &str, seed: u64, now: Millis) -> Sim {
    let mut sim = Sim::new(name, seed ^ hash(name), now);
    for namespace in ["default", "kube-system"] {
        let object = json!({"metadata": {"name": namespace}, "spec": {"finalizers": ["kubernetes"]}});
        // Nothing can be wrong with it.
        drop(sim.create("namespaces", object, How::by("kube-apiserver")));
    }
    sim
}
