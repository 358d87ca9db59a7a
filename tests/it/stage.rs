//! The demo fleet as a person starts it: what is printed, what is kept from whom, and that nothing is left behind.

use crate::rig::SOON;
use crate::rig::home::{Home, NO_PROGRAMS};
use crate::rig::pty::{Pty, signal};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// kconsole in a home of its own, whose folder for temporary files is in there too.
fn kconsole(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command.args(args).env_clear().env("PATH", NO_PROGRAMS).env("TMPDIR", temporary(home));
    command.envs(home.variables().iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    command
}

fn temporary(home: &Home) -> PathBuf {
    let folder = home.path().join("tmp");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn left(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}

fn told(out: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("kconsole prints UTF-8");
    (out.status.code().expect("no signal ended it"), text(&out.stdout), text(&out.stderr))
}

fn run(args: &[&str]) -> (i32, String, String) {
    let home = Home::new();
    let ended = told(&kconsole(&home, args).output().expect("kconsole starts"));
    assert_eq!(left(&temporary(&home)), 0, "{args:?} leaves nothing behind");
    ended
}

/// A server that has printed where its kubeconfig is.
fn serve(home: &Home, args: &[&str]) -> (Child, PathBuf) {
    let mut server = kconsole(home, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kconsole starts");
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    (server, PathBuf::from(line.trim_end()))
}

#[test]
fn bad_use_gets_a_clear_error() {
    for (args, code, words) in [
        (&["--demo=bad-rolout"][..], 2, "there is no scenario called bad-rolout; did you mean bad-rollout?; --demo=list lists them"),
        (&["--demo", "quota"], 2, "quota is a scenario: --demo=quota plays it, without a space"),
        (&["demo-server", "--clusters", "0"], 2, "invalid value '0' for '--clusters <N>'"),
        (&["demo-server", "--pods", "0"], 2, "invalid value '0' for '--pods <N>'"),
        (&["demo-server", "--nodes", "0"], 2, "invalid value '0' for '--nodes <N>'"),
        (&["--demo", "--kubeconfig", "x"], 2, "cannot be used with"),
    ] {
        let (ended, out, err) = run(args);
        assert!(ended == code && out.is_empty() && err.contains(words), "{args:?}: {ended} {out} {err}");
    }
    let home = Home::new();
    let out = kconsole(&home, &["demo-server"]).env("TMPDIR", "/proc/none").output().expect("kconsole starts");
    assert!(told(&out).0 == 1 && told(&out).2.contains("the folder of the demo fleet cannot be written"), "{out:?}");
}

#[test]
fn help_of_the_server_tells_what_it_takes_and_nothing_of_screens() {
    let (code, out, err) = run(&["demo-server", "--help"]);
    assert!(code == 0 && err.is_empty() && out.contains("--churn") && out.contains("--seed"), "{out}{err}");
    for elsewhere in ["--theme", "--keymap", "--context", "--kubeconfig", "--readonly", "--demo "] {
        assert!(!out.contains(elsewhere), "{elsewhere}: {out}");
    }
}

#[test]
fn the_scenarios_are_listed() {
    let (code, out, err) = run(&["--demo=list"]);
    assert!(code == 0 && err.is_empty() && out.starts_with("bad-rollout ") && out.lines().count() == 9, "{out}{err}");
}

#[test]
fn a_server_prints_its_kubeconfig_and_nothing_else_and_ends_at_once() {
    let home = Home::new();
    let (mut server, kubeconfig) = serve(&home, &["demo-server", "--clusters", "1", "--pods", "30", "--churn", "50"]);
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&kubeconfig), mode(kubeconfig.parent().expect("a folder"))), (0o600, 0o700));
    let config = std::fs::read_to_string(&kubeconfig).expect("a kubeconfig");
    assert!(config.contains("current-context: prod-eu") && config.contains("https://127.0.0.1:"), "{config}");
    let path = kubeconfig.to_str().expect("our paths are UTF-8");
    let (code, out, err) = run(&["get", "pods", "-A", "--kubeconfig", path, "-o", "name"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out.lines().filter(|line| line.contains("filler-")).count(), 30, "{out}");
    assert!(out.contains("checkout-"), "beside the shop's own: {out}");
    let started = Instant::now();
    signal("INT", server.id());
    assert!(server.wait().expect("it ends").success() && started.elapsed() < Duration::from_secs(5));
    let (mut out, mut err) = (String::new(), String::new());
    server.stdout.take().expect("a pipe").read_to_string(&mut out).expect("UTF-8");
    server.stderr.take().expect("a pipe").read_to_string(&mut err).expect("UTF-8");
    assert_eq!((out.as_str(), err.as_str(), left(&temporary(&home))), ("", "", 0));
}

#[test]
fn what_a_killed_server_leaves_goes_with_the_next_one() {
    let home = Home::new();
    let (mut killed, kubeconfig) = serve(&home, &["demo-server", "--clusters", "1"]);
    signal("KILL", killed.id());
    killed.wait().expect("it ends");
    assert!(kubeconfig.exists() && left(&temporary(&home)) == 1);
    let (mut server, _) = serve(&home, &["demo-server", "--clusters", "1"]);
    assert!(!kubeconfig.exists() && left(&temporary(&home)) == 1);
    signal("INT", server.id());
    assert!(server.wait().expect("it ends").success());
    assert_eq!(left(&temporary(&home)), 0);
}

#[test]
fn the_demo_touches_nothing_of_the_user_and_partner_lets_in_who_logs_in() {
    let home = Home::new();
    let bad = "this is: [no config";
    let own = [".config/kconsole/config.yaml", ".kube/config", ".local/state/kconsole/session.yaml", ".config/k9s/config.yaml"];
    own.iter().for_each(|file| drop(home.write(file, bad)));
    let folder = temporary(&home);
    let home = home.with("TMPDIR", folder.to_str().expect("our paths are UTF-8"));
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["--demo"], (120, 36), home.with_programs());
    let shows = |pty: &Pty, text: &str| {
        assert!(pty.wait_until(SOON, |s| s.contents().contains(text)).is_some(), "{text}:\n{}", pty.screen());
    };
    shows(&pty, "6 partner ✗ login needed");
    shows(&pty, "DEMO");
    shows(&pty, "the new checkout crashes");
    pty.look(|s| assert!(!s.contents().contains("k9s was used") && !s.contents().contains("config.yaml"), "{}", s.contents()));
    pty.send("\x12");
    shows(&pty, "Press enter to log in");
    pty.send("\r");
    shows(&pty, "6 partner ●");
    pty.send("Q");
    assert!(pty.wait_exit(SOON).expect("it ends").0.success());
    assert_eq!(left(&folder), 0);
    for file in own {
        assert_eq!(std::fs::read_to_string(pty.home().path().join(file)).expect("it is there"), bad, "{file}");
    }
    assert!(!pty.home().path().join(".local/state/kconsole/kconsole.log").exists());
}
