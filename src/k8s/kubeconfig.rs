//! Reads kubeconfigs as kubectl merges them, file by file and entry by entry: a broken file, context, cluster or user costs
//! only itself and is reported with file and line. Nothing is run and nothing connected here.

use super::entry::{ClusterEntry, Pem, UserEntry};
use super::merge::Merge;
use super::yaml::{self, Flaw, Node};
use crate::model::fault::{Fault, FaultKind};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a pod finds its service account (kubernetes.io: "Accessing the API from a Pod").
pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A kubeconfig larger than this is a mistake.
const LARGEST: u64 = 50 << 20;

/// Where kubeconfigs are looked for.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file of `--kubeconfig`; if there is one, no other is read.
    pub flag: Option<PathBuf>,
    /// The value of KUBECONFIG: a list of files.
    pub env: Option<OsString>,
    /// The home directory, for `~/.kube/config`.
    pub home: Option<PathBuf>,
    /// The values of KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, which a pod has.
    pub pod: Option<(String, String)>,
    /// The directory with the pod's token, usually [`SERVICE_ACCOUNT`].
    pub service_account: PathBuf,
}

/// All that the kubeconfigs say.
#[derive(Debug, Default)]
pub struct Kubeconfig {
    /// The contexts, in the order of the files.
    pub contexts: Vec<Context>,
    /// The context that kubectl would use.
    pub current: Option<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Every file that was looked at, also those that are missing and those that entries name: a change in one of them may change the rest.
    pub files: Vec<PathBuf>,
}

/// Something wrong in a kubeconfig.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: Option<u64>,
    /// What is wrong, for people; without the place.
    pub what: String,
}

/// A context with everything it takes to connect.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// The file that defines it.
    pub file: PathBuf,
    /// The server.
    pub cluster: Arc<ClusterEntry>,
    /// Who we are there.
    pub user: Arc<UserEntry>,
    /// Its own namespace.
    pub namespace: Option<String>,
    /// Why it cannot be used; what is missing is then empty in `cluster` and `user`.
    pub broken: Option<Fault>,
}

/// Two things with the same fingerprint are the same; for this run of the program only.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    fn of(value: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// As a number, for what knows no kubeconfig.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl Context {
    /// Changes when anything about the connection changes.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&(&self.cluster, &self.user, &self.namespace, self.broken.is_some()))
    }

    /// Contexts with the same have the same credential: a plugin runs once for all of them. Whom to act as does not count.
    pub fn credential_fingerprint(&self) -> Fingerprint {
        let UserEntry { token, token_file, client_certificate, client_key, username, password, exec, impersonate: _ } = &*self.user;
        let cluster = exec.as_ref().filter(|exec| exec.provide_cluster_info).map(|_| &self.cluster);
        Fingerprint::of(&(token, token_file, client_certificate, client_key, username, password, exec, cluster))
    }

    /// Contexts with the same reach the same cluster: server and certificate authority agree. Reads no file: the certificates are those
    /// of the last reading.
    pub fn cluster_fingerprint(&self) -> Fingerprint {
        let server = self.cluster.server.trim_end_matches('/').to_ascii_lowercase();
        Fingerprint::of(&(server, self.cluster.ca.as_ref().map(Pem::as_read), &self.cluster.tls_server_name, &self.cluster.proxy_url))
    }
}

