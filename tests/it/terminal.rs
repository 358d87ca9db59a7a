//! The terminal from outside: the real binary in a pty. It must leave the terminal as it found it, whatever ends it, and write
//! nothing that is not its own. What the screens look like is tested elsewhere.

use crate::rig::grammar::foreign;
use crate::rig::home::Home;
use crate::rig::pty::{Pty, Size, signal};
use std::time::{Duration, Instant};
use vt100::{MouseProtocolMode, Screen};

const SOON: Duration = Duration::from_secs(10);
const PLAIN: Size = (80, 24);

/// A kubeconfig whose only server refuses: the screen must be there all the same.
const NOBODY_HOME: &str = "apiVersion: v1\nkind: Config\ncurrent-context: gone\n\
    clusters: [{name: gone, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: me, user: {token: t}}]\n\
    contexts: [{name: gone, context: {cluster: gone, user: me}}]\n";

fn home() -> Home {
    let home = Home::new();
    home.write(".kube/config", NOBODY_HOME);
    home
}

/// The program on its first frame.
fn kconsole(size: Size) -> Pty {
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], size, home());
    pty.wait_for("first frame", SOON, drawn);
    pty
}

fn drawn(screen: &Screen) -> bool {
    screen.alternate_screen() && !screen.contents().trim().is_empty()
}

/// What is not as the program found it.
fn left_behind(pty: &Pty) -> Vec<String> {
    let modes = pty.look(|s| {
        let mouse = s.mouse_protocol_mode() != MouseProtocolMode::None;
        [("alternate screen", s.alternate_screen()), ("hidden cursor", s.hide_cursor()), ("paste", s.bracketed_paste()), ("mouse", mouse)]
    });
    let mut left: Vec<_> = modes.iter().filter(|(_, on)| *on).map(|(name, _)| (*name).to_owned()).collect();
    if pty.termios() != pty.termios_before() {
        left.push("line settings".into());
    }
    left.extend(foreign(&pty.raw()));
    left
}

fn assert_whole(pty: &Pty) {
    assert_eq!(left_behind(pty), [""; 0]);
}

#[test]
fn ft1_a_storm_of_sizes_leaves_it_drawing() {
    let mut pty = kconsole(PLAIN);
    for i in 0..200u16 {
        pty.resize([(1, 1), (0, 0), (1000, 300), (80, 24), (7, 300), (1000, 2)][usize::from(i % 6)]);
    }
    pty.resize((120, 40));
    pty.wait_for("whole frame at the last size", SOON, |s| drawn(s) && s.rows(0, 120).any(|row| row.chars().count() > 80));
    assert_eq!(foreign(&pty.raw()), [""; 0]);
    pty.send("Q");
    pty.wait_exit(SOON).expect("Q ends it");
    assert_whole(&pty);
}

#[test]
fn ft1_each_odd_size_can_be_started_in() {
    for size in [(1, 1), (0, 0), (3, 1), (1000, 300)] {
        let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], size, home());
        pty.wait_for("first bytes", SOON, Screen::alternate_screen);
        pty.signal("TERM");
        let (status, _) = pty.wait_exit(SOON).expect("it ends");
        assert_eq!(status.exit_code(), 143, "{size:?}:\n{}", pty.screen());
    }
}

#[test]
fn ft2_signals_end_it_in_time_with_the_terminal_whole() {
    for (name, number) in [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15)] {
        let pty = kconsole(PLAIN);
        let sent = Instant::now();
        pty.signal(name);
        let (status, at) = pty.wait_exit(SOON).unwrap_or_else(|| panic!("SIG{name} does not end it"));
        assert_eq!((status.exit_code(), status.signal()), (128 + number, None), "SIG{name}");
        assert!(at - sent < Duration::from_millis(300), "SIG{name}: {:?}", at - sent);
        assert_whole(&pty);
    }
}

/// A process that spun would still be there after a second: it would have missed the end of its input.
#[test]
fn ft3_a_closed_terminal_ends_it() {
    let mut pty = kconsole(PLAIN);
    let closed = pty.close();
    let (_, at) = pty.wait_exit(SOON).expect("it ends");
    assert!(at - closed < Duration::from_secs(1), "{:?}", at - closed);
}

