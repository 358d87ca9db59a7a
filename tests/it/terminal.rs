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
