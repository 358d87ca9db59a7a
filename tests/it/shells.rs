//! Shells that stay open while nobody is in them: the real binary in a terminal of its own, on the demo fleet.

use crate::exec::{follows, journal, prompts};
use crate::rig::SOON;
use crate::rig::demo::demo;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use crate::terminal::assert_whole;
use std::time::Duration;
use vt100::Screen;

/// A dialog does not take a key that was on its way before it could be read, nor a shell one that came before the terminal was its own: it is asked again.
const ASKED: Duration = Duration::from_millis(400);

/// The pods of the shop in a cluster where one may try things, and the cursor on one that runs.
fn kconsole() -> Pty {
    let home = Home::new().with("KUBECONFIG", demo().kubeconfig().to_str().unwrap());
    home.write(".config/kconsole/config.yaml", "clusters: [{match: staging, tier: dev}]\n");
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods", "-n", "shop", "--context", "staging"], (100, 30), home);
    pty.wait_for("pods", SOON, |s| shows(s, "checkout-"));
    pty.send("/checkout\r");
    pty.wait_for("its pods", SOON, |s| shows(s, "─ /checkout") && shows(s, "Running") && !shows(s, " cart-"));
    pty
}

fn shows(screen: &Screen, text: &str) -> bool {
    screen.contents().contains(text)
}

/// A shell has the terminal, and waits for a line.
fn is_in(screen: &Screen) -> bool {
    !screen.alternate_screen() && prompts(screen)
}

/// Opens a shell in the pod under the cursor.
fn open(pty: &mut Pty) {
    pty.send("X");
    pty.wait_for("dialog", SOON, |s| shows(s, "not tried beforehand"));
    while pty.wait_until(ASKED, |s| !s.alternate_screen()).is_none() {
        pty.send("\r");
    }
    pty.wait_for("prompt", SOON, is_in);
    assert!(pty.look(|s| shows(s, "kconsole: ctrl-] goes back, and the shell stays open")), "{}", pty.screen());
}

/// Leaves the shell, and looks at which are open.
fn leave(pty: &mut Pty) {
    pty.send("\x1d");
    pty.wait_for("console", SOON, |s| s.alternate_screen() && shows(s, "stays open; :shells goes back to it"));
    pty.send(":shells\r");
    pty.wait_for("shells", SOON, |s| shows(s, "Shells ─"));
}

#[test]
fn what_a_shell_writes_while_nobody_is_in_it_reaches_the_terminal_only_once_somebody_is() {
    let mut pty = kconsole();
    open(&mut pty);
    // What it prints is not what was typed.
    pty.send("sleep 1; echo l''ate; exit 3\r\x1d");
    pty.wait_for("console", SOON, Screen::alternate_screen);
    let left = pty.raw_len();
    pty.send(":shells\r");
    pty.wait_for("end", SOON, |s| shows(s, "Shells ─ 1") && shows(s, "exit 3") && shows(s, "checkout-"));
    let unseen = pty.raw()[left..].to_vec();
    assert!(!String::from_utf8_lossy(&unseen).contains("late"), "{}", String::from_utf8_lossy(&unseen));
    pty.send("\r");
    pty.wait_for("what it wrote", SOON, |s| !s.alternate_screen() && shows(s, "\nlate\n") && shows(s, "any key goes back"));
    pty.send(" ");
    pty.wait_for("no shell", SOON, |s| s.alternate_screen() && shows(s, "no shell is open"));
    let records = journal(pty.home());
    let ends: Vec<_> = records.iter().map(|r| (r["record"].as_str().unwrap(), r["verb"].as_str().unwrap())).collect();
    assert_eq!(ends, [("intent", "shell"), ("outcome", "shell")]);
    assert!(records[1]["why"].as_str().unwrap().starts_with("exit 3, "), "{}", records[1]);
    assert!(!records[1].to_string().contains("late"));
    // What is written already may not be told to the loop yet, which then asks.
    pty.send("Q");
    while pty.wait_exit(ASKED).is_none() {
        pty.send("Q");
    }
    assert_whole(&pty);
}

#[test]
fn several_shells_stay_open_and_each_is_gone_back_into() {
    let mut pty = kconsole();
    open(&mut pty);
    pty.send("cd /tmp; echo fir''st\r");
    pty.wait_for("first", SOON, |s| shows(s, "\nfirst\n"));
    leave(&mut pty);
    pty.send("\x1b");
    pty.wait_for("pods", SOON, |s| shows(s, "Pods ─"));
    open(&mut pty);
    pty.send("cd /etc; echo sec''ond\r");
    pty.wait_for("second", SOON, |s| shows(s, "\nsecond\n"));
    leave(&mut pty);
    pty.wait_for("both", SOON, |s| shows(s, "Shells ─ 2") && s.contents().matches("open").count() >= 2);
    // The first again: it stands where it stood, and hears of the size that the terminal has by now.
    pty.resize((90, 25));
    pty.send("g\r");
    pty.wait_for("no console", SOON, |s| !s.alternate_screen());
    while pty.wait_until(ASKED, |s| shows(s, "\n/tmp\n")).is_none() {
        pty.send("pwd\r");
    }
    follows(&mut pty, "25 90");
    pty.send("exit\r");
    pty.wait_for("one", SOON, |s| s.alternate_screen() && shows(s, "Shells ─ 1"));
    pty.send("Q");
    pty.wait_for("question", SOON, |s| shows(s, "Leave kconsole? 1 shell is open, and ends."));
    pty.send("y");
    pty.wait_exit(SOON).expect("it ends");
    assert_whole(&pty);
    let why = |n: usize| journal(pty.home())[n]["why"].as_str().unwrap_or_default().to_owned();
    assert!(why(2).starts_with("exit 0, ") && why(3).starts_with("closed, "), "{:?}", journal(pty.home()));
}

#[test]
fn a_shell_that_nobody_is_in_can_be_ended_from_the_list() {
    let mut pty = kconsole();
    open(&mut pty);
    leave(&mut pty);
    pty.send("s");
    pty.wait_for("no shell", SOON, |s| shows(s, "no shell is open"));
    pty.send("Q");
    pty.wait_exit(SOON).expect("it ends");
    let records = journal(pty.home());
    assert!(records.len() == 2 && records[1]["why"].as_str().unwrap().starts_with("closed, "), "{records:?}");
}
