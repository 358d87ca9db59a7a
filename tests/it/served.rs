//! The demo server as a process: what it says, where it listens, how it ends, and what it answers to orders that make no sense.

use crate::rig::SOON;
use crate::rig::home::{Home, NO_PROGRAMS};
use crate::rig::pty::signal;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What ends within this ends at once, on a machine that has other things to do.
const AT_ONCE: Duration = Duration::from_secs(2);

fn kconsole(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command.args(args).env_clear().env("PATH", NO_PROGRAMS).env("TMPDIR", home.path()).stdin(Stdio::null());
    command.envs(home.variables().iter().map(|(name, value)| (name, value)));
    command
}

/// A server, and all that it prints after its first line.
struct Served {
    child: Child,
    kubeconfig: PathBuf,
    rest: mpsc::Receiver<String>,
}

impl Served {
    fn start(home: &Home, args: &[&str]) -> Self {
        let mut command = kconsole(home, &[&["demo-server"], args].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut out, mut err) = (BufReader::new(child.stdout.take().unwrap()), child.stderr.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let (to, rest) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = out.read_to_string(&mut text).and_then(|_| err.read_to_string(&mut text));
            to.send(read.map_or_else(|e| e.to_string(), |_| text))
        });
        assert!(line.ends_with('\n'), "a whole line: {line:?}");
        Self { child, kubeconfig: line.trim_end().into(), rest }
    }

    /// Waits for its end, and how it was.
    fn end(&mut self, limit: Duration) -> Option<i32> {
        wait(&mut self.child, limit)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// Waits for the end of a process; none where it goes on, or a signal ended it.
fn wait(child: &mut Child, limit: Duration) -> Option<i32> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if begun.elapsed() > limit {
            return None;
        }
        std::thread::yield_now();
    }
}

/// The addresses on which a process listens, as `/proc` has them: `0100007F:1F90`.
fn listens(pid: u32) -> Vec<String> {
    let sockets = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
    let inodes: Vec<String> = sockets.filter_map(|to| Some(to.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default(); // there may be no IPv6
        for words in text.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>()) {
            // 0A is listening; what is open for datagrams has 07.
            if ["0A", "07"].contains(&words[3]) && inodes.iter().any(|inode| inode == words[9]) {
                found.push(words[1].to_owned());
            }
        }
    }
    found
}

#[test]
fn one_line_on_loopback_and_an_end_at_once() {
    for name in ["INT", "TERM", "HUP"] {
        let home = Home::new();
        let mut served = Served::start(&home, &["--clusters", "2"]);
        let folder = served.kubeconfig.parent().unwrap().to_owned();
        assert!(folder.starts_with(home.path()), "{}", folder.display());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&served.kubeconfig), mode(&folder)), (0o600, 0o700), "it holds tokens");
        let addresses = listens(served.child.id());
        assert!(addresses.len() == 2 && addresses.iter().all(|a| a.starts_with("0100007F:")), "{addresses:?}");
        // A client that watches does not hold it up.
        let mut kubectl = Command::new("kubectl");
        kubectl.args(["get", "pods", "-A", "-w", "-o", "name", "--kubeconfig"]).arg(&served.kubeconfig).env("HOME", home.path());
        let mut watcher = kubectl.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.starts_with("pod/"), "{first:?}");
        let asked = Instant::now();
        signal(name, served.child.id());
        assert_eq!(served.end(SOON), Some(0), "after SIG{name}");
        assert!(asked.elapsed() < AT_ONCE, "SIG{name}: {:?}", asked.elapsed());
        assert_eq!(served.rest.recv_timeout(SOON).unwrap(), "", "nothing but the path is printed");
        assert!(!folder.exists(), "the folder goes with it");
        watcher.kill().unwrap();
        watcher.wait().unwrap();
    }
}

