//! Files that are copied by the command line, out of containers of the demo fleet and into them.

use crate::exec::{Ran, journal, run, run_on};
use crate::rig::SOON;
use crate::rig::demo::demo;
use crate::rig::fleet::shops;
use crate::rig::home::Home;
use crate::rig::person::Person;
use crate::rig::pty::Pty;
use crate::terminal::PLAIN;
use kconsole::demo::fault::Fault;
use kconsole::demo::fault::answer::{Does, On, Rule};
use kconsole::demo::fleet::Fleet;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A pod of the shop.
fn pod() -> String {
    String::from_utf8(run("exec", &["deploy/checkout", "--", "hostname"], b"").out).unwrap().trim().to_owned()
}

fn cp(from: &str, to: &str) -> Ran {
    run("cp", &[from, to], b"")
}

/// What a command in the pod prints.
fn there(pod: &str, script: &str) -> String {
    String::from_utf8_lossy(&run("exec", &[pod, "--", "sh", "-c", script], b"").out).into_owned()
}

/// All files below a folder, and what is in them.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut all, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                all.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap());
            }
        }
    }
    all
}

#[test]
fn a_folder_goes_in_and_comes_out_byte_by_byte() {
    let (pod, here) = (pod(), TempDir::new().unwrap());
    let path = |name: &str| here.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir_all(here.path().join("tree/deep")).unwrap();
    let much: Vec<u8> = (0..1u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(path("tree/deep/much"), &much).unwrap();
    fs::write(path("tree/one file"), "1").unwrap();
    for (from, to) in [
        (path("tree"), format!("{pod}:/tmp/in")),
        // It is there by now: into it.
        (path("tree"), format!("{pod}:/tmp/in")),
        (path("tree"), format!("{pod}:/tmp/in")),
        (format!("{pod}:/tmp/in"), path("out")),
        (format!("{pod}:/tmp/in/deep/much"), path("much")),
    ] {
        let ran = cp(&from, &to);
        assert_eq!((ran.code, ran.err.as_str(), ran.out.len()), (0, "", 0), "{from} {to}");
    }
    assert!(fs::read(path("much")).unwrap() == much);
    let out = files(&here.path().join("out"));
    assert_eq!(out.keys().collect::<Vec<_>>(), ["deep/much", "one file", "tree/deep/much", "tree/one file"]);
    assert!(out["deep/much"] == much && out["tree/deep/much"] == much && out["one file"] == b"1");
    let left = there(&pod, "ls -a /tmp; ls -a /tmp/in");
    assert!(left.contains("in\n") && !left.contains(".kconsole"), "nothing is left beside it: {left}");
    let left: Vec<_> = fs::read_dir(here.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn fl9_what_cannot_be_copied_is_told_and_leaves_nothing() {
    let (pod, here) = (pod(), TempDir::new().unwrap());
    let file = here.path().join("file").to_str().unwrap().to_owned();
    let none = here.path().join("none/x").to_str().unwrap().to_owned();
    for (args, code, told) in [
        (&["a", "b"][..], 2, "one of both has to be in a container"),
        (&["a:/b", "c:/d"], 2, "one of both has to be here"),
        (&["nonsense/x:/b", &file], 2, "there is no kind called nonsense here"),
        (&["nobody:/etc/hosts", &file], 1, "not found: pods \"nobody\" not found"),
        (&["deploy/checkout:/none", &file], 1, "tar: ./none: No such file or directory"),
        (&["deploy/checkout:/etc/hosts", &none], 1, "there is no such folder"),
        (&["deploy/checkout:/etc/hosts", &file, "-c", "none"], 1, "it has no container called none; there are checkout"),
        (&["deploy/checkout:/etc/hosts", &file, "--readonly"], 1, "kconsole was started with --readonly"),
        (&[&none, "deploy/checkout:/tmp"], 1, "No such file or directory"),
        (&["Cargo.toml", "deploy/checkout:/none/x"], 1, "mkdir: can't create directory"),
    ] {
        let ran = run("cp", args, b"");
        assert!(ran.code == code && ran.err.contains(told) && ran.out.is_empty(), "{args:?}: {} {}", ran.code, ran.err);
    }
    assert_eq!(fs::read_dir(here.path()).unwrap().count(), 0);
    assert_eq!(there(&pod, "ls -a /none"), "");
}

/// FL9: no file may be larger than 256 KiB here, which to whoever writes is as a disk that is full.
#[test]
fn fl9_a_disk_that_takes_no_more_gets_nothing_and_is_told_of() {
    let (pod, here) = (pod(), TempDir::new().unwrap());
    let path = |name: &str| here.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("tree")).unwrap();
    fs::write(path("tree/much"), vec![7; 1 << 20]).unwrap();
    assert_eq!(cp(&path("tree"), &format!("{pod}:/tmp/full")).code, 0);
    for (from, to) in [("/tmp/full/much", "file"), ("/tmp/full", "folder")] {
        let home = Home::new().with("KUBECONFIG", demo().kubeconfig().to_str().unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 512; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_kconsole"), "cp", "-n", "shop"]);
        shell.args(["--context", "staging", &format!("{pod}:{from}"), &path(to)]).stdin(Stdio::null());
        let out = shell.envs(home.variables().iter().map(|(name, value)| (name, value))).output().unwrap();
        let told = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(1) && told.contains("File too large"), "{:?}: {told}", out.status);
        let left: Vec<_> = fs::read_dir(here.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["tree"], "nothing is left of it");
    }
}

#[test]
fn it_is_written_down_with_its_bytes_and_never_what_was_copied() {
    let here = TempDir::new().unwrap();
    let file = here.path().join("hunter2");
    fs::write(&file, "hunter2").unwrap();
    let ran = run("cp", &[file.to_str().unwrap(), "deploy/checkout:/tmp/hunter2", "--reason", "a fix"], b"");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let records = journal(&ran.home);
    let told: Vec<_> =
        records.iter().map(|r| (r["record"].as_str().unwrap(), r["verb"].as_str().unwrap(), r["outcome"].as_str())).collect();
    assert_eq!(told, [("intent", "copy-in", None), ("outcome", "copy-in", Some("done"))]);
    let why = records[1]["why"].as_str().unwrap();
    assert!(why.starts_with("1 file, sums compared, ") && why.ends_with(" bytes out"), "{why}");
    for record in &records {
        assert_eq!((record["subresource"].as_str(), record["reason"].as_str()), (Some("exec"), Some("a fix")), "{record}");
        assert!(record["object"]["name"].as_str().unwrap().starts_with("checkout-") && !record.to_string().contains("hunter2"), "{record}");
    }
    let failed = run("cp", &["deploy/checkout:/none", "x"], b"");
    let records = journal(&failed.home);
    assert_eq!((failed.code, records[1]["outcome"].as_str()), (1, Some("refused")), "{}", records[1]);
    assert!(records[1]["why"].as_str().unwrap().contains("No such file or directory"), "{}", records[1]);
}

#[test]
fn who_looks_on_is_told_what_came_of_it() {
    let here = TempDir::new().unwrap();
    let to = here.path().join("hosts").to_str().unwrap().to_owned();
    let home = Home::new().with("KUBECONFIG", demo().kubeconfig().to_str().unwrap());
    let args = ["cp", "-n", "shop", "--context", "staging", "deploy/checkout:/etc/hosts", &to];
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &args, PLAIN, home);
    let (status, _) = pty.wait_exit(SOON).expect("it ends");
    assert_eq!(status.exit_code(), 0, "{}", pty.screen());
    assert!(pty.screen().contains("1 file, sums compared"), "{}", pty.screen());
    assert!(fs::read_to_string(&to).unwrap().contains("localhost"));
}

/// A file that takes a quarter of an hour to go into a container, as lines carry a hundred kilobytes a second.
fn slow(fleet: &Fleet, here: &TempDir) -> String {
    let file = here.path().join("big");
    fs::write(&file, vec![b'x'; 96 << 20]).unwrap();
    fleet.members()[2].faults.order(Fault::Rate(100_000));
    file.to_str().unwrap().to_owned()
}

/// Waits until the server was asked for a command with this in it.
fn heard(fleet: &Fleet, command: &str) -> String {
    let until = Instant::now() + SOON;
    loop {
        let heard = fleet.members()[2].faults.heard();
        if let Some(line) = heard.into_iter().find(|line| line.contains(command)) {
            return line;
        }
        assert!(Instant::now() < until, "{command} is not asked for");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// The pod that a request is to.
fn pod_of(request: &str) -> &str {
    request.split("/pods/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_else(|| panic!("{request}"))
}

#[test]
fn whoever_ends_it_twice_does_not_wait_and_is_told_what_is_left_where() {
    let (fleet, here) = (shops(), TempDir::new().unwrap());
    let home = Home::new().with("KUBECONFIG", fleet.kubeconfig().to_str().unwrap());
    let file = slow(&fleet, &here);
    let args = ["cp", "-n", "shop", "--context", "staging", &file, "deploy/checkout:/tmp/big"];
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &args, PLAIN, home);
    let pod = pod_of(&heard(&fleet, "command=tar")).to_owned();
    // What would be removed is not, as the server does not answer any more.
    let hang = Rule { on: On::Any, path: "/exec".to_owned(), times: usize::MAX, does: Does::Hang };
    fleet.members()[2].faults.order(Fault::Answer(hang));
    pty.signal("INT");
    let removal = heard(&fleet, "command=rm");
    let (_, folder) = removal.split_once(".kconsole-").expect("a folder of its own");
    let once_more = Instant::now();
    pty.signal("INT");
    let (status, _) = pty.wait_exit(SOON).expect("it ends");
    // Sooner than an answer is waited for.
    assert!(status.exit_code() == 130 && once_more.elapsed() < Duration::from_secs(8), "{:?}", once_more.elapsed());
    let told = format!("kconsole: staging: shop/{pod} (container checkout):/tmp/.kconsole-{} may still be there", &folder[..16]);
    assert!(pty.screen().replace('\n', "").contains(&told), "{told}:\n{}", pty.screen());
}

/// A screen on which a copy into a pod is under way, and that pod.
fn copying(fleet: &Fleet, here: &TempDir) -> (Pty, String) {
    let home = Home::new().with("KUBECONFIG", fleet.kubeconfig().to_str().unwrap());
    home.write(".config/kconsole/config.yaml", "clusters: [{match: staging, tier: dev}]\n");
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods", "-n", "shop", "--context", "staging"], (150, 45), home);
    pty.wait_for("pods", SOON, |s| s.contents().contains("checkout-"));
    pty.send("/checkout\r");
    pty.wait_for("its pods", SOON, |s| s.contents().contains("─ /checkout") && !s.contents().contains(" cart-"));
    let (file, until) = (slow(fleet, here), Instant::now() + SOON);
    pty.send(format!(":copy-in {file}\r"));
    pty.wait_for("dialog", SOON, |s| s.contents().contains("Copy files into") && s.contents().contains("not tried beforehand"));
    // Enter goes through the fields, and confirms behind the last; once it is confirmed the server is asked.
    while !fleet.members()[2].faults.heard().iter().any(|line| line.contains("command=tar")) {
        assert!(Instant::now() < until, "{}", pty.screen());
        pty.send("\r");
        pty.wait_quiet(Duration::from_millis(400), Duration::from_secs(2));
    }
    let pod = pod_of(&heard(fleet, "command=tar")).to_owned();
    assert!(in_tmp(fleet, &pod).contains(".kconsole-"), "it is under way");
    (pty, pod)
}

/// What lies in a pod where files were copied to.
fn in_tmp(fleet: &Fleet, pod: &str) -> String {
    let ran = run_on(fleet.kubeconfig(), "exec", &[pod, "--", "sh", "-c", "ls -a /tmp"], b"");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    String::from_utf8_lossy(&ran.out).into_owned()
}

/// Nothing is left of a copy, and it is written down that it was ended.
fn assert_ended(fleet: &Fleet, pod: &str, home: &Home) {
    let left = in_tmp(fleet, pod);
    assert!(!left.contains("big") && !left.contains(".kconsole-"), "{left}");
    let records = journal(home);
    let ends: Vec<_> = records.iter().map(|r| (r["record"].as_str().unwrap(), r["verb"].as_str().unwrap())).collect();
    assert_eq!(ends, [("intent", "copy-in"), ("outcome", "copy-in")]);
    assert!(records[1]["why"].as_str().unwrap().contains("it was ended"), "{}", records[1]);
}

#[test]
fn whoever_leaves_the_screen_ends_its_copies_and_nothing_is_left_of_them() {
    let (fleet, here) = (shops(), TempDir::new().unwrap());
    let (mut pty, pod) = copying(&fleet, &here);
    pty.send("\x1b");
    pty.wait_for("no dialog", SOON, |s| !s.contents().contains("Copy files into"));
    pty.send("Q");
    pty.wait_for("question", SOON, |s| s.contents().contains("1 of your changes are not done yet"));
    pty.send("y");
    let (status, _) = pty.wait_exit(SOON).expect("it ends");
    assert_eq!(status.exit_code(), 0);
    assert_ended(&fleet, &pod, pty.home());
}

/// It is told so by the terminal, by the shell in it, and by whoever closes both.
#[test]
fn a_terminal_that_is_gone_is_nobody_who_does_not_want_to_wait() {
    let (fleet, here) = (shops(), TempDir::new().unwrap());
    let (pty, pod) = copying(&fleet, &here);
    // What is removed takes its time.
    fleet.members()[2].faults.order(Fault::Latency(Duration::from_millis(300)));
    pty.signal("HUP");
    heard(&fleet, "command=rm");
    assert!(pty.exit().is_none(), "it waits for an answer");
    pty.signal("HUP");
    pty.signal("HUP");
    let (status, _) = pty.wait_exit(SOON).expect("it ends");
    assert_eq!(status.exit_code(), 129);
    fleet.members()[2].faults.lift();
    assert_ended(&fleet, &pod, pty.home());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_something_in_a_pod_says_nothing_of_who_puts_fields_back() {
    let pod = json!({"metadata": {"name": "web", "labels": {"argocd.argoproj.io/instance": "shop"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}});
    let mut person = Person::start("pods", &[("pods", pod)]).await;
    person.sees("web").await;
    for (action, does, is_said) in [
        ("label", "Label", true),
        ("copy-out", "Copy files out of", false),
        ("copy-in", "Copy files into", false),
        ("shell", "Open a shell in", false),
        ("attach", "Attach to", false),
        ("forward", "Forward a port to", false),
    ] {
        person.act(action).until(does, |p| p.screen().contains(does) && !p.screen().contains("reading …")).await;
        assert_eq!(person.screen().contains("puts back what Git says"), is_said, "{action}:\n{}", person.screen());
        person.press("esc");
    }
}
