//! The files that people write, from outside: the real binary in a pty, while config, keymap, theme and kubeconfig are edited, broken,
//! missing or not to be written.

use crate::rig::SOON;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// A kubeconfig with these contexts: name, user and port of a server that nobody listens on.
fn kubeconfig(contexts: &[(&str, &str, u16)]) -> String {
    let mut text = "apiVersion: v1\nkind: Config\n".to_owned();
    text += &format!("current-context: {}\n", contexts.first().map_or("", |c| c.0));
    for (list, body) in [("clusters", "cluster"), ("users", "user"), ("contexts", "context")] {
        text += &format!("{list}:\n");
        for (name, user, port) in contexts {
            let value = match body {
                "cluster" => format!("{{server: 'https://127.0.0.1:{port}'}}"),
                "user" => format!("{{token: {user}}}"),
                _ => format!("{{cluster: {name}, user: {name}}}"),
            };
            text += &format!("- {{name: {name}, {body}: {value}}}\n");
        }
    }
    text
}

const CONFIG: &str = ".config/kconsole/config.yaml";
const SESSION: &str = ".local/state/kconsole/session.yaml";
const LAYOUTS: &str = ".local/state/kconsole/layouts.yaml";
const FORWARDS: &str = ".local/state/kconsole/forwards.yaml";
const KUBECONFIG: &str = ".kube/config";

fn home() -> Home {
    let home = Home::new();
    home.write(KUBECONFIG, &kubeconfig(&[("red", "a", 1), ("blue", "b", 2)]));
    home
}

fn start(home: Home) -> Pty {
    Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], (140, 24), home)
}

/// The overview, as nobody asks for anything else.
fn overview(home: Home) -> Pty {
    Pty::start(env!("CARGO_BIN_EXE_kconsole"), &[], (140, 24), home)
}

fn shows(pty: &Pty, what: &str) {
    pty.wait_for(what, SOON, |s| s.contents().contains(what));
}

fn shows_not(pty: &Pty, what: &str) {
    pty.wait_for(&format!("no {what}"), SOON, |s| !s.contents().contains(what));
}

/// Puts a new file in the place of the old one, as editors and credential tools do.
fn replace(pty: &Pty, path: &str, text: &str) {
    let new = pty.home().write(&format!("{path}.swp"), text);
    fs::rename(new, pty.home().path().join(path)).unwrap();
}

fn ends(mut pty: Pty) {
    pty.send("Q");
    assert_eq!(pty.wait_exit(SOON).expect("Q ends it").0.exit_code(), 0);
}

#[test]
fn fc4_the_config_is_read_again_when_it_is_replaced_broken_and_repaired() {
    let pty = start(home());
    shows(&pty, "red");
    pty.home().write(CONFIG, "clusters: [{match: red, alias: crimson}]\n");
    shows(&pty, "crimson");
    replace(&pty, CONFIG, "clusters:\n- {match: red, alias: scarlet}\nreadonly: true\n");
    shows(&pty, "scarlet");
    shows(&pty, "read-only");
    // Half of a file: what was read before holds, and the place is told.
    pty.home().write(CONFIG, "clusters:\n- {match: red, ali");
    shows(&pty, "config.yaml:2:");
    shows(&pty, "what was read before holds");
    shows(&pty, "scarlet");
    replace(&pty, CONFIG, "clusters:\n- {match: red, alias: ruby}\nreadonly: false\n");
    shows(&pty, "ruby");
    shows_not(&pty, "read-only");
    fs::remove_file(pty.home().path().join(CONFIG)).unwrap();
    shows_not(&pty, "ruby");
    ends(pty);
}

#[test]
fn fc4_a_config_that_is_a_link_is_read_again_when_its_target_changes() {
    let home = home();
    let target = home.write("dotfiles/kconsole.yaml", "clusters: [{match: red, alias: crimson}]\n");
    fs::create_dir_all(home.path().join(".config/kconsole")).unwrap();
    std::os::unix::fs::symlink(target, home.path().join(CONFIG)).unwrap();
    let pty = start(home);
    shows(&pty, "crimson");
    replace(&pty, "dotfiles/kconsole.yaml", "clusters: [{match: red, alias: scarlet}]\n");
    shows(&pty, "scarlet");
    ends(pty);
}

#[test]
fn fc4_keys_and_looks_of_ones_own_are_read_again() {
    let home = home();
    home.write(".config/kconsole/keymaps/default.yaml", "table: {B: clusters}\n");
    let mut pty = start(home);
    shows(&pty, "red");
    replace(&pty, ".config/kconsole/keymaps/default.yaml", "everywhere:\n  B: quit-now\n  Q: nothing\n");
    shows(&pty, "default.yaml:3: unknown action nothing");
    replace(&pty, ".config/kconsole/keymaps/default.yaml", "everywhere:\n  B: quit-now\n  Q: [\n");
    shows(&pty, "what was read before holds");
    pty.send("B");
    assert_eq!(pty.wait_exit(SOON).expect("the last good key ends it").0.exit_code(), 0);
}