impl Sources {
    /// What kubectl would look at: `flag` is `--kubeconfig`, `var` reads the environment.
    pub fn find(flag: Option<PathBuf>, var: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| var(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
        Self {
            flag,
            env: var("KUBECONFIG").filter(|value| !value.is_empty()),
            home: var("HOME").filter(|home| !home.is_empty()).map(PathBuf::from),
            pod: text("KUBERNETES_SERVICE_HOST").zip(text("KUBERNETES_SERVICE_PORT")),
            service_account: PathBuf::from(SERVICE_ACCOUNT),
        }
    }

    /// The files, in the order in which they count.
    fn files(&self) -> Vec<PathBuf> {
        if let Some(flag) = &self.flag {
            return vec![flag.clone()];
        }
        let mut seen = HashSet::new();
        let listed = self.env.iter().flat_map(std::env::split_paths).filter(|path| !path.as_os_str().is_empty());
        let mut files: Vec<PathBuf> = listed.filter(|path| seen.insert(path.clone())).collect();
        if files.is_empty() {
            files.extend(self.home.as_ref().map(|home| home.join(".kube/config")));
        }
        files
    }
}

/// Reads everything. Blocks on files.
pub fn read(sources: &Sources) -> Kubeconfig {
    let mut merge = Merge::default();
    let files = sources.files();
    let mut found = false;
    for file in &files {
        match load(file) {
            Ok((tree, more)) => {
                found = true;
                merge.file(file, &tree);
                if more {
                    merge.problem(file, Flaw { line: None, what: "holds several documents; only the first counts".to_owned() });
                }
            }
            Err(Unread::Missing) if sources.flag.is_none() => {}
            Err(Unread::Missing) => merge.problem(file, Flaw { line: None, what: "there is no such file".to_owned() }),
            Err(Unread::Flawed(flaw)) => {
                found = true;
                merge.problem(file, flaw);
            }
        }
    }
    let pod = if found || sources.flag.is_some() { None } else { in_pod(sources) };
    let mut read = merge.finish(files);
    if let Some(context) = pod {
        read.current = Some(context.name.clone());
        read.contexts.push(context);
    }
    read
}

enum Unread {
    Missing,
    Flawed(Flaw),
}

/// The file's first document, and whether there are more.
fn load(path: &Path) -> Result<(Node, bool), Unread> {
    let flawed = |what: String| Unread::Flawed(Flaw { line: None, what });
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Unread::Missing,
        ErrorKind::IsADirectory => flawed("is a directory".to_owned()),
        _ => flawed(format!("cannot be read: {error}")),
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(io)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > LARGEST {
        return Err(flawed(format!("is larger than {} MiB, so it is not read", LARGEST >> 20)));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.iter().take(64).any(|&b| b == 0) {
        return Err(flawed("is not UTF-8 but probably UTF-16, as PowerShell's > writes it; save it as UTF-8".to_owned()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', before).count() as u64;
        Unread::Flawed(Flaw { line: Some(line), what: "is not UTF-8".to_owned() })
    })?;
    let (tree, more) = yaml::parse(text).map_err(Unread::Flawed)?;
    if tree.is_null() {
        return Err(flawed("is empty".to_owned()));
    }
    Ok((tree, more))
}

impl Problem {
    /// The fault of a context that needs what is wrong here.
    pub(super) fn fault(&self) -> Fault {
        Fault::new(FaultKind::Config, self.to_string())
    }
}

/// `FILE:LINE: what`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(f, "{line}:"))?;
        write!(f, " {}", self.what)
    }
}

/// The context of the pod's own service account.
fn in_pod(sources: &Sources) -> Option<Context> {
    let (host, port) = sources.pod.as_ref()?;
    let token_file = sources.service_account.join("token");
    if !token_file.is_file() {
        return None;
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let ca_file = sources.service_account.join("ca.crt");
    let broken = |error| Fault::new(FaultKind::Config, format!("{} cannot be read: {error}", ca_file.display()));
    let (ca, broken) = match Pem::of_file(ca_file.clone()) {
        Ok(pem) => (Some(pem), None),
        Err(error) => (None, Some(broken(error))),
    };
    let namespace = std::fs::read_to_string(sources.service_account.join("namespace")).ok();
    Some(Context {
        name: "in-cluster".to_owned(),
        file: sources.service_account.clone(),
        cluster: Arc::new(ClusterEntry { server: format!("https://{host}:{port}"), ca, ..ClusterEntry::default() }),
        user: Arc::new(UserEntry { token_file: Some(token_file), ..UserEntry::default() }),
        namespace: namespace.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        broken,
    })
}

#[cfg(test)]
mod tests;