#[test]
fn what_is_still_being_built_ends_at_once_too() {
    let home = Home::new();
    let mut command = kconsole(&home, &["demo-server", "--clusters", "1", "--pods", "50000"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while std::fs::read_dir(home.path()).unwrap().next().is_none() {
        assert!(begun.elapsed() < SOON, "it makes a folder first");
        std::thread::yield_now();
    }
    let asked = Instant::now();
    signal("INT", child.id());
    let ended = wait(&mut child, SOON);
    let took = asked.elapsed();
    assert!(ended.is_some() && took < AT_ONCE, "{ended:?} after {took:?}");
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "the folder goes with it");
}

#[test]
fn two_servers_with_one_seed_are_the_same_shop() {
    let home = Home::new();
    let names = |args: &[&str]| {
        let served = Served::start(&home, &[&["--clusters", "1"], args].concat());
        let mut kubectl = Command::new("kubectl");
        kubectl.args(["get", "deploy,sts,nodes,cm", "-A", "-o", "name", "--kubeconfig"]).arg(&served.kubeconfig).env("HOME", home.path());
        String::from_utf8(kubectl.output().unwrap().stdout).unwrap()
    };
    let first = names(&["--seed", "7"]);
    assert!(first.lines().count() > 40, "{first}");
    assert_eq!(first, names(&["--seed", "7"]));
}

#[test]
fn bad_use_is_explained() {
    let home = Home::new();
    for (args, why) in [
        (vec!["demo-server", "--pods", "0"], "invalid value '0' for '--pods <N>': 0 is not in 1..=1000000"),
        (vec!["demo-server", "--nodes", "0"], "invalid value '0' for '--nodes <N>'"),
        (vec!["demo-server", "--clusters", "0"], "invalid value '0' for '--clusters <N>': 0 is not in 1..=500"),
        (vec!["demo-server", "--clusters", "many"], "invalid value 'many' for '--clusters <N>': invalid digit"),
        (vec!["demo-server", "--pods", "10", "--churn", "-1"], "unexpected argument '-1'"),
        (vec!["demo-server", "--seed", "x"], "invalid value 'x' for '--seed <S>'"),
        (vec!["demo-server", "now"], "unexpected argument 'now'"),
        (vec!["--demo=bad-rolout"], "there is no scenario called bad-rolout; did you mean bad-rollout?"),
        (vec!["--demo=nonsense"], "there is no scenario called nonsense; --demo=list lists them"),
    ] {
        let mut child = kconsole(&home, &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let code = wait(&mut child, SOON);
        child.kill().unwrap(); // what serves all the same is wrong, and no reason to wait
        let out = child.wait_with_output().unwrap();
        let (said, told) = (String::from_utf8(out.stderr).unwrap(), String::from_utf8(out.stdout).unwrap());
        assert_eq!((code, told.as_str()), (Some(2), ""), "{args:?}: {said}");
        assert!(said.contains(why), "{args:?}: {said}");
    }
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "nothing is left behind");
}

/// A process that may open no more files gets no port.
#[test]
fn no_port_is_explained() {
    let home = Home::new();
    let mut shell = Command::new("sh");
    let script = "ulimit -n 40; exec \"$0\" demo-server --clusters 60";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_kconsole")]).env("TMPDIR", home.path()).stdin(Stdio::null());
    let out = shell.output().unwrap();
    let (said, told) = (String::from_utf8(out.stderr).unwrap(), String::from_utf8(out.stdout).unwrap());
    assert_eq!((out.status.code(), told.as_str()), (Some(1), ""), "{said}");
    assert!(
        said.starts_with("kconsole: no port of 127.0.0.1 is free for a demo server: ") && said.contains("start fewer clusters"),
        "{said}"
    );
    assert!(std::fs::read_dir(home.path()).unwrap().next().is_none(), "nothing is left behind");
}

#[test]
fn scenarios_are_listed() {
    let out = kconsole(&Home::new(), &["--demo=list"]).output().unwrap();
    let told = String::from_utf8(out.stdout).unwrap();
    assert_eq!((out.status.code(), out.stderr.as_slice()), (Some(0), b"".as_slice()));
    assert!(told.lines().count() >= 9 && told.lines().all(|line| line.contains("  ")), "{told}");
}
