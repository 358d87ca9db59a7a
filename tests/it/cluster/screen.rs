//! The screen on three clusters: through outages, with all kinds of users, and with two contexts of one cluster.

use super::{apply, clusters, columns};
use crate::rig::SOON;
use crate::rig::cluster::Turn;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use vt100::Screen;

const WIDE: (u16, u16) = (160, 60);

/// The program on the real clusters.
pub(super) fn open(clusters: impl AsRef<Path>, args: &[&str]) -> Pty {
    let home = Home::new().with("KUBECONFIG", clusters.as_ref().to_str().expect("our paths are UTF-8"));
    Pty::start(env!("CARGO_BIN_EXE_kconsole"), args, WIDE, home)
}

/// A pod that no node takes: it stays as it is.
fn pod(clusters: &Turn, context: &str, name: &str) {
    let spec = "spec: {nodeSelector: {no: node}, containers: [{name: a, image: x}]}";
    apply(clusters, context, &format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\n{spec}\n"));
}

fn delete(clusters: &Turn, context: &str, names: &[&str]) {
    clusters.kubectl(&[&["--context", context, "-n", "shop", "delete", "pod", "--now", "--ignore-not-found"], names].concat());
}

/// The rows in sight: cluster, namespace, name, ready and status. Titles and messages are no rows.
fn rows(screen: &Screen) -> Vec<Vec<String>> {
    let words =
        |line: String| line.split_whitespace().filter(|w| !matches!(*w, "│" | "│▌" | "▲" | "✖" | "◌" | "│◌")).map(str::to_owned).collect();
    let lines: Vec<Vec<String>> = screen.rows(0, WIDE.0).map(words).collect();
    let is_row = |words: &&Vec<String>| words.get(3).is_some_and(|ready| ready.contains('/') && ready.len() == 3);
    let mut rows: Vec<Vec<String>> = lines.iter().filter(is_row).map(|words| words[..5].to_vec()).collect();
    rows.sort_unstable();
    rows
}

/// What the servers have, as kubectl tells it.
fn truth(clusters: &Turn, contexts: &[&str]) -> Vec<Vec<String>> {
    let of = |context: &str| {
        let table = clusters.kubectl(&["--context", context, "get", "pods", "-A"]);
        let rows = columns(&table, &["NAMESPACE", "NAME", "READY", "STATUS"]);
        rows.into_iter().map(|row| [vec![context.to_owned()], row].concat()).collect::<Vec<_>>()
    };
    let mut all: Vec<Vec<String>> = contexts.iter().copied().flat_map(of).collect();
    all.sort_unstable();
    all
}

/// Waits for a line that holds all of this.
fn wait_line(pty: &Pty, limit: Duration, parts: &[&str]) -> Instant {
    let holds = |line: String| parts.iter().all(|part| line.contains(part));
    pty.wait_for(&format!("line with {parts:?}"), limit, |s| s.rows(0, WIDE.0).any(holds))
}

fn wait_truth(clusters: &Turn, contexts: &[&str], pty: &Pty) {
    let wanted = truth(clusters, contexts);
    let title = format!("Pods ─ {} ", wanted.len());
    // Rows are shown while a list streams in, and the end of it is told a moment after the last.
    let is_whole = |s: &Screen| s.contents().contains(&title) && !s.rows(0, WIDE.0).take(1).any(|line| line.contains(['◐', '◌']));
    pty.wait_for(&format!("the servers' {} rows:\n{wanted:#?}", wanted.len()), SOON, |s| is_whole(s) && rows(s) == wanted);
}

/// Takes objects out of the store behind a dead API server's back.
fn delete_from_store(clusters: &Turn, key: &str) {
    clusters.etcd("kv/deleterange", &format!(r#"{{"key":"{}"}}"#, base64(key)));
}

fn base64(text: &str) -> String {
    let out = Command::new("sh").args(["-c", "printf %s \"$0\" | base64 -w0", text]).output().expect("sh is there");
    String::from_utf8(out.stdout).expect("base64 is ASCII")
}

#[test]
fn one_killed_one_frozen_and_back() {
    let Some(clusters) = clusters() else { return };
    let all = ["alpha", "beta", "gamma"];
    all.iter().for_each(|c| ["one", "two", "three"].iter().for_each(|n| pod(&clusters, c, &format!("{c}-{n}"))));
    let pty = open(&clusters, &["pods", "--context", "alpha,beta,gamma"]);
    wait_truth(&clusters, &all, &pty);
    let before = pty.look(rows);

    let killed = Instant::now();
    clusters.kill("beta");
    let told = wait_line(&pty, SOON, &["beta: stale for", "unreachable: "]);
    assert!(told - killed < Duration::from_secs(2), "killed, told after {:?}", told - killed);
    let frozen = Instant::now();
    clusters.freeze("gamma");
    // The others do not stall meanwhile.
    pod(&clusters, "alpha", "alpha-fresh");
    let created = Instant::now();
    let seen = wait_line(&pty, SOON, &["alpha", "alpha-fresh", "Pending"]);
    assert!(seen.saturating_duration_since(created) < Duration::from_millis(500), "seen after {:?}", seen - created);
    let told = wait_line(&pty, SOON, &["gamma: stale for", "unreachable: "]);
    assert!(told - frozen < Duration::from_millis(8_300), "frozen, told after {:?}", told - frozen);
    let now = pty.look(rows);
    assert!(before.iter().all(|row| now.contains(row)) && now.len() == before.len() + 1, "{}", pty.screen());

    delete_from_store(&clusters, "/beta/pods/shop/beta-two");
    clusters.thaw("gamma");
    clusters.start("beta");
    pod(&clusters, "beta", "beta-fresh");
    delete(&clusters, "gamma", &["gamma-three"]);
    wait_truth(&clusters, &all, &pty);
    pty.wait_for("an end of the trouble", SOON, |s| !s.contents().contains("stale"));
    pod(&clusters, "beta", "beta-last");
    wait_line(&pty, Duration::from_secs(2), &["beta", "beta-last"]);
    pod(&clusters, "gamma", "gamma-last");
    wait_line(&pty, Duration::from_secs(2), &["gamma", "gamma-last"]);
    wait_truth(&clusters, &all, &pty);
    let pods = |c: &str| ["one", "two", "three", "fresh", "last"].map(|n| format!("{c}-{n}"));
    all.iter().for_each(|c| delete(&clusters, c, &pods(c).each_ref().map(String::as_str)));
}

#[test]
fn each_user_sees_what_it_may_and_is_told_of_the_rest() {
    let Some(clusters) = clusters() else { return };
    pod(&clusters, "alpha", "alpha-one");
    pod(&clusters, "beta", "beta-one");
    let pty = open(&clusters, &["pods", "--context", "alpha,beta-viewer,gamma-nobody"]);
    wait_line(&pty, SOON, &["beta-viewer", "shop", "beta-one", "Pending"]);
    wait_line(&pty, SOON, &["alpha", "shop", "alpha-one", "Pending"]);
    wait_line(&pty, SOON, &["beta-viewer: only shop; listing all pods is forbidden"]);
    wait_line(&pty, SOON, &["gamma-nobody: forbidden: ", "cannot list resource \"pods\"", "at the cluster scope"]);
    pod(&clusters, "beta", "beta-two");
    wait_line(&pty, Duration::from_secs(2), &["beta-viewer", "shop", "beta-two"]);
    drop(pty);
    for (who, word) in [("gamma-nobody", "forbidden"), ("gamma-expired", "unauthorised")] {
        let alone = open(&clusters, &["pods", "--context", who]);
        wait_line(&alone, SOON, &["no pods could be read"]);
        wait_line(&alone, SOON, &[&format!("{who}: {word}: ")]);
        let beside = open(&clusters, &["pods", "--context", &format!("alpha,{who}")]);
        wait_line(&beside, SOON, &["alpha", "shop", "alpha-one"]);
        wait_line(&beside, SOON, &[&format!("{who}: {word}: ")]);
    }
    delete(&clusters, "alpha", &["alpha-one"]);
    delete(&clusters, "beta", &["beta-one", "beta-two"]);
}

#[test]
fn a_second_context_of_an_open_cluster_is_refused() {
    let Some(clusters) = clusters() else { return };
    pod(&clusters, "alpha", "alpha-one");
    let mut pty = open(&clusters, &["pods", "--context", "alpha,alpha-viewer,beta"]);
    wait_line(
        &pty,
        SOON,
        &["alpha-viewer: is the same cluster as alpha, which is open", "to change the user, close that one first (C, then space)"],
    );
    wait_truth(&clusters, &["alpha", "beta"], &pty);
    pty.send("j");
    pty.wait_for("no notice", SOON, |s| !s.contents().contains("is the same cluster"));
    // alpha and beta have the digits 1 and 3: those that were asked for come first.
    pty.send("2");
    wait_line(&pty, SOON, &["alpha-viewer: is the same cluster as alpha, which is open as admin"]);
    wait_truth(&clusters, &["alpha", "beta"], &pty);
    delete(&clusters, "alpha", &["alpha-one"]);
}
