//! Attaching and debugging on a real kubelet: what a container runs by itself, a container beside it, a copy of its pod, a pod on its node.

use super::apply;
use crate::rig::SOON;
use crate::rig::cluster::{Turn, clusters};
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use std::time::{Duration, Instant};

const CONTEXT: &str = "gamma";
const NODE: &str = "real-gamma";
const IMAGE: &str = "docker.io/local/busybox:1";
const SIZE: (u16, u16) = (150, 60);

/// A pod that reads what it is told and says it again, and would be restarted if nobody fed it.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: looked-at, namespace: default, labels: {app: looked-at}}\nspec:\n  \
    nodeSelector: {kubernetes.io/hostname: real-gamma}\n  tolerations: [{operator: Exists}]\n  terminationGracePeriodSeconds: 1\n  \
    containers:\n  - {name: app, image: 'docker.io/local/busybox:1', imagePullPolicy: Never, stdin: true, tty: true, command: [sh]}\n";

#[test]
fn a_real_kubelet_is_attached_to_and_debugged() {
    let Some(clusters) = clusters() else { return };
    let Some(_node) = clusters.node(CONTEXT) else { return };
    apply(&clusters, CONTEXT, POD);
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "wait", "pod/looked-at", "--for=condition=Ready", "--timeout=60s"]);
    attached(&clusters);
    beside(&clusters);
    copied(&clusters);
    on_its_node(&clusters);
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "delete", "pod", "looked-at", "--wait=false"]);
}

fn home(clusters: &Turn) -> Home {
    let home = Home::new().with("KUBECONFIG", clusters.as_ref().to_str().expect("our paths are UTF-8"));
    home.write(".config/kconsole/config.yaml", "clusters:\n- {match: '*', tier: dev}\n");
    home
}

/// The program on one object of a kind.
fn at(clusters: &Turn, kind: &str, name: &str) -> Pty {
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &[kind, "--context", CONTEXT, "-n", "default"], SIZE, home(clusters));
    pty.wait_for("rows", SOON, |s| s.contents().contains(name));
    pty.send(format!("/name:{name}\r"));
    pty.wait_for("the row", SOON, |s| s.contents().lines().any(|l| l.contains('▌') && l.contains(name)));
    pty
}

/// Asks for an action, and confirms what it would do.
fn act(pty: &mut Pty, action: &str) {
    // Rows may be there before it is known how their kind is served.
    loop {
        pty.send(format!(":{action}\r"));
        pty.wait_quiet(Duration::from_millis(400), Duration::from_secs(2));
        if !pty.look(|s| s.contents().contains("try again in a moment")) {
            break;
        }
    }
    pty.wait_for("what would be done", SOON, |s| s.contents().contains("nothing → "));
    // Enter goes through the fields, and confirms behind the last; once it is confirmed it closes.
    loop {
        pty.wait_quiet(Duration::from_millis(400), Duration::from_secs(2));
        if !pty.look(|s| s.alternate_screen() && s.contents().contains("nothing → ")) {
            break;
        }
        pty.send("\r");
    }
}

/// What a command in the shell that is open prints.
fn says(pty: &mut Pty, command: &str, wanted: &str) {
    pty.wait_for("prompt", SOON, |s| !s.alternate_screen() && s.contents().trim_end().ends_with('#'));
    pty.send(format!("{command}\r"));
    pty.wait_for(wanted, SOON, |s| s.contents().lines().any(|line| line.trim() == wanted));
}

fn pods(clusters: &Turn, label: &str) -> String {
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "get", "pods", "-l", label, "-o", "name"])
}

fn attached(clusters: &Turn) {
    let args = ["attach", "--context", CONTEXT, "-n", "default", "looked-at"];
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &args, (80, 24), home(clusters));
    pty.wait_for("it is attached", SOON, |s| s.contents().contains("ctrl-p ctrl-q leaves"));
    pty.send("\r");
    says(&mut pty, "echo at''tached; stty size", "24 80");
    pty.send("\x10\x11");
    assert_eq!(pty.wait_exit(SOON).expect("these keys leave").0.exit_code(), 0, "{}", pty.screen());
    assert_eq!(pty.termios(), pty.termios_before());
    let restarts = "jsonpath={.status.containerStatuses[0].restartCount}";
    let told = clusters.kubectl(&["--context", CONTEXT, "-n", "default", "get", "pod", "looked-at", "-o", restarts]);
    assert_eq!(told.trim(), "0", "it goes on without us");
}

fn beside(clusters: &Turn) {
    let mut pty = at(clusters, "pods", "looked-at");
    act(&mut pty, &format!("debug {IMAGE}"));
    pty.send("\x1b");
    let state = "jsonpath={.status.ephemeralContainerStatuses[0].state.running}";
    let until = Instant::now() + SOON;
    while clusters.kubectl(&["--context", CONTEXT, "-n", "default", "get", "pod", "looked-at", "-o", state]).trim().is_empty() {
        assert!(Instant::now() < until, "{}", pty.screen());
    }
    pty.send("Q");
    pty.wait_exit(SOON).expect("Q ends it");
    // It sees the processes of the other.
    let args = ["exec", "--context", CONTEXT, "-n", "default", "looked-at", "-c", "debugger-1", "--", "sh"];
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &args, (80, 24), home(clusters));
    says(&mut pty, "cat /proc/1/comm", "sh");
    pty.send("exit\r");
    assert_eq!(pty.wait_exit(SOON).expect("the shell ends it").0.exit_code(), 0, "{}", pty.screen());
}

fn copied(clusters: &Turn) {
    let mut pty = at(clusters, "pods", "looked-at");
    act(&mut pty, "debug-copy");
    says(&mut pty, "hostname", "looked-at-debug");
    assert_eq!(pods(clusters, "app=looked-at").trim(), "pod/looked-at", "the copy is none of these");
    pty.send("exit\r");
    pty.wait_for("its removal", SOON, |s| s.alternate_screen() && s.contents().contains("Delete ─"));
    pty.send("\x1b");
    pty.wait_quiet(Duration::from_millis(400), Duration::from_secs(2));
    pty.send("Q");
    pty.wait_exit(SOON).expect("Q ends it");
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "delete", "pod", "looked-at-debug", "--wait=false"]);
}

fn on_its_node(clusters: &Turn) {
    let mut pty = at(clusters, "nodes", NODE);
    act(&mut pty, &format!("debug {IMAGE}"));
    says(&mut pty, "ls -d /host/etc", "/host/etc");
    let made = pods(clusters, "kconsole/debug=node");
    assert!(made.contains("pod/node-debugger-real-gamma-"), "{made}");
    pty.send("exit\r");
    pty.wait_for("the console", SOON, vt100::Screen::alternate_screen);
    let until = Instant::now() + SOON;
    while !pods(clusters, "kconsole/debug=node").trim().is_empty() {
        assert!(Instant::now() < until, "{}", pty.screen());
    }
    pty.send("Q");
    pty.wait_exit(SOON).expect("Q ends it");
}
