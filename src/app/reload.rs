//! Notices edits of the user's own files and of the kubeconfigs, and reads them again. What a second reading changes is `reread`'s work.
//!
//! Folders are watched, not files, since editors and credential tools put a new file in the place of the old one. Nothing polls.

use super::cli::Flags;
use super::files::{Own, Paths};
use crate::k8s::kubeconfig::{self, Kubeconfig, Sources};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// An edit is many events: so long after the first one the file is looked at (fault row FC4).
const DEBOUNCE: Duration = Duration::from_millis(200);

/// What a second reading found.
#[derive(Debug)]
pub struct Again {
    /// The user's own files.
    pub own: Own,
    /// The kubeconfigs.
    pub kubeconfig: Kubeconfig,
    /// Why later edits will not be noticed, if so.
    pub deaf: Option<String>,
}

/// Reads everything again.
pub struct Reader {
    /// Where our files are.
    pub paths: Paths,
    /// They overrule the config.
    pub flags: Flags,
    /// Where kubeconfigs are looked for.
    pub sources: Sources,
    /// The last reading, which holds on where a file cannot be read.
    pub own: Own,
}

impl Reader {
    fn read(&mut self) -> (Own, Kubeconfig) {
        self.own = Own::read(&self.paths, &self.flags, Some(&self.own));
        (self.own.clone(), kubeconfig::read(&self.sources))
    }

    /// What an edit may be of, besides the files that the kubeconfigs name.
    fn files(&self) -> [PathBuf; 3] {
        let Paths { config, keymaps, themes, .. } = &self.paths;
        [config.clone(), keymaps.clone(), themes.clone()]
    }
}

/// A task that reads again after each edit, until it is dropped.
pub struct Reload {
    again: mpsc::Receiver<Again>,
    task: AbortHandle,
}

impl Reload {
    /// Begins. Reads once at once, so that no edit is lost that came after the first reading; `files` are those that it looked at. Needs a
    /// runtime.
    pub fn start(reader: Reader, files: Vec<PathBuf>) -> Self {
        let (out, again) = mpsc::channel(1);
        Self { again, task: tokio::spawn(run(reader, files, out)).abort_handle() }
    }

    /// Waits for the next reading.
    pub async fn next(&mut self) -> Again {
        match self.again.recv().await {
            Some(again) => again,
            // The task has nothing to say any more.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Reload {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(mut reader: Reader, mut files: Vec<PathBuf>, out: mpsc::Sender<Again>) {
    let (edited, mut edits) = mpsc::channel(1);
    loop {
        // Watched first and read then: an edit in between is seen twice rather than never. Folders come and go, so all is watched anew.
        let wanted = wanted(reader.files().into_iter().chain(files.iter().cloned()));
        let watching = watch(&wanted, edited.clone());
        let deaf = watching.as_ref().err().map(|error| format!("edits of the config and kubeconfig are not noticed: {error}"));
        let Ok((back, own, kubeconfig)) = tokio::task::spawn_blocking(move || {
            let (own, kubeconfig) = reader.read();
            (reader, own, kubeconfig)
        })
        .await
        else {
            return;
        };
        reader = back;
        if kubeconfig.files != files {
            files.clone_from(&kubeconfig.files);
            continue;
        }
        if out.send(Again { own, kubeconfig, deaf }).await.is_err() || edits.recv().await.is_none() {
            return;
        }
        sleep(DEBOUNCE).await;
        // What has come meanwhile is part of the same edit; what comes from now on is another.
        while edits.try_recv().is_ok() {}
    }
}

/// The files themselves and what links among them lead to.
fn wanted(files: impl Iterator<Item = PathBuf>) -> BTreeSet<PathBuf> {
    files.map(|f| std::path::absolute(&f).unwrap_or(f)).flat_map(|f| [f.canonicalize().unwrap_or_else(|_| f.clone()), f]).collect()
}

/// Watches the folders of these files; where one is missing, the nearest that is there.
fn watch(wanted: &BTreeSet<PathBuf>, edited: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let files = wanted.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.map_or(true, |event| is_edit(&event, &files)) {
            // One that waits already stands for this one too.
            let _ = edited.try_send(());
        }
    })?;
    let mut watched: BTreeSet<&Path> = BTreeSet::new();
    loop {
        let folders: BTreeSet<&Path> = wanted.iter().filter_map(|f| folder(f)).collect();
        // A folder may have come between the look for it and the watch on the one above: nobody would tell of it any more.
        if folders.is_subset(&watched) {
            return Ok(watcher);
        }
        for folder in folders.difference(&watched) {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        watched.extend(folders);
    }
}

/// The folder to watch for a file, or for the files of a folder.
fn folder(path: &Path) -> Option<&Path> {
    path.ancestors().find(|p| p.is_dir())
}

/// True where something that we read may be another now. Reading is no edit, or our own would never end.
fn is_edit(event: &Event, files: &BTreeSet<PathBuf>) -> bool {
    let reads = matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write));
    let about = |path: &PathBuf| files.iter().any(|f| f.starts_with(path) || path.starts_with(f));
    !reads && (event.paths.is_empty() || event.paths.iter().any(about))
}
