//! Puts the entries of several kubeconfigs together as kubectl does: for each name the first file wins, and contexts may name
//! entries of other files.

use super::entry::{ClusterEntry, Pem, UserEntry};
use super::kubeconfig::{Context, Kubeconfig, Problem};
use super::yaml::{Flaw, Node};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// What has been read so far.
#[derive(Default)]
pub(super) struct Merge {
    contexts: Entries<Link>,
    clusters: Entries<Arc<ClusterEntry>>,
    users: Entries<Arc<UserEntry>>,
    current: Option<(String, PathBuf, u64)>,
    problems: Vec<Problem>,
}

impl Merge {
    /// Something wrong with a file as a whole.
    pub(super) fn problem(&mut self, file: &Path, flaw: Flaw) {
        self.problems.push(Problem { file: file.to_owned(), line: flaw.line, what: flaw.what });
    }

    /// Adds the entries of the next file.
    pub(super) fn file(&mut self, file: &Path, tree: &Node) {
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

    /// Looks up what the contexts name. `files` are those that were looked at.
    pub(super) fn finish(mut self, mut files: Vec<PathBuf>) -> Kubeconfig {
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
        let named: BTreeSet<&Path> = clusters.filter_map(|cluster| cluster.ca.as_ref()).chain(keys).filter_map(Pem::file).collect();
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
