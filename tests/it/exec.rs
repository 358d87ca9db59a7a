//! Into containers by the command line: what goes in, what comes out, and how it ends, with a terminal and without.

use crate::rig::SOON;
use crate::rig::demo::demo;
use crate::rig::home::{Home, NO_PROGRAMS};
use crate::rig::pty::{Pty, signal};
use crate::terminal::{PLAIN, assert_whole};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run printed, and how it ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
    pub(crate) home: Home,
}

/// `kconsole exec` in namespace shop of staging, with this on its standard input.
fn exec(args: &[&str], input: &[u8]) -> Ran {
    run("exec", args, input)
}

/// The same for another subcommand.
pub(crate) fn run(subcommand: &str, args: &[&str], input: &[u8]) -> Ran {
    run_on(demo().kubeconfig(), subcommand, args, input)
}

/// The same on another fleet.
pub(crate) fn run_on(kubeconfig: &Path, subcommand: &str, args: &[&str], input: &[u8]) -> Ran {
    let home = Home::new().with("KUBECONFIG", kubeconfig.to_str().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command.args([subcommand, "-n", "shop", "--context", "staging"]).args(args).env_clear().env("PATH", NO_PROGRAMS);
    command.envs(home.variables().iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // Whoever has read enough is no mistake.
    let typing = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let out = child.wait_with_output().expect("it ends");
    typing.join().unwrap();
    Ran {
        code: out.status.code().expect("no signal ended it"),
        out: out.stdout,
        err: String::from_utf8_lossy(&out.stderr).into_owned(),
        home,
    }
}

/// A shell waits for a line.
pub fn prompts(screen: &vt100::Screen) -> bool {
    screen.contents().trim_end().ends_with(['$', '#'])
}

/// The far side has this size by now. The program hears of it by a signal, the far side by a message: asked until it has.
pub fn follows(pty: &mut Pty, size: &str) {
    let mut asked = 0;
    while !pty.look(|s| s.contents().contains(size)) {
        asked += 1;
        assert!(asked < 100, "{}", pty.screen());
        let before = pty.raw_len();
        pty.send("stty size\r");
        pty.wait_more(before + "stty size".len(), SOON).expect("an answer");
    }
}

/// The journal of a run, record by record.
pub(crate) fn journal(home: &Home) -> Vec<Value> {
    let path: PathBuf = home.path().join(".local/state/kconsole/journal.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_command_has_its_own_input_output_errors_and_exit_code_and_nothing_else_is_printed() {
    let web = "deploy/checkout";
    for (args, input, out, err, code) in [
        (&[web, "--", "echo", "hello"][..], "", "hello\n", "", 0),
        (&["svc/checkout", "--", "echo", "by service"], "", "by service\n", "", 0),
        (&[web, "-c", "checkout", "--", "sh", "-c", "exit 3"], "", "", "", 3),
        (&[web, "--", "sh", "-c", "echo out; echo wrong >&2; false"], "", "out\n", "wrong\n", 1),
        (&[web, "--", "cat"], "typed\n", "typed\n", "", 0),
        (&[web, "--", "wc", "-l"], "a\nb\n", "2\n", "", 0),
        (&[web, "--", "printenv", "-none"], "", "", "", 1),
    ] {
        let ran = exec(args, input.as_bytes());
        let told = (String::from_utf8_lossy(&ran.out).into_owned(), ran.err, ran.code);
        assert_eq!(told, (out.to_owned(), err.to_owned(), code), "{args:?}");
    }
}

#[test]
fn much_goes_in_and_comes_out_byte_by_byte() {
    let input: Vec<u8> = (0..8u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let ran = exec(&["deploy/checkout", "--", "cat"], &input);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out == input, "{} of {} bytes came back", ran.out.len(), input.len());
}

#[test]
fn what_cannot_be_run_is_told_and_runs_nothing() {
    let echo = ["--", "echo", "no"];
    for (args, code, told) in [
        (&["nobody"][..], 1, "not found: pods \"nobody\" not found"),
        (&["deploy/checkout", "-c", "none"], 1, "it has no container called none; there are checkout"),
        (&["svc/nobody"], 1, "not found: services \"nobody\" not found"),
        (&["namespace/shop"], 1, "not found"),
        (&["nonsense/x"], 2, "there is no kind called nonsense here"),
        (&["deploy/checkout", "--context", "prod-eu"], 2, "name one context with --context"),
        (&["deploy/checkout", "-n", "payments"], 2, "name one namespace with -n"),
        (&["deploy/checkout", "--readonly"], 1, "kconsole was started with --readonly"),
    ] {
        let ran = exec(&[args, &echo].concat(), b"");
        assert!(ran.code == code && ran.err.contains(told) && ran.out.is_empty(), "{args:?}: {} {}", ran.code, ran.err);
    }
    let ran = exec(&["deploy/checkout", "--", "vim"], b"");
    assert!(ran.code == 1 && ran.err.contains("executable file not found") && ran.err.contains("no such program"), "{}", ran.err);
}

#[test]
fn it_is_written_down_with_its_exit_code_and_bytes_and_never_what_was_run() {
    let ran = exec(&["deploy/checkout", "--reason", "a look", "--", "sh", "-c", "cat; echo hunter2; exit 4"], b"hunter2");
    assert_eq!((ran.code, String::from_utf8_lossy(&ran.out).as_ref()), (4, "hunter2hunter2\n"), "{}", ran.err);
    let records = journal(&ran.home);
    let told: Vec<_> = records.iter().map(|r| (r["record"].as_str().unwrap(), r["verb"].as_str().unwrap(), r["why"].as_str())).collect();
    assert_eq!(told, [("intent", "shell", None), ("outcome", "shell", Some("exit 4, 7 bytes in, 15 bytes out"))]);
    for record in &records {
        assert!(record["object"]["name"].as_str().unwrap().starts_with("checkout-"), "{record}");
        assert_eq!((record["subresource"].as_str(), record["reason"].as_str()), (Some("exec"), Some("a look")), "{record}");
        assert!(record["cluster"]["identity"].is_string() && record["cluster"]["user"].is_string(), "{record}");
        assert!(!record.to_string().contains("hunter2"), "{record}");
    }
}

#[test]
fn whoever_has_read_enough_ends_it() {
    let script = "\"$0\" exec -n shop --context staging deploy/checkout -- cat </dev/zero | head -c 3 | wc -c";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_kconsole")]).env("KUBECONFIG", demo().kubeconfig());
    let home = Home::new();
    command.envs(home.variables().iter().map(|(name, value)| (name, value)));
    let out = command.output().expect("sh is there");
    assert_eq!((String::from_utf8_lossy(&out.stdout).trim(), out.stderr.as_slice()), ("3", &b""[..]));
}

#[test]
fn a_terminal_is_handed_over_follows_in_size_and_is_given_back_whole() {
    let home = Home::new().with("KUBECONFIG", demo().kubeconfig().to_str().unwrap());
    let args = ["exec", "-n", "shop", "--context", "staging", "deploy/checkout", "--", "sh"];
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &args, PLAIN, home);
    pty.wait_for("prompt", SOON, prompts);
    assert_ne!(pty.termios(), pty.termios_before(), "keys are bytes");
    pty.send("stty size\r");
    pty.wait_for("size", SOON, |s| s.contents().contains("24 80"));
    pty.resize((100, 30));
    follows(&mut pty, "30 100");
    // ctrl-c and ctrl-d are the far side's.
    pty.send("sleep 60\r\x03");
    pty.wait_for("interrupt", SOON, |s| s.contents().contains("^C"));
    pty.send("exit 5\r");
    let (status, _) = pty.wait_exit(SOON).expect("the shell ends it");
    assert_eq!(status.exit_code(), 5, "{}", pty.screen());
    assert_whole(&pty);
}

#[test]
fn a_signal_ends_it_with_the_terminal_whole() {
    let home = Home::new().with("KUBECONFIG", demo().kubeconfig().to_str().unwrap());
    let args = ["exec", "-n", "shop", "--context", "staging", "deploy/checkout", "--", "sh"];
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &args, PLAIN, home);
    pty.wait_for("prompt", SOON, prompts);
    pty.signal("TERM");
    let (status, _) = pty.wait_exit(SOON).expect("it ends");
    assert_eq!(status.exit_code(), 143, "{}", pty.screen());
    assert_whole(&pty);
}

#[test]
fn what_a_container_writes_is_seen_until_one_leaves() {
    let home = Home::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command
        .args(["attach", "-n", "shop", "--context", "staging", "deploy/checkout"])
        .env_clear()
        .env("PATH", NO_PROGRAMS)
        .env("KUBECONFIG", demo().kubeconfig());
    command.envs(home.variables().iter().map(|(name, value)| (name, value)));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let (mut out, mut line) = (BufReader::new(child.stdout.take().unwrap()), String::new());
    out.read_line(&mut line).unwrap();
    signal("INT", child.id());
    let ended = child.wait_with_output().unwrap();
    assert!(
        ended.status.code() == Some(0) && !line.trim().is_empty(),
        "{:?} {line:?} {}",
        ended.status,
        String::from_utf8_lossy(&ended.stderr)
    );
    let told: Vec<_> = journal(&home).iter().map(|r| (r["record"].clone(), r["verb"].clone(), r["subresource"].clone())).collect();
    assert_eq!(told, ["intent", "outcome"].map(|record| (record.into(), "attach".into(), "attach".into())));
    assert!(journal(&home)[1]["why"].as_str().unwrap().starts_with("closed, 0 bytes in"));
}
