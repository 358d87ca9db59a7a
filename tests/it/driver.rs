//! The tests' own terminal and grammar, tried on programs whose behaviour is known.

use crate::rig::SOON;
use crate::rig::grammar::foreign;
use crate::rig::home::NO_PROGRAMS;
use crate::rig::pty::Pty;
use crate::terminal::{PLAIN, home, kconsole, left_behind};

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

/// Every test of ours in a terminal shows it anew: no program of this machine is needed for what they do, kubectl least of all.
#[test]
fn the_program_that_is_tested_finds_no_other_program() {
    let pty = kconsole(PLAIN);
    let environment = std::fs::read(format!("/proc/{}/environ", pty.pid())).expect("it runs");
    let path = environment.split(|byte| *byte == 0).find_map(|variable| variable.strip_prefix(b"PATH="));
    assert_eq!(path, Some(NO_PROGRAMS.as_bytes()));
    assert!(!pty.home().path().join(NO_PROGRAMS).exists());
}
