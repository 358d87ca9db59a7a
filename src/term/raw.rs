//! The terminal as a line: bytes as they are typed and as they are written, for what runs elsewhere and draws for itself.

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use tokio::net::unix::pipe::Receiver;

/// Undoes what a program leaves behind that could not clean up, without moving the cursor: the other screen, modes of the mouse, of pastes and of
/// keys, other codes for keys (xterm's and kitty's), colours, margins and a hidden cursor.
const RESET: &[u8] =
    b"\x1b[?1047l\x1b[!p\x1b[>4m\x1b[=0u\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?2026l\x1b[?7h\x1b[?25h\x1b[0m";

/// The terminal while its keys are bytes. Dropping it gives the line back as it was.
pub struct Raw(());

impl Raw {
    /// Takes the line.
    ///
    /// # Errors
    /// Where there is no terminal.
    pub fn take() -> io::Result<Self> {
        enable_raw_mode().map(Self)
    }

    /// The far side broke off, so that nobody else cleans up.
    pub fn reset(&self) {
        // A terminal that is gone needs nothing.
        let _ = io::stdout().write_all(RESET).and_then(|()| io::stdout().flush());
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // The same.
        let _ = disable_raw_mode();
    }
}

/// How the line is set while another program has it. Dropping it sets it so again, whatever that program left.
pub struct Kept(Option<Termios>);

impl Kept {
    /// Looks how it is set. Where there is no terminal nothing is kept.
    pub fn look() -> Self {
        Self(tcgetattr(rustix::stdio::stdin()).ok())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(settings) = &self.0 {
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, settings);
        }
    }
}

/// Columns and rows.
pub fn size() -> Option<(u16, u16)> {
    crossterm::terminal::size().ok()
}

/// What is typed, as bytes. Nothing is read any more once it is dropped, so that no key is lost to whoever reads next.
///
/// The terminal is opened anew, since whoever shares standard input would get that not to wait as well.
///
/// # Errors
/// Where there is no terminal. Needs a runtime.
pub fn keys() -> io::Result<Receiver> {
    let open = |path: &str| OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path);
    // What it wants of a pipe is that it can be waited for, as a terminal can.
    Receiver::from_file_unchecked(open("/dev/tty").or_else(|_| open("/dev/stdin"))?)
}
