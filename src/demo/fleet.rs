//! A fleet: clusters that are built, served and written into a kubeconfig, all in one folder that goes away with it.

mod building;
mod folder;
mod motion;

use super::cluster::{Cluster, User, now};
use super::fault::Faults;
use super::incident::{self, Incident};
use super::server::{self, Server};
use super::sim::Sim;
use super::tls::{self, Identity};
use super::{kubeconfig, login};
use crate::model::step::Notice;
use building::Building;
use folder::Folder;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

/// What the first clusters of a fleet are called; others are numbered.
const NAMES: [&str; 6] = ["prod-eu", "prod-us", "staging", "dev", "edge", "partner"];
/// The one that needs a login.
const PARTNER: &str = "partner";
/// The one that goes away and comes back.
const EDGE: &str = "edge";
/// Bytes of a pod beside the shop's, where nothing else is said: what pods of real clusters have on average, with managed fields.
pub const POD: usize = 7_500;
/// Threads that serve: what a screen needs is left to it.
const THREADS: usize = 2;

/// What a fleet is made of; the numbers are for each cluster.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many clusters.
    pub clusters: usize,
    /// Machines; the shop's own number where it is `None`.
    pub nodes: Option<usize>,
    /// Pods beside those of the shop.
    pub pods: usize,
    /// Bytes of each of those, about.
    pub pod_bytes: usize,
    /// Changes of those in a second.
    pub churn: u32,
    /// What chance follows from: the same seed makes the same fleet.
    pub seed: u64,
    /// The clusters have a shop in them; else they are empty.
    pub has_shop: bool,
    /// The fleet is a stage: edge goes away and comes back, and partner needs a login. Else all clusters are there for whoever asks.
    pub is_played: bool,
    /// Members can be told to do things wrong, which costs a copy of every byte.
    pub is_faulty: bool,
    /// The trouble that is under way.
    pub incident: Option<&'static Incident>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clusters: NAMES.len(),
            nodes: None,
            pods: 0,
            pod_bytes: POD,
            churn: 0,
            seed: 1,
            has_shop: true,
            is_played: true,
            is_faulty: false,
            incident: None,
        }
    }
}

impl Options {
    /// True where a person has to log in to a cluster of this name.
    pub fn needs_login(&self, cluster: &str) -> bool {
        let forgets = self.incident.is_some_and(|i| i.cluster == cluster && i.server == incident::Server::Forgets);
        self.is_played && cluster == PARTNER || forgets
    }

    /// True where the server of a cluster of this name does wrong now and then.
    fn fails(&self, cluster: &str) -> bool {
        let leaves = self.incident.is_some_and(|i| i.cluster == cluster && i.server == incident::Server::Leaves);
        self.is_faulty || self.is_played && cluster == EDGE || leaves
    }
}

/// Why there is no fleet.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The options are no fleet.
    #[error("{0}")]
    Options(String),
    /// No port is free.
    #[error("no port of 127.0.0.1 is free for a demo server: {0}; end some programs that hold many connections, or start fewer clusters")]
    Port(io::Error),
    /// The folder or the kubeconfig.
    #[error("the folder of the demo fleet cannot be written: {0}; TMPDIR names another place for it")]
    Folder(io::Error),
    /// Threads, memory or random numbers.
    #[error("the demo fleet cannot be started: {0}")]
    System(tls::Failure),
}

/// A member of a fleet.
#[derive(Clone)]
pub struct Member {
    /// The cluster behind the server.
    pub cluster: Arc<Cluster>,
    /// The address of the server: `https://127.0.0.1:PORT`.
    pub server: String,
    /// Tokens that the server takes, or does not.
    pub tokens: Tokens,
    /// What the server does wrong. Orders have no effect where the fleet was not started for them.
    pub faults: Arc<Faults>,
}

/// Tokens of one cluster, secret as those of any other.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// May do everything: a member of `system:masters`.
    pub admin: String,
    /// May look at everything but secrets: bound to the cluster role `view`.
    pub viewer: String,
    /// Is known, and may do nothing.
    pub nobody: String,
    /// Is no longer known.
    pub expired: String,
}