#[test]
fn fc4_the_kubeconfig_is_read_again_when_it_is_replaced_broken_and_repaired() {
    let pty = start(home());
    shows(&pty, "1 red");
    shows(&pty, "2 blue");
    replace(&pty, KUBECONFIG, &kubeconfig(&[("green", "c", 3), ("red", "a", 1), ("blue", "b", 2)]));
    // Digits do not move for a newcomer, wherever it stands in the file.
    shows(&pty, "3 green");
    shows(&pty, "1 red");
    let whole = kubeconfig(&[("red", "a", 1), ("green", "c", 3)]);
    replace(&pty, KUBECONFIG, &whole[..whole.len() / 2]);
    shows(&pty, "kube/config");
    pty.look(|s| assert!(s.contents().contains("2 blue ○"), "{}", s.contents()));
    replace(&pty, KUBECONFIG, &whole);
    shows(&pty, "2 blue ✗ not usable");
    shows(&pty, "3 green ○");
    replace(&pty, KUBECONFIG, &kubeconfig(&[("blue", "b", 2), ("red", "a", 1)]));
    shows(&pty, "2 blue ○");
    shows(&pty, "3 green ✗ not usable");
    ends(pty);
}

#[test]
fn fc5_a_corrupt_config_is_told_and_costs_only_itself() {
    for (text, told) in [
        ("clusters: [", "config.yaml:1:"),
        ("\u{0}\u{1}", "config.yaml:1:"),
        ("teme: dark\n", "config.yaml:1: unknown key teme; did you mean theme?"),
        ("theme: drak\n", "there is no theme called drak"),
        ("keymap: k8s\n", "there is no keymap called k8s"),
        ("clusters: [{match: red, colour: corl}]\n", "config.yaml:1: unknown colour corl; did you mean coral?"),
        ("clusters: [{match: '*', alias: same}]\n", "config.yaml:1: the alias same would give blue the name of red"),
    ] {
        let home = home();
        home.write(CONFIG, text);
        let info = Command::new(env!("CARGO_BIN_EXE_kconsole")).arg("info").envs(home.variables().iter().cloned()).output().unwrap();
        let info = String::from_utf8(info.stdout).unwrap();
        assert!(info.contains(told) && info.contains(CONFIG), "{text:?}: {info}");
        let pty = start(home);
        shows(&pty, "▲");
        shows(&pty, "blue");
        ends(pty);
    }
}

#[test]
fn fc5_nothing_to_write_in_and_no_home_is_no_reason_not_to_start() {
    let home = home().with("XDG_STATE_HOME", "/proc/none").with("XDG_CONFIG_HOME", "/proc/none");
    let pty = start(home);
    shows(&pty, "red");
    ends(pty);
    let home = home_without_home();
    let pty = start(home);
    shows(&pty, "There is no cluster yet");
    ends(pty);
}

fn home_without_home() -> Home {
    Home::new().with("HOME", "")
}

#[test]
fn where_k9s_was_used_the_first_run_asks_once_which_keys_to_take() {
    for (key, line) in [("y", "keymap: k9s"), ("x", "keymap: default")] {
        let home = home();
        home.write(".config/k9s/config.yaml", "k9s: {}\n");
        let mut pty = start(home);
        shows(&pty, "k9s was used here");
        pty.send(key);
        shows_not(&pty, "k9s was used here");
        if key == "y" {
            // In k9s' keys a bare 1 is a namespace.
            pty.send("1");
            shows(&pty, " 1  ");
        }
        pty.send("Q");
        assert_eq!(pty.wait_exit(SOON).expect("Q ends it").0.exit_code(), 0);
        let kept = fs::read_to_string(pty.home().path().join(SESSION)).unwrap();
        assert!(kept.contains(line), "{kept}");
    }
    let home = home();
    home.write(".config/k9s/config.yaml", "k9s: {}\n");
    home.write(SESSION, "keymap: k9s\n");
    let pty = start(home);
    shows(&pty, "red");
    pty.look(|s| assert!(!s.contents().contains("k9s was used"), "{}", s.contents()));
    ends(pty);
}

