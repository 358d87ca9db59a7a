//! Against real API servers (see `rig::cluster`): what no scripted server can prove; and what of it is portable against the demo server. Here is what its parts share; `get` holds what is printed
//! against kubectl, `check` the verdicts, `screen` the table through outages and with all kinds of users, `definitions` kinds that come and go.

mod apply;
mod change;
mod check;
mod copy;
mod debug;
mod definitions;
mod get;
mod health;
mod logs;
mod schema;
mod screen;
mod stream;
mod writes;

use crate::rig::cluster::{clusters, has_kubectl, kubectl};
use crate::rig::demo::demo;
use crate::rig::home::Home;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Runs a test on real clusters alpha, beta and gamma, where somebody asked for them.
///
/// The tests that do not run on the demo server too, and why:
/// - `servers_freeze_thaw_die_and_come_back_on_their_port`, `screen::one_killed_one_frozen_and_back` and
///   `get::a_dead_cluster_costs_nobody_else`: processes are stopped and killed; the demo server's outages are ordered (`faults`).
/// - `definitions::compacted_history_is_listed_anew`: etcd is compacted; the demo server forgets on order (`demo`).
/// - `screen::each_user_sees_what_it_may_and_is_told_of_the_rest` and `screen::a_second_context_of_an_open_cluster_is_refused`: they compare
///   a screen with all that a cluster has, and a shop is larger than a screen.
/// - `schema` and `writes`: they ask real servers for what the demo server then has to say.
fn on_real(test: fn(&Path)) {
    let Some(clusters) = clusters() else { return };
    test(clusters.as_ref());
}

/// Runs a test on clusters alpha, beta and gamma that the demo server plays, one test after the other.
fn on_demo(test: fn(&Path)) {
    if !has_kubectl() {
        return;
    }
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    test(FILE.get_or_init(|| demo().with_users(&["alpha", "beta", "gamma"])));
}

/// What a run of the program printed.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// kconsole in a home of its own, with this kubeconfig.
fn command(home: &Home, kubeconfig: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command.args(args).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default()).stdin(Stdio::null());
    command.envs(home.variables().iter().map(|(name, value)| (name, value))).env("KUBECONFIG", kubeconfig);
    command
}

fn run_with(kubeconfig: &Path, args: &[&str]) -> Ran {
    let out = command(&Home::new(), kubeconfig, args).output().expect("kconsole starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("kconsole prints UTF-8");
    Ran { code: out.status.code().expect("no signal ended it"), out: text(out.stdout), err: text(out.stderr) }
}

fn kconsole(clusters: impl AsRef<Path>, args: &[&str]) -> Ran {
    run_with(clusters.as_ref(), args)
}

/// What must succeed and say nothing else.
fn printed(clusters: impl AsRef<Path>, args: &[&str]) -> String {
    let ran = kconsole(clusters, args);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}:\n{}", ran.out);
    ran.out
}

/// Creates or changes objects.
fn apply(clusters: impl AsRef<Path>, context: &str, objects: &str) {
    let home = Home::new();
    let file = home.write("objects.yaml", objects);
    kubectl(clusters.as_ref(), &["--context", context, "apply", "--validate=false", "-f", file.to_str().expect("our paths are UTF-8")]);
}

/// A printed table, row by row and by title. Columns begin where their titles do.
fn rows(table: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = table.lines();
    let header: Vec<char> = lines.next().unwrap_or_default().chars().collect();
    let begins = |i: &usize| header[*i] != ' ' && (*i == 0 || (*i > 1 && header[i - 1] == ' ' && header[i - 2] == ' '));
    let starts: Vec<usize> = (0..header.len()).filter(begins).collect();
    let cut = |line: &[char], i: usize| -> String {
        let end = starts.get(i + 1).copied().unwrap_or(line.len()).min(line.len());
        line.get(starts[i].min(end)..end).unwrap_or_default().iter().collect::<String>().trim().to_owned()
    };
    let row = |line: &str| {
        let line: Vec<char> = line.chars().collect();
        (0..starts.len()).map(|i| (cut(&header, i), cut(&line, i))).collect()
    };
    lines.map(row).collect()
}

/// These columns of a table, sorted. How long ago something was is left out: it moves on between two commands.
fn columns(table: &str, titles: &[&str]) -> Vec<Vec<String>> {
    let cell = |row: &BTreeMap<String, String>, title: &str| {
        let cell = row.get(title).unwrap_or_else(|| panic!("no column {title} in\n{table}"));
        let timeless = cell.split_once(" (").filter(|(_, rest)| rest.ends_with(" ago)")).map(|(count, _)| format!("{count} (ago)"));
        let cell = timeless.unwrap_or_else(|| cell.clone());
        if cell == "<none>" { String::new() } else { cell } // kubectl leaves what a custom resource lacks empty
    };
    let mut rows: Vec<Vec<String>> = rows(table).iter().map(|row| titles.iter().map(|t| cell(row, t)).collect()).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn servers_freeze_thaw_die_and_come_back_on_their_port() {
    let Some(clusters) = clusters() else { return };
    let ready = |name: &str| {
        let mut kubectl = Command::new("kubectl");
        kubectl.arg("--kubeconfig").arg(clusters.kubeconfig()).args(["--context", name, "--request-timeout=2s", "get", "--raw", "/readyz"]);
        kubectl.output().is_ok_and(|out| out.stdout == b"ok")
    };
    assert!(ready("alpha") && ready("beta") && ready("gamma"));
    clusters.freeze("alpha");
    assert!(!ready("alpha") && ready("beta"));
    clusters.thaw("alpha");
    assert!(ready("alpha"));
    clusters.kill("beta");
    assert!(!ready("beta") && ready("alpha"));
    clusters.start("beta");
    assert!(ready("beta"));
    assert!(clusters.kubectl(&["--context", "beta", "get", "namespaces", "-o", "name"]).contains("namespace/shop"));
}
