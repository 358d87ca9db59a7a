//! What goes into the program and what comes out of it, byte by byte: pipes, odd terminals, pasted text, exit codes, and how much is written.

use crate::rig::SOON;
use crate::rig::grammar::foreign;
use crate::rig::home::Home;
use crate::rig::pty::{Pty, signal};
use crate::terminal::{NOBODY_HOME, PLAIN, assert_whole, drawn, home, kconsole};
use std::time::{Duration, Instant};

/// The program without a terminal: what it prints and how it ends.
fn piped(script: &str, home: Home) -> (String, i32) {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_kconsole")]).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(home.variables().iter().map(|(name, value)| (name, value))).current_dir(home.path());
    let out = command.stdin(std::process::Stdio::null()).output().expect("sh is there");
    let told = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (told, out.status.code().unwrap_or(-1))
}

#[test]
fn ft6_what_is_no_terminal_gets_a_reason_and_no_escapes() {
    for script in ["\"$0\"", "\"$0\" pods | cat; exit ${PIPESTATUS:-1}", "\"$0\" pods 2>&1 >/dev/null", "\"$0\" pods >&-"] {
        let (told, code) = piped(script, home());
        assert!(told.contains("needs a terminal") && !told.contains('\x1b') && !told.contains("panic"), "{script}: {told}");
        assert_eq!(code, 1, "{script}: {told}");
    }
}

#[test]
fn ft6_a_reader_that_has_read_enough_is_no_error() {
    for script in [
        "\"$0\" completion bash | head -1; true",
        "\"$0\" info | head -1; true",
        "\"$0\" --help | head -1; true",
        "\"$0\" get pods | head -1; true",
        "\"$0\" version >&-; true",
        "\"$0\" completion zsh | true; \"$0\" completion zsh >/dev/full; true",
    ] {
        let (told, _) = piped(script, home());
        assert!(!told.contains("panicked") && !told.contains("RUST_BACKTRACE"), "{script}: {told}");
    }
}

#[test]
fn exit_codes_are_those_of_the_manual() {
    for (arguments, code) in [
        ("version", 0),
        ("info", 0),
        ("completion fish", 0),
        ("--help", 0),
        ("get pods", 1),
        ("check", 1),
        ("get pods --context nosuch", 2),
        ("--nosuch", 2),
        ("get", 2),
        ("completion nosuch", 2),
    ] {
        let (told, ended) = piped(&format!("timeout 20 \"$0\" {arguments}"), home());
        assert_eq!(ended, code, "{arguments}: {told}");
    }
    let (told, ended) = piped("\"$0\" get pods -w & sleep 0.3; kill -TERM $!; wait $!", hanging().1);
    assert_eq!(ended, 143, "{told}");
}

/// A server that takes connections and never answers, and a home whose cluster it is.
fn hanging() -> (std::net::TcpListener, Home) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let home = Home::new();
    let port = listener.local_addr().expect("a bound port").port();
    home.write(".kube/config", &NOBODY_HOME.replace("127.0.0.1:1", &format!("127.0.0.1:{port}")));
    (listener, home)
}

#[test]
fn ft6_without_colours_the_selection_is_seen() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], PLAIN, home().with(name, value));
        pty.wait_for("first frame", SOON, drawn);
        pty.send("/x");
        pty.wait_for("prompt", SOON, |s| s.contents().contains("/x"));
        let colours = |raw: &str| {
            raw.split("\x1b[").skip(1).any(|s| {
                let sgr = s.split_once('m').map_or("", |(codes, _)| codes);
                sgr.split(';').any(|c| matches!(c.parse(), Ok(30..=38 | 40..=48 | 90..=107)))
            })
        };
        let raw = String::from_utf8(pty.raw()).expect("UTF-8");
        assert!(!colours(&raw), "{name}: {raw:?}");
        assert!(raw.contains("\x1b[7m"), "{name}: something is reversed");
        pty.send("\x1b");
        pty.signal("TERM");
        pty.wait_exit(SOON).expect("it ends");
        assert_whole(&pty);
    }
}

#[test]
fn ft6_a_locale_without_utf8_gets_ascii() {
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], PLAIN, home().with("LC_ALL", "C"));
    pty.wait_for("trouble", SOON, |s| s.contents().contains("x unreachable"));
    pty.send("Q");
    pty.wait_exit(SOON).expect("it ends");
    assert!(pty.raw().is_ascii(), "{}", String::from_utf8_lossy(&pty.raw()));
    assert_whole(&pty);
}

