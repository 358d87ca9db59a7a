//! Into containers on a real kubelet, and to their ports: what the demo server only plays.

use super::{Ran, apply, command, kconsole};
use crate::exec::follows;
use crate::rig::SOON;
use crate::rig::cluster::{Turn, clusters};
use crate::rig::home::Home;
use crate::rig::pty::{Pty, signal};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

const CONTEXT: &str = "gamma";
/// Two pods, each of which serves its name and says which terminal it has.
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: streamed, namespace: default}\nspec:\n  replicas: 2\n  \
    selector: {matchLabels: {app: streamed}}\n  template:\n    metadata: {labels: {app: streamed}}\n    spec:\n      \
    nodeSelector: {kubernetes.io/hostname: real-gamma}\n      tolerations: [{operator: Exists}]\n      terminationGracePeriodSeconds: 1\n      \
    containers:\n      - {name: app, image: 'docker.io/local/busybox:1', imagePullPolicy: Never, ports: [{name: http, containerPort: 8080}],\n         \
    command: [sh, -c, 'mkdir /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www']}\n";

/// `kconsole exec` into one of them.
fn exec(clusters: &Turn, args: &[&str]) -> Ran {
    kconsole(clusters, &[&["exec", "--context", CONTEXT, "-n", "default", "deploy/streamed"], args].concat())
}

#[test]
fn a_real_kubelet_runs_commands_and_its_pods_are_reached() {
    let Some(clusters) = clusters() else { return };
    let Some(_node) = clusters.node(CONTEXT) else { return };
    apply(&clusters, CONTEXT, WEB);
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "rollout", "status", "deploy/streamed", "--timeout=60s"]);
    commands(&clusters);
    much(&clusters);
    terminal(&clusters);
    fl8_a_command_ends_with_its_pod(&clusters);
    fl8_a_forward_goes_on(&clusters);
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "delete", "deploy", "streamed", "--wait=false"]);
}

fn commands(clusters: &Turn) {
    for (args, out, err, code) in [
        (&["--", "echo", "hello"][..], "hello\n", "", 0),
        (&["-c", "app", "--", "sh", "-c", "echo out; echo wrong >&2; exit 7"], "out\n", "wrong\n", 7),
        (&["--", "sh", "-c", "kill -9 $$"], "", "", 137),
    ] {
        let ran = exec(clusters, args);
        assert_eq!((ran.out.as_str(), ran.err.as_str(), ran.code), (out, err, code), "{args:?}");
    }
    let ran = exec(clusters, &["--", "vim"]);
    assert!(ran.code == 1 && ran.err.contains("executable file not found"), "{} {}", ran.code, ran.err);
}

/// More goes in and comes out than anything on the way holds.
fn much(clusters: &Turn) {
    let input: Vec<u8> = (0..32u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let home = Home::new();
    let args = ["exec", "--context", CONTEXT, "-n", "default", "deploy/streamed", "--", "cat"];
    let mut cat = command(&home, clusters.as_ref(), &args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let (mut stdin, wanted) = (cat.stdin.take().expect("piped"), input.clone());
    let typing = std::thread::spawn(move || stdin.write_all(&input));
    let out = cat.wait_with_output().expect("it ends");
    typing.join().expect("no panic").expect("all is taken");
    assert!(out.status.success() && out.stdout == wanted, "{:?}: {} of {} bytes", out.status, out.stdout.len(), wanted.len());
}

fn terminal(clusters: &Turn) {
    let home = Home::new().with("KUBECONFIG", clusters.as_ref().to_str().expect("our paths are UTF-8"));
    let args = ["exec", "--context", CONTEXT, "-n", "default", "deploy/streamed", "--", "sh"];
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &args, (80, 24), home);
    pty.wait_for("prompt", SOON, |s| s.contents().trim_end().ends_with('#'));
    pty.send("stty size\r");
    pty.wait_for("size", SOON, |s| s.contents().contains("24 80"));
    pty.resize((132, 50));
    follows(&mut pty, "50 132");
    // ctrl-c is the far side's, once a program runs there: the line that was typed does not say so by itself.
    pty.send("echo be''gun; sleep 600\r");
    pty.wait_for("program", SOON, |s| s.contents().contains("begun"));
    pty.send("\x03");
    pty.wait_for("interrupt", SOON, |s| s.contents().contains("^C") && s.contents().trim_end().ends_with('#'));
    pty.send("exit 9\r");
    assert_eq!(pty.wait_exit(SOON).expect("the shell ends it").0.exit_code(), 9, "{}", pty.screen());
    assert_eq!(pty.termios(), pty.termios_before());
}

fn fl8_a_command_ends_with_its_pod(clusters: &Turn) {
    let home = Home::new();
    let args = ["exec", "--context", CONTEXT, "-n", "default", "deploy/streamed", "--", "sh", "-c", "hostname; sleep 600"];
    let sleeping = command(&home, clusters.as_ref(), &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut sleeping = sleeping.expect("it runs");
    let mut pod = String::new();
    BufReader::new(sleeping.stdout.as_mut().expect("piped")).read_line(&mut pod).expect("it tells");
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "delete", "pod", pod.trim(), "--wait=false"]);
    let deleted = Instant::now();
    let out = sleeping.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(deleted.elapsed() < Duration::from_secs(15), "{:?}", deleted.elapsed());
    assert!(out.status.code() == Some(137) || told.contains("the pod is"), "{:?} {told}", out.status);
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "rollout", "status", "deploy/streamed", "--timeout=60s"]);
}

/// The page behind a port, if there is one.
fn page(port: u16) -> Option<String> {
    let mut near = TcpStream::connect(("127.0.0.1", port)).ok()?;
    near.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    near.shutdown(Shutdown::Write).ok()?;
    let mut text = String::new();
    near.read_to_string(&mut text).ok()?;
    Some(text.lines().last()?.to_owned()).filter(|pod| pod.starts_with("streamed-"))
}

fn fl8_a_forward_goes_on(clusters: &Turn) {
    let home = Home::new();
    let args = ["forward", "--context", CONTEXT, "-n", "default", "deploy/streamed", "0:http"];
    let mut forward = command(&home, clusters.as_ref(), &args).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut line = String::new();
    BufReader::new(forward.stdout.as_mut().expect("piped")).read_line(&mut line).expect("it tells");
    let port = line.trim_start_matches("Forwarding from 127.0.0.1:").split(' ').next().and_then(|p| p.parse().ok()).expect("a port");
    let before = page(port).expect("a page");
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "delete", "pod", &before, "--wait=false"]);
    let deleted = Instant::now();
    while page(port).is_none_or(|now| now == before) {
        assert!(deleted.elapsed() < Duration::from_secs(2), "{:?}", deleted.elapsed());
    }
    // It resumes unasked where the API server has been gone.
    clusters.kill(CONTEXT);
    clusters.start(CONTEXT);
    let back = Instant::now();
    while page(port).is_none() {
        assert!(back.elapsed() < Duration::from_secs(15), "{:?}", back.elapsed());
    }
    signal("TERM", forward.id());
    assert_eq!(forward.wait().expect("it ends").code(), Some(143));
}
