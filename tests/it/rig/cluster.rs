//! Real API servers, started once for the whole test binary by `tests/cluster/up` and ended when the binary ends.
//! Without `KCONSOLE_CLUSTER` (a folder that does not exist yet) there are none, and the tests that need them say that they are skipped.

use super::source::root;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A running control plane, taken down when it is dropped or this process ends.
pub struct Cluster {
    folder: PathBuf,
    guard: Child,
}

/// A turn with the clusters that all tests share, since some freeze and kill: nobody else uses the clusters, and all servers run again at its end.
pub struct Turn {
    cluster: &'static Cluster,
    kubeconfig: PathBuf,
    hurt: Mutex<Vec<String>>,
    _turn: MutexGuard<'static, ()>,
}

/// The clusters alpha, beta and gamma; `None`, with a line that says so, where nobody asked for them.
pub fn clusters() -> Option<Turn> {
    static UP: OnceLock<Cluster> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let Some(folder) = std::env::var_os("KCONSOLE_CLUSTER") else {
        eprintln!("skipped: KCONSOLE_CLUSTER=FOLDER starts real API servers in that folder");
        return None;
    };
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = UP.get_or_init(|| Cluster::up(Path::new(&folder), &["alpha", "beta", "gamma"], false));
    Some(Turn { cluster, kubeconfig: cluster.kubeconfig(), hurt: Mutex::default(), _turn: turn })
}

impl Cluster {
    /// Starts API servers under these names. Bare ones have no controllers and no nodes:
    /// what is created stays as it is.
    ///
    /// # Panics
    /// With what the script says where one does not become ready.
    pub fn up(folder: &Path, names: &[&str], bare: bool) -> Self {
        let guard = guard(folder);
        run(script("up").arg("-d").arg(folder).args(["-n", "3"]).args(bare.then_some("--bare")).args(names));
        Self { folder: folder.to_owned(), guard }
    }

    /// Contexts `NAME`, `NAME-viewer`, `NAME-nobody` and `NAME-expired` for each cluster.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }
}

/// A shell that waits until this process lets go of its input, by dropping it or by ending however it ends, and takes the servers down.
fn guard(folder: &Path) -> Child {
    let wait = "trap '' INT TERM HUP; read _; [ ! -x \"$0\" ] || exec \"$0\"";
    let mut shell = Command::new("setsid");
    shell.args(["sh", "-c", wait]).arg(folder.join("down")).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().expect("a shell starts")
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait(); // whether they ended well is for their logs
    }
}

impl Turn {
    /// The kubeconfig of them all.
    pub fn kubeconfig(&self) -> PathBuf {
        self.cluster.kubeconfig()
    }

    /// What kubectl prints.
    ///
    /// # Panics
    /// With what it says where it fails.
    pub fn kubectl(&self, args: &[&str]) -> String {
        kubectl(&self.kubeconfig(), args)
    }

    /// What the store answers, which is shared by all clusters: each has its name before its keys. Keys are in base64.
    pub fn etcd(&self, path: &str, request: &str) -> String {
        let command = std::fs::read_to_string(self.cluster.folder.join("run/etcd.cmd")).expect("the script left it");
        let address = command.split('\0').skip_while(|word| *word != "--listen-client-urls").nth(1).expect("it has an address");
        run(Command::new("curl").args(["-sSf", "-d", request, &format!("{address}/v3/{path}")]))
    }

    /// The API server answers nothing and keeps its sockets.
    pub fn freeze(&self, name: &str) {
        self.hurt.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        self.ctl(name, "freeze");
    }

    /// The API server goes on.
    pub fn thaw(&self, name: &str) {
        self.ctl(name, "thaw");
    }

    /// The API server dies without a word.
    pub fn kill(&self, name: &str) {
        self.hurt.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        self.ctl(name, "kill");
    }

    /// A dead API server starts on the same port with the same data, and is ready.
    pub fn start(&self, name: &str) {
        self.ctl(name, "start");
    }

    fn ctl(&self, name: &str, verb: &str) -> String {
        run(script("ctl").arg(&self.cluster.folder).args([&format!("{name}-apiserver"), verb]))
    }

    /// A real node `real-NAME`, until this is dropped; `None`, with a line that says so, where this machine cannot have one.
    ///
    /// # Panics
    /// With what the script says where it does not become ready.
    pub fn node(&self, name: &str) -> Option<Node<'_>> {
        let out = script("node").arg("-d").arg(&self.cluster.folder).arg(name).output().expect("the script is there");
        let told = String::from_utf8_lossy(&out.stderr);
        if out.status.code() == Some(3) {
            eprintln!("skipped: {told}");
            return None;
        }
        assert!(out.status.success(), "{told}");
        Some(Node { turn: self, context: name.to_owned() })
    }
}

/// A real node. It goes with all of its pods.
pub struct Node<'a> {
    turn: &'a Turn,
    context: String,
}

impl Node<'_> {
    /// Its kubelet dies without a word; its containers go on.
    pub fn kill(&self) {
        run(script("ctl").arg(&self.turn.cluster.folder).args(["kubelet", "kill"]));
    }

    /// Its kubelet starts again.
    pub fn start(&self) {
        run(script("ctl").arg(&self.turn.cluster.folder).args(["kubelet", "start"]));
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        let (name, file) = (format!("real-{}", self.context), self.turn.kubeconfig());
        let on = format!("--field-selector=spec.nodeName={name}");
        let context = ["--context", self.context.as_str()];
        try_kubectl(&file, &[&context[..], &["delete", "pods", "-A", &on, "--now", "--timeout=30s"]].concat());
        let _ = script("ctl").arg(&self.turn.cluster.folder).args(["kubelet", "kill"]).output(); // it may be dead
        try_kubectl(&file, &[&context[..], &["delete", "node", &name]].concat());
    }
}

/// Most tests need no more of the clusters than their kubeconfig.
impl AsRef<Path> for Turn {
    fn as_ref(&self) -> &Path {
        &self.kubeconfig
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        for name in self.hurt.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let component = format!("{name}-apiserver");
            let _ = script("ctl").arg(&self.cluster.folder).args([&component, "thaw"]).output(); // it may be dead
            let _ = script("ctl").arg(&self.cluster.folder).args([&component, "start"]).output(); // it may run
        }
    }
}

/// What kubectl prints.
///
/// # Panics
/// With what it says where it fails.
pub fn kubectl(kubeconfig: &Path, args: &[&str]) -> String {
    run(Command::new("kubectl").arg("--kubeconfig").arg(kubeconfig).args(args))
}

/// Whether there is a kubectl; says so where there is none, for a test that then is skipped.
pub fn has_kubectl() -> bool {
    let is_there = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|out| out.status.success());
    if !is_there {
        eprintln!("skipped: there is no kubectl in the PATH");
    }
    is_there
}

/// Whether kubectl succeeds.
pub fn try_kubectl(kubeconfig: &Path, args: &[&str]) -> bool {
    let mut kubectl = Command::new("kubectl");
    kubectl.arg("--kubeconfig").arg(kubeconfig).args(args);
    kubectl.output().is_ok_and(|out| out.status.success())
}

fn script(name: impl AsRef<OsStr>) -> Command {
    Command::new(root().join("tests/cluster").join(Path::new(name.as_ref())))
}

fn run(command: &mut Command) -> String {
    let out = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("our tools print UTF-8")
}
