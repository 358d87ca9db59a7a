//! What unmodified kubectl must see of a cluster: scripts of commands with what they must print, run first on real control planes, which are
//! right by definition, then on the demo server, which is wrong wherever it differs. The scripts are `kubectl/*.script`; how one is written is
//! said in `parse`. Each runs in a namespace of its own, so that they run side by side and nothing left over is in their way.
//!
//! `KCONSOLE_KUBECTL=KUBECONFIG` runs them on the current context of any other cluster, `KCONSOLE_SCRIPTS=get,apply` only some.

mod script;

use crate::rig::cluster::{clusters, has_kubectl, kubectl};
use crate::rig::demo::Demo;
use crate::rig::home::Home;
use crate::rig::source::root;
use script::{Step, parse};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How many scripts run at once.
const LANES: usize = 4;

/// What disturbs others runs after them.
const ALONE: &[&str] = &["taint"];

/// Longer than any command takes that works.
const COMMAND: &str = "60";

/// A step that takes longer is told of.
const SLOW: Duration = Duration::from_secs(4);

/// Where the scripts run.
struct Place {
    home: Home,
    kubeconfig: PathBuf,
    context: String,
    /// Groups and versions of the API, and `kubelet`.
    offers: BTreeSet<String>,
}

/// What a step did.
struct Ran {
    exit: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new(kubeconfig: PathBuf, context: &str) -> Self {
        let ask = |args: &[&str]| kubectl(&kubeconfig, &[&["--context", context], args].concat());
        let mut offers: BTreeSet<String> = ask(&["api-versions"]).lines().map(str::to_owned).collect();
        // What only a kubelet does: commands whose exit is told, images that cannot be pulled, probes.
        if !ask(&["get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.kubeletVersion}"]).contains("kwok") {
            offers.insert("kubelet".to_owned());
        }
        Self { home: Home::new(), kubeconfig, context: context.to_owned(), offers }
    }

    /// Runs all scripts that are asked for.
    ///
    /// # Panics
    /// With every step that went wrong, and with what kubectl said.
    fn judge(&self) {
        let wanted = std::env::var("KCONSOLE_SCRIPTS").ok();
        let wanted: Option<Vec<&str>> = wanted.as_ref().map(|w| w.split(',').collect());
        let chosen: Vec<_> = scripts().into_iter().filter(|(name, _)| wanted.as_ref().is_none_or(|w| w.contains(&name.as_str()))).collect();
        let (last, first): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|(name, _)| ALONE.contains(&name.as_str()));
        let wrong = [self.side_by_side(first), self.side_by_side(last)].concat();
        assert!(wrong.is_empty(), "{} steps went wrong on {}\n\n{}", wrong.len(), self.context, wrong.join("\n\n"));
    }

    fn side_by_side(&self, scripts: Vec<(String, Vec<Step>)>) -> Vec<String> {
        let (queue, wrong) = (Mutex::new(scripts), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..LANES {
                scope.spawn(|| {
                    while let Some((name, steps)) = { queue.lock().unwrap().pop() } {
                        let begun = Instant::now();
                        let complaints = self.run(&name, &steps);
                        eprintln!("{name}: {} steps in {:.1?}, {} wrong", steps.len(), begun.elapsed(), complaints.len());
                        wrong.lock().unwrap().extend(complaints);
                    }
                });
            }
        });
        wrong.into_inner().unwrap()
    }

    /// Runs a script in a namespace that is made for it.
    fn run(&self, name: &str, steps: &[Step]) -> Vec<String> {
        let namespace = format!("judge-{name}-{}", std::process::id());
        let folder = self.home.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let own = folder.join("kubeconfig");
        std::fs::write(&own, kubectl(&self.kubeconfig, &["config", "view", "--raw", "--flatten", "--minify", "--context", &self.context]))
            .unwrap();
        kubectl(&own, &["config", "set-context", &self.context, "--namespace", &namespace]);
        kubectl(&own, &["create", "namespace", &namespace]);
        let offered = |step: &&Step| step.needs.iter().all(|need| self.offers.contains(need));
        let wrong = steps.iter().filter(offered).filter_map(|step| self.step(name, step, &namespace, &folder)).collect();
        kubectl(&own, &["delete", "namespace", &namespace, "--wait=false"]);
        wrong
    }

    /// Runs a step, again and again where it may take its time, and tells what was wrong at last.
    fn step(&self, name: &str, step: &Step, namespace: &str, folder: &Path) -> Option<String> {
        let begun = Instant::now();
        loop {
            let ran = self.shell(&step.command, namespace, folder);
            let wrong = step.wrong(ran.exit, &ran.out, &ran.err, namespace);
            let late = begun.elapsed() > step.within.unwrap_or_default();
            if (wrong.is_empty() || late) && begun.elapsed() > SLOW {
                eprintln!(
                    "{name}.script:{}: after {:.1?}: $ {}",
                    step.line,
                    begun.elapsed(),
                    step.command.lines().next().unwrap_or_default()
                );
            }
            if wrong.is_empty() {
                return None;
            }
            if late {
                let said = |title: &str, text: &str| text.lines().map(|l| format!("    {title} {l}\n")).collect::<String>();
                let (wrong, said) = (wrong.join("\n  "), said("|", &ran.out) + &said("!", &ran.err));
                return Some(format!("{name}.script:{}: $ {}\n  {wrong}\n{said}", step.line, step.command));
            }
        }
    }

    fn shell(&self, command: &str, namespace: &str, folder: &Path) -> Ran {
        let mut shell = Command::new("timeout");
        shell.args(["-k", "1", COMMAND, "sh", "-c", command]).current_dir(folder).stdin(Stdio::null()).env_clear();
        shell.env("PATH", std::env::var("PATH").unwrap_or_default()).env("HOME", self.home.path());
        shell.env("KUBECONFIG", folder.join("kubeconfig")).env("NS", namespace).env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        let out = shell.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { exit: out.status.code(), out: text(&out.stdout), err: text(&out.stderr) }
    }
}

/// All scripts by name, those that may take longest last: they are taken from the end.
fn scripts() -> Vec<(String, Vec<Step>)> {
    let folder = root().join("tests/it/kubectl");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "script"));
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let steps = parse(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|wrong| panic!("{name}.script:{wrong}"));
        (name, steps)
    };
    let mut all: Vec<_> = files.map(read).collect();
    let weight = |step: &Step| 1 + step.within.unwrap_or_default().as_secs() / 4;
    all.sort_by_key(|(_, steps)| steps.iter().map(weight).sum::<u64>());
    all
}

#[test]
fn kubectl_sees_a_demo_cluster() {
    if !has_kubectl() {
        return;
    }
    let demo = Demo::start(&["--clusters", "1"]);
    Place::new(demo.kubeconfig().to_owned(), "prod-eu").judge();
}

#[test]
fn kubectl_sees_a_real_cluster() {
    let Some(clusters) = clusters() else { return };
    Place::new(clusters.kubeconfig(), "alpha").judge();
}

#[test]
fn kubectl_sees_the_cluster_that_is_named() {
    let Some(file) = std::env::var_os("KCONSOLE_KUBECTL").map(PathBuf::from) else {
        eprintln!("skipped: KCONSOLE_KUBECTL=KUBECONFIG runs the scripts of kubectl on its current context");
        return;
    };
    let context = kubectl(&file, &["config", "current-context"]);
    Place::new(file, context.trim()).judge();
}