/// A fleet that runs until it is dropped.
pub struct Fleet {
    /// What becomes of the trouble, for whoever takes it.
    pub news: Option<mpsc::Receiver<Notice>>,
    members: Vec<Member>,
    kubeconfig: PathBuf,
    folder: Folder,
    runtime: Option<Runtime>,
}

impl Fleet {
    /// Starts it. It answers when this returns; but one that is played says until each cluster is built, the first one first, only that it is
    /// there, so that a screen need not wait for all of them.
    ///
    /// # Errors
    /// In sentences for people.
    pub fn start(options: &Options) -> Result<Self, Error> {
        if options.clusters == 0 {
            return Err(Error::Options("a demo fleet needs at least one cluster".to_owned()));
        }
        let identity = tls::identity().map_err(Error::System)?;
        let system = |error: io::Error| Error::System(error.into());
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("demo").enable_all().build().map_err(system)?;
        let opened = (0..options.clusters).map(|index| open(&runtime, options, index, &identity)).collect::<Result<Vec<_>, _>>()?;
        let (members, servers): (Vec<Member>, Vec<Server>) = opened.into_iter().unzip();
        let building = Building::start(runtime.handle(), options, &members, servers).map_err(system)?;
        if !options.is_played {
            building.wait(&members).map_err(Error::System)?;
        }
        // After the clusters, so that who cannot wait for them leaves nothing behind.
        let folder = Folder::new().map_err(Error::Folder)?;
        let news = options.incident.map(|incident| {
            let (out, news) = mpsc::channel(2);
            let (members, folder) = (members.clone(), folder.path().into());
            runtime.spawn(incident::play(incident, members, folder, out));
            news
        });
        let users = users(&runtime, options, folder.path(), &members).map_err(Error::Folder)?;
        let kubeconfig = kubeconfig::write(folder.path(), &identity.authority, &members, &users).map_err(Error::Folder)?;
        Ok(Self { news, members, kubeconfig, folder, runtime: Some(runtime) })
    }

    /// Its clusters, in the order of their names above.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The kubeconfig, which only its owner can read.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A folder of the owner's alone that is removed with the fleet.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // Requests that are under way are of no use any more.
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

/// The name of a cluster.
pub fn name(index: usize) -> String {
    NAMES.get(index).map_or_else(|| format!("cluster-{}", index + 1), |&name| name.to_owned())
}

/// Who asks each cluster, as a kubeconfig has it.
fn users(runtime: &Runtime, options: &Options, folder: &Path, members: &[Member]) -> io::Result<Vec<Value>> {
    let user = |member: &Member| {
        if options.needs_login(&member.cluster.name) {
            let folder = folder.join(&member.cluster.name);
            std::fs::create_dir(&folder)?;
            let user = login::user(&folder);
            runtime.spawn(login::serve(folder.into(), Arc::clone(&member.cluster)));
            return user;
        }
        Ok(json!({"token": member.tokens.admin}))
    };
    members.iter().map(user).collect()
}

/// Opens the port of a cluster that is not built yet.
fn open(runtime: &Runtime, options: &Options, index: usize, identity: &Identity) -> Result<(Member, Server), Error> {
    let _inside = runtime.enter();
    let name = name(index);
    let cluster = Cluster::to_come(Sim::new(&name, options.seed, now()));
    let tokens = tokens(&cluster).map_err(Error::System)?;
    let faults = Arc::new(Faults::default());
    let ordered = options.fails(&name).then(|| Arc::clone(&faults));
    let port = server::port().map_err(Error::Port)?;
    let server = Server::open(port, Arc::clone(&cluster), ordered, identity.acceptor.clone()).map_err(Error::Port)?;
    let address = server.address();
    Ok((Member { cluster, server: format!("https://{address}"), tokens, faults }, server))
}

fn tokens(cluster: &Cluster) -> Result<Tokens, tls::Failure> {
    let allow = |user: User| {
        let token = token()?;
        cluster.allow(&token, user);
        Ok::<_, tls::Failure>(token)
    };
    Ok(Tokens {
        admin: allow(User::new("admin", &["system:masters"]))?,
        viewer: allow(User::new("viewer", &["viewers"]))?,
        nobody: allow(User::new("nobody", &[]))?,
        expired: token()?,
    })
}

/// A token that nobody guesses.
pub(super) fn token() -> Result<String, tls::Failure> {
    let mut bytes = [0; 24];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| "the system has no random numbers")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