#[test]
fn ft7_what_is_pasted_is_never_a_key() {
    let mut pty = kconsole(PLAIN);
    // Q would leave; so would :q and enter.
    pty.send("\x1b[200~Q\r:q\rqy\n\x03\x1b[201~");
    pty.wait_for("answer", SOON, |s| s.contents().contains("pasted text"));
    pty.send("/");
    pty.wait_for("prompt", SOON, |s| s.contents().lines().last().is_some_and(|l| l.starts_with('/')));
    let sent = Instant::now();
    let mut paste = b"\x1b[200~".to_vec();
    paste.extend(std::iter::repeat_n(b"Q\n:q\r", 200_000).flatten());
    paste.extend(b"\x1b[201~");
    pty.send(&paste);
    pty.wait_for("limit", SOON, |s| s.contents().contains("4096"));
    assert!(sent.elapsed() < Duration::from_secs(5), "{:?}", sent.elapsed());
    assert!(pty.exit().is_none(), "it runs");
    pty.send("\x1b");
    pty.wait_for("no prompt", SOON, |s| !s.contents().lines().last().is_some_and(|l| l.starts_with('/')));
    pty.send("Q");
    pty.wait_exit(SOON).expect("Q ends it");
    assert_whole(&pty);
}

#[test]
fn ft9_a_terminal_that_does_not_read_costs_no_memory_and_gets_the_last_frame() {
    // The reader of the harness is stopped by not reading: a terminal of its own that nobody reads.
    let pair =
        portable_pty::native_pty_system().openpty(portable_pty::PtySize { rows: 60, cols: 200, ..Default::default() }).expect("a pty");
    let (_server, home) = hanging();
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_kconsole"));
    command.arg("pods");
    for (name, value) in home.variables() {
        command.env(name, value);
    }
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).expect("it starts");
    let pid = child.process_id().expect("a pid");
    let mut keys = pair.master.take_writer().expect("keys");
    let mut type_keys = |n: usize| {
        for i in 0..n {
            // Each opens or closes a line with another text: a frame each, were it read.
            let keys_now: &[u8] = if i % 2 == 0 { b"/abc" } else { b"\x15\x1b[A\x15" };
            std::io::Write::write_all(&mut keys, keys_now).expect("the terminal takes keys");
        }
    };
    let mut load = || {
        for columns in [180, 200].repeat(20) {
            pair.master.resize(portable_pty::PtySize { rows: 60, cols: columns, ..Default::default() }).expect("a size");
        }
        type_keys(200);
        wait_for_sleep(pid);
        memory(pid)
    };
    // What it needs once, it has after this.
    load();
    let before = load();
    let after = (0..4).map(|_| load()).max().unwrap_or(0);
    assert!(after < before + 4_000, "{before} kB, then {after} kB");
    drop(keys);
    let mut reader = pair.master.try_clone_reader().expect("it can be read");
    signal("TERM", pid);
    let read = std::thread::spawn(move || {
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = std::io::Read::read(&mut reader, &mut buffer) {
            all.extend_from_slice(&buffer[..n]);
        }
        all
    });
    assert_eq!(child.wait().expect("it ends").exit_code(), 143);
    drop(pair.slave);
    let all = read.join().expect("the reader");
    assert!(all.len() < 200_000, "{} bytes were kept for it", all.len());
    assert_eq!(foreign(&all), [""; 0]);
}

/// Kilobytes that a process holds.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|l| l.starts_with("VmRSS")).expect("Linux counts");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

/// Waits until no thread of a process uses the processor any more. Nothing tells when that is, so it is looked at again and again.
fn wait_for_sleep(pid: u32) {
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
        let fields: Vec<u64> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().filter_map(|f| f.parse().ok()).collect();
        // utime and stime; the state before them is a letter.
        fields[10] + fields[11]
    };
    let end = Instant::now() + SOON;
    let mut last = 0;
    while Instant::now() < end {
        std::thread::park_timeout(Duration::from_millis(300));
        let now = ticks();
        if now == last {
            return;
        }
        last = now;
    }
    panic!("it never rests");
}

#[test]
fn an_idle_program_writes_nothing_but_the_clock() {
    let (_server, home) = hanging();
    home.write(".kube/config", &NOBODY_HOME.replace("current-context: gone\n", ""));
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], PLAIN, home);
    pty.wait_for("first frame", SOON, drawn);
    assert!(pty.wait_quiet(Duration::from_millis(500), SOON));
    let before = pty.raw_len();
    // Nothing is open: only the minute may turn meanwhile, which is one frame of a few cells.
    let more = pty.wait_more(before, Duration::from_secs(4)).map(|_| pty.raw_len() - before);
    assert!(more.unwrap_or(0) < 200, "{more:?} bytes");
}

#[test]
fn a_frame_is_one_write_between_two_marks() {
    let mut pty = kconsole(PLAIN);
    pty.wait_quiet(Duration::from_millis(300), SOON);
    pty.send("?");
    pty.wait_quiet(Duration::from_millis(300), SOON);
    let raw = String::from_utf8(pty.raw()).expect("UTF-8");
    let outside: String = raw.split("\x1b[?2026h").map(|part| part.split_once("\x1b[?2026l").map_or(part, |(_, after)| after)).collect();
    assert!(!outside.chars().any(|c| !c.is_control() && !c.is_ascii()), "text only within frames: {outside:?}");
    assert_eq!(raw.matches("\x1b[?2026h").count(), raw.matches("\x1b[?2026l").count());
}
