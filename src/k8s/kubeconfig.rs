//! Reads kubeconfigs as kubectl merges them, file by file and entry by entry: a broken file, context, cluster or user costs
//! only itself and is reported with file and line. Nothing is run and nothing connected here.

use super::entry::{ClusterEntry, Pem, UserEntry};
use super::yaml::{self, Flaw, Node};
use crate::model::fault::{Fault, FaultKind};
use std::collections::{HashMap, HashSet};
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

    /// Contexts with the same reach the same cluster: server and certificate authority agree.
    pub fn cluster_fingerprint(&self) -> Fingerprint {
        let server = self.cluster.server.trim_end_matches('/').to_ascii_lowercase();
        Fingerprint::of(&(server, self.cluster.ca.as_ref().map(Pem::current), &self.cluster.tls_server_name, &self.cluster.proxy_url))
    }
}

impl Sources {
    /// The files, in the order in which they count, and whether somebody asked for exactly this one.
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
            Ok(tree) => {
                found = true;
                merge.file(file, &tree);
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

fn load(path: &Path) -> Result<Node, Unread> {
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
    let tree = yaml::parse(text).map_err(Unread::Flawed)?;
    if tree.is_null() {
        return Err(flawed("is empty".to_owned()));
    }
    Ok(tree)
}

/// An entry of a file, good or not.
struct Entry<T> {
    file: PathBuf,
    line: u64,
    value: Result<T, Problem>,
}

/// A context before its cluster and user are looked up.
#[derive(PartialEq)]
struct Link {
    cluster: Option<String>,
    user: Option<String>,
    namespace: Option<String>,
}

/// The entries of one kind, by name; the first file wins.
struct Entries<T> {
    order: Vec<String>,
    by_name: HashMap<String, Entry<T>>,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { order: Vec::new(), by_name: HashMap::new() }
    }
}

#[derive(Default)]
struct Merge {
    contexts: Entries<Link>,
    clusters: Entries<Arc<ClusterEntry>>,
    users: Entries<Arc<UserEntry>>,
    current: Option<(String, PathBuf, u64)>,
    problems: Vec<Problem>,
}

impl Merge {
    fn problem(&mut self, file: &Path, flaw: Flaw) {
        self.problems.push(Problem { file: file.to_owned(), line: flaw.line, what: flaw.what });
    }

    fn file(&mut self, file: &Path, tree: &Node) {
        if let Err(flaw) = tree.fields() {
            return self
                .problem(file, Flaw { what: "is no kubeconfig: it must be a map with clusters, users and contexts".to_owned(), ..flaw });
        }
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let dir = absolute.parent().unwrap_or(Path::new("/"));
        let problems = &mut self.problems;
        self.clusters.add(file, tree, ["clusters", "cluster"], problems, |node| ClusterEntry::read(node, dir).map(Arc::new));
        self.users.add(file, tree, ["users", "user"], problems, |node| UserEntry::read(node, dir).map(Arc::new));
        self.contexts.add(file, tree, ["contexts", "context"], problems, |node| {
            Ok(Link { cluster: node.opt("cluster")?, user: node.opt("user")?, namespace: node.opt("namespace")? })
        });
        match tree.opt("current-context") {
            Ok(Some(name)) if self.current.is_none() => {
                let line = tree.get("current-context").map_or(1, |node| node.line);
                self.current = Some((name, file.to_owned(), line));
            }
            Ok(_) => {}
            Err(flaw) => self.problem(file, flaw),
        }
    }