/// In a session of its own nobody is told by a signal that the terminal is gone.
#[test]
fn ft3_a_terminal_that_goes_without_a_signal_ends_it() {
    let mut pty = Pty::start("setsid", &["-w", env!("CARGO_BIN_EXE_kconsole"), "pods"], PLAIN, home());
    pty.wait_for("first frame", SOON, drawn);
    let pid = child_of(pty.pid());
    let closed = pty.close();
    while is_running(pid) {
        assert!(closed.elapsed() < Duration::from_secs(1), "it runs on without a terminal");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// Whether a process is there and has not ended.
fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

/// The program under a shell with job control: only there can it be stopped.
fn in_a_shell() -> Pty {
    let script = "set -m; \"$0\" pods; echo stopped; read go; fg >/dev/null; echo ended $?; read end";
    let pty = Pty::start("sh", &["-c", script, env!("CARGO_BIN_EXE_kconsole")], PLAIN, home());
    pty.wait_for("first frame", SOON, drawn);
    pty
}

fn assert_stops_and_resumes(mut pty: Pty) {
    pty.wait_for("shell after the stop", SOON, |s| s.contents().contains("stopped"));
    assert_whole(&pty);
    pty.send("\n");
    pty.wait_for("frame after the resume", SOON, drawn);
    assert_ne!(pty.termios(), pty.termios_before(), "it is in raw mode again");
    pty.send("Q");
    pty.wait_for("end", SOON, |s| s.contents().contains("ended 0"));
    assert_whole(&pty);
}

#[test]
fn ft4_ctrl_z_gives_the_terminal_back_and_resumes_whole() {
    let mut pty = in_a_shell();
    pty.send("\x1a");
    assert_stops_and_resumes(pty);
}

#[test]
fn ft4_a_stop_from_outside_gives_the_terminal_back_and_resumes_whole() {
    let pty = in_a_shell();
    signal("TSTP", child_of(pty.pid()));
    assert_stops_and_resumes(pty);
}

/// The first child of a process.
fn child_of(pid: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("Linux lists children");
    children.split_whitespace().next().expect("the shell started it").parse().expect("a pid is a number")
}

#[test]
fn ft4_a_stop_that_nobody_can_refuse_is_followed_by_the_whole_screen() {
    let mut pty = in_a_shell();
    let child = child_of(pty.pid());
    let (raw, shown) = (pty.termios(), pty.screen());
    signal("STOP", child);
    // The shell has the terminal again, takes its settings back and writes over the screen.
    pty.wait_for("shell after the stop", SOON, |s| s.contents().contains("stopped"));
    pty.send("\n");
    pty.wait_for("whole screen", SOON, |s| {
        drawn(s) && s.contents().lines().next() == shown.lines().next() && !s.contents().contains("stopped")
    });
    assert_eq!(pty.termios(), raw, "it is in raw mode again");
    pty.send("Q");
    pty.wait_for("end", SOON, |s| s.contents().contains("ended 0"));
    assert_whole(&pty);
}

#[test]
fn each_way_to_leave_leaves_the_terminal_whole() {
    for keys in ["Q", "qy", "\x03y", ":q\r", ":quit\r"] {
        let mut pty = kconsole(PLAIN);
        pty.send(keys);
        let (status, _) = pty.wait_exit(SOON).unwrap_or_else(|| panic!("{keys:?} does not end it:\n{}", pty.screen()));
        assert_eq!(status.exit_code(), 0, "{keys:?}");
        assert_whole(&pty);
    }
}

/// This binary again, as a program of its own in a terminal, running only one of the helpers below.
fn helper(name: &str) -> Pty {
    let program = std::env::current_exe().expect("a test has a path");
    Pty::start(program, &["--exact", &format!("terminal::{name}"), "--ignored", "--nocapture"], PLAIN, home())
}

fn take_terminal() -> kconsole::term::Screen {
    kconsole::term::install_panic_hook(std::thread::current().id(), |info| eprintln!("the report: {info}"));
    let mut screen = kconsole::term::Screen::take(true).expect("it runs in a terminal");
    screen.draw(|area, buf| buf.set_style(area, ratatui::style::Style::new().reversed())).expect("the terminal takes a frame");
    screen
}

#[test]
#[ignore = "ft5 starts it in a terminal"]
fn helper_that_panics_while_it_draws() {
    let mut screen = take_terminal();
    let _ = screen.draw(|_, _| panic!("no such cell"));
}

#[test]
#[ignore = "ft5 starts it in a terminal"]
fn helper_whose_task_panics() {
    let mut screen = take_terminal();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("threads");
    let task = runtime.spawn(async { panic!("a watch broke") });
    assert!(runtime.block_on(task).is_err(), "it panicked");
    screen.draw(|area, buf| buf.set_string(area.x, area.y, "still drawing", ratatui::style::Style::new())).expect("a frame");
    let mut key = [0];
    std::io::Read::read_exact(&mut std::io::stdin(), &mut key).expect("a key");
}

#[test]
fn ft5_a_panic_while_drawing_gives_the_terminal_back_before_it_reports() {
    let pty = helper("helper_that_panics_while_it_draws");
    pty.wait_exit(SOON).expect("it ends");
    pty.wait_for("report", SOON, |s| s.contents().contains("the report:") && s.contents().contains("no such cell"));
    let raw = String::from_utf8(pty.raw()).expect("UTF-8");
    let at = |what: &str| raw.find(what).unwrap_or_else(|| panic!("no {what:?} in {raw:?}"));
    assert!(at("\x1b[?1049h") < at("\x1b[?1049l") && at("\x1b[?1049l") < at("the report:"));
    assert_eq!(left_behind(&pty), [""; 0]);
}

#[test]
fn ft5_a_panic_in_a_task_costs_the_task_only() {
    let mut pty = helper("helper_whose_task_panics");
    pty.wait_for("next frame", SOON, |s| s.contents().contains("still drawing"));
    assert!(pty.look(Screen::alternate_screen), "nothing was given back");
    assert!(!String::from_utf8_lossy(&pty.raw()).contains("a watch broke"), "and nothing written over the screen");
    pty.send("x");
    assert!(pty.wait_exit(SOON).expect("it ends").0.success());
    assert_whole(&pty);
}

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
    type_keys(200);
    wait_for_sleep(pid);
    let before = memory(pid);
    for _ in 0..20 {
        pair.master.resize(portable_pty::PtySize { rows: 50, cols: 180, ..Default::default() }).expect("a size");
        pair.master.resize(portable_pty::PtySize { rows: 60, cols: 200, ..Default::default() }).expect("a size");
    }
    type_keys(200);
    wait_for_sleep(pid);
    assert!(memory(pid) < before + 4_000, "{before} kB, then {} kB", memory(pid));
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

/// Waits until no thread of a process uses the processor any more.
fn wait_for_sleep(pid: u32) {
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
        let fields: Vec<u64> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().filter_map(|f| f.parse().ok()).collect();
        // utime and stime; the state before them is a letter.
        fields[10] + fields[11]
    };
    let end = Instant::now() + SOON;
    let mut last = ticks();
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

#[test]
fn the_driver_sends_waits_resizes_and_sees_the_end() {
    let mut pty = Pty::start("sh", &["-c", "echo ready; read line; echo \"got $line\"; stty size; exit 3"], PLAIN, home());
    let first = pty.wait_for("ready", SOON, |s| s.contents().contains("ready"));
    assert!(first >= pty.started());
    pty.resize((100, 30));
    pty.send("word\n");
    pty.wait_for("size", SOON, |s| s.contents().contains("got word") && s.contents().contains("30 100"));
    assert_eq!(pty.wait_exit(SOON).expect("it ends").0.exit_code(), 3);
    assert_eq!(pty.chunks().last().expect("bytes came").total, pty.raw().len());
}

#[test]
fn the_driver_sees_what_was_left_behind() {
    let pty = Pty::start("sh", &["-c", "stty raw -echo; printf '\\033[?1049h\\033[?25lx'"], PLAIN, home());
    pty.wait_exit(SOON).expect("it ends");
    pty.wait_for("x", SOON, |s| s.contents().contains('x'));
    assert_eq!(left_behind(&pty), ["alternate screen", "hidden cursor", "line settings"]);
}

#[test]
fn the_driver_can_take_the_terminal_away() {
    let mut pty = Pty::start("sh", &["-c", "echo ready; read line"], PLAIN, home());
    pty.wait_for("ready", SOON, |s| s.contents().contains("ready"));
    pty.close();
    assert_eq!(pty.wait_exit(SOON).expect("the hangup ends it").0.signal(), Some("Hangup"));
}

#[test]
fn the_driver_stops_a_job_under_a_shell() {
    let mut pty = Pty::start(
        "sh",
        &["-c", "set -m; sh -c 'echo ready; read x; echo \"back $x\"'; echo stopped; fg >/dev/null; echo ended $?"],
        PLAIN,
        home(),
    );
    pty.wait_for("ready", SOON, |s| s.contents().contains("ready"));
    pty.send("\x1a");
    pty.wait_for("stop", SOON, |s| s.contents().contains("stopped"));
    pty.send("now\n");
    pty.wait_for("end", SOON, |s| s.contents().contains("back now") && s.contents().contains("ended 0"));
}

#[test]
fn the_grammar_knows_what_is_ours() {
    for ours in [
        "plain ⟨U+202E⟩ 日本\r\n",
        "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[12;40H\x1b[38;2;1;2;3;48;5;7m",
        "\x1b[?2026h",
        "\x1b]52;c;aGk=\x07",
        "\x1b]2;kconsole\x1b\\x",
        "\x1b[2 q",
        "\x1b[>1u\x1b[<1u\x1b[?u\x1b[c",
        "\x1b[?10",
    ] {
        assert_eq!(foreign(ours.as_bytes()), [""; 0], "{ours:?}");
    }
    for theirs in [
        "\x1b[?47h",
        "\x1bPq",
        "\x1b]8;;http://x\x07",
        "\x1b]52;c;?\x07",
        "\x07",
        "\u{9b}2J",
        "\x1bc",
        "\x1b[8;1;1t",
        "\t",
        "\x1b[31;\x00m",
    ] {
        assert!(!foreign(theirs.as_bytes()).is_empty(), "{theirs:?}");
    }
    assert!(!foreign(b"\xff\xfex").is_empty());
}
