//! The terminal: taken and given back whole, whatever happens; frames go out in one write, and only what changed.
//!
//! Nothing else of the program touches raw mode, the alternate screen or the panic hook.

pub mod raw;

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;

/// Whether the screen is ours now: the panic hook and the guard may both want to give it back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A screen larger than this is drawn in part: a cell costs memory, and some tools claim sizes that no terminal has.
const LARGEST: (u16, u16) = (1_000, 400);

/// The terminal while it is ours. Dropping it gives it back.
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    mouse: bool,
    /// What the terminal shows is not known: it is cleared with the next frame.
    unknown: bool,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where standard output is no terminal, or is gone.
    pub fn take(mouse: bool) -> io::Result<Self> {
        let mut screen = Self { shown: Buffer::empty(Rect::ZERO), next: Buffer::empty(Rect::ZERO), mouse, unknown: true };
        screen.enter()?;
        Ok(screen)
    }

    /// Takes the terminal again after [`Self::leave`], and repaints all of it.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let mut out = io::stdout();
        execute!(out, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
        if self.mouse {
            execute!(out, EnableMouseCapture)?;
        }
        self.resize()
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn set_mouse(&mut self, mouse: bool) -> io::Result<()> {
        match (std::mem::replace(&mut self.mouse, mouse), mouse) {
            (false, true) => execute!(io::stdout(), EnableMouseCapture),
            (true, false) => execute!(io::stdout(), DisableMouseCapture),
            _ => Ok(()),
        }
    }

    /// Gives the terminal back for a while.
    pub fn leave(&self) {
        give_back();
    }

    /// Forgets what is on the screen and takes its present size: the next frame paints everything.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn resize(&mut self) -> io::Result<()> {
        let (width, height) = crossterm::terminal::size()?;
        let area = Rect::new(0, 0, width.min(LARGEST.0), height.min(LARGEST.1));
        self.shown = Buffer::empty(area);
        self.next = Buffer::empty(area);
        self.unknown = true;
        Ok(())
    }

    /// Draws a frame: `draw` fills an empty buffer, and the difference to what is shown goes out. Writes nothing where there is none.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn draw(&mut self, draw: impl FnOnce(Rect, &mut Buffer)) -> io::Result<()> {
        self.next.reset();
        draw(self.next.area, &mut self.next);
        let changes = self.shown.diff(&self.next);
        if changes.is_empty() && !self.unknown {
            return Ok(());
        }
        let mut frame = Frame(Vec::with_capacity(8 << 10));
        queue!(frame, BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.unknown) {
            queue!(frame, ResetColor, Clear(ClearType::All))?;
        }
        CrosstermBackend::new(&mut frame).draw(changes.into_iter())?;
        queue!(frame, EndSynchronizedUpdate)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        let mut out = io::stdout().lock();
        out.write_all(&frame.0)?;
        out.flush()
    }

    /// Writes bytes that are no part of the screen, such as text for the clipboard.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// A frame on its way: everything is collected before anything is written.
struct Frame(Vec<u8>);

impl Write for Frame {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Undoes what [`Screen::enter`] did, in the opposite order. A terminal that is gone needs nothing undone, so errors do not matter.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, EndSynchronizedUpdate, Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

/// Installs a panic hook that gives the terminal back before the report is printed, if it is the drawing thread that panics. A panic in any
/// other thread costs its task and must not touch the screen: it only reaches the log.
pub fn install_panic_hook(drawing: ThreadId, report: impl Fn(&std::panic::PanicHookInfo<'_>) + Send + Sync + 'static) {
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == drawing {
            give_back();
            report(info);
        } else {
            tracing::error!(target: "kconsole", "a task panicked: {info}");
        }
    }));
}

/// True while the terminal is still there. A closed one is not always told by a signal, and reading from it would spin for ever.
pub fn is_there() -> bool {
    crossterm::terminal::window_size().is_ok()
}
