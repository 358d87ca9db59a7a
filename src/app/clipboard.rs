//! Text for other programs: by the terminal (OSC 52, which also works over ssh) and by the desktop's own tool where there is one.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::io::Write;
use std::process::{Command, Stdio};

/// xterm takes no more in one sequence: 100,000 bytes, of which base64 leaves about three quarters.
const MOST: usize = 74_994;

/// The sequence that asks the terminal to take a text; `None` where the text is too long for it.
pub(super) fn osc52(text: &str) -> Option<Vec<u8>> {
    (text.len() <= MOST).then(|| format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text)).into_bytes())
}

/// Hands a text to the first of the desktop's tools that is there. They stay behind to serve it and never get the terminal.
pub(super) fn native(text: &str) -> bool {
    let remote = std::env::var_os("SSH_CONNECTION").is_some();
    let tools: &[(&str, &[&str], Option<&str>)] = &[
        ("pbcopy", &[], None),
        ("wl-copy", &[], Some("WAYLAND_DISPLAY")),
        ("xclip", &["-selection", "clipboard"], Some("DISPLAY")),
        ("xsel", &["--clipboard", "--input"], Some("DISPLAY")),
        ("clip.exe", &[], Some("WSL_DISTRO_NAME")),
    ];
    !remote
        && tools
            .iter()
            .filter(|(_, _, needs)| needs.is_none_or(|n| std::env::var_os(n).is_some()))
            .any(|(tool, args, _)| hand(tool, args, text))
}

fn hand(tool: &str, args: &[&str], text: &str) -> bool {
    let child = Command::new(tool).args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else { return false };
    let (pipe, text) = (child.stdin.take(), text.to_owned());
    // A tool that does not read, or stays to serve the text, keeps this thread and not the screen.
    std::thread::spawn(move || {
        let written = pipe.map(|mut pipe| pipe.write_all(text.as_bytes()));
        let ended = child.wait();
        tracing::debug!("the clipboard's tool: {written:?}, {ended:?}");
    });
    true
}
