//! The terminal from outside: the real binary in a pty. It must leave the terminal as it found it, whatever ends it, and write
//! nothing that is not its own. What the screens look like is tested elsewhere.

use crate::rig::SOON;
use crate::rig::grammar::foreign;
use crate::rig::home::Home;
use crate::rig::pty::{Pty, Size, signal};
use std::time::{Duration, Instant};
use vt100::{MouseProtocolMode, Screen};

pub const PLAIN: Size = (80, 24);

/// A kubeconfig whose only server refuses: the screen must be there all the same.
pub const NOBODY_HOME: &str = "apiVersion: v1\nkind: Config\ncurrent-context: gone\n\
    clusters: [{name: gone, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: me, user: {token: t}}]\n\
    contexts: [{name: gone, context: {cluster: gone, user: me}}]\n";

pub fn home() -> Home {
    let home = Home::new();
    home.write(".kube/config", NOBODY_HOME);
    home
}

/// The program on its first frame.
pub fn kconsole(size: Size) -> Pty {
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], size, home());
    pty.wait_for("first frame", SOON, drawn);
    pty
}

pub fn drawn(screen: &Screen) -> bool {
    screen.alternate_screen() && !screen.contents().trim().is_empty()
}

/// What is not as the program found it, and what it wrote that is not its own.
pub fn left_behind(pty: &Pty) -> Vec<String> {
    left_on(pty).into_iter().chain(foreign(&pty.raw())).collect()
}

/// What is not as the program found it.
pub fn left_on(pty: &Pty) -> Vec<String> {
    let modes = pty.look(|s| {
        let mouse = s.mouse_protocol_mode() != MouseProtocolMode::None;
        [("alternate screen", s.alternate_screen()), ("hidden cursor", s.hide_cursor()), ("paste", s.bracketed_paste()), ("mouse", mouse)]
    });
    let mut left: Vec<_> = modes.iter().filter(|(_, on)| *on).map(|(name, _)| (*name).to_owned()).collect();
    if pty.termios() != pty.termios_before() {
        left.push("line settings".into());
    }
    left
}

pub fn assert_whole(pty: &Pty) {
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
    let script = "set -m; \"$0\" pods; stty cooked echo; echo stopped; read go; fg >/dev/null; echo ended $?; read end";
    let mut pty = Pty::start("sh", &["-c", script, env!("CARGO_BIN_EXE_kconsole")], PLAIN, home());
    // The whole first line but its clock, which may pass a minute meanwhile.
    let whole = |s: &Screen| drawn(s) && s.contents().starts_with(" 1 gone ✗ unreachable");
    pty.wait_for("first frame", SOON, whole);
    let child = child_of(pty.pid());
    let raw = pty.termios();
    signal("STOP", child);
    // The shell has the terminal again, takes its settings back and writes over the screen.
    pty.wait_for("shell after the stop", SOON, |s| s.contents().contains("stopped"));
    pty.send("\n");
    pty.wait_for("whole screen", SOON, |s| whole(s) && !s.contents().contains("stopped"));
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

/// The program on a cluster that needs a person to log in, with this command.
fn in_need_of(login: &str) -> Pty {
    let home = Home::new().with_programs();
    let exec = "{apiVersion: client.authentication.k8s.io/v1, command: nosuch, interactiveMode: Always}";
    home.write(".kube/config", &NOBODY_HOME.replace("{token: t}", &format!("{{exec: {exec}}}")));
    home.write(".config/kconsole/config.yaml", &format!("clusters:\n- match: '*'\n  login: {login}\n"));
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], PLAIN, home);
    pty.wait_for("need", SOON, |s| s.contents().contains("login needed"));
    pty
}

#[test]
fn a_login_has_the_terminal_as_it_was_and_gives_it_back() {
    let mut pty = in_need_of("echo who; read name; echo hello $name");
    pty.send("\x12");
    pty.wait_for("question", SOON, |s| !s.alternate_screen() && s.contents().lines().any(|l| l == "who"));
    assert_whole(&pty);
    pty.send("me\n");
    pty.wait_for("screen", SOON, |s| drawn(s) && s.contents().contains("done, trying again"));
    pty.send("Q");
    assert!(pty.wait_exit(SOON).expect("it ends").0.success());
    assert_whole(&pty);
}

#[test]
fn ctrl_c_in_a_login_ends_the_login_only() {
    let mut pty = in_need_of("echo who; read name");
    pty.send("\x12");
    pty.wait_for("question", SOON, |s| !s.alternate_screen() && s.contents().lines().any(|l| l == "who"));
    pty.send("\x03");
    pty.wait_for("screen", SOON, |s| drawn(s) && s.contents().contains("it ended with signal"));
    pty.send("Q");
    assert!(pty.wait_exit(SOON).expect("it ends").0.success());
    assert_whole(&pty);
}

#[test]
fn a_signal_during_a_login_ends_both() {
    let mut pty = in_need_of("echo who; read name");
    pty.send("\x12");
    pty.wait_for("question", SOON, |s| !s.alternate_screen() && s.contents().lines().any(|l| l == "who"));
    let login = child_of(pty.pid());
    pty.signal("TERM");
    assert_eq!(pty.wait_exit(SOON).expect("it ends").0.exit_code(), 143);
    assert_whole(&pty);
    let end = Instant::now() + SOON;
    while is_running(login) {
        assert!(Instant::now() < end, "the login was left behind");
        std::thread::park_timeout(Duration::from_millis(10));
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
