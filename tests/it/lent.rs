//! FT11: whoever had the terminal may leave it in any disorder. It is taken back whole, and in the size that it has by then.

use crate::exec::prompts;
use crate::rig::SOON;
use crate::rig::demo::demo;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use crate::terminal::{drawn, left_on};
use std::time::Duration;

const SIZE: (u16, u16) = (100, 30);

/// The program on the pods of the demo's shop, or on another kind there.
fn kconsole(kind: &str, row: &str, home: Home) -> Pty {
    let home = home.with("KUBECONFIG", demo().kubeconfig().to_str().unwrap());
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &[kind, "-n", "shop", "--context", "staging"], SIZE, home);
    pty.wait_for("a row", SOON, |s| s.contents().contains(row));
    pty
}

/// It ends, and the terminal is as it was before it began.
fn assert_ends_whole(mut pty: Pty) {
    pty.send("Q");
    let (status, _) = pty.wait_exit(SOON).unwrap_or_else(|| panic!("Q does not end it:\n{}", pty.screen()));
    assert_eq!((status.exit_code(), left_on(&pty)), (0, Vec::new()), "{}", pty.screen());
}

#[test]
fn ft11_a_shell_that_leaves_disorder_in_another_size_gives_the_screen_back_whole() {
    let mut pty = kconsole("pods", "checkout-", Home::new());
    let ours = pty.termios();
    pty.send("X");
    // Of what has no tier the name is typed, and keys that come as fast as a paste confirm nothing.
    pty.wait_for("what would be done", SOON, |s| s.contents().contains("type staging to confirm"));
    pty.send("staging");
    pty.wait_for("the name", SOON, |s| s.contents().lines().any(|l| l.contains("│ name") && l.contains("staging")));
    pty.wait_quiet(Duration::from_millis(400), Duration::from_secs(2));
    pty.send("\r");
    pty.wait_for("prompt", SOON, |s| !s.alternate_screen() && prompts(s));
    // Another screen, the mouse, pastes, no cursor, colours: as from a program that was killed.
    pty.send("echo -e '\\e[?1049h\\e[?1000h\\e[?2004h\\e[?25l\\e[31mdisorder'\r");
    pty.wait_for("disorder", SOON, |s| s.alternate_screen() && s.contents().contains("disorder"));
    pty.resize((130, 40));
    pty.send("\x04");
    pty.wait_for("the console", SOON, |s| {
        let text = s.contents();
        drawn(s) && text.contains("checkout-") && !text.contains("disorder") && s.rows(0, 130).any(|row| row.chars().count() > 100)
    });
    assert_eq!(pty.termios(), ours);
    assert_ends_whole(pty);
}

#[test]
fn ft11_an_editor_that_leaves_disorder_and_writes_on_gives_the_screen_back_whole() {
    let home = Home::new().with_programs();
    // It leaves the line raw, another size, another screen and colours; and what it began writes once it has ended.
    let does = "stty raw -echo; stty rows 20 cols 60; printf '\\033[?1049h\\033[?1000h\\033[?25l\\033[31mdisorder'\n\
        (while kill -0 $$ 2>/dev/null; do :; done; printf LATER; : > \"$0.late\") &\n";
    home.write("editor.sh", does);
    let script = home.path().join("editor.sh");
    let home = home.with("KUBE_EDITOR", &format!("sh {}", script.display()));
    let mut pty = kconsole("configmaps", "kube-root-ca", home);
    let ours = pty.termios();
    pty.send("\x05");
    pty.wait_for("the console", SOON, |s| {
        let text = s.contents();
        drawn(s) && text.contains("nothing is changed yet") && !text.contains("disorder") && !text.contains("LATER")
    });
    assert!(script.with_extension("sh.late").exists(), "it wrote after its end");
    assert!(pty.look(|s| s.rows(0, SIZE.0).skip(20).all(|row| row.trim().is_empty())), "{}", pty.screen());
    assert_eq!(pty.termios(), ours);
    // What is told there goes first.
    while pty.look(|s| s.contents().contains("Edit ─")) {
        let before = pty.raw_len();
        pty.send("\x1b");
        pty.wait_more(before, SOON).expect("it takes keys");
        pty.wait_quiet(Duration::from_millis(200), Duration::from_secs(2));
    }
    assert_ends_whole(pty);
}
