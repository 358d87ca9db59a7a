//! The tour cannot rot: `demo.tape` is played key by key, and each scene has to show what the tape says of it.

use crate::rig::SOON;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use crate::rig::source::root;
use std::path::Path;
use std::time::Duration;

/// The screen of the recording, about: panes side by side.
const SIZE: (u16, u16) = (140, 38);
/// What a tape says, as far as it matters without a recording.
#[derive(Debug, PartialEq)]
enum Line<'t> {
    Keys(String),
    Shows(&'t str),
    /// A part of the tour begins: what it is about.
    Scene(&'t str),
    /// What is on the screen is looked at: what confirms a change takes no key before.
    Look,
    Nothing,
}

/// Reads a line.
///
/// # Panics
/// Where this player does not know the command.
fn read(line: &str) -> Line<'_> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let times = |key: &str| Line::Keys(key.repeat(rest.trim().parse().unwrap_or(1)));
    match word {
        "#" => match rest.split_once(": ") {
            Some(("Shows", text)) => Line::Shows(text),
            Some(("Scene", name)) => Line::Scene(name),
            _ => Line::Nothing,
        },
        "Type" => Line::Keys(rest.trim_matches('"').to_owned()),
        "Enter" => times("\r"),
        "Escape" => times("\x1b"),
        "Up" => times("\x1b[A"),
        "Down" => times("\x1b[B"),
        "Tab" => times("\t"),
        "Space" => times(" "),
        "Sleep" => Line::Look,
        "Output" | "Require" | "Set" | "Hide" | "Show" | "Screenshot" | "" => Line::Nothing,
        _ => panic!("the tape has a command that its test does not know: {line}"),
    }
}

#[test]
fn each_scene_shows_what_the_tape_says() {
    let tape = std::fs::read_to_string(root().join("demo.tape")).expect("the tape is there");
    let program = Path::new(env!("CARGO_BIN_EXE_kconsole")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let home = Home::new().with("PATH", &path).with("PS1", "$ ");
    let mut pty = Pty::start("sh", &[], SIZE, home);
    let (mut scene, mut checks) = ("the beginning", Vec::new());
    for line in tape.lines().map(read) {
        match line {
            Line::Keys(keys) => {
                pty.send(keys);
                // As a person does: an escape and the next key are not one.
                pty.wait_quiet(Duration::from_millis(150), Duration::from_secs(2));
            }
            Line::Shows(text) => {
                checks.iter_mut().last().into_iter().for_each(|n| *n += 1);
                let shown = pty.wait_until(SOON, |screen| screen.contents().contains(text));
                assert!(shown.is_some(), "the tape says that the screen shows {text:?} in the scene of {scene}\n{}", pty.screen());
            }
            Line::Scene(name) => {
                scene = name;
                checks.push(0);
            }
            Line::Look => drop(pty.wait_quiet(Duration::from_millis(400), Duration::from_secs(1))),
            Line::Nothing => {}
        }
    }
    assert!(checks.len() > 5, "a tour has scenes");
    // The last one leaves the program.
    assert!(checks.iter().rev().skip(1).all(|n| *n > 0), "each scene says what it shows: {checks:?}");
    pty.send("exit\r");
    assert!(pty.wait_exit(SOON).is_some(), "Q leaves the program, and the shell has the terminal again:\n{}", pty.screen());
}