#[test]
fn panes_are_laid_out_as_they_were_left() {
    let mut pty = overview(home());
    shows(&pty, "Nodes ─ 0");
    pty.send(":pane namespaces\r");
    shows(&pty, "Namespaces ─ 0");
    pty.send(":layout save mine\r");
    shows(&pty, "saved");
    pty.send("Q");
    assert!(pty.wait_exit(SOON).is_some());
    let kept = pty.home().path().join(LAYOUTS);
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&kept).unwrap();
    assert!(text.starts_with("last: mine\n") && text.contains("pane: namespaces"), "{text}");
    // What another run has left, a mistake in it, and what has no name.
    for (text, shown) in [
        (text.as_str(), "Namespaces ─ 0"),
        ("last: two\nlayouts: {two: {columns: [{pane: replicasets}, {pane: events}]}}\n", "Replicasets ─ 0"),
        ("last: two\nlayouts: {two: {columns: []}}\n", "layouts.yaml:2: a split needs parts"),
        ("last: [", "layouts.yaml:1:"),
    ] {
        let home = home();
        home.write(LAYOUTS, text);
        let mut pty = overview(home);
        shows(&pty, shown);
        if shown.contains("yaml") {
            shows(&pty, "Nodes ─ 0");
            pty.send(":layout save mine\r");
            shows(&pty, "only until kconsole ends: ");
            assert_eq!(fs::read_to_string(pty.home().path().join(LAYOUTS)).unwrap(), text, "what is wrong is not lost");
        }
        ends(pty);
    }
}

#[test]
fn forwards_are_kept_over_runs_and_a_file_that_is_wrong_is_never_written() {
    let good = "forwards:\n  clock: {context: red, namespace: shop, object: services/web, port: http, local: 18080}\n";
    let bad = good.replace("18080", "180800");
    for (text, told) in [(good, "not open"), (bad.as_str(), "forwards.yaml:2: a forward has a context, ")] {
        let home = home();
        let kept = home.write(FORWARDS, text);
        let mut pty = start(home);
        shows(&pty, "1 red");
        if text == bad {
            shows(&pty, told);
            ends(pty);
            continue;
        }
        pty.send(":forwards\r");
        shows(&pty, told);
        shows(&pty, "service shop/web:http");
        pty.send("\r");
        shows(&pty, "open clock again in a moment");
        pty.send("x");
        shows(&pty, "no forward is open");
        pty.send("Q");
        assert!(pty.wait_exit(SOON).is_some());
        assert!(!fs::read_to_string(&kept).unwrap().contains("clock"));
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn without_a_kubeconfig_the_screen_says_where_it_looks_and_takes_up_what_comes() {
    let pty = start(Home::new());
    shows(&pty, "There is no cluster yet");
    shows(&pty, ".kube/config");
    shows(&pty, "--demo");
    replace(&pty, KUBECONFIG, &kubeconfig(&[("red", "a", 1)]));
    shows(&pty, "1 red");
    shows_not(&pty, "There is no cluster yet");
    ends(pty);
}

#[test]
fn a_second_context_of_an_open_cluster_is_refused_before_it_is_connected() {
    let home = Home::new();
    home.write(KUBECONFIG, &kubeconfig(&[("red", "a", 1), ("viewer", "b", 1)]));
    let mut pty = start(home);
    shows(&pty, "1 red");
    pty.send("2");
    shows(&pty, "is the same cluster as red");
    pty.look(|s| assert!(s.contents().contains("2 viewer ○"), "{}", s.contents()));
    ends(pty);
}

#[test]
fn what_prints_says_which_contexts_are_one_cluster() {
    let home = Home::new();
    home.write(KUBECONFIG, &kubeconfig(&[("red", "a", 1), ("viewer", "b", 1)]));
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
        let out = command.args(args).arg("--all-contexts").env("KUBECONFIG", "").envs(home.variables().iter().cloned()).output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    // Each context is tried for itself.
    let (code, out, _) = run(&["check"]);
    assert!(code == Some(1) && out.contains("red") && out.contains("viewer") && out.lines().count() == 2, "{out}");
    let (code, _, err) = run(&["get", "pods"]);
    assert!(code == Some(1) && err.contains("viewer: is the same cluster as red"), "{err}");
}

#[test]
fn what_a_plugin_is_given_is_shown_nowhere() {
    let home = Home::new().with_programs();
    let exec = "{apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: Always, \
                args: [-c, exit 1, --client-secret=hunter2], env: [{name: KEY, value: hunter2}]}";
    home.write(KUBECONFIG, &kubeconfig(&[("red", "a", 1)]).replace("{token: a}", &format!("{{exec: {exec}}}")));
    for args in [&["get", "pods"][..], &["check"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
        let out = command.args(args).env("KUBECONFIG", "").envs(home.variables().iter().cloned()).output().unwrap();
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        assert!(said.contains("KEY=… sh -c … --client-secret=…") && !said.contains("hunter2"), "{said}");
    }
    let mut pty = start(home);
    shows(&pty, "login needed");
    pty.send("C");
    shows(&pty, "KEY=… sh -c");
    pty.look(|s| assert!(!s.contents().contains("hunter2"), "{}", s.contents()));
    // The login key runs the whole command and tells the short one.
    pty.send("\x12");
    shows(&pty, "KEY=… sh -c … --client-secret=…: it ended with");
    pty.look(|s| assert!(!s.contents().contains("hunter2"), "{}", s.contents()));
    ends(pty);
}