    fn finish(mut self, mut files: Vec<PathBuf>) -> Kubeconfig {
        let names = std::mem::take(&mut self.contexts.order);
        let (contexts, flaws): (Vec<Context>, Vec<Option<Problem>>) = names.iter().filter_map(|name| self.context(name)).unzip();
        // What one broken cluster or user costs is said once, not again for each of its contexts.
        for problem in flaws.into_iter().flatten() {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        if let Some((name, file, line)) = &self.current
            && !self.contexts.by_name.contains_key(name)
        {
            let what = format!("current-context is {name:?}, which no kubeconfig defines");
            self.problems.push(Problem { file: file.clone(), line: Some(*line), what });
        }
        let users = self.users.by_name.values().filter_map(|entry| entry.value.as_ref().ok());
        let clusters = self.clusters.by_name.values().filter_map(|entry| entry.value.as_ref().ok());
        let keys = users.flat_map(|user| [&user.client_certificate, &user.client_key]).flatten();
        let named: HashSet<&Path> = clusters.filter_map(|cluster| cluster.ca.as_ref()).chain(keys).filter_map(Pem::file).collect();
        files.extend(named.into_iter().map(Path::to_owned));
        Kubeconfig { contexts, current: self.current.map(|(name, ..)| name), problems: self.problems, files }
    }

    /// A context with what it names, and what is wrong with it.
    fn context(&self, name: &str) -> Option<(Context, Option<Problem>)> {
        let entry = self.contexts.by_name.get(name)?;
        let blank = Context {
            name: name.to_owned(),
            file: entry.file.clone(),
            cluster: Arc::default(),
            user: Arc::default(),
            namespace: None,
            broken: None,
        };
        let link = match &entry.value {
            Ok(link) => link,
            Err(problem) => return Some((Context { broken: Some(problem.fault()), ..blank }, None)),
        };
        let here = |what: String| Problem { file: entry.file.clone(), line: Some(entry.line), what: format!("context {name:?} {what}") };
        let cluster = match &link.cluster {
            Some(cluster) => self.clusters.find("cluster", cluster, here),
            None => Err(here("names no cluster".to_owned())),
        };
        // Without a user the server sees us as anonymous, which is allowed.
        let user = link.user.as_ref().map_or_else(|| Ok(Arc::default()), |user| self.users.find("user", user, here));
        let problem = cluster.as_ref().err().or(user.as_ref().err()).cloned();
        let broken = problem.as_ref().map(Problem::fault);
        let namespace = link.namespace.clone();
        Some((Context { cluster: cluster.unwrap_or_default(), user: user.unwrap_or_default(), namespace, broken, ..blank }, problem))
    }
}

impl<T: PartialEq> Entries<T> {
    /// Takes the entries of one list, such as `clusters`, each with a name and a body such as `cluster`.
    fn add(
        &mut self,
        file: &Path,
        tree: &Node,
        [list, body]: [&str; 2],
        problems: &mut Vec<Problem>,
        read: impl Fn(&Node) -> Result<T, Flaw>,
    ) {
        let problem = |flaw: Flaw| Problem { file: file.to_owned(), line: flaw.line, what: flaw.what };
        let items = match tree.get(list).map_or(Ok(&[][..]), Node::items) {
            Ok(items) => items,
            Err(flaw) => return problems.push(problem(flaw.of(list))),
        };
        for item in items {
            let name = match item.opt("name") {
                Ok(Some(name)) => name,
                Ok(None) => {
                    problems.push(problem(item.flaw(format!("a {body} without a name"))));
                    continue;
                }
                Err(flaw) => {
                    problems.push(problem(flaw));
                    continue;
                }
            };
            let value = match item.get(body) {
                Some(node) => read(node),
                None => Err(item.flaw(format!("has no {body}"))),
            };
            let value = value.map_err(|flaw| problem(Flaw { what: format!("{body} {name:?}: {}", flaw.what), ..flaw }));
            let entry = Entry { file: file.to_owned(), line: item.line, value };
            self.insert(body, name, entry, problems);
        }
    }

    fn insert(&mut self, body: &str, name: String, entry: Entry<T>, problems: &mut Vec<Problem>) {
        if let Some(first) = self.by_name.get(&name) {
            // A copy of the same entry changes nothing, so it is not worth a word.
            if !matches!((&first.value, &entry.value), (Ok(a), Ok(b)) if a == b) {
                let what =
                    format!("{body} {name:?} is already in {}:{}, which counts; this one does not", first.file.display(), first.line);
                problems.push(Problem { file: entry.file, line: Some(entry.line), what });
            }
            return;
        }
        if let Err(problem) = &entry.value {
            problems.push(problem.clone());
        }
        self.order.push(name.clone());
        self.by_name.insert(name, entry);
    }

    /// The entry of that name, or why there is none.
    fn find(&self, body: &str, name: &str, here: impl Fn(String) -> Problem) -> Result<T, Problem>
    where
        T: Clone,
    {
        match self.by_name.get(name) {
            Some(entry) => entry.value.clone(),
            None => Err(here(format!("names the {body} {name:?}, which no kubeconfig defines"))),
        }
    }
}

impl Problem {
    /// The fault of a context that needs what is wrong here.
    fn fault(&self) -> Fault {
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
